"""A command that is started as a child: what it is told of its supervisor's wishes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAY = "print(open('/proc/self/autogroup').read())"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel weighs no sessions")
def test_a_session_of_its_own_is_as_polite_as_its_process() -> None:
    nicer = os.nice(0) + 3
    done = subprocess.run(
        ["nice", "-n", "3", sys.executable, "-m", "annotator.child", str(os.getpid()), sys.executable, "-c", SAY],
        cwd=ROOT, capture_output=True, text=True, check=True, start_new_session=True,
    )  # fmt: skip
    assert done.stdout.split()[-2:] == ["nice", str(nicer)]
