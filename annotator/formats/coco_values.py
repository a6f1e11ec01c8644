"""The values in a COCO record: what is a number, a colour, a list of points, run lengths.

Owns telling one value right from wrong. Does not own where it stands nor what becomes of it (`coco_read.py`).
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np

from annotator.core import rle
from annotator.core.errors import InvalidInput
from annotator.core.words import _


def is_int(value: object) -> TypeGuard[int]:
    """Say whether it is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_scalar(value: object) -> bool:
    """Say whether it is a text, a boolean or a finite number."""
    return isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))


def colour(value: object) -> tuple[int, int, int] | None:
    """Give a list of three parts 0..255 as a colour, or None."""
    if not isinstance(value, list) or len(value) != 3:
        return None
    if not all(is_int(part) and 0 <= part <= 255 for part in value):
        return None
    return (value[0], value[1], value[2])


def points(numbers: list[Any]) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """Give a flat list as (N, 2) float32, or None when it holds anything but finite numbers."""
    try:
        values = np.asarray(numbers)
    except (ValueError, TypeError, OverflowError):
        return None
    if values.ndim != 1 or values.dtype.kind not in "iuf" or values.size == 0:
        return None
    with np.errstate(over="ignore"):
        pairs = values[: values.size // 2 * 2].astype(np.float32).reshape(-1, 2)
    return pairs if np.isfinite(pairs).all() else None


def counts(value: object) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Read run lengths, compressed or as a list.

    Raises:
        InvalidInput: they are broken.
    """
    if isinstance(value, str):
        return rle.counts_from_string(value)
    if not isinstance(value, list):
        raise InvalidInput(
            _("must be a string or a list of run lengths, not %(type)s") % {"type": type(value).__name__}
        )
    try:
        values = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput(_("must be a flat list of run lengths")) from None
    if values.size and (values.ndim != 1 or values.dtype.kind not in "iu"):
        raise InvalidInput(_("must be a flat list of whole numbers"))
    if values.size and (values.min() < 0 or values.max() > 0xFFFFFFFF):
        raise InvalidInput(_("a run length is below 0 or above 2^32 - 1"))
    return values.astype(np.uint32)
