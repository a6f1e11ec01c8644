"""Annotated objects as they travel: rows of the table to JSON or MessagePack, and bodies to the core's values.

Owns the shape of an object on the wire, in both directions. Does not own which values are valid
(`annotator/services/objects.py`) nor the stored bytes (`annotator/core/packing.py`).

Written without serializer classes: a document of 10,000 polygons is read in one go while somebody waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from annotator.core import rle
from annotator.core.document import (
    VOID,
    Annotation,
    BoxGeometry,
    Geometry,
    Kind,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.packing import one_ring_start, polygon_rings_raw, unpack
from annotator.selectors.document import AnnotationRow

FIELD_OF_KIND = {
    Kind.POLYGON: "polygons",
    Kind.MASK: "rle",
    Kind.BOX: "box",
    Kind.POLYLINE: "points",
    Kind.POINT: "points",
}
KINDS = ", ".join(FIELD_OF_KIND)
WRITTEN = {"id", "class", "kind", "z", "attributes", "is_crowd", "track", "base"}
# What the server computes: accepted, so that an object may be sent back as it was read, and not looked at.
READ_ONLY = {"version", "source", "source_ref", "score", "created", "bbox", "area"}
LEAST_POINTS = {"ring": 3, Kind.POLYLINE: 2, Kind.POINT: 1}

Encode: TypeAlias = Callable[[bytes, int], Any]
"""Makes what is sent of a ring's or line's little-endian float32 x, y bytes, from an offset to the end."""

FLOAT32 = np.dtype("<f4")


def as_numbers(data: bytes, start: int = 0) -> npt.NDArray[np.float32]:
    """For JSON: orjson writes each float32 with the fewest digits that give it back."""
    return np.frombuffer(data, FLOAT32, -1, start)


def as_bytes(data: bytes, start: int = 0) -> bytes:
    """For MessagePack: the stored bytes themselves."""
    return data[start:]


@dataclass(frozen=True, slots=True)
class ObjectWriter:
    """Writes the objects of one image. `encode` is `as_numbers` or `as_bytes`."""

    width: int
    height: int
    encode: Encode = as_numbers

    def many(self, rows: Iterable[AnnotationRow]) -> list[dict[str, Any]]:
        return list(map(self.one, rows))

    def one(self, row: AnnotationRow) -> dict[str, Any]:
        # Taken apart and put together in one step each: this runs 10,000 times while somebody waits.
        (
            identity,
            index,
            kind,
            data,
            x0,
            y0,
            x1,
            y1,
            area,
            z,
            created,
            attributes,
            crowd,
            source,
            score,
            version,
            track,
            source_ref,
        ) = row
        # Nearly every object is a polygon of one ring: that one is written without making anything in between.
        start = one_ring_start(data) if kind == "polygon" else 0
        field, value = ("polygons", [[self.encode(data, start)]]) if start else self.geometry(kind, data)
        body = {
            "id": identity,
            "class": index,
            "kind": kind,
            field: value,
            "z": z,
            "attributes": attributes,
            "is_crowd": crowd,
            "version": version,
            "source": source,
            "score": score,
            "created": created,
            "bbox": (x0, y0, x1, y1),
            "area": area,
        }
        if track is not None:  # few objects have one, and a document has many objects
            body["track"] = track
        if source == "model" and source_ref:
            body["source_ref"] = source_ref
        return body

    def geometry(self, kind: str, data: bytes) -> tuple[str, Any]:
        encode = self.encode
        if kind == "polygon":
            return "polygons", [[encode(ring, 0) for ring in rings] for rings in polygon_rings_raw(data)]
        if kind == "mask":
            return "rle", self._rle(data)
        if kind == "box":
            return "box", np.frombuffer(data, dtype="<f4").tolist()
        return "points", encode(data, 0)

    def _rle(self, data: bytes) -> dict[str, Any]:
        mask = unpack("mask", data)
        assert isinstance(mask, MaskGeometry)
        counts = rle.expand(mask, self.height, self.width)
        return {"size": [self.height, self.width], "counts": rle.counts_to_string(counts)}


class ObjectReader:
    """Reads the objects of bodies for one image, collecting everything whose shape is not right.

    Attributes:
        problems: what was wrong so far, with its place: `put[3].polygons[0][1]`.
    """

    def __init__(self, *, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.problems: list[Problem] = []

    def annotation(self, item: Any, where: str) -> Annotation | None:
        """The object that a body describes; None when its shape is not right."""
        before = len(self.problems)
        if not isinstance(item, dict):
            self.wrong(where, _("an object is needed, not %(value)s") % {"value": _brief(item)})
            return None
        identity = self.identity(item.get("id"), f"{where}.id")
        index = self.integer(item.get("class"), f"{where}.class", 1, VOID)
        z = self.integer(item.get("z", 0), f"{where}.z", -(2**31), 2**31 - 1)
        attributes = item.get("attributes", {})
        if not isinstance(attributes, dict):
            self.wrong(
                f"{where}.attributes",
                _("a map of names to values is needed, not %(value)s") % {"value": _brief(attributes)},
            )
        is_crowd = item.get("is_crowd", False)
        if not isinstance(is_crowd, bool):
            self.wrong(
                f"{where}.is_crowd", _("true or false is needed, not %(value)s") % {"value": _brief(is_crowd)}
            )
        track = item.get("track")
        if track is not None:
            track = self.identity(track, f"{where}.track")
        geometry = self._geometry(item, where)
        if len(self.problems) > before:
            return None
        assert identity is not None
        assert geometry is not None
        return Annotation(
            id=identity,
            class_index=index,
            geometry=geometry,
            z=z,
            attributes=attributes,
            is_crowd=is_crowd,
            track=track,
        )

    def identity(self, value: Any, where: str) -> UUID | None:
        if isinstance(value, str) and len(value) == 36:
            try:
                return UUID(value)
            except ValueError:
                pass
        self.wrong(where, _("%(value)s is not a UUID") % {"value": _brief(value)})
        return None

    def version(self, value: Any, where: str) -> int | None:
        """A `base`: the version that the change was made on, or null."""
        return None if value is None else self.integer(value, where, 1, 2**31 - 1)

    def text(self, value: Any, where: str, least: int, most: int) -> str:
        if isinstance(value, str) and least <= len(value) <= most:
            return value
        self.wrong(
            where,
            _("a text of %(least)s to %(most)s characters is needed, not %(value)s")
            % {"least": least, "most": most, "value": _brief(value)},
        )
        return ""

    def integer(self, value: Any, where: str, least: int, most: int) -> int:
        if type(value) is int and least <= value <= most:
            return value
        self.wrong(
            where,
            _("a whole number from %(least)s to %(most)s is needed, not %(value)s")
            % {"least": least, "most": most, "value": _brief(value)},
        )
        return 0

    def _geometry(self, item: Mapping[str, Any], where: str) -> Geometry | None:
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in FIELD_OF_KIND:
            self.wrong(
                f"{where}.kind",
                _("%(value)s is no kind of object; there are %(kinds)s")
                % {"value": _brief(kind), "kinds": KINDS},
            )
            return None
        field = FIELD_OF_KIND[Kind(kind)]
        for key in item.keys() - WRITTEN - READ_ONLY - {field}:
            self.wrong(f"{where}.{key}", _("unknown field for a %(kind)s") % {"kind": kind})
        if field not in item:
            self.wrong(f"{where}.{field}", _("a %(kind)s needs `%(field)s`") % {"kind": kind, "field": field})
            return None
        return self._of_kind(Kind(kind), item[field], f"{where}.{field}")

    def _of_kind(self, kind: Kind, value: Any, where: str) -> Geometry | None:
        if kind is Kind.POLYGON:
            return self._polygons(value, where)
        if kind is Kind.MASK:
            return self._mask(value, where)
        if kind is Kind.BOX:
            sides = self._floats(value, where)
            if sides is not None and sides.size != 4:
                self.wrong(
                    where, _("%(count)s numbers; a box needs 4: x0, y0, x1, y1") % {"count": sides.size}
                )
                return None
            return None if sides is None else BoxGeometry(*sides.tolist())
        points = self._points(value, where, LEAST_POINTS[kind], kind)
        if points is None:
            return None
        return PolylineGeometry(points) if kind is Kind.POLYLINE else PointGeometry(points)

    def _polygons(self, value: Any, where: str) -> PolygonGeometry | None:
        if not isinstance(value, list) or not value:
            self.wrong(where, _("a list of polygons is needed, not %(value)s") % {"value": _brief(value)})
            return None
        before = len(self.problems)
        polygons = []
        for number, rings in enumerate(value):
            here = f"{where}[{number}]"
            if not isinstance(rings, list) or not rings:
                self.wrong(
                    here,
                    _("a list of rings is needed, the outer one first, not %(value)s")
                    % {"value": _brief(rings)},
                )
                continue
            polygons.append(
                tuple(
                    self._points(ring, f"{here}[{at}]", LEAST_POINTS["ring"], "ring")
                    for at, ring in enumerate(rings)
                )
            )
        return PolygonGeometry(tuple(polygons)) if len(self.problems) == before else None  # type: ignore[arg-type]

    def _points(self, value: Any, where: str, least: int, what: str) -> npt.NDArray[np.float32] | None:
        flat = self._floats(value, where)
        if flat is None:
            return None
        if flat.size % 2:
            self.wrong(where, _("%(count)s numbers; x and y of each point are needed") % {"count": flat.size})
        elif flat.size < 2 * least:
            text = _("the %(kind)s has %(count)s points; it needs at least %(least)s")
            if what == "ring":
                text = _("the ring has %(count)s points; it needs at least %(least)s")
            self.wrong(where, text % {"kind": what, "count": flat.size // 2, "least": least})
        else:
            return flat.reshape(-1, 2)
        return None

    def _floats(self, value: Any, where: str) -> npt.NDArray[np.float32] | None:
        """A flat list of numbers, each finite as float32."""
        if not isinstance(value, list):
            self.wrong(where, _("a flat list of numbers is needed, not %(value)s") % {"value": _brief(value)})
            return None
        for at, number in enumerate(value):
            if type(number) is not float and type(number) is not int:
                self.wrong(
                    f"{where}[{at}]", _("a number is needed, not %(value)s") % {"value": _brief(number)}
                )
                return None
        with np.errstate(over="ignore"):
            flat = np.array(value, dtype=np.float64).astype(np.float32)
        finite = np.isfinite(flat)
        if not finite.all():
            at = int(np.flatnonzero(~finite)[0])
            self.wrong(f"{where}[{at}]", _("%(value)g is too large for a coordinate") % {"value": value[at]})
            return None
        return flat

    def _mask(self, value: Any, where: str) -> MaskGeometry | None:
        if not isinstance(value, dict) or set(value) != {"size", "counts"}:
            self.wrong(where, _("size and counts are needed, not %(value)s") % {"value": _brief(value)})
            return None
        if value["size"] != [self.height, self.width]:
            text = _("%(given)s is not %(size)s, the image's height and width")
            values = {"given": _brief(value["size"]), "size": [self.height, self.width]}
            self.wrong(f"{where}.size", text % values)
            return None
        if not isinstance(value["counts"], str):
            self.wrong(
                f"{where}.counts",
                _("COCO's compressed counts are needed, not %(value)s") % {"value": _brief(value["counts"])},
            )
            return None
        try:
            return rle.crop(rle.counts_from_string(value["counts"]), self.height, self.width)
        except InvalidInput as error:
            self.wrong(f"{where}.counts", error.detail)
            return None

    def wrong(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))


def _brief(value: Any) -> str:
    """The value received, short enough for a message."""
    if value is None:
        return _("nothing")
    if isinstance(value, list):
        return _("a list of %(count)s") % {"count": len(value)}
    if isinstance(value, dict):
        return _("a map of %(count)s") % {"count": len(value)}
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
