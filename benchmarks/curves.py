"""Draws the validation scores of trainings over their steps, from what camvid.py and nuclei.py wrote, as one SVG.

Run: python benchmarks/curves.py camvid nuclei photographs   (results/NAME.json to docs/figures/NAME.svg)
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS, FIGURES = ROOT / "benchmarks" / "results", ROOT / "docs" / "figures"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 860, 380, 56, 20, 44, 350
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9")  # Okabe and Ito, yellow darkened
SCORES = {"mean_iou": "mean IoU", "ap": "mask AP", "score": "score"}  # the first that a point has is drawn


@dataclass(frozen=True, slots=True)
class Line:
    """A training: what it is called, and (step, score) in order."""

    name: str
    points: Sequence[tuple[int, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="of result files, without .json")
    FIGURES.mkdir(exist_ok=True)
    for name in parser.parse_args().names:
        runs = json.loads((RESULTS / f"{name}.json").read_text())["runs"]
        (FIGURES / f"{name}.svg").write_text(drawn([line_of(run) for run in runs]))


def line_of(run: dict[str, Any]) -> Line:
    points = run.get("curve") or run["curves"]["evaluate"]
    key = next(key for key in SCORES if any(one.get(key) is not None for one in points))
    split = f", {run['split']} split" if "split" in run else ""
    return Line(
        f"{run['run']}{split}, seed {run['seed']}: {SCORES[key]}",
        [(int(one["step"]), float(one[key])) for one in points if one.get(key) is not None],
    )


def drawn(lines: Sequence[Line]) -> str:
    """One SVG with axes from 0, a line for each training and its name beside it."""
    steps = max((step for line in lines for step, _ in line.points), default=1)
    top = max(0.1, max((score for line in lines for _, score in line.points), default=1.0) * 1.1)
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(step: float, score: float) -> tuple[float, float]:
        return LEFT + wide * step / steps, TOP + tall * (1 - score / top)

    style = 'role="img" font-family="system-ui, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for k in range(6):
        x, y = at(steps * k / 5, top * k / 5)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + wide}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{top * k / 5:.2f}</text>')
        parts.append(
            f'<text x="{x:.1f}" y="{TOP + tall + 18}" text-anchor="middle">{steps * k / 5:.0f}</text>'
        )
    parts.append(f'<text x="{LEFT + wide / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">step</text>')
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        dashes = "" if number < len(COLOURS) else ' stroke-dasharray="5 4"'
        path = "L".join("{:.1f} {:.1f}".format(*at(step, score)) for step, score in line.points)
        y = TOP + 16 + 18 * number
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.extend(
            '<circle cx="{:.1f}" cy="{:.1f}" r="2.5" fill="{}"/>'.format(*at(step, score), colour)
            for step, score in line.points
        )
        x = LEFT + wide + 16
        parts.append(f'<path d="M{x} {y - 4}h22" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(f'<text x="{x + 28}" y="{y}">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
