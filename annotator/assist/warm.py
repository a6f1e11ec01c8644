"""Loads the libraries that only some methods need before the first person waits for them.

Owns when that happens: a moment after the start, in a thread of its own. Does not own what the methods do with them.
"""

from __future__ import annotations

import os
import sys
import threading

AFTER_SECONDS = 1.5  # by then the server answers, and most people are still signing in
NICENESS = 10


def load() -> None:
    """Load scikit-image's segmentation and SciPy's clustering: about a second the first time."""
    import scipy.cluster.hierarchy  # noqa: F401
    from skimage.segmentation import slic, watershed  # noqa: F401


def warm_later(after: float = AFTER_SECONDS) -> threading.Timer:
    """Begin `load` in some seconds, with less claim on the processor than requests have; does not wait for it."""
    timer = threading.Timer(after, _load_politely)
    timer.daemon = True
    timer.start()
    return timer


def _load_politely() -> None:
    if sys.platform == "linux":  # where priorities are a thread's own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    load()
