"""A video's frames as images of a project: one group, in order, all of them or none.

Owns how a clip is called and what becomes of frames that are there already. Does not own decoding (`video_read.py`).

First every frame is decoded and its files are stored, which leaves no trace that anybody sees: files are named by
their content. Then one transaction makes all the rows. Whatever happens before leaves nothing; run again from the
beginning, the frames that are there are found by group, number and content.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import cv2
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput
from annotator.formats.codec import FileTree
from annotator.formats.tree import suffix
from annotator.models import Document, ImageAsset, Project, User
from annotator.services.files import sha256_of
from annotator.services.image import clean_name, free_name, picture_store, split_for
from annotator.services.ingest import decode
from annotator.services.video_read import (
    HEAD,
    SUFFIXES,
    BadVideo,
    Video,
    VideoFrame,
    VideoOptions,
    video_kind,
)

ENCODINGS = {"jpeg": ".jpg", "png": ".png"}
MOST_GROUP = 180
ATTEMPTS = 5
BATCH = 200  # rows a statement
CHUNK = 1 << 20
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".json", ".xml", ".txt")


@dataclass(frozen=True, slots=True)
class Clip:
    """What a video became. created: new images; present: frames that were there already."""

    group: str
    created: int
    present: int
    seconds: float

    def body(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "group": self.group,
            "created": self.created,
            "present": self.present,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """A frame whose files are stored. fields: of its row."""

    number: int
    timestamp: float
    fields: dict[str, Any]


def videos_in(tree: FileTree) -> list[str]:
    """The files of a tree that are videos: by their name, or by their content where the name says nothing."""
    return [name for name in tree.names() if suffix(name) in SUFFIXES or _looks_like_one(tree, name)]


def _looks_like_one(tree: FileTree, name: str) -> bool:
    if suffix(name) in PICTURES:
        return False
    try:
        with tree.open(name) as file:
            return video_kind(file.read(HEAD)) is not None
    except InvalidInput:
        return False  # whoever reads it for what it is will tell


def video_take(
    *,
    project: Project,
    user: User | None,
    tree: FileTree,
    name: str,
    options: VideoOptions,
    check: Callable[[float, int], None],
) -> Clip:
    """Take a video's frames into a project as one group, all of them or none.

    Args:
        name: the video in the tree, and what its group is called after.
        check: called with the share done and the frames so far, before each and while others go by; it may raise to
            stop.

    Raises:
        BadVideo: see there. Conflict: the same names are taken again and again by somebody else.
    """
    with _on_disk(tree, name) as path, Video(path, name) as video:
        kept: list[_Kept] = []

        def passing(number: int) -> None:
            check(_share(number, video.count), len(kept))

        for frame in video.frames(options, passing):
            check(_share(frame.number, video.count), len(kept))
            kept.append(_kept(frame, options, name))
    for _attempt in range(ATTEMPTS):
        try:
            return _rows(project, user, name, kept)
        except IntegrityError:
            continue  # somebody made an image of one of these names meanwhile
    raise Conflict(_("%(name)s: its frames' names are being taken by another import") % {"name": name})


def _share(number: int, count: int) -> float:
    return min(1.0, number / count) if count else 1.0 - 1.0 / (1.0 + number / 300)


@contextmanager
def _on_disk(tree: FileTree, name: str) -> Iterator[Path]:
    """Give the video as a file of its own, which the decoder can seek in."""
    place = Path(settings.FILE_UPLOAD_TEMP_DIR)  # swept at each start, on the disk that has the room
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="contorno-video-", dir=place) as folder:
        path = Path(folder) / f"video{suffix(name) if suffix(name) in SUFFIXES else ''}"
        with tree.open(name) as source, path.open("wb") as target:
            _copy(source, target, name)
        yield path


def _copy(source: BinaryIO, target: BinaryIO, name: str) -> None:
    left = settings.MAX_VIDEO_BYTES + 1
    while left > 0 and (chunk := source.read(min(CHUNK, left))):
        target.write(chunk)
        left -= len(chunk)
    if left <= 0:
        limit = round(settings.MAX_VIDEO_BYTES / 1e6)
        raise BadVideo(_("%(name)s: at most %(limit)s MB are taken") % {"name": name, "limit": limit})


def _kept(frame: VideoFrame, options: VideoOptions, name: str) -> _Kept:
    """Encode a frame and store its files. The same pixels give the same bytes, and so the same file."""
    settings_of = (
        [cv2.IMWRITE_JPEG_QUALITY, options.quality]
        if options.format == "jpeg"
        else [cv2.IMWRITE_PNG_COMPRESSION, 3]
    )
    fine, data = cv2.imencode(ENCODINGS[options.format], frame.pixels, settings_of)
    if not fine:
        raise BadVideo(_("%(name)s: frame %(n)s cannot be written") % {"name": name, "n": frame.number})
    file = io.BytesIO(data.tobytes())
    sha256, size = sha256_of(file)
    return _Kept(frame.number, frame.timestamp, picture_store(file, sha256, size, decode(file, size)))


@transaction.atomic
def _rows(project: Project, user: User | None, name: str, kept: Sequence[_Kept]) -> Clip:
    """Make the images and their documents."""
    group = _group(project, name, kept)
    there = set(_living(project, group).values_list("frame", flat=True))
    new = [one for one in kept if one.number not in there]
    split = split_for(project, group, "")
    taken = set(
        ImageAsset.objects.filter(project=project, deleted=None, name__startswith=f"{group}/").values_list(
            "name", flat=True
        )
    )
    images = [
        ImageAsset(
            project=project,
            name=_name(project, group, one, taken),
            group=group,
            frame=one.number,
            timestamp=one.timestamp,
            split=split,
            created_by=user,
            **one.fields,
        )
        for one in new
    ]
    ImageAsset.objects.bulk_create(images, batch_size=BATCH)
    Document.objects.bulk_create([Document(image=image) for image in images], batch_size=BATCH)
    return Clip(group, len(new), len(kept) - len(new), kept[-1].timestamp - kept[0].timestamp)


def _name(project: Project, group: str, one: _Kept, taken: set[str]) -> str:
    name = f"{group}/{one.number:06d}{PurePosixPath(one.fields['original']).suffix}"
    return free_name(project, name) if name in taken else name


def _group(project: Project, name: str, kept: Sequence[_Kept]) -> str:
    """The video's own group, or a new one: its name, with a number where another video has that."""
    path = PurePosixPath(clean_name(name))
    wanted = str(path.with_suffix(""))[:MOST_GROUP].rstrip("/ ")
    number, group = 1, wanted
    while not _is_clip(project, group, kept):
        number += 1
        group = f"{wanted} ({number})"
    return group


def _is_clip(project: Project, group: str, kept: Sequence[_Kept]) -> bool:
    """Whether a group is free, or holds frames of this very video: those of one number are equal.

    Frames of other numbers are other parts of it; they are of its size.
    """
    if not ImageAsset.objects.filter(project=project, group=group, deleted=None).exists():
        return True
    mine = {one.number: one.fields["sha256"] for one in kept}
    size = (kept[0].fields["width"], kept[0].fields["height"])
    found = _living(project, group).values_list("frame", "sha256", "width", "height")
    return all(
        number is not None and (width, height) == size and mine.get(number, sha256) == sha256
        for number, sha256, width, height in found
    )


def _living(project: Project, group: str) -> Any:
    return ImageAsset.objects.filter(project=project, group=group, deleted=None)
