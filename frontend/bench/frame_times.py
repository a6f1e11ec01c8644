"""What the browser's main thread did for each frame, from the browser's own trace.

Owns the sums; which scenario is driven, and how, is measure.py's.
"""

# ruff: noqa: INP001
from __future__ import annotations

import bisect
import json
from itertools import pairwise
from typing import Any

from playwright.sync_api import Browser, Page


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
