"""Colours, hotkeys and the VOC map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import palette
from annotator.core.errors import InvalidInput
from tests.golden import make_palette

colours = st.tuples(*[st.integers(0, 255)] * 3)


def test_table_is_what_the_documented_script_makes() -> None:
    assert list(palette.TABLE) == make_palette.make_table()


@pytest.mark.parametrize(("count", "least"), [(8, 0.1), (20, 0.06), (254, 0.015)])
def test_first_colours_are_far_apart_also_for_colour_blind_people(count: int, least: float) -> None:
    """About 0.02 is the least difference that people see in OKLab."""
    seen = make_palette.visions(np.array(palette.TABLE[:count], dtype=np.float64))
    apart = np.sqrt(((seen[:, :, None] - seen[:, None]) ** 2).sum(axis=3)).min(axis=0)
    assert apart[~np.eye(count, dtype=bool)].min() > least


def test_no_colour_is_near_black_or_near_white() -> None:
    lightness = make_palette.oklab(make_palette.linear(np.array(palette.TABLE, dtype=np.float64)))[:, 0]
    assert lightness.min() > 0.35
    assert lightness.max() < 0.94


@given(st.integers(1, 254), st.sets(st.sampled_from(palette.TABLE), max_size=253))
def test_new_class_gets_a_colour_that_nobody_has(index: int, taken: set) -> None:
    colour = palette.colour_for(index, taken)
    assert colour not in taken
    assert colour in palette.TABLE
    if palette.TABLE[index - 1] not in taken:
        assert colour == palette.TABLE[index - 1]


def test_when_the_whole_table_is_taken_a_grey_is_left() -> None:
    assert palette.colour_for(1, [*palette.TABLE, (0, 0, 0)]) == (1, 1, 1)


def test_hotkeys_are_digits_first_then_letters_that_no_tool_uses() -> None:
    assert palette.HOTKEYS == "1234567890qyioahjzm"
    assert palette.hotkey_for("123") == "4"
    assert palette.hotkey_for(palette.HOTKEYS) == ""


def test_voc_map_is_that_of_the_development_kit() -> None:
    voc = palette.voc_colour_map()
    known = {
        0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 8: (64, 0, 0), 15: (192, 128, 128),
        20: (0, 64, 128), 255: (224, 224, 192),
    }  # fmt: skip
    assert len(voc) == len(set(voc)) == 256
    assert {index: voc[index] for index in known} == known


@given(colours)
def test_colours_survive_their_text(colour: tuple[int, int, int]) -> None:
    assert palette.parse_hex(palette.to_hex(colour)) == colour
    assert palette.parse_hex(palette.to_hex(colour).upper()) == colour


@pytest.mark.parametrize(
    "text", ["", "#12345", "#1234567", "123456", "#12345g", "#123456\n", "#１２３４５６"]
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not of the form #rrggbb"):
        palette.parse_hex(text)
