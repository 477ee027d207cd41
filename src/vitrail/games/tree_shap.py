"""Shapley values of a target that ensembles of trees answer: which outputs it asks about, and their shares."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadSetting, BadTarget
from vitrail.games.tree_tables import Shares, shares_of
from vitrail.games.tree_units import units_of
from vitrail.inputs.baselines import Baseline
from vitrail.model import Model, Trace
from vitrail.model.fingerprint import digest
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Trees
from vitrail.target import Target

Array = np.ndarray[Any, Any]
ROWS = 2048  #: rows at a time
KEPT = 2**28  #: bytes of tables that are kept for the next question, for each ensemble
STRAIGHT = 1e-6  #: how far a target may be from a weighted sum of outputs, as a share: rounding stays below

_kept: WeakKeyDictionary[Trees, OrderedDict[Any, Any]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Shared:
    """What the columns of every example got.

    values  (batch, columns), or (batch, columns, columns) for interactions
    empty   (batch,) the target when no column is known
    trees   how many trees there are
    """

    values: Tensor
    empty: Tensor
    trees: int


def tree_shap(model: Model, x: Tensor, target: Target, baseline: Baseline | None) -> Shared:
    """The Shapley values of every column; see the method for what stands in for absent ones.

    Raises BadSetting for a model that is not made of trees, BadTarget for one that is no weighted sum of margins.
    """
    trees, (weights, rest), background = _asked(model, x, target, baseline)
    values, empty = np.zeros(x.shape), rest.copy()
    for output, rows in _outputs(weights):
        shares = _shares(trees, output, background, False)
        found = _rows(model, trees, shares, x[rows].numpy())
        values[np.ix_(rows, shares.columns[:, 0])] += weights[rows, output, None] * found
        empty[rows] += weights[rows, output] * shares.empty
    return Shared(torch.from_numpy(values), torch.from_numpy(empty), len(trees.roots))


def tree_interactions(model: Model, x: Tensor, target: Target, baseline: Baseline | None) -> Shared:
    """Half of the interaction of every two columns beside the diagonal; on it what is left of a column's own share."""
    single = tree_shap(model, x, target, baseline)
    trees, (weights, _), background = _asked(model, x, target, baseline)
    values = np.zeros((*x.shape, x.shape[1]))
    for output, rows in _outputs(weights):
        shares = _shares(trees, output, background, True)
        found = weights[rows, output, None] * _rows(model, trees, shares, x[rows].numpy()) / 2
        one, other = shares.columns.T
        values[rows[:, None], one, other] += found
        values[rows[:, None], other, one] += found
    at = np.arange(x.shape[1])
    values[:, at, at] = single.values.numpy() - values.sum(2)
    return Shared(torch.from_numpy(values), single.empty, single.trees)


def _asked(model: Model, x: Tensor, target: Target, baseline: Baseline | None) -> Any:
    trees = _trees(model)
    return trees, weights_of(model, x, target, trees), _background(baseline, x, model)


def _trees(model: Model) -> Trees:
    if isinstance(model.network, TreeNetwork):
        return model.network.trees(model.output)
    raise BadSetting(
        f"{model.name} is a {model.network.framework} network and has no trees to read. An ensemble of XGBoost, "
        "LightGBM or scikit-learn was expected. Ask 'kernel-shap' or 'permutation-shap' of any network."
    )


def _outputs(weights: Array) -> list[tuple[int, Array]]:
    """Each output that somebody asks about, with the examples that do."""
    return [(k, rows) for k in range(weights.shape[1]) if len(rows := np.flatnonzero(weights[:, k]))]


# -- the question ---------------------------------------------------------------------------------------------


def weights_of(model: Model, x: Tensor, target: Target, trees: Trees) -> tuple[Array, Array]:
    """(weights (batch, outputs), rest (batch,)): the target is  sum_k weights_k margin_k + rest.

    Raises BadTarget for a target that is no such sum: it cannot be shared out tree by tree.
    """
    trace = model.trace(x, target.layers)
    squash = getattr(model.network, "squash", "")

    def ask(logits: Tensor) -> Tensor:
        output = logits.softmax(1) if squash == "softmax" else logits.sigmoid() if squash else logits
        return target(Trace(x, output, logits, trace.rows, trace.layers, trace.channels, trace.predicted))

    here = trace.logits.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = ask(here)
    if not value.requires_grad:
        raise _not_straight(model)
    (weights,) = torch.autograd.grad(value.sum(), here)
    mean = torch.from_numpy(trees.expected).expand_as(here)
    for there in (mean, (here.detach() + mean) / 2):
        with torch.no_grad():
            apart = ask(there) - value - ((there - here) * weights).sum(1)
            if bool((apart.abs() > STRAIGHT * (value.abs() + 1)).any()):
                raise _not_straight(model)
    rest = (value - (here * weights).sum(1)).detach()
    return weights.numpy(), rest.numpy().astype(np.float64)


def _not_straight(model: Model) -> BadTarget:
    return BadTarget(
        f"the target is no weighted sum of the outputs of {model.name}'s trees: a probability behind a softmax or "
        "sigmoid is none, nor is what does not depend on them. A margin was expected, such as vitrail.Output(0), or "
        "a difference of two. Ask that, or ask 'kernel-shap' of the probability."
    )


def _background(baseline: Baseline | None, x: Tensor, model: Model) -> Array | None:
    """(rows, columns) what stands in for absent columns, the same for all examples."""
    if baseline is None:
        return None
    starts = baseline(x, model.axes).double().numpy()
    if not np.array_equal(starts, np.broadcast_to(starts[:, :1], starts.shape), equal_nan=True):
        raise BadSetting(
            f"baseline={baseline.as_json()!r} differs from example to example. One background for all was expected. "
            "Give a number, rows of the training data, or None for the data that the trees have seen."
        )
    return np.asarray(starts[:, 0])


# -- the work -------------------------------------------------------------------------------------------------


def _shares(trees: Trees, output: int, background: Array | None, paired: bool) -> Shares:
    """The tables of an output, kept for the next question while there is room."""
    own = _kept.setdefault(trees, OrderedDict())
    if "units" not in own:
        own["units"] = units_of(trees)
    rows = "" if background is None else digest({"rows": torch.from_numpy(np.ascontiguousarray(background))})
    key = (output, paired, rows)
    if key not in own:
        own[key] = shares_of(trees, own["units"], output, background, paired)
    own.move_to_end(key)
    held = [k for k in own if k != "units"]
    while len(held) > 1 and sum(own[k].bytes for k in held) > KEPT:
        del own[held.pop(0)]
    found: Shares = own[key]
    return found


def _rows(model: Model, trees: Trees, shares: Shares, x: Array) -> Array:
    """(rows, places), a few rows at a time, on as many threads as torch has: which of them makes no difference."""
    parts = [x[at : at + ROWS] for at in range(0, len(x), ROWS)]
    work: Callable[[Array], Array] = lambda part: shares(trees.ranked(part)).T  # noqa: E731
    found = []
    with model.question.working(len(x)) as advance, ThreadPoolExecutor(max(1, torch.get_num_threads())) as pool:
        for part in pool.map(work, parts):
            found.append(part)
            advance(len(part))
    return np.concatenate(found)
