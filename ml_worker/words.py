"""The learning code's own messages in the language of the person who asked for the work.

    from ml_worker.words import _
    raise InvalidInput(_("%(name)s: the picture cannot be decoded") % {"name": name})

Owns choosing the language: of a process by CONTORNO_LANGUAGE, of a thread by `speaking`. Does not own the catalogue,
which is the server's (`annotator/locale`, kept by `tools/messages.py`). Knows no Django: these processes have none.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

VARIABLE = "CONTORNO_LANGUAGE"  # such as pt-br; empty is English
LOCALE = Path(__file__).resolve().parents[1] / "annotator" / "locale"
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


def _(text: str) -> str:
    """A message in the chosen language; as it is where there is no translation."""
    language = _spoken.get()
    return _catalogue(os.environ.get(VARIABLE, "") if language is None else language).gettext(text)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Choose the language of this thread for a while, in place of the process's."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    name, _dash, country = language.partition("-")
    found = [f"{name.lower()}_{country.upper()}"] if country else [name.lower()]
    return gettext.translation("django", LOCALE, languages=found, fallback=True)
