"""Which accelerator is found."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from ml_worker.device import find_device

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed here")
def test_without_torch_the_answer_is_the_cpu_and_says_that_torch_is_missing() -> None:
    device = find_device()
    assert (device.kind, device.torch, device.memory_bytes) == ("cpu", None, None)
    assert "cores" in device.name


def test_device_is_found_on_a_machine_that_has_no_django() -> None:
    script = (
        "import sys; sys.modules['django'] = sys.modules['celery'] = None\n"
        "from ml_worker.device import find_device; print(find_device().kind)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() in ("cpu", "cuda", "mps"), done.stderr
