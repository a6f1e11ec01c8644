"""The classes that a model is measured on, numbered as rows of a confusion matrix.

Owns which classes count and their order. They are those of the plan, then what the dataset has besides: a class that
the model does not know is missed, not left out, or a new model would be compared with an old one on easier terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.document import VOID
from ml_worker.folder import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class ClassSpace:
    """Rows 0 (background, or nothing) and 1.. (classes).

    Attributes:
        indices, names, things: of the classes, without the background.
        background: whether pixels without an object are learned and counted as background.
    """

    indices: tuple[int, ...]
    names: tuple[str, ...]
    things: tuple[bool, ...]
    background: bool

    @property
    def rows(self) -> int:
        """Rows of the matrix, the background's included."""
        return len(self.indices) + 1

    def row_of(self, index: int) -> int:
        """The row of a class; KeyError for one that is none of these."""
        return self.indices.index(index) + 1

    def truth_rows(self, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """(H, W) class indices of the truth as rows; 255 where nothing is counted."""
        table = np.full(256, VOID, np.uint8)
        table[0] = 0 if self.background else VOID
        table[list(self.indices)] = np.arange(1, self.rows)
        return table[labels]

    def prediction_rows(self, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """(H, W) class indices of a prediction as rows; what names no class is row 0, a miss where there is one."""
        table = np.zeros(256, np.uint8)
        table[list(self.indices)] = np.arange(1, self.rows)
        return table[labels]


def class_space(dataset: Dataset, plan: Mapping[str, Any]) -> ClassSpace:
    """The classes of a plan, then those of the dataset that it lacks (of an instance model: things only)."""
    known = [(one["index"], one["name"], bool(one.get("is_thing", True))) for one in plan["classes"]]
    seen = {one[0] for one in known}
    only_things = plan.get("purpose") == "instance"
    known += [
        (one.index, one.name, one.is_thing)
        for one in dataset.classes
        if one.index not in seen and (one.is_thing or not only_things)
    ]
    indices, names, things = zip(*known, strict=True) if known else ((), (), ())
    return ClassSpace(indices, names, things, plan.get("background", "class") == "class")
