"""Writes a frozen dataset as a folder to learn from, keeps a few of them, and throws away those used longest ago.

Owns which pictures go in, how large ones are cut into windows, and the cache. Does not own reading a version
(`annotator/selectors/version.py`) nor the layout (`folder.py`). Pictures are copied as they are, never compressed
again; only windows of large images are written anew, without loss.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core import raster
from annotator.core.document import (
    Annotation,
    DatasetView,
    Geometry,
    ImageDocument,
    MaskGeometry,
    PointGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput
from annotator.core.palette import to_hex
from annotator.core.words import _
from ml_worker.folder import FORMAT, INDEX, DataClass, DataObject, FolderWriter, is_folder

WINDOW = 2048  # side of the windows of a large image: four times the largest input that a plan has
MOST_WINDOWS = 256  # of one image: those with objects first; more would drown all other images
DONE = ("submitted", "accepted")
IN_USE_SECONDS = 3600.0  # a folder that was used this recently is never thrown away
LEFTOVER_SECONDS = 24 * 3600.0

Frame = tuple[int, int, int, int]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset comes from.

    Attributes:
        view: the frozen dataset. assets: id of each image by its name.
        large: reads a window (x0, y0, x1, y1) as (h, w, 3) uint8 RGB, by the names of images that
            are never decoded whole.
        exclusive: no two objects share a pixel.
    """

    view: DatasetView
    assets: Mapping[str, str]
    large: Mapping[str, Callable[[Frame], Pixels]]
    exclusive: bool


def is_labelled(document: ImageDocument) -> bool:
    """Whether a training may learn from an image: it was handed in, or holds objects."""
    return document.status in DONE or bool(document.annotations)


def folder_for(cache: Path, source: Source, *, key: str, room: int, tick: Callable[[int, int], None]) -> Path:
    """The dataset's folder, written unless it is there.

    Args:
        cache: the folder of all of them. key: names what is in it. room: bytes that all may take together.
        tick: called with images done and images in all; may raise to stop.

    Raises:
        InvalidInput: a picture is missing; nothing half-written is left.
    """
    digest = hashlib.sha256(f"{FORMAT} {WINDOW} {source.view.content_hash} {key}".encode()).hexdigest()
    folder = cache / digest[:32]
    if not is_folder(folder):
        cache.mkdir(parents=True, exist_ok=True)
        evict(cache, room, now=time.time())
        draft = cache / f".part-{uuid.uuid4()}"
        try:
            write_folder(draft, source, tick=tick)
            _into_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    os.utime(folder / INDEX)
    return folder


def _into_place(draft: Path, folder: Path) -> None:
    try:
        draft.replace(folder)
    except OSError:
        if not is_folder(folder):  # what a crash left, not another worker's whole one
            shutil.rmtree(folder, ignore_errors=True)
            draft.replace(folder)


def evict(cache: Path, room: int, *, now: float) -> list[Path]:
    """Delete the folders used longest ago while all together take more than `room`, and what killed workers left."""
    gone: list[Path] = []
    whole: list[tuple[float, int, Path]] = []
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.name.startswith(".part-"):
            if now - path.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        elif is_folder(path):
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            whole.append(((path / INDEX).stat().st_mtime, size, path))
    total = sum(size for _used, size, _path in whole)
    for used, size, path in sorted(whole):
        if total <= room or now - used < IN_USE_SECONDS:
            break
        (path / INDEX).unlink()  # first: what is left of it is no dataset
        shutil.rmtree(path, ignore_errors=True)
        total -= size
        gone.append(path)
    return gone


def write_folder(folder: Path, source: Source, *, tick: Callable[[int, int], None]) -> None:
    """Write the labelled images of a dataset."""
    writer = FolderWriter(folder)
    view = source.view
    for done, document in enumerate(view.images()):
        tick(done, view.image_count)
        if is_labelled(document):
            _add(writer, source, document)
    writer.close(
        name=view.name,
        task_type=view.task_type.value,
        exclusive=source.exclusive,
        content_hash=view.content_hash,
        classes=[DataClass(one.index, one.name, to_hex(one.colour), one.is_thing) for one in view.classes],
    )


def _add(writer: FolderWriter, source: Source, document: ImageDocument) -> None:
    objects = list(objects_of(document))
    asset = source.assets[document.name]
    split = document.split.value if document.split else "train"
    if document.name in source.large:
        read = source.large[document.name]
        for frame in windows(document, objects):
            pixels = read(frame)
            writer.add(
                name=f"{document.name}#{frame[0]},{frame[1]}",
                content=png_of(pixels),
                extension=".png",
                size=(frame[2] - frame[0], frame[3] - frame[1]),
                objects=list(cut(objects, frame)),
                split=split,
                asset=asset,
                group=document.group,
                offset=(frame[0], frame[1]),
            )
        return
    try:
        with source.view.open_image(document) as file:
            content = file.read()
    except OSError as problem:
        values = {"name": document.name, "problem": problem}
        raise InvalidInput(
            _("%(name)s: the picture is missing from the storage: %(problem)s") % values
        ) from None
    writer.add(
        name=document.name,
        content=content,
        extension=source.view.image_extension(document),
        size=(document.width, document.height),
        objects=objects,
        split=split,
        asset=asset,
        group=document.group,
    )


def objects_of(document: ImageDocument) -> Iterator[DataObject]:
    """The objects with pixels, in paint order, as masks cropped to their boxes."""
    for one in document.annotations:
        mask = _mask(one, document)
        if mask is not None and mask.width > 0:
            yield DataObject(str(one.id), one.class_index, mask, one.is_crowd)


def _mask(one: Annotation, document: ImageDocument) -> MaskGeometry | None:
    geometry: Geometry = one.geometry
    if isinstance(geometry, PolylineGeometry | PointGeometry):
        return None  # they have no pixels
    return raster.mask_of(geometry, document.height, document.width)


def windows(document: ImageDocument, objects: Sequence[DataObject]) -> list[Frame]:
    """The windows of a large image that are learned from: those with objects, and others where it was handed in."""
    frames = [
        (x, y, min(x + WINDOW, document.width), min(y + WINDOW, document.height))
        for y in range(0, document.height, WINDOW)
        for x in range(0, document.width, WINDOW)
    ]
    filled = [frame for frame in frames if any(_meets(one.box_xyxy, frame) for one in objects)]
    if document.status in DONE:
        empty = [frame for frame in frames if frame not in filled]
        filled += empty[:: max(1, len(empty) // max(1, MOST_WINDOWS - len(filled)))]
    return sorted(filled[:MOST_WINDOWS], key=lambda frame: (frame[1], frame[0]))


def cut(objects: Sequence[DataObject], frame: Frame) -> Iterator[DataObject]:
    """The parts of objects that lie in a window, in its pixels."""
    x0, y0, x1, y1 = frame
    for one in objects:
        if not _meets(one.box_xyxy, frame):
            continue
        left, top, right, bottom = one.box_xyxy
        across = slice(max(x0 - left, 0), min(x1, right) - left)
        down = slice(max(y0 - top, 0), min(y1, bottom) - top)
        part = one.bitmap()[down, across]
        if part.any():
            mask = raster.mask_from_bitmap(part, max(left - x0, 0), max(top - y0, 0))
            yield DataObject(one.id, one.class_index, mask, one.is_crowd)


def _meets(box: Frame, frame: Frame) -> bool:
    return box[0] < frame[2] and box[2] > frame[0] and box[1] < frame[3] and box[3] > frame[1]


def png_of(pixels: Pixels) -> bytes:
    """(h, w, 3) RGB as PNG, quickly rather than small."""
    done, content = cv2.imencode(
        ".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    assert done
    return content.tobytes()
