"""Metrics: by hand, as properties, against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotator.core import metrics, raster, rle
from annotator.core.errors import InvalidInput
from tests.core.strategies import masks, sizes
from tests.golden.drawing import Mask, bitmap

label_pairs = st.tuples(sizes, sizes).flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 2, 3, 255]))] * 2)
)
mask_pairs = st.tuples(sizes, sizes).flatmap(lambda shape: st.tuples(*[hnp.arrays(np.bool_, shape)] * 2))


def test_confusion_by_hand() -> None:
    truth = np.array([[0, 0, 1, 1], [2, 2, 255, 1]], dtype=np.uint8)
    prediction = np.array([[0, 1, 1, 1], [2, 0, 2, 255]], dtype=np.uint8)
    matrix = metrics.confusion(prediction, truth, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert metrics.pixel_accuracy(matrix) == 4 / 6
    assert metrics.iou(matrix)[:3].tolist() == [1 / 3, 2 / 3, 1 / 2]
    assert metrics.dice(matrix)[:3].tolist() == [2 / 4, 4 / 5, 2 / 3]
    assert math.isnan(metrics.iou(matrix)[3])
    assert metrics.mean(metrics.iou(matrix)) == pytest.approx(0.5)


@given(label_pairs)
def test_class_ratios_equal_counting_pixels(pair: tuple[np.ndarray, np.ndarray]) -> None:
    prediction, truth = pair
    matrix = metrics.confusion(prediction, truth, 4)
    valid = (prediction != 255) & (truth != 255)
    for index in range(4):
        p, t = (prediction == index) & valid, (truth == index) & valid
        both, either = (p & t).sum(), (p | t).sum()
        if either:
            assert metrics.iou(matrix)[index] == pytest.approx(both / either)
            assert metrics.dice(matrix)[index] == pytest.approx(2 * both / (p.sum() + t.sum()))
        else:
            assert math.isnan(metrics.iou(matrix)[index])
            assert math.isnan(metrics.dice(matrix)[index])
    right = ((prediction == truth) & valid).sum()
    if valid.any():
        assert metrics.pixel_accuracy(matrix) == pytest.approx(right / valid.sum())


@given(label_pairs)
def test_turning_prediction_and_truth_around_transposes_and_keeps_iou_and_kappa(pair: tuple) -> None:
    one, other = metrics.confusion(pair[0], pair[1], 4), metrics.confusion(pair[1], pair[0], 4)
    assert (one == other.T).all()
    np.testing.assert_array_equal(metrics.iou(one), metrics.iou(other))
    assert metrics.kappa(one) == pytest.approx(metrics.kappa(other), nan_ok=True)


def test_kappa_by_hand() -> None:
    assert metrics.kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)
    assert metrics.kappa(np.array([[7, 0], [0, 0]])) == 1.0
    assert metrics.kappa(np.array([[0, 0], [9, 0]])) == 0.0
    assert math.isnan(metrics.kappa(np.zeros((2, 2), dtype=np.int64)))


def test_unknown_class_and_different_shapes_are_refused() -> None:
    a = np.array([[4, 0]], dtype=np.uint8)
    with pytest.raises(InvalidInput, match="the prediction holds class 4; allowed are 0 to 2 and 255"):
        metrics.confusion(a, np.zeros_like(a), 3)
    with pytest.raises(InvalidInput, match="has shape"):
        metrics.confusion(a, np.zeros((2, 1), dtype=np.uint8), 3)


def brute_force_panoptic(
    prediction: np.ndarray, truth: np.ndarray, p_class: dict, t_class: dict, *, n: int, crowd: list
) -> tuple[list, ...]:
    """Match segments mask by mask, straight from the definition."""
    iou_sum, matched, wrong, missed = [0.0] * n, [0] * n, [0] * n, [0] * n
    void = truth == 0
    used, found = set(), set()
    for p in set(prediction.ravel().tolist()) - {0}:
        for t in set(truth.ravel().tolist()) - {0, *crowd}:
            a, b = prediction == p, truth == t
            union = ((a & ~void) | b).sum()
            if p_class[p] == t_class[t] and (a & b).sum() / union > 0.5:
                iou_sum[t_class[t]] += (a & b).sum() / union
                matched[t_class[t]] += 1
                used.add(p)
                found.add(t)
    for t in set(truth.ravel().tolist()) - {0, *crowd} - found:
        missed[t_class[t]] += 1
    for p in set(prediction.ravel().tolist()) - {0} - used:
        same_crowd = np.isin(truth, [t for t in crowd if t_class[t] == p_class[p]])
        if ((prediction == p) & (void | same_crowd)).sum() / (prediction == p).sum() <= 0.5:
            wrong[p_class[p]] += 1
    return iou_sum, matched, wrong, missed


@given(st.integers(0, 2**32))
def test_panoptic_counts_equal_matching_mask_by_mask(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.kron(rng.integers(0, 5, (3, 3)), np.ones((3, 4), dtype=np.int64))
    prediction = np.where(
        rng.random(truth.shape) < rng.uniform(0, 0.5), rng.integers(0, 5, truth.shape), truth
    )
    p_class, t_class = ({k: int(rng.integers(0, 2)) for k in range(1, 5)} for _ in range(2))
    crowd = [1] if seed % 2 else []
    counts = metrics.panoptic_counts(
        prediction, truth, prediction_classes=p_class, truth_classes=t_class, class_count=2, crowd=crowd
    )
    iou_sum, matched, wrong, missed = brute_force_panoptic(
        prediction, truth, p_class, t_class, n=2, crowd=crowd
    )
    assert counts.iou_sum == pytest.approx(iou_sum)
    assert (counts.matched.tolist(), counts.wrong.tolist(), counts.missed.tolist()) == (
        matched,
        wrong,
        missed,
    )


def test_panoptic_quality_by_hand_adds_up_over_images() -> None:
    truth = np.array([[1, 1, 1, 1], [2, 2, 0, 0]])
    prediction = np.array([[1, 1, 1, 0], [0, 3, 4, 4]])
    counts = metrics.panoptic_counts(
        prediction, truth, prediction_classes={1: 0, 3: 1, 4: 1}, truth_classes={1: 0, 2: 1}, class_count=3
    )  # segment 1 matches at 3/4; 3 overlaps 2 by half, which is not enough; 4 lies where the truth has nothing
    assert counts.iou_sum.tolist() == [0.75, 0, 0]
    assert (counts.matched.tolist(), counts.wrong.tolist(), counts.missed.tolist()) == (
        [1, 0, 0],
        [0, 1, 0],
        [0, 1, 0],
    )
    quality = metrics.panoptic_quality(counts + counts)
    assert quality.pq[:2].tolist() == [0.75, 0.0]
    assert quality.sq[0] == 0.75
    assert math.isnan(quality.sq[1])
    assert math.isnan(quality.pq[2])


@given(st.integers(0, 2**32))
def test_panoptic_quality_of_a_perfect_prediction_is_one(seed: int) -> None:
    truth = np.random.default_rng(seed).integers(0, 4, (6, 6))
    classes = {1: 0, 2: 1, 3: 1}
    counts = metrics.panoptic_counts(
        truth, truth, prediction_classes=classes, truth_classes=classes, class_count=2
    )
    pq = metrics.panoptic_quality(counts).pq
    assert (pq[~np.isnan(pq)] == 1.0).all()


def test_segment_without_a_class_is_refused() -> None:
    with pytest.raises(InvalidInput, match="segment 7 has no class"):
        metrics.panoptic_counts(
            np.array([[7]]), np.array([[1]]), prediction_classes={}, truth_classes={1: 0}, class_count=1
        )


@given(masks, st.integers(1, 4))
def test_boundary_is_every_pixel_within_the_distance_of_an_unset_one(mask: Mask, distance: int) -> None:
    padded = np.pad(mask, distance)
    side = 2 * distance + 1
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    assert (metrics.boundary(mask, distance) == (mask & ~windows.all(axis=(2, 3)))).all()


def test_boundary_iou_by_hand() -> None:
    truth, prediction = np.zeros((2, 9, 9), dtype=np.bool_)
    truth[2:7, 2:7] = True
    prediction[2:7, 2:7] = True
    prediction[4, 4] = False  # the hole has a boundary of 8 pixels, which fill the ring between
    assert metrics.boundary_iou(truth, truth, 1) == 1.0
    assert metrics.boundary_iou(prediction, truth, 1) == 16 / 24
    assert math.isnan(metrics.boundary_iou(np.zeros((3, 3), np.bool_), np.zeros((3, 3), np.bool_)))


def test_boundary_distance_is_two_percent_of_the_diagonal_and_at_least_one() -> None:
    assert metrics.boundary_distance(300, 400) == 10
    assert metrics.boundary_distance(4, 3) == 1


@given(mask_pairs, st.integers(0, 30), st.integers(0, 30))
def test_mask_agreement_equals_that_of_the_whole_images_runs(pair: tuple[Mask, Mask], x: int, y: int) -> None:
    a, b = raster.mask_from_bitmap(pair[0], x, y), raster.mask_from_bitmap(pair[1], 7, 5)
    agreement = metrics.mask_agreement(a, b)
    one, two = raster.rasterise(a, 50, 50), raster.rasterise(b, 50, 50)
    if not (one | two).any():
        assert (agreement.iou, agreement.dice) == (1.0, 1.0)
        return
    assert agreement.iou == rle.iou(rle.encode(one), rle.encode(two))
    assert agreement.dice == 2 * (one & two).sum() / (one.sum() + two.sum())


def test_mask_agreement_by_hand() -> None:
    a, b = raster.mask_from_bitmap(bitmap("##", "##")), raster.mask_from_bitmap(bitmap("##", "##"), 1, 0)
    assert metrics.mask_agreement(a, b) == metrics.MaskAgreement(2 / 6, 4 / 8)


def test_objects_are_paired_best_first_and_each_once() -> None:
    overlaps = np.array([[0.6, 0.9, 0.0], [0.8, 0.85, 0.0]])
    assert metrics.object_agreement(overlaps) == metrics.ObjectAgreement(((0, 1), (1, 0)), 4 / 5)
    assert metrics.object_agreement(np.zeros((0, 0))) == metrics.ObjectAgreement((), 1.0)
    assert metrics.object_agreement(np.zeros((2, 0))) == metrics.ObjectAgreement((), 0.0)
    assert metrics.object_agreement(np.array([[0.49]])).pairs == ()


@given(hnp.arrays(np.float64, st.tuples(sizes, sizes), elements=st.sampled_from([0.0, 0.4, 0.5, 0.7, 1.0])))
def test_pairs_are_above_the_threshold_and_none_could_be_added(overlaps: np.ndarray) -> None:
    pairs = metrics.object_agreement(overlaps).pairs
    rows, columns = [i for i, _ in pairs], [j for _, j in pairs]
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    assert all(overlaps[i, j] >= 0.5 for i, j in pairs)
    left = np.delete(np.delete(overlaps, rows, axis=0), columns, axis=1)
    assert not (left >= 0.5).any()
