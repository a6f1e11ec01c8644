"""Plans: what is chosen from the data and the machine, why, and what a person may choose instead."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.errors import InvalidInput
from ml_worker import plan as plan_module
from ml_worker.plan import make_plan, plan_task
from ml_worker.plan_cost import batch_that_fits, step_seconds

CPU = {"kind": "cpu", "name": "two cores", "memory_bytes": None, "cores": 2}
GPU = {"kind": "cuda", "name": "a GPU", "memory_bytes": 24 << 30, "cores": 8}


def a_class(
    index: int = 1, *, pixels: float = 0.1, objects: int = 50, sides: Any = None, **more: Any
) -> dict[str, Any]:
    return {
        "index": index,
        "name": f"class {index}",
        "colour": "#aa0000",
        "is_thing": True,
        "images": min(objects, 10),
        "objects": objects,
        "pixels": pixels,
        "box_sides": sides or [12, 20, 30, 40, 80],
        "box_ratios": [0.6, 1.0, 1.6],
        **more,
    }


def fingerprint(**changes: Any) -> dict[str, Any]:
    return {
        "task_type": "semantic",
        "exclusive": True,
        "images": {"train": 40, "val": 10, "test": 10},
        "groups": {"train": 40, "val": 10, "test": 10},
        "sizes": [[480, 360, 60]],
        "classes": [a_class(1), a_class(3)],
        "objects_per_image": [5, 20, 30],
        "covered": 0.2,
        "touching": 0.4,
        **changes,
    }


def planned(
    architecture: str = "unet", *, device: Any = CPU, **changes: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    options = {key: changes.pop(key) for key in ("overrides", "parent", "packaged") if key in changes}
    return make_plan(fingerprint(**changes), architecture=architecture, device=device, **options)


@pytest.mark.parametrize("architecture", ["unet", "fcn", "mask_rcnn", "click"])
@pytest.mark.parametrize("device", [CPU, GPU], ids=["cpu", "gpu"])
def test_every_value_has_a_reason_and_the_plan_is_json(architecture: str, device: Any) -> None:
    plan, reasons = planned(architecture, device=device, task_type="instance")
    json.dumps([plan, reasons], allow_nan=False)
    told = {
        "architecture",
        "purpose",
        "minutes",
        "device",
        "variant",
        "anchors",
        "detections",
        "class_weights",
        "oversample",
        "instances",
    }
    assert set(plan) - told <= set(reasons)
    for reason in reasons.values():
        assert reason["code"]
        assert "{" not in reason["text"]


def test_laptop_gets_a_plan_of_minutes_and_a_gpu_a_larger_one() -> None:
    small, _ = planned("unet")
    large, _ = planned("unet", device=GPU)
    assert small["minutes"] <= 12
    assert small["steps"] * step_seconds(small, CPU) <= 8.1 * 60
    assert large["input_size"][0] * large["input_size"][1] > small["input_size"][0] * small["input_size"][1]
    assert large["batch_size"] > small["batch_size"]
    assert (small["precision"], large["precision"]) == ("float32", "bfloat16")


def test_gap_free_labels_have_no_background_and_sparse_ones_do() -> None:
    gap_free, why = planned(covered=0.98)
    assert gap_free["background"] == "ignore"
    assert why["background"]["code"] == "background_gap"
    assert planned(covered=0.5)[0]["background"] == "class"


def test_instances_by_a_unet_are_separated_by_watershed() -> None:
    plan, why = planned(task_type="instance")
    assert (plan["instances"], plan["purpose"]) == ("watershed", "instance")
    assert "40.0 %" in why["instances"]["text"]
    assert planned(task_type="semantic")[0]["instances"] == ""


def test_outputs_keep_the_order_of_the_palette_and_things_alone_are_detected() -> None:
    classes = [a_class(4), a_class(2, is_thing=False), a_class(9)]
    assert [one["index"] for one in planned(classes=classes)[0]["classes"]] == [4, 2, 9]
    detected, _ = planned("mask_rcnn", task_type="panoptic", classes=classes)
    assert [one["index"] for one in detected["classes"]] == [4, 9]


def test_class_without_examples_is_named_and_stays_an_output() -> None:
    plan, why = planned(classes=[a_class(1), a_class(2, objects=0, pixels=0.0)])
    assert [one["index"] for one in plan["classes"]] == [1, 2]
    assert why["classes"]["code"] == "classes_without_examples"
    assert "class 2" in why["classes"]["text"]


def test_rare_classes_get_weights_whose_mean_over_those_that_occur_is_about_one() -> None:
    plan, _ = planned(
        covered=1.0,
        classes=[a_class(1, pixels=0.9), a_class(2, pixels=0.001), a_class(3, objects=0, pixels=0.0)],
    )
    common, rare, absent = plan["class_weights"]
    assert common < 1 < rare <= 5
    assert absent == 1.0
    assert (
        planned(covered=1.0, classes=[a_class(1, pixels=0.5), a_class(2, pixels=0.5)])[0]["class_weights"]
        is None
    )


def test_anchors_span_the_boxes_of_the_data() -> None:
    plan, _ = planned("mask_rcnn", task_type="instance", classes=[a_class(sides=[10, 20, 30, 50, 160])])
    sizes = [row[0] for row in plan["anchors"]["sizes"]]
    assert sizes[0] == pytest.approx(10 * plan["scale"], rel=0.02)
    assert sizes[-1] == pytest.approx(160 * plan["scale"], rel=0.02)
    assert sizes == sorted(sizes)
    assert plan["detections"] == 100


def test_small_objects_are_not_scaled_away() -> None:
    huge = [[6000, 4000, 10]]
    lost, _ = planned(sizes=huge, classes=[a_class(sides=[300, 400, 500, 600, 900])])
    kept, why = planned(sizes=huge, classes=[a_class(sides=[6, 10, 14, 20, 30])])
    assert lost["scale"] < 0.15
    assert kept["scale"] == pytest.approx(0.8)
    assert why["scale"]["code"] == "scale_objects"
    assert kept["tiling"] is not None


def test_directional_classes_are_not_mirrored() -> None:
    assert planned()[0]["augmentation"]["flip_horizontal"] is True
    plan, why = planned(overrides={"directional": [3]})
    assert plan["augmentation"]["flip_horizontal"] is False
    assert [one["directional"] for one in plan["classes"]] == [False, True]
    assert "class 3" in why["augmentation"]["text"]


def test_person_s_choice_holds_and_the_rest_follows_from_it() -> None:
    plan, why = planned(overrides={"steps": 200, "batch_size": 3, "augmentation": {"flip_vertical": True}})
    assert (plan["steps"], plan["batch_size"], plan["evaluate_every"]) == (200, 3, 20)
    assert why["steps"]["code"] == "chosen"
    assert plan["augmentation"]["flip_vertical"] is True
    assert plan["augmentation"]["zoom"] == [0.75, 1.33]


def test_everything_wrong_with_the_choices_is_said_at_once() -> None:
    wrong = {
        "steps": 0, "encoder": "vgg", "input_size": [100, 64], "losses": [], "colour": 1, "learning_rate": float("nan"),
        "augmentation": {"zoom": [2, 1], "shear": 3}, "directional": [77], "anchors": {}, "tiling": {"size": [64, 64]},
    }  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        planned(overrides=wrong)
    assert {problem.where for problem in caught.value.problems} == {f"overrides.{name}" for name in wrong}
    assert "a whole number from 1 to 1000000" in str(caught.value)


def test_what_cannot_be_learned_from_is_refused_with_every_reason() -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(
            "mask_rcnn", images={"train": 0, "val": 3, "test": 0}, classes=[a_class(objects=0, pixels=0.0)]
        )
    assert [problem.where for problem in caught.value.problems] == ["images", "classes", "architecture"]


@pytest.mark.parametrize(("train", "code"), [(1, "validation_one_image"), (5, "validation_none")])
def test_missing_validation_is_told(train: int, code: str) -> None:
    plan, why = planned(images={"train": train, "val": 0, "test": 0})
    assert why["validation"]["code"] == code
    assert plan["steps"] >= 60


def test_weights_come_from_the_parent_the_package_or_nowhere() -> None:
    assert planned()[0]["weights"] == "packaged"
    assert planned(packaged=False)[0]["weights"] == "scratch"
    assert planned("mask_rcnn", task_type="instance")[0]["weights"] == "scratch"
    parent = {"architecture": "unet", "encoder": "resnet34", "variant": ""}
    plan, _ = planned(parent=parent)
    assert (plan["encoder"], plan["weights"]) == ("resnet34", "model")
    assert planned("fcn", parent=parent)[0]["weights"] == "scratch"  # of another architecture


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(16, 30_000),
    height=st.integers(16, 30_000),
    side=st.floats(1, 3000),
    images=st.integers(1, 100_000),
    architecture=st.sampled_from(["unet", "fcn", "mask_rcnn", "click"]),
    device=st.sampled_from([CPU, GPU, {"kind": "mps", "cores": 8}]),
)
def test_any_dataset_gets_a_plan_that_could_be_chosen_by_hand(
    *, width: int, height: int, side: float, images: int, architecture: str, device: Any
) -> None:
    sides = [side / 2, side, side * 1.5, side * 2, side * 4]
    given_data = fingerprint(
        task_type="instance",
        sizes=[[width, height, images]],
        images={"train": images, "val": 2, "test": 2},
        classes=[a_class(sides=sides)],
    )
    plan, _ = make_plan(given_data, architecture=architecture, device=device)
    choosable = {
        name: value
        for name, value in plan.items()
        if name
        not in (
            "architecture",
            "purpose",
            "classes",
            "instances",
            "minutes",
            "device",
            "variant",
            "anchors",
            "losses",
        )
    }
    again, _ = make_plan(given_data, architecture=architecture, device=device, overrides=choosable)
    assert {name: again[name] for name in choosable} == choosable
    assert batch_that_fits(plan, device) >= 1


def test_task_answers_plan_and_reasons() -> None:
    answer = plan_task({"task": "plan", "architecture": "unet", "fingerprint": fingerprint(), "device": CPU})
    assert answer["plan"]["architecture"] == "unet"
    assert answer["reasons"]["weights"]["code"] == "weights_packaged"


def test_every_reason_has_words_in_every_language_of_the_dashboard() -> None:
    """The codes are read from the source: those that tests don't reach count too."""
    folder = Path(plan_module.__file__).parent
    future = "from __future__ import annotations"
    texts = [(folder / name).read_text().replace(future, "") for name in ("plan.py", "plan_schedule.py")]
    source = ast.parse("\n".join(texts))
    codes = {
        node.value
        for node in ast.walk(source)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.split("_")[0] in PREFIXES
        and "_" in node.value
    } - NO_CODES
    assert len(codes) > 40
    root = Path(plan_module.__file__).resolve().parents[1] / "frontend" / "src" / "i18n"
    files = [root / language / "plan.ts" for language in ("en", "pt-BR")]
    for file in files:
        text = file.read_text()
        missing = sorted(code for code in codes | {"chosen"} if f"'reason.{code}':" not in text)
        assert not missing, f"{file.parent.name}: {missing}"


PREFIXES = {
    "classes", "background", "watershed", "encoder", "weights", "scale", "size", "losses", "oversample", "augmentation",
    "anchors", "detections", "precision", "batch", "accumulate", "steps", "evaluate", "warmup", "ema", "workers",
    "seed", "validation", "adamw", "rate", "decay", "schedule", "tiling",
}  # fmt: skip
NO_CODES = {"batch_size", "evaluate_every", "steps_seconds", "weights_file"}


def test_mask_rcnn_keeps_the_normalisation_of_the_weights_it_begins_with() -> None:
    first, reasons = planned("mask_rcnn", task_type="instance")
    assert (first["norm"], reasons["norm"]["code"]) == ("group", "norm_group")
    hub, _ = planned("mask_rcnn", task_type="instance", overrides={"weights": "hub", "encoder": "resnet50"})
    assert hub["norm"] == "frozen"
    child, _ = planned("mask_rcnn", task_type="instance", parent=hub)
    assert (child["weights"], child["norm"]) == ("model", "frozen")
