"""Closer looks of click models of one graph: which regions are chosen, and that a look's answer lands in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from annotator.clicks.click_net import ClickNetSegmenter, ClickNetSettings
from annotator.clicks.graph import Graph
from annotator.clicks.interface import NO_POINTS, Prompt, pixels_of
from annotator.clicks.looks import next_region, region_around
from tests.clicks import graphs

SIZE = (400, 300)


def found(x0: int, y0: int, x1: int, y1: int, size: tuple[int, int] = SIZE) -> npt.NDArray[np.bool_]:
    mask = np.zeros((size[1], size[0]), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def at(*points: tuple[float, float]) -> npt.NDArray[np.float64]:
    return np.array(points, np.float64).reshape(-1, 2)


def test_a_region_is_a_square_around_what_was_found_with_room_beside_it() -> None:
    region = region_around(found(100, 100, 150, 120), NO_POINTS, size=SIZE, least=10)
    assert region == (90, 75, 160, 145)


def test_a_region_holds_the_clicks_that_what_was_found_misses() -> None:
    region = region_around(found(100, 100, 120, 120), at((200, 110)), size=SIZE, least=10)
    assert region is not None
    assert region[0] <= 100
    assert region[2] > 200


def test_a_region_at_the_border_is_moved_into_the_picture_and_stays_a_square() -> None:
    assert region_around(found(0, 0, 20, 20), NO_POINTS, size=SIZE, least=64) == (0, 0, 64, 64)
    assert region_around(found(390, 290, 400, 300), NO_POINTS, size=SIZE, least=64) == (336, 236, 400, 300)


def test_nothing_found_and_no_click_leave_nothing_to_look_at() -> None:
    assert region_around(found(0, 0, 0, 0), NO_POINTS, size=SIZE, least=64) is None
    assert next_region(found(0, 0, 0, 0), NO_POINTS, (0, 0, *SIZE), size=SIZE, least=64) is None


def test_a_small_thing_is_approached_in_steps() -> None:
    """What a look at the whole shows of it may be a part only."""
    region = next_region(
        found(100, 100, 104, 104), at((102, 102)), (0, 0, 1000, 900), size=(1000, 900), least=16
    )
    assert region is not None
    assert region[2] - region[0] == 250


def test_where_a_click_finds_nothing_the_next_look_is_closer_to_the_click() -> None:
    region = next_region(found(0, 0, 0, 0), at((200, 150)), (0, 0, *SIZE), size=SIZE, least=64)
    assert region is not None
    assert region[2] - region[0] == 134
    assert region[0] < 200 < region[2]


def test_what_fills_its_region_is_not_looked_at_again() -> None:
    assert (
        next_region(found(95, 95, 145, 145), at((120, 120)), (90, 90, 160, 160), size=SIZE, least=10) is None
    )


def test_what_is_cut_by_its_region_is_looked_at_more_widely() -> None:
    region = next_region(found(90, 95, 150, 145), at((120, 120)), (90, 90, 160, 160), size=SIZE, least=10)
    assert region is not None
    assert region[0] < 90


def test_what_is_cut_by_the_picture_is_not() -> None:
    whole = (0, 0, *SIZE)
    assert next_region(found(0, 0, 400, 300), at((120, 120)), whole, size=SIZE, least=10) is None


def focused(folder: Path, **settings: Any) -> ClickNetSegmenter:
    path = graphs.click_net(folder / "model.onnx")
    return ClickNetSegmenter(path, version="v", settings=ClickNetSettings(**settings))


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The sizes of the pictures that a graph was run on."""
    seen: list[tuple[int, ...]] = []
    real = Graph.run

    def run(self: Graph, wanted: Any, feeds: Any) -> Any:
        seen.append(feeds["image"].shape[-2:])
        return real(self, wanted, feeds)

    monkeypatch.setattr(Graph, "run", run)
    return seen


def test_a_first_click_is_looked_at_closer_and_the_answer_has_the_pictures_own_pixels(
    tmp_path: Path, sides: list[tuple[int, ...]]
) -> None:
    """The small graph answers with the click's disc: the radius is that of the closest look."""
    model = focused(tmp_path, longest=128, focus=64, radius=5)
    picture = np.zeros((384, 512, 3), np.uint8)
    embedding = model.embed(picture)
    assert embedding.grid == (512, 384)
    proposal = model.predict(embedding, Prompt(positive=at((300, 200))))
    assert sides == [(96, 128), (64, 64), (64, 64)]
    assert proposal.logits.shape == (384, 512)
    x, y, pixels = pixels_of(proposal, 512, 384)
    rows, columns = np.nonzero(pixels)
    assert (x + columns.mean() + 0.5, y + rows.mean() + 0.5) == pytest.approx((300, 200), abs=3)


def test_the_next_click_looks_once_around_the_last_mask(tmp_path: Path, sides: list[tuple[int, ...]]) -> None:
    model = focused(tmp_path, longest=128, focus=64, radius=5)
    embedding = model.embed(np.zeros((384, 512, 3), np.uint8))
    begun = np.full((384, 512), -8.0, np.float32)
    begun[160:240, 260:340] = 8.0
    proposal = model.predict(embedding, Prompt(positive=at((300, 200)), previous=begun))
    assert sides == [(64, 64)]
    np.testing.assert_array_equal(proposal.logits[170:230, 270:330] > 0, True)
    np.testing.assert_array_equal(proposal.logits[:, :240] > 0, False)


def test_a_negative_click_beyond_the_region_is_of_no_consequence(tmp_path: Path) -> None:
    model = focused(tmp_path, longest=128, focus=64, radius=5)
    embedding = model.embed(np.zeros((384, 512, 3), np.uint8))
    begun = np.full((384, 512), -8.0, np.float32)
    begun[160:240, 260:340] = 8.0
    near = Prompt(positive=at((300, 200)), previous=begun)
    far = Prompt(positive=at((300, 200)), negative=at((5, 5)), previous=begun)
    np.testing.assert_array_equal(model.predict(embedding, near).logits, model.predict(embedding, far).logits)


def test_a_box_is_begun_with_its_area(tmp_path: Path, sides: list[tuple[int, ...]]) -> None:
    model = focused(tmp_path, longest=128, focus=64, radius=5)
    proposal = model.predict(model.embed(np.zeros((384, 512, 3), np.uint8)), Prompt(box=(100, 100, 160, 160)))
    assert sides == [(64, 64)]
    assert (proposal.logits[105:155, 105:155] > 0).all()


def test_a_large_picture_is_kept_at_the_size_that_other_models_see(tmp_path: Path) -> None:
    model = focused(tmp_path, longest=128, focus=64)
    embedding = model.embed(np.zeros((1000, 4096, 3), np.uint8))
    assert embedding.grid == (1024, 250)
    assert embedding.across == 0.25
