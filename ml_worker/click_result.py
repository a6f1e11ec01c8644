"""What comes of a click model's training: the graph, its settings, and the clicks that held-out objects take.

Owns the order of these and what becomes of a step that fails. `run.py` calls it once the weights are chosen; the parts
are `click_export.py` and `click_eval.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.errors import InvalidInput
from ml_worker.click_eval import UNCLEAR, Limits, evaluate_clicks, held_out
from ml_worker.click_export import click_settings, export_click
from ml_worker.folder import Dataset
from ml_worker.run_folder import Events, write_whole

if TYPE_CHECKING:
    from torch import nn

GRAPH, MANIFEST = "model.onnx", "model.json"


def click_result(
    net: nn.Module,
    dataset: Dataset,
    plan: Mapping[str, Any],
    *,
    folder: Path,
    packaged: Path | None,
    events: Events,
    seed: int,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """Export a trained click model and count the clicks that it needs.

    Args:
        net: with its best weights. folder: of the run. packaged: MobileSAM's folder, None where it is not.

    Returns:
        `metrics`, `settings`, `files` and `checks` of the result of a training (docs/learning_formats.md).

    Raises:
        InvalidInput: the graph answers otherwise than the net.
    """
    events.progress(0.0, "exporting")
    difference = export_click(net, folder / GRAPH)
    settings = click_settings(plan)
    events.progress(0.0, "counting_clicks")
    metrics = clicks_counted(
        dataset,
        folder / GRAPH,
        settings,
        packaged=packaged,
        events=events,
        seed=seed,
        limits=limits or Limits(),
    )
    return {
        "metrics": metrics,
        "settings": {"click": settings},
        "files": {"onnx": str(folder / GRAPH)},
        "checks": {"onnx": difference},
    }


def clicks_counted(
    dataset: Dataset,
    onnx: Path,
    settings: Mapping[str, Any],
    *,
    packaged: Path | None,
    events: Events,
    seed: int,
    limits: Limits,
) -> dict[str, Any]:
    """Count the clicks on held-out images. A dataset that holds none out has a model without figures, and says so."""
    split = held_out(dataset)
    if packaged is None:
        events.log("MobileSAM's files are not on this machine: the model is not compared with it", "warning")
    try:
        return evaluate_clicks(
            dataset,
            split=split,
            onnx=onnx,
            settings=settings,
            packaged=packaged,
            limits=limits,
            seed=seed,
            stop=events.stop_wanted,
        )
    except InvalidInput as problem:
        events.log(f"no clicks were counted: {problem.detail}", "warning")
        empty = {"split": split, "images": 0, "units": 0, "objects": 0, "enough": False}
        none: dict[str, Any] = {
            "primary": "clicks_85",
            "values": {},
            "classes": [],
            "per_image": [],
            "clicks": {},
        }
        return {**empty, **none, "note": "few_test_images", "better": UNCLEAR}


def write_manifest(folder: Path, name: str, settings: Mapping[str, Any]) -> None:
    """Write the `model.json` with which an operator can serve the graph in another installation.

    Args:
        folder: in which the graph lies. name: small letters, digits, '.', '_' and '-'.
    """
    import hashlib

    digest = hashlib.sha256((folder / GRAPH).read_bytes()).hexdigest()
    files = {"model": {"path": GRAPH, "sha256": digest}}
    manifest = {"name": name, "title": name, "family": "click_net", "files": files, **settings}
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
