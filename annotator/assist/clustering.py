"""Clusters of colour: k-means, Ward's hierarchy over superpixels, fuzzy c-means; and picking clusters by points.

Owns which pixels have colours of one kind. Labels are ordered by lightness, 0 the darkest cluster, so that they mean
the same on every call. Colours are Lab.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import (
    NO_POINTS,
    Labels,
    Mask,
    Number,
    Points,
    Region,
    Whole,
    check_points,
    check_varied,
    lab_of,
    refused,
)
from annotator.assist.superpixels import slic
from annotator.core.words import _

Floats = npt.NDArray[np.float32]

CLUSTERS = Whole("clusters", 2, 12, 4, "How many kinds of colour there are.")
PIECES = Whole("pieces", 20, 1000, 250, "About how many superpixels are merged.")
FUZZINESS = Number("fuzziness", 1.1, 4, 2, "How much clusters overlap: near 1 hardly, as k-means.")

SEED = 20_090_101
SAMPLE = 16_384  # pixels that clusters are learned from; more moved no centre by 1 in Lab on photographs
ATTEMPTS = 3
MOVED = 0.05  # fuzzy c-means ends when no centre moves farther, in Lab
MOST_ROUNDS = 60


def kmeans(image: Region, *, clusters: int = CLUSTERS.default) -> Labels:
    """Divide the pixels into clusters of least squared distance to their mean colour.

    Args:
        image: (H, W, 3) uint8 RGB.
        clusters: 2..12.

    Returns:
        (H, W) int32 labels 0..clusters-1, darkest first.

    Raises:
        InvalidInput: fewer colours than clusters, or a value that is not allowed.

    Source: Lloyd 1982, Least squares quantization in PCM; Arthur and Vassilvitskii 2007, k-means++ (the start).
    O(rounds x clusters x sample) on at most 16,384 pixels, then O(clusters x pixels).
    """
    lab, sample = _colours(image, CLUSTERS.check(clusters))
    return _darkest_first(_nearest(lab, _kmeans_centres(sample, clusters)), lab)


def hierarchical(image: Region, *, clusters: int = CLUSTERS.default, pieces: int = PIECES.default) -> Labels:
    """Merge superpixels by Ward's criterion until `clusters` are left.

    Args:
        clusters: 2..12. pieces: superpixels to begin with, 20..1000.

    Returns:
        (H, W) int32 labels 0..clusters-1, darkest first; whole superpixels, so less speckled than `kmeans`.

    Raises:
        InvalidInput: one colour, fewer pieces than clusters, or values that are not allowed.

    Source: Ward 1963, Hierarchical grouping to optimize an objective function, over SLIC superpixels (Achanta et al.
    2012). O(pixels + pieces^2).
    """
    from scipy.cluster.hierarchy import fcluster, linkage  # it takes long to load, and few requests need it

    wanted = CLUSTERS.check(clusters)
    labels = slic(image, count=PIECES.check(pieces))
    n = int(labels.max()) + 1
    if n < wanted:
        raise refused(
            "clusters",
            _("%(wanted)s clusters cannot be made of %(n)s superpixels; choose a larger region")
            % {"wanted": wanted, "n": n},
        )
    lab = lab_of(image)
    kinds = (
        np.asarray(fcluster(linkage(_means(lab, labels, n), "ward"), wanted, "maxclust"), dtype=np.int32) - 1
    )
    return _darkest_first(kinds[labels], lab)


def fuzzy(image: Region, *, clusters: int = CLUSTERS.default, fuzziness: float = FUZZINESS.default) -> Labels:
    """Divide the pixels into clusters whose members belong by degrees; each pixel goes where it belongs most.

    Args:
        clusters: 2..12. fuzziness: the exponent m, 1.1..4.

    Returns:
        (H, W) int32 labels 0..clusters-1, darkest first.

    Raises:
        InvalidInput: fewer colours than clusters, or values that are not allowed.

    Source: Bezdek, Ehrlich and Full 1984, FCM: the fuzzy c-means clustering algorithm. O(rounds x clusters x sample)
    on at most 16,384 pixels, then O(clusters x pixels).
    """
    lab, sample = _colours(image, CLUSTERS.check(clusters))
    start = _kmeans_centres(sample, clusters)
    centres, _memberships = fuzzy_centres(sample, start, FUZZINESS.check(fuzziness))
    return _darkest_first(_nearest(lab, centres), lab)  # the nearest centre is the one of greatest membership


def fuzzy_centres(samples: Floats, centres: Floats, fuzziness: float) -> tuple[Floats, Floats]:
    """Run fuzzy c-means from given centres.

    Args:
        samples: (N, D). centres: (K, D). fuzziness: the exponent m, over 1.

    Returns:
        centres (K, D), and the memberships (N, K) of the samples in them, rows of sum 1.
    """
    memberships = _memberships(samples, centres, fuzziness)
    for _round in range(MOST_ROUNDS):
        weights = memberships**fuzziness
        moved = (weights.T @ samples) / np.maximum(weights.sum(axis=0)[:, None], 1e-12)
        farthest = float(np.abs(moved - centres).max())
        centres = moved
        memberships = _memberships(samples, centres, fuzziness)
        if farthest < MOVED:
            break
    return centres, memberships


def pick(labels: Labels, *, positive: Points, negative: Points = NO_POINTS) -> Mask:
    """Take the labels under the positive points, but for those under negative ones.

    Args:
        labels: (H, W) int32. positive, negative: (N, 2) x, y.

    Raises:
        InvalidInput: a point outside.
    """
    taken = labels[check_points(positive, labels, "positive")]
    left = labels[check_points(negative, labels, "negative")]
    return np.isin(labels, np.setdiff1d(taken, left))


def _colours(image: Region, clusters: int) -> tuple[Floats, Floats]:
    """Give the region in Lab, and at most `SAMPLE` of its pixels on a regular grid, of enough different colours."""
    check_varied(image)
    lab = lab_of(image)
    step = max(1, int(np.ceil(np.sqrt(image.shape[0] * image.shape[1] / SAMPLE))))
    sample = lab[::step, ::step].reshape(-1, 3)
    if len(np.unique(sample[: 64 * clusters], axis=0)) < clusters:
        different = len(np.unique(sample, axis=0))
        if different < clusters:
            raise refused(
                "clusters",
                _("%(clusters)s clusters cannot be made of %(different)s different colours")
                % {"clusters": clusters, "different": different},
            )
    return lab, sample


def _kmeans_centres(sample: Floats, clusters: int) -> Floats:
    cv2.setRNGSeed(SEED)  # of this thread: the same region gives the same clusters
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    start = np.zeros((len(sample), 1), dtype=np.int32)
    found = cv2.kmeans(
        np.ascontiguousarray(sample), clusters, start, criteria, ATTEMPTS, cv2.KMEANS_PP_CENTERS
    )
    return np.asarray(found[2], dtype=np.float32)


def _darkest_first(labels: Labels, lab: Floats) -> Labels:
    """Number the labels anew by the mean lightness of their pixels; numbers without pixels fall away."""
    _used, dense = np.unique(labels, return_inverse=True)
    dense = dense.reshape(labels.shape).astype(np.int32)
    lightness = _means(lab[:, :, :1], dense, int(dense.max()) + 1)[:, 0]
    rank = np.empty(lightness.size, dtype=np.int32)
    rank[np.argsort(lightness, kind="stable")] = np.arange(lightness.size, dtype=np.int32)
    return rank[dense]


def _nearest(lab: Floats, centres: Floats) -> Labels:
    """Give each pixel the nearest centre, by |c|^2 - 2 x.c: a matrix product."""
    scores = (centres * centres).sum(axis=1) - 2 * (lab.reshape(-1, 3) @ centres.T)
    return scores.argmin(axis=1).reshape(lab.shape[:2]).astype(np.int32)


def _means(values: Floats, labels: Labels, n: int) -> npt.NDArray[np.float64]:
    """Give the mean of values (H, W, D) under each label: (n, D)."""
    flat = labels.ravel()
    sums = [np.bincount(flat, values[:, :, k].ravel(), n) for k in range(values.shape[2])]
    return np.stack(sums, axis=1) / np.bincount(flat, minlength=n)[:, None]


def _memberships(samples: Floats, centres: Floats, fuzziness: float) -> Floats:
    """u = 1 / sum over the centres k of (d / d_k)^(2 / (m - 1)), by logarithms, so that no power overflows."""
    squared = (
        (samples * samples).sum(axis=1)[:, None] + (centres * centres).sum(axis=1) - 2 * (samples @ centres.T)
    )
    power = np.log(np.maximum(squared, 1e-6)) / (1 - fuzziness)
    power -= power.max(axis=1, keepdims=True)
    weights = np.exp(power)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
