"""The learning-rate range test: the rate grows from step to step until the loss blows up."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vitrail.errors import BadSetting, TrainingFailed
from vitrail.explanation import Array, Explanation
from vitrail.methods.settings import as_json
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.train.backend import school
from vitrail.train.data import Data
from vitrail.train.heads import refuse_task
from vitrail.train.recipe import Phase, Recipe
from vitrail.train.sources import data_of
from vitrail.train.teach import forever, learner, loss_of, optimizer
from vitrail.train.verb import recipe_of
from vitrail.train.watch import no_number

BELOW = 10  #: how many times lower than the rate at which the loss begins to climb
BLOWN = 4.0  #: times the loss of the beginning, where the test ends
SOME = 5  #: steps over whose mean that is judged
FELL = 0.95  #: share of the loss of the beginning below which it has fallen
CLIMBED = 0.5  #: share of the fall that the loss must climb again: less may be chance


def range_test(
    recipe: str | Mapping[str, Any] | Recipe,
    data: Any,
    target: str | None = None,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 200,
    smooth: float = 0.02,
    progress: bool | Report = False,
    **settings: Any,
) -> Explanation:
    """How high the learning rate can be: the loss while it grows exponentially from step to step   [1, 2].

        rate_k = low (high / low)^(k / (steps - 1)),   loss_k: after the step that was taken with rate_k

    The network learns on the training part for this test alone, and is thrown away. The test ends where the loss is
    four times that of the beginning, or no number. Recipes of several phases are tested in their first.

    recipe, data, target, settings   as for `vitrail.train`; `schedule` is left out, the test has its own
    low, high   the rates it begins and ends with
    steps       of training, each with a rate of its own
    smooth      width of the bell that losses are smoothed with, as a share of the steps; 0: not at all
    progress    True for a bar, or a function of (steps done, steps in all)

    Gives an Explanation of kind "range-test". Arrays: "values" (step,) smoothed losses, "loss" (step,) as they were,
    "rate" (step,). Checks: "climbs", the rate at which the loss begins to climb; "suggestion", a tenth of it [2];
    "steepest", the middle of the decade of rates over which it falls fastest; "blown_up", whether the test ended early.
    None for what was not found; then "warnings" say why.

    Raises BadSetting for a recipe that learns in a way of its own and for rates or steps out of range, TrainingFailed
    when the loss is no number from the beginning, and what `vitrail.train` raises.

    [1] Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3; there the rate grows linearly
    [2] Geron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, chapter 11
    """
    how = recipe_of(recipe, settings)
    lessons = data if isinstance(data, Data) else data_of(data, target)
    refuse_task(how, lessons)
    refuse(how, low, high, steps, smooth)
    rates = low * (high / low) ** (np.arange(steps) / (steps - 1))
    with undisturbed(), reporting(progress, "range test", "steps") as report:
        losses = swept(how, lessons, rates, report)
    found = read_off(rates[: len(losses) - 1], losses, smooth * steps)
    about = {"method": "range-test", "recipe": how.name, "versions": versions()}
    about["settings"] = {**as_json(how), "method": how.name, "low": low, "high": high, "steps": steps, "smooth": smooth}
    return replace(found, provenance={**about, "data": {"digest": lessons.digest()}})


def refuse(recipe: Recipe, low: float, high: float, steps: int, smooth: float) -> None:
    if hasattr(recipe, "learn") or hasattr(recipe, "teach"):
        raise BadSetting(
            f"{recipe.name} has a way to learn of its own, which cannot be swept. A recipe that keras fits was "
            "expected. Take mlp-classifier, for one; or compare rates by tuning."
        )
    if not (0 < low < high < math.inf and steps >= 2 and 0 <= smooth < 1):
        raise BadSetting(
            f"low={low!r}, high={high!r}, steps={steps!r}, smooth={smooth!r} cannot be swept. 0 < low < high, at least "
            "2 steps, and smooth from 0 to below 1 were expected. Correct them."
        )


def swept(recipe: Recipe, data: Data, rates: Array, report: Report | None) -> list[float]:
    """The loss before the first step, and after each that was taken; the last is of the batch after it."""
    keras = school()
    fitting = replace(recipe.fitting, schedule="constant")
    keras.utils.set_random_seed(fitting.seed % 2**32)
    network = recipe.build(keras, data)
    part, lessons = learner(keras, recipe, network, data)
    phase = recipe.phases(network)[0]
    if phase.prepare is not None:
        phase.prepare(network)
    start = Phase("range-test", 1, float(rates[0]))
    part.compile(optimizer=optimizer(keras, fitting, start, 1), loss=loss_of(keras, recipe, lessons))
    losses: list[float] = []
    batches = forever(lessons, fitting.batch, (fitting.seed, 0), 0, fitting.balance)
    for rate, batch in zip(itertools.chain(rates, [rates[-1]]), batches, strict=False):
        part.optimizer.learning_rate = float(rate)
        losses.append(stepped(part, batch))
        if report is not None:
            report(len(losses), len(rates) + 1)
        if blown_up(losses):
            break
    if not math.isfinite(losses[0]):
        raise TrainingFailed(
            f"the loss is {losses[0]} before the first step. A finite loss was expected. The usual causes: missing "
            "values, numbers that are not scaled, or labels out of range."
        )
    return losses


def stepped(network: Any, batch: tuple[Array, ...]) -> float:
    """The loss of a batch, before the step that it leads to; NaN where it cannot be said."""
    try:
        return float(network.train_on_batch(*batch))
    except RuntimeError as error:
        if no_number(error):
            return math.nan
        raise


def blown_up(losses: Sequence[float]) -> bool:
    last = float(np.mean(losses[-SOME:]))
    return not math.isfinite(last) or (len(losses) > SOME and last > BLOWN * float(np.mean(losses[:SOME])))


def read_off(rates: Array, losses: Sequence[float], width: float) -> Explanation:
    """What the losses say; `losses` begins with that before the first step.

    rates   (n,) of the steps that were taken
    width   of the bell, in steps
    """
    after = np.array(losses)[1:]
    known = np.isfinite(after)
    rates, after = rates[known], after[known]
    values = smoothed(after, width)
    checks: dict[str, Any] = {"climbs": None, "suggestion": None, "steepest": None}
    checks["blown_up"] = blown_up(losses)
    turn = int(values.argmin()) if len(values) else 0
    warnings = []
    if len(values) < 3 or values[turn] > FELL * values[0]:
        warnings.append("the loss never fell: begin with a lower rate (low=)")
    else:
        checks["steepest"] = float(rates[slopes(rates, values)[: turn + 1].argmin()])
        climbed = float(values[turn:].max() - values[turn])
        if not checks["blown_up"] and climbed < CLIMBED * (values[0] - values[turn]):
            warnings.append("the loss never climbed: end with a higher rate (high=)")
        else:
            checks |= {"climbs": float(rates[turn]), "suggestion": float(rates[turn]) / BELOW}
    arrays = {"values": values, "loss": after, "rate": rates}
    axes = dict.fromkeys(arrays, ("step",))
    return Explanation("range-test", arrays, axes, {**checks, "warnings": warnings}, np.zeros((0, 0)), {})


def smoothed(losses: Array, width: float) -> Array:
    """Means under a bell around each step, of the logarithms: what blows up does not drown what comes before it.

    width   standard deviation of the bell, in steps; 0: as they are
    """
    if not width or not len(losses):
        return np.array(losses)
    steps = np.arange(len(losses))
    bell = np.exp(-(((steps[:, None] - steps) / width) ** 2) / 2)
    logs = np.log(np.maximum(losses, np.finfo(np.float64).tiny))
    return np.asarray(np.exp(bell @ logs / bell.sum(1)))


def slopes(rates: Array, values: Array) -> Array:
    """How the loss changes with each decade of the rate, fitted by least squares to the decade around each step."""
    places = np.log10(rates)
    reach = max(0.5, 1.01 * (places[1] - places[0]))  # neighbours at least
    found = np.zeros(len(values))
    for k, place in enumerate(places):
        near = np.abs(places - place) <= reach
        here = places[near] - places[near].mean()
        found[k] = (here * values[near]).sum() / max((here**2).sum(), np.finfo(np.float64).tiny)
    return found
