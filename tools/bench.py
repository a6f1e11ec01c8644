"""Runs every benchmark: each script of benchmarks/, then the editor's frames (frontend/bench)."""

from __future__ import annotations

import subprocess
import sys

from setup import FRONTEND, ROOT, node_environment


def main() -> int:
    scripts = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if not path.name.startswith("_"))
    failed = [path.name for path in scripts if run(f"benchmarks/{path.name}", [sys.executable, str(path)])]
    measure = FRONTEND / "bench" / "measure.py"
    scripts.append(measure)
    if run("frontend/bench/measure.py", [sys.executable, str(measure)]):
        failed.append(measure.name)
    print(f"\n{len(scripts)} scripts; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def run(name: str, command: list[str]) -> int:
    print(f"\n== {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=node_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
