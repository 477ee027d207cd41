"""LibraGrad: input times gradient, with the gradient balanced so that it adds up in transformers too."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.model import Model
from vitrail.rules.libra import balanced
from vitrail.target import Target


@dataclass(frozen=True)
class LibraGrad:
    """Each value times how much it counts, attention, norms and gates held still   [1].

        a_i = x_i * (libra gradient of f)_i,   the same as input-x-gradient with libra=True

    Settings    none
    Laws        dummy; no other: values depend on how the network is written, not only on what it computes
    Cost        about two forwards and one way back
    Beware      adds up to the target only where no operation has a bias: read checks["conservation_gap"]. What
                changes where attention looks is left out, since attention counts as a constant. A gate written out
                by hand, as x * sigmoid(x), is seen as a product

    [1] Mehri, Fayyaz, Baghshah, Pilehvar, "LibraGrad: Balancing Gradient Flow for Universally Better Vision
        Transformer Attributions", 2025, definition of FullGrad-completeness and its theorems
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy"})
    conserves: ClassVar[bool] = True

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        return x * balanced(model).gradient(x, target)  # type: ignore[no-any-return]
