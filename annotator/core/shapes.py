"""The box and the area of an object, whatever its kind.

Owns the two figures that are stored beside every geometry and written into exports. Does not own the polygon
arithmetic (`geometry.py`) nor the run arithmetic (`rle.py`).
"""

from __future__ import annotations

from annotator.core import rle
from annotator.core.document import BoxGeometry, Geometry, MaskGeometry, PolygonGeometry
from annotator.core.geometry import clip_polygons, polygon_area, polygons_bbox, ring_bbox


def bbox(geometry: Geometry) -> tuple[float, float, float, float]:
    """Give the object's box, xyxy; (0, 0, 0, 0) when it is empty.

    A mask's box is that of its crop, so its far sides are pixel borders: pixels 0..9 give 0 and 10.
    """
    if isinstance(geometry, PolygonGeometry):
        return polygons_bbox(geometry.polygons)
    if isinstance(geometry, MaskGeometry):
        x, y = geometry.x, geometry.y
        return (float(x), float(y), float(x + geometry.width), float(y + geometry.height))
    if isinstance(geometry, BoxGeometry):
        return (geometry.x0, geometry.y0, geometry.x1, geometry.y1)
    return ring_bbox(geometry.points)


def area(geometry: Geometry, height: int, width: int) -> float:
    """Give the object's area within the image.

    Args:
        geometry: any; the parts that lie outside the image do not count.
        height, width: the image's size in pixels.

    Returns:
        For polygons the exact area of the shape, outer rings minus holes; for a mask its number of pixels; for a box
        its sides' product; 0 for lines and points.
    """
    if isinstance(geometry, PolygonGeometry):
        x0, y0, x1, y1 = polygons_bbox(geometry.polygons)
        inside = x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height
        polygons = geometry.polygons if inside else clip_polygons(geometry.polygons, width, height)
        return float(sum(polygon_area(polygon) for polygon in polygons))
    if isinstance(geometry, MaskGeometry):
        x0, y0 = geometry.x, geometry.y
        if x0 >= 0 and y0 >= 0 and x0 + geometry.width <= width and y0 + geometry.height <= height:
            return float(rle.area(geometry.counts))
        return float(rle.area(rle.expand(geometry, height, width)))
    if isinstance(geometry, BoxGeometry):
        wide = min(geometry.x1, width) - max(geometry.x0, 0)
        tall = min(geometry.y1, height) - max(geometry.y0, 0)
        return float(max(wide, 0) * max(tall, 0))
    return 0.0
