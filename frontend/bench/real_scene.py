"""A real scene for the benchmark: every nucleus of the shared dataset, tiled into one picture of some 70 megapixels.

The dataset is not part of the product; without it there is no such scene. Outlines are traced along pixel edges,
as an import of label maps makes them.
"""

# ruff: noqa: INP001
from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from annotator.core.raster import trace  # noqa: E402

CELL = 360  # the largest image's side


def write_nuclei(folder: Path) -> dict[str, Any] | None:
    """Writes nuclei.json and nuclei.jpg into the folder. Returns how large the scene is; None without the dataset."""
    shared = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "nuclei"
    images = sorted((shared / "images").glob("*.png"))
    if not images:
        return None
    columns = math.ceil(math.sqrt(len(images)))
    picture = Image.new("RGB", (columns * CELL, math.ceil(len(images) / columns) * CELL))
    rings: list[list[float]] = []
    for k, path in enumerate(images):
        left, top = k % columns * CELL, k // columns * CELL
        with Image.open(path) as image:
            picture.paste(image.convert("RGB").crop((0, 0, CELL, CELL)), (left, top))
        rings += _outlines(shared / "labels" / path.name, left, top)
    picture.save(folder / "nuclei.jpg", quality=88)
    scene = {"width": picture.width, "height": picture.height, "image": "nuclei.jpg", "rings": rings}
    (folder / "nuclei.json").write_text(json.dumps(scene))
    vertices = sum(len(ring) // 2 for ring in rings)
    return {"objects": len(rings), "vertices": vertices, "width": picture.width, "height": picture.height}


def _outlines(path: Path, left: int, top: int) -> list[list[float]]:
    with Image.open(path) as image:
        labels = np.asarray(image)[:CELL, :CELL]
    found = []
    for index in np.unique(labels[labels > 0]):
        rows, cols = np.nonzero(labels == index)
        y0, x0 = int(rows.min()), int(cols.min())
        crop = labels[y0 : int(rows.max()) + 1, x0 : int(cols.max()) + 1] == index
        for polygon in trace(crop):
            ring = np.asarray(polygon[0], np.float64).reshape(-1, 2) + np.array([left + x0, top + y0])
            found.append(ring.ravel().tolist())
    return found
