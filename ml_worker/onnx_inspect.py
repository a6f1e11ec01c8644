"""What a brought ONNX model looks like, found out without trusting it.

Owns saying what is wrong with a file. Does not own running it for real (`onnx_model.py`).

An ONNX graph is data, but onnxruntime is a C++ program that reads it: a damaged file may take the process with it. So
`inspect` looks at it in a process of its own, with limits of memory and time. No custom operators are loaded, and no
file beside the model is read: a model with external data is refused before it gets that far.

Kinds of models, by the names of their outputs or, where there is only one, its shape:
- semantic: one output, logits (N, C, H, W) or (N, H, W, C), or class numbers (N, H, W).
- instances: boxes, labels, scores, masks, as torchvision exports; or detection_boxes (y0, x0, y1, x1 in shares of the
  sides), detection_classes, detection_scores, detection_masks and num_detections, as TensorFlow's zoo does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.core.errors import InvalidInput
from annotator.core.words import _

MOST_BYTES = 2 << 30  # protobuf's own limit: what is larger has external data
INSPECT_SECONDS = 180
INSPECT_BYTES = (
    16 << 30
)  # of address space: weights, their optimised copies, and what libraries reserve unused
THREADS = 4
PROBE = 256  # side of the empty picture that a model with free sides is tried with
TORCHVISION = {"boxes": "boxes", "labels": "labels", "scores": "scores", "masks": "masks"}
TENSORFLOW = {
    "boxes": "detection_boxes",
    "labels": "detection_classes",
    "scores": "detection_scores",
    "masks": "detection_masks",
}
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}  # operators that onnxruntime has itself


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a model looks like.

    Attributes:
        kind: semantic or instances. form: logits, logits_last, numbers; torchvision or tensorflow.
        input: its name. layout: NCHW, NHWC, CHW or HWC. dtype: an ONNX type. size: [height, width], null where free.
        outputs: channels of logits; null for the others.
    """

    kind: str
    form: str
    input: str
    layout: str
    dtype: str
    size: tuple[int | None, int | None]
    outputs: int | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def inspect(path: Path, *, seconds: float = INSPECT_SECONDS) -> Inspected:
    """Look at a model in a process of its own: a damaged file takes nobody with it.

    Raises:
        InvalidInput: it can't be used; the message says why.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InvalidInput(
            _("the model has %(size)s MB; at most %(most)s MB in one file are taken")
            % {"size": size >> 20, "most": MOST_BYTES >> 20}
        )
    command = [sys.executable, "-m", "ml_worker.onnx_inspect", str(path.resolve())]
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        text = _("looking at the model took longer than %(seconds)s s") % {"seconds": f"{seconds:g}"}
        raise InvalidInput(text) from None
    try:
        answer = json.loads(done.stdout.decode().splitlines()[-1])
    except (ValueError, IndexError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        why = (last or [_("no answer")])[0]
        if done.returncode < 0:
            why = _("signal %(number)s") % {"number": -done.returncode}
        text = _("the model cannot be loaded: onnxruntime ended with %(why)s") % {"why": why[:300]}
        raise InvalidInput(text) from None
    if "error" in answer:
        raise InvalidInput(answer["error"])
    return Inspected(**{**answer, "size": tuple(answer["size"])})


def _look(path: Path) -> Inspected:
    """What `inspect` does within its process."""
    check_file(path)
    session = open_session(path)
    found = describe(session)
    height, width = (side or PROBE for side in found.size)
    picture = np.zeros((1, height, width, 3), TYPES[found.dtype])
    try:
        answer = session.run(None, {found.input: laid_out(picture, found.layout)})
    except Exception as problem:  # noqa: BLE001 - onnxruntime's own errors have no common class
        raise InvalidInput(_("the model cannot be run: %(problem)s") % {"problem": _short(problem)}) from None
    return _checked(found, answer[0])


def laid_out(pictures: Any, layout: str) -> Any:
    """Pictures (N, H, W, 3) as a model of this layout takes them; one of them, where it has no batch."""
    values = pictures.transpose(0, 3, 1, 2) if "CHW" in layout else pictures
    return np.ascontiguousarray(values if layout[0] == "N" else values[0])


def check_file(path: Path) -> None:
    """Refuse what is no ONNX, or needs files beside it.

    Raises:
        InvalidInput: so.
    """
    import onnx

    try:
        model = onnx.load(str(path), load_external_data=False)
        nodes = len(model.graph.node)
    except Exception as problem:  # noqa: BLE001 - protobuf's errors differ between its implementations
        text = _("this is not an ONNX file: %(problem)s") % {"problem": _short(problem)}
        raise InvalidInput(text) from None
    if not nodes:
        raise InvalidInput(_("this is not an ONNX file, or there is nothing in it"))
    tensors = [*model.graph.initializer, *(a.t for node in model.graph.node for a in node.attribute)]
    outside = {
        entry.value
        for tensor in tensors
        if tensor.data_location == onnx.TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }
    if outside:
        named = ", ".join(sorted(outside)[:3])
        raise InvalidInput(
            _("the model keeps its weights in other files (%(names)s); save it as one file with them inside")
            % {"names": named}
        )
    domains = {one.domain for one in model.opset_import} - DOMAINS
    used = {node.domain for node in model.graph.node} & domains
    if used:
        text = _("the model needs operators of %(names)s, which are not taken")
        raise InvalidInput(text % {"names": ", ".join(sorted(used))})


def open_session(path: Path) -> Any:
    """Open a model on the CPU, or on a GPU where onnxruntime has one.

    Raises:
        InvalidInput: onnxruntime refuses it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [one for one in wanted if one in onnxruntime.get_available_providers()]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as problem:  # noqa: BLE001 - onnxruntime's own errors have no common class
        text = _("the model cannot be loaded: %(problem)s") % {"problem": _short(problem)}
        raise InvalidInput(text) from None


def describe(session: Any) -> Inspected:
    """Read kind and layout off a model's inputs and outputs.

    Raises:
        InvalidInput: it has none that this program understands.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        text = _("the model has %(count)s inputs (%(names)s); one picture is needed")
        raise InvalidInput(text % {"count": len(inputs), "names": _names(inputs)})
    given = inputs[0]
    if given.type not in TYPES:
        raise InvalidInput(
            _("the model's input %(name)s is a %(type)s; allowed are %(types)s")
            % {"name": given.name, "type": given.type, "types": ", ".join(TYPES)}
        )
    layout, sides = _layout(given)
    names = [one.name for one in outputs]
    for form, wanted in (("tensorflow", TENSORFLOW), ("torchvision", TORCHVISION)):
        present = [name for name in wanted.values() if output_named(names, name)]
        if len(present) == len(wanted):
            return Inspected("instances", form, given.name, layout, given.type, sides, None)
        if len(present) >= 3:
            missing = [name for name in wanted.values() if name not in present]
            raise InvalidInput(
                _("the model has no output %(missing)s (it has %(names)s); masks are needed")
                % {"missing": ", ".join(missing), "names": ", ".join(names)}
            )
    rank = len(outputs[0].shape) if outputs[0].shape else 0
    if rank not in (3, 4):
        raise InvalidInput(
            _(
                "the outputs %(names)s are none that this program knows: one of logits (N, C, H, W) or of class "
                "numbers (N, H, W), or %(torchvision)s, or %(tensorflow)s"
            )
            % {
                "names": ", ".join(names),
                "torchvision": ", ".join(TORCHVISION),
                "tensorflow": ", ".join(TENSORFLOW.values()),
            }
        )
    form = "numbers" if rank == 3 or "int" in outputs[0].type else "logits"
    return Inspected("semantic", form, given.name, layout, given.type, sides, None)


def _layout(given: Any) -> tuple[str, tuple[int | None, int | None]]:
    shape = [side if isinstance(side, int) and side > 0 else None for side in given.shape]
    at = len(shape) - 3
    if at in (0, 1) and shape[at] == 3:
        return ("CHW", "NCHW")[at], (shape[at + 1], shape[at + 2])
    if at in (0, 1) and shape[-1] == 3:
        return ("HWC", "NHWC")[at], (shape[at], shape[at + 1])
    if at == 1 and shape[1] is None and shape[3] is None:
        return "NCHW", (shape[2], None)
    raise InvalidInput(
        _("the model's input %(name)s has the shape %(shape)s; N x 3 x H x W or N x H x W x 3 is needed")
        % {"name": given.name, "shape": given.shape}
    )


def output_named(names: Sequence[str], wanted: str) -> str | None:
    """The output of this name; TensorFlow's exporters put `:0` behind it."""
    return next((one for one in names if one.split(":")[0].rsplit("/", 1)[-1] == wanted), None)


def _checked(found: Inspected, value: Any) -> Inspected:
    """What a run showed: the form and number of a semantic model's outputs."""
    if found.kind == "instances":
        return found
    whole = np.issubdtype(value.dtype, np.integer)
    if value.ndim == 3 or (whole and value.ndim == 4 and 1 in (value.shape[1], value.shape[3])):
        return replace(found, form="numbers")
    last = value.shape[3] < value.shape[1]  # fewer classes than rows
    return replace(
        found,
        form="logits_last" if last else "logits",
        outputs=int(value.shape[3] if last else value.shape[1]),
    )


def _names(values: Sequence[Any]) -> str:
    return ", ".join(one.name for one in values)


def _short(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:300] or type(problem).__name__


def _main() -> int:
    """Answer one line of JSON for `inspect`."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (INSPECT_BYTES, INSPECT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = _look(Path(sys.argv[1])).as_dict()
    except InvalidInput as problem:
        answer = {"error": problem.detail}
    except MemoryError:
        answer = {"error": _("the model needs more memory than there is")}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
