"""A project's own click models through the API: who sees them, which is chosen at first, and broken files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotator.core import rle
from annotator.models import ImageAsset, ModelState, ModelVersion, Purpose
from annotator.selectors import project_clicks
from annotator.services.image import image_create
from annotator.services.project import project_create
from tests.api.conftest import World, picture, upload
from tests.clicks import graphs
from tests.clicks.installed import forget, install

FIGURES = {
    "clicks": {
        "project": {"0.85": {"value": 3.1, "low": 2.8, "high": 3.5}},
        "mobile-sam": {"0.85": {"value": 4.4, "low": 4.0, "high": 4.9}},
    }
}


@pytest.fixture(autouse=True)
def _models(settings: Any, tmp_path: Path) -> Iterator[None]:
    install(settings, tmp_path)
    settings.CLICK_MODEL = "small"
    yield
    forget()


def trained(
    world: World, number: int = 7, *, better: str = "unclear", content: bytes | None = None, **fields: Any
) -> ModelVersion:
    """A click model of the project with its file in the storage."""
    path = graphs.click_net(Path(default_storage.path("")) / f"{number}.onnx")
    sha256, whole = graphs.digest(path), path.read_bytes()
    path.unlink()
    stored = default_storage.save(f"models/{number}.onnx", ContentFile(whole if content is None else content))
    file = {"stored": stored, "sha256": sha256, "size_bytes": len(whole), "name": "model.onnx"}
    return ModelVersion.objects.create(
        **{
            "project": world.project,
            "number": number,
            "architecture": "click",
            "purpose": Purpose.CLICK,
            "state": ModelState.CHAMPION,
            "files": {"onnx": file},
            "settings": {"click": {"longest": 64, "radius": 6}},
            "metrics": {**FIGURES, "better": better},
            **fields,
        }
    )


def listed(world: World, image: ImageAsset | None = None, role: str = "viewer") -> dict[str, dict[str, Any]]:
    answer = world.as_(role).get(f"/images/{(image or world.image).pk}/click-models")
    assert answer.status_code == 200, answer.content
    return {one["name"]: one for one in answer.json()["results"]}


def click(world: World, **body: Any) -> Any:
    return world.as_("annotator").post(
        f"/images/{world.image.pk}/assist/click", {"positive": [[20, 20]], **body}
    )


def test_the_better_champion_is_listed_first_with_its_figures_and_chosen_at_first(world: World) -> None:
    trained(world, better="project", name="Cells, second round")
    models = listed(world)
    assert list(models) == ["project-7", "mobile-sam", "small"]
    own = models["project-7"]
    assert (own["title"], own["is_default"], own["state"]) == ("Cells, second round", True, "ready")
    assert own["clicks_needed"] == 3.1
    assert models["mobile-sam"]["clicks_needed"] == 4.4
    assert models["small"]["clicks_needed"] is None
    assert [name for name, one in models.items() if one["is_default"]] == ["project-7"]


@pytest.mark.parametrize("better", ["mobile-sam", "unclear"])
def test_a_champion_that_is_not_better_can_be_chosen_and_is_not_chosen_at_first(
    world: World, better: str
) -> None:
    trained(world, better=better)
    models = listed(world)
    assert models["small"]["is_default"]
    assert models["project-7"]["state"] == "ready"


def test_a_better_candidate_waits_until_it_is_promoted(world: World) -> None:
    trained(world, better="project", state=ModelState.CANDIDATE)
    models = listed(world)
    assert models["small"]["is_default"]
    assert not models["project-7"]["is_default"]


@pytest.mark.parametrize(
    "fields",
    [{"state": ModelState.RETIRED}, {"state": ModelState.TRAINING}, {"purpose": Purpose.SEMANTIC}],
)
def test_other_models_of_the_registry_are_not_listed(world: World, fields: dict[str, Any]) -> None:
    trained(world, better="project", **fields)
    assert list(listed(world)) == ["mobile-sam", "small"]
    assert click(world, model="project-7").status_code == 404


def test_the_champion_and_the_newest_candidates_are_listed(world: World) -> None:
    trained(world, 1)
    for number in range(2, 9):
        trained(world, number, state=ModelState.CANDIDATE)
    own = [name for name in listed(world) if name.startswith("project-")]
    assert own == ["project-1", "project-8", "project-7", "project-6", "project-5"]


def test_another_project_does_not_see_the_model(world: World) -> None:
    trained(world, better="project")
    other = project_create(user=world.members["owner"].user, name="other", task_type="instance")
    result = image_create(project=other, user=None, file=upload("x.png", picture(9)), name="x.png")
    assert result.image is not None
    assert list(listed(world, result.image, "owner")) == ["mobile-sam", "small"]
    address = f"/images/{result.image.pk}/assist/click"
    assert world.as_("owner").post(address, {"positive": [[5, 5]], "model": "project-7"}).status_code == 404


def test_strangers_see_no_models(world: World) -> None:
    trained(world)
    assert world.as_("stranger").get(f"/images/{world.image.pk}/click-models").status_code == 404


def test_a_click_without_a_model_goes_to_the_better_champion(world: World) -> None:
    trained(world, better="project")
    prepared = world.as_("annotator").post(f"/images/{world.image.pk}/embeddings", {}).json()
    assert (prepared["model"], prepared["state"]) == ("project-7", "ready")
    body = click(world).json()
    assert body["model"] == "project-7"
    mask = rle.decode(rle.counts_from_string(body["rle"]["counts"]), *body["rle"]["size"])
    assert mask[20, 20]
    assert not mask[40, 60]


def test_the_file_is_fetched_once_and_kept_under_its_checksum(world: World, settings: Any) -> None:
    row = trained(world)
    assert click(world, model="project-7").status_code == 200
    [copy] = Path(settings.CLICK_CACHE).iterdir()
    assert copy.name == f"{row.files['onnx']['sha256']}.onnx"
    default_storage.delete(row.files["onnx"]["stored"])
    project_clicks.forget_opened()
    assert click(world, model="project-7").status_code == 200


def test_a_damaged_copy_is_fetched_anew(world: World, settings: Any) -> None:
    trained(world)
    click(world, model="project-7")
    [copy] = Path(settings.CLICK_CACHE).iterdir()
    copy.write_bytes(b"damaged")
    project_clicks.forget_opened()
    assert click(world, model="project-7").status_code == 200


def test_a_damaged_file_is_reported_and_never_in_the_way(world: World, settings: Any) -> None:
    trained(world, better="project", content=b"something else")
    models = listed(world)
    assert models["project-7"]["state"] == "broken"
    assert "another or a damaged file" in models["project-7"]["problem"]
    assert models["small"]["is_default"]
    assert world.as_("annotator").post(f"/images/{world.image.pk}/embeddings", {}).json()["model"] == "small"
    answer = click(world, model="project-7")
    assert answer.status_code == 400
    assert "project-7 cannot be used" in answer.json()["detail"]
    assert list(Path(settings.CLICK_CACHE).iterdir()) == []


def test_a_missing_file_and_one_that_was_never_exported_are_reported(world: World) -> None:
    gone = trained(world, 1, state=ModelState.CANDIDATE)
    default_storage.delete(gone.files["onnx"]["stored"])
    trained(world, 2, state=ModelState.CANDIDATE, files={})
    models = listed(world)
    assert models["project-1"]["problem"] == "its file is missing from the storage"
    assert models["project-2"]["problem"] == "it was kept without an ONNX file"


def test_a_graph_of_another_kind_and_wrong_settings_are_reported(world: World, tmp_path: Path) -> None:
    other = graphs.encoder(tmp_path / "encoder.onnx")
    row = trained(world, 1, state=ModelState.CANDIDATE, content=other.read_bytes())
    row.files["onnx"]["sha256"] = graphs.digest(other)
    row.save()
    trained(world, 2, state=ModelState.CANDIDATE, settings={"click": {"radius": "large"}})
    models = listed(world)
    assert "has no input image, clicks, previous" in models["project-1"]["problem"]
    assert models["project-2"]["problem"] == "radius is 'large'; a whole number from 0 to 100 is needed"


def test_a_file_that_was_mended_is_used_after_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = trained(world)
    stored, content = row.files["onnx"]["stored"], io.BytesIO()
    with default_storage.open(stored, "rb") as file:
        content.write(file.read())
    default_storage.delete(stored)
    assert listed(world)["project-7"]["state"] == "broken"
    default_storage.save(stored, ContentFile(content.getvalue()))
    assert listed(world)["project-7"]["state"] == "broken"
    monkeypatch.setattr(project_clicks, "TRY_AGAIN", 0.0)
    assert listed(world)["project-7"]["state"] == "ready"


def test_an_operators_model_cannot_take_a_projects_name(world: World, tmp_path: Path) -> None:
    graphs.click_net_folder(tmp_path / "models" / "project-7")
    assert "kept for projects' own models" in listed(world)["project-7"]["problem"]


def test_two_models_side_by_side_are_not_mixed_up(world: World) -> None:
    """The picture is kept in memory by model: another `longest` is another picture."""
    trained(world, 1, state=ModelState.CANDIDATE, settings={"click": {"longest": 64, "radius": 2}})
    trained(world, 2, state=ModelState.CANDIDATE, settings={"click": {"longest": 64, "radius": 12}})
    areas = [click(world, model=f"project-{number}").json()["area"] for number in (1, 2)]
    assert areas[1] > 4 * areas[0] > 0
    assert np.isfinite(areas).all()
