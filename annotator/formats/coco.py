"""COCO instances: the writer, and what the format can be asked for. The reader is `coco_read.py`.

Owns the layout `annotations/instances_<split or all>.json` + `images/…`. Category ids are the classes' stable
indices. COCO's polygon lists cannot hold holes, so an object with holes is written as run lengths whatever the
options say. Boxes are written as their four corners; polylines and points have no place in this format.

Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import orjson

from annotator.core import raster, rle
from annotator.core.document import (
    VOID,
    Annotation,
    BoxGeometry,
    DatasetView,
    ImageDocument,
    LabelClass,
    MaskGeometry,
    Polygon,
    PolygonGeometry,
    Ring,
)
from annotator.core.errors import Problem
from annotator.formats import coco_read
from annotator.formats.codec import CHUNK, FileTree, Format, Member, Option, Options, ReadDataset
from annotator.formats.pictures import PictureList, file_name

OPTIONS = (
    Option(
        "geometry",
        "auto",
        "auto keeps each object as it was drawn; polygon traces masks, rle rasterises polygons. "
        "Objects with holes are always rle, since COCO's polygons cannot hold holes, and so are masks whose box has "
        "more than 64 million pixels.",
        choices=("auto", "polygon", "rle"),
    ),
    Option(
        "counts",
        "list",
        "list writes run lengths as numbers, as COCO's own files do and every reader takes them; compressed writes "
        "pycocotools' short string.",
        choices=("list", "compressed"),
    ),
    Option("files", "one", "One annotation file, or one for each split.", choices=("one", "per_split")),
    Option("images", True, "Put the pictures into the ZIP."),
    Option("void", False, f"Write areas marked as void as category {VOID}; otherwise they are left out."),
)
VOID_CLASS = LabelClass(VOID, "void", (0, 0, 0), is_thing=False)
MOST_TRACED = 64_000_000  # pixels of a mask's box: tracing takes six bytes for each
DECIMALS = 3  # of area and bbox: a thousandth of a pixel


def write(view: DatasetView, options: Options) -> Iterator[Member]:
    """Write the annotation files, then the pictures. One pass over the dataset; memory does not grow with it."""
    with ExitStack() as stack:
        pictures = stack.enter_context(PictureList(view))
        files: dict[str, _AnnotationFile] = {}
        next_id = 1
        for image_id, document in enumerate(view.images(), start=1):
            split = str(document.split or "train") if options["files"] == "per_split" else "all"
            if split not in files:
                files[split] = stack.enter_context(_AnnotationFile())
            name = file_name(document, view.image_extension(document))
            records = annotation_records(document, image_id, next_id, options)
            next_id += len(records)
            files[split].add(document, image_id, name, records)
            if options["images"]:
                pictures.add(document, f"images/{name}")
        if not files:
            files["all"] = stack.enter_context(_AnnotationFile())
        for split, file in sorted(files.items()):
            yield Member(f"annotations/instances_{split}.json", file.chunks(view, options))
        yield from pictures.members()


class _AnnotationFile:
    """One annotation file in the making: annotations and images are gathered on disk, since JSON wants them apart."""

    def __init__(self) -> None:
        self._annotations: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._images: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._licences: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._annotations.close()
        self._images.close()

    def add(self, document: ImageDocument, image_id: int, name: str, records: list[dict[str, Any]]) -> None:
        """Add one image and its annotations."""
        if records:
            lines = orjson.dumps(records, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
            self._annotations.write(b",\n" + lines if self._annotations.tell() else lines)
        licence = (
            self._licences.setdefault(document.licence, len(self._licences) + 1) if document.licence else 0
        )
        line = orjson.dumps(_image_record(document, image_id, name, licence))
        self._images.write(b",\n" + line if self._images.tell() else line)

    def chunks(self, view: DatasetView, options: Options) -> Iterator[bytes]:
        """Give the finished file."""
        head = {"info": _info(view), "categories": _categories(view, options)}
        yield orjson.dumps(head)[:-1] + b',\n"annotations":[\n'
        yield from _rewound(self._annotations)
        yield b'\n],\n"images":[\n'
        yield from _rewound(self._images)
        licences = [{"id": number, "name": name, "url": ""} for name, number in self._licences.items()]
        yield b'\n],\n"licenses":' + orjson.dumps(licences) + b"}\n"


def _rewound(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _info(view: DatasetView) -> dict[str, Any]:
    year = view.created[:4]
    return {
        "description": view.name,
        "version": view.content_hash[:12],
        "year": int(year) if year.isdigit() else 0,
        "contributor": "",
        "url": "",
        "date_created": view.created,
    }


def _categories(view: DatasetView, options: Options) -> list[dict[str, Any]]:
    classes = [*view.classes, VOID_CLASS] if options["void"] else view.classes
    return [
        {
            "id": label.index,
            "name": label.name,
            "supercategory": label.supercategory,
            "isthing": int(label.is_thing),
            "color": list(label.colour),
        }
        for label in classes
    ]


def _image_record(document: ImageDocument, image_id: int, name: str, licence: int) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": image_id,
        "file_name": name,
        "width": document.width,
        "height": document.height,
    }
    if licence:
        record["license"] = licence
    if document.source_url:
        record["coco_url"] = document.source_url
    if document.attribution:
        record["attribution"] = document.attribution
    if document.group:
        record["group"] = document.group
    return record


def annotation_records(
    document: ImageDocument, image_id: int, first_id: int, options: Options
) -> list[dict[str, Any]]:
    """Give an image's annotations as COCO records whose rings are still arrays.

    Args:
        image_id: the image's id in the file.
        first_id: annotation ids count up from here.
    """
    records: list[dict[str, Any]] = []
    drawn: list[tuple[dict[str, Any], list[Ring]]] = []
    for annotation in document.annotations:
        if annotation.class_index == VOID and not options["void"]:
            continue
        geometry = annotation.geometry
        if not isinstance(geometry, PolygonGeometry | MaskGeometry | BoxGeometry):
            continue
        record: dict[str, Any] = {
            "id": first_id + len(records),
            "image_id": image_id,
            "category_id": annotation.class_index,
            "iscrowd": int(annotation.is_crowd),
        }
        rings = _rings(annotation, document, options["geometry"])
        if rings is None:
            _add_runs(record, annotation, document, options["counts"])
        else:
            drawn.append((record, rings))
        if annotation.attributes:
            record["attributes"] = dict(annotation.attributes)
        records.append(record)
    if drawn:
        _add_rings(drawn)
    return records


def _rings(annotation: Annotation, document: ImageDocument, wish: str) -> list[Ring] | None:
    """Give the object's rings, or None where it must be written as run lengths."""
    geometry = annotation.geometry
    if wish == "rle":
        return None
    if isinstance(geometry, BoxGeometry):
        return [raster.box_ring(geometry)]
    if isinstance(geometry, PolygonGeometry):
        return _without_holes(geometry.polygons)
    small = isinstance(geometry, MaskGeometry) and 0 < geometry.width * geometry.height <= MOST_TRACED
    if wish == "polygon" and isinstance(geometry, MaskGeometry) and small:
        return _without_holes(_traced(geometry))
    return None


def _traced(mask: MaskGeometry) -> tuple[Polygon, ...]:
    corner = np.array([mask.x, mask.y], dtype=np.float32)
    return tuple(tuple(ring + corner for ring in polygon) for polygon in raster.trace(raster.bitmap_of(mask)))


def _without_holes(polygons: Iterable[Polygon]) -> list[Ring] | None:
    rings: list[Ring] = []
    for polygon in polygons:
        if len(polygon) != 1:
            return None
        rings.append(polygon[0])
    return rings


def _add_runs(record: dict[str, Any], annotation: Annotation, document: ImageDocument, form: str) -> None:
    """Add segmentation, area and bbox of an object written as run lengths, all from its pixels."""
    height, width = document.height, document.width
    geometry = annotation.geometry
    if not isinstance(geometry, MaskGeometry):
        geometry = raster.mask_of(geometry, height, width)
    counts = rle.expand(geometry, height, width)
    runs = rle.counts_to_string(counts) if form == "compressed" else counts.tolist()
    record["segmentation"] = {"size": [height, width], "counts": runs}
    record["area"] = rle.area(counts)
    record["bbox"] = [geometry.x, geometry.y, geometry.width, geometry.height]


def _add_rings(drawn: list[tuple[dict[str, Any], list[Ring]]]) -> None:
    """Add segmentation, area and bbox of all polygon objects of an image, measured together.

    One object at a time the measuring takes longer than everything else in the writer.
    """
    rings = [ring for _, own in drawn for ring in own]
    sizes = np.array([len(ring) for ring in rings])
    first_ring = np.cumsum([0, *(len(own) for _, own in drawn[:-1])])
    points = np.concatenate(rings).astype(np.float64)
    starts = np.cumsum(sizes) - sizes
    areas = np.add.reduceat(_ring_areas(points, starts, sizes), first_ring).round(DECIMALS)
    low = np.minimum.reduceat(np.minimum.reduceat(points, starts), first_ring)
    high = np.maximum.reduceat(np.maximum.reduceat(points, starts), first_ring)
    boxes = np.hstack([low, high - low]).round(DECIMALS).tolist()
    for (record, own), area, box in zip(drawn, areas.tolist(), boxes, strict=True):
        record["segmentation"] = [np.ascontiguousarray(ring).ravel() for ring in own]
        record["area"] = area
        record["bbox"] = box


def _ring_areas(
    points: npt.NDArray[np.float64], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Give the unsigned area of each ring. points: (N, 2) of all rings, one after the other."""
    points = points - np.repeat(points[starts], sizes, axis=0)  # near the origin the products lose less
    following = np.arange(1, len(points) + 1)
    following[starts + sizes - 1] = starts
    x, y = points.T
    return np.abs(np.add.reduceat(x * y[following] - x[following] * y, starts)) / 2


def read(tree: FileTree, problems: list[Problem]) -> ReadDataset:
    """Read every instances file of the tree; see `coco_read`."""
    return coco_read.read(tree, problems)


FORMAT = Format(
    name="coco",
    title="COCO instances",
    task_types=("semantic", "instance", "panoptic"),
    options=OPTIONS,
    write=write,
    read=read,
    detect=coco_read.detect,
)
