"""What the logits say by themselves: how sure the network is."""

import numpy as np

from vitrail.explanation import Array


def log_sum_exp(logits: Array) -> Array:
    """(n,) log of the sum of exponentials of logits (n, classes), without overflow."""
    most = logits.max(1)
    return np.asarray(most + np.log(np.exp(logits - most[:, None]).sum(1)))


def msp(logits: Array) -> Array:
    """Maximum softmax probability, turned round   [1].

        1 - max_c softmax(logits)_c

    logits (n, classes) -> (n,) in [0, 1 - 1 / classes]. It is 0 for the surest answers: also for numbers far away.

    [1] Hendrycks, Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
        Networks", 2017, section 2
    """
    others = np.exp(logits - logits.max(1)[:, None])
    np.put_along_axis(others, logits.argmax(1)[:, None], 0.0, 1)  # not 1 - the largest, which rounds to 0
    return np.asarray(others.sum(1) / (1 + others.sum(1)))


def energy(logits: Array) -> Array:
    """Free energy at temperature 1   [1].

        - log sum_c exp(logits_c)

    logits (n, classes) -> (n,); low where some class is far above what training left as its zero.

    [1] Liu, Wang, Owens, Li, "Energy-based Out-of-distribution Detection", 2020, eq. 4
    """
    return -log_sum_exp(logits)
