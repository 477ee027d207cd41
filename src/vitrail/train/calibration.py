"""Whether probabilities keep their word: of examples that are called 80 % sure, 80 % should be so."""

import numpy as np

from vitrail.explanation import Array
from vitrail.train.draws import ratio

BINS = 15
RELIABILITY = ["mean probability", "share that is so", "examples"]


def reliability(chances: Array, so: Array) -> Array:
    """(bins, 3) as `RELIABILITY` names them, in bins of equal width   [1]; NaN in the first two of an empty bin.

    chances   (n,) a probability for each
    so        (n,) whether it was so

    [1] Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2
    """
    place = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    count, held, real = (np.bincount(place, each, BINS) for each in (None, chances, so))
    return np.stack([ratio(held, count), ratio(real, count), count.astype(np.float64)], 1)


def expected_error(bins: Array) -> float:
    """The expected calibration error, sum over bins of n_b / n |share_b - mean_b|; equation 3 of the same.

    It is above zero even for probabilities that keep their word, the more so the fewer examples there are.
    """
    known = bins[bins[:, 2] > 0]
    return float((known[:, 2] * np.abs(known[:, 1] - known[:, 0])).sum() / known[:, 2].sum())
