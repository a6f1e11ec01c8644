"""Properties are judged by what they find, not by how long a busy machine takes over an example."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("assist", deadline=None, max_examples=25)
settings.load_profile("assist")
