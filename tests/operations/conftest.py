"""The bridge to the editor's operations: bundled once a run, one Node process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, absent
from tests.operations.bridge import Bridge


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    own = ROOT / ".node" / "bin" / "node"
    node = str(own) if own.exists() else shutil.which("node")
    if node is None or not (ROOT / "frontend" / "node_modules").is_dir():
        absent("node", "Node.js and the front end's packages are needed (make setup)")
    built = tmp_path_factory.mktemp("operations")
    subprocess.run(
        [node, "test/bridge/build.mjs", str(built)],
        cwd=ROOT / "frontend",
        check=True,
        env={**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    (built / "package.json").write_text('{"type": "module"}')
    running = Bridge(node, built / "operations.js")
    yield running
    running.close()
