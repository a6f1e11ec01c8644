"""Small ONNX models of the kinds that people bring, written node by node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def _save(
    path: Path,
    nodes: Sequence[Any],
    given: tuple[str, int, Sequence[Any]],
    outputs: Sequence[tuple[str, int, Sequence[Any]]],
    constants: dict[str, np.ndarray],
) -> Path:
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(*given)],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def semantic(
    path: Path, *, layout: str = "NCHW", end: str = "logits", size: Sequence[Any] = ("h", "w")
) -> Path:
    """Three channels: red, green and blue, ten times the picture's own (0..1): the brightest colour is the class."""
    shape = ["n", 3, *size] if layout == "NCHW" else ["n", *size, 3]
    nodes = [helper.make_node("Mul", ["image", "ten"], ["scaled"])]
    axis = 1 if layout == "NCHW" else 3
    outputs: list[tuple[str, int, Sequence[Any]]] = [("out", FLOAT, [None] * 4)]
    if end == "logits":
        nodes.append(helper.make_node("Identity", ["scaled"], ["out"]))
    elif end == "softmax":
        nodes.append(helper.make_node("Softmax", ["scaled"], ["out"], axis=axis))
    else:
        nodes.append(helper.make_node("ArgMax", ["scaled"], ["out"], axis=axis, keepdims=0))
        outputs = [("out", TensorProto.INT64, [None] * 3)]
    return _save(path, nodes, ("image", FLOAT, shape), outputs, {"ten": np.array(10, np.float32)})


def _constant(name: str, value: np.ndarray) -> Any:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))


def tensorflow(path: Path) -> Path:
    """Always the same two detections, in the form of TensorFlow's zoo, with boxes in shares of the sides."""
    masks = np.zeros((1, 3, 4, 4), np.float32)
    masks[0, 0] = 1
    masks[0, 1, :, :2] = 1
    values = {
        "detection_boxes": np.array([[[0.25, 0.5, 0.75, 1.0], [0, 0, 0.5, 0.5], [0, 0, 1, 1]]], np.float32),
        "detection_classes": np.array([[2, 1, 1]], np.float32),
        "detection_scores": np.array([[0.6, 0.9, 0.95]], np.float32),
        "detection_masks": masks,
        "num_detections": np.array([2], np.float32),
    }
    nodes = [_constant(name, value) for name, value in values.items()]
    nodes.append(helper.make_node("Shape", ["image"], ["unused"]))
    outputs = [(name, FLOAT, list(value.shape)) for name, value in values.items()]
    return _save(path, nodes, ("image", TensorProto.UINT8, [1, "h", "w", 3]), outputs, {})


def boxes_only(path: Path) -> Path:
    values = {
        "boxes": np.zeros((1, 4), np.float32),
        "labels": np.ones(1, np.int64),
        "scores": np.ones(1, np.float32),
    }
    nodes = [_constant(name, value) for name, value in values.items()]
    outputs = [
        (name, TensorProto.INT64 if name == "labels" else FLOAT, list(value.shape))
        for name, value in values.items()
    ]
    return _save(path, nodes, ("image", FLOAT, [3, "h", "w"]), outputs, {})


def external(path: Path) -> Path:
    """A model whose weights lie in another file."""
    semantic(path)
    model = onnx.load(str(path))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(4096, np.float32), "large"))
    onnx.save_model(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=16)
    return path
