"""Stepping from image to image in the real editor: how long from the key to the settled next image, and what it costs.

A real server and a real Chromium. Two folders are stepped through from the first to the last:
- `frames`: a CamVid sequence of 480 x 360 with its labels as masks, by Ctrl+ArrowRight (the strip of frames is open).
- `photographs`: COCO photographs with their objects as polygons, by PageDown.

For each step: `wall_ms` from the key to when the next image's photograph and objects are on screen; `processor_ms` of
the main thread in this time; `whole_processor_ms` until the next key, with what is made ready ahead; `requests` that
were sent until it was settled, and until the next key. On a busy machine the processor times are the ones to compare.

Several builds (folders that `vite build` made) are measured in turn, each `--rounds` times.

Run: python benchmarks/stepping.py [--build before=DIR --build now=frontend/dist] [--rounds 2] [--output result.json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Request, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "frontend" / "bench")]

from frame_times import main_thread_tasks  # noqa: E402  # pyright: ignore[reportMissingImports]

from annotator.core import rle  # noqa: E402
from benchmarks._server import percentile, surroundings, write_results  # noqa: E402
from tests.e2e.conftest import PASSWORD, log_in  # noqa: E402
from tests.e2e.product import Client, Product  # noqa: E402

DATA = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data")
PAUSE_MS = 500  # less than what makes an image ready for clicks: that work is the server's
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
KEYS = {"frames": "Control+ArrowRight", "photographs": "PageDown"}

WATCH = """
addEventListener('keydown', (event) => {
  if (event.key !== 'PageDown' && event.key !== 'ArrowRight') return
  const before = window.__contorno.image
  const from = performance.now()
  performance.mark('step:key')
  window.stepped = null
  const look = () => {
    const probe = window.__contorno
    if (!probe || !probe.ready || probe.image === before) return requestAnimationFrame(look)
    performance.mark('step:settled')
    window.stepped = performance.now() - from
  }
  requestAnimationFrame(look)
}, true)
"""


def labelled_frame(annotation: Path) -> list[dict[str, Any]]:
    labels = np.array(Image.open(annotation))
    height, width = labels.shape[:2]
    return [
        {
            "id": str(uuid.uuid4()),
            "class": int(value) % 12 + 1,
            "kind": "mask",
            "rle": {
                "size": [height, width],
                "counts": rle.counts_to_string(rle.encode(labels == value)),
            },
            "base": None,
        }
        for value in np.unique(labels)
    ]


def camvid(steps: int) -> tuple[list[tuple[str, bytes]], list[list[dict[str, Any]]]]:
    files = sorted((DATA / "camvid" / "train").glob("0016E5*"))[: steps + 1]
    labels = [DATA / "camvid" / "trainannot" / f"{path.stem}.png" for path in files]
    return [(path.name, path.read_bytes()) for path in files], [labelled_frame(label) for label in labels]


def coco(steps: int) -> tuple[list[tuple[str, bytes]], list[list[dict[str, Any]]]]:
    source = json.loads(next((DATA / "coco" / "annotations").glob("instances*.json")).read_text())
    files = sorted((DATA / "coco" / "train2017").glob("*.jpg"))[: steps + 1]
    ids = {item["file_name"]: item["id"] for item in source["images"]}
    objects = []
    for path in files:
        found = [one for one in source["annotations"] if one["image_id"] == ids[path.name]]
        objects.append(
            [
                {
                    "id": str(uuid.uuid4()),
                    "class": one["category_id"] % 12 + 1,
                    "kind": "polygon",
                    "polygons": [[ring] for ring in one["segmentation"]],
                    "base": None,
                }
                for one in found
                if isinstance(one["segmentation"], list)
            ]
        )
    return [(path.name, path.read_bytes()) for path in files], objects


SCENES: dict[str, Callable[[int], tuple[list[tuple[str, bytes]], list[list[dict[str, Any]]]]]] = {
    "frames": camvid,
    "photographs": coco,
}


def upload(
    client: Client, project: str, files: list[tuple[str, bytes]], *, group: str
) -> list[dict[str, Any]]:
    answer = client.session.post(
        f"{client.base}/projects/{project}/images",
        files=[("files", file) for file in files],
        data={"group": group},
        timeout=300,
    )
    answer.raise_for_status()
    return [result["image"] for result in answer.json()["results"]]


def fill(client: Client, scene: str, steps: int) -> list[str]:
    """A project with the scene's images and objects; the images in order."""
    classes = [{"name": f"class {k}"} for k in range(1, 13)]
    project = client.post("/projects", {"name": scene, "task_type": "instance", "classes": classes})
    files, objects = SCENES[scene](steps)
    images = upload(client, project["id"], files, group="drive" if scene == "frames" else "")
    for image, put in zip(images, objects, strict=True):
        body = {"base_revision": 0, "key": uuid.uuid4().hex, "put": put}
        client.post(f"/documents/{image['document']}/changes", body)
    return [image["id"] for image in images]


@contextmanager
def product_of(build: Path, folder: Path) -> Iterator[Product]:
    product = Product(folder, learning=True, clicks=True)
    product.environment |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks._build_settings",
        "CONTORNO_BENCH_BUILD": str(build.resolve()),
    }
    product.start(timeout=180)
    try:
        yield product
    finally:
        product.stop()


def signed_in(browser: Browser, product: Product) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en").new_page()
    log_in(page, product, "bench@example.org")
    page.add_init_script(WATCH)
    page.set_default_timeout(60_000)
    return page


def short(request: Request) -> str:
    path = request.url.split("/", 3)[3].split("?")[0]
    parts = [part for part in path.removeprefix("api/v1/").split("/") if "-" not in part or len(part) < 30]
    return f"{request.method} {'/'.join(parts)}"


def processor_ms(events: list[dict[str, Any]], spans: list[tuple[float, float]]) -> list[float]:
    """The main thread's processor time within each span (microseconds of the trace)."""
    tasks = main_thread_tasks(events)
    sums = []
    for left, right in spans:
        used = 0.0
        for start, duration, spent in tasks:
            inside = min(right, start + duration) - max(left, start)
            if inside > 0:
                used += spent * inside / duration
        sums.append(used / 1000)
    return sums


def step_through(browser: Browser, page: Page, scene: str, steps: int) -> dict[str, Any]:
    requests: list[str] = []
    settled_after: list[int] = []
    whole: list[list[str]] = []
    walls: list[float] = []
    page.wait_for_function("() => window.__contorno && window.__contorno.ready", timeout=120_000)
    page.wait_for_timeout(3 * PAUSE_MS)
    note = lambda request: requests.append(short(request))  # noqa: E731
    page.on("request", note)
    browser.start_tracing(page=page, categories=["toplevel", "blink.user_timing"])
    for _ in range(steps):
        requests.clear()
        page.keyboard.press(KEYS[scene])
        page.wait_for_function("() => window.stepped !== null", polling=20, timeout=60_000)
        settled_after.append(len(requests))
        walls.append(page.evaluate("window.stepped"))
        page.wait_for_timeout(PAUSE_MS)
        whole.append(list(requests))
    events = json.loads(browser.stop_tracing())["traceEvents"]
    page.remove_listener("request", note)
    keys = sorted(e["ts"] for e in events if e.get("name") == "step:key" and e["ph"] in "RI")
    ends = sorted(e["ts"] for e in events if e.get("name") == "step:settled" and e["ph"] in "RI")
    return {
        "wall_ms": walls,
        "processor_ms": processor_ms(events, list(zip(keys, ends, strict=True))),
        "whole_processor_ms": processor_ms(events, list(pairwise(keys))),
        "requests_until_settled": settled_after,
        "requests": [len(each) for each in whole],
        "example": whole[steps // 2],
    }


def summed(parts: list[dict[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {"steps": sum(len(part["wall_ms"]) for part in parts)}
    for name in ("wall_ms", "processor_ms", "whole_processor_ms", "requests_until_settled", "requests"):
        values = [value for part in parts for value in part[name]]
        result[name] = {
            "p50": round(percentile(values, 0.5), 1),
            "p95": round(percentile(values, 0.95), 1),
            "least": round(min(values), 1),
        }
    result["requests_of_one_step"] = parts[-1]["example"]
    return result


def measure(builds: dict[str, Path], scenes: list[str], steps: int, rounds: int, chromium: str) -> Any:
    found: dict[str, dict[str, list[Any]]] = {name: {scene: [] for scene in scenes} for name in builds}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, build in builds.items():
            # One server at a time for its data; each round starts it anew.
            with product_of(build, Path(folder) / name) as product:
                product.set_password("bench@example.org", PASSWORD)
                client = Client(product, product.token("bench@example.org"))
                images = {scene: fill(client, scene, steps) for scene in scenes}
                (Path(folder) / f"{name}.json").write_text(json.dumps(images))
        for _ in range(rounds):
            for name, build in builds.items():
                images = json.loads((Path(folder) / f"{name}.json").read_text())
                with product_of(build, Path(folder) / name) as product:
                    page = signed_in(browser, product)
                    for scene in scenes:
                        page.goto(f"{product.url}/images/{images[scene][0]}")
                        found[name][scene].append(step_through(browser, page, scene, steps))
                    page.context.close()
        version = browser.version
        browser.close()
    return {
        "browser": f"Chromium {version}",
        "pause_ms": PAUSE_MS,
        "builds": {name: {scene: summed(parts) for scene, parts in of.items()} for name, of in found.items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", action="append", metavar="NAME=DIR", help="default: now=frontend/dist")
    parser.add_argument("--scene", choices=sorted(SCENES), action="append")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--output", type=Path, help="default: benchmarks/results/stepping.json")
    parser.add_argument("--chromium", default=os.environ.get("CONTORNO_CHROMIUM", "/usr/bin/chromium"))
    arguments = parser.parse_args()
    given = arguments.build or [f"now={ROOT / 'frontend' / 'dist'}"]
    builds = {name: Path(folder) for name, _, folder in (each.partition("=") for each in given)}
    scenes = arguments.scene or list(SCENES)
    result = measure(builds, scenes, arguments.steps, arguments.rounds, arguments.chromium)
    if arguments.output:
        arguments.output.write_text(json.dumps({**surroundings(), **result}, indent=1) + "\n")
    else:
        write_results("stepping", result)
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
