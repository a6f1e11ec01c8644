"""Simulated marks: where clicks land, what a box tells, and how masks to begin with are flawed."""

from __future__ import annotations

import numpy as np
import pytest

from ml_worker.click_simulate import box_of, first_clicks, flawed, near_click, next_click
from tests.ml_worker.click_folder import disc

TRUTH, OTHER, NOTHING = disc(24, 30, 10), disc(50, 30, 8), np.zeros((64, 64), bool)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_first_click_lies_in_the_middle_of_the_object() -> None:
    click = next_click(TRUTH, NOTHING)
    assert click is not None
    assert (click.x, click.y) == pytest.approx((24, 30), abs=1)
    assert click.positive


def test_the_next_click_is_negative_where_more_is_spilled_than_missed() -> None:
    click = next_click(TRUTH, TRUTH | OTHER)
    assert click is not None
    assert (click.x, click.y) == pytest.approx((50, 30), abs=1)
    assert not click.positive


def test_there_is_no_click_where_there_is_no_error() -> None:
    assert next_click(TRUTH, TRUTH) is None
    assert near_click(TRUTH, TRUTH, rng()) is None


def test_void_is_no_error() -> None:
    assert next_click(TRUTH, TRUTH | OTHER, OTHER) is None


def test_a_click_of_training_lies_well_inside_the_error() -> None:
    for seed in range(20):
        click = near_click(TRUTH, NOTHING, rng(seed))
        assert click is not None
        assert np.hypot(click.x - 24, click.y - 30) < 7


@pytest.mark.parametrize("seed", range(25))
def test_first_clicks_are_on_the_right_side(seed: int) -> None:
    clicks = first_clicks(TRUTH, OTHER, rng(seed))
    assert clicks[0].positive
    assert 1 <= len(clicks) <= 5
    for one in clicks:
        assert TRUTH[int(one.y), int(one.x)] == one.positive


def test_some_negative_clicks_lie_on_neighbours() -> None:
    clicks = [one for seed in range(80) for one in first_clicks(TRUTH, OTHER, rng(seed))]
    negative = [one for one in clicks if not one.positive]
    on_neighbour = [one for one in negative if OTHER[int(one.y), int(one.x)]]
    assert 0.2 < len(on_neighbour) / len(negative) < 0.8


def test_a_box_is_about_that_of_the_object_and_its_click_in_the_middle_of_it() -> None:
    click, area = box_of(TRUTH, rng())
    rows, columns = np.nonzero(area)
    assert (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1) == pytest.approx(
        (14, 34, 20, 40), abs=3
    )
    assert (click.x, click.y) == pytest.approx((24, 30), abs=2)


def test_a_thing_of_one_pixel_has_a_box_and_clicks() -> None:
    speck = NOTHING.copy()
    speck[63, 63] = True
    _click, area = box_of(speck, rng())
    assert area.sum() >= 1
    assert first_clicks(speck, NOTHING, rng(5))[0].positive


@pytest.mark.parametrize("seed", range(40))
def test_a_flawed_mask_is_about_the_object_and_never_empty(seed: int) -> None:
    wrong = flawed(TRUTH, OTHER, rng(seed))
    assert wrong.any()
    assert (wrong & TRUTH).any()


def test_flaws_are_of_many_kinds() -> None:
    masks = [flawed(TRUTH, OTHER, rng(seed)) for seed in range(60)]
    share = [float((one & TRUTH).sum() / TRUTH.sum()) for one in masks]
    assert min(share) < 0.7
    assert any((one & OTHER).sum() > 0.8 * OTHER.sum() for one in masks)
    assert any((one & ~TRUTH).any() and not (one & OTHER).any() for one in masks)


def test_the_same_seed_gives_the_same_marks() -> None:
    assert first_clicks(TRUTH, OTHER, rng(9)) == first_clicks(TRUTH, OTHER, rng(9))
