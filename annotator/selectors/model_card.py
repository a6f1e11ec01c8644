"""A model's card: what it is, what it learned from, how good it is, what it is not for. Markdown, in English.

Owns the text. Everything in it is read from the model's row and its version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotator.models import ModelVersion

NAMES = {
    "iou": "IoU",
    "mean_iou": "Mean IoU",
    "dice": "Dice",
    "pixel_accuracy": "Pixel accuracy",
    "boundary_iou": "Boundary IoU",
    "ap": "Mask AP",
    "ap50": "Mask AP at IoU 0.5",
    "ap75": "Mask AP at IoU 0.75",
    "f1_50": "F1 at IoU 0.5",
    "pq": "Panoptic quality",
    "sq": "Segmentation quality",
    "rq": "Recognition quality",
}
FILES = {
    "weights": "Weights",
    "onnx": "ONNX",
    "torchscript": "TorchScript",
    "label_map": "Label map",
    "script": "Inference script",
}
ARCHITECTURES = {
    "unet": "U-Net",
    "fcn": "FCN",
    "mask_rcnn": "Mask R-CNN",
    "click": "click model (U-Net with click channels)",
    "fused": "a semantic and an instance model, fused",
    "onnx": "ONNX",
}
PLAN_ROWS = (
    "encoder", "weights", "input_size", "scale", "steps", "batch_size", "learning_rate", "optimizer", "losses",
    "augmentation", "precision",
)  # fmt: skip
PER_CLASS = ("iou", "dice", "boundary_iou", "ap", "ap50", "pq")
INTENDED = {
    "semantic": "Gives each pixel a class. It does not tell neighbouring objects of one class apart.",
    "instance": "Finds single objects of the classes below and draws each.",
    "panoptic": "Gives each pixel a class, and tells objects of things apart.",
    "click": "Proposes the mask of the object that a person clicks on.",
}


def model_card(model: ModelVersion, *, script: str = "predict.py") -> str:
    """The card of a model (with its project, version and parent loaded); `script`: the name it is downloaded by."""
    parts = [
        _heading(model), _lineage(model), _data(model), _metrics(model), _use(model), _limits(model),
        _running(model, script),
    ]  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _heading(model: ModelVersion) -> Iterator[str]:
    yield f"# {model.project.name}: model {model.number}{f' ({model.name})' if model.name else ''}"
    if model.note:
        yield ""
        yield model.note
    yield ""
    yield f"{INTENDED[model.purpose]} State: {model.state}{' (training ended early)' if model.stopped else ''}."


def _lineage(model: ModelVersion) -> Iterator[str]:
    yield "## Lineage"
    yield ""
    yield f"- Architecture: {ARCHITECTURES[model.architecture]}"
    if model.parent is not None:
        yield f"- Began with the weights of model {model.parent.number}"
    if model.version is not None:
        yield f"- Dataset version {model.version.number}, content hash `{model.version.content_hash}`"
    parts = list(model.parts.order_by("number"))
    if parts:
        yield f"- Joins {' and '.join(f'model {one.number} ({one.purpose})' for one in parts)}"
    if model.architecture == "onnx":
        yield "- Brought by its owner; Contorno did not train it"
    else:
        minutes = f"{model.seconds / 60:.1f} minutes of training"
        yield f"- Seed {model.seed}, code {model.code_version or 'unknown'}, {minutes}"
    for key in PLAN_ROWS:
        if model.plan.get(key) not in (None, "", [], {}):
            yield f"- {key.replace('_', ' ').capitalize()}: {_plain(model.plan[key])}"
    for name, one in model.files.items():
        if name != "strips":
            yield f"- {FILES.get(name, name)}: sha256 `{one['sha256']}`, {one['size_bytes']:,} bytes"


def _data(model: ModelVersion) -> Iterator[str]:
    yield "## Data"
    yield ""
    version = model.version
    if version is None:
        yield "Not known."
    else:
        splits = ", ".join(f"{count} {name}" for name, count in version.split_counts.items())
        yield (
            f"{version.image_count} images ({splits}) with {version.object_count} objects; "
            f"{model.labelled_count} labelled training images. Images of one group (sequence, patient, slide) "
            "are in one split, so that nothing that was learned is tested."
        )
    yield ""
    yield "| index | class |"
    yield "|---|---|"
    for one in model.class_map:
        yield f"| {one['index']} | {_cell(one['name'])} |"


def _metrics(model: ModelVersion) -> Iterator[str]:
    yield "## Measured"
    yield ""
    metrics = model.metrics
    values = {
        key: one for key, one in (metrics.get("values") or {}).items() if one and one.get("value") is not None
    }
    if not values:
        yield "Nothing was measured."
        return
    yield (
        f"On {metrics.get('images', 0)} {metrics.get('split', '')} images of {metrics.get('units', 0)} independent "
        "units; 95 % intervals by resampling units."
    )
    yield ""
    yield "| metric | value | 95 % interval |"
    yield "|---|---|---|"
    for key, one in values.items():
        yield f"| {NAMES.get(key, key)} | {one['value']:.3f} | {_interval(one)} |"
    rows = metrics.get("classes") or []
    shown = [
        key
        for key in ("iou", "dice", "boundary_iou", "ap", "ap50", "pq")
        if any(r.get(key) is not None for r in rows)
    ]
    if rows and shown:
        yield ""
        yield f"| class | {' | '.join(NAMES.get(key, key) for key in shown)} |"
        yield "|---" * (len(shown) + 1) + "|"
        for row in rows:
            yield f"| {_cell(row.get('name', row.get('index')))} | {' | '.join(_number(row.get(k)) for k in shown)} |"


def _use(model: ModelVersion) -> Iterator[str]:
    yield "## Intended use"
    yield ""
    yield (
        "To propose annotations in images like those it learned from, which a person looks through. "
        f"Licence: {model.licence or 'that of the project’s data and of the weights it began with'}."
    )


def _limits(model: ModelVersion) -> Iterator[str]:
    yield "## Limits"
    yield ""
    if model.metrics.get("values") and not model.metrics.get("enough"):
        yield "- The images it was measured on are too few to tell how good it is."
    if model.metrics.get("split") == "val":
        yield "- It was measured on validation images, by which its best checkpoint was chosen: expect less elsewhere."
    if model.stopped:
        yield "- Its training was ended early."
    yield "- It knows the classes above and no others; what is none of them it may take for one."
    yield "- Other cameras, stains, seasons or scales than in its training images were not measured."
    yield "- Not made for decisions about people, nor for diagnosis."


def _running(model: ModelVersion, script: str) -> Iterator[str]:
    yield "## How to run it"
    yield ""
    if "script" in model.files and "onnx" in model.files:
        yield "With the ONNX model, the label map and the script beside each other:"
        yield ""
        yield "    pip install onnxruntime numpy pillow"
        yield f"    python {script} picture.jpg found.png"
    else:
        yield f"In Contorno: `python manage.py predict {model.project.pk} --model {model.number}`"
    yield ""
    yield f"Settings: {_plain(model.settings) or 'none'}"


def _interval(one: dict[str, Any]) -> str:
    if one.get("low") is None or one.get("high") is None:
        return "–"
    return f"{one['low']:.3f} to {one['high']:.3f}"


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}"


def _cell(text: Any) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and value.keys() == {"name", "weight"}:
        return f"{value['weight']:g} × {value['name']}"
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {_plain(one)}"
            for key, one in value.items()
            if one not in (None, "", [], {})
        )
    if isinstance(value, list) and len(value) == 2 and all(isinstance(one, int | float) for one in value):
        sizes = all(isinstance(one, int) for one in value)  # else the ends of a range
        return (" × " if sizes else " to ").join(_plain(one) for one in value)
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
