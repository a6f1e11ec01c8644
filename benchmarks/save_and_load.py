"""How long one edit takes to save, and a document to load, over HTTP, as the document grows.

Claims: saving costs what changed, so that 10,000 polygons take at most 1.5 times what 100 take, and at most 20 ms;
loading 10,000 polygons of 24 vertices takes at most 150 ms. Sizes take turns in every round, so that a slow moment of
the machine hits them all alike. Run: python benchmarks/save_and_load.py [--postgres postgres://…]
"""

from __future__ import annotations

import argparse
import io
import json
import math
import random
import sys
import time
import uuid
from contextlib import ExitStack
from typing import Any

from _server import Client, percentile, postgres_database, running_server, write_results
from PIL import Image

SIZES = (100, 1_000, 10_000)
VERTICES = 24
WIDTH, HEIGHT = 4000, 3000
SAVE_ROUNDS, LOAD_ROUNDS = 60, 25
LIMITS = {"save_ratio": 1.5, "save_ms": 20.0, "load_ms": 150.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--postgres", default="", help="also measure on this PostgreSQL server (a new database)"
    )
    parser.add_argument("--rounds", type=int, default=SAVE_ROUNDS)
    options = parser.parse_args()
    runs = {"sqlite": measured("", options.rounds)}
    if options.postgres:
        with postgres_database(options.postgres) as url:
            runs["postgresql"] = measured(url, options.rounds)
    verdicts = {name: verdict(run) for name, run in runs.items()}
    path = write_results(
        "save_and_load", {"vertices": VERTICES, "limits": LIMITS, "runs": runs, "verdicts": verdicts}
    )
    for name, run in runs.items():
        print_run(name, run, verdicts[name])
    print(f"written to {path}")
    return 0 if all(all(one["held"].values()) for one in verdicts.values()) else 1


def measured(database_url: str, rounds: int) -> dict[str, Any]:
    """All figures on one database."""
    with ExitStack() as stack:
        client = stack.enter_context(running_server(database_url))
        project = client.json(
            "POST",
            "/projects",
            {"name": "Benchmark", "task_type": "instance", "classes": [{"name": "cell"}]},
        )["id"]
        documents = {size: filled_document(client, project, size) for size in SIZES}
        saves: dict[int, list[float]] = {size: [] for size in SIZES}
        loads: dict[str, dict[int, list[float]]] = {
            kind: {size: [] for size in SIZES} for kind in ("json", "msgpack")
        }
        chosen = random.Random(1)
        for round_ in range(rounds + 5):
            for size in SIZES:
                took = save_one(client, documents[size], chosen)
                if round_ >= 5:  # the first ones open connections and fill caches
                    saves[size].append(took)
        sizes: dict[str, dict[int, int]] = {"json": {}, "msgpack": {}}
        for round_ in range(LOAD_ROUNDS + 3):
            for size in SIZES:
                for kind in loads:
                    took, sizes[kind][size] = load_one(client, documents[size]["id"], kind)
                    if round_ >= 3:
                        loads[kind][size].append(took)
        return {
            "save_ms": {size: figures(values) for size, values in saves.items()},
            "load_json_ms": {size: figures(values) for size, values in loads["json"].items()},
            "load_msgpack_ms": {size: figures(values) for size, values in loads["msgpack"].items()},
            "bytes": sizes,
            "first_save_s": {size: documents[size]["first_save_s"] for size in SIZES},
        }


def filled_document(client: Client, project: str, size: int) -> dict[str, Any]:
    """A new image with `size` polygons: the document's id, its objects and their versions."""
    buffer = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (size % 256, 40, 90)).save(buffer, "PNG")
    (result,) = client.upload(project, [(f"{size}.png", buffer.getvalue())])
    document = result["image"]["document"]
    columns = math.ceil(math.sqrt(size * WIDTH / HEIGHT))
    step = WIDTH / columns
    objects = [
        star((n % columns + 0.5) * step, (n // columns + 0.5) * step, step * 0.45, n) for n in range(size)
    ]
    begun = time.perf_counter()
    answer = client.json(
        "POST",
        f"/documents/{document}/changes",
        {
            "base_revision": 0,
            "key": uuid.uuid4().hex,
            "put": [{**one, "base": None} for one in objects],
            "delete": [],
        },
    )
    took = time.perf_counter() - begun
    return {
        "id": document,
        "objects": objects,
        "versions": answer["versions"],
        "revision": 1,
        "first_save_s": round(took, 3),
    }


def star(x: float, y: float, radius: float, seed: int) -> dict[str, Any]:
    """A polygon of VERTICES vertices around a point."""
    own = random.Random(seed)
    ring: list[float] = []
    for k in range(VERTICES):
        length = radius * own.uniform(0.5, 1.0)
        angle = 2 * math.pi * k / VERTICES
        ring += [round(x + length * math.cos(angle), 2), round(y + length * math.sin(angle), 2)]
    return {
        "id": str(uuid.uuid4()),
        "class": 1,
        "kind": "polygon",
        "polygons": [[ring]],
        "z": 0,
        "attributes": {},
    }


def save_one(client: Client, document: dict[str, Any], chosen: random.Random) -> float:
    """Move one vertex of one polygon and save it; milliseconds."""
    one = chosen.choice(document["objects"])
    one["polygons"][0][0][0] += 0.25
    body = json.dumps(
        {
            "base_revision": document["revision"],
            "key": uuid.uuid4().hex,
            "put": [{**one, "base": document["versions"][one["id"]]}],
            "delete": [],
        }
    ).encode()
    begun = time.perf_counter()
    data = client.send("POST", f"/documents/{document['id']}/changes", body, Content_Type="application/json")
    took = (time.perf_counter() - begun) * 1000
    answer = json.loads(data)
    document["versions"] |= answer["versions"]
    document["revision"] = answer["revision"]
    return took


def load_one(client: Client, document: str, kind: str) -> tuple[float, int]:
    """Load a document until its last byte; milliseconds, and bytes."""
    begun = time.perf_counter()
    data = client.send("GET", f"/documents/{document}", Accept=f"application/{kind}")
    return (time.perf_counter() - begun) * 1000, len(data)


def figures(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(percentile(values, 0.5), 2),
        "p95": round(percentile(values, 0.95), 2),
        "n": len(values),
    }


def verdict(run: dict[str, Any]) -> dict[str, Any]:
    """The claims, by medians."""
    small, large = run["save_ms"][SIZES[0]]["p50"], run["save_ms"][SIZES[-1]]["p50"]
    ratio = round(large / small, 2)
    loads = {kind: run[f"load_{kind}_ms"][SIZES[-1]]["p50"] for kind in ("json", "msgpack")}
    held = {
        "save_ratio": ratio <= LIMITS["save_ratio"],
        "save_ms": large <= LIMITS["save_ms"],
        **{f"load_{kind}": took <= LIMITS["load_ms"] for kind, took in loads.items()},
    }
    return {"save_ratio": ratio, "held": held}


def print_run(name: str, run: dict[str, Any], found: dict[str, Any]) -> None:
    print(f"\n{name}: milliseconds, p50 / p95")
    for size in SIZES:
        cells = [f"{kind} {run[key][size]['p50']:7.1f} / {run[key][size]['p95']:7.1f}" for kind, key in
                 (("save", "save_ms"), ("load json", "load_json_ms"), ("load msgpack", "load_msgpack_ms"))]  # fmt: skip
        print(f"{size:7,} polygons   " + "   ".join(cells))
    print(
        f"saving {SIZES[-1]:,} takes {found['save_ratio']} times what {SIZES[0]} take; claims held: {found['held']}"
    )


if __name__ == "__main__":
    sys.exit(main())
