"""Every assist by its name: what it takes, at which size it works, and how it is called.

Owns the list, the check of parameters and hints against it, and scaling a region down and a result back up. Does not
own a method, nor requests (`api/views/assist.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import cv2
import numpy as np

from annotator.assist import clustering, contour, grabcut, region, superpixels, threshold
from annotator.assist.inputs import (
    Labels,
    Mask,
    OneColour,
    Parameter,
    Points,
    Region,
    Stroke,
    check_region,
    draw_strokes,
    no_points,
)
from annotator.core.document import Polygon, PolygonGeometry
from annotator.core.errors import InvalidInput, Problem
from annotator.core.raster import rasterise
from annotator.core.words import _

FULL = 2048  # longest side at which the methods work that only look at each pixel
DETAILED = 1024  # of those that sort pixels or measure gradients
SMALL = 512  # of those that go over the pixels many times: benchmarks/assists.py


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """What a person marked, in region pixels; nothing of a kind is an empty one, or None for box and mask.

    Attributes:
        positive, negative: (N, 2) points on the object, and off it.
        add, remove: strokes over the object, and over what is not.
        box: x0, y0, x1, y1.
        polygons: bound where a threshold looks.
        mask: (H, W) bool, the mask to begin with.
    """

    positive: Points = field(default_factory=no_points)
    negative: Points = field(default_factory=no_points)
    add: tuple[Stroke, ...] = ()
    remove: tuple[Stroke, ...] = ()
    box: grabcut.Box | None = None
    polygons: tuple[Polygon, ...] = ()
    mask: Mask | None = None

    def given(self) -> set[str]:
        """The kinds of marks that there are; `strokes` for those to add and to remove."""
        named = {"positive": self.positive, "negative": self.negative, "polygons": self.polygons}
        found = {name for name, values in named.items() if len(values)}
        found |= {name for name, value in (("box", self.box), ("mask", self.mask)) if value is not None}
        return found | {"strokes"} if self.add or self.remove else found


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a method found, in the region's own pixels.

    Attributes:
        mask: (H, W) bool; with labels, those under the seeds, or nothing without seeds.
        labels: (H, W) int32 0..n-1 for methods that divide the whole region, otherwise None.
        band: of thresholds, the levels taken of those there are; its mask has the size at which the method worked.
    """

    mask: Mask
    labels: Labels | None = None
    band: threshold.Band | None = None


Call: TypeAlias = Callable[[Region, Hints, Mapping[str, Any]], Outcome]


@dataclass(frozen=True, slots=True)
class Method:
    """One assist.

    Attributes:
        call: works on a region that is no larger than `longest` a side.
        parameters: their ranges and defaults.
        takes: kinds of marks it uses, as `Hints.given` names them. needs: those of them without which it can't work.
        longest: a region with a longer side is scaled down first, and the result back.
    """

    call: Call
    parameters: tuple[Parameter, ...]
    takes: frozenset[str]
    needs: frozenset[str] = frozenset()
    longest: int = FULL


def run(
    method: str, image: Region, parameters: Mapping[str, Any] | None = None, hints: Hints = NO_HINTS
) -> Outcome:
    """Run one assist.

    Args:
        method: a name of `METHODS`.
        image: (H, W, 3) uint8 RGB, any size; see `Method.longest`.
        parameters: by name; what is left out has its default.
        hints: in pixels of `image`.

    Returns:
        Masks and labels of the size of `image`.

    Raises:
        InvalidInput: no such method, or naming everything that is wrong with the parameters and hints.
    """
    chosen = METHODS.get(method)
    if chosen is None:
        raise InvalidInput(
            _("%(method)r is no assist; there are %(names)s")
            % {"method": method, "names": ", ".join(METHODS)},
            [Problem("method", method)],
        )
    check_region(image)
    values = _checked(method, chosen, parameters or {}, hints)
    height, width = image.shape[:2]
    scale = min(1.0, chosen.longest / max(height, width))
    if scale == 1.0:
        return _called(chosen, image, hints, values)
    small = np.asarray(cv2.resize(image, _size(width, height, scale), interpolation=cv2.INTER_AREA), np.uint8)
    hints = _scaled(hints, small.shape[1] / width, small.shape[0] / height)
    found = _called(chosen, small, hints, values)
    labels = None if found.labels is None else _enlarged(found.labels, width, height)
    return Outcome(_enlarged(found.mask.astype(np.uint8), width, height).astype(np.bool_), labels, found.band)


def _checked(name: str, method: Method, given: Mapping[str, Any], hints: Hints) -> dict[str, Any]:
    """Give all parameters, those left out with their defaults."""
    known = {one.name: one for one in method.parameters}
    problems: list[Problem] = []
    values: dict[str, Any] = {one.name: one.default for one in method.parameters}
    for key, value in given.items():
        if key not in known:
            text = (
                _("no parameter of %(name)s; there are %(names)s")
                if known
                else _("%(name)s has no parameters")
            )
            text %= {"name": name, "names": ", ".join(known)}
            problems.append(Problem(f"parameters.{key}", text))
            continue
        try:
            values[key] = known[key].check(value)
        except InvalidInput as error:
            problems += [Problem(f"parameters.{one.where}", one.message) for one in error.problems]
    marked = hints.given()
    for kind in sorted(marked - method.takes):
        text = _("%(name)s takes %(names)s") if method.takes else _("%(name)s takes no marks")
        problems.append(Problem(kind, text % {"name": name, "names": ", ".join(sorted(method.takes))}))
    problems += [
        Problem(kind, _("%(name)s needs it") % {"name": name}) for kind in sorted(method.needs - marked)
    ]
    if problems:
        first = f"{problems[0].where}: {problems[0].message}"
        raise InvalidInput(
            first if len(problems) == 1 else _("%(count)s values are not right") % {"count": len(problems)},
            problems,
        )
    return values


def _called(method: Method, image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    """Call a method; what it refuses of its parameters is named as such."""
    try:
        return method.call(image, hints, values)
    except OneColour:
        raise
    except InvalidInput as error:
        found = [
            Problem(f"parameters.{one.where}" if one.where in values else one.where, one.message)
            for one in error.problems
        ]
        raise InvalidInput(error.detail, found) from None


def _size(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(1, round(width * scale)), max(1, round(height * scale))


def _enlarged(values: Any, width: int, height: int) -> Any:
    """Nearest pixel: no label is made up between two."""
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_NEAREST_EXACT))


def _scaled(hints: Hints, across: float, down: float) -> Hints:
    """Give the hints in pixels of the scaled region."""
    factor = np.array([across, down])
    along = (across + down) / 2

    def strokes(many: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
        return tuple(Stroke(one.points * factor, one.radius * along) for one in many)

    box, mask = hints.box, hints.mask
    if box is not None:
        box = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    if mask is not None:
        size = round(mask.shape[1] * across), round(mask.shape[0] * down)
        mask = np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)) >= 0.5
    return replace(
        hints,
        positive=hints.positive * factor,
        negative=hints.negative * factor,
        add=strokes(hints.add),
        remove=strokes(hints.remove),
        box=box,
        polygons=tuple(
            tuple((ring * factor).astype(np.float32) for ring in polygon) for polygon in hints.polygons
        ),
        mask=mask,
    )


def _inside(image: Region, hints: Hints) -> Mask | None:
    """Give where a threshold looks: the polygons, or the box, or (None) everywhere."""
    height, width = image.shape[:2]
    if hints.polygons:
        return rasterise(PolygonGeometry(hints.polygons), height, width)
    if hints.box is None:
        return None
    x0, y0, x1, y1 = hints.box
    ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float32)
    return rasterise(PolygonGeometry(((ring,),)), height, width)


def _marks(image: Region, hints: Hints) -> tuple[Mask, Mask]:
    """Give the pixels marked as object and as background, by strokes and points."""
    height, width = image.shape[:2]
    dots = [tuple(Stroke(at[None], 0.5) for at in points) for points in (hints.positive, hints.negative)]
    return (
        draw_strokes((*hints.add, *dots[0]), height, width),
        draw_strokes((*hints.remove, *dots[1]), height, width),
    )


def _level_band(take: Callable[..., threshold.Band]) -> Call:
    """A threshold, with the histogram that it was chosen from."""

    def call(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
        band = take(image, inside=_inside(image, hints), **values)
        return Outcome(band.mask, band=band)

    return call


def _wand(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    return Outcome(region.wand(image, positive=hints.positive, negative=hints.negative, **values))


def _grow(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    return Outcome(region.grow(image, positive=hints.positive, **values))


def _watershed(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    add, remove = _marks(image, hints)
    return Outcome(region.watershed(image, add=add, remove=remove, **values))


def _active_contour(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    assert hints.mask is not None
    return Outcome(contour.refine(image, initial=hints.mask, **values))


def _grabcut(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
    assert hints.box is not None
    add, remove = _marks(image, hints)
    return Outcome(grabcut.grabcut(image, box=hints.box, add=add, remove=remove, **values))


def _picked(divide: Callable[..., Labels]) -> Call:
    """A method that divides the region, and takes what lies under the seeds."""

    def call(image: Region, hints: Hints, values: Mapping[str, Any]) -> Outcome:
        labels = divide(image, **values)
        return Outcome(clustering.pick(labels, positive=hints.positive, negative=hints.negative), labels)

    return call


_AREA = frozenset({"box", "polygons"})
_SEEDS = frozenset({"positive", "negative"})
_STROKES = frozenset({"strokes"})
_SEED = frozenset({"positive"})

METHODS: dict[str, Method] = {
    "otsu": Method(_level_band(threshold.otsu), (threshold.CHANNEL, threshold.SIDE), _AREA),
    "multi_otsu": Method(
        _level_band(threshold.multi_otsu), (threshold.CHANNEL, threshold.CLASSES, threshold.LEVEL), _AREA
    ),
    "range": Method(
        _level_band(threshold.between), (threshold.CHANNEL, threshold.LOW, threshold.HIGH), _AREA
    ),
    "wand": Method(_wand, (region.TOLERANCE, region.REACH), _SEEDS, _SEED),
    "grow": Method(_grow, (region.SPREAD, region.ROUNDS, region.RADIUS), _SEED, _SEED, DETAILED),
    "watershed": Method(_watershed, (region.SMOOTHING,), _STROKES | _SEEDS, longest=DETAILED),
    "active_contour": Method(
        _active_contour,
        (contour.ITERATIONS, contour.SMOOTHING, contour.BALLOON, contour.SIGMA),
        frozenset({"mask"}),
        frozenset({"mask"}),
        SMALL,
    ),
    "grabcut": Method(
        _grabcut, (grabcut.ITERATIONS, grabcut.CORE), _STROKES | _SEEDS | {"box"}, frozenset({"box"})
    ),
    "superpixels": Method(
        _picked(superpixels.slic), (superpixels.COUNT, superpixels.COMPACTNESS), _SEEDS, longest=SMALL
    ),
    "kmeans": Method(_picked(clustering.kmeans), (clustering.CLUSTERS,), _SEEDS, longest=DETAILED),
    "hierarchical": Method(
        _picked(clustering.hierarchical), (clustering.CLUSTERS, clustering.PIECES), _SEEDS, longest=SMALL
    ),
    "fuzzy": Method(
        _picked(clustering.fuzzy), (clustering.CLUSTERS, clustering.FUZZINESS), _SEEDS, longest=DETAILED
    ),
}
