"""Which accelerator this machine offers to torch, or why none. Owns no models and knows no Django."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Device:
    """What learning would run on.

    Attributes:
        kind: cuda, mps or cpu. memory_bytes: of one GPU. count: of GPUs, 1 for a CPU.
        torch: its version, or None where it is missing. cores, host_memory_bytes: of the machine.
    """

    kind: str
    name: str
    memory_bytes: int | None
    torch: str | None
    count: int = 1
    cores: int = 1
    host_memory_bytes: int | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def find_device() -> Device:
    """Ask torch for the best device. Without torch the answer is the CPU, and `torch` is None."""
    if importlib.util.find_spec("torch") is None:
        return Device("cpu", _cpu_name(), None, None, **_host())
    import torch  # pyright: ignore[reportMissingImports] - not installed until training is

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        return Device(
            "cuda",
            properties.name,
            int(properties.total_memory),
            torch.__version__,
            torch.cuda.device_count(),
            **_host(),
        )
    if torch.backends.mps.is_available():
        return Device("mps", platform.processor() or "Apple GPU", None, torch.__version__, **_host())
    return Device("cpu", _cpu_name(), None, torch.__version__, **_host())


def _cpu_name() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores"


def _host() -> dict[str, Any]:
    """Cores and memory of the machine; a container's limit is not known here."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        memory = None
    return {"cores": os.cpu_count() or 1, "host_memory_bytes": memory}


if __name__ == "__main__":  # a worker asks so: annotator/services/worker.py
    sys.stdout.write(json.dumps(find_device().as_dict()) + "\n")
