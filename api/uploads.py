"""How uploaded files reach the disk: streamed, and never more of one than its limit.

Owns the cap on one file. Does not own what is in it (`annotator/services/ingest.py`).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


def limit_for(name: str) -> int:
    """How many bytes an uploaded file of this name may have: a ZIP holds many images."""
    return settings.MAX_ARCHIVE_BYTES if name.lower().endswith(".zip") else settings.MAX_UPLOAD_BYTES


def is_too_large(file: UploadedFile) -> bool:
    """Whether the file was over its limit; then its content is not there, but its size is."""
    return (file.size or 0) > limit_for(file.name or "")


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
