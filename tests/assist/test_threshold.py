"""Thresholds: by hand, against scikit-image, and what is refused."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_multiotsu, threshold_otsu

from annotator.assist.threshold import CHANNEL, between, channel_of, multi_otsu, multi_otsu_labels, otsu
from annotator.core.errors import InvalidInput
from tests.assist.pictures import Picture, noisy

SEEDS = st.integers(0, 2**32 - 1)


def grey(*rows: list[int]) -> Picture:
    return np.repeat(np.array(rows, dtype=np.uint8)[..., None], 3, axis=2)


def test_otsu_parts_dark_from_bright_by_hand() -> None:
    picture = grey([10, 12, 11, 200], [205, 10, 210, 12])
    expected = np.array([[0, 0, 0, 1], [1, 0, 1, 0]], dtype=bool)
    assert (otsu(picture).mask == expected).all()
    assert (otsu(picture, side="dark").mask == ~expected).all()


def test_otsu_looks_only_inside_and_sets_nothing_outside() -> None:
    picture = grey([10, 20, 250, 250], [10, 20, 250, 250])
    inside = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], dtype=bool)
    assert (otsu(picture, inside=inside).mask == np.array([[0, 1, 0, 0], [0, 1, 0, 0]], dtype=bool)).all()
    assert (otsu(picture).mask == np.array([[0, 0, 1, 1], [0, 0, 1, 1]], dtype=bool)).all()


@given(SEEDS)
def test_otsu_parts_as_well_as_scikit_image(seed: int) -> None:
    picture = noisy(seed)
    levels = channel_of(picture, "grey")
    assert variance_between(levels, [int(levels[~otsu(picture).mask].max())]) == pytest.approx(
        variance_between(levels, [int(threshold_otsu(levels))])
    )


@given(SEEDS, st.sampled_from([3, 4]))
def test_multi_otsu_parts_as_well_as_scikit_image(seed: int, classes: int) -> None:
    picture = noisy(seed)
    levels = channel_of(picture, "grey")
    labels = multi_otsu_labels(picture, classes=classes)
    ours = [int(levels[labels == k].max()) for k in range(classes - 1)]
    theirs = [int(cut) for cut in threshold_multiotsu(levels, classes)]
    assert variance_between(levels, ours) >= variance_between(levels, theirs) * (1 - 1e-9)


def test_multi_otsu_finds_the_best_of_all_cuts() -> None:
    levels = np.array([[3, 3, 9, 14, 14, 15], [40, 41, 41, 90, 97, 255]], dtype=np.uint8)
    labels = multi_otsu_labels(grey(*levels.tolist()), classes=4)
    ours = [int(levels[labels == k].max()) for k in range(3)]
    best = max(
        variance_between(levels, list(cuts)) for cuts in combinations(np.unique(levels)[:-1].tolist(), 3)
    )
    assert variance_between(levels, ours) == pytest.approx(best)


@given(SEEDS, st.integers(2, 6))
def test_the_levels_of_multi_otsu_divide_the_region(seed: int, classes: int) -> None:
    picture = noisy(seed)
    parts = [multi_otsu(picture, classes=classes, level=k).mask for k in range(classes)]
    assert (np.sum(parts, axis=0) == 1).all()


@given(SEEDS, st.integers(0, 255), st.integers(0, 255), st.sampled_from(CHANNEL.options))
def test_a_range_takes_both_ends(seed: int, one: int, other: int, channel: str) -> None:
    picture = noisy(seed, (9, 7))
    low, high = sorted((one, other))
    values = channel_of(picture, channel)
    assert (
        between(picture, channel=channel, low=low, high=high).mask == ((values >= low) & (values <= high))
    ).all()


def test_channels_are_those_of_their_names() -> None:
    picture = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]], dtype=np.uint8)
    assert channel_of(picture, "red").tolist() == [[255, 0, 0, 128]]
    assert channel_of(picture, "green").tolist() == [[0, 255, 0, 128]]
    assert channel_of(picture, "blue").tolist() == [[0, 0, 255, 128]]
    assert channel_of(picture, "grey").tolist() == [[76, 150, 29, 128]]
    assert channel_of(picture, "saturation").tolist() == [[255, 255, 255, 0]]
    assert np.abs(channel_of(picture, "lightness").astype(int) - [[136, 224, 82, 137]]).max() <= 1


def test_what_cannot_be_thresholded_is_refused_with_a_reason() -> None:
    plain = grey([7, 7], [7, 7])
    for method in (otsu, multi_otsu):
        with pytest.raises(InvalidInput, match="one colour only"):
            method(plain)
    red = np.array([[[10, 5, 5], [200, 5, 5]]], dtype=np.uint8)
    with pytest.raises(InvalidInput, match="blue has one level only here; try another channel"):
        otsu(red, channel="blue")
    with pytest.raises(InvalidInput, match="covers no pixel"):
        otsu(red, inside=np.zeros((1, 2), dtype=bool))
    with pytest.raises(InvalidInput, match="inside: it is bool"):
        otsu(red, inside=np.ones((3, 2), dtype=bool))
    with pytest.raises(InvalidInput, match="4 groups cannot be made of 2 different levels"):
        multi_otsu(red, classes=4)
    with pytest.raises(InvalidInput, match="level: 3 is not allowed with 3 classes"):
        multi_otsu(red, classes=3, level=3)
    with pytest.raises(InvalidInput, match="low: 9 is above high, 8"):
        between(red, low=9, high=8)
    with pytest.raises(InvalidInput, match="channel: 'infrared' is not allowed; there are grey"):
        otsu(red, channel="infrared")


def variance_between(levels: Picture, cuts: list[int]) -> float:
    """The variance between the groups, from its definition."""
    groups = np.searchsorted(cuts, levels.ravel(), side="left")
    mean = levels.mean()
    shares = [(levels.ravel()[groups == k]) for k in range(len(cuts) + 1)]
    return sum(part.size / levels.size * (part.mean() - mean) ** 2 for part in shares if part.size)
