"""Reading sequences: the frames of an image's group in their order, and the tracks that run through them.

Owns the order: by frame number where every image of the group has one, else by name, with numbers in it by their
value. Does not own tracks' contents (`services/tracking.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from annotator.models import Annotation, Document, ImageAsset

FILLED = "filled"
_DIGITS = re.compile(r"(\d+)")


class Frame(NamedTuple):
    """One image of a sequence and its primary document."""

    id: UUID
    name: str
    frame: int | None
    timestamp: float | None
    status: str
    width: int
    height: int
    object_count: int
    document: UUID
    revision: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


@dataclass(slots=True)
class Track:
    """One object through the frames.

    Attributes:
        keyframes: places in the sequence, from 0, where somebody drew it. filled: where it was made from others.
        class_index, kind: as in its first frame.
    """

    id: UUID
    class_index: int
    kind: str
    keyframes: list[int] = field(default_factory=list[int])
    filled: list[int] = field(default_factory=list[int])


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts names with the numbers in them by value: `f2` before `f10`."""
    return [
        (0, int(part), part) if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(name) if part
    ]


def frames_of(image: ImageAsset) -> list[Frame]:
    """The frames of the image's sequence in their order; an image without a group is one of its own."""
    images = ImageAsset.objects.filter(project=image.project, deleted=None)
    images = images.filter(group=image.group) if image.group else images.filter(pk=image.pk)
    documents = Document.objects.filter(image__in=images, role="primary")
    columns = [f"image__{name}" for name in Frame._fields[:-2]] + ["pk", "revision"]
    found = [Frame(*row) for row in documents.values_list(*columns)]
    if all(one.frame is not None for one in found):
        return sorted(found, key=lambda one: (one.frame or 0, one.name))
    return sorted(found, key=lambda one: natural(one.name))


def place_in(frames: Sequence[Frame], image: ImageAsset) -> int:
    """Where the image stands in its sequence, from 0."""
    return next(place for place, one in enumerate(frames) if one.id == image.pk)


def tracks_of(frames: Sequence[Frame]) -> list[Track]:
    """The tracks that run through more than one of these frames, by where they begin."""
    place = {one.document: at for at, one in enumerate(frames)}
    rows = _track_rows(place)
    tracks: dict[UUID, Track] = {}
    spread: dict[UUID, set[int]] = defaultdict(set)
    for document, identity, said, index, kind, source in sorted(rows, key=lambda row: place[row[0]]):
        at = place[document]
        key = said or identity
        track = tracks.setdefault(key, Track(key, index, kind))
        if at in spread[key]:
            continue
        spread[key].add(at)
        (track.filled if source == FILLED else track.keyframes).append(at)
    return [track for key, track in tracks.items() if len(spread[key]) > 1]


def _track_rows(
    documents: Mapping[UUID, int],
) -> Iterable[tuple[UUID, UUID, UUID | None, int, str, str]]:
    """The current rows that say a track, and those whose own id one of them says."""
    current = Annotation.objects.filter(document__in=list(documents), valid_to=None)
    columns = ("document_id", "uuid", "track", "class_index", "kind", "source")
    said = list(current.exclude(track=None).values_list(*columns))
    named = {row[2] for row in said}
    return said + list(current.filter(track=None, uuid__in=named).values_list(*columns))
