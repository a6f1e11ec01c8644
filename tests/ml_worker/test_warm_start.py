"""What a training begins with: parents, files, hubs that are not reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from annotator.core.errors import InvalidInput
from ml_worker import warm_start
from ml_worker.model_folder import save_weights
from ml_worker.nets.build import build
from ml_worker.warm_start import begin, read_file
from tests.ml_worker.training import tiny_plan


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _class(index: int, name: str) -> dict[str, Any]:
    return {"index": index, "name": name, "colour": "#808080", "is_thing": True, "directional": False}


def _small(*names: str, **more: Any) -> dict[str, Any]:
    return tiny_plan(
        architecture="fcn",
        encoder="resnet18",
        classes=[_class(at + 1, one) for at, one in enumerate(names)],
        **more,
    )


def test_outputs_of_a_parent_are_taken_over_by_the_names_of_their_classes(tmp_path: Path) -> None:
    old, new = _small("cat", "dog", "cow"), _small("cow", "bird", "cat", background="class")
    parent = build(old)
    save_weights(parent, tmp_path / "weights")
    net = build(new)
    before = net.state_dict()["classifier.8.weight"].clone()
    begun = begin(net, {**new, "weights": "model"}, parent=tmp_path / "weights", parent_plan=old)
    assert begun.weights == "model" and "3 outputs by the names" in begun.text
    own, other = net.state_dict(), parent.state_dict()
    for key in ("classifier.8.weight", "classifier.8.bias", "classifier.32.4.weight"):
        assert torch.equal(own[key][0], other[key][0])  # the background
        assert torch.equal(own[key][1], other[key][3])  # cow
        assert torch.equal(own[key][3], other[key][1])  # cat
    assert torch.equal(own["classifier.8.weight"][2], before[2])  # nobody knows a bird
    assert torch.equal(
        own["classifier.32.0.weight"], other["classifier.32.0.weight"]
    )  # no output: taken as it is
    assert torch.equal(own["backbone.conv1.weight"], other["backbone.conv1.weight"])


def test_a_parent_without_a_background_keeps_its_classes_apart(tmp_path: Path) -> None:
    old, new = _small("cat", "dog", background="ignore"), _small("dog", background="class")
    parent, net = build(old), build(new)
    save_weights(parent, tmp_path / "weights")
    begin(net, new, parent=tmp_path / "weights", parent_plan=old)
    assert torch.equal(net.state_dict()["classifier.8.bias"][1], parent.state_dict()["classifier.8.bias"][1])


def test_a_parent_of_another_architecture_is_refused(tmp_path: Path) -> None:
    plan = tiny_plan()
    save_weights(build(_small("disc", "square")), tmp_path / "weights")
    with pytest.raises(InvalidInput, match=r"another architecture: \d+ of \d+ tensors fit; encoder\."):
        begin(build(plan), plan, parent=tmp_path / "weights", parent_plan=_small("disc", "square"))


def test_a_file_for_other_classes_gives_what_fits_and_names_the_rest(tmp_path: Path) -> None:
    torch.save({"state_dict": build(_small("a", "b", "c", "d")).state_dict()}, tmp_path / "old.pth")
    plan = _small("a")
    begun = begin(build(plan), plan, file=tmp_path / "old.pth")
    assert begun.weights == "file"
    assert "of another shape, such as those of other classes: classifier.32.4.weight" in begun.text


def test_a_file_of_a_backbone_alone_is_enough(tmp_path: Path) -> None:
    from torchvision.models import resnet18

    theirs = resnet18(weights=None)
    torch.save(theirs.state_dict(), tmp_path / "resnet.pth")
    plan = _small("a")
    net = build(plan)
    begun = begin(net, plan, file=tmp_path / "resnet.pth")
    assert "from scratch: classifier" in begun.text
    assert torch.equal(
        net.state_dict()["backbone.layer4.1.conv2.weight"], theirs.state_dict()["layer4.1.conv2.weight"]
    )


def test_a_file_for_something_else_is_refused_and_says_what_is_in_it(tmp_path: Path) -> None:
    torch.save({"query": torch.zeros(3)}, tmp_path / "other.pt")
    plan = _small("a")
    with pytest.raises(
        InvalidInput, match=r"other\.pt: these weights are for another architecture: 0 of .* it has query"
    ):
        begin(build(plan), plan, file=tmp_path / "other.pt")


def test_files_that_are_damaged_or_run_code_are_refused(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"net": Code()}, tmp_path / "code.pth")
    (tmp_path / "short.safetensors").write_bytes(b"\x10\x00")
    (tmp_path / "list.pth").write_bytes(b"")
    with pytest.raises(InvalidInput, match="more than plain tensors"):
        read_file(tmp_path / "code.pth")
    assert not (tmp_path / "ran").exists()
    with pytest.raises(InvalidInput, match="damaged"):
        read_file(tmp_path / "short.safetensors")
    with pytest.raises(InvalidInput):
        read_file(tmp_path / "list.pth")
    with pytest.raises(InvalidInput, match="No such file"):
        read_file(tmp_path / "none.pth")


def test_packaged_weights_are_loaded_or_their_absence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = tiny_plan(weights="packaged")
    assert begin(build(plan), plan).weights == "packaged"
    other = tiny_plan(weights="packaged", encoder="resnet18")
    assert begin(build(other), other).text == "no packaged weights for resnet18 here: beginning from scratch"


def test_a_hub_that_is_not_reached_means_from_scratch_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_plan: Any) -> Any:
        raise OSError("no route to host")

    monkeypatch.setattr(warm_start, "_hub_state", unreachable)
    plan = _small("a", weights="hub")
    begun = begin(build(plan), plan)
    assert begun.weights == "scratch" and "could not be fetched (OSError)" in begun.text
