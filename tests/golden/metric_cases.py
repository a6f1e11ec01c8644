"""Golden vectors of the metrics."""

from __future__ import annotations

from typing import Any


def metrics() -> dict[str, Any]:
    return {"about": "none yet"}
