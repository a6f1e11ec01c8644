"""Geometry <-> the bytes that a row of the annotation table holds.

Owns the binary layout below, and reads it with every length checked, so that damaged bytes give an error and never a
wrong shape. Does not own what a valid shape is (`geometry.validate_polygons`).

All numbers are little-endian.
- polygon: uint32 number of polygons; for each its uint32 number of rings and, for each ring, its uint32 number of
  points; then all coordinates, float32 x, y, ring after ring.
- mask: int32 x, y, width, height; then the ASCII COCO run string of the crop.
- box: float32 x0, y0, x1, y1.
- polyline, point: float32 x, y of each point.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import (
    BoxGeometry,
    Geometry,
    Kind,
    MaskGeometry,
    PointGeometry,
    Polygon,
    PolygonGeometry,
    PolylineGeometry,
    Ring,
)
from annotator.core.errors import InvalidInput
from annotator.core.words import _

Data: TypeAlias = bytes | bytearray | memoryview

MIN_POINTS = {Kind.POLYLINE: 2, Kind.POINT: 1}
POINT_BYTES = 8
_ONE_RING = struct.pack("<II", 1, 1)  # one polygon of one ring: nearly every object


def kind_of(geometry: Geometry) -> Kind:
    """Say which kind of object a geometry makes."""
    if isinstance(geometry, PolygonGeometry):
        return Kind.POLYGON
    if isinstance(geometry, MaskGeometry):
        return Kind.MASK
    if isinstance(geometry, BoxGeometry):
        return Kind.BOX
    return Kind.POLYLINE if isinstance(geometry, PolylineGeometry) else Kind.POINT


def pack(geometry: Geometry) -> bytes:
    """Write a geometry as bytes; equal geometries give equal bytes."""
    if isinstance(geometry, PolygonGeometry):
        head = [len(geometry.polygons)]
        for polygon in geometry.polygons:
            head.append(len(polygon))
            head.extend(ring.shape[0] for ring in polygon)
        coordinates = b"".join(_float_bytes(ring) for polygon in geometry.polygons for ring in polygon)
        return struct.pack(f"<{len(head)}I", *head) + coordinates
    if isinstance(geometry, MaskGeometry):
        box = struct.pack("<4i", geometry.x, geometry.y, geometry.width, geometry.height)
        return box + rle.counts_to_string(geometry.counts).encode("ascii")
    if isinstance(geometry, BoxGeometry):
        return struct.pack("<4f", geometry.x0, geometry.y0, geometry.x1, geometry.y1)
    return _float_bytes(geometry.points)


def _float_bytes(points: npt.NDArray[np.float32]) -> bytes:
    return points.astype("<f4", copy=False).tobytes()


def unpack(kind: Kind | str, data: Data) -> Geometry:
    """Read a geometry back.

    Raises:
        InvalidInput: the bytes are not what `pack` writes for this kind.
    """
    kind = Kind(kind)
    if kind is Kind.POLYGON:
        return PolygonGeometry(_unpack_polygons(data))
    if kind is Kind.MASK:
        return _unpack_mask(data)
    if kind is Kind.BOX:
        if len(data) != 16:
            raise InvalidInput(_("a packed box has %(count)s bytes; it needs 16") % {"count": len(data)})
        return BoxGeometry(*struct.unpack("<4f", data))
    if len(data) % POINT_BYTES or len(data) < POINT_BYTES * MIN_POINTS[kind]:
        raise InvalidInput(
            _("a packed %(kind)s has %(count)s bytes; it needs 8 a point, at least %(least)s points")
            % {"kind": kind, "count": len(data), "least": MIN_POINTS[kind]}
        )
    points = _floats(data, 0, len(data) // POINT_BYTES)
    return PolylineGeometry(points) if kind is Kind.POLYLINE else PointGeometry(points)


def _unpack_polygons(data: Data) -> tuple[Polygon, ...]:
    layout, offset = _layout(data)
    polygons: list[Polygon] = []
    for sizes in layout:
        rings: list[Ring] = []
        for size in sizes:
            rings.append(_floats(data, offset, size))
            offset += POINT_BYTES * size
        polygons.append(tuple(rings))
    return tuple(polygons)


def _floats(data: Data, offset: int, points: int) -> Ring:
    return np.frombuffer(data, dtype="<f4", count=2 * points, offset=offset).reshape(points, 2)


def _layout(data: Data) -> tuple[list[tuple[int, ...]], int]:
    """Read a polygon's header: the number of points of every ring of every polygon, and where coordinates begin."""
    if data[:8] == _ONE_RING and len(data) >= 12:
        size = (len(data) - 12) // POINT_BYTES
        if struct.unpack_from("<I", data, 8)[0] == size and 12 + POINT_BYTES * size == len(data):
            return [(size,)], 12
    try:
        (polygons,) = struct.unpack_from("<I", data, 0)
        offset = 4
        layout: list[tuple[int, ...]] = []
        for _polygon in range(polygons):
            (rings,) = struct.unpack_from("<I", data, offset)
            if rings == 0 or offset + 4 + 4 * rings > len(data):
                raise InvalidInput(
                    _("polygon %(count)s of a packed object says that it has %(rings)s rings")
                    % {"count": len(layout), "rings": rings}
                )
            layout.append(struct.unpack_from(f"<{rings}I", data, offset + 4))
            offset += 4 + 4 * rings
    except struct.error:
        raise InvalidInput(
            _("a packed polygon is cut short after %(count)s bytes") % {"count": len(data)}
        ) from None
    expected = offset + POINT_BYTES * sum(map(sum, layout))
    if expected != len(data):
        raise InvalidInput(
            _("a packed polygon has %(count)s bytes; its header says %(expected)s")
            % {"count": len(data), "expected": expected}
        )
    return layout, offset


def _unpack_mask(data: Data) -> MaskGeometry:
    if len(data) < 16:
        raise InvalidInput(
            _("a packed mask has %(count)s bytes; it needs at least 16") % {"count": len(data)}
        )
    x, y, width, height = struct.unpack_from("<4i", data, 0)
    if width < 0 or height < 0:
        raise InvalidInput(
            _("a packed mask says that it is %(width)s x %(height)s pixels")
            % {"width": width, "height": height}
        )
    counts = rle.counts_from_string(bytes(data[16:]).decode("latin-1"))
    rle.check_total(counts, height, width)
    return MaskGeometry(x=x, y=y, width=width, height=height, counts=counts)


def one_ring_start(data: Data) -> int:
    """Say where the coordinates of a packed polygon of a single ring begin; 0 when it has more rings or is damaged."""
    return (
        12
        if data[:8] == _ONE_RING and len(data) == 12 + POINT_BYTES * int.from_bytes(data[8:12], "little")
        else 0
    )


def polygon_rings_raw(data: Data) -> list[list[bytes]]:
    """Give a packed polygon object's rings as raw little-endian float32 x, y bytes, without making arrays.

    Raises:
        InvalidInput: as `unpack`.
    """
    if start := one_ring_start(data):
        return [[bytes(data[start:])]]
    layout, offset = _layout(data)
    polygons: list[list[bytes]] = []
    for sizes in layout:
        rings: list[bytes] = []
        for size in sizes:
            rings.append(bytes(data[offset : offset + POINT_BYTES * size]))
            offset += POINT_BYTES * size
        polygons.append(rings)
    return polygons
