"""What differs between the families of networks while they learn, as a value of four functions and a name.

`train.py` has one loop for all of them. A family says how its samples are made, what its losses are, how it is scored
and how its predictions are painted, in a `Recipe`; `recipe_for` finds the one of a plan. To add a family: write the
four functions beside its data (`semantic.py` is the example), put them into a `Recipe` named `RECIPE`, and name the
module in `MODULES`.

- A **sample** is a mapping of CPU tensors of one picture: `image` is (3, h, w) uint8. Samples stay a list until the
  step: `losses` stacks them and moves them to the device. So the loop can cut a batch into smaller ones when memory
  runs out, and no more than uint8 crosses to a GPU.
- `Samples.sample(epoch, index)` depends on nothing but the plan's seed, `epoch` and `index`: then order and
  augmentation are the same with any number of workers, and after a resume. `augment.generator` makes its randomness.
- `losses` calls the network in training mode and returns named scalars, each times its weight in the plan: the loop
  adds them up, goes backward and reports them. The loop has autocast on.
- `evaluate` is called with the averaged network in evaluation mode, without gradients, on labelled items at full size.
  It returns what `docs/learning_formats.md` calls an evaluate point; `score` (higher is better) and `score_name` must
  be there, `score` null when nothing could be measured. The loop adds `best`.
- `score_name` says what `score` is, also where there is nothing to measure it on.
- `strip` paints truth | prediction of a few items, one below the other: (H, W, 3) uint8 RGB.

Owns the interface. Does not own the loop or any family.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.folder import Dataset, Item, Picture

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Plan = Mapping[str, Any]
"""A plan as `docs/learning_formats.md` has it."""
Sample = Mapping[str, Any]


class Samples(Protocol):
    """Training samples that can be made in any order, in any process."""

    def __len__(self) -> int:
        """How many pictures an epoch goes through."""
        ...

    def sample(self, epoch: int, index: int) -> Sample:
        """The sample of a picture in an epoch; always the same one."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a family of networks learns; see the module's docstring."""

    samples: Callable[[Dataset, Sequence[Item], Plan], Samples]
    losses: Callable[[nn.Module, Sequence[Sample], Plan, torch.device], Mapping[str, Tensor]]
    evaluate: Callable[[nn.Module, Dataset, Sequence[Item], Plan, torch.device], dict[str, Any]]
    strip: Callable[[nn.Module, Dataset, Sequence[Item], Plan, torch.device], Picture]
    score_name: str


MODULES: Mapping[str, str] = {
    "unet": "ml_worker.semantic",
    "fcn": "ml_worker.semantic",
    "mask_rcnn": "ml_worker.instance_learning",
    "click": "ml_worker.click_data",
}


def recipe_for(plan: Plan) -> Recipe:
    """Find the recipe of a plan's architecture: the name RECIPE of its module.

    Raises:
        InvalidInput: there is no such architecture.
    """
    name = plan["architecture"]
    if name not in MODULES:
        raise InvalidInput(
            _("architecture: %(name)r is none of %(names)s") % {"name": name, "names": ", ".join(MODULES)}
        )
    return importlib.import_module(MODULES[name]).RECIPE
