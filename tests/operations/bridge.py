"""Calls the editor's object operations (TypeScript) from Python: one Node process, one JSON request a line.

Owns the wire only: areas as arrays or rings in, arrays and rings out.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core import rle

Mask = npt.NDArray[np.bool_]
Polygons = list[list[npt.NDArray[np.float32]]]
Area = Mask | Polygons


@dataclass(frozen=True)
class Outcome:
    """An area that came back: its pixels as the editor paints them, and its outlines unless it is a mask."""

    kind: str
    mask: Mask
    polygons: Polygons | None


class Bridge:
    """A running Node process; every call names the image's size."""

    def __init__(self, node: str, script: Path) -> None:
        self.process = subprocess.Popen(
            [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def ask(self, op: str, shape: tuple[int, int], areas: list[Area], **more: Any) -> Any:
        """The answer as it travels."""
        assert self.process.stdin and self.process.stdout
        request = {"op": op, "height": shape[0], "width": shape[1], "areas": [wire(a) for a in areas], **more}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def area(self, op: str, shape: tuple[int, int], *areas: Area, **more: Any) -> Outcome | None:
        value = self.ask(op, shape, list(areas), **more)
        return None if value is None else outcome(value, shape)

    def areas(self, op: str, shape: tuple[int, int], *areas: Area, **more: Any) -> list[Outcome] | None:
        value = self.ask(op, shape, list(areas), **more)
        return None if value is None else [outcome(each, shape) for each in value]


def wire(area: Area) -> dict[str, Any]:
    if isinstance(area, np.ndarray):
        return {"counts": rle.encode(area).tolist()}
    return {"polygons": [[ring.astype(float).ravel().tolist() for ring in rings] for rings in area]}


def outcome(value: dict[str, Any], shape: tuple[int, int]) -> Outcome:
    polygons = value["polygons"] and [
        [np.array(ring, dtype=np.float32).reshape(-1, 2) for ring in rings] for rings in value["polygons"]
    ]
    return Outcome(value["kind"], pixels(value["counts"], shape), polygons)


def pixels(counts: list[int], shape: tuple[int, int]) -> Mask:
    return rle.decode(np.array(counts, dtype=np.uint32), *shape).astype(bool)
