"""Which models are found: checksums, broken folders beside good ones, changes while the server runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.clicks.interface import Prompt
from annotator.clicks.registry import PACKAGED, Entry, Registry
from annotator.core import words
from tests.clicks import graphs
from tools.setup import CLICK_MODELS

NOWHERE = Path("/nowhere/at/all")


def found(folder: Path, packaged: Path = NOWHERE) -> dict[str, Entry]:
    return {one.name: one for one in Registry(packaged=packaged, folder=folder).entries()}


def test_without_any_files_the_packaged_model_is_listed_as_missing(tmp_path: Path) -> None:
    [entry] = Registry(packaged=tmp_path, folder=tmp_path / "models").entries()
    assert (entry.name, entry.segmenter, entry.problem) == ("mobile-sam", None, "encoder.onnx is missing")


def test_a_registered_pair_works(tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "small", title="Small one", licence="MIT")
    entry = found(tmp_path)["small"]
    assert (entry.title, entry.licence, entry.problem) == ("Small one", "MIT", "")
    assert entry.segmenter is not None
    embedding = entry.segmenter.embed(np.zeros((20, 30, 3), np.uint8))
    assert entry.segmenter.predict(embedding, Prompt(positive=np.array([[3.0, 3.0]]))).score == 0.75


def test_a_registered_click_net_works(tmp_path: Path) -> None:
    graphs.click_net_folder(tmp_path / "own", longest=64, radius=2)
    entry = found(tmp_path)["own"]
    assert entry.segmenter is not None
    assert not entry.segmenter.ahead


def test_another_file_than_the_manifest_names_is_refused(tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "small")
    with (tmp_path / "small" / "decoder.onnx").open("r+b") as file:
        file.seek(40)
        file.write(b"x")
    entry = found(tmp_path)["small"]
    assert entry.segmenter is None
    assert entry.problem.startswith("decoder.onnx has the SHA-256 ")


def test_one_broken_folder_does_not_hide_the_others(tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "a-good")
    (tmp_path / "b-empty").mkdir()
    (tmp_path / "c-no-json").mkdir()
    (tmp_path / "c-no-json" / "model.json").write_text("{")
    graphs.sam_folder(tmp_path / "d-good")
    entries = found(tmp_path)
    assert [name for name, one in entries.items() if one.segmenter] == ["a-good", "d-good"]
    assert entries["b-empty"].problem == "there is no model.json"
    assert "model.json is no JSON" in entries["c-no-json"].problem


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"family": "unet"}, "family is 'unet'; there are sam, click_net"),
        ({"name": "../up"}, "name is '../up'"),
        ({"files": None}, "files is None; encoder, decoder are needed"),
        ({"files": {"encoder": {"path": "../e.onnx", "sha256": "0" * 64}}}, "files.decoder is missing"),
        (
            {"files": {"encoder": {"path": "../e.onnx", "sha256": "0" * 64}}},
            "files.encoder.path is '../e.onnx'",
        ),
        ({"files": {"encoder": {"path": "e.pkl", "sha256": "0" * 64}}}, "an .onnx file is needed"),
        ({"files": {"encoder": {"path": "e.onnx", "sha256": "abc"}}}, "files.encoder.sha256 is 'abc'"),
        ({"fit": "crop"}, "fit is 'crop'; longest or square is needed"),
        ({"mean": [1, 2]}, "mean is [1, 2]; three numbers are needed"),
        ({"deviation": [1, 0, 1]}, "deviation is [1, 0, 1]; three numbers are needed, above 0"),
        ({"colour": 1}, "'colour' is not known"),
        ({"title": 3}, "title is 3; a text is needed"),
    ],
)
def test_everything_wrong_with_a_manifest_is_named(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    graphs.sam_folder(tmp_path / "small", **fields)
    entry = found(tmp_path)["small"]
    assert entry.segmenter is None
    assert says in entry.problem


def test_what_is_wrong_is_told_in_the_language_of_the_person_who_asks(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    registry = Registry(packaged=NOWHERE, folder=tmp_path)
    said = []
    for language in ("en", "pt-br", "en"):
        with words.speaking(language):
            said.append(registry.entries()[1].problem)
    assert said == ["there is no model.json", "não existe model.json", "there is no model.json"]


def test_a_name_is_given_once(tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "a", name="same")
    graphs.sam_folder(tmp_path / "b", name="same")
    entries = found(tmp_path)
    assert entries["same"].segmenter is not None
    assert entries["b"].problem == "another model is called same"


def test_a_model_that_comes_or_goes_is_noticed(tmp_path: Path) -> None:
    registry = Registry(packaged=NOWHERE, folder=tmp_path)
    assert [one.name for one in registry.entries()] == ["mobile-sam"]
    graphs.sam_folder(tmp_path / "new")
    entry = registry.entries()[1]
    assert entry.segmenter is not None
    assert registry.entries()[1] is entry  # not read again
    shutil.rmtree(tmp_path / "new")
    assert [one.name for one in registry.entries()] == ["mobile-sam"]


def test_settings_are_part_of_the_version(tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "a")
    graphs.sam_folder(tmp_path / "b")
    graphs.sam_folder(tmp_path / "c", fit="square")
    versions = {name: one.segmenter.version for name, one in found(tmp_path).items() if one.segmenter}
    assert versions["a"] == versions["b"] != versions["c"]


def test_the_packaged_pair_has_the_checksums_that_it_is_known_by() -> None:
    files = PACKAGED["files"]
    assert {one["path"]: one["sha256"] for one in files.values()} == CLICK_MODELS  # what set-up checks
    assert files["encoder"]["sha256"].startswith("18348d14")
    assert files["decoder"]["sha256"].startswith("800b1500")
