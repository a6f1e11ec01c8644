"""What to annotate next: a queue of the unlabelled images, each with its reason.

Owns the acquisition: which image stands where, and why. Does not own the uncertainties and features it is made from
(`uncertainty.py` describes them) nor which images may be ranked (test images never come here). Numpy and scipy alone.

The queue is dealt out slot by slot, so that every stretch of it has the same mixture:
- 15 % uniformly random, always: a fair check on the others, and what an unbiased estimate can be made from.
- a quarter diverse: k-centre greedy on the networks' bottleneck features, away from what is labelled or queued.
- the others uncertain, as ClaSP PE does it: two thirds of them class by class, so that a rare class is asked about as
  often as a common one, the rest by the image's overall uncertainty; drawn with power noise (log score + Gumbel / beta)
  that fades as labels come in, because early on the most uncertain images resemble each other.
Below 20 labelled images the model's uncertainty says little, and everything but the random share is diverse. Of near
duplicates one is queued; the others stand at the end.

Source: Lüth et al. 2026 (arXiv 2601.13677), class-stratified scheduled power predictive entropy; Kirsch et al. 2023,
power acquisition; Sener and Savarese 2018, k-centre greedy; Mittal et al. 2019 and Hacohen et al. 2022, diversity
while labels are few. The shares of the mixture and the schedule by number of labels are ours.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from ml_worker.annotation_time import minutes_to_annotate
from ml_worker.run_folder import Events

RANDOM_SHARE = 0.15
DIVERSE_SHARE = 0.25
STRATIFIED_SHARE = 2 / 3  # of the uncertain ones
FEW_LABELLED = 20
NEAR = 6  # bits of 64 in which the hashes of near duplicates differ at most
BETA = (1.0, 100.0)  # power noise: from flat to hardly any ...
SCHEDULE = (20, 500)  # ... while this many images are labelled
MOST_CENTRES = 1000  # k-centre steps; each costs about 2 ms with 20,000 images
DIMENSIONS = 128  # features are projected to these: distances stay within some 10 %, steps cost a tenth
HASH_BLOCK = 512  # rows of the table of distances held at once

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """The images that can be queued, as arrays; n of them."""

    names: Sequence[str]
    features: npt.NDArray[np.float32] | None  # (n, d), unit length
    uncertainty: Floats  # (n,), 0 where unknown
    by_class: Mapping[int, Floats]  # (n,) for each class
    hashes: npt.NDArray[np.uint64]  # (n,)
    hashed: npt.NDArray[np.bool_]  # (n,) whether there is one


def rank(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rank the unlabelled images.

    Args:
        request: `labelled`, `unlabelled`, `class_map`, `seed`, `count` as `docs/learning_formats.md` has them. A value
            that is not known is null.

    Returns:
        At most `count` entries, position 0 first. The same request gives the same entries.

    Raises:
        InvalidInput: the request is not of this shape.
    """
    labelled, unlabelled = _items(request, "labelled"), _items(request, "unlabelled")
    count = min(int(request.get("count") or len(unlabelled)), len(unlabelled))
    if not unlabelled or count <= 0:
        return []
    rng = np.random.default_rng(int(request.get("seed") or 0))
    pool, old = _pool(labelled, unlabelled, request.get("class_map") or [])
    queue = _Queue(pool, old, len(labelled), rng)
    entries = queue.fill(count)
    minutes = minutes_to_annotate(labelled, unlabelled)
    return [
        {
            "image": pool.names[at],
            "position": position,
            "reason": reason,
            "class": index,
            "score": round(score, 6),
            "minutes": minutes[at],
        }
        for position, (at, reason, index, score) in enumerate(entries)
    ]


def rank_task(request: Mapping[str, Any], folder: Path, events: Events) -> dict[str, Any]:
    """Carry out the task `rank` of a run folder: its result."""
    del folder  # everything is in the request
    events.progress(0.0, "ranking", images=len(request.get("unlabelled") or []))
    entries = rank(request)
    events.progress(1.0, "ranked", images=len(entries))
    return {"entries": entries}


class _Queue:
    """Deals out the slots."""

    def __init__(self, pool: _Pool, old: _Pool, labelled: int, rng: np.random.Generator) -> None:
        self._pool = pool
        self._rng = rng
        count = len(pool.names)
        self._free = np.ones(count, bool)  # neither queued nor a near duplicate of what is
        self._queued = np.zeros(count, bool)
        for at in np.flatnonzero(old.hashed):
            self._shut_out(old.hashes[at])
        self._shuffled = _Order(rng.permutation(count))
        self._centres = _Centres(pool.features, old.features)
        informed = labelled >= FEW_LABELLED and bool(pool.uncertainty.any())
        self._diverse = DIVERSE_SHARE / (1 - RANDOM_SHARE) if informed else 1.0  # of what is not random
        beta = _beta(labelled)
        self._overall = self._noisy(pool.uncertainty, beta) if informed else None
        classes = [index for index, values in pool.by_class.items() if values.any()] if informed else []
        order = rng.permutation(len(classes))
        self._classes = [classes[at] for at in order]
        self._of_class = {index: self._noisy(pool.by_class[index], beta) for index in self._classes}
        self._turns = {"chosen": 0, "uncertain": 0, "class": 0}

    def fill(self, count: int) -> list[tuple[int, str, int | None, float]]:
        """The first `count` places: (image, reason, class, score)."""
        entries: list[tuple[int, str, int | None, float]] = []
        while len(entries) < count and self._free.any():
            entry = self._random() if _due(len(entries), RANDOM_SHARE) else self._chosen()
            entries.append(entry)
            self._take(entry[0])
        left = np.flatnonzero(~self._queued)
        for at in left[np.argsort(-self._pool.uncertainty[left], kind="stable")][: count - len(entries)]:
            score = float(self._pool.uncertainty[at])
            entries.append((int(at), "uncertain" if score else "random", None, score))
        return entries

    def _random(self) -> tuple[int, str, int | None, float]:
        at = self._shuffled.first(self._free)
        return at, "random", None, float(self._pool.uncertainty[at])

    def _chosen(self) -> tuple[int, str, int | None, float]:
        if not _due(self._turn("chosen"), self._diverse):
            return self._uncertain()
        at, distance = self._centres.furthest(self._free, self._shuffled)
        return at, "diverse", None, distance

    def _turn(self, name: str) -> int:
        self._turns[name] += 1
        return self._turns[name] - 1

    def _uncertain(self) -> tuple[int, str, int | None, float]:
        if self._classes and _due(self._turn("uncertain"), STRATIFIED_SHARE):
            for _ in self._classes:
                index = self._classes[self._turn("class") % len(self._classes)]
                at = self._of_class[index].first(self._free)
                value = float(self._pool.by_class[index][at])
                if value > 0:
                    return at, "uncertain", index, value
        assert self._overall is not None
        at = self._overall.first(self._free)
        return at, "uncertain", self._most_uncertain_class(at), float(self._pool.uncertainty[at])

    def _most_uncertain_class(self, at: int) -> int | None:
        values = {index: values[at] for index, values in self._pool.by_class.items() if values[at] > 0}
        return max(values, key=lambda index: (values[index], -index)) if values else None

    def _take(self, at: int) -> None:
        self._queued[at] = True
        self._free[at] = False
        self._centres.add(at)
        if self._pool.hashed[at]:
            self._shut_out(self._pool.hashes[at])

    def _shut_out(self, value: np.uint64) -> None:
        near = np.bitwise_count(self._pool.hashes ^ value) <= NEAR
        self._free &= ~(near & self._pool.hashed)

    def _noisy(self, values: Floats, beta: float) -> _Order:
        """The order of log value + Gumbel / beta: a draw without replacement, sharper the larger beta is."""
        with np.errstate(divide="ignore"):
            noisy = np.log(values) + self._rng.gumbel(size=values.size) / beta
        return _Order(np.argsort(-noisy, kind="stable"))


class _Order:
    """A fixed order that is gone through once."""

    def __init__(self, order: npt.NDArray[np.int64]) -> None:
        self._order = order
        self._at = 0

    def first(self, free: npt.NDArray[np.bool_]) -> int:
        """The first that is still free. What is not free never becomes free again."""
        while not free[self._order[self._at]]:
            self._at += 1
        return int(self._order[self._at])


class _Centres:
    """k-centre greedy: each next one is the furthest from all that are labelled or queued."""

    def __init__(
        self, features: npt.NDArray[np.float32] | None, known: npt.NDArray[np.float32] | None
    ) -> None:
        self._features = features
        self._steps = 0
        self._distance: npt.NDArray[np.float32] | None = None  # squared, to the nearest centre
        if features is None:
            return
        for block in np.array_split(known, math.ceil(len(known) / HASH_BLOCK)) if known is not None else []:
            nearest = 2 - 2 * (features @ block.T).max(axis=1)
            self._distance = nearest if self._distance is None else np.minimum(self._distance, nearest)

    def furthest(self, free: npt.NDArray[np.bool_], otherwise: _Order) -> tuple[int, float]:
        """The free image that is least like all the others, and how unlike they are, 0..1."""
        if self._features is None:
            return otherwise.first(free), 0.0
        if self._distance is None:  # nothing is labelled: begin with the most typical
            likeness = self._features @ self._features[free].mean(axis=0)
            return int(np.where(free, likeness, -np.inf).argmax()), 1.0
        at = int(np.where(free, self._distance, -np.inf).argmax())
        return at, math.sqrt(max(0.0, float(self._distance[at]))) / 2

    def add(self, at: int) -> None:
        """An image is queued: others like it are less needed."""
        if self._features is None or self._steps >= MOST_CENTRES:
            return
        self._steps += 1
        away = 2 - 2 * (self._features @ self._features[at])
        self._distance = away if self._distance is None else np.minimum(self._distance, away)


def _due(slot: int, share: float) -> bool:
    """Whether a slot is one of this share of the slots, evenly spread over them."""
    return math.floor((slot + 1) * share + 1e-9) > math.floor(slot * share + 1e-9)


def _beta(labelled: int) -> float:
    """How sharp the draw is: from `BETA[0]` to `BETA[1]`, evenly on a logarithmic scale, over the `SCHEDULE`."""
    part = min(1.0, max(0.0, (labelled - SCHEDULE[0]) / (SCHEDULE[1] - SCHEDULE[0])))
    return float(BETA[0] * (BETA[1] / BETA[0]) ** part)


# The request as arrays


def _items(request: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = request.get(key)
    if not isinstance(found, list):
        raise InvalidInput(_("%(key)s: a list of images is needed") % {"key": key})
    wrong = [
        Problem(f"{key}[{at}]", _("an image with its id is needed"))
        for at, one in enumerate(found)
        if not isinstance(one, dict) or not one.get("image")
    ]
    if wrong:
        raise InvalidInput(f"{wrong[0].where}: {wrong[0].message}", wrong)
    return found


def _pool(
    labelled: Sequence[Mapping[str, Any]],
    unlabelled: Sequence[Mapping[str, Any]],
    class_map: Sequence[Mapping[str, Any]],
) -> tuple[_Pool, _Pool]:
    raw = [_features(one, f"image {one['image']}") for one in (*unlabelled, *labelled)]
    new, old = _matrices(raw[: len(unlabelled)], raw[len(unlabelled) :])
    indices = [int(one["index"]) for one in class_map]
    return _as_pool(unlabelled, indices, new), _as_pool(labelled, indices, old)


def _as_pool(
    items: Sequence[Mapping[str, Any]], indices: Sequence[int], features: npt.NDArray[np.float32] | None
) -> _Pool:
    hashes = [_hash(one) for one in items]
    per_class = [one.get("class_uncertainty") or {} for one in items]
    return _Pool(
        names=[str(one["image"]) for one in items],
        features=features,
        uncertainty=np.array([_share(one.get("uncertainty")) for one in items], np.float64),
        by_class={
            index: np.array([_share(one.get(str(index))) for one in per_class], np.float64)
            for index in indices
        },
        hashes=np.array([one or 0 for one in hashes], np.uint64),
        hashed=np.array([one is not None for one in hashes], bool),
    )


def _share(value: Any) -> float:
    return min(1.0, max(0.0, float(value))) if value is not None and math.isfinite(value) else 0.0


def _hash(one: Mapping[str, Any]) -> int | None:
    text = one.get("hash")
    if not text:
        return None
    try:
        return int(text, 16) & 0xFFFFFFFFFFFFFFFF
    except (TypeError, ValueError):
        raise InvalidInput(
            _("image %(image)s: the hash %(text)r is not 16 hexadecimal digits")
            % {"image": one["image"], "text": text}
        ) from None


def _features(one: Mapping[str, Any], where: str) -> npt.NDArray[np.float32] | None:
    text = one.get("features")
    if not text:
        return None
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    except (TypeError, ValueError) as problem:
        raise InvalidInput(
            _("%(where)s: the features are not base64 of float16: %(problem)s")
            % {"where": where, "problem": problem}
        ) from None
    return values if values.size and np.isfinite(values).all() else None


def _matrices(
    new: Sequence[npt.NDArray[np.float32] | None], old: Sequence[npt.NDArray[np.float32] | None]
) -> tuple[npt.NDArray[np.float32] | None, npt.NDArray[np.float32] | None]:
    """Features of unit length, projected where they are long. An image without has those of the average one.

    The features of other models have other lengths and say nothing beside these: the most frequent length counts.
    """
    sizes = [one.size for one in new if one is not None]
    if not sizes:
        return None, None
    size = max(set(sizes), key=lambda each: (sizes.count(each), each))
    known = [one for one in old if one is not None and one.size == size]
    present = [one if one is not None and one.size == size else None for one in new]
    mean = np.mean([one for one in present if one is not None], axis=0)
    stacked = np.stack([mean if one is None else one for one in present] + known) - mean
    if size > DIMENSIONS:
        # The projection is the same for every request, so that a ranking doesn't turn with its seed.
        axes = np.random.default_rng(0).standard_normal((size, DIMENSIONS), np.float32)
        stacked = stacked @ axes
    length = np.linalg.norm(stacked, axis=1, keepdims=True)
    unit = (stacked / np.maximum(length, 1e-6)).astype(np.float32)
    return unit[: len(new)], unit[len(new) :] if known else None
