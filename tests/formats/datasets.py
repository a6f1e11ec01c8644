"""Small datasets in memory for the codecs' tests, and what comes back from writing and reading them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from annotator.core import raster
from annotator.core.document import (
    Annotation,
    BoxGeometry,
    DatasetView,
    Geometry,
    ImageDocument,
    LabelClass,
    PolygonGeometry,
    Split,
    TaskType,
)
from annotator.core.errors import Problem
from annotator.formats.codec import Format, checked_options, object_id
from annotator.formats.tree import MemoryTree, ZipTree
from annotator.formats.zip import write_zip

CAT = LabelClass(1, "cat", (255, 0, 0), supercategory="animal")
DOG = LabelClass(2, "dog", (0, 255, 0))
SKY = LabelClass(7, "sky", (0, 0, 255), is_thing=False)
CLASSES = (CAT, DOG, SKY)


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """A picture with something in it."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack([columns * 7 % 256, rows * 5 % 256, (columns + rows) % 256], axis=2).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind)
    return buffer.getvalue()


def ring(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32).reshape(-1, 2)


def square(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return ring(x0, y0, x1, y0, x1, y1, x0, y1)


def polygon(*rings: np.ndarray) -> PolygonGeometry:
    """One polygon: the outer ring and its holes."""
    return PolygonGeometry((tuple(rings),))


def document(
    name: str,
    width: int,
    height: int,
    objects: Sequence[tuple[int, Geometry]],
    split: Split | None = Split.TRAIN,
) -> ImageDocument:
    annotations = tuple(
        Annotation(object_id(name, k), index, geometry) for k, (index, geometry) in enumerate(objects)
    )
    return ImageDocument(name, width, height, annotations, split=split, key=name)


def view_of(documents: Sequence[ImageDocument], classes: Sequence[LabelClass] = CLASSES) -> DatasetView:
    """A frozen dataset whose pictures are PNGs (or JPEGs where the name says so)."""
    ordered = sorted(documents, key=lambda one: one.name)

    def extension(one: ImageDocument) -> str:
        return ".jpg" if one.name.lower().endswith((".jpg", ".jpeg")) else ".png"

    def open_image(one: ImageDocument) -> io.BytesIO:
        return io.BytesIO(picture(one.width, one.height, "JPEG" if extension(one) == ".jpg" else "PNG"))

    return DatasetView(
        name="test",
        task_type=TaskType.INSTANCE,
        classes=classes,
        created="2026-03-04T05:06:07+00:00",
        content_hash="0123456789abcdef" * 4,
        image_count=len(ordered),
        images=lambda: iter(ordered),
        open_image=open_image,
        image_extension=extension,
    )


def zipped(fmt: Format, view: DatasetView, **options: Any) -> bytes:
    buffer = io.BytesIO()
    write_zip(buffer, fmt.write(view, checked_options(fmt, options)))
    return buffer.getvalue()


def written(fmt: Format, view: DatasetView, **options: Any) -> dict[str, bytes]:
    """Every file that the codec writes, by path."""
    tree = ZipTree(io.BytesIO(zipped(fmt, view, **options)))
    return {name: tree.open(name).read() for name in tree.names()}


def read_back(
    fmt: Format, files: dict[str, bytes]
) -> tuple[tuple[LabelClass, ...], list[ImageDocument], list[Problem]]:
    problems: list[Problem] = []
    dataset = fmt.read(MemoryTree(files), problems)
    documents = list(dataset.images)
    assert len(documents) <= dataset.image_count
    return dataset.classes, documents, problems


def label_map(one: ImageDocument) -> np.ndarray:
    return raster.label_map(one.annotations, one.height, one.width)


def instance_map(one: ImageDocument) -> np.ndarray:
    return raster.instance_map(one.annotations, one.height, one.width)


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


coordinates = st.floats(0, 40, width=32)


@st.composite
def rings(draw: st.DrawFn) -> np.ndarray:
    points = draw(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8, unique=True))
    return np.array(points, dtype=np.float32)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    kind = draw(st.sampled_from(["polygon", "mask", "box"]))
    if kind == "polygon":
        return PolygonGeometry(tuple((one,) for one in draw(st.lists(rings(), min_size=1, max_size=3))))
    if kind == "box":
        x, y = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        return BoxGeometry(x, y, x + draw(st.integers(1, 10)), y + draw(st.integers(1, 10)))
    height, width = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    bits[draw(st.integers(0, height * width - 1))] = True
    bitmap = np.array(bits, dtype=bool).reshape(height, width)
    return raster.mask_from_bitmap(bitmap, draw(st.integers(0, 20)), draw(st.integers(0, 20)))


@st.composite
def datasets(draw: st.DrawFn) -> DatasetView:
    """Up to three images of 40 x 32 pixels with up to five objects each, void among them."""
    found: list[ImageDocument] = []
    for k in range(draw(st.integers(1, 3))):
        classes = st.sampled_from([1, 2, 7, 255])
        objects = draw(st.lists(st.tuples(classes, geometries()), max_size=5))
        found.append(document(f"folder/image {k}.png", 40, 32, objects, draw(st.sampled_from(list(Split)))))
    return view_of(found)
