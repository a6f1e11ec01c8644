"""Follows the loss of a training: stops what is not finite, and writes the points of the train curve.

Owns when a loss is looked at and what a point says. Does not own the steps themselves (`train.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.core.errors import InvalidInput
from annotator.core.words import _

if TYPE_CHECKING:
    from torch import Tensor

    from ml_worker.train import Run, State

POINTS = 200  # of the curve at most
TRAINING_SHARE = 0.9  # of the progress; measuring and exporting have the rest


@dataclass(slots=True)
class Watch:
    """Follows the loss: stops what is not finite, and writes the curve's points.

    On a GPU a loss is looked at one step late, when it has been computed anyway: asking at once would make the GPU wait
    for us in every step.
    """

    run: Run
    pictures: int
    waiting: tuple[int, float, dict[str, Tensor]] | None = None
    sums: dict[str, float] = field(default_factory=dict)
    count: int = 0
    begun: float = 0.0

    def __post_init__(self) -> None:
        self.begun = self.run.clock()

    def saw(self, losses: dict[str, Tensor], state: State, rate: float) -> None:
        """Take the losses of a step that has been made."""
        self.check()
        self.waiting = (state.step, rate, losses)
        every = max(1, self.run.plan["steps"] // POINTS)
        if state.step % every == 0 or state.step == self.run.plan["steps"]:
            self.check()
            self._point(state, rate)

    def check(self) -> None:
        """Look at the losses that wait.

        Raises:
            InvalidInput: they are not finite.
        """
        if self.waiting is None:
            return
        step, rate, losses = self.waiting
        self.waiting = None
        for name, one in losses.items():
            value = float(one)
            if not math.isfinite(value):
                raise InvalidInput(self._not_finite(name, value, step, rate, losses))
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1

    def _not_finite(self, name: str, value: float, step: int, rate: float, losses: dict[str, Tensor]) -> str:
        half = self.run.plan["precision"] == "float16"
        others = ", ".join(f"{key} {float(one):.3g}" for key, one in losses.items())
        text = _(
            "the loss %(name)s became %(value)s at step %(step)s with a learning rate of %(rate)s (%(others)s). Train "
            "again with a lower learning_rate, such as %(lower)s"
        ) % {
            "name": name,
            "value": value,
            "step": step,
            "rate": f"{rate:.3g}",
            "others": others,
            "lower": f"{self.run.plan['learning_rate'] / 10:.2g}",
        }
        return text + _(", or with precision bfloat16 or float32") if half else text

    def _point(self, state: State, rate: float) -> None:
        seconds = max(self.run.clock() - self.begun, 1e-6)
        state.seconds += seconds
        batch = self.run.plan["batch_size"] * self.run.plan["accumulate"]
        left = (self.run.plan["steps"] - state.step) * seconds / max(1, self.count)
        losses = {name: total / max(1, self.count) for name, total in self.sums.items()}
        values = {
            "loss": sum(losses.values()),
            "losses": losses,
            "learning_rate": rate,
            "images_per_second": round(self.count * batch / seconds, 2),
            "seconds_left": round(left, 1),
            "epoch": round(state.step * batch / self.pictures, 2),
        }
        self.run.events.point("train", state.step, values)
        self.run.events.progress(
            TRAINING_SHARE * state.step / self.run.plan["steps"],
            "training",
            step=state.step,
            steps=self.run.plan["steps"],
        )
        self.sums, self.count, self.begun = {}, 0, self.run.clock()
