"""How sure measures over a test set are: each is taken of many resampled sets, all measures of the same ones."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from vitrail.explanation import Array

CONFIDENCE = 0.95
MOST, LEAST = 1000, 200  #: resampled sets
WORK = 2e7  #: examples times outputs times sets, about a second
CELLS = 2**22  #: weights that are held at once

Measures = Callable[[Array], Mapping[str, Array]]  #: (sets, examples) weights -> name -> (sets,)


def sets_for(examples: int, outputs: int) -> int:
    """How many resampled sets there is time for."""
    return int(np.clip(WORK // (examples * outputs), LEAST, MOST))


def weights(examples: int, sets: int, seed: int) -> Iterator[Array]:
    """(some, examples) how often each example is in a set that was drawn with replacement, a few sets at a time."""
    random = np.random.default_rng(seed)
    step = max(1, CELLS // examples)
    for start in range(0, sets, step):
        some = min(step, sets - start)
        rows = random.integers(0, examples, (some, examples)) + examples * np.arange(some)[:, None]
        yield np.bincount(rows.ravel(), minlength=some * examples).reshape(some, examples).astype(np.float64)


def measured(
    measures: Measures, examples: int, sets: int, seed: int = 0
) -> tuple[dict[str, float | None], dict[str, list[float] | None]]:
    """Every measure of the examples, and its percentile interval under resampling   [1].

    None for what is not defined: a class without an example, an interval of a single one.

    [1] Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
    """
    whole = measures(np.ones((1, examples)))
    drawn = [measures(some) for some in weights(examples, sets, seed)] if examples > 1 else []
    found = {name: number(value[0]) for name, value in whole.items()}
    spread = {name: interval(np.concatenate([each[name] for each in drawn])) if drawn else None for name in whole}
    return found, {name: spread[name] if found[name] is not None else None for name in whole}


def interval(drawn: Array) -> list[float] | None:
    """Low and high of the middle 95 % of the sets where the measure is defined."""
    known = drawn[np.isfinite(drawn)]
    ends = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    return [float(end) for end in np.quantile(known, ends)] if len(known) else None


def number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def ratio(part: Array, whole: Array) -> Array:
    """NaN where nothing is divided by nothing."""
    out = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=out, where=np.asarray(whole) != 0))


def mean_of(each: Array) -> Array:
    """(sets,) the mean over the classes that are defined, from (sets, classes)."""
    known = np.isfinite(each)
    return ratio(np.where(known, each, 0.0).sum(1), known.sum(1))
