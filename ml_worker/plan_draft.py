"""A plan while it is being made: each value is set once, with its reason.

Owns the bookkeeping, and nothing of what is chosen (`plan.py`, `plan_schedule.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Fingerprint = Mapping[str, Any]
"""What `docs/learning_formats.md` calls a fingerprint."""
Device = Mapping[str, Any]
"""`device.Device` as a mapping: kind is cuda, mps or cpu."""


@dataclass(slots=True)
class Draft:
    """A plan that is being made: each value is set once, with its reason."""

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, dict[str, Any]] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def set(self, name: str, value: Any, code: str, text: str, **values: Any) -> Any:
        """Set a value, unless a person chose another; returns what holds. `text` is formatted with `values`."""
        if name in self.overrides:
            value, code, text = self.overrides[name], "chosen", "chosen by a person"
        self.values[name] = value
        self.note(name, code, text, **values)
        return value

    def note(self, name: str, code: str, text: str, **values: Any) -> None:
        """Say something about a value, or about the data, that people should read."""
        self.reasons[name] = {"code": code, "values": values, "text": text.format(**values)}
