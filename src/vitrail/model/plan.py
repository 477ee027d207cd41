"""When the faster plan may be used: it is tried on the first points of a sweep, against the plain path."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitrail.errors import NetworkFailed
from vitrail.model import fast
from vitrail.model.network import Network
from vitrail.model.ops import Handler, Site
from vitrail.model.survey import Survey
from vitrail.model.sweep import Sweep

if TYPE_CHECKING:
    from vitrail.model.handle import Model
    from vitrail.model.question import Asks

LONG = 32  #: rows from which a faster plan is worth trying
#: What a plan may differ by: the target, relatively; and the median over the points of the relative difference of
#: gradients. Not the largest: where a ReLU is at its kink, rounding alone turns a gradient, on the plain path as much
#: as on any other (against float64, plain float32 gradients of a real network were seen 2 % off at such points).
AGREE = {torch.float64: (1e-10, 1e-8), torch.float32: (1e-4, 1e-2)}
POINTS = 5  #: points of the first example on which a plan is checked


def prepare(model: "Model", sweep: Sweep, target: "Asks", found: Survey) -> None:
    """Before a long sweep of gradients: measure what one row keeps, and try the fast plan on the first rows."""
    question = model.question
    if question.prepared or sweep.examples * sweep.count < LONG or not model.network.differentiable:
        return
    question.prepared = True
    steps = torch.linspace(0, sweep.count - 1, min(POINTS, sweep.count), device=model.rows.device).long()
    rows = torch.zeros_like(steps)
    with question.uncounted():
        points = sweep.point(rows, steps)
        question.plan = try_plan(model.at(rows), points, target, found, model.fingerprint.key())


def try_plan(
    model: "Model", points: Tensor, target: "Asks", found: Survey, weights: Any
) -> Mapping[Site, Handler] | None:
    """The fast plan, if it exists, is wanted, and gives the plain answers at `points` of one example.

    Also measures what the plain pass keeps for the way back, for the planning of chunks.
    """
    question, folds = model.question, found.folds
    key = (weights, points.dtype, question.speed, not target.layers)
    if key not in found.verdicts:
        with counting_saved_bytes(model.network) as saved:
            plain = model.gradient(points, target)
        found.saved = saved[0] // len(points)
        found.verdicts[key] = _differences(model, points, target, folds, plain)
    differences = found.verdicts[key]
    if differences is None:
        return None
    allowed = AGREE.get(points.dtype, (0.0, 0.0))
    agrees = differences[0] <= allowed[0] and differences[1] <= allowed[1]
    question.speedups = {
        "plan": ["channels-last", "folded batch norm and padding"],
        "folded": len(folds),
        "target_difference": differences[0],
        "gradient_difference": differences[1],
        "points_checked": len(points),
        "used": agrees,
    }
    return fast.handlers(folds) if agrees else None


def _differences(
    model: "Model", points: Tensor, target: "Asks", folds: list[fast.Fold], plain: Tensor
) -> tuple[float, float] | None:
    """Relative differences of the plan from the plain path: of the target, and of the gradient (the median point).

    None when there is no plan to try.
    """
    question = model.question
    wanted = question.speed == "fast" or (question.speed == "auto" and points.device.type == "cpu")
    if not wanted or not folds or target.layers:
        return None
    scores = model(points, target)
    question.plan = fast.handlers(folds)
    try:
        other, other_scores = model.gradient(points, target), model(points, target)
    except NetworkFailed:
        return torch.inf, torch.inf
    finally:
        question.plan = None
    off = (other - plain).flatten(1).norm(dim=1) / plain.flatten(1).norm(dim=1).clamp(min=1e-30)
    return float((other_scores - scores).abs().max() / scores.abs().max().clamp(min=1e-30)), float(off.median())


@contextmanager
def counting_saved_bytes(network: Network) -> Iterator[list[int]]:
    """Bytes of the distinct tensors kept for the way back, weights left out."""
    own = {w.untyped_storage().data_ptr() for w in network.weights().values()}
    seen: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    total = [0]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield total
    total[0] = sum(seen.values())
