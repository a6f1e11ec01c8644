"""One ONNX graph: opened on few threads, and asked what it takes and gives.

Owns sessions of onnxruntime and the words for a graph that cannot be opened or run. Does not own what a graph means.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.errors import InvalidInput
from annotator.core.words import _

THREADS = max(1, min(2, os.cpu_count() or 1))  # of one run; more make a decoder of 45 ms no faster
AT_ONCE = max(1, (os.cpu_count() or 1) // THREADS)  # runs of one process: further ones wait for their turn
_turns = threading.BoundedSemaphore(AT_ONCE)

_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output. `shape` has None where the graph leaves a side open."""

    name: str
    shape: tuple[int | None, ...]
    type: str

    def __str__(self) -> str:
        return f"{self.name} [{', '.join('?' if side is None else str(side) for side in self.shape)}]"


class Graph:
    """An opened graph.

    Attributes:
        inputs, outputs: by name, in the file's order.

    Raises:
        InvalidInput: onnxruntime cannot open the file.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "0"
        )  # other requests need the cores
        options.log_severity_level = 3
        self.path = path
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # noqa: BLE001 - onnxruntime raises a dozen types of its own
            raise InvalidInput(
                _("%(name)s cannot be opened: %(problem)s")
                % {"name": path.name, "problem": _first_line(problem)}
            ) from None
        self._only_needed = onnxruntime.RunOptions()
        self._only_needed.only_execute_path_to_fetches = True
        self.inputs = {one.name: _port(one) for one in self._session.get_inputs()}
        self.outputs = {one.name: _port(one) for one in self._session.get_outputs()}

    def run(self, wanted: Sequence[str], feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Run for these outputs alone; feeds are given the types that the graph wants.

        Raises:
            InvalidInput: the graph refuses the feeds or fails.
        """
        typed = {
            name: np.ascontiguousarray(value, dtype=_TYPES.get(self.inputs[name].type, value.dtype))
            for name, value in feeds.items()
        }
        try:
            with _turns:
                return [np.asarray(one) for one in self._session.run(list(wanted), typed, self._only_needed)]
        except Exception as problem:  # noqa: BLE001 - as above
            raise InvalidInput(
                _("%(name)s failed: %(problem)s") % {"name": self.path.name, "problem": _first_line(problem)}
            ) from None

    def need(self, kind: str, names: Sequence[str]) -> None:
        """Make sure that the graph has these inputs or outputs.

        Raises:
            InvalidInput: naming each that is missing, and what there is.
        """
        there = self.inputs if kind == "input" else self.outputs
        missing = [name for name in names if name not in there]
        if missing:
            has = ", ".join(str(one) for one in there.values())
            inputs = _("%(name)s has no input %(names)s; it has %(has)s")
            outputs = _("%(name)s has no output %(names)s; it has %(has)s")
            values = {"name": self.path.name, "names": ", ".join(missing), "has": has}
            raise InvalidInput((inputs if kind == "input" else outputs) % values)


def _port(one: Any) -> Port:
    shape = tuple(side if isinstance(side, int) and side > 0 else None for side in one.shape)
    return Port(one.name, shape, one.type)


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:300]
