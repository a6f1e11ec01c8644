"""COCO run-length encoding: column-major runs that begin with zeros, and their compressed string.

Owns the run arithmetic (area, box, union, intersection over union, crop, expand), which never decodes a whole
image, so a small mask on a 30,000 x 30,000 image stays cheap. Does not own painting (`raster.py`) nor the bytes
in the database (`packing.py`).

Source: the COCO mask API (runs and compressed string), Lin et al. 2014.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core.document import MaskGeometry
from annotator.core.errors import InvalidInput
from annotator.core.words import _

Counts: TypeAlias = npt.NDArray[np.uint32]
"""(K,) uint32 run lengths, column-major, beginning with a run of zeros (of length 0 when the first pixel is set)."""

Ints: TypeAlias = npt.NDArray[np.int64]

MAX_GROUPS = 7  # 5-bit groups: 7 hold any difference of two uint32 runs
FIRST_CHARACTER = 48  # "0"; a character carries 6 bits, 5 of payload and one that says "more follows"


def encode(mask: npt.NDArray[np.bool_]) -> Counts:
    """Give the run lengths of a mask.

    Args:
        mask: (H, W) bool, or any dtype where non-zero means set.

    Returns:
        Counts; empty when the mask has no pixels at all.
    """
    flat = mask.ravel(order="F").astype(np.bool_, copy=False)
    if flat.size == 0:
        return np.zeros(0, dtype=np.uint32)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0, 0] if flat[0] else [0]
    return np.diff(np.concatenate([first, edges, [flat.size]])).astype(np.uint32)


def decode(counts: Counts, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Give the mask of run lengths.

    Returns:
        (height, width) bool, in Fortran order.

    Raises:
        InvalidInput: the runs do not add up to height x width.
    """
    check_total(counts, height, width)
    values = np.arange(counts.size) % 2 == 1
    return np.repeat(values, counts).reshape((height, width), order="F")


def check_total(counts: Counts, height: int, width: int) -> None:
    """Raise InvalidInput unless the runs cover height x width pixels exactly."""
    total = int(counts.sum(dtype=np.int64))
    if total != height * width:
        raise InvalidInput(
            _("the run lengths cover %(total)s pixels; a mask of %(width)s x %(height)s has %(pixels)s")
            % {"total": total, "width": width, "height": height, "pixels": height * width}
        )


def counts_to_string(counts: Counts) -> str:
    """Write counts as COCO's compressed string, identical to pycocotools'.

    Each value (from the fourth on, its difference to the value two before) is written in 5-bit groups, lowest
    first, the last of which carries the sign.
    """
    return counts_to_strings([counts])[0]


def counts_to_strings(each: Sequence[Counts]) -> list[str]:
    """Write many counts as compressed strings: at once, since most masks are far smaller than a call of numpy."""
    if not each:
        return []
    sizes = np.array([counts.size for counts in each])
    ends = np.cumsum(sizes)
    whole = np.concatenate(each).astype(np.int64)
    values = whole.copy()
    values[2:] -= whole[:-2]
    first = np.repeat(ends - sizes, sizes)
    plain = np.arange(whole.size) - first < 3
    values[plain] = whole[plain]
    groups = np.ones(values.size, dtype=np.int64)
    for k in range(1, MAX_GROUPS):
        limit = 1 << (5 * k - 1)
        longer = (values >= limit) | (values < -limit)
        if not longer.any():
            break
        groups += longer
    used = int(groups.max(initial=1))
    place = np.arange(used)
    characters = (values[:, None] >> (5 * place)) & 0x1F  # (K, used)
    characters |= np.where(place < groups[:, None] - 1, 0x20, 0)
    kept = characters[place < groups[:, None]] + FIRST_CHARACTER
    text = kept.astype(np.uint8).tobytes().decode("ascii")
    bounds = np.concatenate([[0], np.cumsum(groups)])[np.concatenate([[0], ends])].tolist()
    return [text[start:end] for start, end in itertools.pairwise(bounds)]


def counts_from_string(text: str) -> Counts:
    """Read COCO's compressed string.

    Raises:
        InvalidInput: a character outside `0`..`o`, a value cut short, or a run below 0 or over 2^32 - 1.
    """
    codes = _codes(text)
    if codes.size == 0:
        return np.zeros(0, dtype=np.uint32)
    ends = np.flatnonzero(codes < 0x20)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if int(lengths.max()) > MAX_GROUPS:
        raise InvalidInput(
            _("run %(number)s is longer than %(most)s characters")
            % {"number": int(lengths.argmax()), "most": MAX_GROUPS}
        )
    shift = 5 * (np.arange(codes.size) - np.repeat(starts, lengths))
    values = np.add.reduceat((codes & 0x1F) << shift, starts)
    values -= np.where(codes[ends] & 0x10, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    wrong = np.flatnonzero((values < 0) | (values > 0xFFFFFFFF))
    if wrong.size:
        raise InvalidInput(
            _("run %(number)s has length %(length)s; allowed is 0 to 2^32 - 1")
            % {"number": int(wrong[0]), "length": int(values[wrong[0]])}
        )
    return values.astype(np.uint32)


def _codes(text: str) -> Ints:
    """Give each character's 6 bits, checked."""
    try:
        raw = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    except UnicodeEncodeError as error:
        raise InvalidInput(
            _("character %(at)s of the run string is not ASCII") % {"at": error.start}
        ) from None
    codes = raw.astype(np.int64) - FIRST_CHARACTER
    wrong = np.flatnonzero((codes < 0) | (codes > 0x3F))
    if wrong.size:
        at = int(wrong[0])
        raise InvalidInput(
            _("character %(at)s of the run string is %(character)r; allowed are '0' to 'o'")
            % {"at": at, "character": text[at]}
        )
    if codes.size and codes[-1] & 0x20:
        raise InvalidInput(_("the run string ends in the middle of a run"))
    return codes


def area(counts: Counts) -> int:
    """Count the set pixels."""
    return int(counts[1::2].sum(dtype=np.int64))


def bbox(counts: Counts, height: int) -> tuple[int, int, int, int]:
    """Give the box of the set pixels, xyxy with the far sides exclusive; (0, 0, 0, 0) when none is set."""
    starts, ends = spans(counts)
    if starts.size == 0:
        return (0, 0, 0, 0)
    first, last = starts // height, (ends - 1) // height
    within = first == last  # a run over several columns touches the top and the bottom of the image
    top = 0 if not within.all() else int((starts % height).min())
    bottom = height if not within.all() else int(((ends - 1) % height).max()) + 1
    return (int(first[0]), top, int(last[-1]) + 1, bottom)


def spans(counts: Counts) -> tuple[Ints, Ints]:
    """Give start and end (exclusive) of each run of set pixels in column-major order, empty runs left out."""
    edges = np.cumsum(counts, dtype=np.int64)
    ends = edges[1::2]
    starts = edges[0::2][: ends.size]
    kept = ends > starts
    return starts[kept], ends[kept]


def from_spans(starts: Ints, ends: Ints, size: int) -> Counts:
    """Give the counts over `size` pixels of ascending, non-overlapping spans; spans that touch are joined."""
    if size == 0:
        return np.zeros(0, dtype=np.uint32)
    joined = np.flatnonzero(starts[1:] == ends[:-1])
    edges = np.empty(2 * starts.size + 2, dtype=np.int64)
    edges[0], edges[-1] = 0, size
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    if joined.size:
        edges = np.delete(edges, np.concatenate([2 * joined + 2, 2 * joined + 3]))
    if edges.size > 2 and edges[-2] == size:
        edges = edges[:-1]
    return np.diff(edges).astype(np.uint32)


def intersection(a: Counts, b: Counts) -> int:
    """Count the pixels set in both masks of the same size."""
    starts, ends = spans(a)
    other_starts, other_ends = spans(b)
    if starts.size == 0 or other_starts.size == 0:
        return 0
    before = np.concatenate([[0], np.cumsum(other_ends - other_starts)])

    def set_before(position: Ints) -> Ints:
        k = np.searchsorted(other_starts, position, side="left")
        over = np.where(k > 0, other_ends[k - 1] - position, 0)
        return before[k] - np.maximum(over, 0)

    return int((set_before(ends) - set_before(starts)).sum())


def iou(a: Counts, b: Counts, *, is_crowd: bool = False) -> float:
    """Give the intersection over union of two masks of the same size.

    Args:
        is_crowd: `b` is a crowd region: the union is then the area of `a` alone, as COCO scores crowds.

    Returns:
        0.0 when the union is empty.
    """
    both = intersection(a, b)
    union = area(a) if is_crowd else area(a) + area(b) - both
    return both / union if union else 0.0


def merge(masks: Sequence[Counts], *, intersect: bool = False) -> Counts:
    """Give the union (or the intersection) of masks of the same size.

    Raises:
        InvalidInput: the masks differ in size.
    """
    if not masks:
        return np.zeros(0, dtype=np.uint32)
    sizes = {int(counts.sum(dtype=np.int64)) for counts in masks}
    if len(sizes) > 1:
        raise InvalidInput(_("the masks have different sizes: %(sizes)s pixels") % {"sizes": sorted(sizes)})
    pieces = [spans(counts) for counts in masks]
    starts = np.concatenate([piece[0] for piece in pieces])
    ends = np.concatenate([piece[1] for piece in pieces])
    at = np.concatenate([starts, ends])
    step = np.concatenate([np.ones_like(starts), -np.ones_like(ends)])
    order = np.argsort(at, kind="stable")  # starts come before ends at the same place, so touching spans join
    depth = np.cumsum(step[order])
    needed = len(masks) if intersect else 1
    inside = depth >= needed
    before = np.concatenate([[False], inside[:-1]])
    place = at[order]
    opened, closed = place[inside & ~before], place[~inside & before]
    kept = closed > opened
    return from_spans(opened[kept], closed[kept], sizes.pop())


def crop(counts: Counts, height: int, width: int) -> MaskGeometry:
    """Crop a whole image's runs to the box of the set pixels.

    Raises:
        InvalidInput: the runs do not add up to height x width.
    """
    check_total(counts, height, width)
    x0, y0, x1, y1 = bbox(counts, height)
    return MaskGeometry(
        x=x0, y=y0, width=x1 - x0, height=y1 - y0,
        counts=window(counts, height, (x0, y0, x1, y1)),
    )  # fmt: skip


def expand(mask: MaskGeometry, height: int, width: int) -> Counts:
    """Give a cropped mask's runs over the whole image; what lies outside the image is left out."""
    return expand_each([mask], height, width)[0]


def expand_each(masks: Sequence[MaskGeometry], height: int, width: int) -> list[Counts]:
    """Give the runs of many cropped masks, each over the whole image, at once; see `expand`."""
    if not masks or height * width == 0:
        return [np.zeros(0, dtype=np.uint32) for _ in masks]
    owner, starts, ends = _spans_of_each([one.counts for one in masks])
    place = np.array([(one.x, one.y, max(1, one.height)) for one in masks], dtype=np.int64)
    tall = place[owner, 2]
    piece_of, column = _columns(starts, ends, tall)
    x, y, tall = place[owner[piece_of]].T
    top = np.maximum(np.maximum(starts[piece_of] - column * tall, 0) + y, 0)
    bottom = np.minimum(np.minimum(ends[piece_of] - column * tall, tall) + y, height)
    column += x
    kept = (bottom > top) & (column >= 0) & (column < width)
    offset = column[kept] * height
    return _counts_of_each(
        owner[piece_of][kept], top[kept] + offset, bottom[kept] + offset, len(masks), height * width
    )


def _spans_of_each(each: Sequence[Counts]) -> tuple[Ints, Ints, Ints]:
    """Give the set spans of several masks: whose they are, start and end; see `spans`."""
    sizes = np.array([counts.size for counts in each])
    runs = np.concatenate(each).astype(np.int64)
    owner = np.repeat(np.arange(sizes.size), sizes)
    edges = np.concatenate([[0], np.cumsum(runs)])
    before = np.cumsum(sizes) - sizes  # runs before each mask's own
    kept = ((np.arange(runs.size) - before[owner]) % 2 == 1) & (runs > 0)
    ends = edges[1:][kept] - edges[before][owner[kept]]
    return owner[kept], ends - runs[kept], ends


def _columns(starts: Ints, ends: Ints, tall: Ints | int) -> tuple[Ints, Ints]:
    """Cut spans at the columns' ends: of each piece the span that it is of, and its column."""
    first = starts // tall
    count = (ends - 1) // tall - first + 1
    piece_of = np.repeat(np.arange(starts.size), count)
    return piece_of, np.arange(piece_of.size) - np.repeat(np.cumsum(count) - count, count) + first[piece_of]


def _counts_of_each(owner: Ints, starts: Ints, ends: Ints, masks: int, size: int) -> list[Counts]:
    """Give the counts of several masks of one size from their spans, in order; see `from_spans`."""
    touching = (starts[1:] == ends[:-1]) & (owner[1:] == owner[:-1])
    first, last = np.ones(starts.size, bool), np.ones(starts.size, bool)
    first[1:], last[:-1] = ~touching, ~touching
    owner, starts, ends = owner[first], starts[first], ends[last]
    number = np.bincount(owner, minlength=masks)
    bounds = np.concatenate([[0], np.cumsum(2 * number + 2)])
    edges = np.zeros(int(bounds[-1]), dtype=np.int64)
    edges[bounds[1:] - 1] = size
    at = 2 * np.arange(owner.size) + 2 * owner + 1
    edges[at], edges[at + 1] = starts, ends
    runs = np.diff(edges).astype(np.uint32)  # between two masks it wraps; that one is left out
    to = bounds[1:] - 1
    to -= (edges[to - 1] == size) & (number > 0)  # no run of zeros is written at the end
    return [runs[a:b] for a, b in zip(bounds[:-1].tolist(), to.tolist(), strict=True)]


def window(counts: Counts, height: int, frame: tuple[int, int, int, int]) -> Counts:
    """Give the runs as seen through another frame (xyxy in the runs' own pixels; may reach outside)."""
    x0, y0, x1, y1 = frame
    tall = y1 - y0
    starts, ends = spans(counts)
    piece_of, column = _columns(starts, ends, height)  # a run may cover several columns
    top = np.maximum(starts[piece_of] - column * height, y0)
    bottom = np.minimum(np.minimum(ends[piece_of] - column * height, height), y1)
    top = np.maximum(top, 0)
    kept = (bottom > top) & (column >= x0) & (column < x1)
    offset = (column[kept] - x0) * tall - y0
    return from_spans(top[kept] + offset, bottom[kept] + offset, tall * (x1 - x0))
