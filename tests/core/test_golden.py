"""The golden vectors are what the Python core gives; the TypeScript core's tests read the same files."""

from __future__ import annotations

import json

import pytest

from tests.golden import make_golden


@pytest.mark.parametrize("name", list(make_golden.FILES))
def test_golden_file_is_what_the_core_gives_now(name: str) -> None:
    stored = (make_golden.FOLDER / name).read_text(encoding="utf-8")
    assert stored == make_golden.dump(make_golden.FILES[name]())


@pytest.mark.parametrize("name", list(make_golden.FILES))
def test_golden_file_stays_small_and_names_every_case_once(name: str) -> None:
    path = make_golden.FOLDER / name
    assert path.stat().st_size < 300_000
    for key, cases in json.loads(path.read_text(encoding="utf-8")).items():
        if key != "about" and isinstance(cases[0], dict) and "name" in cases[0]:
            names = [case["name"] for case in cases]
            assert len(set(names)) == len(names)
