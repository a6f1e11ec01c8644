"""How the golden vectors came: run this file from the checkout's root and it writes every JSON file beside it.

    python -m tests.golden.make_golden

Both cores, `annotator/core` and `frontend/src/core`, must give what these files hold, bit for bit. The files are made
by the Python core, which the tests in `tests/core` hold against brute force, pycocotools and shapely. Every file is
`{"about": what the fields mean, ...lists of cases}`; each case has a `name`.

- Pixels are rows of text, `#` set and `.` not, or rows of numbers for label maps.
- A ring is a flat list x0, y0, x1, y1, ...; every number is exactly a float32.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.golden import geometry_cases, label_cases, mask_cases, metric_cases, raster_cases

FOLDER = Path(__file__).parent

FILES = {
    "raster.json": raster_cases.raster,
    "trace.json": mask_cases.trace,
    "rle.json": mask_cases.runs,
    "geometry.json": geometry_cases.geometry,
    "shapes.json": geometry_cases.shapes,
    "packing.json": geometry_cases.packed,
    "labels.json": label_cases.labels,
    "palette.json": label_cases.colours,
    "metrics.json": metric_cases.metrics,
}


def dump(value: dict[str, Any]) -> str:
    """Write one case a line, so that a change shows as the lines that changed."""
    parts = [f'"about": {json.dumps(value["about"], ensure_ascii=False)}']
    for key, cases in value.items():
        if key != "about":
            lines = ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in cases)
            parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    for name, make in FILES.items():
        (FOLDER / name).write_text(dump(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
