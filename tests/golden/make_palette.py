"""How the palette's table came: run this file and it prints the 254 colours that `core/palette.py` holds.

Greedy farthest point: each next colour is the candidate whose smallest distance to the colours already chosen is the
largest, where the distance between two colours is the smallest of four: in OKLab as most people see them, and as
people with protanopia, deuteranopia and tritanopia do. Near-black and near-white colours are left out, since they
vanish on images, and the first colour is a strong red. A prefix of the table is thus as distinct as it can be.

Sources: OKLab, Björn Ottosson 2020; dichromacy matrices (linear RGB), Machado, Oliveira and Fernandes 2009, severity 1.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIZE = 254
STEP = 12  # candidates lie on a grid of the RGB cube
FIRST = (228, 36, 48)
LIGHTNESS = (0.36, 0.93)  # OKLab L of what is neither near-black nor near-white
LIGHTNESS_WEIGHT = 0.7  # hue tells classes apart better than lightness, which the picture below changes

DICHROMACY = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(rgb: Floats) -> Floats:
    """Undo sRGB's gamma. rgb: (N, 3) 0..255 -> (N, 3) 0..1."""
    value = rgb / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(light: Floats) -> Floats:
    """Give OKLab L, a, b of (N, 3) linear RGB."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(light @ to_cones.T) @ to_lab.T


def visions(rgb: Floats) -> Floats:
    """Give weighted OKLab under normal vision and the three dichromacies: (4, N, 3)."""
    light = linear(rgb)
    seen = [light] + [np.clip(light @ np.array(m).T, 0, 1) for m in DICHROMACY.values()]
    return np.stack([oklab(view) * [LIGHTNESS_WEIGHT, 1, 1] for view in seen])


def distance(a: Floats, b: Floats) -> Floats:
    """Give the smallest distance over the four visions. a: (4, N, 3), b: (4, 1, 3) -> (N,)."""
    return np.sqrt(((a - b) ** 2).sum(axis=2)).min(axis=0)


def make_table() -> list[tuple[int, int, int]]:
    """Choose the colours."""
    axis = np.arange(0, 256, STEP, dtype=np.float64)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness = oklab(linear(cube))[:, 0]
    cube = cube[(lightness > LIGHTNESS[0]) & (lightness < LIGHTNESS[1])]
    cube = np.concatenate([[FIRST], cube])
    seen = visions(cube)
    chosen = [0]
    nearest = distance(seen, seen[:, :1])
    while len(chosen) < SIZE:
        best = int(nearest.round(9).argmax())  # rounded: the same choice on every machine
        chosen.append(best)
        nearest = np.minimum(nearest, distance(seen, seen[:, best : best + 1]))
    return [(int(r), int(g), int(b)) for r, g, b in cube[chosen]]


if __name__ == "__main__":
    digits = "".join(f"{r:02x}{g:02x}{b:02x}" for r, g, b in make_table())
    for start in range(0, len(digits), 96):
        sys.stdout.write(f'    "{digits[start : start + 96]}"\n')
