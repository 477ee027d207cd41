"""p-values that keep their word."""

import numpy as np

from vitrail.explanation import Array


def p_values(calibration: Array, scores: Array) -> Array:
    """Conformal p-values: the share of usual examples that look at least as unusual, the example itself among them [1].

        p = (1 + #{i : s_i >= s}) / (n + 1)

    calibration (n,) ascending scores of examples that nothing was learnt from; scores (m,) -> (m,) in [1/(n+1), 1].

    Where an example is exchangeable with those of the calibration, P(p <= a) <= a for every a, whatever the score and
    the network, and nearly equal where scores do not tie: ties count against the example, so p never is too small. The
    probability is over the draw of calibration and example together: for one calibration of n examples the share of
    p <= a varies by about sqrt(a (1 - a) / n)   [2].

    [1] Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005, section 2.2
    [2] Vovk, "Conditional validity of inductive conformal predictors", 2012
    """
    larger = len(calibration) - np.searchsorted(calibration, scores, side="left")
    return np.asarray((1 + larger) / (len(calibration) + 1))
