"""Models that people bring: what is wrong with them is said, and what they see comes out as objects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.core.errors import InvalidInput
from annotator.core.label_maps import match_classes, read_label_map
from annotator.core.raster import bitmap_of
from ml_worker import onnx_inspect
from ml_worker.export import export_model
from ml_worker.infer import Pace, predict_pictures, predictor_of
from ml_worker.model_folder import ONNX, load_net, read_model, write_model
from ml_worker.networks import TorchSemantic
from ml_worker.objects import Found
from ml_worker.onnx_inspect import inspect
from ml_worker.onnx_model import OnnxSemantic, bring, network_of
from ml_worker.pictures import Item
from tests.ml_worker import onnx_files
from tests.ml_worker.infer_models import picture, write_mask_rcnn, write_picture, write_unet

CLASSES = [
    {"index": 3, "name": "Road", "colour": "#112233", "is_thing": False},
    {"index": 9, "name": "traffic light", "colour": "#445566", "is_thing": True},
]
NAMES = b'{"0": "background", "1": "road", "2": "Traffic_Light"}'
FROM_ONE = b"item { id: 1 name: 'road' }\nitem { id: 2 name: 'traffic light' }"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _install(
    folder: Path,
    model: Path,
    labels: bytes,
    name: str,
    classes: Sequence[Mapping[str, Any]] = CLASSES,
    **settings: Any,
) -> Path:
    """What the product does with an arriving model."""
    brought = bring(model, labels, name, classes)
    write_model(
        folder, architecture="onnx", purpose=brought["purpose"], plan=brought["plan"],
        class_map=brought["class_map"], settings=settings, model_id="m",
    )  # fmt: skip
    (folder / ONNX).write_bytes(model.read_bytes())
    return folder


def _found(folder: Path, item: dict[str, Any]) -> list[Found]:
    one = Item(item["image"], Path(item["file"]), None, item["width"], item["height"])
    predictor = predictor_of(read_model(folder))
    done = next(iter(predict_pictures(predictor, [one], pace=Pace(1, 1, 1), write=lambda done: done)))
    assert done.prediction is not None, done.error
    return done.prediction.found


def _painted(found: list[Found], height: int, width: int) -> np.ndarray:
    canvas = np.zeros((height, width), np.uint8)
    for one in found:
        x0, y0, x1, y1 = one.box_xyxy
        canvas[y0:y1, x0:x1][bitmap_of(one.mask)] = one.class_index
    return canvas


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("end", ["logits", "softmax", "numbers"])
def test_semantic_models_of_every_form_give_the_brightest_colour(
    tmp_path: Path, layout: str, end: str
) -> None:
    model = onnx_files.semantic(tmp_path / "a.onnx", layout=layout, end=end)
    folder = _install(tmp_path / "model", model, NAMES, "labels.json", confidence=0.0)
    pixels = picture(40, 52)
    found = _found(folder, write_picture(tmp_path / "a.png", pixels))
    expected = np.array([0, 3, 9], np.uint8)[pixels.argmax(axis=2)]
    assert (_painted(found, 40, 52) == expected).mean() > 0.99  # but for ties
    if end != "numbers":
        scores = np.exp(pixels / 25.5) / np.exp(pixels / 25.5).sum(axis=2, keepdims=True)
        best = scores.max(axis=2)
        assert np.mean([one.score for one in found]) == pytest.approx(best.mean(), abs=0.1)


def test_an_export_of_our_own_comes_back_with_its_scale_and_without_its_distance_channel(
    tmp_path: Path,
) -> None:
    model = onnx_files.semantic(tmp_path / "a.onnx")  # its third channel stands for the distance
    ours = {
        "architecture": "unet",
        "classes": [{"index": 1, "name": "Road"}],
        "outputs": [0, 1],
        "distance": True,
    }
    labels = {scale: json.dumps({**ours, "scale": scale}).encode() for scale in (0.5, 1.0)}
    assert bring(model, labels[0.5], "label_map.json", CLASSES)["plan"]["scale"] == 0.5
    folder = _install(tmp_path / "model", model, labels[1.0], "label_map.json", confidence=0.0)
    pixels = picture(40, 52)
    found = _found(folder, write_picture(tmp_path / "a.png", pixels))
    expected = np.array([0, 3], np.uint8)[pixels[..., :2].argmax(axis=2)]
    assert (_painted(found, 40, 52) == expected).mean() > 0.99


def test_threshold_of_a_brought_semantic_model_leaves_unsure_parts_out(tmp_path: Path) -> None:
    model = onnx_files.semantic(tmp_path / "a.onnx")
    item = write_picture(tmp_path / "a.png", picture(40, 52))
    everything = _found(_install(tmp_path / "one", model, NAMES, "a.json", confidence=0.0), item)
    middle = float(np.median([one.score for one in everything]))
    sure = _found(_install(tmp_path / "two", model, NAMES, "a.json", confidence=middle), item)
    assert 0 < len(sure) < len(everything)
    assert min(one.score for one in sure) >= middle


def test_model_of_a_fixed_size_gets_pictures_of_that_size_and_answers_in_theirs(tmp_path: Path) -> None:
    model = onnx_files.semantic(tmp_path / "a.onnx", size=(32, 32))
    folder = _install(tmp_path / "model", model, NAMES, "labels.json", confidence=0.0)
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, :48, 1], pixels[:, 48:, 2] = 255, 255
    assert sorted(
        (one.class_index, one.area) for one in _found(folder, write_picture(tmp_path / "a.png", pixels))
    ) == [
        (3, 64 * 48),
        (9, 64 * 48),
    ]


def test_normalisation_and_channel_order_are_settings(tmp_path: Path) -> None:
    model = onnx_files.semantic(tmp_path / "a.onnx")
    pixels = np.full((16, 16, 3), (10, 20, 200), np.uint8)
    item = write_picture(tmp_path / "a.png", pixels)

    def classes(**settings: Any) -> list[int]:
        folder = _install(tmp_path / "model", model, NAMES, "a.json", confidence=0.0, **settings)
        return [one.class_index for one in _found(folder, item)]

    assert classes() == [9]
    assert classes(channels="BGR") == []  # red is nothing here
    assert classes(normalisation={"mean": [0, 0, 190], "std": [1, 1, 1]}) == [3]
    assert classes(normalisation="imagenet") == [9]
    with pytest.raises(InvalidInput, match="normalisation: 'odd' is none of"):
        classes(normalisation="odd")


def test_detections_of_tensorflows_zoo_are_placed_by_shares_of_the_sides(tmp_path: Path) -> None:
    model = onnx_files.tensorflow(tmp_path / "a.onnx")
    folder = _install(tmp_path / "model", model, FROM_ONE, "map.pbtxt", confidence=0.5, detections=10)
    found = _found(folder, write_picture(tmp_path / "a.png", picture(80, 120)))
    assert [(one.class_index, round(one.score, 2)) for one in found] == [(3, 0.9), (9, 0.6)]
    x0, y0, x1, y1 = found[1].box_xyxy
    assert (x0, y0, x1, y1) == pytest.approx((60, 20, 120, 60), abs=6)
    assert found[0].area == pytest.approx(30 * 40, rel=0.25)  # the left half of its box
    few = _install(tmp_path / "few", model, FROM_ONE, "map.pbtxt", confidence=0.7, detections=10)
    assert len(_found(few, write_picture(tmp_path / "a.png", picture(80, 120)))) == 1
    one = _install(tmp_path / "one", model, FROM_ONE, "map.pbtxt", confidence=0.0, detections=1)
    assert len(_found(one, write_picture(tmp_path / "a.png", picture(80, 120)))) == 1


def test_our_own_exports_come_back_as_brought_models(tmp_path: Path) -> None:
    pytest.importorskip("ml_worker.nets.mask_rcnn")
    classes = [{**one, "name": name} for one, name in zip(CLASSES, ("road", "car"), strict=True)]
    for write, kind in ((write_unet, "semantic"), (write_mask_rcnn, "instances")):
        plan = write(tmp_path / kind)
        model = read_model(tmp_path / kind)
        exported = export_model(load_net(model), plan, tmp_path / f"{kind}-out")
        labels = exported.files["label_map"].read_bytes()
        brought = bring(exported.files["onnx"], labels, "label_map.json", classes)
        assert brought["plan"]["inspected"]["kind"] == kind
        folder = tmp_path / f"{kind}-brought"
        write_model(
            folder, architecture="onnx", purpose=brought["purpose"], plan=brought["plan"],
            class_map=brought["class_map"], settings={**model.settings, "confidence": 0.06}, model_id="b",
        )  # fmt: skip
        (folder / ONNX).write_bytes(exported.files["onnx"].read_bytes())
        item = write_picture(tmp_path / "a.png", picture(64, 96))
        own, theirs = (_painted(_found(path, item), 64, 96) for path in (tmp_path / kind, folder))
        assert own.any()
        assert (own == theirs).mean() > 0.97


def test_an_export_of_our_own_sees_pictures_of_odd_sizes_as_its_network_does(tmp_path: Path) -> None:
    plan = write_unet(tmp_path / "own")
    model = read_model(tmp_path / "own")
    exported = export_model(load_net(model), plan, tmp_path / "out")
    classes = [{**one, "name": name} for one, name in zip(CLASSES, ("road", "car"), strict=True)]
    labels = exported.files["label_map"].read_bytes()
    folder = _install(tmp_path / "brought", exported.files["onnx"], labels, "label_map.json", classes)
    pictures = [picture(50, 71)]
    own, _ = TorchSemantic(load_net(model), plan, "cpu")(pictures)
    brought = network_of(read_model(folder))
    assert isinstance(brought, OnnxSemantic)
    theirs, _ = brought(pictures)
    assert theirs.shape[2:] == own.shape[2:] == (50, 71)
    assert float((own[:, : theirs.shape[1]] - theirs).abs().max()) < 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"rubbish" * 99), "not an ONNX file"),
        (lambda path: path.write_bytes(b""), "not an ONNX file"),
        (onnx_files.external, "in other files .weights.bin."),
        (onnx_files.boxes_only, "no output masks .it has boxes, labels, scores."),
    ],
)
def test_models_that_cannot_be_used_say_why(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "a.onnx")
    with pytest.raises(InvalidInput, match=message):
        inspect(tmp_path / "a.onnx")


def test_model_cut_short_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("ml_worker.nets.unet")
    plan = write_unet(tmp_path / "m")
    exported = export_model(load_net(read_model(tmp_path / "m")), plan, tmp_path / "out")
    path = exported.files["onnx"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InvalidInput, match=r"not an ONNX file|cannot be loaded"):
        inspect(path)


def test_oversized_model_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    with path.open("wb") as file:
        file.truncate(onnx_inspect.MOST_BYTES + 1)  # sparse: takes no room
    with pytest.raises(InvalidInput, match="at most 2048 MB"):
        inspect(path)


def test_crash_while_looking_takes_nobody_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = onnx_files.semantic(tmp_path / "a.onnx")
    real = subprocess.run

    def crashing(command: list[str], **given: Any) -> Any:
        return real(
            [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"], **given
        )

    monkeypatch.setattr(subprocess, "run", crashing)
    with pytest.raises(InvalidInput, match="onnxruntime ended with signal 11"):
        inspect(path)
    assert os.getpid() > 0


def test_model_that_hangs_is_given_up(tmp_path: Path) -> None:
    path = onnx_files.semantic(tmp_path / "a.onnx")
    with pytest.raises(InvalidInput, match=r"took longer than 0\.01 s"):
        inspect(path, seconds=0.01)


def test_label_numbers_that_the_model_does_not_have_are_refused(tmp_path: Path) -> None:
    path = onnx_files.semantic(tmp_path / "a.onnx")
    for name in ("traffic light", "boat"):  # the project need not know the one that is too many
        content = json.dumps({"1": "road", "7": name}).encode()
        with pytest.raises(InvalidInput, match="has the number 7; the model's outputs are 0 to 2") as refused:
            bring(path, content, "a.json", CLASSES)
        assert [one.where for one in refused.value.problems] == ["label_map"]


@pytest.mark.parametrize(
    ("model", "label_map", "where"),
    [(b"\x08\x07 and noise", NAMES, "model"), (None, b"[3]", "label_map"), (None, b'["boat"]', "label_map")],
)
def test_refusal_says_which_of_the_two_files_is_wrong(
    tmp_path: Path, model: bytes | None, label_map: bytes, where: str
) -> None:
    path = onnx_files.semantic(tmp_path / "a.onnx")
    if model is not None:
        path.write_bytes(model)
    with pytest.raises(InvalidInput) as refused:
        bring(path, label_map, "a.json", CLASSES)
    [problem] = refused.value.problems
    assert (problem.where, problem.message) == (where, refused.value.detail)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("map.pbtxt", "item {\n  id: 1\n  name: 'road'\n}\nitem {\n  name: \"it's\"\n  id: 2\n}"),
        (
            "map.pbtxt",
            "# a comment\nitem { name: '/m/1' id: 1 display_name: 'road' }\nitem{id:2 name:\"it's\"}",
        ),
        ("a.json", '{"1": "road", "2": "it\'s"}'),
        ("a.json", '{"road": 1, "it\'s": 2}'),
        ("a.json", '[{"id": 1, "name": "road"}, {"id": 2, "name": "it\'s", "supercategory": "x"}]'),
        ("a.json", '{"categories": [{"id": 1, "name": "road"}, {"id": 2, "name": "it\'s"}], "images": []}'),
        ("a.json", '{"id2label": {"1": "road", "2": "it\'s"}}'),
        ("a.json", '{"names": {"1": "road", "2": "it\'s"}, "nc": 2}'),
    ],
)
def test_label_maps_in_the_common_shapes_mean_the_same(name: str, content: str) -> None:
    assert read_label_map(content.encode(), name) == {1: "road", 2: "it's"}


def test_list_of_names_counts_from_nought() -> None:
    assert read_label_map(b'["background", "road"]', "a.json") == {0: "background", 1: "road"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pbtxt", b"item { name: 'x' }", "item 1: `id` and `name`"),
        ("a.pbtxt", b"nothing", "no `item"),
        ("a.json", b"{", "neither JSON"),
        ("a.json", b"[" * 100_000, "neither JSON"),
        ("a.json", b'{"a": [1]}', "numbers and names are needed"),
        ("a.json", b"[3]", "entry 0"),
        ("a.json", b"\xff\xfe", "not UTF-8"),
        ("a.pbtxt", b"item { id: 1 name: 'x' } item { id: 1 name: 'y' }", "1 occurs twice"),
        ("a.json", b" " * (1 << 21), "at most"),
    ],
)
def test_label_maps_that_are_none_say_so(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_label_map(content, name)


def test_names_are_matched_without_regard_to_case_and_unknown_ones_are_named() -> None:
    found, unknown = match_classes({0: "background", 1: "ROAD", 2: "Traffic-light", 3: "boat"}, CLASSES)
    assert (found, unknown) == ({1: 3, 2: 9}, ["boat"])
    with pytest.raises(
        InvalidInput, match=r"none of the model's classes \(boat\); it has Road, traffic light"
    ):
        match_classes({1: "boat"}, CLASSES)


def test_inspection_describes_the_input(tmp_path: Path) -> None:
    found = inspect(onnx_files.semantic(tmp_path / "a.onnx", layout="NHWC", size=(32, 48)))
    assert json.loads(json.dumps(found.as_dict())) == {
        "kind": "semantic", "form": "logits_last", "input": "image", "layout": "NHWC",
        "dtype": "tensor(float)", "size": [32, 48], "outputs": 3,
    }  # fmt: skip
