"""Losses of semantic segmentation; all of them learn nothing from void pixels (255).

Owns the formulas. Does not own their weights (`plan.losses`) or how masks become targets (`data.py`). Each takes
`logits` (N, C, H, W) float, `target` (N, H, W) int64 with 0..C-1 or 255, and `weights` (C,) float or None: how much a
class counts. A class of weight 0 is excluded. What has no pixel to learn from is 0, with a gradient of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from annotator.core.errors import InvalidInput
from annotator.core.words import _

VOID = 255
FOCUS = 2.0  # focal loss: Lin et al. 2017 found 2 best
MISSED, FALSE_ALARM = 0.7, 0.3  # Tversky: Salehi et al. 2017 found beta 0.7 best for small structures
BORDER, BORDER_WEIGHT = 3, 5.0  # boundary: pixels within 3 of another class count 5 times


def total(
    logits: Tensor, target: Tensor, *, losses: Sequence[Mapping[str, Any]], weights: Tensor | None
) -> dict[str, Tensor]:
    """The losses of a plan, each times its weight, by name.

    Args:
        losses: [{"name", "weight"}].

    Raises:
        InvalidInput: there is no loss of that name.
    """
    found: dict[str, Tensor] = {}
    for one in losses:
        if one["name"] not in LOSSES:
            raise InvalidInput(
                _("losses: %(name)r is none of %(names)s") % {"name": one["name"], "names": ", ".join(LOSSES)}
            )
        # Sums over many pixels: not in half precision.
        found[one["name"]] = one["weight"] * LOSSES[one["name"]](logits.float(), target, weights)
    return found


def cross_entropy(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Cross-entropy, the mean over the pixels, each weighted by its class."""
    summed = functional.cross_entropy(logits, target, weight=weights, ignore_index=VOID, reduction="sum")
    return summed / _pixel_weights(target, weights).sum().clamp_min(1e-7)


def focal(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Focal loss: cross-entropy times (1 - p)^2, so that easy pixels count little.

    Source: Lin et al. 2017, Focal Loss for Dense Object Detection, equation 5.
    """
    surprise = _surprise(logits, target)
    return _mean((1 - torch.exp(-surprise)) ** FOCUS * surprise, _pixel_weights(target, weights))


def boundary(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Cross-entropy in which pixels within 3 of another class count 5 times. Void is no other class.

    Source: the weight map of Ronneberger et al. 2015, with a border of constant width.
    """
    near = _near_border(target)
    return _mean(
        _surprise(logits, target), _pixel_weights(target, weights) * (1 + (BORDER_WEIGHT - 1) * near)
    )


def dice(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """1 - soft Dice over the whole batch, the mean over the classes that occur in it.

    Source: Milletari et al. 2016, V-Net; over the batch as in nnU-Net.
    """
    hits, predicted, true = _overlaps(logits, target)
    return _class_mean(1 - 2 * hits / (predicted + true).clamp_min(1e-7), true, weights)


def tversky(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """1 - Tversky index: Dice in which missed pixels cost 0.7 and false alarms 0.3.

    Source: Salehi et al. 2017, equation 3.
    """
    hits, predicted, true = _overlaps(logits, target)
    index = hits / (hits + FALSE_ALARM * (predicted - hits) + MISSED * (true - hits)).clamp_min(1e-7)
    return _class_mean(1 - index, true, weights)


def lovasz(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Lovász-softmax: a convex stand-in for 1 - IoU, the mean over the classes that occur.

    Source: Berman et al. 2018, algorithm 1.
    """
    valid = target != VOID
    shares = logits.softmax(1).movedim(1, -1)[valid]  # (P, C)
    truth = target[valid]
    present = torch.bincount(truth, minlength=logits.shape[1])
    values = [
        _lovasz_of_class(shares[:, number], (truth == number).float()) if count else logits.sum() * 0
        for number, count in enumerate(present.tolist())
    ]
    return _class_mean(torch.stack(values), present.to(logits.dtype), weights) + logits.sum() * 0


Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]
LOSSES: Mapping[str, Loss] = {
    "cross_entropy": cross_entropy,
    "dice": dice,
    "focal": focal,
    "lovasz": lovasz,
    "tversky": tversky,
    "boundary": boundary,
}


def _surprise(logits: Tensor, target: Tensor) -> Tensor:
    """-log p of the right class, (N, H, W); 0 in void."""
    return functional.cross_entropy(logits, target, ignore_index=VOID, reduction="none")


def _pixel_weights(target: Tensor, weights: Tensor | None) -> Tensor:
    """(N, H, W): 0 in void, else the weight of the pixel's class."""
    valid = target != VOID
    if weights is None:
        return valid.float()
    return weights[torch.where(valid, target, 0)] * valid


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp_min(1e-7)


def _overlaps(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Soft sizes by class, each (C,): what is right, what is predicted, what is true; void left out."""
    valid = target != VOID
    shares = logits.softmax(1)
    predicted = (shares * valid.unsqueeze(1)).sum((0, 2, 3))
    classes = logits.shape[1]
    if logits.device.type == "cpu":  # of 12 classes half the time of the other way, which suits a GPU
        of = torch.where(valid, target, classes).flatten()
        right = shares.gather(1, torch.where(valid, target, 0).unsqueeze(1)).flatten()
        hits = right.new_zeros(classes + 1).index_add(0, of, right)[:classes]
        return hits, predicted, torch.bincount(of, minlength=classes + 1)[:classes].to(logits.dtype)
    truth = functional.one_hot(torch.where(valid, target, 0), classes).movedim(-1, 1) * valid.unsqueeze(1)
    return (shares * truth).sum((0, 2, 3)), predicted, truth.sum((0, 2, 3)).to(logits.dtype)


def _class_mean(values: Tensor, true: Tensor, weights: Tensor | None) -> Tensor:
    """Mean over the classes that occur and are not excluded; their weights make them no more important."""
    counts = true > 0
    if weights is not None:
        counts = counts & (weights > 0)
    return (values * counts).sum() / counts.sum().clamp_min(1)


def _near_border(target: Tensor) -> Tensor:
    """(N, H, W) float: 1 within BORDER pixels of another class."""
    side = 2 * BORDER + 1
    valid = target != VOID
    labels = target.float().unsqueeze(1)
    high = functional.max_pool2d(torch.where(valid.unsqueeze(1), labels, -1.0), side, 1, BORDER)
    low = -functional.max_pool2d(-torch.where(valid.unsqueeze(1), labels, 1e4), side, 1, BORDER)
    return ((high > low) & valid.unsqueeze(1)).squeeze(1).float()


def _lovasz_of_class(shares: Tensor, truth: Tensor) -> Tensor:
    errors, order = (truth - shares).abs().sort(descending=True)
    truth = truth[order]
    size = truth.sum()
    jaccard = 1 - (size - truth.cumsum(0)) / (size + (1 - truth).cumsum(0))
    steps = torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
    return (errors * steps).sum()
