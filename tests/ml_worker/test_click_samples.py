"""Samples of a click model: which objects are drawn, how they are cut out, and what is ignored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml_worker.click_samples import (
    Pictures,
    Sampler,
    Target,
    chances,
    click_maps,
    targets_of,
    visible_mask,
)
from ml_worker.click_simulate import Click
from ml_worker.folder import Dataset
from tests.ml_worker.click_folder import as_object, disc, discs_folder, one_image

SHAPE = (64, 64)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sampler(dataset: Dataset, split: str = "train", **augmentation: object) -> Sampler:
    return Sampler(Pictures(dataset, dataset.of_split(split)), side=64, augmentation=augmentation)


def test_void_crowds_and_specks_are_not_clicked_at(tmp_path: Path) -> None:
    objects = [
        as_object("thing", disc(20, 20, 8)),
        as_object("void", disc(40, 20, 8), index=255),
        as_object("crowd", disc(20, 44, 8), is_crowd=True),
        as_object("speck", disc(44, 44, 1.6)),
    ]
    dataset = one_image(tmp_path, objects)
    assert [one.object for one in targets_of(dataset, dataset.items)] == [0]


def test_rare_classes_and_sizes_are_drawn_more_often_than_they_occur() -> None:
    common = [Target(0, k, 1, 100) for k in range(90)]
    rare = [Target(0, 90 + k, 2, 100) for k in range(9)]
    large = [Target(0, 99, 1, 100_000)]
    found = chances([*common, *rare, *large])
    assert found.sum() == pytest.approx(1)
    assert found[90:99].sum() > 2 * 0.09
    assert found[99] > 5 * 0.01
    assert found[:90].sum() > found[90:99].sum()


def test_what_lies_beneath_others_is_clicked_at_as_it_is_seen(tmp_path: Path) -> None:
    below, above = disc(24, 30, 12), disc(34, 30, 12)
    objects = [as_object("below", below), as_object("above", above)]
    exclusive = one_image(tmp_path / "a", objects, exclusive=True)
    free = one_image(tmp_path / "b", objects)
    target = Target(0, 0, 1, int(below.sum()))
    np.testing.assert_array_equal(visible_mask(exclusive, objects, target, SHAPE), below & ~above)
    np.testing.assert_array_equal(visible_mask(free, objects, target, SHAPE), below)


def test_of_what_is_no_thing_one_connected_part_is_clicked_at(tmp_path: Path) -> None:
    parts = disc(16, 30, 10), disc(48, 30, 6)
    stuff = as_object("ground", parts[0] | parts[1], index=2)
    thing = as_object("disc", parts[0] | parts[1], index=1)
    dataset = one_image(tmp_path, [stuff, thing])
    whole = int((parts[0] | parts[1]).sum())
    np.testing.assert_array_equal(
        visible_mask(dataset, [stuff, thing], Target(0, 0, 2, whole), SHAPE), parts[0]
    )
    drawn = {
        int(visible_mask(dataset, [stuff, thing], Target(0, 0, 2, whole), SHAPE, rng=rng(k)).sum())
        for k in range(20)
    }
    assert drawn == {int(one.sum()) for one in parts}
    assert visible_mask(dataset, [stuff, thing], Target(0, 1, 1, whole), SHAPE).sum() == whole


def test_a_scene_shows_the_object_with_its_surroundings_and_nothing_moved(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path)
    one = sampler(dataset)
    for target in one.targets:
        scene = one.scene(target, None)
        assert scene.picture.shape == (64, 64, 3)
        inside, outside = (
            scene.picture[scene.truth].mean(),
            scene.picture[~scene.truth & ~scene.others].mean(),
        )
        assert inside > 150
        assert outside < 90
        assert not (scene.truth & scene.others).any()


@pytest.mark.parametrize("seed", range(30))
def test_a_drawn_sample_has_its_object_and_marks_on_it(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    dataset = discs_folder(tmp_path_factory.mktemp("discs"))
    sample = sampler(dataset, flip_vertical=True).draw(rng(seed))
    scene = sample.scene
    assert scene.truth.sum() > 10
    assert sample.clicks
    assert 0 <= sample.previous.min() <= sample.previous.max() <= 1
    for one in sample.clicks:
        on_object = scene.truth[min(63, int(one.y)), min(63, int(one.x))]
        if not sample.previous.any():
            assert on_object == one.positive


def test_samples_are_wide_and_close_and_of_every_beginning(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path)
    drawn = [sampler(dataset).draw(rng(k)) for k in range(60)]
    shares = [float(one.scene.truth.mean()) for one in drawn]
    assert min(shares) < 0.08
    assert max(shares) > 0.25
    begun = [bool(one.previous.any()) for one in drawn]
    assert 0.15 < np.mean(begun) < 0.7


def test_a_colour_change_moves_no_mask(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path)
    one = sampler(dataset, flip_horizontal=False, colour=True)
    scene = one.scene(one.targets[0], None)
    changed = one._changed(scene, rng(4))
    np.testing.assert_array_equal(changed.truth, scene.truth)
    assert not np.array_equal(changed.picture, scene.picture)


def test_what_lies_beyond_the_picture_is_ignored(tmp_path: Path) -> None:
    whole = np.ones((64, 64), bool)
    dataset = one_image(tmp_path, [as_object("all", whole)])
    one = sampler(dataset)
    scene = one.scene(one.targets[0], None)
    assert scene.ignore.any()
    assert not (scene.ignore & scene.truth).any()
    assert (scene.truth | scene.ignore).mean() > 0.99


def test_clicks_are_drawn_as_the_served_model_draws_them() -> None:
    maps = click_maps([Click(10.5, 20.5, True), Click(40.5, 50.5, False)], 64, radius=5)
    assert maps.shape == (2, 64, 64)
    assert maps[0, 20, 15] == 1
    assert maps[0, 20, 16] == 0
    assert maps[1, 50, 40] == 1
    assert maps[1, 20, 10] == 0
