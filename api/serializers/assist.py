"""Assists: what a person marked, from image pixels to the region's, and what was found, back to the image's.

Owns the shapes on the wire. Does not own the methods (`annotator/assist`).
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from rest_framework import serializers

from annotator.assist.inputs import Labels, Stroke
from annotator.assist.registry import METHODS, Hints, Method, Outcome
from annotator.assist.threshold import Band
from annotator.core import raster, rle
from annotator.core.errors import InvalidInput, Problem
from annotator.models import ImageAsset
from annotator.selectors.region import Frame
from api.serializers.base import Input

MOST_POINTS, MOST_STROKES, MOST_NUMBERS = 100, 200, 20_000


class FiniteField(serializers.FloatField):
    """A number that is neither infinite nor NaN."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            raise serializers.ValidationError(_("a finite number is needed"))
        return value


class PairField(serializers.ListField):
    """x, y in image pixels."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=FiniteField(), min_length=2, max_length=2, **options)


class SidesField(serializers.ListField):
    """x0, y0, x1, y1 in image pixels."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=FiniteField(), min_length=4, max_length=4, **options)


class FlatField(serializers.ListField):
    """x0, y0, x1, y1, … in image pixels."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=FiniteField(), max_length=MOST_NUMBERS, **options)

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if len(values) % 2:
            raise serializers.ValidationError(_("x and y of each point are needed"))
        return values


class StrokeSerializer(Input):
    """A line drawn with a round pen."""

    mode = serializers.ChoiceField(
        choices=["add", "remove"], help_text="Over the object, or over what is not."
    )
    radius = FiniteField(min_value=0.1, max_value=2000, help_text="In image pixels.")
    points = FlatField(min_length=2, help_text="x0, y0, x1, y1, …; one point is a dot.")


class RunsSerializer(Input):
    """COCO's compressed run lengths over the whole image."""

    size = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2, help_text="h, w"
    )
    counts = serializers.CharField(trim_whitespace=False)


class AssistInputSerializer(Input):
    """All coordinates are image pixels. A method refuses marks that it does not take."""

    region = SidesField(help_text="The part of the image that is looked at: x0, y0, x1, y1.")
    parameters = serializers.DictField(required=False, default=dict, help_text="By name; see `GET /assists`.")
    positive = serializers.ListField(child=PairField(), required=False, default=list, max_length=MOST_POINTS)
    negative = serializers.ListField(child=PairField(), required=False, default=list, max_length=MOST_POINTS)
    strokes = serializers.ListField(
        child=StrokeSerializer(), required=False, default=list, max_length=MOST_STROKES
    )
    box = SidesField(required=False, help_text="x0, y0, x1, y1 around the object.")
    polygons = serializers.ListField(
        child=serializers.ListField(child=FlatField(min_length=6), min_length=1),
        required=False,
        default=list,
        max_length=MOST_STROKES,
        help_text="Where a threshold looks: polygons of rings.",
    )
    mask = RunsSerializer(required=False, help_text="The mask to begin with.")


class LabelsSerializer(serializers.Serializer):
    """A number for every pixel of the region (scaled down where the region was)."""

    size = serializers.ListField(child=serializers.IntegerField(), help_text="h, w")
    count = serializers.IntegerField(help_text="The numbers are 0 to count - 1.")
    data = serializers.CharField(  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
        help_text="Base64 of zlib (RFC 1950) of little-endian uint16, row by row."
    )


class HistogramSerializer(serializers.Serializer):
    """How often each level of the channel occurs where the threshold looked, and which levels it took."""

    counts = serializers.ListField(child=serializers.IntegerField(), help_text="Of the levels 0 to 255.")
    low = serializers.IntegerField(help_text="The lowest level taken.")
    high = serializers.IntegerField(help_text="The highest level taken; below `low` when none is.")


class AssistSerializer(serializers.Serializer):
    """What was found; nothing was saved."""

    rle = RunsSerializer(help_text="Over the whole image.")
    bbox = serializers.ListField(
        child=serializers.IntegerField(), help_text="x0, y0, x1, y1; zeros when empty."
    )
    area = serializers.IntegerField(help_text="In pixels.")
    region = serializers.ListField(child=serializers.IntegerField(), help_text="The whole pixels looked at.")
    scale = serializers.FloatField(help_text="Below 1 where a region over 4 million pixels was scaled down.")
    elapsed_ms = serializers.IntegerField()
    labels = LabelsSerializer(allow_null=True, help_text="From methods that divide the region.")
    histogram = HistogramSerializer(allow_null=True, help_text="From thresholds.")


class AssistParameterSerializer(serializers.Serializer):
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=["number", "whole", "choice"])
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    options = serializers.ListField(child=serializers.CharField())
    default = serializers.JSONField()
    help = serializers.CharField()


class AssistMethodSerializer(serializers.Serializer):
    name = serializers.CharField()
    takes = serializers.ListField(child=serializers.CharField())
    needs = serializers.ListField(child=serializers.CharField())
    parameters = AssistParameterSerializer(many=True)


def method_body(name: str, method: Method) -> dict[str, Any]:
    """What a method takes, as the list of assists shows it."""
    return {
        "name": name,
        "takes": sorted(method.takes),
        "needs": sorted(method.needs),
        "parameters": [
            {
                "name": one.name,
                "type": type(one).__name__.lower(),
                "low": getattr(one, "low", None),
                "high": getattr(one, "high", None),
                "options": list(getattr(one, "options", ())),
                "default": one.default,
                "help": one.help,
            }
            for one in method.parameters
        ],
    }


@dataclass(frozen=True, slots=True)
class Window:
    """A region of an image and the size at which its pixels were read: converts between both.

    Attributes:
        frame: the region in whole image pixels. width, height: of the pixels read, scaled down where it is large.
    """

    image: ImageAsset
    frame: Frame
    width: int
    height: int

    @property
    def factor(self) -> npt.NDArray[np.float64]:
        x0, y0, x1, y1 = self.frame
        return np.array([self.width / (x1 - x0), self.height / (y1 - y0)])

    def points(self, values: Any) -> npt.NDArray[np.float64]:
        """Give image points, flat or in pairs, in region pixels: (N, 2)."""
        return (np.array(values, dtype=np.float64).reshape(-1, 2) - self.frame[:2]) * self.factor

    def hints(self, given: Mapping[str, Any]) -> Hints:
        """Give the marks of a body in region pixels.

        Raises:
            InvalidInput: points outside the region, or a mask of another image's size.
        """
        self._check_inside(given)
        box, scale = given.get("box"), float(self.factor.mean())

        def strokes(mode: str) -> tuple[Stroke, ...]:
            chosen = [one for one in given["strokes"] if one["mode"] == mode]
            return tuple(Stroke(self.points(one["points"]), one["radius"] * scale) for one in chosen)

        return Hints(
            positive=self.points(given["positive"]),
            negative=self.points(given["negative"]),
            add=strokes("add"),
            remove=strokes("remove"),
            box=tuple(self.points(box).ravel().tolist()) if box else None,  # pyright: ignore[reportArgumentType]
            polygons=tuple(
                tuple(self.points(ring).astype(np.float32) for ring in polygon)
                for polygon in given["polygons"]
            ),
            mask=self._mask(given["mask"]) if "mask" in given else None,
        )

    def _check_inside(self, given: Mapping[str, Any]) -> None:
        x0, y0, x1, y1 = self.frame
        problems = [
            Problem(f"{name}[{at}]", _("[%(x)g, %(y)g] lies outside the region") % {"x": x, "y": y})
            for name in ("positive", "negative")
            for at, (x, y) in enumerate(given[name])
            if not (x0 <= x <= x1 and y0 <= y <= y1)
        ]
        if problems:
            detail = f"{problems[0].where}: {problems[0].message}, {list(self.frame)}"
            raise InvalidInput(detail, problems)

    def _mask(self, runs: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
        x0, y0, x1, y1 = self.frame
        size = [self.image.height, self.image.width]
        if list(runs["size"]) != size:
            message = _("%(given)s is not %(size)s, the image's height and width")
            message %= {"given": list(runs["size"]), "size": size}
            raise InvalidInput(f"mask.size: {message}", [Problem("mask.size", message)])
        try:
            counts = rle.counts_from_string(runs["counts"])
            rle.check_total(counts, *size)
        except InvalidInput as error:
            raise InvalidInput(
                f"mask.counts: {error.detail}", [Problem("mask.counts", error.detail)]
            ) from None
        pixels = rle.decode(rle.window(counts, self.image.height, self.frame), y1 - y0, x1 - x0)
        return _resized(np.ascontiguousarray(pixels), self.width, self.height)

    def body(self, outcome: Outcome, elapsed: float) -> dict[str, Any]:
        """Give what was found as it travels. `elapsed` in seconds."""
        x0, y0, x1, y1 = self.frame
        found = raster.mask_from_bitmap(_resized(outcome.mask, x1 - x0, y1 - y0), x0, y0)
        counts = rle.expand(found, self.image.height, self.image.width)
        return {
            "rle": {"size": [self.image.height, self.image.width], "counts": rle.counts_to_string(counts)},
            "bbox": [found.x, found.y, found.x + found.width, found.y + found.height],
            "area": rle.area(found.counts),
            "region": list(self.frame),
            "scale": round(float(self.factor.mean()), 6),
            "elapsed_ms": round(elapsed * 1000),
            "labels": None if outcome.labels is None else _labels_body(outcome.labels),
            "histogram": None if outcome.band is None else _histogram_body(outcome.band),
        }


def _resized(mask: npt.NDArray[np.bool_], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Nearest pixel."""
    if mask.shape == (height, width):
        return mask
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized).astype(np.bool_)


def _labels_body(labels: Labels) -> dict[str, Any]:
    data = zlib.compress(labels.astype("<u2").tobytes(), 1)
    return {
        "size": list(labels.shape),
        "count": int(labels.max()) + 1,
        "data": base64.b64encode(data).decode("ascii"),
    }


def _histogram_body(band: Band) -> dict[str, Any]:
    return {"counts": band.counts.tolist(), "low": band.low, "high": band.high}


def methods_body() -> list[dict[str, Any]]:
    """All assists, as the list shows them."""
    return [method_body(name, method) for name, method in METHODS.items()]
