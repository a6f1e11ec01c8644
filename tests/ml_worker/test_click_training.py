"""The click model: its network, its recipe for the loop, and its graph as the editor is served with it. Tiny."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.clicks.interface import Prompt
from annotator.clicks.registry import Registry
from annotator.core.errors import InvalidInput
from ml_worker import click_data
from ml_worker.click_data import RECIPE, clicked, losses_of
from ml_worker.click_eval import project_segmenter
from ml_worker.click_export import click_settings, export_click
from ml_worker.click_samples import Pictures, Sampler
from ml_worker.folder import Dataset
from ml_worker.nets.build import build
from ml_worker.nets.click import ClickNet, PlainEncoder, SummedStem, build_click
from tests.clicks import graphs
from tests.ml_worker.click_folder import as_object, disc, discs_folder, one_image

PLAN: dict[str, Any] = {
    "architecture": "click",
    "encoder": "plain",
    "input_size": [64, 64],
    "seed": 3,
    "augmentation": {"flip_horizontal": True, "flip_vertical": True, "colour": True},
}
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return discs_folder(tmp_path / "discs")


def batch(dataset: Dataset, count: int = 4, epoch: int = 0) -> list[Any]:
    samples = RECIPE.samples(dataset, dataset.of_split("train"), PLAN)
    return [samples.sample(epoch, k) for k in range(count)]


def test_every_input_matters_and_the_logits_have_the_pictures_sides() -> None:
    net = build(PLAN).eval()
    image, clicks, previous = torch.rand(1, 3, 64, 96), torch.zeros(1, 2, 64, 96), torch.zeros(1, 1, 64, 96)
    with torch.no_grad():
        plain = net(image, clicks, previous)
        assert plain.shape == (1, 1, 64, 96)
        for changed in (
            (image * 0.5, clicks, previous),
            (image, clicks + torch.tensor([1.0, 0.0]).view(1, 2, 1, 1), previous),
            (image, clicks + torch.tensor([0.0, 1.0]).view(1, 2, 1, 1), previous),
            (image, clicks, previous + 1),
        ):
            assert not torch.allclose(net(*changed), plain, atol=1e-4)


def test_a_copy_is_independent_of_the_net_it_was_made_of() -> None:
    """The marks' stem is referred to in two places; a copy for averaging must have one of its own in both."""
    net = build_click(PLAN)
    twin = copy.deepcopy(net)
    [stem] = [one for one in twin.encoder.modules() if isinstance(one, SummedStem)]
    assert stem._beside[0] is twin.marks
    assert twin.marks is not net.marks


def test_an_encoders_own_weights_fit_and_are_not_doubled() -> None:
    net = build_click(PLAN)
    names = set(net.encoder.state_dict())
    assert names == set(PlainEncoder().state_dict())
    net.encoder.load_state_dict(PlainEncoder().state_dict())
    assert len({id(one) for one in net.parameters()}) == len(list(net.parameters()))


def test_an_encoder_without_a_plain_first_convolution_is_refused() -> None:
    odd = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3, stride=2))
    with pytest.raises(InvalidInput, match="a plain convolution of 3 channels"):
        ClickNet(odd, (8,) * 5, mean=(0.5,) * 3, std=(0.25,) * 3)


def test_the_packaged_encoder_takes_its_weights_beside_the_marks() -> None:
    pytest.importorskip("segmentation_models_pytorch")
    from ml_worker.nets.encoders import load_packaged, packaged_file

    if packaged_file() is None:
        pytest.skip("the package with the encoder's weights is not installed")
    net = build_click({**PLAN, "encoder": "efficientnet_lite0"})
    assert load_packaged(net.encoder) > 200


def test_a_sample_depends_on_seed_epoch_and_index_alone(dataset: Dataset) -> None:
    first, again, other = batch(dataset, 1)[0], batch(dataset, 1)[0], batch(dataset, 1, epoch=1)[0]
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["image"], other["image"])
    assert first["image"].dtype == torch.uint8


def test_losses_are_finite_and_go_back_to_every_parameter(dataset: Dataset) -> None:
    net = build(PLAN).train()
    found = RECIPE.losses(net, batch(dataset), PLAN, CPU)
    assert set(found) == {"cross_entropy", "dice"}
    total = sum(found.values(), torch.tensor(0.0))
    assert torch.isfinite(total)
    total.backward()
    assert all(one.grad is not None and torch.isfinite(one.grad).all() for one in net.parameters())
    assert net.training


def test_clicks_follow_the_nets_own_errors(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A net that finds nothing is clicked at once more for each look."""
    seen: list[torch.Tensor] = []

    class Blind(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.level = torch.nn.Parameter(torch.tensor(-5.0))

        def forward(self, image: torch.Tensor, clicks: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
            seen.append(clicks)
            return self.level.expand(len(image), 1, *image.shape[-2:])

    monkeypatch.setattr(click_data, "ADDED", (0.0, 0.0, 0.0, 1.0))
    monkeypatch.setattr(click_data, "AGAIN", 0.0)
    RECIPE.losses(Blind(), batch(dataset), PLAN, CPU)
    assert len(seen) == 4
    positive = [float(one[:, 0].sum()) for one in seen]
    assert positive == sorted(positive)
    assert positive[3] > positive[0]
    assert torch.equal(seen[0][:, 1], seen[3][:, 1])  # nothing was spilled: no negative click


@pytest.mark.parametrize("name", ["cross_entropy", "dice", "focal"])
def test_a_right_answer_costs_less_than_a_wrong_one_and_void_costs_nothing(name: str) -> None:
    truth = torch.from_numpy(disc(24, 30, 10)).float()[None, None]
    void = torch.from_numpy(disc(50, 50, 6)).float()[None, None]
    wanted = [{"name": name, "weight": 2.0}]

    def cost(logits: torch.Tensor) -> float:
        return float(losses_of(logits, truth, 1 - void, wanted)[name])

    right = (truth * 2 - 1) * 6
    assert cost(right) < 0.1 < cost(-right)
    assert cost(right + void * 20) == pytest.approx(cost(right), abs=1e-5)


def test_an_unknown_loss_is_named(dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match="'lovasz' is none of cross_entropy, dice, focal"):
        RECIPE.losses(build(PLAN), batch(dataset), {**PLAN, "losses": [{"name": "lovasz", "weight": 1}]}, CPU)


def test_images_without_an_object_and_odd_sides_are_told(tmp_path: Path, dataset: Dataset) -> None:
    empty = one_image(tmp_path / "empty", [as_object("void", disc(30, 30, 8), index=255)])
    with pytest.raises(InvalidInput, match="hold no object to click at"):
        RECIPE.samples(empty, empty.of_split("train"), PLAN)
    with pytest.raises(InvalidInput, match="multiples of 32"):
        RECIPE.samples(dataset, dataset.of_split("train"), {**PLAN, "input_size": [50, 50]})


@pytest.mark.slow
def test_it_learns_to_answer_clicks(dataset: Dataset, tmp_path: Path) -> None:
    """Bright discs on dark ground, 60 small steps: enough to find a disc that is clicked at, and not its neighbour."""
    net = build(PLAN)
    samples = RECIPE.samples(dataset, dataset.of_split("train"), PLAN)
    held_out = dataset.of_split("val")
    before = RECIPE.evaluate(net.eval(), dataset, held_out, PLAN, CPU)["score"]
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    for step in range(60):
        net.train()
        found = RECIPE.losses(net, [samples.sample(step, k) for k in range(6)], PLAN, CPU)
        optimiser.zero_grad()
        sum(found.values(), torch.tensor(0.0)).backward()
        optimiser.step()
    net.eval()
    point = RECIPE.evaluate(net, dataset, held_out, PLAN, CPU)
    assert point["score"] > max(0.75, before + 0.2), point
    assert point["score_name"] == "iou_3_clicks"
    assert RECIPE.strip(net, dataset, held_out, PLAN, CPU).shape == (64 * 4, 64 * 3, 3)

    # The same net as a graph, asked as the editor asks: one of two discs, by one click.
    assert export_click(net, tmp_path / "model.onnx") < 1e-3
    segmenter = project_segmenter(tmp_path / "model.onnx", click_settings(PLAN))
    sampler = Sampler(Pictures(dataset, held_out), side=64, augmentation={})
    picture, objects = sampler.pictures[0]
    x0, y0, x1, y1 = objects[0].box_xyxy
    middle = np.array([[(x0 + x1) / 2, (y0 + y1) / 2]])
    found = segmenter.predict(segmenter.embed(picture), Prompt(positive=middle)).logits > 0
    truth, other = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    truth[y0:y1, x0:x1] = objects[0].bitmap()
    a0, b0, a1, b1 = objects[1].box_xyxy
    other[b0:b1, a0:a1] = objects[1].bitmap()
    assert (found & truth).sum() / (found | truth).sum() > 0.5
    assert (found & other).sum() < (found & truth).sum()


def test_clicking_stops_where_nothing_is_wrong(dataset: Dataset) -> None:
    sampler = Sampler(Pictures(dataset, dataset.of_split("val")), side=64, augmentation={})
    scene = sampler.scene(sampler.targets[0], None)
    looks: list[float] = []

    class Knows(torch.nn.Module):
        def forward(self, image: torch.Tensor, clicks: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
            looks.append(float(clicks.sum()))
            return (torch.from_numpy(scene.truth).float()[None, None] * 2 - 1) * 5

    logits = clicked(Knows(), [scene], 3, CPU)
    np.testing.assert_array_equal(logits[0] > 0, scene.truth)
    assert looks[0] == looks[1] == looks[2] > 0


def test_a_graph_that_answers_otherwise_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ml_worker import click_export

    monkeypatch.setattr(click_export, "_difference", lambda *_: 0.5)
    with pytest.raises(InvalidInput, match=r"differs from torch by 0\.5"):
        export_click(build_click(PLAN), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_its_graph_can_be_served_by_an_installation_that_never_trained(tmp_path: Path) -> None:
    """The settings of a model version are those of a `model.json`."""
    folder = tmp_path / "models" / "cells"
    folder.mkdir(parents=True)
    export_click(build_click(PLAN), folder / "model.onnx")
    files = {"model": {"path": "model.onnx", "sha256": graphs.digest(folder / "model.onnx")}}
    graphs.write_manifest(folder, name="cells", family="click_net", files=files, **click_settings(PLAN))
    [_packaged, entry] = Registry(packaged=tmp_path / "none", folder=tmp_path / "models").entries()
    assert (entry.name, entry.problem) == ("cells", "")
    assert entry.segmenter is not None
    picture = np.zeros((40, 60, 3), np.uint8)
    proposal = entry.segmenter.predict(
        entry.segmenter.embed(picture), Prompt(positive=np.array([[20.0, 20.0]]))
    )
    assert proposal.logits.shape == (40, 60)
