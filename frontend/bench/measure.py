"""Measures what the editor's main thread does for each frame, in a real Chromium, from the browser's own trace.

For every scenario the page feeds one input a frame and marks it. The busy time of a frame is the sum of the main
thread's tasks between two marks, as the trace records them: input, layout, canvas recording and rasterising, commit.
Painting of tiles happens in a worker and is not part of it; idle waiting for the next frame is not either.

    python frontend/bench/measure.py [--output result.json] [--chromium /usr/bin/chromium]
"""

# ruff: noqa: INP001
from __future__ import annotations

import argparse
import bisect
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
STEPS = 120
POLYGONS = {"width": 4000, "height": 3000, "objects": 10_000, "vertices": 100}
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIMITS_MS = {"pan": 16.7, "zoom": 16.7, "hover": 4, "vertex drag": 16.7, "brush": 16.7}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return


def build(target: Path) -> None:
    """Builds the benchmark page with the product's own tool chain (npx must be on the path)."""
    command = ["npx", "vite", "build", "--config", "bench/vite.config.ts", "--outDir", str(target)]
    subprocess.run(command, cwd=HERE.parent, check=True, stdout=subprocess.DEVNULL)


def serve(folder: Path) -> tuple[ThreadingHTTPServer, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/index.html"


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


Task = tuple[float, float, float]


def main_thread_tasks(events: list[dict[str, Any]]) -> list[Task]:
    """Start, duration and processor time (microseconds) of the main thread's top-level tasks, in order."""
    marks = [e for e in events if "blink.user_timing" in e.get("cat", "") and e["ph"] in "RI"]
    thread = (marks[0]["pid"], marks[0]["tid"])
    tasks = [
        (e["ts"], e["dur"], e.get("tdur", e["dur"]))
        for e in events
        if e["ph"] == "X" and (e["pid"], e["tid"]) == thread and e["name"].endswith("RunTask")
    ]
    return sorted(tasks)


def busy_times(events: list[dict[str, Any]], name: str) -> tuple[list[float], list[float]]:
    """Milliseconds of main-thread work for each frame of a scenario: by the clock, and of processor time.

    The two differ where other processes take the processor away from the browser.
    """
    marks = sorted(e["ts"] for e in events if e.get("name", "").startswith(f"{name}:") and e["ph"] in "RI")
    tasks = main_thread_tasks(events)
    starts = [start for start, _, _ in tasks]
    busy, processor = [], []
    for left, right in pairwise(marks):
        at = max(0, bisect.bisect_right(starts, left) - 1)
        total = used = 0.0
        while at < len(tasks) and tasks[at][0] < right:
            start, duration, spent = tasks[at]
            inside = max(0.0, min(right, start + duration) - max(left, start))
            total += inside
            used += spent * inside / duration if duration else 0.0
            at += 1
        busy.append(total / 1000)
        processor.append(used / 1000)
    return busy, processor


def traced(browser: Browser, page: Page, name: str, call: str) -> dict[str, float]:
    """Runs one scenario under a trace; p50, p95 and worst busy time, and the p95 of the frames' intervals."""
    browser.start_tracing(page=page, categories=["toplevel", "blink.user_timing", "devtools.timeline"])
    intervals = page.evaluate(call)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    busy, processor = busy_times(events, name)
    return {
        "p50_ms": round(percentile(busy, 0.5), 2),
        "p95_ms": round(percentile(busy, 0.95), 2),
        "max_ms": round(max(busy), 2),
        "processor_p95_ms": round(percentile(processor, 0.95), 2),
        "interval_p95_ms": round(percentile(intervals, 0.95), 2),
        "frames": len(busy),
    }


def measure_polygons(browser: Browser, page: Page) -> dict[str, Any]:
    scene = json.dumps(POLYGONS)
    results: dict[str, Any] = {
        "open 10,000 polygons, first tiles painted": {
            "ms": round(page.evaluate(f"bench.openPolygons({scene})"))
        }
    }
    page.evaluate("bench.setImage(4000, 3000)")
    for label, scale in (("fit", None), ("100 %", 1)):
        page.evaluate("bench.fit()" if scale is None else f"bench.zoomTo({scale})")
        for kind, function in (
            ("pan", "pan"),
            ("zoom", "zoom"),
            ("hover", "hover"),
            ("vertex drag", "vertexDrag"),
        ):
            page.evaluate("bench.fit()" if scale is None else f"bench.zoomTo({scale})")
            name = f"{kind} {label}"
            results[name] = traced(browser, page, name, f"bench.{function}('{name}', {STEPS})")
    return results


def measure_brush(browser: Browser, page: Page) -> dict[str, Any]:
    results: dict[str, Any] = {}
    page.evaluate("bench.openEmpty(8192, 8192)")
    page.evaluate("bench.setImage(8192, 8192)")
    for label, action in (("fit", "bench.fit()"), ("100 %", "bench.zoomTo(1)")):
        page.evaluate(action)
        name = f"brush {label}"
        results[name] = traced(browser, page, name, f"bench.brush('{name}', {STEPS}, 1000)")
        results[name]["release_ms"] = round(page.evaluate(f"bench.releaseTime('{name}')"), 1)
    return results


def measure(chromium: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build(Path(folder))
        server, url = serve(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_function("() => window.bench")
        results = measure_polygons(browser, page)
        half = page.evaluate(
            f"bench.openPolygons({json.dumps({**POLYGONS, 'objects': 5000, 'vertices': 24})})"
        )
        results["open 5,000 polygons of 24 points, first tiles painted"] = {"ms": round(half)}
        results |= measure_brush(browser, page)
        version = browser.version
        browser.close()
        server.shutdown()
    return {
        "what": "main-thread milliseconds a frame, 1440 x 900 window, software drawing",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "browser": f"Chromium {version}",
        "limits_ms": LIMITS_MS,
        "results": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    report = json.dumps(measure(arguments.chromium), indent=2)
    if arguments.output:
        arguments.output.write_text(report + "\n")
    sys.stdout.write(report + "\n")


if __name__ == "__main__":
    main()
