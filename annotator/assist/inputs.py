"""What the methods are given and how it is checked: regions, seed points, strokes, parameters with their ranges.

Owns the value types and the words of refusals. Does not own a method, nor where the pixels come from.

All coordinates are region pixels as everywhere in the core: continuous, x right, y down, pixel (i, j) covers
[i, i+1) x [j, j+1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _

Region: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""(H, W) bool."""
Labels: TypeAlias = npt.NDArray[np.int32]
"""(H, W) int32, 0..n-1."""
Points: TypeAlias = npt.NDArray[np.float64]
"""(N, 2) float64 x, y."""

NO_POINTS: Points = np.zeros((0, 2))
STROKE_BITS = 4  # fractional bits of the coordinates that OpenCV draws with
FAR = 2.0**20  # drawn coordinates are clamped to this, so that they fit OpenCV's fixed point


def no_points() -> Points:
    """No points at all: (0, 2)."""
    return NO_POINTS


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter that is a number within a range, both ends allowed."""

    name: str
    low: float
    high: float
    default: float
    help: str

    def check(self, value: Any) -> float:
        """Give the value back. Raises InvalidInput: it is no number, or outside the range."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise refused(
                self.name,
                _("a number from %(low)g to %(high)g is needed, not %(value)s")
                % {"low": self.low, "high": self.high, "value": _brief(value)},
            )
        if not self.low <= value <= self.high:
            raise refused(
                self.name,
                _("%(value)g is not allowed; it goes from %(low)g to %(high)g")
                % {"value": value, "low": self.low, "high": self.high},
            )
        return float(value)


@dataclass(frozen=True, slots=True)
class Whole:
    """A parameter that is a whole number within a range, both ends allowed."""

    name: str
    low: int
    high: int
    default: int
    help: str

    def check(self, value: Any) -> int:
        """Give the value back. Raises InvalidInput: it is no whole number, or outside the range."""
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise refused(
                self.name,
                _("a whole number from %(low)s to %(high)s is needed, not %(value)s")
                % {"low": self.low, "high": self.high, "value": _brief(value)},
            )
        if not self.low <= value <= self.high:
            raise refused(
                self.name,
                _("%(value)s is not allowed; it goes from %(low)s to %(high)s")
                % {"value": value, "low": self.low, "high": self.high},
            )
        return int(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter that is one of a few words."""

    name: str
    options: tuple[str, ...]
    default: str
    help: str

    def check(self, value: Any) -> str:
        """Give the value back. Raises InvalidInput: it is none of the options."""
        if not isinstance(value, str) or value not in self.options:
            raise refused(
                self.name,
                _("%(value)s is not allowed; there are %(names)s")
                % {"value": _brief(value), "names": ", ".join(self.options)},
            )
        return value


Parameter: TypeAlias = Number | Whole | Choice


class OneColour(InvalidInput):
    """The region shows one colour only, so that there is nothing to tell apart."""

    def __init__(self) -> None:
        message = _(
            "the region has one colour only; choose a region that shows the object and what is around it"
        )
        super().__init__(message, [Problem("region", message)])


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line drawn with a round pen.

    Attributes:
        points: its vertices; a single one is a dot.
        radius: of the pen, in pixels, over 0.
    """

    points: Points
    radius: float


def refused(name: str, message: str) -> InvalidInput:
    """The refusal of one value, by its name."""
    return InvalidInput(f"{name}: {message}", [Problem(name, message)])


def check_region(image: Region) -> None:
    """Raise InvalidInput unless this is (H, W, 3) uint8 with at least one pixel."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InvalidInput(
            _("the region is %(dtype)s %(shape)s; (H, W, 3) uint8 is needed")
            % {"dtype": image.dtype, "shape": image.shape}
        )
    if image.size == 0:
        raise InvalidInput(_("the region is empty: it has no pixels"))


def check_varied(image: Region) -> None:
    """As `check_region`, and raise InvalidInput when all the pixels have the same colour."""
    check_region(image)
    if (image == image[0, 0]).all():
        raise OneColour


def check_mask(mask: Mask, image: Region, name: str) -> None:
    """Raise InvalidInput unless the mask is bool and as large as the region."""
    if mask.dtype != np.bool_ or mask.shape != image.shape[:2]:
        raise refused(
            name,
            _("it is %(dtype)s %(shape)s; bool %(wanted)s, as the region, is needed")
            % {"dtype": mask.dtype, "shape": mask.shape, "wanted": image.shape[:2]},
        )


def check_points(
    points: Points, image: npt.NDArray[Any], name: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the rows and columns of the pixels that hold the points; the far border counts as the last pixel.

    Args:
        points: (N, 2) x, y. image: the region, or labels of its size. name: of the points, in the refusal.

    Raises:
        InvalidInput: not (N, 2), not finite, or outside the region; all of them are named.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise refused(
            name, _("an array of shape %(shape)s is no list of points x, y") % {"shape": points.shape}
        )
    height, width = image.shape[:2]
    inside = (points >= 0) & (points <= (width, height))  # False for NaN
    wrong = np.flatnonzero(~inside.all(axis=1))
    if wrong.size:
        text = _("%(point)s is outside; the region is %(width)s x %(height)s")
        problems = [
            Problem(f"{name}[{k}]", text % {"point": points[k].tolist(), "width": width, "height": height})
            for k in wrong[:20]
        ]
        raise InvalidInput(
            _("%(name)s: %(count)s of %(total)s points lie outside the region")
            % {"name": name, "count": wrong.size, "total": len(points)},
            problems,
        )
    columns = np.minimum(points[:, 0].astype(np.int64), width - 1)
    rows = np.minimum(points[:, 1].astype(np.int64), height - 1)
    return rows, columns


def draw_strokes(strokes: Sequence[Stroke], height: int, width: int) -> Mask:
    """Give the pixels under strokes; what lies outside is left out. O(pixels drawn)."""
    canvas = np.zeros((height, width), dtype=np.uint8)
    for stroke in strokes:
        # OpenCV's integer coordinates are pixel centres, ours are pixel corners.
        line = stroke.points if len(stroke.points) > 1 else stroke.points.repeat(2, axis=0)
        at = np.clip(line - 0.5, -FAR, FAR) * (1 << STROKE_BITS)
        fixed = np.rint(at).astype(np.int32).reshape(-1, 1, 2)
        thickness = max(1, min(round(2 * stroke.radius), 32_000))
        cv2.polylines(canvas, [fixed], isClosed=False, color=(1,), thickness=thickness, shift=STROKE_BITS)
    return canvas.astype(np.bool_)


def grey_of(image: Region) -> Region:
    """Give the luma of Rec. 601: (H, W) uint8."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def lab_of(image: Region) -> npt.NDArray[np.float32]:
    """Give CIE L*a*b* (D65): (H, W, 3) float32, L 0..100, in which equal distances look about equally different."""
    scaled = np.ascontiguousarray(image).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), dtype=np.float32)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
