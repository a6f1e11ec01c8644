"""Usage: python predict.py picture.jpg numbers.png  (needs numpy, onnxruntime and Pillow; the model lies beside it)"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

beside = str(Path(__file__).resolve()).removesuffix("predict.py")  # the folder, and the model's name if any
meaning = json.loads(Path(beside + "label_map.json").read_text("utf-8"))
session: Any = onnxruntime.InferenceSession(beside + "model.onnx", providers=["CPUExecutionProvider"])

picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
width, height = (max(1, round(side * meaning["scale"])) for side in picture.size)
pixels = np.asarray(picture.resize((width, height)), np.float32) / 255
boxes, labels, scores, masks = session.run(None, {"image": pixels.transpose(2, 0, 1)})
kept = np.flatnonzero(scores >= meaning["confidence"])[: meaning["detections"]]
numbers = np.zeros(pixels.shape[:2], np.uint8)
for number, at in reversed(list(enumerate(kept, 1))):  # the surest is painted last and lies on top
    numbers[masks[at, 0] >= meaning["mask"]] = min(number, 255)
    print(
        number,
        meaning["classes"][labels[at] - 1]["name"],
        round(float(scores[at]), 3),
        boxes[at].round(1).tolist(),
    )
Image.fromarray(numbers).resize(picture.size, Image.Resampling.NEAREST).save(
    sys.argv[2]
)  # k: the k-th object
