"""Usage: python predict.py picture.jpg labels.png  (needs numpy, onnxruntime and Pillow; the model lies beside it)"""

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
padded = np.pad(pixels, ((0, -height % 32), (0, -width % 32), (0, 0)), mode="edge")
logits = session.run(None, {"image": padded.transpose(2, 0, 1)[None]})[0][0, : len(meaning["outputs"])]
labels = np.array([0, *meaning["outputs"]] if len(logits) == 1 else meaning["outputs"], np.uint8)
best = (logits[0] > 0).astype(int) if len(logits) == 1 else logits.argmax(0)
found = Image.fromarray(labels[best[:height, :width]]).resize(picture.size, Image.Resampling.NEAREST)
found.save(sys.argv[2])  # a grey picture: each pixel is the index of its class, 0 is the background
print("classes in the picture:", np.unique(np.asarray(found)).tolist())
