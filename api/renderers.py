"""JSON by orjson and MessagePack: how bodies are read and written.

Owns the two wire formats. Does not own what is in them (`api/serializers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgpack
import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from annotator.core.errors import InvalidInput, TooLarge

PROBLEM_TYPE = "application/problem+json"
HAS_NUL = gettext_noop("holds the character U+0000, which the database cannot keep")
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def to_json(data: Any) -> bytes:
    """Write plain values, dates, UUIDs and contiguous numpy arrays as UTF-8 JSON."""
    return orjson.dumps(data, default=str, option=_OPTIONS)


class OrjsonRenderer(BaseRenderer):
    """The JSON of every answer; of errors too, which say that they are problems."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8; it has no charset parameter

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else to_json(data)


class MessagePackRenderer(BaseRenderer):
    """MessagePack for the editor's large reads. Errors stay JSON (`api/errors.py`)."""

    media_type = "application/msgpack"
    format = "msgpack"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else bytes(msgpack.packb(data, default=str) or b"")


class OrjsonParser(BaseParser):
    """Reads a JSON body of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give the parsed body.

        Raises:
            TooLarge: over the limit (and nothing more of it is read).
            ParseError: not JSON; says at which line and column.
            InvalidInput: a text holds U+0000.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(
                _("the body is larger than %(limit)s bytes; send it in several requests") % {"limit": limit}
            )
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("the body is not valid JSON: %(problem)s") % {"problem": error}) from None
        if b"\\u0000" in body and _has_nul(value):
            raise InvalidInput(
                _("a text in the body holds the character U+0000, which the database cannot keep")
            )
        return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))
