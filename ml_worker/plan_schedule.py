"""The part of a plan that follows from the machine and its time: precision, batch, steps, learning rate.

Owns these values. `plan.py` sets those that follow from the data before.
"""

from __future__ import annotations

import math

from ml_worker.plan_cost import batch_that_fits, evaluation_seconds, step_seconds
from ml_worker.plan_draft import Device, Draft, Fingerprint

CPU_MINUTES, GPU_MINUTES = 8.0, 45.0  # what a training may take unless a person says otherwise
EPOCHS = 150  # after so many times through the data a small set has nothing new to say
LEAST_STEPS = 60
EVALUATIONS = 10


def set_schedule(draft: Draft, fingerprint: Fingerprint, architecture: str, device: Device) -> None:
    """Set precision, batch, steps, learning rate and the like: what the machine does in the time there is."""
    values, images = draft.values, int(fingerprint["images"]["train"])
    is_gpu = device["kind"] == "cuda"
    precision = "float32"
    if is_gpu:
        precision = "bfloat16" if device.get("bfloat16", True) else "float16"
    draft.set(
        "precision",
        precision,
        "precision_mixed" if is_gpu else "precision_full",
        "half the memory and twice the speed on this GPU" if is_gpu else "this machine computes fastest so",
    )
    fits = batch_that_fits(values, device)
    default = min(fits, 16 if is_gpu else (2 if architecture == "mask_rcnn" else 4))
    batch = draft.set(
        "batch_size",
        default,
        "batch_memory" if fits <= default else "batch_usual",
        "as many as the memory holds" if fits <= default else "more would make fewer, not better steps",
    )
    draft.set("accumulate", 1, "accumulate_none", "the batch fits as it is")
    seconds = step_seconds(values, device)
    budget = (GPU_MINUTES if is_gpu else CPU_MINUTES) * 60
    per_epoch = max(1, math.ceil(images / batch))
    most = max(LEAST_STEPS, EPOCHS * per_epoch)
    steps = draft.set(
        "steps",
        int(max(LEAST_STEPS, min(most, budget / seconds))),
        "steps_budget" if budget / seconds < most else "steps_epochs",
        "what this machine does in {minutes} minutes"
        if budget / seconds < most
        else "{epochs} times through the data",
        minutes=round(budget / 60),
        epochs=EPOCHS,
    )
    draft.set(
        "evaluate_every",
        max(10, steps // EVALUATIONS),
        "evaluate_ten",
        "{count} looks at the validation images",
        count=EVALUATIONS,
    )
    draft.set(
        "warmup",
        max(5, min(500, steps // 20)),
        "warmup_share",
        "a twentieth of the steps, so that it starts gently",
    )
    _optimiser(draft, architecture, batch)
    draft.set(
        "ema",
        round(min(0.9995, max(0.9, 1 - 10 / steps)), 4),
        "ema_steps",
        "the weights are averaged over the last tenth of the steps",
    )
    cores = int(device.get("cores") or 2)
    draft.set(
        "workers",
        min(8, max(2, cores - 2)) if is_gpu else 1,
        "workers_cores",
        "{cores} cores prepare pictures beside the training",
        cores=cores,
    )
    draft.set("seed", 0, "seed_default", "any number; the same one gives the same training")
    values["device"] = dict(device)
    looks = evaluation_seconds(values, device, fingerprint) * (steps / values["evaluate_every"] + 1)
    values["minutes"] = round((steps * step_seconds(values, device) + looks) / 60, 1)
    validation = int(fingerprint["images"].get("val", 0))
    if validation == 0:
        code = "validation_none" if images > 1 else "validation_one_image"
        text = (
            "no labelled image is in the validation split: some training images are kept back for it"
            if images > 1
            else "there is one labelled image: it is learned from and looked at, so figures say little"
        )
        draft.note("validation", code, text)


def _optimiser(draft: Draft, architecture: str, batch: int) -> None:
    scratch = draft.values["weights"] == "scratch"
    optimizer = draft.set(
        "optimizer", "adamw", "adamw_default", "steady with small batches and short trainings"
    )
    if optimizer == "sgd":
        rate = 0.02 * batch / 16 if architecture == "mask_rcnn" else 0.01 * batch / 8
    else:
        rate = (
            (1e-3 if scratch else 5e-4)
            if architecture != "mask_rcnn"
            else 2e-4 * max(1.0, math.sqrt(batch / 2))
        )
    draft.set(
        "learning_rate",
        float(f"{rate:.2g}"),
        "rate_scratch" if scratch else "rate_gentle",
        "everything has to be learned" if scratch else "gentle, so that what the weights know is kept",
    )
    draft.set("weight_decay", 1e-4 if optimizer == "sgd" else 1e-2, "decay_default", "the usual one")
    draft.set(
        "schedule", "poly", "schedule_default", "falls smoothly to zero, so that the end is the best of it"
    )
