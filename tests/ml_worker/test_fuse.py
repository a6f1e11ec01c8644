"""Two predictions fused to a panoptic one: by hand, and that nothing overlaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.core.errors import InvalidInput
from ml_worker.evaluate import evaluate_split
from ml_worker.folder import DataClass, DataObject
from ml_worker.fuse import fuse
from ml_worker.seen import Seen
from tests.ml_worker.scenes import box_object, box_seen, plan_of, write_scene

SETTINGS = {"confidence": 0.5, "temperature": 1.0, "smallest": 0, "detections": 100}
CLASSES = [DataClass(3, "cell"), DataClass(7, "ground", is_thing=False)]


def _labels() -> np.ndarray:
    """Ground (7) with a cell (3) as the semantic model has it, and a speck of another stuff (9)."""
    labels = np.full((24, 32), 7, np.uint8)
    labels[4:12, 4:12] = 3
    labels[20, 20:22] = 9
    return labels


def _areas(found: Seen) -> list[tuple[int, int]]:
    return [(one.class_index, int(DataObject("", 1, one.mask).bitmap().sum())) for one in found.objects or ()]


def test_things_go_first_and_stuff_fills_what_they_leave() -> None:
    instance = Seen(objects=[box_seen(3, (4, 4, 12, 10), 0.9)])
    found = fuse(Seen(labels=_labels()), instance, things={3}, settings=SETTINGS)
    assert _areas(found) == [(7, 24 * 32 - 64 - 2), (3, 48)]
    assert found.labels is not None
    assert (found.labels[10:12, 4:12] == 0).all()  # a thing class without an instance stays unlabelled
    assert (found.labels[20, 20:22] == 0).all()  # a speck of stuff is dropped
    assert (found.labels[4:10, 4:12] == 3).all()


def test_surer_thing_keeps_the_pixels_and_one_mostly_covered_is_dropped() -> None:
    objects = [
        box_seen(3, (0, 0, 10, 10), 0.7),
        box_seen(3, (6, 0, 16, 10), 0.9),  # takes 40 of the first's 100
        box_seen(3, (7, 0, 15, 10), 0.6),  # wholly under the second
        box_seen(3, (20, 0, 30, 10), 0.4),  # not sure enough
    ]
    found = fuse(
        Seen(labels=np.zeros((24, 32), np.uint8)), Seen(objects=objects), things={3}, settings=SETTINGS
    )
    assert _areas(found) == [(3, 100), (3, 60)]
    assert int((found.labels == 3).sum()) == 160


def test_confidence_is_that_of_calibrated_scores() -> None:
    objects = [box_seen(3, (0, 0, 10, 10), 0.7)]
    cold = {**SETTINGS, "confidence": 0.65, "temperature": 2.0}  # 0.7 becomes 0.6
    found = fuse(Seen(labels=np.zeros((24, 32), np.uint8)), Seen(objects=objects), things={3}, settings=cold)
    assert found.objects == []


@pytest.mark.parametrize("seed", range(4))
def test_no_two_objects_share_a_pixel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    objects = []
    for _ in range(20):
        x, y = int(rng.integers(0, 24)), int(rng.integers(0, 16))
        objects.append(
            box_seen(3, (x, y, x + int(rng.integers(3, 8)), y + int(rng.integers(3, 8))), float(rng.random()))
        )
    labels = rng.choice(np.array([0, 3, 7, 255], np.uint8), (24, 32))
    logits = rng.normal(size=(3, 24, 32)).astype(np.float32)
    found = fuse(Seen(labels=labels, logits=logits), Seen(objects=objects), things={3}, settings=SETTINGS)
    total = np.zeros((24, 32), np.int64)
    for one in found.objects or ():
        mask = one.mask
        total[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width] += DataObject("", 1, mask).bitmap()
        assert 0 < one.score <= 1
    assert total.max() == 1
    assert found.labels is not None
    assert np.array_equal(total > 0, found.labels > 0)


def test_perfect_parts_give_a_panoptic_quality_of_one(tmp_path: Path) -> None:
    objects = [
        box_object("g", 7, (0, 0, 32, 24)),
        box_object("a", 3, (4, 4, 12, 12)),
        box_object("b", 3, (12, 4, 20, 12)),
    ]
    data = write_scene(tmp_path, [objects], classes=CLASSES)
    semantic = Seen(labels=data.label_map(data.items[0]))
    instance = Seen(objects=[box_seen(3, (4, 4, 12, 12), 0.9), box_seen(3, (12, 4, 20, 12), 0.8)])
    plan = plan_of("panoptic", background="ignore", classes=CLASSES)

    def predict(_: np.ndarray) -> Seen:
        return fuse(semantic, instance, things={3}, settings=SETTINGS)

    found = evaluate_split(data, "test", predict, plan=plan, settings=SETTINGS)
    assert found["values"]["pq"]["value"] == 1.0
    assert found["values"]["mean_iou"]["value"] == 1.0
    lump = Seen(
        objects=[box_seen(3, (4, 4, 20, 12), 0.9)]
    )  # the two cells as one: IoU 1/2 with each is no match
    found = evaluate_split(
        data,
        "test",
        lambda _: fuse(semantic, lump, things={3}, settings=SETTINGS),
        plan=plan,
        settings=SETTINGS,
    )
    assert [one["pq"] for one in found["classes"]] == [0.0, 1.0]


def test_fusing_two_of_a_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="label map"):
        fuse(Seen(objects=[]), Seen(objects=[]), things=(), settings=SETTINGS)
