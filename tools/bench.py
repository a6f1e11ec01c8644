"""Runs every benchmark: each script of benchmarks/, then the front end's own where it has them."""

from __future__ import annotations

import json
import subprocess
import sys

from setup import FRONTEND, NODE, ROOT, node_environment


def main() -> int:
    scripts = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if not path.name.startswith("_"))
    failed = [path.name for path in scripts if run(f"benchmarks/{path.name}", [sys.executable, str(path)])]
    package = json.loads((FRONTEND / "package.json").read_text())
    if "bench" in package["scripts"] and run(
        "frontend bench", [str(NODE / "bin" / "npm"), "run", "bench", "--silent"]
    ):
        failed.append("frontend bench")
    print(f"\n{len(scripts)} scripts; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def run(name: str, command: list[str]) -> int:
    print(f"\n== {name}", flush=True)
    cwd = FRONTEND if command[0].startswith(str(NODE)) else ROOT
    return subprocess.run(command, cwd=cwd, env=node_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
