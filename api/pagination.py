"""Keyset pagination: a cursor names the last row of a page, so that rows added or removed meanwhile shift nothing.

Owns cursors, their signature and the bounds of `limit`. Does not own which rows there are (selectors).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from api.queries import refuse

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """The fields that a list is sorted by, `-` for descending; the last one is unique and none is ever null.

    A field is an attribute of the row; a `__` path is followed.
    """

    fields: tuple[str, ...]

    def name(self) -> str:
        return ",".join(self.fields)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and the cursor of the next (None on the last)."""

    rows: list[Any]
    next: str | None

    def body(self, serialise: Callable[[Any], Any]) -> dict[str, Any]:
        return {"results": [serialise(row) for row in self.rows], "next": self.next}


def page_of(rows: QuerySet[M], order: Order, query: Mapping[str, str]) -> Page:
    """One page of a query, as `cursor` and `limit` in the request's query say.

    Raises:
        InvalidInput: the cursor is not of this list in this order, or the limit is out of bounds.
    """
    limit = limit_of(query)
    if cursor := query.get("cursor"):
        rows = rows.filter(_after(order, _read(cursor, order)))
    found = list(rows.order_by(*order.fields)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(found, _write(found[-1], order) if more else None)


def limit_of(query: Mapping[str, str]) -> int:
    """The page size that a request asks for.

    Raises:
        InvalidInput: not a whole number between 1 and MAX_LIMIT.
    """
    text = query.get("limit")
    if text is None or text == "":
        return DEFAULT_LIMIT
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= value <= MAX_LIMIT:
        refuse(
            "limit",
            _("%(value)r is not a limit; it is a whole number from 1 to %(most)s")
            % {"value": text[:40], "most": MAX_LIMIT},
        )
    return value


def _after(order: Order, values: Sequence[Any]) -> Q:
    """The rows behind `values`: (a > x) or (a = x and b > y) ..., with < where the order descends."""
    condition = Q()
    same: dict[str, Any] = {}
    for field, value in zip(order.fields, values, strict=True):
        name = field.lstrip("-")
        comparison = "lt" if field.startswith("-") else "gt"
        condition |= Q(**same, **{f"{name}__{comparison}": value})
        same[name] = value
    return condition


def _write(row: Model, order: Order) -> str:
    payload = orjson.dumps([_tagged(_value(row, field.lstrip("-"))) for field in order.fields])
    text = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    return _signer(order).sign(text)


def _read(cursor: str, order: Order) -> list[Any]:
    try:
        text = _signer(order).unsign(cursor)
        payload = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (BadSignature, binascii.Error, orjson.JSONDecodeError):
        refuse(
            "cursor",
            _("%(value)r is not a cursor of this list in this order; begin again without one")
            % {"value": cursor[:40]},
        )
    return [_untagged(value) for value in payload]


def _signer(order: Order) -> Signer:
    return Signer(salt=f"contorno.cursor:{order.name()}", sep="~")


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"u": str(value)} if isinstance(value, UUID) else value


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else UUID(value["u"])
    return value
