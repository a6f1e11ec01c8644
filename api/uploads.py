"""How uploaded files reach the disk: streamed, and never more of one than its limit.

Owns the cap on one file and the fields of a multipart body. Does not own what is in it
(`annotator/services/ingest.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.request import Request

from annotator.core.errors import InvalidInput, Problem
from annotator.services.video_read import SUFFIXES as VIDEO_SUFFIXES
from api.renderers import HAS_NUL


def limit_for(name: str) -> int:
    """How many bytes an uploaded file of this name may have: a ZIP holds many images, and so does a video."""
    if name.lower().endswith(".zip"):
        return settings.MAX_ARCHIVE_BYTES
    return settings.MAX_VIDEO_BYTES if name.lower().endswith(VIDEO_SUFFIXES) else settings.MAX_UPLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file. too_large: why its content is not there, or empty."""

    file: UploadedFile
    name: str
    too_large: str = ""


def named_files(request: Request) -> list[Upload]:
    """The `files` of a multipart body, each with its relative path: from `paths`, or its own name.

    Raises:
        InvalidInput: no files, or not as many paths as files.
    """
    files, paths = request.FILES.getlist("files"), _form(request).getlist("paths")
    if not files:
        raise _invalid("files", _("no files: send them as the multipart field `files`"))
    if paths and len(paths) != len(files):
        counts = {"paths": len(paths), "files": len(files)}
        raise _invalid(
            "paths", _("%(paths)s paths for %(files)s files; each file needs one, in order") % counts
        )
    names = paths or [file.name or "" for file in files]
    return [Upload(file, name, _over_limit(file)) for file, name in zip(files, names, strict=True)]


def form_text(request: Request, name: str, default: str = "") -> str:
    """A text field of a multipart body.

    Raises:
        InvalidInput: it holds U+0000.
    """
    text = str(_form(request).get(name, default))
    if "\0" in text:
        raise _invalid(name, _(HAS_NUL))
    return text


def _form(request: Request) -> QueryDict:
    assert isinstance(request.data, QueryDict)  # the views that take uploads parse nothing but multipart
    return request.data


def _over_limit(file: UploadedFile) -> str:
    limit = limit_for(file.name or "")
    if (file.size or 0) <= limit:
        return ""
    sizes = {"size": round((file.size or 0) / 1e6, 1), "limit": round(limit / 1e6, 1)}
    return _("the file has %(size)s MB; the limit is %(limit)s MB") % sizes


def _invalid(where: str, message: str) -> InvalidInput:
    return InvalidInput(message, [Problem(where, message)])


class CappedFileUploadHandler(TemporaryFileUploadHandler):
    """Writes a file to the disk up to its limit and only counts the rest, so that a huge one fills nothing."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.room = limit_for(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) <= self.room:
            super().receive_data_chunk(raw_data, start)
        elif start <= self.room:
            self.file.truncate(0)
