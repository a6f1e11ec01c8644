"""Label maps and masks become objects with exactly their pixels."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.raster import bitmap_of, mask_from_bitmap, rasterise
from api.serializers.objects import ObjectReader
from ml_worker import objects
from ml_worker.objects import Found, Parts, objects_of_numbers, parts_of, settle_overlaps, union, wire_objects


def _pixels(written: list[dict[str, Any]], height: int, width: int) -> list[np.ndarray]:
    """What the product's own reader makes of the objects."""
    reader = ObjectReader(width=width, height=height)
    masks = []
    for at, one in enumerate(json.loads(json.dumps(written))):
        del one["uncertainty"]
        annotation = reader.annotation(one, f"put[{at}]")
        assert annotation is not None, reader.problems
        masks.append(rasterise(annotation.geometry, height, width))
    return masks


def _flat(labels: np.ndarray, value: float = 1.0) -> np.ndarray:
    return np.full(labels.shape, value, np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24), st.integers(1, 24), st.sampled_from([0.02, 0.3, 0.7]))
def test_objects_of_any_label_map_give_its_pixels_back_exactly(
    seed: int, height: int, width: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (height, width)) * (rng.random((height, width)) < density)
    labels = coarse.astype(np.uint8)
    found = parts_of(labels, _flat(labels), _flat(labels, 0.0))
    written = wire_objects(found, image="i", model="m", height=height, width=width)
    painted = np.zeros_like(labels)
    for one, mask in zip(written, _pixels(written, height, width), strict=True):
        assert not painted[mask].any()
        assert one["area"] == mask.sum()
        rows, columns = np.nonzero(mask)
        assert one["bbox"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        painted[mask] = one["class"]
    assert np.array_equal(painted, labels)


def test_short_outline_is_a_polygon_and_a_long_one_a_mask() -> None:
    labels = np.zeros((80, 80), np.uint8)
    labels[2:12, 3:20] = 4
    labels[5:8, 6:9] = 0  # a hole
    labels[30:70:2, 10:70] = 5  # twenty bars
    labels[30:70, 40] = 5  # which hang together
    found = parts_of(labels, _flat(labels), _flat(labels))
    written = wire_objects(found, image="i", model="m", height=80, width=80)
    assert [(one["class"], one["kind"]) for one in written] == [(4, "polygon"), (5, "mask")]
    assert len(written[0]["polygons"][0]) == 2
    assert written[1]["rle"]["size"] == [80, 80]


def test_score_and_uncertainty_are_means_over_the_part_and_specks_are_left_out() -> None:
    labels = np.array([[1, 1, 0, 2], [0, 0, 0, 0], [1, 0, 3, 3]], np.uint8)
    confidence = np.array([[0.5, 1.0, 0, 0.9], [0, 0, 0, 0], [0.1, 0, 0.2, 0.6]], np.float32)
    found = parts_of(labels, confidence, confidence / 2, smallest=2)
    assert [(one.class_index, one.area) for one in found] == [(1, 2), (3, 2)]
    assert [one.score for one in found] == pytest.approx([0.75, 0.4])
    assert [one.uncertainty for one in found] == pytest.approx([0.375, 0.2])


def test_void_is_no_object() -> None:
    labels = np.full((4, 4), 255, np.uint8)
    assert parts_of(labels, _flat(labels), _flat(labels)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4), st.integers(0, 5))
def test_map_that_comes_in_strips_gives_the_same_objects_as_one_that_comes_whole(
    seed: int, bands: int, strips: int, smallest: int
) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(one) for one in rng.integers(8, 30, 2))
    labels = (rng.integers(0, 3, (height, width)) * (rng.random((height, width)) < 0.6)).astype(np.uint8)
    confidence = rng.random((height, width)).astype(np.float32)
    parts = Parts(height, width, smallest=smallest)
    columns = np.unique([0, *rng.integers(1, width, bands - 1), width]).tolist()
    for x0, x1 in itertools.pairwise(columns):
        rows = np.unique([0, *rng.integers(1, height, strips - 1), height]).tolist()
        for y0, y1 in itertools.pairwise(rows):
            piece = (slice(y0, y1), slice(x0, x1))
            parts.add((x0, y0, x1, y1), labels[piece], confidence[piece], confidence[piece] / 2)

    def described(found: list[Found]) -> list[tuple[Any, ...]]:
        return sorted(
            (one.class_index, one.box_xyxy, one.mask.counts.tolist(), round(one.score, 5), round(one.uncertainty, 5))
            for one in found
        )  # fmt: skip

    assert described(parts.found()) == described(
        parts_of(labels, confidence, confidence / 2, smallest=smallest)
    )


def test_only_the_largest_parts_are_kept_where_there_are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MOST_PARTS", 3)
    labels = np.zeros((1, 20), np.uint8)
    for start, size in ((0, 1), (2, 4), (7, 2), (10, 3), (14, 1)):
        labels[0, start : start + size] = 1
    assert [one.area for one in parts_of(labels, _flat(labels), _flat(labels))] == [4, 2, 3]


def test_ids_stay_when_predicting_again_and_differ_by_image_model_class_and_place() -> None:
    def ids(image: str, model: str, class_index: int, shift: int) -> list[str]:
        bitmap = np.ones((3, 3), bool)
        found = [Found(class_index, mask_from_bitmap(bitmap, shift, 0), 0.7, 0.1)] * 2
        return [one["id"] for one in wire_objects(found, image=image, model=model, height=9, width=9)]

    assert ids("a", "m", 1, 0) == ids("a", "m", 1, 0)
    others = [("a", "m", 1, 0), ("b", "m", 1, 0), ("a", "n", 1, 0), ("a", "m", 2, 0), ("a", "m", 1, 1)]
    every = [ids(*one) for one in others]
    assert len({one for pair in every for one in pair}) == 10


def test_no_two_settled_objects_share_a_pixel_and_the_surer_one_keeps_it() -> None:
    full = mask_from_bitmap(np.ones((6, 6), bool), 0, 0)
    half = mask_from_bitmap(np.ones((6, 6), bool), 3, 0)
    rim = mask_from_bitmap(np.ones((6, 6), bool), 0, 1)  # the first covers all but a row of it
    settled = settle_overlaps([Found(1, half, 0.5, 0), Found(2, full, 0.9, 0), Found(3, rim, 0.4, 0)])
    assert [(one.class_index, one.area, one.box_xyxy) for one in settled] == [
        (2, 36, (0, 0, 6, 6)),
        (1, 18, (6, 0, 9, 6)),
    ]


def test_union_and_shared_pixels_are_those_of_the_bitmaps() -> None:
    rng = np.random.default_rng(3)
    canvas = rng.random((2, 12, 15)) < 0.4
    canvas[:, :, :2] = False
    one, other = (mask_from_bitmap(pixels) for pixels in canvas)
    joined = union([one, other])
    expected = mask_from_bitmap(canvas.any(axis=0))
    assert np.array_equal(bitmap_of(joined), bitmap_of(expected)) and joined.x == expected.x
    assert objects.shared_pixels(one, other) == (canvas[0] & canvas[1]).sum()
    assert objects.shared_pixels(one, other, (3, 2, 9, 11)) == (canvas[0] & canvas[1])[2:11, 3:9].sum()
    assert objects.area_within(one, (3, 2, 9, 11)) == canvas[0][2:11, 3:9].sum()


def test_instance_map_gives_each_number_once_with_its_class() -> None:
    numbers = np.array([[1, 1, 0, 3], [1, 0, 0, 3], [0, 2, 0, 0]], np.int32)
    ramp = np.arange(12, dtype=np.float32).reshape(3, 4) / 12
    found = objects_of_numbers(numbers, [7, 8, 9, 9], [0.9, 0.8, 0.7, 0.6], ramp, smallest=2)
    assert [(one.class_index, one.area, one.score, one.box_xyxy) for one in found] == [
        (7, 3, 0.9, (0, 0, 2, 2)),
        (9, 2, 0.7, (3, 0, 4, 2)),
    ]
    assert found[1].uncertainty == pytest.approx((3 + 7) / 2 / 12)
