"""McCulloch-Pitts neurons: units with fixed weights that fire or do not, and what can be said with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from vitrail.explanation import Array


@dataclass(frozen=True)
class Gate:
    """A neuron that fires when enough of its inputs do   [1].

        y = 1 if sum_i w_i x_i >= threshold, else 0

    weights    one for each input; below 0 for one that holds the neuron back
    threshold  what the sum has to reach

    [1] McCulloch, Pitts, "A logical calculus of the ideas immanent in nervous activity", 1943. Theirs have weights of
        1, and an input that holds back does so whatever the others say; with two inputs nothing else can be said
    """

    weights: Sequence[float]
    threshold: float

    def __call__(self, x: Any) -> Array:
        """(n,) of 0 and 1 for (n, inputs) of 0 and 1."""
        return np.asarray(np.asarray(x) @ np.asarray(self.weights) >= self.threshold, int)


GATES = {
    "NOT": Gate((-1,), 0),
    "AND": Gate((1, 1), 2),
    "OR": Gate((1, 1), 1),
    "NAND": Gate((-1, -1), -1),
    "NOR": Gate((-1, -1), 0),
    "IMPLIES": Gate((-1, 1), 0),
    "MAJORITY": Gate((1, 1, 1), 2),
}
#: layers of gates, each reading all of the one before; no single gate says these
XOR = ((GATES["OR"], GATES["NAND"]), (GATES["AND"],))
XNOR = ((GATES["NOR"], GATES["AND"]), (GATES["OR"],))


def combinations(inputs: int) -> Array:
    """(2^inputs, inputs): everything that so many inputs can be, counting up."""
    return np.array(list(product((0, 1), repeat=inputs)))


def stacked(layers: Iterable[Sequence[Gate]], x: Any) -> Array:
    """(n, gates of the last layer) of 0 and 1: layers of gates, one behind the other."""
    h = np.asarray(x)
    for gates in layers:
        h = np.stack([gate(h) for gate in gates], 1)
    return h


def reachable(inputs: int, weights: Sequence[int] = (-2, -1, 0, 1, 2)) -> dict[tuple[int, ...], Gate]:
    """What a single gate can say: the answers to `combinations` -> a gate that gives them, by trying all of them.

    weights  that are tried for each input; with two or three inputs, those up to 2 say all that any weights say
    """
    x = combinations(inputs)
    most = inputs * max(map(abs, weights))
    found: dict[tuple[int, ...], Gate] = {}
    for gate in product(product(weights, repeat=inputs), range(-most, most + 2)):
        found.setdefault(tuple(Gate(*gate)(x).tolist()), Gate(*gate))
    return found
