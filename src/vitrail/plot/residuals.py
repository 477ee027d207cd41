"""Predicted numbers beside the true ones, and what is left between them."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL, middle_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 5000  #: examples that are drawn as dots; of more, every so many
LABEL = 30


def draw_predicted(axes: "Axes", answer: Explanation, output: int) -> None:
    """A dot for each example; on the dashed line the prediction is right."""
    truth, predicted = (thinned(answer.arrays[name][:, output]) for name in ("truth", "predicted"))
    dots(axes, truth, predicted)
    ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
    axes.plot(ends, ends, color=NEUTRAL, linewidth=0.9, linestyle="--")
    name = middle_cut(str(answer.labels["feature"][output]), LABEL)
    r2 = float(answer.arrays["r2"][output])
    title = f"{name}: RMSE {answer.arrays['rmse'][output]:.4g}" + (f", R2 {r2:.3f}" if np.isfinite(r2) else "")
    plain(axes, "true", "predicted", title)


def draw_residuals(axes: "Axes", answer: Explanation, output: int) -> None:
    """Residuals over what was predicted: a shape in them is something the network has not learnt."""
    predicted, left = (thinned(answer.arrays[name][:, output]) for name in ("predicted", "values"))
    dots(axes, predicted, left)
    axes.axhline(0, color=NEUTRAL, linewidth=0.9, linestyle="--")
    plain(axes, "predicted", "true − predicted", "Residuals by prediction")


def draw_spread(axes: "Axes", answer: Explanation, output: int) -> None:
    """How the residuals lie, and their mean."""
    left = answer.arrays["values"][:, output]
    axes.hist(left, bins=int(np.clip(len(left) // 8, 8, 50)), color=solid(-1, "signed"), alpha=0.75)
    axes.axvline(0, color=NEUTRAL, linewidth=0.9, linestyle="--")
    plain(axes, "true − predicted", "examples", f"Residuals, mean {float(left.mean()):.3g}")


def thinned(values: Array) -> Array:
    return values[:: -(-len(values) // MOST)]


def dots(axes: "Axes", across: Array, up: Array) -> None:
    opacity = float(np.clip(60 / len(across) ** 0.5, 0.15, 0.9))
    axes.scatter(across, up, s=7, color=solid(-1, "signed"), alpha=opacity, linewidths=0)


def plain(axes: "Axes", across: str, up: str, title: str) -> None:
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.set_title(title, fontsize=9, loc="left", parse_math=False)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
