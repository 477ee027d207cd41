"""Made-up leaderboards, for tests of what shows them."""

import numpy as np

from vitrail.explanation import Explanation

METHODS = ("good", "even", "bad", "random", "edge")
VERDICTS = ("gain: good and even are not distinguishable at 95 %. bad is worse.", "loss: good is the best.")
#: gain: higher is better; loss: lower is better
MEANS = ((3.0, 0.1), (2.9, 0.2), (1.0, 0.9), (0.01, 0.95), (1.5, 0.5))
HALVES = ((0.5, 0.02), (0.25, 0.02), (0.5, 0.02), (0.04, 0.02), (0.5, 0.02))
RANKS = ((1, 1), (1, 2), (3, 4), (5, 4), (3, 3))
MOST, LEAST = (1.0, 0.25, 0.0), (1.0, 0.75, 0.0)  # the target in two steps


def leaderboard(means=MEANS, halves=HALVES, ranks=RANKS, methods=METHODS, missing=None, curves=True, **labels):
    """Two metrics, "gain" and "loss", of five methods about four examples.

    missing  {(method, metric): examples without a score}; where fewer than two have one there is no interval, and
             where none has there is no mean
    """
    means, halves = np.array(means, float), np.array(halves, float)
    scores = np.tile(means, (4, 1, 1))
    low, high = means - halves, means + halves
    for (i, j), count in (missing or {}).items():
        scores[:count, i, j] = np.nan
        low[i, j], high[i, j] = (np.nan, np.nan) if count > 2 else (low[i, j], high[i, j])
        means[i, j] = np.nan if count == 4 else means[i, j]
    walks = [(f"curve/{first}", np.array([np.array(walk) + i for i in range(len(methods))]))
             for first, walk in (("most", MOST), ("least", LEAST)) if curves]  # fmt: skip
    table = {"values": means, "low": low, "high": high, "rank": np.array(ranks, np.int32)}
    cost = {"seconds": np.arange(len(methods)) / 4, "evaluations": np.arange(len(methods)) * 1000}
    return Explanation(
        "leaderboard",
        {**table, "scores": scores, **cost, **dict(walks)},
        {
            **dict.fromkeys(table, ("method", "metric")),
            "scores": ("batch", "method", "metric"),
            **dict.fromkeys(cost, ("method",)),
            **dict.fromkeys(dict(walks), ("method", "step")),
        },
        checks={"examples": 4, "confidence": 0.95, "evaluations": 10000},
        outputs=np.zeros((4, 0), np.float32),
        target={"target": "leaderboard"},
        labels={"method": list(methods), "metric": ["gain", "loss"], "better": ["higher", "lower"],
                "verdict": list(VERDICTS)} | labels,
        provenance={"method": "compare", "model": {"name": "net"}, "settings": {}, "seed": 0, "seconds": 2.5},
    )  # fmt: skip
