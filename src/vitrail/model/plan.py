"""When the faster plan may be used: it is tried on the first points of a sweep, against the plain path."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

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

Kind = Literal["forward", "gradient"]  #: of the passes of a sweep

LONG = 32  #: rows from which a faster plan is worth trying
BATCH = 64  #: the same for a single batch, which is over sooner
#: What a plan may differ by: the target, relatively; and the median over the points of the relative difference of
#: gradients. Not the largest: where a ReLU is at its kink, rounding alone turns a gradient, on the plain path as much
#: as on any other (against float64, plain float32 gradients of a real network were seen 2 % off at such points).
AGREE = {torch.float64: (1e-10, 1e-8), torch.float32: (1e-4, 1e-2)}
POINTS = 5  #: points on which a plan is checked, from the first to the last


def prepare(model: "Model", sweep: Sweep, target: "Asks", kind: Kind, least: int = LONG) -> None:
    """Before a long sweep: try the fast plan on some of its rows; of gradients, also measure what one row keeps.

    least  rows from which it is long
    """
    question, total = model.question, sweep.examples * sweep.count
    if kind in question.prepared or total < least:
        return
    if model._way is not None or (kind == "gradient" and not model.network.differentiable):
        return  # a plan leaves out operations that another way back may be about
    # a plan with the right gradients has the right answers, too; not the other way round
    question.prepared |= {kind, "forward"}
    rows, steps = sweep.pairs(torch.linspace(0, total - 1, min(POINTS, total), device=model.rows.device).long())
    with question.uncounted():
        points, found = sweep.point(rows, steps), model._survey(question.packed.x)
        plan = try_plan(model.at(rows), points, target, found, model.fingerprint.key(), kind)
        question.plans |= dict.fromkeys((kind, "forward"), plan)


def try_plan(
    model: "Model", points: Tensor, target: "Asks", found: Survey, weights: Any, kind: Kind
) -> Mapping[Site, Handler] | None:
    """The fast plan, if it exists, is wanted, and gives the plain answers at `points`.

    For gradients, also measures what the plain pass keeps for the way back, for the planning of chunks.
    """
    question, folds = model.question, found.folds
    key = (weights, points.dtype, question.speed, not target.layers, kind)
    if key not in found.verdicts:
        found.verdicts[key] = _differences(model, points, target, found, kind)
    differences = found.verdicts[key]
    if differences is None:
        return None
    allowed = AGREE.get(points.dtype, (0.0, 0.0))
    agrees = all(off <= most for off, most in zip(differences, allowed, strict=False))
    question.speedups = {
        "plan": ["channels-last", "folded batch norm and padding"],
        "folded": len(folds),
        **dict(zip(("target_difference", "gradient_difference"), differences, strict=False)),
        "points_checked": len(points),
        "used": agrees,
    }
    return fast.handlers(folds) if agrees else None


def _differences(model: "Model", points: Tensor, target: "Asks", found: Survey, kind: Kind) -> tuple[float, ...] | None:
    """Relative differences of the plan from the plain path: of the target, and of the gradient (the median point).

    None when there is no plan to try.
    """
    question = model.question
    both = _measured(model, points, target, found) if kind == "gradient" else None
    wanted = question.speed == "fast" or (question.speed == "auto" and points.device.type == "cpu")
    if not wanted or not found.folds or target.layers:
        return None
    answers = (model(points, target),) if both is None else both
    question.plans = dict.fromkeys(("forward", "gradient"), fast.handlers(found.folds))
    try:
        others = _both(model, points, target) if kind == "gradient" else (model(points, target),)
    except NetworkFailed:
        return (torch.inf,) * len(answers)
    finally:
        question.plans = {}
    scores, other = answers[0], others[0]
    off = float((other - scores).abs().max() / scores.abs().max().clamp(min=1e-30))
    return (off, *(_median(*pair) for pair in zip(answers[1:], others[1:], strict=True)))


def _both(model: "Model", points: Tensor, target: "Asks") -> tuple[Tensor, Tensor]:
    """The target, and its gradient."""
    return model(points, target), model.gradient(points, target)


def _measured(model: "Model", points: Tensor, target: "Asks", found: Survey) -> tuple[Tensor, Tensor]:
    """The same on the plain path, where it is measured what one row keeps for the way back."""
    with counting_saved_bytes(model.network) as saved:
        plain = model.gradient(points, target)
    found.saved = saved[0] // len(points)
    return model(points, target), plain


def _median(plain: Tensor, other: Tensor) -> float:
    off = (other - plain).flatten(1).norm(dim=1) / plain.flatten(1).norm(dim=1).clamp(min=1e-30)
    return float(off.median())


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
