"""How well scores put examples of a class before the others: ROC and precision-recall curves, and their areas."""

from collections.abc import Callable

import numpy as np

from vitrail.explanation import Array
from vitrail.train.draws import ratio

POINTS = 500  #: of a curve that is kept
ROC = ["false positive rate", "true positive rate", "threshold"]
PR = ["recall", "precision", "threshold"]


def area(truth: Array, scores: Array) -> Callable[[Array], Array]:
    """A function of weights (sets, examples): the area under the ROC curve of each set   [1].

        AUC = P(score of one that is true > score of one that is not) + P(they are equal) / 2

    NaN for a set without the one or the other.

    [1] Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve", 1982
    """
    order = np.argsort(scores, kind="stable")
    real = truth[order].astype(np.float64)
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.nan) != 0)

    def of(weights: Array) -> Array:
        drawn = weights[:, order]
        yes = np.add.reduceat(drawn * real, starts, axis=1)
        no = np.add.reduceat(drawn, starts, axis=1) - yes
        below = np.cumsum(no, axis=1) - no / 2
        return ratio((yes * below).sum(1), yes.sum(1) * no.sum(1))

    return of


def roc(truth: Array, scores: Array) -> Array:
    """(points, 3) as `ROC` names them, from no example called true to all of them."""
    from sklearn.metrics import roc_curve

    return thinned(np.stack(roc_curve(truth, scores), 1))


def precision_recall(truth: Array, scores: Array) -> tuple[Array, float]:
    """(points, 3) as `PR` names them, from all examples called true to none; and the average precision."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, threshold = precision_recall_curve(truth, scores)
    curve = np.stack([recall, precision, np.append(threshold, np.inf)], 1)
    return thinned(curve), float(average_precision_score(truth, scores))


def thinned(curve: Array, most: int = POINTS) -> Array:
    """At most so many points, evenly along the curve; the first and the last stay."""
    if len(curve) <= most:
        return curve
    length = np.append(0.0, np.cumsum(np.abs(np.diff(curve[:, :2], axis=0)).sum(1)))
    places = np.searchsorted(length, np.linspace(0, length[-1], most))
    kept = np.unique([0, *np.clip(places, 0, len(curve) - 1), len(curve) - 1])
    return np.asarray(curve[kept])
