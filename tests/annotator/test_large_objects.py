"""Objects on a 30,000 x 30,000 image: saved, compared and exported at the cost of their outlines."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from annotator.core import rle
from annotator.core.document import Annotation, BoxGeometry, ImageDocument, MaskGeometry
from annotator.core.errors import InvalidInput
from annotator.formats import coco
from annotator.formats.codec import checked_options
from annotator.formats.index_maps import paint
from annotator.formats.voc import _inclusive_box
from annotator.services.exclusive import overlap_problems
from annotator.services.objects import check_objects, schemas_of
from tests.annotator.factories import an_object, change, make_document, make_project

pytestmark = pytest.mark.django_db
SIDE = 30_000


def strokes(count: int, shift: int = 0) -> MaskGeometry:
    """Squares of 1,000 pixels far apart, as one mask."""
    starts, ends = [], []
    for k in range(count):
        x, y = 200 + (k % 5) * 6000 + shift, 300 + (k // 5) * 7000
        columns = np.arange(x, x + 1000, dtype=np.int64) * SIDE
        starts.append(columns + y)
        ends.append(columns + y + 1000)
    first = np.sort(np.concatenate(starts))
    last = np.sort(np.concatenate(ends))
    return rle.crop(rle.from_spans(first, last, SIDE * SIDE), SIDE, SIDE)


def overlaps(document: Any, objects: list[Annotation]) -> list[str]:
    checked, problems = check_objects(
        objects, width=SIDE, height=SIDE, schemas=schemas_of(document.image.project)
    )
    assert not problems
    found = overlap_problems(document, checked, [], [f"put[{k}]" for k in range(len(checked))])
    return [problem.message for problem in found]


def test_a_mask_of_strokes_far_apart_is_saved_and_compared_in_little_memory() -> None:
    document = make_document(make_project(exclusive=True), width=SIDE, height=SIDE)
    tracemalloc.start()
    began = time.perf_counter()
    mask = strokes(20)
    assert mask.width * mask.height > 500_000_000
    change(document, [an_object(mask)])
    assert overlaps(document, [an_object(strokes(20, 1500))]) == []
    shared = overlaps(document, [an_object(strokes(20, 500))])
    assert len(shared) == 1
    assert f"{20 * 500 * 1000} pixels" in shared[0]
    seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6, f"{peak / 1e6:.0f} MB"
    assert seconds < 20


def test_a_box_over_half_the_image_meets_a_mask_by_strips() -> None:
    document = make_document(make_project(exclusive=True), width=SIDE, height=SIDE)
    tracemalloc.start()
    found = overlaps(document, [an_object(strokes(4)), an_object(BoxGeometry(0, 800, SIDE, 2800))])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f"{4 * 1000 * 500} pixels" in found[0]
    assert peak < 300e6, f"{peak / 1e6:.0f} MB"


def test_coco_writes_large_objects_as_runs() -> None:
    big = BoxGeometry(100, 100, 20_100, 5_100)
    objects = (an_object(strokes(20)), an_object(big))
    document = ImageDocument("large.tif", SIDE, SIDE, annotations=objects)
    for geometry in ("rle", "polygon"):
        options = checked_options(coco.FORMAT, {"geometry": geometry, "counts": "compressed"})
        records = coco.annotation_records(document, 1, 1, options)
        assert [record["area"] for record in records] == [20_000_000, 100_000_000]
        assert records[0]["segmentation"]["size"] == [SIDE, SIDE]
        assert len(records[0]["segmentation"]["counts"]) < 200_000


def test_index_maps_of_a_large_image_are_refused_with_a_way_out() -> None:
    document = ImageDocument("large.tif", SIDE, SIDE)
    with pytest.raises(InvalidInput, match="export it as COCO"):
        paint(document, lambda _: True)


def test_voc_boxes_of_large_objects_come_from_their_runs() -> None:
    document = ImageDocument("large.tif", SIDE, SIDE)
    assert _inclusive_box(an_object(strokes(20)), document) == (201, 301, 25_200, 22_300)
    assert _inclusive_box(an_object(BoxGeometry(10.2, 20.7, 29_000, 28_000)), document) == (
        11,
        22,
        29_000,
        28_000,
    )
