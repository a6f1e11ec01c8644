"""Golden vectors of label maps, which settle overlaps, and of the palette."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from annotator.core import palette, raster
from annotator.core.document import Annotation, BoxGeometry, Geometry, PolygonGeometry, PolylineGeometry
from tests.golden.drawing import bitmap, geometry_json, ring, square, star


def _annotation(
    number: int, class_index: int, geometry: Geometry, z: int = 0, created: int = 0
) -> Annotation:
    return Annotation(UUID(int=number), class_index, geometry, z=z, created=created)


def _polygon(*flat: float) -> PolygonGeometry:
    return PolygonGeometry(((ring(*flat),),))


LOW, HIGH = 0x0A << 120, 0xB0 << 120  # as text 0a... sorts before b0...

HAND: list[tuple[str, list[Annotation]]] = [
    ("nothing", []),
    ("the larger z lies on top", [
        _annotation(1, 7, PolygonGeometry(((square(0, 0, 6, 6),),)), z=2),
        _annotation(2, 9, PolygonGeometry(((square(3, 3, 9, 9),),)), z=1),
    ]),
    ("equal z: the later created lies on top", [
        _annotation(1, 7, PolygonGeometry(((square(0, 0, 6, 6),),)), created=5),
        _annotation(2, 9, PolygonGeometry(((square(3, 3, 9, 9),),)), created=3),
    ]),
    ("equal z and created: the larger id lies on top", [
        _annotation(HIGH, 7, PolygonGeometry(((square(0, 0, 6, 6),),))),
        _annotation(LOW, 9, PolygonGeometry(((square(3, 3, 9, 9),),))),
    ]),
    ("a negative z lies below", [
        _annotation(1, 7, PolygonGeometry(((square(0, 0, 6, 6),),))),
        _annotation(2, 9, PolygonGeometry(((square(3, 3, 9, 9),),)), z=-1),
    ]),
    ("every kind: lines have no pixels", [
        _annotation(1, 1, BoxGeometry(1.5, 0.5, 8.5, 4.5)),
        _annotation(2, 2, raster.mask_from_bitmap(bitmap("##..", "#.#.", "..##"), 4, 2)),
        _annotation(3, 3, PolylineGeometry(ring(0, 0, 9, 9))),
        _annotation(4, 255, _polygon(0, 8, 9, 5, 9, 9)),
        _annotation(5, 254, _polygon(-4, 2, 3, 6, -4, 9)),
    ]),
    ("a mask over the border of the image", [
        _annotation(1, 5, raster.mask_from_bitmap(np.ones((4, 4), dtype=np.bool_), 8, 8)),
        _annotation(2, 6, raster.mask_from_bitmap(np.ones((4, 4), dtype=np.bool_), -2, 3)),
    ]),
]  # fmt: skip


def _random(seed: int) -> list[Annotation]:
    rng = np.random.default_rng(seed)
    shapes = [star(rng, 8, rng.uniform(0, 10, 2), (2, 5)) for _ in range(6)]
    return [
        _annotation(
            int(rng.integers(1, 1 << 60)), int(rng.integers(1, 255)), PolygonGeometry(((shape,),)),
            z=int(rng.integers(-1, 2)), created=int(rng.integers(0, 3)),
        )
        for shape in shapes
    ]  # fmt: skip


def labels() -> dict[str, Any]:
    cases = HAND + [(f"random, {seed}", _random(seed)) for seed in range(8)]
    return {
        "about": "label_map paints class indices, instance_map the numbers 1..n of the objects with pixels, both in "
        "the order (z, created, id as text), the last on top.",
        "cases": [_case(name, annotations, 11, 10) for name, annotations in cases],
    }


def _case(name: str, annotations: list[Annotation], width: int, height: int) -> dict[str, Any]:
    return {
        "name": name, "width": width, "height": height,
        "annotations": [
            {"id": str(a.id), "class": a.class_index, "z": a.z, "created": a.created, **geometry_json(a.geometry)}
            for a in annotations
        ],
        "label_map": raster.label_map(annotations, height, width).tolist(),
        "instance_map": raster.instance_map(annotations, height, width).tolist(),
    }  # fmt: skip


def colours() -> dict[str, Any]:
    few = [(1, []), (2, []), (254, []), (1, [1]), (3, [3, 4, 5]), (254, [254]), (254, [254, 1])]
    return {
        "about": "table: colour of class index 1..254. voc: the VOC colour map, 0..255. hotkeys: in the order in which "
        "classes get them. chosen: the colour of a new class with that index when the table's entries of the classes "
        "`taken` are in use.",
        "table": [palette.to_hex(colour) for colour in palette.TABLE],
        "voc": [palette.to_hex(colour) for colour in palette.voc_colour_map()],
        "hotkeys": list(palette.HOTKEYS),
        "chosen": [
            {
                "index": index, "taken": taken,
                "colour": palette.to_hex(palette.colour_for(index, [palette.TABLE[t - 1] for t in taken])),
            }
            for index, taken in few
        ],
    }  # fmt: skip
