"""The classical assists: how long each takes on a region of 384 x 384, and how good a cut GrabCut makes of a box.

Regions of photographs (COCO, train2017 of the shared data) around annotated objects. Marks come from the annotation:
the point farthest inside the object, a stroke through it and one along the region's border, its box, its mask grown.

Four parts:
- `methods`: milliseconds of every assist with its defaults, p50 and p95 over the regions; target p95 300.
- `requests`: the same over HTTP, as the editor asks, from a server of its own; and clicks on a photograph of 63
  million pixels (`_assist_requests.py`).
- `peers`: the same work by the libraries' own functions, in the same run.
- `grabcut`: mean IoU and time over objects and their boxes, by working size and core, beside plain OpenCV.

`processor_ms` is the processor time of the calling thread with OpenCV held to that one, which other programs on the
machine don't lengthen; `wall_ms` is what the clock said, all threads allowed, as in the product. Both after one call
that loads libraries.

Run: python benchmarks/assists.py [--regions 40] [--objects 60]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from _assist_requests import measured_requests  # noqa: E402

from annotator.assist import contour, grabcut  # noqa: E402
from annotator.assist.inputs import Stroke, grey_of  # noqa: E402
from annotator.assist.registry import METHODS, Hints, run  # noqa: E402
from annotator.core.document import PolygonGeometry  # noqa: E402
from annotator.core.raster import rasterise  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "assists.json"
SIDE = 384
TARGET_MS = 300
LEAST_AREA, MOST_SIDE = 900, 320
MARGIN = 0.25  # of the longer side of an object's box, what GrabCut sees around it

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    """An object in a photograph: the whole picture, the object's pixels, its box (x0, y0, x1, y1)."""

    picture: npt.NDArray[np.uint8]
    truth: Mask
    box: tuple[float, float, float, float]

    def cut(self, x0: int, y0: int, x1: int, y1: int) -> Scene:
        bx0, by0, bx1, by1 = self.box
        inside = slice(y0, y1), slice(x0, x1)
        box = (bx0 - x0, by0 - y0, bx1 - x0, by1 - y0)
        return Scene(np.ascontiguousarray(self.picture[inside]), self.truth[inside], box)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--regions", type=int, default=40)
    parser.add_argument("--objects", type=int, default=60)
    given = parser.parse_args()
    data = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "coco"
    if not data.is_dir():
        print(f"no photographs at {data}: set CONTORNO_SHARED_DATA", file=sys.stderr)
        return 1
    scenes = list(scenes_of(data))
    regions = [region for scene in spread(scenes, 3 * given.regions) if (region := square(scene)) is not None]
    regions = regions[: given.regions]
    requests = measured_requests(regions, [all_hints(region) for region in regions])
    result = {
        "what": f"classical assists on {len(regions)} regions of {SIDE} x {SIDE} of COCO photographs",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "target": {"p95_ms": TARGET_MS},
        "methods": {name: measured(method_call(name), regions) for name in METHODS},
        "requests": requests,
        "peers": {name: measured(call, regions[:12]) for name, call in PEERS.items()},
        "grabcut": list(grabcut_quality(spread(scenes, given.objects))),
    }
    result["methods"]["cost_map"] = measured(lambda scene: contour.cost_map(scene.picture), regions)
    result["reached"] = {
        f"{clock}_p95_ms": max(one[f"{clock}_ms"]["p95"] for one in result["methods"].values())
        for clock in ("processor", "wall")
    }
    answers = [one["wall_ms"]["p95"] for one in result["requests"].values()]
    result["reached"]["request_wall_p95_ms"] = max(answers)
    result["machine"]["load_at_end"] = round(os.getloadavg()[0], 1)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    return 0 if result["reached"]["processor_p95_ms"] <= TARGET_MS else 1


def scenes_of(data: Path) -> Iterator[Scene]:
    """Every annotated object of polygons that is neither tiny nor larger than a region."""
    [path] = sorted((data / "annotations").glob("*.json"))
    content = json.loads(path.read_text())
    images = {image["id"]: image for image in content["images"]}
    for one in content["annotations"]:
        x, y, width, height = one["bbox"]
        if one["iscrowd"] or one["area"] < LEAST_AREA or max(width, height) > MOST_SIDE:
            continue
        image = images[one["image_id"]]
        picture = np.array(Image.open(data / "train2017" / image["file_name"]).convert("RGB"))
        polygons = tuple((np.array(flat, dtype=np.float32).reshape(-1, 2),) for flat in one["segmentation"])
        truth = rasterise(PolygonGeometry(polygons), *picture.shape[:2])
        yield Scene(picture, truth, (x, y, x + width, y + height))


def spread(scenes: list[Scene], count: int) -> list[Scene]:
    """Every n-th, so that all photographs have their part."""
    return scenes[:: max(1, len(scenes) // count)][:count]


def square(scene: Scene) -> Scene | None:
    """The region of SIDE x SIDE around the object; None where the photograph is too small."""
    height, width = scene.truth.shape
    if min(height, width) < SIDE:
        return None
    x0, y0, x1, y1 = scene.box
    left = int(np.clip((x0 + x1 - SIDE) / 2, 0, width - SIDE))
    top = int(np.clip((y0 + y1 - SIDE) / 2, 0, height - SIDE))
    return scene.cut(left, top, left + SIDE, top + SIDE)


def with_margin(scene: Scene) -> Scene:
    x0, y0, x1, y1 = scene.box
    height, width = scene.truth.shape
    margin = MARGIN * max(x1 - x0, y1 - y0) + 4
    return scene.cut(
        int(max(0, x0 - margin)),
        int(max(0, y0 - margin)),
        int(min(width, x1 + margin)),
        int(min(height, y1 + margin)),
    )


def method_call(name: str) -> Callable[[Scene], Any]:
    def call(scene: Scene) -> Any:
        return run(name, scene.picture, {}, hints_for(name, scene))

    return call


def all_hints(scene: Scene) -> dict[str, Hints]:
    return {name: hints_for(name, scene) for name in METHODS}


def hints_for(name: str, scene: Scene) -> Hints:
    height, width = scene.truth.shape
    depth = cv2.distanceTransform(np.pad(scene.truth, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(np.argmax(depth)), depth.shape)
    centre = np.array([[x + 0.5, y + 0.5]])
    border = np.array(
        [[3, 3], [width - 3, 3], [width - 3, height - 3], [3, height - 3], [3, 3]], dtype=np.float64
    )
    everything: dict[str, Any] = {
        "positive": centre,
        "add": (Stroke(centre, max(1.0, float(depth.max()) / 2)),),
        "remove": (Stroke(border, 2),),
        "box": scene.box,
        "mask": cv2.dilate(scene.truth.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.bool_),
    }
    kinds = {"add": "strokes", "remove": "strokes"}
    takes = METHODS[name].takes - (
        {"box"} if name != "grabcut" else set()
    )  # thresholds look at the whole region
    return Hints(**{kind: value for kind, value in everything.items() if kinds.get(kind, kind) in takes})


def measured(call: Callable[[Scene], Any], scenes: list[Scene]) -> dict[str, Any]:
    """Times of one call for each scene."""
    call(scenes[0])
    walls, processors = [], []
    threads = cv2.getNumThreads()
    for scene in scenes:
        began = time.perf_counter()
        call(scene)
        walls.append(time.perf_counter() - began)
        cv2.setNumThreads(1)
        began = time.thread_time()
        call(scene)
        processors.append(time.thread_time() - began)
        cv2.setNumThreads(threads)
    return {"regions": len(scenes), "wall_ms": percentiles(walls), "processor_ms": percentiles(processors)}


def percentiles(seconds: list[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(seconds, p)) * 1000, 1) for p in (50, 95)}


def _opencv_grabcut(scene: Scene) -> Mask:
    """GrabCut as its tutorial calls it: full size, five iterations."""
    x0, y0, x1, y1 = scene.box
    rect = (max(1, int(x0)), max(1, int(y0)), int(np.ceil(x1 - x0)), int(np.ceil(y1 - y0)))
    found = np.zeros(scene.truth.shape, np.uint8)
    cv2.setRNGSeed(1)
    cv2.grabCut(scene.picture, found, rect, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return (found & 1) == 1


def _scikit_contour(scene: Scene) -> Any:
    from skimage.segmentation import morphological_geodesic_active_contour

    stopping = contour.inverse_gradient(scene.picture, 1.5).astype(np.float64)
    mask: Any = hints_for("active_contour", scene).mask
    return morphological_geodesic_active_contour(stopping, 60, mask, smoothing=1)


def _scikit_multi_otsu(scene: Scene) -> Any:
    from skimage.filters import threshold_multiotsu

    return threshold_multiotsu(grey_of(scene.picture), 3)


PEERS: dict[str, Callable[[Scene], Any]] = {
    "grabcut: cv2.grabCut, 5 iterations": _opencv_grabcut,
    "active_contour: skimage, 60 iterations": _scikit_contour,
    "multi_otsu: skimage, 3 classes": _scikit_multi_otsu,
}


def grabcut_quality(scenes: list[Scene]) -> Iterator[dict[str, Any]]:
    """One row a setting."""
    regions = [with_margin(scene) for scene in scenes]
    regions = [one for one in regions if one.truth.size > 100]
    usual = grabcut.WORKING_SIDE
    for side in (192, 256, 320):
        for core in (0.0, 0.3, 0.5, 0.7):
            if side != usual and core not in (0.0, 0.5):
                continue
            grabcut.WORKING_SIDE = side

            def call(scene: Scene, core: float = core) -> Mask:
                return grabcut.grabcut(scene.picture, box=scene.box, core=core)

            yield {"setting": f"side {side}, core {core}", **quality(call, regions)}
    grabcut.WORKING_SIDE = usual
    yield {"setting": "cv2.grabCut, 5 iterations", **quality(_opencv_grabcut, regions)}
    yield {"setting": "the box itself", **quality(box_alone, regions)}


def box_alone(scene: Scene) -> Mask:
    x0, y0, x1, y1 = (round(side) for side in scene.box)
    found = np.zeros(scene.truth.shape, dtype=np.bool_)
    found[max(0, y0) : y1, max(0, x0) : x1] = True
    return found


def quality(call: Callable[[Scene], Mask], scenes: list[Scene]) -> dict[str, Any]:
    cv2.setNumThreads(1)
    scores, seconds = [], []
    for scene in scenes:
        began = time.thread_time()
        try:
            found = call(scene)
        except (ValueError, cv2.error) as error:
            raise SystemExit(f"a box of {scene.box} in {scene.truth.shape}: {error}") from error
        seconds.append(time.thread_time() - began)
        scores.append((found & scene.truth).sum() / max(1, (found | scene.truth).sum()))
    cv2.setNumThreads(-1)
    return {
        "objects": len(scenes),
        "mean_iou": round(float(np.mean(scores)), 3),
        "lost": round(float(np.mean(np.array(scores) < 0.05)), 3),
        "processor_ms": percentiles(seconds),
    }


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "scikit-image": version("scikit-image"),
        "scipy": version("scipy"),
    }


if __name__ == "__main__":
    sys.exit(main())
