"""Images of a project: taken in, described, deleted.

Owns names, groups, splits and duplicates. Does not own decoding (`ingest.py`), archives (`archive.py`), nor the
workflow (`workflow.py`).

A row is only made when all its files are stored; files without a row are harmless, since the same content would get
the same name again.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.document import Split
from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.models import DatasetVersionItem, Document, ImageAsset, Project, User
from annotator.services.files import content_name, file_store, sha256_of
from annotator.services.ingest import FORMATS, Decoded, Rejected, check_size, decode
from annotator.services.prediction import prelabel_request
from annotator.services.pyramid import pyramid_forget, pyramid_start, tiled_fields

MAX_NAME = 500
IMAGE_FIELDS = {"name": 500, "group": 200, "source_url": 1000, "licence": 200, "attribution": 500}
NAME_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What became of one uploaded file.

    Attributes:
        status: created, duplicate (image is the one that is there) or rejected (reason says why).
    """

    name: str
    status: str
    image: ImageAsset | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known about an image besides its pixels. split: only where a dataset that is imported says it."""

    group: str = ""
    source_url: str = ""
    licence: str = ""
    attribution: str = ""
    split: Split | None = None


def image_create(
    *,
    project: Project,
    user: User | None,
    file: BinaryIO,
    name: str,
    group: str = "",
    source_url: str = "",
    licence: str = "",
    attribution: str = "",
    split: Split | None = None,
) -> ImageResult:
    """Take one file into a project. Never raises for what is wrong with the file: the result says it.

    Args:
        file: seekable, positioned anywhere.
        name: path inside the dataset; a name that is taken gets a number, `a (2).png`.
        group: sequence, patient or slide; all its images are in one split.
    """
    try:
        clean = clean_name(name)
        sha256, size = _measured(file)
        existing = ImageAsset.objects.filter(project=project, sha256=sha256, deleted=None).first()
        if existing is not None:
            return _duplicate(name, existing)
        info = ImageInfo(group.strip(), source_url, licence, attribution, split)
        _check_info(asdict(info))
        decoded = decode(file, size)
        fields = picture_store(file, sha256, size, decoded)
        return _insert(project, user, clean, info, fields)
    except Rejected as error:
        return ImageResult(name, "rejected", None, error.detail)
    except InvalidInput as error:
        return ImageResult(
            name, "rejected", None, "; ".join(p.message for p in error.problems) or error.detail
        )


def _measured(file: BinaryIO) -> tuple[str, int]:
    file.seek(0, io.SEEK_END)
    check_size(file.tell())
    return sha256_of(file)


def _duplicate(name: str, existing: ImageAsset) -> ImageResult:
    return ImageResult(name, "duplicate", existing, _("the same file as %(name)s") % {"name": existing.name})


def picture_store(file: BinaryIO, sha256: str, size: int, decoded: Decoded) -> dict[str, Any]:
    """Store the files; the fields of the row that speak of them."""
    original = file_store(content_name("originals", sha256, FORMATS[decoded.format]), file)
    display = original
    thumbnail = content_name("thumbnails", sha256, ".webp")
    tiled = {}
    if decoded.large:  # its pyramid's job writes the thumbnail, and the upright picture where that is another
        tiled = tiled_fields(decoded.width, decoded.height)
        if decoded.turned:
            display = content_name("displays", sha256, ".jpg" if decoded.format == "JPEG" else ".tif")
    else:
        file_store(thumbnail, io.BytesIO(decoded.thumbnail))
    if decoded.display is not None:
        display = file_store(content_name("displays", sha256, ".png"), io.BytesIO(decoded.display))
    return {
        **tiled,
        "sha256": sha256,
        "size_bytes": size,
        "format": decoded.format,
        "width": decoded.width,
        "height": decoded.height,
        "original": original,
        "display": display,
        "thumbnail": thumbnail,
        "perceptual_hash": decoded.perceptual_hash,
        "sharpness": decoded.sharpness,
        "exposure": decoded.exposure,
    }


def _insert(
    project: Project, user: User | None, name: str, info: ImageInfo, fields: Mapping[str, Any]
) -> ImageResult:
    """Make the row and its primary document; somebody may upload the same name or file at the same time."""
    rest = {key: value for key, value in asdict(info).items() if key != "split"}
    for _attempt in range(NAME_ATTEMPTS):
        try:
            with transaction.atomic():
                image = ImageAsset.objects.create(
                    project=project,
                    name=free_name(project, name),
                    split=info.split or split_for(project, info.group, fields["sha256"]),
                    created_by=user,
                    **rest,
                    **fields,
                )
                Document.objects.create(image=image)
                if not image.is_tiled or pyramid_start(image=image, user=user) is None:
                    prelabel_request(project=project)  # else the pyramid's job asks for it
                return ImageResult(name, "created", image)
        except IntegrityError:
            existing = ImageAsset.objects.filter(
                project=project, sha256=fields["sha256"], deleted=None
            ).first()
            if existing is not None:
                return _duplicate(name, existing)
    raise Conflict(_("no free name for %(name)s") % {"name": name})


def clean_name(name: str) -> str:
    """A name as a path inside the dataset: `/`-separated, relative, no `..`, no control characters.

    Raises:
        InvalidInput: it has no name, leads outside, or is too long.
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))
    parts = [part.strip() for part in text.split("/") if part.strip() not in ("", ".")]
    problem = ""
    if text.startswith("/") or ".." in parts or re.match(r"^[A-Za-z]:", text):
        problem = _("the name %(name)r leads outside the dataset") % {"name": name}
    elif not parts:
        problem = _("the file has no name")
    elif len("/".join(parts)) > MAX_NAME:
        problem = _("the name is longer than %(limit)s characters") % {"limit": MAX_NAME}
    if problem:
        raise InvalidInput(problem, [Problem("name", problem)])
    return "/".join(parts)


def free_name(project: Project, name: str) -> str:
    """The name itself, or with the first number that makes it unique: `a (2).png`."""
    living = ImageAsset.objects.filter(project=project, deleted=None)
    if not living.filter(name=name).exists():
        return name
    path = PurePosixPath(name)
    stem = str(path.with_suffix(""))
    taken = set(living.filter(name__startswith=f"{stem} (").values_list("name", flat=True))
    number = 2
    while f"{stem} ({number}){path.suffix}" in taken:
        number += 1
    return (
        f"{stem[: MAX_NAME - 20]} ({number}){path.suffix}"
        if len(name) > MAX_NAME - 20
        else f"{stem} ({number}){path.suffix}"
    )


def split_for(project: Project, group: str, sha256: str) -> str:
    """The split of a new image: that of its group, or by a salted hash of its group or, without one, of its content.

    Whoever uploads in whatever order, and however often, the same images land in the same splits.
    """
    if group:
        there = (
            ImageAsset.objects.filter(project=project, group=group).values_list("split", flat=True).first()
        )
        if there:
            return there
    text = f"{project.split_salt}/{'group' if group else 'image'}/{group or sha256}"
    share = int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12
    if share < project.split_test_share:
        return Split.TEST.value
    if share < project.split_test_share + project.split_val_share:
        return Split.VAL.value
    return Split.TRAIN.value


@transaction.atomic
def image_update(*, image: ImageAsset, changes: Mapping[str, Any]) -> ImageAsset:
    """Change some of: name, group, source_url, licence, attribution.

    An image that gets into a group takes the group's split. In a frozen version its split has been used already, and
    changing it would leak between splits: then the group is refused if it would.

    Raises:
        InvalidInput: a value breaks a rule. Conflict: the name is taken, or the group is refused.
    """
    image = ImageAsset.objects.select_for_update().select_related("project").get(pk=image.pk)
    fields = _check_info(changes)
    if "name" in fields:
        fields["name"] = clean_name(fields["name"])
        taken = ImageAsset.objects.filter(project=image.project, name=fields["name"], deleted=None).exclude(
            pk=image.pk
        )
        if taken.exists():
            problem = Problem("name", _("%(name)r is taken by another image") % {"name": fields["name"]})
            raise Conflict(problem.message, [problem])
    if fields.get("group", image.group) != image.group:
        fields["split"] = _split_in_group(image, fields["group"])
    for field, value in fields.items():
        setattr(image, field, value)
    image.save(update_fields=[*fields, "updated"])
    return image


def _split_in_group(image: ImageAsset, group: str) -> str:
    others = ImageAsset.objects.filter(project=image.project, group=group).exclude(pk=image.pk)
    split = others.values_list("split", flat=True).first() if group else image.split
    split = split or image.split  # the first image of a group brings its split along
    if split != image.split and DatasetVersionItem.objects.filter(image=image).exists():
        message = _("the group is in %(theirs)s, but a frozen version holds this image in %(mine)s")
        message %= {"theirs": split, "mine": image.split}
        raise Conflict(message, [Problem("group", message)])
    return split


def _check_info(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Texts about an image, checked.

    Raises:
        InvalidInput: naming all that is wrong.
    """
    problems: list[Problem] = []
    fields: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "split" or value is None:
            continue
        if field not in IMAGE_FIELDS:
            problems.append(Problem(field, _("unknown field")))
            continue
        fields[field] = str(value).strip()
        if len(fields[field]) > IMAGE_FIELDS[field]:
            problems.append(
                Problem(field, _("at most %(limit)s characters") % {"limit": IMAGE_FIELDS[field]})
            )
    url = fields.get("source_url")
    if url and urlsplit(url).scheme not in ("http", "https"):
        problems.append(Problem("source_url", _("%(url)r is no http or https address") % {"url": url}))
    if problems:
        raise InvalidInput(problems[0].message, problems)
    return fields


@transaction.atomic
def image_delete(*, image: ImageAsset) -> None:
    """Take an image out of the project. Its row, objects and files stay: frozen versions may hold it.

    Only the tile pyramid of a large image goes, since it can be made again from the original.
    """
    image = ImageAsset.objects.select_for_update().get(pk=image.pk)
    gone = ImageAsset.objects.filter(pk=image.pk, deleted=None).update(
        deleted=timezone.now(), claimed_by=None, claimed_until=None
    )
    if gone and image.is_tiled:
        pyramid_forget(image=image)
