"""The messages of code that knows no Django, in the language of the person who asked for the work.

    from annotator.core.words import _
    raise InvalidInput(_("%(name)s: the picture cannot be decoded") % {"name": name})

Owns choosing the language: of a process by CONTORNO_LANGUAGE, of a thread by `speaking`; where Django is, `follow`
makes it that of the request or the job. Does not own the catalogue (`annotator/locale`, see `tools/messages.py`).
"""

from __future__ import annotations

import gettext as catalogues
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

VARIABLE = "CONTORNO_LANGUAGE"  # such as pt-br; empty is English
LOCALE = Path(__file__).resolve().parents[1] / "locale"
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)
_ask: list[Callable[[], str | None]] = []  # at most one


def _(text: str) -> str:
    """A message in the chosen language; as it is where there is no translation."""
    return _catalogue(language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a message that goes with a number, in the chosen language."""
    return _catalogue(language()).ngettext(one, many, count)


def gettext_noop(text: str) -> str:
    """Mark a message for the catalogue that is translated later, where it is shown."""
    return text


def language() -> str:
    """The chosen language, such as pt-br; empty for English."""
    if (spoken := _spoken.get()) is not None:
        return spoken
    return (_ask[0]() if _ask else os.environ.get(VARIABLE)) or ""


def follow(source: Callable[[], str | None]) -> None:
    """Ask this for the language of every thread that does not choose one by `speaking`."""
    _ask[:] = [source]


@contextmanager
def speaking(language: str) -> Generator[None]:
    """Choose the language of this thread for a while, in place of the process's."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    name, _dash, country = language.partition("-")
    found = [f"{name.lower()}_{country.upper()}"] if country else [name.lower()]
    return catalogues.translation("django", LOCALE, languages=found, fallback=True)
