"""Carrying masks to the next labelled frame of a street video (CamVid), beside plain copying.

For each pair of consecutive labelled frames of a sequence, the cars' and persons' masks of the first are carried to the
second and compared with what people drew there. Two figures each:

- class: IoU of all that is carried with all that was drawn of the class, mean over pairs of frames.
- object: each connected part of at least 100 pixels is carried alone; IoU with the part drawn in the second frame that
  fits it best, mean over parts. Parts of the first frame that touch the border are left out: they leave.

Frames of CamVid are labelled once a second (30 frames apart) or, in one sequence, 15 times a second; the two are told
apart. Writes benchmarks/results/propagation.json.

    python benchmarks/propagation.py [folder of camvid]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from annotator.assist.flow import Flow, carry_mask, flow_between  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "propagation.json"
CLASSES = {"car": 8, "person": 9}
LEAST_AREA = 100
MOST_PAIRS = 60  # a sort, spread over all
TARGET_MS = 300
Bits = npt.NDArray[np.bool_]
Method = Callable[[Bits, Flow], Bits]


@dataclass(frozen=True)
class Labelled:
    """One labelled frame. number: in its video."""

    sequence: str
    number: int
    picture: Path
    labels: Path


def main() -> int:
    default = os.environ.get("CONTORNO_SHARED_DATA") or str(ROOT.parent / "shared" / "data")
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(default) / "camvid"
    if not data.is_dir():
        print(f"no CamVid at {data}; name its folder", file=sys.stderr)
        return 1
    pairs: dict[str, list[tuple[Labelled, Labelled]]] = defaultdict(list)
    for first, second in consecutive(data):
        gap = second.number - first.number
        if gap <= 2:
            pairs["15 a second"].append((first, second))
        elif gap == 30:
            pairs["1 a second"].append((first, second))
    result = {
        "what": "masks carried to the next labelled frame, mean IoU; copied: the mask as it was",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "target": {"p95_ms": TARGET_MS},
        "labels": {name: study(spread(found)) for name, found in sorted(pairs.items())},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    slowest = max(one["processor_ms"]["p95"] for one in result["labels"].values())
    return 0 if slowest <= TARGET_MS else 1


def consecutive(data: Path) -> Iterator[tuple[Labelled, Labelled]]:
    """Pairs of labelled frames of one sequence that follow each other."""
    sequences: dict[str, list[Labelled]] = defaultdict(list)
    for split in ("train", "val", "test"):
        for labels in sorted((data / f"{split}annot").glob("*.png")):
            name, number = labels.stem.rsplit("_", 1)
            digits = "".join(character for character in number if character.isdigit())
            picture = data / split / f"{labels.stem}.jpg"
            sequences[name].append(Labelled(name, int(digits), picture, labels))
    for frames in sequences.values():
        frames.sort(key=lambda one: one.number)
        yield from pairwise(frames)


def spread(pairs: list[tuple[Labelled, Labelled]]) -> list[tuple[Labelled, Labelled]]:
    return pairs[:: max(1, len(pairs) // MOST_PAIRS)][:MOST_PAIRS]


def study(pairs: list[tuple[Labelled, Labelled]]) -> dict[str, Any]:
    """One row for each class and method."""
    scores: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    seconds: list[float] = []
    for first, second in pairs:
        flow, took = measured_flow(first, second)
        seconds.append(took)
        before, after = (np.array(Image.open(one.labels)) for one in (first, second))
        for name, index in CLASSES.items():
            here, there = before == index, after == index
            known = after != 11  # what nobody judged counts neither way
            for method, carry in METHODS.items():
                if here.sum() >= LEAST_AREA and there.any():
                    scores[name, "class", method].append(iou(carry(here, flow) & known, there))
                for part in parts(here):
                    fits = [iou(carry(part, flow) & known, other) for other in parts(there, 1)]
                    if (fits and max(fits) > 0) or there.any():
                        scores[name, "object", method].append(max(fits, default=0.0))
    rows = {
        name: {
            kind: {
                "count": len(scores[name, kind, "flow"]),
                **{method: round(float(np.mean(scores[name, kind, method])), 3) for method in METHODS},
            }
            for kind in ("class", "object")
            if scores[name, kind, "flow"]
        }
        for name in CLASSES
    }
    quantiles = {f"p{p}": round(float(np.percentile(seconds, p)) * 1000, 1) for p in (50, 95)}
    return {"pairs": len(pairs), "processor_ms": quantiles, **rows}


def measured_flow(first: Labelled, second: Labelled) -> tuple[Flow, float]:
    """The flow, and the seconds of one core that it and one mask take."""
    a, b = (np.array(Image.open(one.picture).convert("RGB")) for one in (first, second))
    cv2.setNumThreads(1)
    began = time.thread_time()
    flow = flow_between(a, b)
    carry_mask(np.ones(a.shape[:2], dtype=np.bool_), flow)
    took = time.thread_time() - began
    cv2.setNumThreads(-1)
    return flow, took


def parts(mask: Bits, least: int = LEAST_AREA) -> list[Bits]:
    """The connected parts that do not touch the border (all of them where `least` is 1)."""
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    height, width = mask.shape
    found = []
    for k in range(1, count):
        x, y, w, h, area = stats[k]
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if area >= least and (inside or least == 1):
            found.append(labels == k)
    return found


def iou(a: Bits, b: Bits) -> float:
    union = int((a | b).sum())
    return float((a & b).sum() / union) if union else 0.0


def copied(mask: Bits, _flow: Flow) -> Bits:
    return mask


def by_flow(mask: Bits, flow: Flow) -> Bits:
    return np.asarray(carry_mask(mask, flow).shape)


METHODS: dict[str, Method] = {"copied": copied, "flow": by_flow}


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "opencv": cv2.__version__,
    }


if __name__ == "__main__":
    sys.exit(main())
