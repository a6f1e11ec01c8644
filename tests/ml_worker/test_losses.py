"""Losses: cases by hand, gradients, and independent implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from annotator.core.errors import InvalidInput
from ml_worker.losses import LOSSES, VOID, boundary, cross_entropy, dice, focal, lovasz, total, tversky


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def _case(classes: int = 3, size: int = 6, void: float = 0.2) -> tuple[Tensor, Tensor]:
    logits = torch.randn(2, classes, size, size, dtype=torch.float64)
    target = torch.randint(0, classes, (2, size, size))
    target[torch.rand(target.shape) < void] = VOID
    return logits, target


def _two_pixels() -> tuple[Tensor, Tensor]:
    """Probabilities of the right class 0.8 and 0.4, and a void pixel."""
    shares = torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]]).T.reshape(1, 2, 1, 3)
    return shares.log(), torch.tensor([[[0, 1, VOID]]])


def test_two_pixels_by_hand() -> None:
    logits, target = _two_pixels()
    surprise = [-math.log(0.8), -math.log(0.4)]
    assert float(cross_entropy(logits, target, None)) == pytest.approx(sum(surprise) / 2)
    weights = torch.tensor([1.0, 3.0])
    assert float(cross_entropy(logits, target, weights)) == pytest.approx((surprise[0] + 3 * surprise[1]) / 4)
    expected = (0.2**2 * surprise[0] + 0.6**2 * surprise[1]) / 2
    assert float(focal(logits, target, None)) == pytest.approx(expected)
    # Class 0: right 0.8, predicted 0.8 + 0.6, true 1. Class 1: right 0.4, predicted 0.2 + 0.4, true 1.
    assert float(dice(logits, target, None)) == pytest.approx(1 - (1.6 / 2.4 + 0.8 / 1.6) / 2)
    first = 0.8 / (0.8 + 0.3 * 0.6 + 0.7 * 0.2)
    second = 0.4 / (0.4 + 0.3 * 0.2 + 0.7 * 0.6)
    assert float(tversky(logits, target, None)) == pytest.approx(1 - (first + second) / 2)


def test_boundary_counts_pixels_near_another_class_five_times_and_void_is_no_class() -> None:
    logits = torch.zeros(1, 2, 1, 12)
    logits[0, 0, 0, 0] = 2.0  # far from the border, surer than the others
    target = torch.tensor([[[0] * 6 + [1] * 6]])
    sure, unsure = math.log(1 + math.exp(-2)), math.log(2)
    near, far = 6, 6  # three on each side of the border
    assert float(boundary(logits, target, None)) == pytest.approx(
        (sure + (far - 1) * unsure + 5 * near * unsure) / (far + 5 * near)
    )
    alone = torch.tensor([[[0] * 6 + [VOID] * 6]])
    assert float(boundary(logits, alone, None)) == pytest.approx(float(cross_entropy(logits, alone, None)))


@pytest.mark.parametrize("name", list(LOSSES))
def test_void_pixels_change_nothing(name: str) -> None:
    logits, target = _case()
    other = torch.where((target == VOID).unsqueeze(1), torch.randn_like(logits) * 9, logits)
    assert float(LOSSES[name](logits, target, None)) == pytest.approx(
        float(LOSSES[name](other, target, None))
    )


@pytest.mark.parametrize("name", list(LOSSES))
def test_pictures_of_void_alone_give_nothing_and_a_gradient_of_nothing(name: str) -> None:
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    value = LOSSES[name](logits, torch.full((1, 4, 4), VOID), torch.tensor([1.0, 1.0, 0.0]))
    value.backward()
    assert float(value.detach()) == 0
    assert logits.grad is not None and float(logits.grad.abs().max()) == 0


@pytest.mark.parametrize("name", list(LOSSES))
def test_gradients_are_right(name: str) -> None:
    logits, target = _case(size=4)
    weights = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda x: LOSSES[name](x, target, weights), (logits.requires_grad_(),), eps=1e-6, atol=1e-5
    )


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_sure_and_right_prediction_costs_nothing(name: str) -> None:
    target = torch.randint(0, 3, (1, 8, 8))
    logits = functional.one_hot(target, 3).movedim(-1, 1) * 40.0
    assert float(LOSSES[name](logits, target, None)) == pytest.approx(0, abs=1e-5)


def test_an_excluded_class_is_learned_from_nowhere() -> None:
    logits, target = _case(void=0)
    weights = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    only = torch.where(target == 1, VOID, target)
    assert float(cross_entropy(logits, target, weights)) == pytest.approx(
        float(cross_entropy(logits, only, None))
    )
    for name in ("dice", "tversky", "lovasz"):
        with_others = LOSSES[name](logits, torch.where(target == 1, VOID, target), None)
        assert float(LOSSES[name](logits, only, weights)) == pytest.approx(float(with_others))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_losses_agree_with_independent_implementations(seed: int) -> None:
    """torch's own cross-entropy, and Dice, Tversky and Lovász of segmentation_models_pytorch on images without void."""
    import segmentation_models_pytorch as smp

    torch.manual_seed(seed)
    logits, target = _case(void=0)
    weights = torch.rand(3, dtype=torch.float64) + 0.1
    assert float(cross_entropy(logits, target, weights)) == pytest.approx(
        float(functional.cross_entropy(logits, target, weight=weights)), rel=1e-6
    )
    assert float(dice(logits, target, None)) == pytest.approx(
        float(smp.losses.DiceLoss("multiclass")(logits, target)), rel=1e-5
    )
    theirs = smp.losses.TverskyLoss("multiclass", alpha=0.3, beta=0.7)(logits, target)
    assert float(tversky(logits, target, None)) == pytest.approx(float(theirs), rel=1e-5)
    theirs = smp.losses.LovaszLoss("multiclass", per_image=False)(logits.float(), target)
    assert float(lovasz(logits, target, None)) == pytest.approx(float(theirs), rel=1e-5)


def test_lovasz_of_hard_predictions_is_one_minus_iou() -> None:
    """At the corners of the cube the Lovász extension is the set function itself."""
    target, predicted = torch.randint(0, 2, (1, 8, 8)), torch.randint(0, 2, (1, 8, 8))
    logits = functional.one_hot(predicted, 2).movedim(-1, 1) * 80.0
    ious = [
        float(((predicted == k) & (target == k)).sum()) / float(((predicted == k) | (target == k)).sum())
        for k in (0, 1)
    ]
    assert float(lovasz(logits, target, None)) == pytest.approx(1 - float(np.mean(ious)), abs=1e-5)


def test_total_weighs_each_loss_and_names_those_there_are() -> None:
    logits, target = _case()
    found = total(logits, target, losses=[{"name": "dice", "weight": 0.25}], weights=None)
    assert float(found["dice"]) == pytest.approx(0.25 * float(dice(logits.float(), target, None)))
    with pytest.raises(InvalidInput, match="'hinge' is none of cross_entropy, dice"):
        total(logits, target, losses=[{"name": "hinge", "weight": 1}], weights=None)
