"""The network that an ensemble of trees makes: the library's own predictions, and the trees beside them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput, CannotOpen, NetworkFailed
from vitrail.model.network import After, first_line
from vitrail.model.trees import Array, Columns, Trees

NEAR = 1e-4  #: how far the trees that were read may be from what their library says, as a share: rounding stays below
PROBES = 16


class TreeNetwork:
    """An ensemble of trees: (batch, column) -> (batch, output). It gives no gradients and has no layers.

    margins  (rows, columns) float64 -> (rows, outputs): what the library itself says, before any squashing; a tuple
             of such where it has several outputs
    trees    the same ensemble, read; one for each of several outputs
    squash   "sigmoid" or "softmax", which makes probabilities of the margins; "" where the margins are the answer
    """

    differentiable = False
    watchable = True
    dtype = torch.float64
    device = torch.device("cpu")

    def __init__(
        self,
        name: str,
        framework: str,
        margins: Callable[[Array], Any],
        trees: Trees | tuple[Trees, ...],
        columns: Columns,
        *,
        squash: str = "",
        classes: Iterable[Any] = (),
    ) -> None:
        self.name, self.framework, self.columns = name, framework, columns
        self.margins, self.squash, self.classes = margins, squash, tuple(map(str, classes))
        self.regresses = not (squash or self.classes or isinstance(trees, tuple))  # numbers, and no chances of classes
        several = trees if isinstance(trees, tuple) else (trees,)
        self.ensembles = tuple(settled(each, self._margin, i, name) for i, each in enumerate(several))

    def _margin(self, x: Array, output: int) -> Array:
        said = self.margins(x)
        return np.asarray(said[output] if isinstance(said, tuple) else said)

    def trees(self, output: str | int | None) -> Trees:
        """The ensemble of the output that was chosen when the model was opened."""
        return self.ensembles[output if isinstance(output, int) else 0]

    def run(self, x: Tensor) -> Any:
        said = self.margins(x.detach().numpy())
        if isinstance(said, tuple):
            return tuple(torch.tensor(part, dtype=torch.float64) for part in said)
        margins = torch.tensor(said, dtype=torch.float64)
        if not self.squash:
            return margins
        return margins.softmax(1) if self.squash == "softmax" else margins.sigmoid()

    def parts(self) -> Mapping[str, Any]:
        return {}

    def tap(self, part: Any, before: Any, after: After | None) -> Callable[[], None]:
        raise AssertionError("trees have no parts to tap")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        yield

    def tensors(self) -> Iterable[Tensor]:
        return self.weights().values()

    def weights(self) -> Mapping[str, Tensor]:
        found = {}
        for number, trees in enumerate(self.ensembles):
            for name in ("feature", "threshold", "left", "right", "missing_left", "cover", "value", "base"):
                found[f"{number}.{name}"] = torch.from_numpy(getattr(trees, name))
            codes = [subset for _, subset in sorted(trees.subsets.items())]
            found[f"{number}.subsets"] = torch.from_numpy(np.concatenate([np.zeros(0, dtype=bool), *codes]))
        return found

    def channel_axis(self, part: Any, ndim: int) -> None:
        return None

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        if len(shape) == 2 and shape[1] == self.columns.count:
            return ("batch", "feature")
        raise BadInput(
            f"x has shape {shape}. (batch, {self.columns.count}) was expected: {self.name} reads that many columns. "
            "Pass the columns that it was trained on."
        )

    def input_shape(self) -> tuple[int | None, ...]:
        return (self.columns.count,)

    def rank(self) -> int:
        return 2

    def hidden_head(self, output: str | int | None = None) -> str:
        return ""

    def embedding(self) -> None:
        return None


def settled(trees: Trees, margin: Callable[[Array, int], Array], output: int, name: str) -> Trees:
    """The trees with the base that makes them say what their library says, checked on rows of their own thresholds.

    Raises CannotOpen where they say something else: the library writes its trees in a way that is not known here.
    """
    probes = _probes(trees)
    try:
        said = margin(probes, output).reshape(len(probes), -1)
    except Exception as error:
        raise NetworkFailed(
            f"{name} raised {type(error).__name__} on rows of numbers: {first_line(error)}. A margin for each row was "
            "expected. Check that it predicts by itself."
        ) from error
    bare = trees(probes)
    if bare.shape != said.shape:
        raise _unlike(name, f"it gives {said.shape[1]} outputs, and its trees {bare.shape[1]}")
    base = np.median(said - bare, axis=0)
    apart = np.abs(said - bare - base).max()
    if not apart <= NEAR * max(1.0, float(np.abs(said).max())):
        raise _unlike(name, f"its trees are off by up to {apart:.3g}")
    return replace(trees, base=trees.base + base)


def _probes(trees: Trees) -> Array:
    """(rows, features) values between the thresholds of every column; codes for categories.

    Not on the thresholds: a library that reads its own text may not hit them to the last bit.
    """
    made = np.zeros((PROBES, trees.features))
    for column, cuts in enumerate(trees.cuts):
        if np.isfinite(cuts).any():
            finite = cuts[np.isfinite(cuts)]
            middles = np.concatenate([finite[:1] - 1, (finite[:-1] + finite[1:]) / 2, finite[-1:] + 1])
            made[:, column] = middles[(np.arange(PROBES) * 7 + column * 3) % len(middles)]
    for number in {int(trees.feature[node]) for node in trees.subsets}:
        made[:, number] = np.arange(PROBES) % max(1, trees.sizes[number] - 1)
    return made


def _unlike(name: str, what: str) -> CannotOpen:
    return CannotOpen(
        f"the trees of {name} could not be read: {what}. Trees that add up to its own predictions were expected. "
        "Open its prediction as a plain function instead: vitrail.open(estimator.predict)."
    )
