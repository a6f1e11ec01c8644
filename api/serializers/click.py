"""Click to segment on the wire: marks in, a proposal out, and whether an image is ready for a model.

Owns the shapes, points along strokes, and the packed logits that a client sends back. Does not own models.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework import serializers

from annotator.assist.inputs import Stroke
from annotator.clicks.interface import Logits, Prompt, Proposal, pixels_of, without_specks
from annotator.clicks.registry import Entry
from annotator.core import raster, rle
from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.selectors.click import Readiness
from annotator.selectors.region import Frame
from api.serializers.assist import (
    MOST_POINTS,
    MOST_STROKES,
    PairField,
    RunsSerializer,
    SidesField,
    StrokeSerializer,
    Window,
)
from api.serializers.base import Input

ALONG = 6  # points taken along a stroke
MOST_MARKS = 200  # points, those along strokes included: each makes the decoder a little slower
LOGIT_STEP = 0.25  # logits travel as whole multiples of this from -32 to 31.75
MOST_LOGITS = 1024 * 1024
MOST_PACKED = 2_000_000

STATES = ["ready", "absent", "queued", "running", "failed"]


class ClickInputSerializer(Input):
    """All coordinates are image pixels."""

    model = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=40, help_text="A name of `/click-models`."
    )
    region = SidesField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The window that `/embeddings` answered; left out: the whole image.",
    )
    positive = serializers.ListField(child=PairField(), required=False, default=list, max_length=MOST_POINTS)
    negative = serializers.ListField(child=PairField(), required=False, default=list, max_length=MOST_POINTS)
    strokes = serializers.ListField(
        child=StrokeSerializer(), required=False, default=list, max_length=MOST_STROKES
    )
    box = SidesField(required=False, help_text="x0, y0, x1, y1 around the object.")
    mask = RunsSerializer(required=False, help_text="The mask to begin with, such as that of an object.")
    previous = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        max_length=MOST_PACKED,
        help_text="`logits` of the last answer for the same object: it refines that.",
    )


class ClickSerializer(serializers.Serializer):
    """What was found; nothing was saved."""

    rle = RunsSerializer(help_text="Over the whole image.")
    bbox = serializers.ListField(
        child=serializers.IntegerField(), help_text="x0, y0, x1, y1; zeros when empty."
    )
    area = serializers.IntegerField(help_text="In pixels.")
    score = serializers.FloatField(allow_null=True, help_text="The model's guess of its IoU, 0 to 1.")
    model = serializers.CharField()
    region = serializers.ListField(child=serializers.IntegerField(), help_text="The window looked at.")
    logits = serializers.CharField(help_text="To be sent back as `previous`.")
    elapsed_ms = serializers.IntegerField()


class EmbeddingInputSerializer(Input):
    """Which image or window shall be made ready."""

    model = serializers.CharField(required=False, allow_null=True, default=None, max_length=40)
    view = SidesField(
        required=False,
        allow_null=True,
        default=None,
        help_text="What is on the screen: x0, y0, x1, y1. On a large image it chooses the window.",
    )


class EmbeddingSerializer(serializers.Serializer):
    """Whether an image, or a window of it, is ready for clicks."""

    model = serializers.CharField()
    region = serializers.ListField(child=serializers.IntegerField(), help_text="For `region` of a click.")
    state = serializers.ChoiceField(choices=STATES)
    progress = serializers.FloatField(help_text="0 to 1.")
    job = serializers.UUIDField(
        allow_null=True, help_text="What makes it ready, where it is of this project."
    )
    reason = serializers.CharField(help_text="Why it failed; empty otherwise.")


class ClickModelSerializer(serializers.Serializer):
    """A click model, and whether this image is ready for it."""

    name = serializers.CharField()
    title = serializers.CharField()
    family = serializers.CharField()
    licence = serializers.CharField()
    is_default = serializers.BooleanField()
    state = serializers.ChoiceField(choices=[*STATES, "broken"], help_text="Of the whole image.")
    problem = serializers.CharField(help_text="What is wrong with a broken one; empty otherwise.")
    clicks_needed = serializers.FloatField(
        allow_null=True,
        help_text="Clicks to an IoU of 0.85 on this project's held-out objects; null where nobody measured it.",
    )


class NotReady(Conflict):
    """The image is being made ready for the model: ask again soon."""

    title = gettext_noop("Not ready yet")
    type = "not-ready"

    def __init__(self, detail: str, extra: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.extra = extra


def embedding_body(entry: Entry, frame: Frame, found: Readiness, *, project: object) -> dict[str, Any]:
    """Whether a window is ready, as it travels. `project`: whose people may see the job."""
    job = found.row.job if found.row is not None else None
    return {
        "model": entry.name,
        "region": list(frame),
        "state": found.state,
        "progress": round(found.progress, 3),
        "job": str(job.pk) if job is not None and job.project_id == project else None,  # pyright: ignore[reportAttributeAccessIssue]
        "reason": found.detail,
    }


def model_body(entry: Entry, *, default: str, state: str, needed: float | None) -> dict[str, Any]:
    """A model as the list shows it."""
    return {
        "name": entry.name,
        "title": entry.title,
        "family": entry.family,
        "licence": entry.licence,
        "is_default": entry.name == default,
        "state": state,
        "problem": entry.problem,
        "clicks_needed": needed,
    }


def prompt_of(given: Mapping[str, Any], window: Window) -> Prompt:
    """The marks of a body in pixels of the picture that was embedded.

    Raises:
        InvalidInput: no marks at all, points outside the window, too many of them, or a `previous` that is none.
    """
    hints = window.hints({**given, "polygons": []})
    positive = np.concatenate([hints.positive, *(_along(one) for one in hints.add)])
    negative = np.concatenate([hints.negative, *(_along(one) for one in hints.remove)])
    if len(positive) + len(negative) == 0 and hints.box is None:
        message = _("a point, a stroke or a box is needed")
        raise InvalidInput(f"positive: {message}", [Problem("positive", message)])
    if len(positive) + len(negative) > MOST_MARKS:
        message = _("%(count)s points along strokes and by themselves; at most %(most)s are taken")
        message %= {"count": len(positive) + len(negative), "most": MOST_MARKS}
        raise InvalidInput(f"strokes: {message}", [Problem("strokes", message)])
    previous = logits_of(given["previous"]) if given["previous"] else None
    return Prompt(positive, negative, hints.box, previous, None if hints.mask is None else hints.mask)


def click_body(proposal: Proposal, entry: Entry, window: Window, elapsed: float) -> dict[str, Any]:
    """A proposal as it travels. `elapsed` in seconds."""
    x0, y0, x1, y1 = window.frame
    scale = (float(1 / window.factor[0]), float(1 / window.factor[1]))
    x, y, pixels = pixels_of(without_specks(proposal), x1 - x0, y1 - y0, scale=scale)
    found = raster.mask_from_bitmap(pixels, x0 + x, y0 + y)
    counts = rle.expand(found, window.image.height, window.image.width)
    return {
        "rle": {
            "size": [window.image.height, window.image.width],
            "counts": rle.counts_to_string(counts),
        },
        "bbox": [found.x, found.y, found.x + found.width, found.y + found.height],
        "area": rle.area(found.counts),
        "score": None if proposal.score is None else round(proposal.score, 4),
        "model": entry.name,
        "region": list(window.frame),
        "logits": packed_logits(proposal.logits),
        "elapsed_ms": round(elapsed * 1000),
    }


def packed_logits(logits: Logits) -> str:
    """Logits as a client keeps them: Base64 of zlib of rows, columns (uint16) and int8 multiples of 0.25.

    The server keeps nothing between two clicks, so that any web process can answer the next one.
    """
    rounded = np.clip(np.rint(logits / LOGIT_STEP), -128, 127).astype(np.int8)
    head = np.array(logits.shape, "<u2").tobytes()
    return base64.b64encode(zlib.compress(head + rounded.tobytes(), 1)).decode("ascii")


def logits_of(packed: str) -> npt.NDArray[np.float32]:
    """Read what `packed_logits` wrote.

    Raises:
        InvalidInput: it is something else.
    """
    message = _("not the logits of an earlier answer")
    refused = InvalidInput(f"previous: {message}", [Problem("previous", message)])
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(base64.b64decode(packed, validate=True), MOST_LOGITS + 4)
    except (binascii.Error, zlib.error, ValueError):
        raise refused from None
    if len(content) < 4:
        raise refused
    rows, columns = np.frombuffer(content[:4], "<u2").tolist()
    if rows == 0 or columns == 0 or len(content) != 4 + rows * columns:
        raise refused
    return np.frombuffer(content[4:], np.int8).reshape(rows, columns).astype(np.float32) * LOGIT_STEP


def _along(stroke: Stroke) -> npt.NDArray[np.float64]:
    """Give points spread evenly along a stroke: as many as it is long in pen widths, a few at most."""
    points = stroke.points
    lengths = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    total = float(lengths.sum())
    if total == 0:
        return points[:1]
    count = int(np.clip(total / max(stroke.radius * 2, 1), 2, ALONG))
    at = (np.arange(count) + 0.5) / count * total
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    return np.stack([np.interp(at, reached, points[:, axis]) for axis in (0, 1)], axis=1)
