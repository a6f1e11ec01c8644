"""How long an annotator's saves take while the same machine trains a model, beside the same server without training.

Everything is real: `manage.py serve` with its workers, a database, a U-Net that the product's queue has the learn
worker train. One edit after another is saved in a document of 1,000 polygons, with the short pause of a quick annotator
between them. By turns the training computes and is halted (SIGSTOP to its process), so that whatever else the machine
does hits both alike; `before` is the server before there was a training at all. The claim: p95 while it trains is at
most twice the p95 while it is halted.

Run: python benchmarks/save_while_training.py [--rounds 6] [--saves 40] [--postgres postgres://…]
With 6 rounds of 40 saves about a minute on a quiet machine of two cores, half of it until the training has begun.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from _server import Client, percentile, postgres_database, running_server, write_results
from PIL import Image, ImageDraw
from save_and_load import figures, filled_document, save_one

LIMIT = 2.0
POLYGONS = 1_000
PICTURES, SIDE = 10, 128
STEPS = 400  # more than there is time for; the curve has a point every two
PAUSE = 0.05  # seconds between two saves
SETTLE = 0.5  # seconds after the training was halted or let go, before anything is counted
PATIENCE = 600.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--saves", type=int, default=40, help="in each half of a round")
    parser.add_argument(
        "--postgres", default="", help="on this PostgreSQL server (a new database), not SQLite"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is ended also then
    with ExitStack() as stack:
        url = stack.enter_context(postgres_database(given.postgres)) if given.postgres else ""
        client = stack.enter_context(running_server(url, worker=True))
        results = measured(client, given.rounds, given.saves)
    whole = {
        "what": "milliseconds of a save over HTTP while a training computes, and while it is halted",
        "database": "postgresql" if given.postgres else "sqlite",
        "polygons": POLYGONS,
        "torch_threads": os.environ.get("OMP_NUM_THREADS", "all cores"),
        "limit": LIMIT,
        **results,
    }
    path = write_results("save_while_training", whole)
    for name, found in results["save_ms"].items():
        print(f"{name}: p50 {found['p50']}, p95 {found['p95']} ms of {found['n']}")
    print(f"p95 ratio {results['ratio']} (limit {LIMIT}); written to {path.name}")
    return 0 if results["reached"] else 1


def measured(client: Client, rounds: int, saves: int) -> dict[str, Any]:
    """All figures on one server."""
    body = {"name": "Saves", "task_type": "instance", "classes": [{"name": "cell"}]}
    document = filled_document(client, client.json("POST", "/projects", body)["id"], POLYGONS)
    chosen = random.Random(1)

    def some_saves() -> list[float]:
        found = []
        for _ in range(saves):
            time.sleep(PAUSE)
            found.append(save_one(client, document, chosen))
        return found

    some_saves()  # the first ones open connections and fill caches
    took: dict[str, list[float]] = {"before": some_saves(), "halted": [], "training": []}
    model = begin_training(client)
    wait_for(lambda: last_step(client, model), "the training's first steps")
    leader = wait_for(lambda: training_process(client.folder), "the training's process")
    computed = {"halted": 0.0, "training": 0.0}
    seconds = {"halted": 0.0, "training": 0.0}
    try:
        for turn in range(rounds):
            for name in ("halted", "training") if turn % 2 == 0 else ("training", "halted"):
                os.killpg(leader, signal.SIGSTOP if name == "halted" else signal.SIGCONT)
                time.sleep(SETTLE)
                began, used = time.perf_counter(), cpu_of(leader)
                took[name] += some_saves()
                computed[name] += cpu_of(leader) - used
                seconds[name] += time.perf_counter() - began
    finally:
        os.killpg(leader, signal.SIGCONT)
    ratio = round(percentile(took["training"], 0.95) / percentile(took["halted"], 0.95), 2)
    return {
        "save_ms": {name: figures(values) for name, values in took.items()},
        "ratio": ratio,
        "reached": ratio <= LIMIT,
        "cores_of_training": {name: round(computed[name] / seconds[name], 2) for name in computed},
        "nice_of_training": os.getpriority(os.PRIO_PROCESS, leader),
        "steps": wait_for(lambda: last_step(client, model), "the curve"),
    }


def begin_training(client: Client) -> str:
    """A semantic project with labelled pictures of a disc, and a training of it; the model's id."""
    body = {
        "name": "Discs", "task_type": "semantic", "exclusive": True, "classes": [{"name": "disc"}],
        "split_shares": {"train": 0.8, "val": 0.2, "test": 0},
    }  # fmt: skip
    project = client.json("POST", "/projects", body)["id"]
    for result in client.upload(project, [(f"{k}.png", picture(k)) for k in range(PICTURES)]):
        image = result["image"]
        ring = [40.0, 40.0, 90.0, 40.0, 90.0, 90.0, 40.0, 90.0]
        put = {
            "id": str(uuid.uuid4()), "class": 1, "kind": "polygon", "z": 0, "base": None, "polygons": [[ring]],
        }  # fmt: skip
        change = {"base_revision": 0, "key": uuid.uuid4().hex, "put": [put], "delete": []}
        client.json("POST", f"/documents/{image['document']}/changes", change)
        client.json("POST", f"/images/{image['id']}/submit", {})
    overrides = {"steps": STEPS, "evaluate_every": STEPS}
    job = client.json(
        "POST", f"/projects/{project}/trainings", {"architecture": "unet", "overrides": overrides}
    )
    return job["parameters"]["model"]


def picture(number: int) -> bytes:
    """A bright disc on noise."""
    noise = np.random.default_rng(number).integers(0, 80, (SIDE, SIDE, 3), np.uint8)
    painted = Image.fromarray(noise)
    ImageDraw.Draw(painted).ellipse((40, 40, 90, 90), fill=(230, 190, 60))
    file = io.BytesIO()
    painted.save(file, "PNG")
    return file.getvalue()


def last_step(client: Client, model: str) -> int:
    """The last step of the training's curve; 0 where there is none yet.

    Raises:
        RuntimeError: it has ended.
    """
    state = client.json("GET", f"/models/{model}")["state"]
    if state != "training":
        raise RuntimeError(f"the training has ended: {state}")
    return max((one["step"] for one in client.json("GET", f"/models/{model}/curve")["results"]), default=0)


def training_process(folder: Path) -> int:
    """The leader of the training's processes on this server's data; 0 where there is none yet."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            named = any(word.startswith(f"{folder}/") and "plan" not in Path(word).name for word in words)
            if named and "ml_worker.run" in words:
                return os.getpgid(int(entry.name))
    return 0


def cpu_of(leader: int) -> float:
    """Seconds that the processes of a group have computed."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from ml_worker.process import cpu_seconds

    return cpu_seconds(leader)


def wait_for(found: Callable[[], int], what: str) -> int:
    """Ask until there is something.

    Raises:
        RuntimeError: there was nothing for `PATIENCE` seconds.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.5)
    raise RuntimeError(f"{what}: nothing after {PATIENCE:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
