"""The committed schema and the types generated from it are those of the code.

That answers are as the schema says is checked wherever a test calls the API: tests/api/contract.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.api.contract import document
from tests.api.test_permissions import ROWS
from tests.conftest import absent

ROOT = Path(__file__).resolve().parents[2]
REMEDY = "is stale: run `make schema` and commit it"


def test_the_committed_schema_is_that_of_the_code(tmp_path: Path) -> None:
    target = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(target))
    assert target.read_text() == (ROOT / "api" / "schema.yml").read_text(), f"api/schema.yml {REMEDY}"


def test_the_front_ends_types_are_those_of_the_schema(tmp_path: Path) -> None:
    node = ROOT / ".node" / "bin" / "node"
    program = str(node) if node.exists() else shutil.which("node")
    script = ROOT / "frontend" / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    if program is None or not script.exists():
        absent("node", "Node or the front end's packages are not installed (`make setup`)")
    target = tmp_path / "schema.gen.ts"
    subprocess.run(
        [str(program), str(script), str(ROOT / "api" / "schema.yml"), "-o", str(target)],
        check=True, capture_output=True, cwd=ROOT / "frontend", env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert target.read_text() == (ROOT / "frontend/src/sync/schema.gen.ts").read_text(), (
        f"schema.gen.ts {REMEDY}"
    )


def test_every_endpoint_is_described_once_with_a_tidy_name_and_its_problems() -> None:
    operations = {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    routes = [(method, route) for method, route in ROWS if route not in ("schema", "docs")]
    served = {(method, "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)) for method, route in routes}
    assert set(operations) == served
    names = [operation["operationId"] for operation in operations.values()]
    assert len(names) == len(set(names))
    for name in names:
        assert name == name.lower()
        assert not name.startswith("v1")
    for operation in operations.values():
        assert operation["description"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]


@pytest.mark.parametrize(
    "name", ["Project", "Image", "Document", "ChangeSet", "Job", "Version", "Problem", "LabelClass"]
)
def test_the_shapes_that_clients_name_are_components(name: str) -> None:
    assert name in document()["components"]["schemas"]
