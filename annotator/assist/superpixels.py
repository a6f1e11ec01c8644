"""Superpixels: SLIC. Owns the division of a region into small pieces that follow its edges."""

from __future__ import annotations

import numpy as np

from annotator.assist.inputs import Labels, Number, Region, Whole, check_varied

COUNT = Whole("count", 2, 2000, 300, "About how many superpixels the region is divided into.")
COMPACTNESS = Number("compactness", 0.1, 100, 10, "Low follows colours closely, high gives square pieces.")
# Without these two, noise breaks the pieces into crumbs, which are then all merged into one.
BLUR = 1.0  # pixels
LEAST_SHARE = 0.25  # of the usual size: smaller pieces are merged into a neighbour
ROUNDS = 5  # of k-means; the paper uses 10, and from 5 on the pieces hardly change


def slic(image: Region, *, count: int = COUNT.default, compactness: float = COMPACTNESS.default) -> Labels:
    """Divide a region into connected pieces of similar colour and about equal size.

    Args:
        image: (H, W, 3) uint8 RGB.
        count: 2..2000. compactness: 0.1..100, the weight of distance against colour (Lab).

    Returns:
        (H, W) int32 labels 0..n-1 without gaps, n near `count`, each piece 4-connected.

    Raises:
        InvalidInput: one colour, or values that are not allowed.

    Source: Achanta et al. 2012, SLIC superpixels compared to state-of-the-art superpixel methods. O(pixels).
    """
    from skimage.segmentation import slic as divide  # it takes long to load, and few requests need it

    check_varied(image)
    labels = divide(
        image,
        n_segments=COUNT.check(count),
        compactness=COMPACTNESS.check(compactness),
        max_num_iter=ROUNDS,
        sigma=BLUR,
        min_size_factor=LEAST_SHARE,
        enforce_connectivity=True,
        start_label=0,
        channel_axis=-1,
    )
    _values, dense = np.unique(np.asarray(labels), return_inverse=True)
    return dense.reshape(image.shape[:2]).astype(np.int32)
