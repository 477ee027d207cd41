"""Learn what is usual: scores on the training examples, their weights on a validation split, p-values on another."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.detectors import NEED_CLASSES, Detectors
from vitrail.trust.judge import Judge, Raw, Scales
from vitrail.trust.reading import Reading, Readings
from vitrail.trust.reservoir import Reservoir
from vitrail.trust.summary import summary_of
from vitrail.trust.surprise import Surprise
from vitrail.trust.weights import weights_of

KEPT = 20_000  #: examples of a split whose scores are kept
LINEAR = 0.99  #: R^2 of the head, below which a remark is made
NO_CLASSES = "the network says no classes"


def fit(
    training: Readings,
    validation: Readings,
    unusual: Readings,
    calibration: Readings,
    *,
    classes: int,
    clusters: Sequence[int],
    seed: int,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """The state of trust: arrays by name, and plain facts.

    training     examples that the clusters were fitted to: every score is learnt from them, in one pass
    validation   others: they set the scales of the scores, and with `unusual` their weights
    unusual      inputs that are nothing like training; made up by `outliers`
    calibration  others again, that nothing else sees: they turn each score into a p-value
    classes      how many there are
    clusters     how many there are at each layer
    seed         of the samples that are kept

    Memory does not grow with the number of examples: sums, and samples of at most 10,000 training examples and 20,000
    of each split. A network that says no classes has no msp, energy, vim and react: facts["left_out"] says so.
    """
    summary = summary_of(training, classes, clusters, seed)
    head = summary.head()
    detectors = Detectors.of(summary, head).as_kept()
    usual, odd = scored(detectors, validation, seed), scored(detectors, unusual, seed)
    scales = scales_of(usual)
    weights = weighed(scales, usual, odd)
    final = scored(Judge(detectors, scales, weights).scores, calibration, seed)
    says = detectors.columns != "none"
    state = {
        **detectors.arrays(),
        **{f"surprise/{name}": surprise.curve for name, surprise in scales.surprises.items()},
        **{f"calibration/{name}": np.sort(values) for name, values in final.items()},
    }
    return state, {
        "columns": detectors.columns,
        "layers": len(detectors.layers),
        "weights": weights,
        "training": summary.rows,
        **{name: size(some) for name, some in (("validation", usual), ("unusual", odd), ("calibration", final))},
        "left_out": {} if says else dict.fromkeys(NEED_CLASSES, NO_CLASSES),
        "head_r_squared": head.fitted,
        "remarks": remarks(head.fitted, says, size(odd)),
    }


def scored(scores: Callable[[Reading], Mapping[str, Array]], readings: Readings, seed: int) -> dict[str, Array]:
    """Scores of at most 20,000 examples, drawn at random where there are more."""
    kept = Reservoir(KEPT, seed)
    for reading in readings():
        kept.add(scores(reading))
    return kept.rows


def scales_of(usual: Raw) -> Scales:
    """From the raw scores of validation examples."""
    single = Scales({name: Surprise.of(values) for name, values in usual.items()})
    return Scales({**single.surprises, "layers": Surprise.of(single.with_layers(usual)["layers"])})


def weighed(scales: Scales, usual: Raw, odd: Raw) -> dict[str, float]:
    """The weight of each score, by validation examples and made-up ones."""
    known = scales.with_layers(usual)
    names = list(known)
    made_up = scales.matrix(scales.with_layers(odd), names) if odd else np.zeros((0, len(names)))
    found = weights_of(scales.matrix(known, names), made_up)
    return dict(zip(names, found.tolist(), strict=True))


def size(scores: Raw) -> int:
    return len(next(iter(scores.values()), ()))


def remarks(fitted: float, says: bool, made_up: int) -> list[str]:
    """What a reader of the facts should know."""
    found = []
    if says and fitted < LINEAR:
        found.append(
            f"the logits are no linear map of the last layer that was read: R^2 = {fitted:.3f}; vim and react take the "
            "nearest one"
        )
    if not made_up:
        found.append("no unusual inputs could be made up, so all scores count alike")
    return found
