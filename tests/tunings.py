"""A small range test and a small tuning, for tests of what is drawn of them."""

import numpy as np

from vitrail.explanation import Explanation
from vitrail.train.range_test import read_off


def swept(losses=(5, 5, 4.9, 4, 1, 2, 9, 99)):
    return read_off(10.0 ** np.arange(-4, len(losses) - 5), losses, 0)


def searched(**checks):
    """Five trials of a rate and the layers; the third is the best, the second was pruned, the fourth failed."""
    nan = np.nan
    arrays = {
        "values": np.array([3, nan, 1, nan, 2.0]),
        "best": np.array([3, 3, 1, 1, 1.0]),
        "state": np.array([0, 1, 0, 2, 0]),
        "setting": np.array([[0.1, 0], [0.2, 0], [0.4, 1], [0.5, 1], [0.7, 0]]),
        "curve": np.array([[4, 3, nan], [9, nan, nan], [3, 2, 1], [nan, nan, nan], [2, nan, nan]]),
        "importance": np.array([0.2, 0.7]),
    }
    axes = dict.fromkeys(("values", "best", "state"), ("sample",))
    axes |= {"setting": ("sample", "feature"), "curve": ("sample", "step"), "importance": ("feature",)}
    known = {"trials": 5, "complete": 3, "pruned": 1, "failed": 1, "value": 1.0, "trial": 2, "metric": "loss"}
    known |= {"direction": "minimize", "best": {"rate": 0.4, "hidden": [16, 8]}, "run": "runs/best"}
    known |= {"test": {"accuracy": 0.75, "auc": None}, "warnings": ["trial 3 failed: no number <b>."]}
    labels = {"feature": ["rate", "hidden"], "choice": {"hidden": ["[8]", "[16, 8]"]}, "scale": {"rate": "log"}}
    labels["range"] = {"rate": [0.01, 1.0]}
    labels["state"] = ["complete", "pruned", "failed"]
    about = {"method": "tuning"}
    return Explanation("tuning", arrays, axes, known | checks, np.zeros((0, 0)), {}, labels, about)
