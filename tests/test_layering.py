"""The import contracts of pyproject.toml hold for what is really loaded, and cover every file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_core_loads_with_neither_django_nor_celery() -> None:
    names = [f"annotator.core.{path.stem}" for path in (ROOT / "annotator" / "core").glob("[a-z]*.py")]
    assert len(names) > 5
    blocked = (
        "import sys\nfor name in ('django', 'celery', 'rest_framework', 'torch'): sys.modules[name] = None\n"
    )
    script = blocked + "\n".join(f"import {name}" for name in names)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_web_process_loads_neither_torch_nor_the_learning_code(tmp_path: Path) -> None:
    script = (
        "import sys, django; django.setup(); import annotator.wsgi, annotator.urls\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('torch', 'ml_worker', 'skimage', 'scipy')])"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "annotator.settings",
        "CONTORNO_DATA_DIR": str(tmp_path),
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_file_of_ml_worker_but_tasks_is_under_the_contract_that_forbids_django() -> None:
    contract = next(one for one in CONTRACTS if one["name"].startswith("in ml_worker"))
    assert contract["source_modules"] == ["ml_worker.**"]
    assert contract["ignore_imports"] == ["ml_worker.tasks -> **"]
    assert {"django", "celery", "annotator.models", "annotator.services"} <= set(
        contract["forbidden_modules"]
    )


def test_every_environment_variable_is_explained_to_operators() -> None:
    pattern = re.compile(
        r"""(?:environ(?:\.get\(|\[)|_listed\()\s*["']((?:CONTORNO_|DATABASE_|REDIS_)\w+)["']"""
    )
    sources = [path for name in ("annotator", "api", "ml_worker") for path in (ROOT / name).rglob("*.py")]
    used = {name for path in sources for name in pattern.findall(path.read_text())}
    assert "CONTORNO_DATA_DIR" in used
    explained = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "operations.md").read_text()))
    assert not used - explained
