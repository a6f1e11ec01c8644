"""Reading values from the query string; what is not understood is named and answered 400."""

from __future__ import annotations

from typing import NoReturn
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from annotator.core.errors import InvalidInput, Problem

MAX_NUMBER = 2**31 - 1


def words(request: Request, name: str) -> list[str]:
    """The values of a list: `?a=1,2` and `?a=1&a=2` say the same."""
    return [word for value in request.query_params.getlist(name) for word in value.split(",") if word]


def integers(request: Request, name: str) -> list[int]:
    """As `words`, each a whole number of 0 or more.

    Raises:
        InvalidInput: one is none.
    """
    return [_integer(name, word) for word in words(request, name)]


def integer(request: Request, name: str) -> int | None:
    """A whole number of 0 or more; None when left out.

    Raises:
        InvalidInput: it is none.
    """
    text = request.query_params.get(name, "")
    return None if text == "" else _integer(name, text)


def fraction(request: Request, name: str) -> float | None:
    """A number from 0 to 1; None when left out.

    Raises:
        InvalidInput: it is none.
    """
    text = request.query_params.get(name, "")
    if text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:  # false for NaN too
        refuse(name, _("%(value)r is not a number from 0 to 1") % {"value": text[:40]})
    return value


def identity(request: Request, name: str) -> UUID | None:
    """A UUID; None when left out.

    Raises:
        InvalidInput: it is none.
    """
    text = request.query_params.get(name, "")
    if text == "":
        return None
    try:
        return UUID(text)
    except ValueError:
        refuse(name, _("%(value)r is not a UUID") % {"value": text[:40]})


def refuse(name: str, message: str) -> NoReturn:
    """Say what is wrong with a parameter.

    Raises:
        InvalidInput: always.
    """
    raise InvalidInput(f"{name}: {message}", [Problem(name, message)])


def _integer(name: str, text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else MAX_NUMBER + 1
    if value > MAX_NUMBER:
        refuse(
            name,
            _("%(value)r is not a whole number from 0 to %(most)s")
            % {"value": text[:40], "most": MAX_NUMBER},
        )
    return value
