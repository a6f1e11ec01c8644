"""The import job: pictures, videos and annotations of a known format into a project.

Owns how what was read meets what is there: classes by name, pictures by content or name, and whose annotations stay.
Does not own formats (`annotator/formats`), pixels (`image.py`) nor rows (`annotation.py`).

Safe to run again from the beginning: pictures that are there are found by their hash, annotations have ids made of the
job's and are stored under a key of the job. One bad record never stops the others; all are told in the result.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotator.core.document import Annotation, ImageDocument
from annotator.core.errors import DomainError, InvalidInput, Problem
from annotator.formats.codec import FileTree, Format, ReadDataset, object_id
from annotator.formats.registry import AUTO, format_named, format_of
from annotator.formats.tree import stem, suffix
from annotator.job_context import JobContext
from annotator.jobs import job_start
from annotator.models import Annotation as Row
from annotator.models import Document, ImageAsset, Job, Project, Revision, User
from annotator.services.annotation import document_replace_from_import
from annotator.services.files import sha256_of
from annotator.services.image import image_create
from annotator.services.import_classes import ClassMap
from annotator.services.import_objects import storable
from annotator.services.import_staging import PartTree, stage_files, staged_tree, unstage
from annotator.services.video_import import video_take, videos_in
from annotator.services.video_read import VideoOptions, video_options

MAX_PROBLEMS = 200
IN_MEMORY = 16 * 1024 * 1024
ANNOTATION_SUFFIXES = (".json", ".xml")


def import_start(
    *,
    user: User | None,
    project: Project,
    format: str = AUTO,  # noqa: A002  # what the API calls it
    files: Iterable[tuple[str, BinaryIO]] = (),
    urls: Sequence[str] = (),
    replace_existing: bool = False,
    video: Mapping[str, Any] | None = None,
) -> Job:
    """Keep what was uploaded and start an import of it.

    Args:
        files: path inside the dataset and content of each; ZIPs are looked into.
        replace_existing: also replace annotations that people made; they stay in the history.
        video: which frames of videos are taken, and how they are kept: fields of `VideoOptions`.

    Raises:
        UnsupportedFormat: no such format. InvalidInput: neither files nor addresses, unsafe paths, or video options
            that are not right.
    """
    if format != AUTO:
        format_named(format)
    options = video_options(video or {})
    staged = stage_files(files)
    if not staged and not urls:
        raise InvalidInput(_("neither files nor addresses to import"), [Problem("files", _("missing"))])
    parameters = {"format": format, "files": staged, "urls": list(urls), "replace": replace_existing}
    if video:
        parameters["video"] = asdict(options)
    return job_start(kind="import", project=project, user=user, parameters=parameters)


@dataclass(slots=True)
class Tally:
    """What the job has done so far. `problems` is drained now and then, so that it stays small."""

    images: Counter[str] = field(default_factory=Counter[str])
    annotations: int = 0
    clips: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    problems: list[Problem] = field(default_factory=list[Problem])
    told: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    problem_count: int = 0

    def complain(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))

    def drain(self) -> None:
        self.problem_count += len(self.problems)
        room = MAX_PROBLEMS - len(self.told)
        self.told += [
            {"where": one.where[:500], "message": one.message[:1000]} for one in self.problems[:room]
        ]
        self.problems.clear()


def run_import(context: JobContext) -> dict[str, Any]:
    """Import what the job's parameters name.

    Returns:
        {"format", "images": {"created", "duplicate", "matched", "rejected"}, "annotations", "classes": names made,
        "clips": what each video became, "problems": the first 200, "problem_count": all}.

    Raises:
        InvalidInput: nothing can be read.
    """
    project = context.job.project
    if project is None:
        raise InvalidInput(_("the project was deleted"))
    tally = Tally()
    with staged_tree(context, tally.problems) as tree:
        context.progress(
            0.3 if context.job.parameters.get("urls") else 0.0, _("reading the annotation files")
        )
        tree = _Videos(context, project, tally).run(tree)
        fmt, classes = _read(context, project, tree, tally) if tree.names() else (None, [])
    tally.drain()
    unstage(context.job.parameters)
    return {
        "format": fmt.name if fmt is not None else None,
        "images": {key: tally.images[key] for key in ("created", "duplicate", "matched", "rejected")},
        "annotations": tally.annotations,
        "classes": classes,
        "clips": tally.clips,
        "problems": tally.told,
        "problem_count": tally.problem_count,
    }


def _read(
    context: JobContext, project: Project, tree: FileTree, tally: Tally
) -> tuple[Format | None, list[str]]:
    """Take in what is no video. Returns the format, and the names of the classes that were made."""
    name = context.job.parameters.get("format", AUTO)
    fmt = format_of(tree) if name == AUTO else format_named(name)
    dataset = fmt.read(tree, tally.problems) if fmt is not None else _pictures_only(tree, tally)
    context.log(_summary_line(fmt, dataset, tree))
    classes = ClassMap(project, dataset.classes)
    _Importer(context, project, tree, classes, tally).run(dataset)
    return fmt, classes.created


class _Videos:
    """Takes the videos of a tree in, one after the other."""

    def __init__(self, context: JobContext, project: Project, tally: Tally) -> None:
        self._context = context
        self._project = project
        self._tally = tally
        self._options = VideoOptions(**context.job.parameters.get("video", {}))

    def run(self, tree: FileTree) -> FileTree:
        """Take them. Returns the rest of the tree.

        Raises:
            InvalidInput: there is nothing but videos, and none of them could be taken.
        """
        names = videos_in(tree)
        if not names:
            return tree
        rest = PartTree(tree, set(tree.names()) - set(names))
        start = 0.3 if self._context.job.parameters.get("urls") else 0.0
        share = (1 - start) / (len(names) + bool(rest.names()))
        for place, name in enumerate(names):
            try:
                self._take(tree, name, start + place * share, share)
            except DomainError as problem:
                self._tally.images["rejected"] += 1
                self._tally.complain(name, problem.detail.removeprefix(f"{name}: "))
        if not rest.names() and not self._tally.clips:
            problems = self._tally.problems
            raise InvalidInput(f"{problems[0].where}: {problems[0].message}", problems)
        return rest

    def _take(self, tree: FileTree, name: str, start: float, share: float) -> None:
        def check(done: float, frames: int) -> None:
            self._context.check_cancelled()
            stage = _("%(name)s: %(count)s frames") % {"name": name[-150:], "count": frames}
            self._context.progress(start + share * done, stage)

        user = self._context.job.created_by
        clip = video_take(
            project=self._project, user=user, tree=tree, name=name, options=self._options, check=check
        )
        self._tally.images["created"] += clip.created
        self._tally.images["duplicate"] += clip.present
        self._tally.clips.append(clip.body(name))
        values = {"name": name, "created": clip.created, "present": clip.present, "group": clip.group}
        text = _("%(name)s: %(created)s new frames in %(group)s, %(present)s were there already")
        self._context.log(text % values)


def _pictures_only(tree: FileTree, tally: Tally) -> ReadDataset:
    """Take every file as a picture; what is none is refused one by one, annotations of no known format as such."""
    notes = [name for name in tree.names() if suffix(name) in ANNOTATION_SUFFIXES]
    for name in notes:
        tally.images["rejected"] += 1
        tally.complain(
            name, _("not annotations of a known format; choose the format to be told what is wrong")
        )
    names = sorted(set(tree.names()) - set(notes))
    return ReadDataset((), (ImageDocument(name, 0, 0, key=name) for name in names), len(names))


def _summary_line(fmt: Format | None, dataset: ReadDataset, tree: FileTree) -> str:
    title = fmt.title if fmt is not None else _("pictures without annotations")
    values = {
        "title": title,
        "images": dataset.image_count,
        "classes": len(dataset.classes),
        "files": len(tree.names()),
    }
    return _("%(title)s: %(images)s images, %(classes)s classes in %(files)s files") % values


class _Importer:
    """Takes the images of one dataset in, one after the other."""

    def __init__(
        self, context: JobContext, project: Project, tree: FileTree, classes: ClassMap, tally: Tally
    ) -> None:
        self._context = context
        self._project = project
        self._tree = tree
        self._classes = classes
        self._tally = tally
        self._replace = bool(context.job.parameters.get("replace", False))
        self._done: dict[UUID, str] = {}

    def run(self, dataset: ReadDataset) -> None:
        total = max(1, dataset.image_count)
        start = 0.3 if self._context.job.parameters.get("urls") else 0.0
        for number, document in enumerate(dataset.images, start=1):
            self._context.check_cancelled()
            stage = _("image %(n)s of %(total)s") % {"n": number, "total": total}
            self._context.progress(start + (1 - start) * number / total, stage)
            try:
                self._take(document)
            except DomainError as problem:
                self._tally.images["rejected"] += 1
                self._tally.complain(document.name, problem.detail)
            self._tally.drain()

    def _take(self, document: ImageDocument) -> None:
        asset = self._picture(document) if document.key else self._by_name(document.name)
        if asset is None:
            self._tally.images["rejected"] += 1
            return
        if not document.annotations:
            return
        if (asset.width, asset.height) != (document.width, document.height):
            said, seen = f"{document.width} x {document.height}", f"{asset.width} x {asset.height}"
            text = _("the annotations are for %(said)s pixels, the image has %(seen)s; they were left out")
            self._tally.complain(document.name, text % {"said": said, "seen": seen})
            return
        earlier = self._done.setdefault(asset.pk, document.name)
        if earlier != document.name:
            text = _("the same picture as %(name)s, whose annotations were taken; these were left out")
            self._tally.complain(document.name, text % {"name": earlier})
            return
        self._annotate(asset, document)

    def _picture(self, document: ImageDocument) -> ImageAsset | None:
        """Take the picture in, or find it: by content, or as the rendition that an export made of it."""
        with self._tree.open(document.key) as source, tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            shutil.copyfileobj(source, file)
            content = cast("BinaryIO", file)
            if (asset := self._rendered(document, content)) is not None:
                self._tally.images["matched"] += 1
                return asset
            result = image_create(
                project=self._project,
                user=self._context.job.created_by,
                file=content,
                name=document.name,
                group=document.group,
                source_url=document.source_url,
                licence=document.licence,
                attribution=document.attribution,
                split=document.split,
            )
        if result.image is None:
            self._tally.complain(document.key, result.reason or _("refused"))
            return None
        self._tally.images[result.status] += 1
        return result.image

    def _rendered(self, document: ImageDocument, file: BinaryIO) -> ImageAsset | None:
        """Find the image `scan.tif` when its own rendition comes back as `scan.tif.png`."""
        known = ImageAsset.objects.filter(
            project=self._project, deleted=None, name__in=[document.name, stem(document.name)]
        )
        for asset in known:
            if asset.display == asset.original or suffix(asset.display) != suffix(document.name):
                continue
            with default_storage.open(asset.display) as display:
                if sha256_of(cast("BinaryIO", display)) == sha256_of(file):
                    return asset
        return None

    def _by_name(self, name: str) -> ImageAsset | None:
        """Find an image of the project that the dataset names without bringing its picture."""
        living = ImageAsset.objects.filter(project=self._project, deleted=None)
        last = name.rsplit("/", 1)[-1]
        for condition in ({"name": name}, {"name__endswith": f"/{last}"}, {"name__startswith": f"{name}."}):
            found = list(living.filter(**condition)[:2])
            if len(found) == 1:
                self._tally.images["matched"] += 1
                return found[0]
            if found:
                text = _("%(name)s and other images of the project have this name; say which by its path")
                self._tally.complain(name, text % {"name": found[0].name})
                return None
        self._tally.complain(name, _("the picture is neither in the import nor in the project"))
        return None

    def _annotate(self, asset: ImageAsset, document: ImageDocument) -> None:
        target = Document.objects.select_related("image__project").get(image=asset, role="primary")
        key = f"import-{self._context.job.pk}"
        if Revision.objects.filter(document=target, key=key).exists():  # done before this job was interrupted
            self._tally.annotations += len(document.annotations)
            return
        if (
            not self._replace
            and Row.objects.filter(document=target, valid_to=None).exclude(source="import").exists()
        ):
            text = _(
                "the image has annotations that people made; they were kept, and those of the import left out"
            )
            self._tally.complain(document.name, text)
            return
        wanted = list(self._named(document))
        objects = storable(wanted, asset, where=document.name, problems=self._tally.problems)
        document_replace_from_import(
            document=target,
            user=self._context.job.created_by,
            annotations=objects,
            job_id=self._context.job.pk,
        )
        self._tally.annotations += len(objects)

    def _named(self, document: ImageDocument) -> Iterator[Annotation]:
        """Give the objects with the project's class indices and attributes, and with ids that this job always gives."""
        source = f"{self._context.job.pk}/{document.name}"
        for place, annotation in enumerate(document.annotations):
            index = self._classes.index(annotation.class_index)
            attributes = self._classes.attributes(
                annotation.class_index,
                annotation.attributes,
                where=document.name,
                problems=self._tally.problems,
            )
            yield replace(
                annotation,
                id=object_id(source, place),
                class_index=index,
                attributes=attributes,
                source="import",
            )
