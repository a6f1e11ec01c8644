"""Freed memory that the C library keeps."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Twice the same 128 MB, written and freed; how many pages the second time had to be made anew.
FAULTS = """
import resource, sys
import numpy as np
from ml_worker.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def use():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(1 << 27, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
use()
print(use())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives large blocks back at once")
def test_freed_blocks_are_used_again() -> None:
    kept, given_back = (
        int(
            subprocess.run(
                [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("keep", "default")
    )
    assert kept < 100
    assert given_back > kept


def test_it_is_set_in_every_run() -> None:
    """A process that works on a run folder sets it before anything large is made."""
    code = (
        "import ml_worker.run as run, tempfile\n"
        "said = []\n"
        "run.keep_freed_memory = lambda: said.append(True)\n"
        "run.main([tempfile.mkdtemp()])\n"
        "assert said == [True]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
