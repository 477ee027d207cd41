"""What is measured about every answer of a method: the target itself, and how far the values are from adding up."""

from typing import Any

import torch
from torch import Tensor

from vitrail.errors import NetworkFailed
from vitrail.inputs.baselines import Baseline, Constant, baseline_of
from vitrail.methods.answer import Answer, Method
from vitrail.methods.attribution.path import start_scores
from vitrail.model import Model, Trace
from vitrail.target import Target


def checks(model: Model, recipe: Method, target: Target, answer: Answer) -> dict[str, Any]:
    """What is measured about every answer, whatever the method measures itself."""
    score = score_of(model, model.question.packed.x, target)
    promised = "completeness" in getattr(recipe, "laws", ())
    return {
        "target_value": score,
        **gap(model, recipe, target, answer, score, promised),
        "completeness": "promised" if promised else "measured only",
        "finite": answer.values.flatten(1).isfinite().all(1),
    }


def gap(model: Model, recipe: Any, target: Target, answer: Answer, score: Tensor, promised: bool) -> dict[str, Tensor]:
    """How far the values are from adding up: to the target itself for methods that share it out, else to its change."""
    x = model.question.packed.x
    if getattr(recipe, "conserves", False):
        return apart("conservation_gap", answer, score)
    if not promised and answer.values.shape != x.shape:
        return {"completeness_gap": torch.full_like(score, torch.nan)}
    start = answer.start
    if start is None:
        start = start_scores(model, x, target, baseline(recipe, x)(x, model.axes))
    if promised and bool(start.isnan().any()):
        raise NetworkFailed(
            f"{model.name} returned NaN at the baseline, so that nothing can be shared out. Numbers were expected. "
            "Choose a baseline on which the network works."
        )
    return apart("completeness_gap", answer, score - start)


def apart(name: str, answer: Answer, whole: Tensor) -> dict[str, Tensor]:
    """The distance of the total from the whole, also as a share of it; NaN where nothing adds up."""
    off = (whole - (answer.values.flatten(1).sum(1) if answer.total is None else answer.total)).abs()
    return {name: off, f"{name}_relative": torch.where(off == 0, off, off / whole.abs())}


def baseline(recipe: Any, x: Tensor) -> Baseline:
    """The baseline of a method, or of the method that it wraps; zeros for those without."""
    if getattr(recipe, "baseline", None) is not None:
        return baseline_of(recipe.baseline, tuple(x.shape[1:]))
    return baseline(recipe.of, x) if hasattr(recipe, "of") else Constant(0.0)


def score_of(model: Model, x: Tensor, target: Target) -> Tensor:
    """(batch,) the target at x, from what the network has already said if that is enough."""
    if target.layers:
        return model(x, target)
    output, logits = model.said()
    with torch.no_grad():
        return target(Trace(x, output, logits, model.rows, predicted=model.predicted)).detach()
