"""The training loop of every network: `fit` reads top to bottom, `train_one_epoch`, `evaluate`, save, again.

Owns the loop, the optimiser's step and what happens when memory or numbers run out. What differs between the families
comes in as a `Recipe` (`recipe.py` says how to write one); processes as a `Team`; reports go out through `Events`.

    outcome = fit(net, dataset, plan, recipe_for(plan), folder=run_folder, events=events, team=team, resume=True)

An epoch is what lies between two evaluations, as in nnU-Net; the curve's `epoch` is how often each picture was seen.
The batch of a step is `batch_size * accumulate` samples over all processes, so that a plan gives the same training on
one GPU and on several. `best.safetensors` holds the averaged (EMA) weights of the best evaluation.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn

from annotator.core.errors import InvalidInput, Unavailable
from annotator.core.words import _
from ml_worker import checkpoint
from ml_worker.data import batches
from ml_worker.folder import Dataset, Item
from ml_worker.model_folder import load_weights, save_weights
from ml_worker.recipe import Plan, Recipe, Sample
from ml_worker.run_folder import Events, write_whole
from ml_worker.team import Team
from ml_worker.watch import TRAINING_SHARE, Watch

BEST = "best.safetensors"
SAVE_SECONDS = 60.0  # between checkpoints within an epoch: what a killed training loses at most
CLIP = 5.0  # norm of the gradients: above the usual 0.1..3, below what one bad batch does
STRIP_IMAGES = 4
FREE_KEYS = ("device", "workers", "minutes", "batch_size", "accumulate")  # of a plan; may differ on resume
CPU_MEMORY = "can't allocate memory"  # torch raises a plain RuntimeError for it on the CPU


@dataclass(slots=True)
class State:
    """Where a training stands: what changes from step to step."""

    net: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    micro: int  # samples that go through the network at once, in each process
    step: int = 0
    best: float | None = None
    best_step: int = -1
    seconds: float = 0.0  # of training, over all attempts


@dataclass(frozen=True, slots=True)
class Run:
    """What stays the same during a training."""

    dataset: Dataset
    plan: Plan
    recipe: Recipe
    folder: Path
    events: Events
    team: Team
    clock: Callable[[], float]

    def autocast(self) -> AbstractContextManager[Any]:
        """Half precision where the plan says so, on a GPU: CPUs are slower with it."""
        kinds = {"bfloat16": torch.bfloat16, "float16": torch.float16}
        kind = kinds.get(self.plan["precision"]) if self.team.device.type == "cuda" else None
        return torch.autocast(self.team.device.type, dtype=kind) if kind else nullcontext()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended. `plan` is the plan as it was carried out; `weights` the best ones."""

    state: str  # done or stopped
    step: int
    best: float | None
    best_step: int
    seconds: float
    weights: Path
    plan: dict[str, Any]


def fit(
    net: nn.Module,
    dataset: Dataset,
    plan: Plan,
    recipe: Recipe,
    *,
    folder: Path,
    events: Events,
    team: Team,
    resume: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Train a network to the end of its plan, or until `stop` appears in the run folder.

    Args:
        net: with the weights that it begins with; `nets/build.py` made it from the plan.
        resume: go on from the last checkpoint in `folder` where there is one.

    Raises:
        InvalidInput: there is nothing to train on; the checkpoint belongs to another plan or dataset, or is damaged;
            the loss is not finite.
        Unavailable: memory or disk ran out.
    """
    run = Run(dataset, plan, recipe, folder, events, team, clock)
    train_items, validation_items = dataset.of_split("train"), dataset.of_split("val")
    if not train_items:
        raise InvalidInput(
            _("no image of the training split is labelled: label some, or give more images to it")
        )
    state = prepare(net, run)
    if resume and (saved := checkpoint.load(folder, events)) is not None:
        restore(state, saved, run)
    samples = recipe.samples(dataset, train_items, plan)
    steps, stopped = plan["steps"], False
    loaded = batches(
        samples,
        plan,
        first=state.step,
        last=steps,
        rank=team.rank,
        ranks=team.size,
        pin=team.device.type == "cuda",
    )
    while state.step < steps and not stopped:
        stopped = train_one_epoch(state, loaded, run, pictures=len(samples))
        if not stopped or state.best_step < 0:
            evaluate(state, validation_items, run)
        save(state, run)
    team.wait()
    carried_out = {**plan, **_batch_of(state, run)}
    return Outcome(
        "stopped" if stopped else "done",
        state.step,
        state.best,
        state.best_step,
        state.seconds,
        folder / BEST,
        carried_out,
    )


def train_one_epoch(state: State, loaded: Iterator[Sequence[Sample]], run: Run, *, pictures: int) -> bool:
    """Train until the next evaluation.

    Args:
        loaded: the samples of each step. pictures: in the training set, for the curve's `epoch`.

    Returns:
        Whether the training is to stop here.
    """
    state.net.train()
    every = run.plan["evaluate_every"]
    last = min((state.step // every + 1) * every, run.plan["steps"])
    watch = Watch(run, pictures)
    saved = run.clock()
    for samples in itertools.islice(loaded, last - state.step):
        rate = learning_rate(run.plan, state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        losses, stop = step_of(state, samples, run)
        update_average(state, run.plan["ema"])
        state.step += 1
        watch.saw(losses, state, rate)
        if stop:
            break
        if run.clock() - saved > SAVE_SECONDS:
            watch.check()
            save(state, run)
            saved = run.clock()
    else:
        stop = False
    watch.check()
    return stop


def step_of(state: State, samples: Sequence[Sample], run: Run) -> tuple[dict[str, Tensor], bool]:
    """One step of the optimiser: all samples, in as many parts as memory needs.

    Returns:
        The losses by name, detached, and whether a stop is wanted.
    """
    while True:
        try:
            losses = backward(state, samples, run)
            out_of_memory = False
        except (torch.OutOfMemoryError, RuntimeError) as problem:
            if not isinstance(problem, torch.OutOfMemoryError) and CPU_MEMORY not in str(problem):
                raise
            losses, out_of_memory = {}, True
        # Outside the except clause: its traceback would keep the tensors alive.
        out_of_memory, stop = run.team.agreed(out_of_memory, run.events.stop_wanted())
        if not out_of_memory:
            break
        halve(state, run)
    run.team.mean_gradients(state.net)
    state.scaler.unscale_(state.optimizer)
    nn.utils.clip_grad_norm_(state.net.parameters(), CLIP)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    return losses, stop


def backward(state: State, samples: Sequence[Sample], run: Run) -> dict[str, Tensor]:
    """Fill the gradients with those of the mean loss over the samples, `state.micro` of them at a time."""
    state.optimizer.zero_grad(set_to_none=True)
    found: dict[str, Tensor] = {}
    for at in range(0, len(samples), state.micro):
        part = samples[at : at + state.micro]
        with run.autocast():
            losses = run.recipe.losses(state.net, part, run.plan, run.team.device)
        share = len(part) / len(samples)
        state.scaler.scale(torch.stack([one.float() for one in losses.values()]).sum() * share).backward()
        for name, one in losses.items():
            found[name] = found.get(name, 0) + one.detach().float() * share  # pyright: ignore[reportArgumentType]
    return found


def halve(state: State, run: Run) -> None:
    """Take half as many samples at once after memory ran out.

    Raises:
        Unavailable: it was only one.
    """
    state.optimizer.zero_grad(set_to_none=True)
    if run.team.device.type == "cuda":
        torch.cuda.empty_cache()
    if state.micro == 1:
        height, width = run.plan["input_size"]
        raise Unavailable(
            _(
                "out of memory at step %(step)s with a single sample of %(width)s x %(height)s: choose a smaller "
                "input_size or encoder, or free the device"
            )
            % {"step": state.step, "width": width, "height": height}
        )
    state.micro //= 2
    run.events.log(
        _("out of memory: from now on %(count)s samples at once, their gradients added up")
        % {"count": state.micro},
        "warning",
    )


def evaluate(state: State, items: Sequence[Item], run: Run) -> None:
    """Score the averaged network on the validation items, keep it if it is the best, paint the strip."""
    if run.team.main:
        run.events.progress(TRAINING_SHARE * state.step / run.plan["steps"], "evaluating")
        net = state.average.eval()
        device = run.team.device
        with torch.no_grad(), run.autocast():
            point = (
                dict(run.recipe.evaluate(net, run.dataset, items, run.plan, device))
                if items
                else {"score": None, "score_name": run.recipe.score_name}
            )
            shown = items[:STRIP_IMAGES] or run.dataset.of_split("train")[:1]
            strip = run.recipe.strip(net, run.dataset, shown, run.plan, device)
        score = point.get("score")
        best = state.best is None or (score is not None and score > state.best)
        if best:
            state.best, state.best_step = score, state.step
            _write_best(net, run)
        run.events.point("evaluate", state.step, {**point, "best": best})
        name = f"strip/{state.step:06d}.jpg"
        (run.folder / "strip").mkdir(exist_ok=True)
        content = cv2.imencode(
            ".jpg", cv2.cvtColor(strip, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88]
        )[1]
        write_whole(run.folder / name, content.tobytes())
        run.events.file("strip", name, step=state.step, images=[one.name for one in shown])
    run.team.wait()


def learning_rate(plan: Plan, step: int) -> float:
    """The learning rate of a step (from 0): a linear warm-up, then poly (power 0.9) or cosine down to 0."""
    warmup, steps = plan["warmup"], plan["steps"]
    if step < warmup:
        return plan["learning_rate"] * (step + 1) / warmup
    part = (step - warmup) / max(1, steps - warmup)
    if plan["schedule"] == "cosine":
        return plan["learning_rate"] * 0.5 * (1 + math.cos(math.pi * part))
    return plan["learning_rate"] * (1 - part) ** 0.9


def update_average(state: State, decay: float) -> None:
    """Move the averaged network towards the trained one; faster in the first steps, when there is little to average."""
    decay = min(decay, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        own, other = list(state.average.parameters()), list(state.net.parameters())
        torch._foreach_lerp_(own, other, 1 - decay)  # pyright: ignore[reportCallIssue, reportArgumentType, reportPrivateImportUsage]
        kept, seen = list(state.average.buffers()), list(state.net.buffers())
        if kept:
            torch._foreach_copy_(kept, seen)  # pyright: ignore[reportPrivateImportUsage]


def prepare(net: nn.Module, run: Run) -> State:
    """Put a network on its device, with its optimiser, average and scaler."""
    device, plan = run.team.device, run.plan
    net.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - torch's stubs lack it
    run.team.same(net.state_dict().values())
    average = copy.deepcopy(net).requires_grad_(False)
    # Norms and biases are not decayed: pulling them to 0 says nothing.
    groups = [
        {"params": [one for one in net.parameters() if one.requires_grad and one.ndim > 1]},
        {
            "params": [one for one in net.parameters() if one.requires_grad and one.ndim <= 1],
            "weight_decay": 0.0,
        },
    ]
    rate, decay = plan["learning_rate"], plan["weight_decay"]
    # Measured on a CPU with 5 million parameters: 18 in place of 48 ms a step.
    fused = device.type in ("cpu", "cuda")
    optimizer: torch.optim.Optimizer
    if plan["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(
            groups, lr=rate, momentum=0.9, nesterov=True, weight_decay=decay, fused=fused
        )
    else:
        optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=decay, fused=fused)
    scaler = torch.amp.GradScaler(
        device.type, enabled=plan["precision"] == "float16" and device.type == "cuda"
    )
    torch.manual_seed(plan["seed"] + run.team.rank)
    return State(net, average, optimizer, scaler, micro=max(1, -(-plan["batch_size"] // run.team.size)))


def save(state: State, run: Run) -> None:
    """Write the checkpoint: everything that the rest of the training depends on.

    The learning rate and the order of the data follow from `step`, the samples from the plan's seed.
    """
    if not run.team.main:
        return
    checkpoint.save(
        run.folder,
        {
            "net": state.net.state_dict(),
            "average": state.average.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "scaler": state.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if run.team.device.type == "cuda" else [],
            "step": state.step,
            "micro": state.micro,
            "best": state.best,
            "best_step": state.best_step,
            "seconds": state.seconds,
            "plan": json.dumps(run.plan),
            "dataset": run.dataset.content_hash,
        },
    )


def restore(state: State, saved: Mapping[str, Any], run: Run) -> None:
    """Take up a saved state.

    Raises:
        InvalidInput: it belongs to another plan or dataset.
    """
    plan = json.loads(saved["plan"])
    if saved["dataset"] != run.dataset.content_hash:
        raise InvalidInput(_("the checkpoint was made on another dataset: start a new training"))
    other = [
        key
        for key in run.plan
        if key not in FREE_KEYS and _canonical(plan.get(key)) != _canonical(run.plan[key])
    ]
    if other:
        raise InvalidInput(
            _("the checkpoint was made by another plan (%(fields)s): start a new training")
            % {"fields": ", ".join(other)}
        )
    state.net.load_state_dict(saved["net"])
    state.average.load_state_dict(saved["average"])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.scaler.load_state_dict(saved["scaler"])
    if run.team.main:  # the others begin a stream of their own: their samples don't depend on it
        torch.set_rng_state(saved["random"])
        if saved["random_cuda"] and run.team.device.type == "cuda":
            torch.cuda.set_rng_state(saved["random_cuda"][run.team.device.index or 0])
    state.step, state.micro, state.seconds = saved["step"], saved["micro"], saved["seconds"]
    if (run.folder / BEST).exists():
        state.best, state.best_step = saved["best"], saved["best_step"]
    run.events.log(
        _("resumed at step %(step)s of %(steps)s") % {"step": state.step, "steps": run.plan["steps"]}
    )


def _canonical(value: Any) -> str:
    """A value of a plan as a text. Databases keep the keys of JSON objects in an order of their own."""
    return json.dumps(value, sort_keys=True)


def load_best(net: nn.Module, outcome: Outcome) -> nn.Module:
    """Give a network the weights of the best evaluation, ready to predict, on the CPU."""
    net.to("cpu")
    load_weights(net, outcome.weights)
    return net.eval()


def _write_best(net: nn.Module, run: Run) -> None:
    try:
        save_weights(net, run.folder / BEST)
    except OSError as problem:
        size = sum(one.numel() * one.element_size() for one in net.state_dict().values())
        raise checkpoint.no_room(run.folder, problem, size) from None


def _batch_of(state: State, run: Run) -> dict[str, int]:
    """The batch as it was carried out, when memory made it smaller."""
    planned = run.plan["batch_size"]
    made = min(planned, state.micro * run.team.size)
    return {"batch_size": made, "accumulate": -(-planned * run.plan["accumulate"] // made)}
