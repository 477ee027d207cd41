"""What was said and what is true: accuracy, precision, recall and F1, for weighted sets of examples."""

from collections.abc import Mapping

import numpy as np

from vitrail.explanation import Array
from vitrail.train.draws import mean_of, ratio


def confusion(truth: Array, said: Array, classes: int) -> Array:
    """(true class, said class) how many examples, from two numbers of a class for each."""
    cells = np.bincount(truth.astype(np.int64) * classes + said.astype(np.int64), minlength=classes**2)
    return cells.reshape(classes, classes)


def two_by_two(truth: Array, said: Array) -> Array:
    """(label, is it true, was it said) how many examples, from (examples, labels) yes and no."""
    return np.stack([confusion(truth[:, j], said[:, j], 2) for j in range(truth.shape[1])])


def by_class(truth: Array, said: Array, weights: Array) -> dict[str, Array]:
    """(sets, classes) precision, recall and F1 of (examples, classes) yes and no, in weighted sets.

        precision = right / said,   recall = right / true,   F1 = 2 right / (said + true)

    NaN where nothing was said, or nothing is true.
    """
    right, called, real = (weights @ each.astype(np.float64) for each in (truth & said, said, truth))
    return {
        "precision": ratio(right, called),
        "recall": ratio(right, real),
        "f1": ratio(2 * right, called + real),
        "support": real,
    }


def over_classes(truth: Array, said: Array, weights: Array) -> Mapping[str, Array]:
    """(sets,) means over the classes: balanced accuracy is the mean recall of the classes that occur."""
    each = by_class(truth, said, weights)
    occurs = (each["support"] > 0) | np.isfinite(each["precision"])
    precision, recall = (np.where(occurs, np.nan_to_num(each[name]), np.nan) for name in ("precision", "recall"))
    return {
        "balanced_accuracy": mean_of(each["recall"]),
        "precision": mean_of(precision),
        "recall": mean_of(recall),
        "f1": mean_of(each["f1"]),
    }
