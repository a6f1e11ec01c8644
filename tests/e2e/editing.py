"""Moves the mouse in the editor as a person does, in image coordinates, and waits for what is on screen.

Also owns an independent reference of which pixels a polygon covers (a plain even-odd test of every pixel's centre).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page, expect

Point = tuple[float, float]


def open_editor(page: Page, url: str, image: str) -> None:
    page.goto(f"{url}/images/{image}")
    wait_ready(page)


def wait_ready(page: Page) -> None:
    page.wait_for_function("() => window.__contorno && window.__contorno.ready", timeout=60_000)


def on_screen(page: Page, point: Point) -> Point:
    at = page.evaluate("([x, y]) => window.__contorno.imageToScreen(x, y)", list(point))
    return at["x"], at["y"]


def click(page: Page, point: Point) -> None:
    page.mouse.click(*on_screen(page, point))


def drag(page: Page, points: Sequence[Point], *, release: bool = True) -> None:
    """Presses at the first point, moves through the others, and releases at the last."""
    page.mouse.move(*on_screen(page, points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*on_screen(page, point), steps=4)
    if release:
        page.mouse.up()


def draw_polygon(page: Page, points: Sequence[Point]) -> None:
    """Clicks the points with the polygon tool and closes with Enter."""
    page.keyboard.press("p")
    for point in points:
        click(page, point)
    page.keyboard.press("Enter")


def objects(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("() => window.__contorno.objects()")


def wait_objects(page: Page, count: int) -> list[dict[str, Any]]:
    page.wait_for_function("count => window.__contorno.objects().length === count", arg=count, timeout=10_000)
    return objects(page)


def wait_saved(page: Page, *, timeout: float = 30_000) -> None:
    """Waits until every change is confirmed by the server."""
    page.wait_for_function(
        "() => { const s = window.__contorno.saveState(); return s.kind === 'saved' && s.pending === 0 }",
        timeout=timeout,
    )


def wait_offline(page: Page, *, pending: int) -> None:
    page.wait_for_function(
        "n => { const s = window.__contorno.saveState(); return s.kind === 'offline' && s.pending >= n }",
        arg=pending,
        timeout=30_000,
    )


def reference_pixels(
    polygons: Sequence[Sequence[Sequence[float]]], height: int, width: int
) -> npt.NDArray[np.bool_]:
    """Pixels of an object by testing every pixel's centre against every edge: slow, plain, and not ours."""
    x = np.arange(width)[None, :] + 0.5
    y = np.arange(height)[:, None] + 0.5
    mask = np.zeros((height, width), dtype=bool)
    for polygon in polygons:
        inside = np.zeros_like(mask)
        for ring in polygon:
            points = np.asarray(ring, dtype=np.float32).astype(np.float64).reshape(-1, 2)
            for (xa, ya), (xb, yb) in zip(points, np.roll(points, -1, axis=0), strict=True):
                if ya == yb:
                    continue
                crosses = (ya <= y) != (yb <= y)
                at = xa + (y - ya) * (xb - xa) / (yb - ya)
                inside ^= crosses & (x >= at)
        mask |= inside
    return mask


def save_state_says(page: Page, text: str) -> None:
    expect(page.get_by_test_id("save-state")).to_contain_text(text)
