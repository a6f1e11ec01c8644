"""Processor time of a piece of work, as little disturbed as a shared machine allows."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object], *, limit: float, tries: int = 5) -> float:
    """The least processor seconds of up to `tries` runs, the collector kept out; stops at the first below `limit`.

    Other work on the machine and the collection of other tests' objects only ever add time, so the least is the truest.
    """
    least = float("inf")
    for _ in range(tries):
        gc.collect()
        gc.disable()
        try:
            start = time.process_time()
            work()
            least = min(least, time.process_time() - start)
        finally:
            gc.enable()
        if least < limit:
            break
    return least
