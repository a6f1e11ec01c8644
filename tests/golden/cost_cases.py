"""Cost maps of small pictures: what the editor's intelligent scissors and the assists' reference agree on.

Not among `make_golden.FILES`, whose numbers are the same on every machine: these come from OpenCV's float32, and a tie
of two zero crossings may fall either way. Run this file from the checkout's root to make `edge_cost.json` anew:

    python -m tests.golden.cost_cases
"""

from __future__ import annotations

from typing import Any

import numpy as np

from annotator.assist.contour import cost_map
from tests.assist.pictures import Picture, disc, noisy, two_tone
from tests.golden.make_golden import FOLDER, dump


def pictures() -> dict[str, Picture]:
    """The pictures by name: edges straight, slanting and round, noise, ramps, sizes smaller than the blur."""
    ramp = np.zeros((12, 20, 3), dtype=np.uint8)
    ramp[:] = (np.arange(20) ** 2 * 0.7)[
        None, :, None
    ]  # bent: on an even ramp the Laplacian is rounding noise
    slant = np.add.outer(2 * np.arange(18), np.arange(24)) > 30
    halves = np.zeros((10, 9, 3), dtype=np.uint8)
    halves[:, 5:] = (250, 120, 30)
    return {
        "halves": halves,
        "slanting edge, noise": two_tone(slant, noise=9),
        "disc, noise": two_tone(disc(28, 9), noise=12),
        "ramp": ramp,
        "noise": noisy(3, (14, 17)),
        "smaller than the blur": noisy(4, (3, 4)),
        "one row": noisy(5, (1, 15)),
        "one column": noisy(6, (15, 1)),
    }


def costs() -> dict[str, Any]:
    about = (
        "rgb: (height x width x 3) 0..255, flat; cost: (height x width) as annotator/assist/contour.py's cost_map "
        "gives it with its default blur. Agree to within 1, but for a tie of zero crossings."
    )
    cases = [
        {
            "name": name,
            "width": picture.shape[1],
            "height": picture.shape[0],
            "rgb": picture.ravel().tolist(),
            "cost": cost_map(picture).ravel().tolist(),
        }
        for name, picture in pictures().items()
    ]
    return {"about": about, "cases": cases}


if __name__ == "__main__":
    (FOLDER / "edge_cost.json").write_text(dump(costs()), encoding="utf-8")
