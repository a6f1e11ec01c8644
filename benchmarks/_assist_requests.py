"""Assists as the editor asks for them: over HTTP, from a server in a process of its own, with the image's marks.

Owns the requests and their times. Does not own the regions (`benchmarks/assists.py`).

`wall_ms` is from the question to the end of the answer on one kept-open connection. `processor_ms` is what the server's
processes spent for a request on average, all its threads; the system counts it in steps of 10 ms, so that it is a mean
over the requests of a method and has no percentiles.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from _server import Client, running_server
from PIL import Image

from annotator.assist.inputs import Stroke
from annotator.assist.registry import METHODS, Hints
from annotator.core import rle

LARGE = (9_000, 7_000)  # 63 million pixels: more are cut into tiles by a job, and read from those


class Region(Protocol):
    """A region of a photograph, as `benchmarks/assists.py` cuts it."""

    @property
    def picture(self) -> npt.NDArray[np.uint8]: ...


def measured_requests(regions: Sequence[Region], hints: Sequence[dict[str, Hints]]) -> dict[str, Any]:
    """Times of one request a method and region, after one that is not counted.

    Args:
        regions: each is uploaded as an image of its own.
        hints: for each region the marks of every method.
    """
    with running_server() as client:
        project = client.json(
            "POST", "/projects", {"name": "Assists", "task_type": "instance", "classes": [{"name": "thing"}]}
        )
        began = time.perf_counter()
        files = [(f"{k}.png", png(region.picture)) for k, region in enumerate(regions)]
        images = [one["image"] for one in client.upload(project["id"], files)]
        time.sleep(
            max(0, 4 - (time.perf_counter() - began))
        )  # the server loads libraries just after its start
        result = {name: of_method(client, name, images, hints) for name in METHODS}
        result["wand on 63 million pixels"] = of_large(client, project["id"])
        return result


def of_method(
    client: Client, name: str, images: list[dict[str, Any]], hints: Sequence[dict[str, Hints]]
) -> dict[str, Any]:
    bodies = [
        {"region": [0, 0, image["width"], image["height"]], **body_of(marks[name], image)}
        for image, marks in zip(images, hints, strict=True)
    ]
    first = timed(client, images[0], name, bodies[0])
    before, walls = ticks(client), []
    for image, body in zip(images, bodies, strict=True):
        walls.append(timed(client, image, name, body))
    spent = (ticks(client) - before) / len(walls)
    percentiles = {f"p{p}": round(float(np.percentile(walls, p)) * 1000, 1) for p in (50, 95)}
    return {
        "requests": len(walls),
        "first_ms": round(first * 1000, 1),
        "wall_ms": percentiles,
        "processor_ms": {"mean": round(spent * 1000, 1)},
    }


def of_large(client: Client, project: str) -> dict[str, Any]:
    """Clicks here and there on one large photograph: the first decodes it, the others must not."""
    width, height = LARGE
    small = np.random.default_rng(5).integers(0, 256, (height // 60, width // 60, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize(LARGE, Image.Resampling.BILINEAR).save(out, "JPEG", quality=85)
    [taken] = client.upload(project, [("large.jpg", out.getvalue())])
    image = taken["image"]
    times = []
    for x in range(3_000, 4_500, 50):
        body = {"region": [x, 3_000, x + 512, 3_512], "positive": [[x + 256, 3_256]]}
        times.append(timed(client, image, "wand", body))
    rest = [round(float(np.percentile(times[1:], p)) * 1000, 1) for p in (50, 95)]
    return {
        "requests": len(times),
        "first_ms": round(times[0] * 1000, 1),
        "wall_ms": dict(zip(("p50", "p95"), rest, strict=True)),
    }


def timed(client: Client, image: dict[str, Any], name: str, body: dict[str, Any]) -> float:
    began = time.perf_counter()
    client.json("POST", f"/images/{image['id']}/assist/{name}", body)
    return time.perf_counter() - began


def body_of(hints: Hints, image: dict[str, Any]) -> dict[str, Any]:
    """Marks in the interface's shape; the region is the whole image."""
    body: dict[str, Any] = {"positive": hints.positive.tolist(), "negative": hints.negative.tolist()}
    strokes = [*strokes_of(hints.add, "add"), *strokes_of(hints.remove, "remove")]
    if strokes:
        body["strokes"] = strokes
    if hints.box is not None:
        body["box"] = list(hints.box)
    if hints.mask is not None:
        counts = rle.counts_to_string(rle.encode(hints.mask))
        body["mask"] = {"size": [image["height"], image["width"]], "counts": counts}
    return {kind: value for kind, value in body.items() if value}


def strokes_of(strokes: Sequence[Stroke], mode: str) -> Iterator[dict[str, Any]]:
    for stroke in strokes:
        yield {"mode": mode, "radius": stroke.radius, "points": stroke.points.ravel().tolist()}


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def ticks(client: Client) -> float:
    """Processor seconds of the server's processes so far; 0 where the system does not say (not Linux)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f":{client.port}" in (folder / "cmdline").read_text():
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])  # utime, stime
        except OSError:
            continue  # it ended meanwhile
    return total / os.sysconf("SC_CLK_TCK")
