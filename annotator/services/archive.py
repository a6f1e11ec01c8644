"""ZIP archives of images: each member taken in by itself, with every limit counted while it is unpacked.

Owns which members are pictures to take, and the limits. Does not own taking one in (`image.py`).
"""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput
from annotator.models import Project, User
from annotator.services.image import ImageResult, clean_name, image_create
from annotator.services.ingest import Rejected, check_size

CHUNK = 1024 * 1024
IN_MEMORY = 16 * 1024 * 1024
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".directory"}
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError)


def is_zip(file: BinaryIO) -> bool:
    """Whether the content is a ZIP archive, whatever its name; the file is left at its beginning."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", b"PK\x05\x06")


def is_named_zip(name: str) -> bool:
    """Whether the file is called a ZIP archive: if it is none, that is what is wrong with it."""
    return PurePosixPath(name).suffix.lower() == ".zip"


def images_from_zip(
    *, project: Project, user: User | None, file: BinaryIO, name: str, group: str = ""
) -> Iterator[ImageResult]:
    """Take the pictures of an archive into a project, one result for each member.

    Folders, and the litter of operating systems, are skipped without a word. Members that lead outside, links,
    encrypted ones and archives within the archive are rejected one by one.

    Args:
        file: the archive; seekable.
        name: what it is called, for the result when it cannot be read at all.
    """
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN:
        yield ImageResult(
            name, "rejected", None, _("this is no ZIP archive, or one that is damaged or cut short")
        )
        return
    with archive:
        members = [member for member in archive.infolist() if not _is_litter(member)]
        if not members:
            yield ImageResult(name, "rejected", None, _("the ZIP archive holds no files"))
            return
        if len(members) > settings.MAX_ARCHIVE_FILES:
            values = {"count": len(members), "limit": settings.MAX_ARCHIVE_FILES}
            text = _("the archive holds %(count)s files; at most %(limit)s are taken") % values
            yield ImageResult(name, "rejected", None, text)
            return
        budget = int(settings.MAX_ARCHIVE_BYTES)
        for member in members:
            with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR) as target:
                try:
                    budget -= _unpack(archive, member, target, budget)
                except Rejected as error:
                    yield ImageResult(member.filename, "rejected", None, error.detail)
                    continue
                except _BROKEN as error:
                    text = _("damaged inside the archive (%(reason)s)") % {"reason": error}
                    yield ImageResult(member.filename, "rejected", None, text)
                    continue
                yield image_create(project=project, user=user, file=target, name=member.filename, group=group)  # type: ignore[arg-type]


def _is_litter(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return member.is_dir() or "__MACOSX" in path.parts or path.name in LITTER or path.name.startswith("._")


def _unpack(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: tempfile.SpooledTemporaryFile, budget: int
) -> int:
    """Unpack a member, counting what really comes out: the size that it claims may be a lie.

    Returns:
        Its size.

    Raises:
        Rejected: it is no plain file to take, or over a limit.
    """
    _check_member(archive, member)
    size = 0
    with archive.open(member) as source:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > settings.MAX_UPLOAD_BYTES:
                check_size(size)
            if size > budget:
                raise Rejected(_("the archive unpacks to more than the limit of %(limit)s MB")
                               % {"limit": settings.MAX_ARCHIVE_BYTES // 1_000_000})  # fmt: skip
            target.write(chunk)
    return size


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    try:
        clean_name(member.filename)
    except InvalidInput as error:
        raise Rejected(error.detail) from None
    if member.flag_bits & 1:
        raise Rejected(_("encrypted members cannot be read"))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Rejected(_("a link, not a file"))
    with archive.open(member) as source:
        if source.read(4) == b"PK\x03\x04":
            raise Rejected(_("a ZIP archive inside the archive; unpack it first"))
