"""How a click model learns: its recipe for the training loop, with clicks that follow its own errors.

Owns tensors of samples, the clicks that are added while it learns, the losses, the score on validation images and the
strip. Does not own the loop (`train.py`), the samples (`click_samples.py`) nor counting clicks (`click_eval.py`).

The losses are binary cross-entropy and Dice in equal parts. Dice counts an object of 200 pixels as much as one of
20,000 and is close to the IoU that people judge by; cross-entropy keeps the gradient alive where Dice saturates and
makes the logits likelihoods, which the next click gives back to the model as the last mask. RITM's normalised focal
loss (`focal`) is there to be chosen: it needs longer trainings than a small machine makes.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM) for the iterative training; Sofiiuk, Barinova, Konushin 2019 (AdaptIS)
for the normalised focal loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from annotator.clicks.click_net import ClickNetSettings
from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.click_samples import Pictures, Sample, Sampler, Scene, click_maps
from ml_worker.click_simulate import Click, near_click, next_click
from ml_worker.folder import Dataset, Item, Picture
from ml_worker.recipe import Plan, Recipe
from ml_worker.recipe import Sample as Tensors

RADIUS = ClickNetSettings().radius
MOST_CLICKS = 16  # of a sample, those that are added included
ADDED = (0.35, 0.3, 0.2, 0.15)  # shares of batches to which none, one, two and three clicks are added
AGAIN = 0.25  # of added steps add no click: a closer look shows the model its own mask and the same clicks
SCORED = 48  # objects of the validation images by which the best checkpoint is chosen: seconds, not minutes
SCORED_AFTER = 3  # clicks
SCORE = "iou_3_clicks"
SCORED_AT_ONCE = 8
SHOWN = 6  # objects in the strip
GAMMA = 2.0  # of the normalised focal loss, as RITM has it
LOSSES: Sequence[Mapping[str, Any]] = (
    {"name": "cross_entropy", "weight": 1.0},
    {"name": "dice", "weight": 1.0},
)


class ClickSamples:
    """Training samples by epoch and index; see `recipe.Samples`."""

    def __init__(self, dataset: Dataset, items: Sequence[Item], plan: Plan) -> None:
        self.seed = int(plan.get("seed", 0))
        augmentation = plan.get("augmentation") or {}
        self.sampler = Sampler(Pictures(dataset, items), side=side_of(plan), augmentation=augmentation)
        if not self.sampler.targets:
            raise InvalidInput(
                _(
                    "the training images hold no object to click at: at least one of 16 pixels that is neither void "
                    "nor a crowd is needed"
                )
            )

    def __len__(self) -> int:
        return len(self.sampler.targets)

    def sample(self, epoch: int, index: int) -> Tensors:
        """Draw a sample; the same one for the same epoch and index."""
        rng = np.random.default_rng([self.seed, epoch, index])
        return as_tensors(self.sampler.draw(rng), seed=int(rng.integers(2**31)))


def as_tensors(sample: Sample, *, seed: int) -> Tensors:
    """Give a sample as tensors: pictures and masks as uint8, clicks as (MOST_CLICKS, 3) x, y, positive; -1: none."""
    scene = sample.scene
    return {
        "image": torch.from_numpy(np.ascontiguousarray(scene.picture.transpose(2, 0, 1))),
        "truth": torch.from_numpy(scene.truth.astype(np.uint8)),
        "ignore": torch.from_numpy(scene.ignore.astype(np.uint8)),
        "previous": torch.from_numpy(np.rint(sample.previous * 255).astype(np.uint8)),
        "clicks": torch.from_numpy(_as_rows(sample.clicks)),
        "seed": torch.tensor(seed),
    }


def losses(net: nn.Module, samples: Sequence[Tensors], plan: Plan, device: torch.device) -> dict[str, Tensor]:
    """Let the net look, click at its own errors, and give the losses of its last answer."""
    image = _pictures(samples, device)
    truth = _stacked(samples, "truth", device)
    counts = 1 - _stacked(samples, "ignore", device)
    previous = _stacked(samples, "previous", device) / 255
    clicks = [_as_clicks(one["clicks"].numpy()) for one in samples]
    previous = _with_own_errors(net, samples, image, clicks, previous)
    logits = net(image, _maps(clicks, image), previous)
    return losses_of(logits.float(), truth, counts, plan.get("losses") or LOSSES)


def evaluate(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> dict[str, Any]:
    """Give the mean IoU after three clicks on a fixed part of the objects, each in a closer look at it."""
    scores: list[float] = []
    missed: list[float] = []
    sampler = Sampler(Pictures(dataset, items), side=side_of(plan), augmentation={})
    targets = sampler.targets[:: max(1, len(sampler.targets) // SCORED)][:SCORED]
    for begin in range(0, len(targets), SCORED_AT_ONCE):
        scenes = [sampler.scene(one, None) for one in targets[begin : begin + SCORED_AT_ONCE]]
        logits = clicked(net, scenes, SCORED_AFTER, device)
        for scene, found in zip(scenes, logits, strict=True):
            scores.append(_iou(found > 0, scene))
            missed.append(_mean_entropy(found, scene))
    return {
        "score": float(np.mean(scores)) if scores else None,
        "score_name": SCORE,
        "mean_iou": float(np.mean(scores)) if scores else None,
        "validation_loss": float(np.mean(missed)) if missed else None,
    }


def strip(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> Picture:
    """Paint objects below each other: the truth | what is found after one click | after three."""
    sampler = Sampler(Pictures(dataset, items), side=side_of(plan), augmentation={})
    targets = sampler.targets[:: max(1, len(sampler.targets) // SHOWN)][:SHOWN]
    scenes = [sampler.scene(one, None) for one in targets]
    if not scenes:
        return np.zeros((side_of(plan), 3 * side_of(plan), 3), np.uint8)
    columns = [np.stack([one.truth for one in scenes])]
    columns += [clicked(net, scenes, count, device) > 0 for count in (1, SCORED_AFTER)]
    rows = [
        np.hstack([_painted(scene.picture, column[k]) for column in columns])
        for k, scene in enumerate(scenes)
    ]
    return np.vstack(rows)


RECIPE = Recipe(samples=ClickSamples, losses=losses, evaluate=evaluate, strip=strip, score_name=SCORE)


@torch.no_grad()
def clicked(
    net: nn.Module, scenes: Sequence[Scene], count: int, device: torch.device
) -> npt.NDArray[np.float32]:
    """Click at scenes as RITM does, each next click in the middle of the largest error.

    Args:
        net: in evaluation mode.

    Returns:
        (N, s, s) float32 logits after the last click.
    """
    side = scenes[0].truth.shape[0]
    pictures = np.stack([one.picture for one in scenes]).transpose(0, 3, 1, 2)
    image = torch.from_numpy(np.ascontiguousarray(pictures)).to(device).float() / 255
    clicks: list[list[Click]] = [[] for _ in scenes]
    logits = np.full((len(scenes), side, side), -1, np.float32)
    previous = torch.zeros((len(scenes), 1, side, side), device=device)
    for _step in range(count):
        for scene, own, found in zip(scenes, clicks, logits, strict=True):
            click = next_click(scene.truth, found > 0, scene.ignore)
            own += [] if click is None else [click]
        answer = net(image, _maps(clicks, image), previous).float()
        previous = torch.sigmoid(answer)
        logits = answer[:, 0].cpu().numpy()
    return logits


def side_of(plan: Plan) -> int:
    """The side of the squares that a plan's click model learns from.

    Raises:
        InvalidInput: it is no multiple of 32.
    """
    side = int(plan["input_size"][0])
    if side < 32 or side % 32:
        raise InvalidInput(
            _("input_size: %(size)s; a click model needs sides that are multiples of 32")
            % {"size": plan["input_size"]}
        )
    return side


@torch.no_grad()
def _with_own_errors(
    net: nn.Module,
    samples: Sequence[Tensors],
    image: Tensor,
    clicks: list[list[Click]],
    previous: Tensor,
) -> Tensor:
    """Let the net answer, and add to `clicks` those at its errors. Gives the last masks."""
    rng = np.random.default_rng([int(one["seed"]) for one in samples])
    count = int(rng.choice(len(ADDED), p=ADDED))
    if count == 0:
        return previous
    truths = [one["truth"].numpy() > 0 for one in samples]
    ignored = [one["ignore"].numpy() > 0 for one in samples]
    net.eval()
    for _step in range(count):
        previous = torch.sigmoid(net(image, _maps(clicks, image), previous).float())
        if rng.random() < AGAIN:
            continue
        found = previous[:, 0].cpu().numpy() > 0.5
        for own, truth, ignore, mask in zip(clicks, truths, ignored, found, strict=True):
            click = near_click(truth, mask, rng, ignore)
            if click is not None and len(own) < MOST_CLICKS:
                own.append(click)
    net.train()
    return previous


def losses_of(
    logits: Tensor, truth: Tensor, counts: Tensor, wanted: Sequence[Mapping[str, Any]]
) -> dict[str, Tensor]:
    """Give each wanted loss times its weight.

    Args:
        logits, truth: (N, 1, h, w). counts: 1 where a pixel counts, 0 in void. wanted: `losses` of the plan.

    Raises:
        InvalidInput: there is no such loss for a click model.
    """
    kinds = {"cross_entropy": _cross_entropy, "dice": _dice, "focal": _normalised_focal}
    found: dict[str, Tensor] = {}
    for one in wanted:
        if one["name"] not in kinds:
            raise InvalidInput(
                _("losses: %(name)r is none of %(names)s for a click model")
                % {"name": one["name"], "names": ", ".join(kinds)}
            )
        found[one["name"]] = float(one["weight"]) * kinds[one["name"]](logits, truth, counts)
    return found


def _cross_entropy(logits: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (each * counts).sum() / counts.sum().clamp(min=1)


def _dice(logits: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    likely = torch.sigmoid(logits) * counts
    both = (likely * truth).sum((1, 2, 3))
    either = likely.sum((1, 2, 3)) + (truth * counts).sum((1, 2, 3))
    return (1 - (2 * both + 1) / (either + 1)).mean()


def _normalised_focal(logits: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    weight = (1 - torch.exp(-each)) ** GAMMA * counts
    total = weight.detach().sum((1, 2, 3)).clamp(min=1e-6)
    return ((weight * each).sum((1, 2, 3)) / total).mean()


def _pictures(samples: Sequence[Tensors], device: torch.device) -> Tensor:
    return torch.stack([one["image"] for one in samples]).to(device).float() / 255


def _stacked(samples: Sequence[Tensors], name: str, device: torch.device) -> Tensor:
    return torch.stack([one[name] for one in samples]).to(device).float()[:, None]


def _maps(clicks: Sequence[Sequence[Click]], image: Tensor) -> Tensor:
    side = image.shape[-1]
    maps = np.stack([click_maps(one, side, radius=RADIUS) for one in clicks])
    return torch.from_numpy(maps).to(image.device)


def _as_rows(clicks: Sequence[Click]) -> npt.NDArray[np.float32]:
    rows = np.full((MOST_CLICKS, 3), -1, np.float32)
    for row, one in zip(rows, clicks, strict=False):
        row[:] = one.x, one.y, one.positive
    return rows


def _as_clicks(rows: npt.NDArray[np.float32]) -> list[Click]:
    return [Click(float(x), float(y), on > 0.5) for x, y, on in rows if on >= 0]


def _iou(found: npt.NDArray[np.bool_], scene: Scene) -> float:
    found = found & ~scene.ignore
    return float((found & scene.truth).sum() / max(1, (found | scene.truth).sum()))


def _mean_entropy(logits: npt.NDArray[np.float32], scene: Scene) -> float:
    """Binary cross-entropy of the logits, in nats a pixel."""
    signed = np.where(scene.truth, logits, -logits)
    return float(np.logaddexp(0, -signed)[~scene.ignore].mean()) if (~scene.ignore).any() else 0.0


def _painted(picture: Picture, mask: npt.NDArray[np.bool_]) -> Picture:
    tinted = picture.copy()
    tinted[mask] = (tinted[mask] * 0.55 + np.array([60, 140, 255]) * 0.45).astype(np.uint8)
    outlines, _tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(tinted, outlines, -1, (255, 255, 255), 1), np.uint8)
