"""Which accelerator this machine offers to torch, or why none. Owns no models and knows no Django."""

from __future__ import annotations

import importlib.util
import os
import platform
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Device:
    """What learning would run on: kind is cuda, mps or cpu; `torch` is its version, or None where it is missing."""

    kind: str
    name: str
    memory_bytes: int | None
    torch: str | None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def find_device() -> Device:
    """Ask torch for the best device. Without torch the answer is the CPU, and `torch` is None."""
    if importlib.util.find_spec("torch") is None:
        return Device(kind="cpu", name=_cpu_name(), memory_bytes=None, torch=None)
    import torch  # pyright: ignore[reportMissingImports] - not installed until training is

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        return Device("cuda", properties.name, int(properties.total_memory), torch.__version__)
    if torch.backends.mps.is_available():
        return Device("mps", platform.processor() or "Apple GPU", None, torch.__version__)
    return Device("cpu", _cpu_name(), None, torch.__version__)


def _cpu_name() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores"
