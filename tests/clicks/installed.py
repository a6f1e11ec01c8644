"""A Contorno that has only the small models of `graphs.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotator.selectors import click, project_clicks
from tests.clicks import graphs


def install(settings: Any, folder: Path) -> None:
    """Point the settings at an empty package and a folder with one pair, `small`, and forget what was known."""
    settings.PACKAGED_MODELS = folder / "not-packaged"
    settings.MODELS_DIR = folder / "models"
    settings.CLICK_CACHE = folder / "click-cache"
    graphs.sam_folder(folder / "models" / "small")
    forget()


def forget() -> None:
    click.registry.cache_clear()
    project_clicks.forget_opened()
    with click.MEMORY._lock:
        click.MEMORY._kept.clear()
        click.MEMORY._bytes = 0
