"""The process that a learning job starts: ended when it hangs, and what its ending means in the reader's language."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from annotator.core import words
from annotator.core.errors import InvalidInput, Unavailable
from ml_worker.process import Wish, run_in
from ml_worker.run_folder import Events

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, code: str, *, silence: float = 60.0, language: str = "") -> Mapping[str, Any] | None:
    """Run a line of Python as a learning process."""
    command = [sys.executable, "-c", code, str(folder)]
    return run_in(
        folder,
        command,
        on_event=lambda _event: None,
        wanted=Wish,
        silence=silence,
        root=ROOT,
        language=language,
    )


def test_a_process_that_says_and_computes_nothing_is_ended_with_a_message(tmp_path: Path) -> None:
    hangs = "import os, sys, time; open(sys.argv[1] + '/pid', 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(Unavailable, match=r"said nothing and computed nothing .* start it again"):
        run(tmp_path, hangs, silence=0.5)
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


def test_a_process_that_computes_in_silence_is_left_alone(tmp_path: Path) -> None:
    works = (
        "import sys, time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: sum(range(1000))\n"
        "open(sys.argv[1] + '/result.json', 'w').write('{\"done\": true}')"
    )
    assert run(tmp_path, works, silence=0.5) == {"done": True}


def test_endings_and_messages_are_in_the_language_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"^o processo terminou com o código 7 sem dizer por quê"):
        run(tmp_path, "raise SystemExit(7)", language="pt-br")
    speaks = (
        "import sys; from pathlib import Path; from annotator.core.errors import InvalidInput;"
        "from ml_worker.run_folder import write_error; from annotator.core.words import _;"
        "write_error(Path(sys.argv[1]), InvalidInput(_('the picture cannot be decoded'))); sys.exit(3)"
    )
    with pytest.raises(InvalidInput, match=r"^a imagem não pode ser decodificada"):
        run(tmp_path, speaks, language="pt-br")
    with pytest.raises(InvalidInput, match=r"^the picture cannot be decoded"):
        run(tmp_path, speaks, language="xx")
    assert words._("the picture cannot be decoded") == "the picture cannot be decoded"


def test_events_of_an_attempt_before_are_not_told_again(tmp_path: Path) -> None:
    Events(tmp_path).log("before")
    told: list[Mapping[str, Any]] = []
    code = "import sys; from pathlib import Path; from ml_worker.run_folder import *\n"
    code += "Events(Path(sys.argv[1])).log('now'); write_json(Path(sys.argv[1]) / 'result.json', {})"
    command = [sys.executable, "-c", code, str(tmp_path)]
    run_in(tmp_path, command, on_event=told.append, wanted=Wish, silence=60.0, root=ROOT)
    assert [one["text"] for one in told] == ["now"]
