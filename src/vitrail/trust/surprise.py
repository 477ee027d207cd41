"""Scores of all kinds on one scale: how surprising each is, in nats."""

from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array

TAIL = 0.9  #: share of the examples above which an exponential stands for the few that are left
KNOTS = 500  #: of the curve below
LARGEST = 12.0  #: nats; further out a score counts only by its logarithm, so that no one of them drowns the others


@dataclass(frozen=True, eq=False)
class Surprise:
    """Minus the logarithm of the share of usual examples that score as high.

        s(v) = - log P(V >= v)           up to the 90 % quantile q of V
        s(v) = s(q) + (v - q) / mean(V - q | V > q)           beyond it, up to 12 nats
        s(v) = 12 + log(1 + what the line would say beyond 12)

    curve   (2, knots) scores, ascending, and their surprise; the last knot is where the line ends

    V are the scores of examples that the fit has not seen. Of a continuous score the surprise of usual examples is
    exponentially distributed with mean 1. An exponential tail is the plainest of those that exceedances tend to
    (Pickands, "Statistical inference using extreme order statistics", 1975).
    """

    curve: Array

    @staticmethod
    def of(scores: Array) -> "Surprise":
        """From the scores (n,) of usual examples."""
        scores = np.sort(scores.astype(np.float64))
        values, first = np.unique(scores, return_index=True)
        heights = -np.log1p(-first / len(scores))
        end = float(np.quantile(scores, TAIL))
        inside = int((values <= end).sum())
        chosen = np.unique(np.linspace(0, inside - 1, KNOTS).round().astype(int))
        knots, body = values[chosen], heights[chosen]
        over = scores[scores > end] - knots[-1]
        rate = max(float(over.mean()) if len(over) else 0.0, 1e-9 * max(1.0, abs(float(knots[-1]))))
        last = knots[-1] + (LARGEST - body[-1]) * rate, LARGEST
        return Surprise(np.stack([np.append(knots, last[0]), np.append(body, last[1])]))

    def __call__(self, scores: Array) -> Array:
        (x, y), (before, end) = self.curve, self.curve.T[-2:]
        line = (scores - end[0]) * (end[1] - before[1]) / (end[0] - before[0])
        return np.asarray(np.interp(scores, x, y) + np.log1p(np.maximum(line, 0.0)))
