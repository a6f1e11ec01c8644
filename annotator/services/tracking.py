"""Filling objects into other frames of their sequence: copied, propagated by optical flow, interpolated.

Owns which frames an object is put into and what is left alone. Does not own shapes (`core/inbetween.py`,
`assist/flow.py`), the order of frames (`selectors/sequence.py`) nor how a change is stored (`annotation.py`).

- What is filled is an ordinary object with source `filled`, whose id is made of its track and its document: filling
  twice gives the same objects, and the second time writes nothing.
- What a person drew or changed (any source but `filled`) is never touched, nor is a frame that was handed in.
- Each frame is a change of its own. One that is refused is told, and the others are saved.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from annotator.core.document import Annotation
from annotator.core.errors import Conflict, DomainError, InvalidInput, Problem
from annotator.core.inbetween import between
from annotator.core.packing import kind_of, pack
from annotator.job_context import JobContext
from annotator.jobs import job_start
from annotator.models import Annotation as Row
from annotator.models import Document, ImageAsset, Job, Role, User
from annotator.selectors.document import AnnotationRow, select_rows, sql_key, to_core
from annotator.selectors.sequence import FILLED, Frame, frames_of, place_in
from annotator.services.access import require_role
from annotator.services.annotation import CLOSED, PutObject, document_change
from annotator.services.propagate import LEAST_CONFIDENCE, Step

METHODS = ("copy", "propagate", "interpolate")
# More frames than this are filled by a job: a frame takes a hundredth of a second, with its flow a tenth.
AT_ONCE = {"copy": 60, "propagate": 5, "interpolate": 120}
MOST_OBJECTS = 1000  # that are filled at once
TOLD = 200  # frames and objects that an answer names


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fill.

    Attributes:
        image: where the objects are.
        objects: ids; empty for all of the image.
        until: for copies and propagation: the last frame that is filled, before or after `image`.
    """

    image: ImageAsset
    method: str
    objects: tuple[UUID, ...] = ()
    until: ImageAsset | None = None


@dataclass(slots=True)
class Outcome:
    """What became of it.

    Attributes:
        saved: objects that were put. frames: that changed.
        kept: objects that were left as a person had them, or deleted. unchanged: filled ones that were right already.
        skipped: frames that were left out, and objects that were refused or lost: {"image", "name", "reason"}.
    """

    saved: int = 0
    frames: int = 0
    kept: int = 0
    unchanged: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    skipped_count: int = 0

    def skip(self, frame: Frame, reason: str) -> None:
        self.skipped_count += 1
        if len(self.skipped) < TOLD:
            self.skipped.append({"image": str(frame.id), "name": frame.name, "reason": reason})

    def body(self) -> dict[str, Any]:
        return {
            "saved": self.saved,
            "frames": self.frames,
            "kept": self.kept,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "skipped_count": self.skipped_count,
        }


Check = Callable[[float, str], None]


def frames_to_fill(plan: Plan) -> list[Frame]:
    """The frames that a plan goes through, in the order in which they are filled.

    Raises:
        InvalidInput: no such method, or the last frame is of another sequence.
    """
    if plan.method not in METHODS:
        message = _("%(method)r is none of %(methods)s")
        message %= {"method": plan.method, "methods": ", ".join(METHODS)}
        raise InvalidInput(f"method: {message}", [Problem("method", message)])
    frames = frames_of(plan.image)
    if plan.method == "interpolate":
        return frames
    here = place_in(frames, plan.image)
    there = next((k for k, one in enumerate(frames) if plan.until and one.id == plan.until.pk), None)
    if there is None or there == here:
        message = _("another frame of the same sequence is needed, up to which to fill")
        raise InvalidInput(f"until: {message}", [Problem("until", message)])
    return frames[here + 1 : there + 1] if there > here else frames[there:here][::-1]


def fill(*, plan: Plan, user: User | None, check: Check = lambda _share, _stage: None) -> Outcome:
    """Fill objects into frames. Run again, it goes on where it was stopped and changes nothing that is right.

    Args:
        check: called before each frame with the share done and the frame's name; it may raise to stop.

    Raises:
        InvalidInput: see `frames_to_fill`; no such objects in the image; too many. NotAllowed: the role is too low.
    """
    if user is not None:
        require_role(user=user, project=plan.image.project, role=Role.ANNOTATOR)
    frames = frames_to_fill(plan)
    sources = _sources(plan)
    outcome = Outcome()
    wanted = _interpolated(plan, frames, sources) if plan.method == "interpolate" else _carried(
        plan, frames, sources, outcome
    )  # fmt: skip
    for number, (frame, objects) in enumerate(wanted):
        check(number / max(1, len(frames)), frame.name)
        _save(frame, objects, plan.method, user, outcome)
    return outcome


def fill_start(*, plan: Plan, user: User) -> Job | Outcome:
    """Fill at once where it is soon done; else start a job that does.

    Raises:
        InvalidInput: see `fill`.
    """
    frames = frames_to_fill(plan)
    if len(frames) <= AT_ONCE[plan.method]:
        return fill(plan=plan, user=user)
    _sources(plan)
    parameters = {
        "image": str(plan.image.pk),
        "method": plan.method,
        "objects": [str(key) for key in plan.objects],
        "until": str(plan.until.pk) if plan.until else None,
    }
    return job_start(kind="fill", project=plan.image.project, user=user, parameters=parameters)


def run_fill(context: JobContext) -> dict[str, Any]:
    """Fill what the job's parameters say.

    Raises:
        InvalidInput: an image or an object is gone. NotAllowed: the person may not (any more).
    """
    given = context.job.parameters
    images = ImageAsset.objects.select_related("project").filter(deleted=None).in_bulk(
        [UUID(given[name]) for name in ("image", "until") if given[name]]
    )  # fmt: skip
    image = images.get(UUID(given["image"]))
    if image is None:
        raise InvalidInput(_("the image was deleted"))
    until = images.get(UUID(given["until"])) if given["until"] else None
    plan = Plan(image, given["method"], tuple(map(UUID, given["objects"])), until)

    def check(share: float, stage: str) -> None:
        context.check_cancelled()
        context.progress(share, stage)

    return fill(plan=plan, user=context.job.created_by, check=check).body()


def _sources(plan: Plan) -> list[Annotation]:
    """The objects to fill, as they are in the plan's image.

    Raises:
        InvalidInput: some are not there, or there are too many.
    """
    document = Document.objects.get(image=plan.image, role="primary")
    rows = {row.id: row for row in _rows([document.pk])}
    missing = [str(key) for key in plan.objects if str(key) not in rows]
    if missing:
        message = _("the image has no object %(id)s (any more)") % {"id": missing[0]}
        raise InvalidInput(f"objects: {message}", [Problem("objects", message)])
    chosen = [rows[str(key)] for key in plan.objects] if plan.objects else list(rows.values())
    if not 1 <= len(chosen) <= MOST_OBJECTS:
        values = {"count": len(chosen), "limit": MOST_OBJECTS}
        message = _("%(count)s objects; 1 to %(limit)s can be filled at once") % values
        raise InvalidInput(f"objects: {message}", [Problem("objects", message)])
    return [to_core(row) for row in chosen]


def _rows(documents: Iterable[UUID], tracks: Sequence[UUID] = ()) -> list[AnnotationRow]:
    keys = [sql_key(key) for key in documents]
    condition = f"document_id IN ({', '.join(['%s'] * len(keys))}) AND valid_to IS NULL"
    values = list(keys)
    if tracks:
        places = ", ".join(["%s"] * len(tracks))
        condition += f" AND (track IN ({places}) OR (track IS NULL AND uuid IN ({places})))"
        values += [sql_key(key) for key in tracks] * 2
    return select_rows(condition, values)


def _carried(
    plan: Plan, frames: Sequence[Frame], sources: Sequence[Annotation], outcome: Outcome
) -> Iterator[tuple[Frame, list[Annotation]]]:
    """Objects carried from frame to frame. Where a person has drawn one, it goes on from there."""
    step = Step(plan.image) if plan.method == "propagate" else None
    living = list(sources)
    for frame in frames:
        if not living:
            return
        here = _by_track(frame, living)
        if step is not None:
            living = list(_propagated(step, frame, living, outcome))
        elif frame.size != (plan.image.width, plan.image.height):
            outcome.skip(frame, _("it has another size"))
            continue
        yield frame, living
        drawn = {key: to_core(row) for key, row in here.items() if row.source != FILLED}
        living = [
            replace(one, geometry=drawn[one.own_track].geometry, score=None)
            if plan.method == "propagate" and one.own_track in drawn
            else one
            for one in living
        ]


def _propagated(
    step: Step, frame: Frame, objects: Sequence[Annotation], outcome: Outcome
) -> Iterator[Annotation]:
    """The objects that could be followed into a frame; others are told and end here."""
    try:
        found = step.to(frame.id, objects)
    except DomainError as problem:
        outcome.skip(frame, problem.detail)
        return
    for one, proposal in zip(objects, found, strict=True):
        if proposal is None or proposal.confidence < LEAST_CONFIDENCE:
            values = {"id": str(one.id)[:8], "least": LEAST_CONFIDENCE}
            outcome.skip(
                frame, _("object %(id)s was lost: it cannot be found again with confidence") % values
            )
        else:
            yield replace(one, geometry=proposal.geometry, score=round(proposal.confidence, 4))


def _by_track(frame: Frame, objects: Sequence[Annotation]) -> dict[UUID, AnnotationRow]:
    """A frame's own rows of these objects' tracks; the topmost one of each, and what a person drew before all."""
    tracks = [one.own_track for one in objects]
    rows = sorted(_rows([frame.document], tracks), key=lambda row: row.source != FILLED)
    return {UUID(row.track or row.id): row for row in rows}


def _interpolated(
    plan: Plan, frames: Sequence[Frame], sources: Sequence[Annotation]
) -> Iterator[tuple[Frame, list[Annotation]]]:
    """What lies between the keyframes of the objects' tracks, frame by frame."""
    place = {one.document: at for at, one in enumerate(frames)}
    wanted: dict[int, list[Annotation]] = {}
    for keyframes in _keyframes(place, [one.own_track for one in sources]).values():
        places = sorted(keyframes)
        for first, last in pairwise(places):
            a, b = keyframes[first], keyframes[last]
            for at in range(first + 1, last):
                if frames[at].size != frames[first].size:
                    continue
                made = _between(a, b, (at - first) / (last - first), frames[at])
                if made is not None:
                    wanted.setdefault(at, []).append(made)
    for at in sorted(wanted):
        yield frames[at], wanted[at]


def _between(a: Annotation, b: Annotation, t: float, frame: Frame) -> Annotation | None:
    geometry = between(a.geometry, b.geometry, t, height=frame.height, width=frame.width)
    return None if geometry is None else replace(a, geometry=geometry, track=a.own_track, score=None)


def _keyframes(place: Mapping[UUID, int], tracks: Sequence[UUID]) -> dict[UUID, dict[int, Annotation]]:
    """For each track the objects that somebody drew, by their place in the sequence."""
    current = Row.objects.filter(document__in=list(place), valid_to=None).exclude(source=FILLED)
    current = current.filter(Q(track__in=tracks) | Q(track=None, uuid__in=tracks))
    documents = dict(current.values_list("uuid", "document_id"))
    found: dict[UUID, dict[int, Annotation]] = {}
    for row in _rows(set(documents.values()), tracks) if documents else []:
        if row.source != FILLED:
            one = to_core(row)
            found.setdefault(one.own_track, {})[place[documents[one.id]]] = one
    return found


def _save(
    frame: Frame, objects: Sequence[Annotation], method: str, user: User | None, outcome: Outcome
) -> None:
    """Put objects into one frame, as one change."""
    document = Document.objects.select_related("image__project").get(pk=frame.document)
    if document.image.status in CLOSED:
        outcome.skip(frame, _("it is %(status)s") % {"status": document.image.status})
        return
    here = _by_track(frame, objects) if objects else {}
    puts = [put for one in objects if (put := _put(one, here, document, method, outcome)) is not None]
    refused = _change(document, puts, method, user)
    if refused:
        puts, refusals = _without(puts, refused)
        for reason in refusals:
            outcome.skip(frame, reason)
        if puts and (again := _change(document, puts, method, user)):
            outcome.skip(frame, again[0].message)
            puts = []
    outcome.saved += len(puts)
    outcome.frames += bool(puts)


def _put(
    one: Annotation, here: Mapping[UUID, AnnotationRow], document: Document, method: str, outcome: Outcome
) -> PutObject | None:
    """What to put for an object; None where nothing is to be done."""
    track = one.own_track
    present = here.get(track)
    if present is not None and present.source != FILLED:
        outcome.kept += 1
        return None
    identity = UUID(present.id) if present is not None else uuid.uuid5(track, str(document.pk))
    if present is None and method == "interpolate" and _was_deleted(document, identity):
        outcome.kept += 1
        return None
    if present is not None and _same(present, one):
        outcome.unchanged += 1
        return None
    base = None if present is None else present.version
    return PutObject(replace(one, id=identity, track=track, source=FILLED), base)


def _same(present: AnnotationRow, one: Annotation) -> bool:
    return (
        present.kind == kind_of(one.geometry)
        and present.geometry == pack(one.geometry)
        and (present.class_index, present.z, present.is_crowd) == (one.class_index, one.z, one.is_crowd)
        and present.attributes == dict(one.attributes)
    )


def _was_deleted(document: Document, identity: UUID) -> bool:
    """Whether somebody took the object out of the frame after it had been filled in."""
    return Row.objects.filter(uuid=identity, document=document).exists()


def _change(document: Document, puts: Sequence[PutObject], method: str, user: User | None) -> list[Problem]:
    """Store them. Returns what was wrong; then nothing was stored."""
    if not puts:
        return []
    try:
        document_change(
            document=document,
            user=user,
            base_revision=document.revision,
            key=uuid.uuid4().hex,
            put=puts,
            note=method,
            source=FILLED,
            source_ref=method,
        )
    except (InvalidInput, Conflict) as problem:
        return list(problem.problems) or [Problem("", problem.detail)]
    return []


def _without(puts: list[PutObject], problems: Sequence[Problem]) -> tuple[list[PutObject], list[str]]:
    """The objects that no problem names, and what is said of the others; of `put[3].rle`, 3 is meant."""
    said: dict[int, str] = {}
    for problem in problems:
        number = problem.where.removeprefix("put[").split("]")[0]
        if not problem.where.startswith("put[") or not number.isdigit():
            return [], [problem.message]
        said.setdefault(int(number), problem.message)
    return [put for at, put in enumerate(puts) if at not in said], list(said.values())
