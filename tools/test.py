"""Runs every check of the project and says at the end what ran, what was left out and why.

`--only lint,python,postgres,frontend,browser` runs a part. CONTORNO_REQUIRE=postgres,redis,chromium turns the
absence of a service from a loud omission into a failure. Exit status 0 only if nothing failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from services import find_chromium, find_postgres, find_redis
from setup import FRONTEND, NODE, ROOT, node_environment

PYTHON = sys.executable
# On two cores: those that wait for processes, brokers and leases leave room for a third. Who has nothing left to do
# takes from the others: the slow tests stand together, and one process alone with them took a minute.
SIDE_BY_SIDE = ["-n", "3", "--dist", "worksteal"]
REQUIRED = [name for name in os.environ.get("CONTORNO_REQUIRE", "").split(",") if name]


@dataclass
class Result:
    """How one stage went. `skipped` counts the reasons of the tests that did not run."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    left_out: str = ""

    def line(self) -> str:
        if self.left_out:
            return f"  {self.name:<34} LEFT OUT: {self.left_out}"
        skipped = f", {self.skipped.total()} skipped" if self.skipped else ""
        return (
            f"  {self.name:<34} {self.passed} passed, {self.failed} failed{skipped}  ({self.seconds:.0f} s)"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every check of the project.")
    parser.add_argument(
        "--only", default="lint,python,postgres,frontend,browser", help="a comma-separated part of this"
    )
    only = parser.parse_args().only.split(",")
    stages: dict[str, Callable[[], list[Result]]] = {
        "lint": lint,
        "python": python_tests,
        "postgres": postgres_tests,
        "frontend": frontend_tests,
        "browser": browser_tests,
    }
    if unknown := set(only) - set(stages):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(stages)}")
    results = [result for name, stage in stages.items() if name in only for result in stage()]
    return report(results)


def lint() -> list[Result]:
    """Checks that read the code, two at a time; each counts as one test."""
    commands: dict[str, Sequence[str]] = {
        "ruff check": [PYTHON, "-m", "ruff", "check", "."],
        "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
        "pyright": [PYTHON, "-m", "pyright", "--warnings"],
        "import-linter": [str(Path(PYTHON).parent / "lint-imports"), "--no-cache"],
        "tsc": npm("run", "typecheck", "--silent"),
        "eslint and prettier": npm("run", "lint", "--silent"),
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda item: check(*item), commands.items()))


def python_tests() -> list[Result]:
    """Everything but the browser, on SQLite and the embedded broker; on Redis too where no PostgreSQL answers."""
    redis = find_redis()
    extra = {"CONTORNO_TEST_REDIS_URL": redis} if redis else {}
    if redis and find_postgres():
        extra["CONTORNO_TEST_BROKERS"] = "files"  # Redis has its turn with PostgreSQL
    return [pytest("pytest on SQLite", ["--ignore=tests/e2e", *SIDE_BY_SIDE], extra)]


def postgres_tests() -> list[Result]:
    """All that touches the database once more, on PostgreSQL."""
    name = "pytest on PostgreSQL"
    url = find_postgres()
    if url is None:
        return [
            absent(
                "postgres", name, "no PostgreSQL answers; set CONTORNO_TEST_POSTGRES_URL to one you may use"
            )
        ]
    redis = find_redis()
    extra = {
        "DATABASE_URL": url,
        "CONTORNO_TEST_POSTGRES_URL": url,
        "CONTORNO_TEST_SUFFIX": f"{os.environ.get('CONTORNO_TEST_SUFFIX', 'run')}_{os.getpid()}",
        **({"CONTORNO_TEST_REDIS_URL": redis, "CONTORNO_TEST_BROKERS": "redis"} if redis else {}),
    }
    return [pytest(name, ["--ignore=tests/e2e", "-m", "database", *SIDE_BY_SIDE], extra)]


def frontend_tests() -> list[Result]:
    """The front end's own tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vitest.json"
        reporters = ["--reporter=default", "--reporter=json", f"--outputFile={file}"]
        result, status = run(
            "vitest", npm("test", "--silent", "--", *reporters), cwd=FRONTEND, env=node_environment()
        )
        counts = json.loads(file.read_text()) if file.exists() else {}
    result.passed = counts.get("numPassedTests", 0)
    result.failed = counts.get("numFailedTests", 0) or int(status != 0)
    if not_run := counts.get("numPendingTests", 0) + counts.get("numTodoTests", 0):
        result.skipped["marked as skipped in the test file"] = not_run
    return [result]


def browser_tests() -> list[Result]:
    """The whole product in a real Chromium."""
    name = "pytest in Chromium"
    if not any((ROOT / "tests" / "e2e").glob("test_*.py")):
        return [Result(name, left_out="no tests in tests/e2e")]
    chromium = find_chromium()
    if chromium is None:
        return [absent("chromium", name, "no Chromium in PATH; install one or name it in CONTORNO_CHROMIUM")]
    # Two at a time, each with products of its own: a browser test waits as long as it computes. In the order of the
    # names, so that the longest, which is a file of its own, does not come last and alone.
    side_by_side = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    return [pytest(name, ["tests/e2e", *side_by_side], {"CONTORNO_CHROMIUM": chromium})]


def pytest(name: str, arguments: Sequence[str], extra: dict[str, str]) -> Result:
    """One pytest run, counted from its JUnit file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "junit.xml"
        command = [PYTHON, "-m", "pytest", "-q", "--durations=20", f"--junitxml={file}", *arguments]
        # Two processes side by side, each with as many threads as cores, wait for each other more than they compute.
        threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        result, status = run(name, command, cwd=ROOT, env={**os.environ, **threads, **extra})
        if file.exists():
            count_junit(file, result)
    if status not in (0, 1, 5) or (status == 1 and not result.failed):
        result.failed += 1  # the run itself broke
    return result


def count_junit(file: Path, result: Result) -> None:
    for case in ET.parse(file).getroot().iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif skipped is not None:
            result.skipped[str(skipped.get("message"))] += 1
        else:
            result.passed += 1


def check(name: str, command: Sequence[str]) -> Result:
    """A command that passes or fails as one test; its output is shown only when it fails."""
    started = time.monotonic()
    cwd = FRONTEND if command[0].startswith(str(NODE)) else ROOT
    done = subprocess.run(
        command, cwd=cwd, env=node_environment(), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    failed = int(done.returncode != 0)
    print(f"== {name}: {'FAILED' if failed else 'ok'}\n{done.stdout if failed else ''}", end="", flush=True)
    return Result(name, passed=1 - failed, failed=failed, seconds=time.monotonic() - started)


def run(name: str, command: Sequence[str], *, cwd: Path, env: dict[str, str]) -> tuple[Result, int]:
    """A command whose output is shown as it comes. Returns a result with its time, and the exit status."""
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    status = subprocess.run(command, cwd=cwd, env=env, check=False).returncode
    return Result(name, seconds=time.monotonic() - started), status


def absent(service: str, name: str, reason: str) -> Result:
    """A stage left out for want of a service, or failed where CONTORNO_REQUIRE names the service."""
    if service in REQUIRED:
        print(f"\n== {name}: FAILED: {reason} (CONTORNO_REQUIRE names {service})", flush=True)
        return Result(name, failed=1)
    return Result(name, left_out=reason)


def npm(*arguments: str) -> list[str]:
    return [str(NODE / "bin" / "npm"), *arguments]


def report(results: Sequence[Result]) -> int:
    """Print the table and, as the last line, the sum."""
    width = min(100, shutil.get_terminal_size().columns)
    print(f"\n{'=' * width}\nWhat ran:")
    for result in results:
        print(result.line())
    reasons: Counter[str] = Counter()
    for result in results:
        reasons.update(result.skipped)
    if reasons:
        print("Tests skipped, and why:")
        for reason, count in reasons.most_common():
            print(f"  {count:>4} x {' '.join(reason.split())[:200]}")
    if left_out := [result for result in results if result.left_out]:
        print(f"!! {len(left_out)} part(s) LEFT OUT: {', '.join(result.name for result in left_out)}")
    print("=" * width)
    failed = sum(result.failed for result in results)
    passed = sum(result.passed for result in results)
    print(f"{passed} passed, {failed} failed, {reasons.total()} skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
