"""Small ONNX graphs with an answer that can be worked out by hand, and folders of models made of them.

The SAM pair: the encoder averages 4 x 4 pixels; the decoder's logit is 9 minus the squared distance, in its own cells,
to the first point, plus a tenth of the mask input where there is one. So a click proposes a disc of radius 3 cells.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, LOW = 64, 16
CELL = SIDE // LOW
RADIUS_CELLS = 3.0


def _port(name: str, *shape: Any, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, list(shape))


def _constant(name: str, value: Any) -> Any:
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def _saved(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any]) -> Path:
    graph = helper.make_graph(nodes, "small", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def encoder(path: Path, *, output: str = "image_embeddings") -> Path:
    pool = helper.make_node("AveragePool", ["x"], [output], kernel_shape=[CELL, CELL], strides=[CELL, CELL])
    return _saved(path, [pool], [_port("x", 1, 3, SIDE, SIDE)], [_port(output, 1, 3, LOW, LOW)], [])


def pyramid_encoder(path: Path) -> Path:
    """Two embeddings, as SAM 2 has them: of the whole and of finer features."""
    nodes = [
        helper.make_node(
            "AveragePool", ["x"], ["image_embed"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]
        ),
        helper.make_node("Identity", ["image_embed"], ["high_res_feats_0"]),
    ]
    outputs = [_port(name, 1, 3, LOW, LOW) for name in ("high_res_feats_0", "image_embed")]
    return _saved(path, nodes, [_port("x", 1, 3, SIDE, SIDE)], outputs, [])


def plain_encoder(path: Path) -> Path:
    """Takes rows x columns x 3 of plain pixels, as exports with the normalising inside do."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=1),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["image_embeddings"]),
    ]
    axis = numpy_helper.from_array(np.array([0], np.int64), "axis")
    return _saved(path, nodes, [_port("x", "h", "w", 3)], [_port("image_embeddings", 1, 1, 1, 1)], [axis])


def decoder(
    path: Path,
    *,
    embeddings: tuple[str, ...] = ("image_embeddings",),
    masks: str = "low_res_masks",
    scores: str = "iou_predictions",
    points: str = "point_coords",
    count: int = 1,
) -> Path:
    """count: masks of which the last has the highest score and is the disc, the others are empty."""
    centres = (np.arange(LOW) + 0.5) * CELL
    nodes = [
        helper.make_node("Gather", [points, "first"], ["point"], axis=1),
        helper.make_node("Split", ["point"], ["px", "py"], axis=2),
        helper.make_node("Sub", ["columns", "px"], ["dx"]),
        helper.make_node("Sub", ["rows", "py"], ["dy"]),
        helper.make_node("Mul", ["dx", "dx"], ["dx2"]),
        helper.make_node("Mul", ["dy", "dy"], ["dy2"]),
        helper.make_node("Add", ["dx2", "dy2"], ["far"]),
        helper.make_node("Div", ["far", "cell2"], ["far_cells"]),
        helper.make_node("Sub", ["radius2", "far_cells"], ["disc"]),
        helper.make_node("Mul", ["mask_input", "has_mask_input"], ["begun"]),
        helper.make_node("Mul", ["begun", "tenth"], ["a_tenth"]),
        helper.make_node("Add", ["disc", "a_tenth"], ["one"]),
        helper.make_node("Sub", ["one", "away"], [masks]),
    ]
    constants = [
        _constant("columns", centres.reshape(1, 1, 1, LOW)),
        _constant("rows", centres.reshape(1, 1, LOW, 1)),
        _constant("cell2", CELL**2),
        _constant("radius2", RADIUS_CELLS**2),
        _constant("tenth", 0.1),
        _constant("away", np.array([1000.0] * (count - 1) + [0.0]).reshape(1, count, 1, 1)),
        _constant("fixed_scores", np.linspace(0.3, 0.9, count).reshape(1, count) if count > 1 else [[0.75]]),
        numpy_helper.from_array(np.array([0], np.int64), "first"),
    ]
    inputs = [
        *(_port(name, 1, 3, LOW, LOW) for name in embeddings),
        _port(points, 1, "n", 2),
        _port("point_labels", 1, "n"),
        _port("mask_input", 1, 1, LOW, LOW),
        _port("has_mask_input", 1),
        _port("orig_im_size", 2),
    ]
    # A constant may not be an output by itself.
    nodes.append(helper.make_node("Identity", ["fixed_scores"], [scores]))
    return _saved(path, nodes, inputs, [_port(masks, 1, count, LOW, LOW), _port(scores, 1, count)], constants)


def click_net(path: Path, *, side: int | str = "h", previous: str = "previous") -> Path:
    """Logits: +5 under positive discs, -5 under negative ones, plus 4 x the last probability, minus 1."""
    nodes = [
        helper.make_node("Split", ["clicks"], ["on", "off"], axis=1),
        helper.make_node("Sub", ["on", "off"], ["signed"]),
        helper.make_node("Mul", ["signed", "five"], ["strong"]),
        helper.make_node("Mul", [previous, "four"], ["kept"]),
        helper.make_node("Add", ["strong", "kept"], ["sum"]),
        helper.make_node("Sub", ["sum", "one"], ["plain"]),
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "none"], ["nothing"]),
        helper.make_node("Add", ["plain", "nothing"], ["logits"]),
    ]
    constants = [_constant(n, v) for n, v in (("five", 5), ("four", 4), ("one", 1), ("none", 0))]
    other = side if isinstance(side, int) else "w"
    inputs = [
        _port("image", 1, 3, side, other),
        _port("clicks", 1, 2, side, other),
        _port(previous, 1, 1, side, other),
    ]
    return _saved(path, nodes, inputs, [_port("logits", 1, 1, side, other)], constants)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(folder: Path, **fields: Any) -> None:
    (folder / "model.json").write_text(json.dumps(fields))


def sam_folder(folder: Path, **fields: Any) -> Path:
    """A folder with a pair and its model.json; fields replace those of the manifest."""
    folder.mkdir(parents=True)
    one, two = encoder(folder / "encoder.onnx"), decoder(folder / "decoder.onnx")
    files = {
        "encoder": {"path": "encoder.onnx", "sha256": digest(one)},
        "decoder": {"path": "decoder.onnx", "sha256": digest(two)},
    }
    write_manifest(
        folder, **{"name": folder.name, "title": "Small", "family": "sam", "files": files, **fields}
    )
    return folder


def click_net_folder(folder: Path, **fields: Any) -> Path:
    folder.mkdir(parents=True)
    one = click_net(folder / "model.onnx")
    files = {"model": {"path": "model.onnx", "sha256": digest(one)}}
    write_manifest(folder, **{"name": folder.name, "family": "click_net", "files": files, **fields})
    return folder
