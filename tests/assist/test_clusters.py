"""Superpixels, clusters and picking: by hand, against definitions and scipy, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2

from annotator.assist.clustering import fuzzy, fuzzy_centres, hierarchical, kmeans, pick
from annotator.assist.inputs import lab_of
from annotator.assist.superpixels import slic
from annotator.core.errors import InvalidInput
from tests.assist.pictures import disc, iou, noisy, painted, points, two_tone

COLOURS = {"d": (10, 10, 10), "r": (200, 20, 20), "w": (250, 250, 250)}
BANDS = painted(["d" * 10 + "r" * 10 + "w" * 10] * 24, COLOURS)
DIVISIONS = [kmeans, hierarchical, fuzzy]


@pytest.mark.parametrize("divide", DIVISIONS)
def test_three_plain_colours_are_three_clusters_darkest_first(divide) -> None:
    labels = divide(BANDS, clusters=3)
    assert labels.dtype == np.int32
    expected = np.repeat([0, 1, 2], 10)[None].repeat(24, axis=0)
    wrong = 0.08 if divide is hierarchical else 0  # superpixels may cross an edge by a pixel
    assert np.mean(labels != expected) <= wrong


@pytest.mark.parametrize("divide", DIVISIONS)
def test_a_noisy_object_is_found_by_picking_its_cluster(divide) -> None:
    truth = disc()
    labels = divide(two_tone(truth, noise=20), clusters=2)
    enough = 0.85 if divide is hierarchical else 0.98  # superpixels of 25 pixels are ragged in noise
    assert iou(pick(labels, positive=points((40, 40))), truth) > enough
    assert iou(pick(labels, positive=points((2, 2))), ~truth) > enough


@pytest.mark.parametrize("divide", [*DIVISIONS, slic])
def test_the_same_region_is_divided_the_same_way_every_time(divide) -> None:
    picture = noisy(4, (60, 70))
    first = divide(picture)
    cv2.setRNGSeed(99)
    np.random.seed(3)  # what others do to the global generators must not matter
    assert (divide(picture) == first).all()


@pytest.mark.parametrize("divide", DIVISIONS)
@given(seed=st.integers(0, 2**32 - 1), clusters=st.integers(2, 12))
def test_labels_run_from_the_darkest_to_the_brightest(divide, seed: int, clusters: int) -> None:
    picture = noisy(seed)
    labels = divide(picture, clusters=clusters)
    lightness = lab_of(picture)[:, :, 0]
    assert labels.min() >= 0
    assert labels.max() < clusters
    means = [lightness[labels == k].astype(np.float64).mean() for k in range(labels.max() + 1)]
    assert (np.diff(means) > -1e-4).all()


def test_kmeans_is_as_good_as_scipys() -> None:
    picture = noisy(8, (64, 64))
    lab = lab_of(picture).reshape(-1, 3).astype(np.float64)

    def scatter(labels: np.ndarray) -> float:
        return sum(((lab[labels == k] - lab[labels == k].mean(axis=0)) ** 2).sum() for k in np.unique(labels))

    best = min(scatter(kmeans2(lab, 5, minit="++", rng=seed)[1]) for seed in range(5))
    assert scatter(kmeans(picture, clusters=5).ravel()) <= best * 1.02


def test_fuzzy_memberships_fulfil_bezdeks_equations_by_hand() -> None:
    samples = np.array([[0.0], [1.0], [9.0], [10.0], [5.0]], dtype=np.float32)
    start = np.array([[2.0], [7.0]], dtype=np.float32)
    centres, memberships = fuzzy_centres(samples, start, 2.0)
    assert np.allclose(memberships.sum(axis=1), 1)
    assert np.allclose(memberships[4], 0.5, atol=0.02)  # half-way
    distance = np.abs(samples - centres.T)
    expected = 1 / ((distance[:, :, None] / distance[:, None, :]) ** 2).sum(axis=2)
    assert np.allclose(memberships, expected, atol=1e-3)
    weights = memberships**2
    assert np.allclose(centres, weights.T @ samples / weights.sum(axis=0)[:, None], atol=0.06)


@given(st.integers(0, 2**32 - 1), st.floats(1.1, 4))
def test_fuzzy_c_means_never_ends_worse_than_it_began(seed: int, fuzziness: float) -> None:
    rng = np.random.default_rng(seed)
    samples, start = (
        rng.normal(0, 20, (80, 3)).astype(np.float32),
        rng.normal(0, 20, (3, 3)).astype(np.float32),
    )

    def objective(centres: np.ndarray) -> float:
        squared = ((samples[:, None] - centres) ** 2).sum(axis=2).astype(np.float64)
        return float(((squared ** (1 / (1 - fuzziness))).sum(axis=1) ** (1 - fuzziness)).sum())

    centres, memberships = fuzzy_centres(samples, start, fuzziness)
    assert np.isfinite(memberships).all()
    assert objective(centres) <= objective(start) * (1 + 1e-4)


@given(st.integers(0, 2**32 - 1), st.integers(2, 200), st.floats(0.1, 100))
def test_superpixels_divide_the_region_without_gaps_into_connected_pieces(
    seed: int, count: int, compactness: float
) -> None:
    labels = slic(noisy(seed), count=count, compactness=compactness)
    assert labels.shape == (48, 64)
    assert (np.unique(labels) == np.arange(labels.max() + 1)).all()
    for k in range(int(labels.max()) + 1):
        assert cv2.connectedComponents((labels == k).astype(np.uint8), connectivity=4)[0] == 2


def test_superpixels_follow_the_outline_of_an_object() -> None:
    truth = disc(200, 60)
    labels = slic(two_tone(truth, noise=8), count=150)
    assert 100 <= labels.max() + 1 <= 200
    inside = np.bincount(labels.ravel(), truth.ravel()) / np.bincount(labels.ravel()) > 0.5
    assert iou(inside[labels], truth) > 0.95


def test_picking_takes_what_positive_points_show_but_not_what_negative_ones_do() -> None:
    labels = np.array([[0, 0, 1], [2, 2, 1], [2, 0, 0]], dtype=np.int32)
    both = pick(labels, positive=points((0.5, 0.5), (2.5, 0.5)))
    assert (both == (labels < 2)).all()
    assert (
        pick(labels, positive=points((0.5, 0.5), (3, 0)), negative=points((2, 1.2))) == (labels == 0)
    ).all()
    assert not pick(labels, positive=points()).any()
    with pytest.raises(InvalidInput, match="positive: 1 of 1 points lie outside"):
        pick(labels, positive=points((3.01, 0)))


@pytest.mark.parametrize("divide", [*DIVISIONS, slic])
def test_one_colour_cannot_be_divided(divide) -> None:
    with pytest.raises(InvalidInput, match="one colour only; choose a region"):
        divide(np.full((30, 30, 3), 128, dtype=np.uint8))


def test_values_that_are_not_allowed_are_refused_with_a_reason() -> None:
    with pytest.raises(InvalidInput, match="clusters: 13 is not allowed; it goes from 2 to 12"):
        kmeans(BANDS, clusters=13)
    with pytest.raises(InvalidInput, match="4 clusters cannot be made of 3 different colours"):
        kmeans(BANDS, clusters=4)
    with pytest.raises(InvalidInput, match="4 clusters cannot be made of 3 different colours"):
        fuzzy(BANDS, clusters=4)
    with pytest.raises(InvalidInput, match="12 clusters cannot be made of"):
        hierarchical(painted(["dr", "rw"], COLOURS), clusters=12)
    with pytest.raises(InvalidInput, match=r"fuzziness: 1 is not allowed; it goes from 1\.1 to 4"):
        fuzzy(BANDS, clusters=2, fuzziness=1)
    with pytest.raises(InvalidInput, match="count: a whole number from 2 to 2000 is needed"):
        slic(BANDS, count=2.5)
