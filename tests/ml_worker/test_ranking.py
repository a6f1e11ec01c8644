"""What to annotate next, in cases small enough to say by hand what must come out."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.core.errors import InvalidInput
from ml_worker.ranking import FEW_LABELLED, NEAR, _beta, rank, rank_task
from ml_worker.run_folder import Events, Follower

FAR = 0x00000000FFFFFFFF


def _features(*values: float) -> str:
    return base64.b64encode(np.array(values, "<f2").tobytes()).decode()


def _image(name: str, **values: Any) -> dict[str, Any]:
    return {"image": name, "features": None, "uncertainty": None, "class_uncertainty": {}, "hash": None,
            "objects": None, "seconds": None, **values}  # fmt: skip


def _request(labelled: list[dict[str, Any]], unlabelled: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    classes = [{"index": 1, "name": "road"}, {"index": 7, "name": "bicyclist"}]
    return {
        "labelled": labelled,
        "unlabelled": unlabelled,
        "class_map": classes,
        "seed": 1,
        "count": None,
        **more,
    }


def _labelled(count: int, **values: Any) -> list[dict[str, Any]]:
    return [_image(f"old{at}", **values) for at in range(count)]


def _pool(count: int, seed: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        _image(
            f"n{at}",
            features=_features(*rng.standard_normal(8)),
            uncertainty=float(rng.random()),
            class_uncertainty={"1": float(rng.random()), "7": float(rng.random()) * (at % 5 == 0)},
        )
        for at in range(count)
    ]


def test_with_few_labels_each_of_two_clusters_is_asked_about_before_either_twice() -> None:
    rng = np.random.default_rng(0)
    left = [_image(f"l{at}", features=_features(5, 0, *rng.normal(0, 0.1, 2))) for at in range(20)]
    right = [_image(f"r{at}", features=_features(-5, 0, *rng.normal(0, 0.1, 2))) for at in range(4)]
    entries = rank(_request([], left + right, count=2))
    assert {one["image"][0] for one in entries} == {"l", "r"}
    assert [one["reason"] for one in entries] == ["diverse", "diverse"]


def test_what_is_unlike_the_labelled_comes_first() -> None:
    known = [_image("old", features=_features(5, 0, 0))]
    new = [
        _image("same", features=_features(5, 0.1, 0)),
        _image("other", features=_features(0, 5, 0)),
        _image("also", features=_features(5, 0, 0.1)),
    ]
    first = rank(_request(known, new, count=1))[0]
    assert (first["image"], first["reason"]) == ("other", "diverse")
    assert first["score"] > 0.5


def test_of_near_duplicates_one_is_queued_and_the_others_stand_at_the_end() -> None:
    twins = [_image(f"twin{at}", hash=f"{FAR ^ (1 << at):016x}", uncertainty=0.9) for at in range(4)]
    others = [
        _image(f"o{at}", hash=f"{(at + 1) * 0x1111222244448888:016x}", uncertainty=0.1) for at in range(3)
    ]
    entries = rank(_request([], twins + others))
    assert [one["position"] for one in entries] == list(range(7))
    assert Counter(one["image"][:4] == "twin" for one in entries[:4]) == {False: 3, True: 1}
    assert all(one["image"].startswith("twin") for one in entries[4:])


def test_near_duplicates_of_a_labelled_image_stand_at_the_end_and_hashes_just_too_far_do_not() -> None:
    known = [_image("old", hash=f"{FAR:016x}")]
    near = _image("near", hash=f"{FAR ^ ((1 << NEAR) - 1):016x}")
    far = _image("far", hash=f"{FAR ^ ((1 << (NEAR + 1)) - 1):016x}")
    assert [one["image"] for one in rank(_request(known, [near, far]))] == ["far", "near"]


@pytest.mark.parametrize("labelled", [0, 200])
def test_fifteen_percent_of_every_stretch_are_random_and_drawn_evenly(labelled: int) -> None:
    pool = _pool(400)
    entries = rank(_request(_labelled(labelled), pool))
    assert Counter(one["image"] for one in entries) == Counter(one["image"] for one in pool)
    for start in range(0, 400, 20):
        assert [one["reason"] for one in entries[start : start + 20]].count("random") == 3
    drawn: Counter[str] = Counter()
    for seed in range(300):
        few = rank(_request(_labelled(labelled), pool[:20], seed=seed, count=7))
        drawn.update(one["image"] for one in few if one["reason"] == "random")
    assert sum(drawn.values()) == 300
    # The one random place goes to whatever is not queued before it; no image is out of its reach for want of
    # uncertainty, and none takes it often.
    assert len(drawn) >= 14  # of 20: the first six are the same each time where they are diverse
    assert max(drawn.values()) < 50


def test_rare_class_is_asked_about_as_often_as_a_common_one() -> None:
    entries = rank(_request(_labelled(600), _pool(400), count=100))
    uncertain = [one for one in entries if one["reason"] == "uncertain"]
    counts = Counter(one["class"] for one in uncertain)
    assert 55 <= len(uncertain) <= 65
    assert counts[7] >= 20  # 20 of two thirds are its turn; in a fifth of the images it occurs at all
    assert counts[1] >= 20
    diverse = [one for one in entries if one["reason"] == "diverse"]
    assert len(diverse) == 25


def test_many_labels_make_the_draw_sharp_and_few_leave_it_wide() -> None:
    def most_uncertain(labelled: int) -> float:
        pool = _pool(300)
        value = {one["image"]: one["uncertainty"] for one in pool}
        entries = rank(_request(_labelled(labelled), pool, count=50, class_map=[]))
        return float(np.mean([value[one["image"]] for one in entries if one["reason"] == "uncertain"]))

    assert _beta(20) == 1 and _beta(500) == pytest.approx(100) and _beta(9999) == pytest.approx(100)
    assert most_uncertain(600) > 0.87  # the 30 highest of 300 even draws from 0..1 have the mean 0.95
    assert 0.5 < most_uncertain(FEW_LABELLED) < 0.8


def test_below_twenty_labels_nothing_is_called_uncertain() -> None:
    reasons = Counter(one["reason"] for one in rank(_request(_labelled(19), _pool(100))))
    assert reasons == {"random": 15, "diverse": 85}


def test_same_request_gives_the_same_queue_and_another_seed_another() -> None:
    request = _request(_labelled(30), _pool(60))
    assert rank(request) == rank(request)
    assert [one["image"] for one in rank(request)] != [one["image"] for one in rank({**request, "seed": 2})]


def test_without_any_model_there_is_still_a_queue() -> None:
    entries = rank(_request([], [_image(f"n{at}") for at in range(30)]))
    assert len({one["image"] for one in entries}) == 30
    assert {one["reason"] for one in entries} == {"random", "diverse"}
    assert all(one["minutes"] is None for one in entries)


def test_minutes_follow_the_objects_and_one_long_lunch_does_not_matter() -> None:
    timed = [_image(f"old{at}", objects=at, seconds=30 + 12 * at) for at in range(12)]
    timed.append(_image("lunch", objects=3, seconds=5400))
    new = [_image("ten", objects=10), _image("none", objects=0), _image("unknown")]
    minutes = {one["image"]: one["minutes"] for one in rank(_request(timed, new))}
    assert minutes["ten"] == pytest.approx(2.5, abs=0.1)
    assert minutes["none"] == pytest.approx(0.5, abs=0.1)
    assert minutes["unknown"] == pytest.approx(1.6, abs=0.2)
    assert {one["minutes"] for one in rank(_request(timed[:7], new))} == {None}


def test_features_of_another_model_and_missing_ones_do_not_stop_it() -> None:
    pool = [
        *_pool(10),
        _image("short", features=_features(1, 2)),
        _image("none"),
        _image("odd", features=_features(float("nan"), *[0.0] * 7)),
    ]
    assert len(rank(_request([_image("old", features=_features(1, 2, 3))], pool))) == 13


def test_long_features_are_projected_without_mixing_up_who_is_like_whom() -> None:
    rng = np.random.default_rng(0)
    axes = rng.standard_normal((3, 1280))
    name = "abc"
    new = [
        _image(f"{name[at % 3]}{at}", features=_features(*(axes[at % 3] + rng.normal(0, 0.1, 1280))))
        for at in range(30)
    ]
    assert {one["image"][0] for one in rank(_request([], new, count=3))} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unlabelled": None}, "unlabelled: a list"),
        ({"unlabelled": [{"features": ""}]}, r"unlabelled\[0\]"),
        ({"unlabelled": [_image("a", features="%%%")]}, "image a: the features are not base64"),
        ({"labelled": [_image("b", hash="rubbish")]}, "image b: the hash 'rubbish'"),
    ],
)
def test_wrong_requests_are_refused_with_the_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rank({**_request([], [_image("x")]), **change})


def test_nothing_to_rank_is_an_empty_queue() -> None:
    assert rank(_request(_labelled(3), [])) == []


def test_task_answers_with_entries_and_says_how_many(tmp_path: Path) -> None:
    result = rank_task(_request([], _pool(5)), tmp_path, Events(tmp_path))
    assert [one["position"] for one in result["entries"]] == [0, 1, 2, 3, 4]
    assert [one["values"] for one in Follower(tmp_path).new()] == [{"images": 5}, {"images": 5}]
