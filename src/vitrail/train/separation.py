"""Whether a line can tell two classes apart, with the proof either way, and how often a perceptron errs at most."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.train.perceptron import with_bias

NOTHING = 1e-9  #: a margin below this share of the longest example is none


@dataclass(frozen=True)
class Separation:
    """The widest margin between two classes, and what it rests on.

    With t = 1 for one class, -1 for the other and a one before each example, all inputs as z_i = t_i (1, x_i):

        margin = max over unit w of min_i w z_i = the length of the shortest sum_i shares_i z_i, shares >= 0, sum 1

    margin   gamma; 0 where no line tells the classes apart
    longest  R, the length of the longest (1, x_i)
    shares   (n,) the examples that it rests on. Where the margin is 0 they are the proof that there is no line: the
             weighted sum of the z_i is 0, so that w z_i > 0 cannot hold for all of them, whatever w is
    weights  (1 + inputs,) bias and weights of the widest margin, of length 1; zeros where there is none
    """

    margin: float
    longest: float
    shares: Array
    weights: Array

    @property
    def separable(self) -> bool:
        return self.margin > 0

    @property
    def bound(self) -> float:
        """(R / gamma)^2: a perceptron that starts with zeros makes at most so many mistakes   [1].

        Infinite where there is no margin.

        [1] Novikoff, "On convergence proofs for perceptrons", 1962
        """
        return (self.longest / self.margin) ** 2 if self.separable else float("inf")


def separation(x: Any, y: Any) -> Separation:
    """How far a line can keep two classes apart.

    x  (n, inputs); meant for some hundreds of examples
    y  (n,) two different numbers, the larger one the class on the positive side

    Raises BadInput for other than two classes.
    """
    from scipy.optimize import nnls

    examples, kinds = with_bias(x), np.unique(np.asarray(y))
    if len(kinds) != 2:
        raise BadInput(
            f"the targets are {kinds.tolist()[:5]}. Two classes were expected. Give examples of two of them."
        )
    z = examples * np.where(np.asarray(y) == kinds[1], 1.0, -1.0)[:, None]
    longest = float(np.linalg.norm(examples, axis=1).max())
    # the shortest sum |Z u| with sum(u) = 1, from min |Z u|^2 + (sum(u) - 1)^2: in u = s * shares both have one answer
    u, _ = nnls(np.concatenate([z.T / longest, np.ones((1, len(z)))]), np.append(np.zeros(z.shape[1]), 1.0))
    shares = u / u.sum()
    nearest = shares @ z
    margin = float(np.linalg.norm(nearest))
    if margin < NOTHING * longest:
        return Separation(0.0, longest, shares, np.zeros_like(nearest))
    return Separation(margin, longest, shares, nearest / margin)
