"""The processes that train together: one, or several GPUs and machines started by accelerate.

Owns what they must agree on: who writes, whose turn it is to stop, the mean of their gradients. Does not own the loop.
Gradients are averaged once a step, after all its parts, instead of while they are made: so a process that runs out of
memory says so first, all halve their batches, and none waits for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

PATIENCE = timedelta(hours=2)  # the others wait while the main one evaluates


@dataclass(frozen=True, slots=True)
class Team:
    """This process among those that train together. `accelerator` is None for one alone."""

    device: torch.device
    rank: int = 0
    size: int = 1
    accelerator: Any = None

    @property
    def main(self) -> bool:
        return self.rank == 0

    def agreed(self, *flags: bool) -> tuple[bool, ...]:
        """For each flag, whether any process raised it."""
        if self.accelerator is None:
            return flags
        import torch

        raised = torch.tensor([float(one) for one in flags], device=self.device)
        return tuple(bool(one) for one in self.accelerator.reduce(raised, reduction="sum") > 0)

    def mean_gradients(self, net: nn.Module) -> None:
        """Replace each gradient by the mean over the processes; one that has none counts as 0."""
        if self.accelerator is None:
            return
        import torch

        trained = [one for one in net.parameters() if one.requires_grad]
        grads = [one.grad if one.grad is not None else torch.zeros_like(one) for one in trained]
        flat = torch.cat([one.reshape(-1) for one in grads])
        mean = self.accelerator.reduce(flat, reduction="mean")
        at = 0
        for one in trained:
            one.grad = mean[at : at + one.numel()].view_as(one)
            at += one.numel()

    def same(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the main one's values, in place."""
        if self.accelerator is not None:
            from accelerate.utils import broadcast

            for one in tensors:
                one.copy_(broadcast(one.clone(), from_process=0))

    def wait(self) -> None:
        """Wait until all are here."""
        if self.accelerator is not None:
            self.accelerator.wait_for_everyone()


def find_team(device: str = "") -> Team:
    """Find out which processes train together: those that `accelerate launch` started, or this one alone.

    Args:
        device: cuda, mps or cpu; empty: the best there is.
    """
    import torch

    from ml_worker.device import find_device

    kind = device or find_device().kind
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team(torch.device(kind))
    from accelerate import Accelerator, InitProcessGroupKwargs

    accelerator = Accelerator(
        cpu=kind == "cpu", mixed_precision="no", kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)]
    )
    return Team(accelerator.device, accelerator.process_index, accelerator.num_processes, accelerator)
