"""How sure a mean over a few examples is: intervals by the bootstrap, and which explanations can be told apart."""

from collections.abc import Sequence

import numpy as np

from vitrail.explanation import Array

DRAWS = 2000  #: resampled sets of examples


def resampled(examples: int, seed: int) -> Array:
    """(DRAWS, examples) rows drawn with replacement, the same for all explanations: they are compared in pairs."""
    return np.random.default_rng(seed).integers(0, examples, (DRAWS, examples))


def interval(scores: Array, confidence: float, seed: int) -> tuple[float, float]:
    """The percentile interval of the mean of scores (examples,)   [1]. NaN with fewer than two that are numbers.

    [1] Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
    """
    known = scores[np.isfinite(scores)]
    if len(known) < 2:
        return float("nan"), float("nan")
    means = known[resampled(len(known), seed)].mean(1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def beats(one: Array, other: Array, better: str, confidence: float, seed: int) -> bool:
    """Whether the mean of one is better than that of the other, over the examples where both are numbers.

    The interval of the mean difference in pairs has to lie on one side of zero: examples that are hard for both do
    not blur the comparison.
    """
    apart = (one - other) if better == "higher" else (other - one)
    low, _ = interval(apart, confidence, seed)
    return low > 0


def ranked(scores: Sequence[Array], better: str, confidence: float, seed: int) -> list[int]:
    """From 1: one more than the number of others that are better for sure. Those that cannot be told apart share it.

    0 for those that have fewer than two scores.
    """
    known = [np.isfinite(each).sum() > 1 for each in scores]
    return [
        1 + sum(beats(other, one, better, confidence, seed) for other in scores if other is not one) if some else 0
        for one, some in zip(scores, known, strict=True)
    ]
