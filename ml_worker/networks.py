"""Our networks as functions of pictures: uint8 in, logits or detections and features out.

Owns what happens on the device: padding, mixed precision, the forward pass. Does not own what becomes of the result
(`predictors.py`). A brought ONNX model (`onnx_model.py`) is the same kind of function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ml_worker.nets.build import STRIDE, outputs_of

if TYPE_CHECKING:
    from torch import Tensor, nn

PASTE_PAD = 1  # pixels around a mask before it is pasted, as torchvision does

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What an instance network sees in one picture.

    Attributes:
        labels: (n,) int64, the output: k stands for class k - 1 of the model. scores: (n,) 0..1, highest first.
        boxes: (n, 4) float32 xyxy in pixels of the picture.
        masks: (n, h, w) float32 probabilities, of the box where `within` is "box", of the picture where "picture".
    """

    labels: npt.NDArray[np.int64]
    scores: Floats
    boxes: Floats
    masks: Floats
    within: str = "box"

    def crop(self, at: int, height: int, width: int) -> tuple[int, int, Floats]:
        """A detection's mask in the pixels of the picture: x, y of its top-left pixel, and (h, w) probabilities."""
        if self.within == "picture":
            return _cut(self.masks[at], self.boxes[at])
        return _pasted(self.masks[at], self.boxes[at], height, width)


def _cut(mask: Floats, box: Floats) -> tuple[int, int, Floats]:
    # A pasted mask may reach a pixel or two beyond its box, which was padded and rounded.
    x0, y0 = (max(0, int(one) - 2) for one in box[:2])
    x1, y1 = (int(np.ceil(one)) + 2 for one in box[2:])
    return x0, y0, mask[y0:y1, x0:x1]


def _pasted(mask: Floats, box: Floats, height: int, width: int) -> tuple[int, int, Floats]:
    """Stretch a box's mask to the pixels that it covers.

    Source: torchvision 0.26, `roi_heads.paste_masks_in_image`: padded by one, the box grown alike and cut to whole
    pixels, resized bilinearly. Ours costs the box and not the picture.
    """
    side = mask.shape[0]
    grow = (side + 2 * PASTE_PAD) / side
    centre, half = (box[2:] + box[:2]) * 0.5, (box[2:] - box[:2]) * 0.5 * grow
    x0, y0, x1, y1 = (int(one) for one in np.concatenate([centre - half, centre + half]))
    wide, tall = max(x1 - x0 + 1, 1), max(y1 - y0 + 1, 1)
    with_rim = cv2.copyMakeBorder(
        mask, PASTE_PAD, PASTE_PAD, PASTE_PAD, PASTE_PAD, cv2.BORDER_CONSTANT, value=(0.0,)
    )
    resized = cv2.resize(with_rim, (wide, tall), interpolation=cv2.INTER_LINEAR)
    a, b = max(x0, 0), max(y0, 0)
    c, d = min(x1 + 1, width), min(y1 + 1, height)
    return a, b, np.asarray(resized[b - y0 : max(d, b) - y0, a - x0 : max(c, a) - x0], np.float32)


class SemanticNetwork(Protocol):
    """Logits of pictures."""

    outputs: int

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[Tensor, Floats | None]:
        """The logits (N, C, H, W) of pictures of one size, on whatever device, and features (N, d) or None."""
        ...


class InstanceNetwork(Protocol):
    """Detections of pictures."""

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[list[Detections], Floats | None]:
        """The detections of pictures of any sizes, and features (N, d) or None."""
        ...


class TorchSemantic:
    """A U-Net or FCN on a device. `outputs` counts its channels."""

    def __init__(self, net: nn.Module, plan: Mapping[str, Any], device: str) -> None:
        import torch

        self._torch, self._device = torch, torch.device(device)
        net = net.eval()
        if self._device.type == "cpu":
            from ml_worker.nets.fold import folded

            net = folded(net)
        self._net = net.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._precision = plan.get("precision", "float32")
        self.outputs = outputs_of(plan)

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[Tensor, Floats | None]:
        torch = self._torch
        height, width = pictures[0].shape[:2]
        with (
            torch.inference_mode(),
            autocast(self._precision, self._device.type),
            features_of(self._net) as seen,
        ):
            batch = torch.from_numpy(np.stack(pictures)).to(self._device, non_blocking=True)
            # (N, H, W, 3) seen as (N, 3, H, W) already is channels_last: nothing is copied.
            logits = self._net(padded(batch.permute(0, 3, 1, 2).float().div_(255)))
        return logits[:, :, :height, :width].float(), pooled(seen)


class TorchInstances:
    """A Mask R-CNN on a device. Its masks stay at the network's own size: none is pasted over a whole picture."""

    def __init__(self, net: nn.Module, plan: Mapping[str, Any], device: str) -> None:
        import torch

        self._torch, self._device = torch, torch.device(device)
        # Measured on a CPU with a ResNet-18: 809 in place of 1281 ms of processor time a picture of 360 x 480.
        self._net: Any = net.eval().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._precision = plan.get("precision", "float32")

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[list[Detections], Floats | None]:
        torch = self._torch
        with (
            torch.inference_mode(),
            autocast(self._precision, self._device.type),
            features_of(self._net) as seen,
        ):
            batch = [
                torch.from_numpy(one).to(self._device).permute(2, 0, 1).float().div_(255) for one in pictures
            ]
            found = self._net.detect(batch)
        return [_detections(one) for one in found], pooled(seen)


def _detections(found: Mapping[str, Tensor]) -> Detections:
    return Detections(
        labels=found["labels"].cpu().numpy(),
        scores=found["scores"].float().cpu().numpy(),
        boxes=found["boxes"].float().cpu().numpy(),
        masks=found["masks"][:, 0].float().cpu().numpy(),
    )


def padded(batch: Tensor) -> Tensor:
    """Repeat the last row and column until both sides are multiples of `STRIDE`."""
    from torch.nn import functional

    down, across = -batch.shape[2] % STRIDE, -batch.shape[3] % STRIDE
    return functional.pad(batch, (0, across, 0, down), mode="replicate") if down or across else batch


def autocast(precision: str, device: str) -> Any:
    """Mixed precision on a GPU where the plan says so; on the CPU everything stays float32."""
    import torch

    kinds = {"bfloat16": torch.bfloat16, "float16": torch.float16}
    if device != "cuda" or precision not in kinds:
        return nullcontext()
    return torch.autocast(device, dtype=kinds[precision])


@contextmanager
def features_of(net: nn.Module) -> Iterator[list[Any]]:
    """Listen to a network's encoder or backbone: the list holds what it gave, once the network has run."""
    seen: list[Any] = []
    part = next(
        (module for name, module in net.named_modules() if name.split(".")[-1] in ("encoder", "backbone")),
        None,
    )
    if part is None:
        yield seen
        return
    handle = part.register_forward_hook(lambda _module, _given, answer: seen.append(answer))
    try:
        yield seen
    finally:
        handle.remove()


def pooled(seen: Sequence[Any]) -> Floats | None:
    """The bottleneck as a vector for each picture: (N, d), the mean over its places. None where there is none."""
    if not seen:
        return None
    answer = seen[-1]
    if isinstance(answer, dict):
        # FCN's backbone answers with "out"; of a pyramid's levels the coarsest one that is no mere pooling is taken.
        names = [name for name in answer if name != "pool"]
        answer = answer.get("out", answer[names[-1]])
    elif isinstance(answer, list | tuple):
        answer = answer[-1]
    return answer.float().mean(dim=(2, 3)).cpu().numpy()
