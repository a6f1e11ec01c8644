"""Measures what the editor's main thread does for each frame, in a real Chromium, from the browser's own trace.

For every scenario the page feeds one input a frame and marks it. The busy time of a frame is the sum of the main
thread's tasks between two marks, as the trace records them: input, layout, canvas recording and rasterising, commit.
Painting of tiles happens in a worker and is not part of it; idle waiting for the next frame is not either.

    python frontend/bench/measure.py [--output result.json] [--against earlier.json] [--only polygons,peers]

`--against` prints every figure beside that of an earlier result, and ends with status 1 where one has grown to more
than 1.3 times of it. The same scenes drawn with SVG and with Konva, a node an object, are measured in the same run.
"""

# ruff: noqa: INP001, T201
from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from frame_times import traced
from playwright.sync_api import Browser, Page, sync_playwright
from real_scene import write_nuclei

HERE = Path(__file__).resolve().parent
STEPS = 120
PEER_STEPS = 20
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


def measure_proposals(browser: Browser, page: Page) -> dict[str, Any]:
    """5,000 pre-labels over an empty document, as outlines and as masks; then over 5,000 objects."""
    results: dict[str, Any] = {}
    scene = json.dumps({"width": 4000, "height": 3000, "objects": 5_000, "vertices": 40})
    kinds = (
        ("outlines", "false", False),
        ("masks", "true", False),
        ("outlines over 5,000 objects", "false", True),
    )
    for label, masks, under in kinds:
        page.evaluate(f"bench.openPolygons({scene})" if under else "bench.openEmpty(4000, 3000)")
        page.evaluate("bench.setImage(4000, 3000)")
        propose = f"bench.propose({scene}, {masks})"
        results[f"propose 5,000 {label}"] = {"ms": round(page.evaluate(propose))}
        for kind in ("pan", "zoom", "hover", "threshold"):
            page.evaluate("bench.fit()")
            name = f"{kind} 5,000 {label}"
            results[name] = traced(browser, page, name, f"bench.{kind}('{name}', {STEPS})")
        page.evaluate(propose)
        took = page.evaluate("bench.acceptAll()")
        results[f"accept 5,000 {label}"] = {key: round(value) for key, value in took.items()}
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


def measure_real(browser: Browser, page: Page, folder: Path) -> dict[str, Any]:
    """All nuclei of the shared dataset in one picture; nothing where it is absent."""
    scene = write_nuclei(folder)
    if scene is None:
        return {}
    results: dict[str, Any] = {"real scene": scene}
    opened = page.evaluate("bench.openReal('nuclei.json')")
    results["open real"] = {"ms": round(opened)}
    for label, action in (("fit", "bench.fit()"), ("100 %", "bench.zoomTo(1)")):
        for kind, function in (
            ("pan", "pan"),
            ("zoom", "zoom"),
            ("hover", "hover"),
            ("vertex drag", "vertexDrag"),
        ):
            page.evaluate(action)
            name = f"{kind} real {label}"
            results[name] = traced(browser, page, name, f"bench.{function}('{name}', {STEPS})")
    return results


def measure_masks(page: Page) -> dict[str, Any]:
    """How much the page's process grows by 200 masks over a whole image of 4000 x 3000, opened and settled."""
    page.evaluate("bench.openEmpty(4000, 3000)")
    before = page_megabytes(page)
    took = page.evaluate("bench.openMasks(200, 4000, 3000)")
    return {"open 200 full-size masks": {"ms": round(took), "grown_mb": round(page_megabytes(page) - before)}}


def page_megabytes(page: Page) -> float:
    """Resident memory of the largest page process, MB, after a garbage collection."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    devtools.detach()
    sizes = [0.0]
    for entry in Path("/proc").iterdir():
        try:
            if b"--type=renderer" in (entry / "cmdline").read_bytes():
                pages = int((entry / "statm").read_text().split()[1])
                sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        except (OSError, ValueError):
            continue
    return max(sizes)


def measure_peers(browser: Browser, page: Page, url: str) -> dict[str, Any]:
    """The scenes of 3,000 and 10,000 polygons with a node an object. Few steps: a frame may take seconds."""
    results: dict[str, Any] = {}
    for kind in ("svg", "konva"):
        for objects in (3000, 10_000):
            page.goto(url.replace("index.html", "peers.html"))
            page.wait_for_function("() => window.peers")
            scene = json.dumps({**POLYGONS, "objects": objects})
            results[f"{kind} open {objects}"] = {"ms": round(page.evaluate(f"peers.open('{kind}', {scene})"))}
            for action in ("pan", "hover", "vertexDrag"):
                page.evaluate("peers.zoom(null)")
                name = f"{kind} {action} fit {objects}"
                results[name] = traced(browser, page, name, f"peers.{action}('{name}', {PEER_STEPS})")
    return results


PARTS = ("polygons", "real", "proposals", "brush", "masks", "peers")


def measure(chromium: str, parts: Sequence[str]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        build(folder)
        server, url = serve(folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for part in parts:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            page.wait_for_function("() => window.bench")
            if part == "polygons":
                results |= measure_polygons(browser, page)
                half = json.dumps({**POLYGONS, "objects": 5000, "vertices": 24})
                took = page.evaluate(f"bench.openPolygons({half})")
                results["open 5,000 polygons of 24 points, first tiles painted"] = {"ms": round(took)}
            elif part == "real":
                results |= measure_real(browser, page, folder)
            elif part == "proposals":
                results |= measure_proposals(browser, page)
            elif part == "brush":
                results |= measure_brush(browser, page)
            elif part == "masks":
                results |= measure_masks(page)
            else:
                results |= measure_peers(browser, page, url)
            page.close()
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


SLOWER = 1.3  # machines wander by this much from run to run


def compare(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Prints each scenario's figure beside the earlier one. True when none has become much larger."""
    fine = True
    for name, row in new["results"].items():
        key = next((key for key in ("p95_ms", "ms") if key in row), None)
        before = old["results"].get(name, {}).get(key) if key else None
        if key is None or before is None:
            continue
        ratio = row[key] / before if before else 1.0
        slower = ratio > SLOWER and row[key] - before > 1
        fine &= not slower
        print(f"{name:<56} {before:>9} -> {row[key]:>9}  {ratio:5.2f}x{'  SLOWER' if slower else ''}")
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path)
    parser.add_argument("--against", type=Path, help="an earlier result to compare with")
    parser.add_argument("--only", default=",".join(PARTS), help="a comma-separated part of %(default)s")
    parser.add_argument("--chromium", default=os.environ.get("CONTORNO_CHROMIUM", "/usr/bin/chromium"))
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    earlier = json.loads(arguments.against.read_text()) if arguments.against else None
    result = measure(arguments.chromium, parts)
    report = json.dumps(result, indent=2)
    if arguments.output:
        arguments.output.write_text(report + "\n")
    print(report)
    return 0 if earlier is None or compare(result, earlier) else 1


if __name__ == "__main__":
    sys.exit(main())
