"""Small evaluations and learning curves, for tests of what is drawn of them."""

import numpy as np

from vitrail.inputs import Images
from vitrail.train.curves import curves
from vitrail.train.data import Data
from vitrail.train.evaluation import evaluation
from vitrail.train.worst import with_worst

NAMES = ("ant", "bee <b>", "cat")
TRUTH = np.array([0, 0, 0, 1, 1, 2, 2, 2])
SAID = np.array([0, 0, 1, 1, 2, 2, 2, 0])


def three(pictures=False):
    """Three classes, eight examples of which five are said rightly, with 80 % each."""
    chances = np.full((8, 3), 0.1)
    chances[np.arange(8), SAID] = 0.8
    answer = evaluation(TRUTH, chances, "multiclass", NAMES)
    x = np.zeros((8, 4, 4, 1), np.uint8) if pictures else np.arange(16.0).reshape(8, 2)
    rows = dict.fromkeys(("train", "validation", "test"), np.arange(8))
    data = Data(x, TRUTH, "multiclass", rows, NAMES, Images((4, 4), mode="L") if pictures else None)
    return with_worst(answer, data, np.arange(8))


def two():
    return evaluation(np.array([0, 0, 1, 1]), np.array([[0.1], [0.6], [0.9], [0.4]]), "binary", ("no", "yes"))


def labels():
    y = np.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    return evaluation(y, np.array([[0.9, 0.2], [0.8, 0.3], [0.6, 0.7], [0.2, 0.1]]), "multilabel", ("sun", "rain"))


def residues(outputs=1):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(50, outputs))
    names = [f"y{i}" for i in range(outputs)]
    answer = evaluation(truth, truth + 0.3 * rng.normal(size=(50, outputs)), "regression", names)
    x = rng.normal(size=(50, 8))
    rows = dict.fromkeys(("train", "validation", "test"), np.arange(50))
    return with_worst(answer, Data(x, truth, "regression", rows, names), np.arange(50))


def learnt(phases=("head", "all")):
    rows = [
        {"phase": phase, "epoch": e, "rate": 0.1 / 100**i, "loss": 4.0 / (e + 2 * i), "val_loss": 5.0 / (e + 2 * i)}
        for i, phase in enumerate(phases)
        for e in (1, 2)
    ]
    return curves(rows, {"method": "transfer"})
