"""Laws: what a method may promise, each stated as a check that can fail.

A law is a function  (attribute, shape) -> worst violation,  where attribute(network, x) explains output 0 of a
network, which gives (batch, 1), at x (batch, *shape). Violations are shares of the largest value, of the change in
the output for completeness: a law that is kept shows rounding, one that is broken shows much more than BROKEN.
Values that are all zero, or no numbers, keep no law.

    from vitrail import laws
    laws.violations(laws.asked(MyMethod()))      {"completeness": 0.31, "dummy": 0.0, ...}
    laws.kept(laws.asked(MyMethod()))            {"dummy", ...}, to be compared with MyMethod.laws
"""

from collections.abc import Callable

import torch
from torch import Tensor

from vitrail.explain import explain
from vitrail.inputs import open
from vitrail.methods import Method

Function = Callable[[Tensor], Tensor]  #: (batch, inputs) -> (batch,)
Attribute = Callable[[torch.nn.Module, Tensor], Tensor]  #: (network, x) -> values shaped like x
Shape = tuple[int, ...]
Law = Callable[[Attribute, Shape], float]

KEPT, BROKEN = 1e-7, 1e-3  #: what lies between them is neither: more steps or samples are needed to tell
EXAMPLES, HIDDEN = 6, 16


class Network(torch.nn.Module):
    """A function of flat inputs as a network: (batch, ...) -> (batch, 1)."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x.flatten(1))[:, None]


def asked(method: Method) -> Attribute:
    """How a method explains output 0."""

    def attribute(network: torch.nn.Module, x: Tensor) -> Tensor:
        return torch.as_tensor(explain(open(network), x, method, 0).values)

    return attribute


# -- what is explained ------------------------------------------------------------------------------------


class Draws:
    """Random networks and inputs in float64, the same ones every time; global random numbers are left alone."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.x = self.normal(EXAMPLES, *shape)
        self.inputs = self.x[0].numel()

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64)

    def network(self, inputs: int) -> Function:
        """Smooth, and far from additive: on ReLU networks kinks would hide a violation in the error of sums."""
        a, b, w = self.normal(HIDDEN, inputs) / inputs**0.5, self.normal(HIDDEN), self.normal(HIDDEN)
        return lambda x: torch.tanh(x @ a.T + b) @ w


def values(attribute: Attribute, function: Function, x: Tensor) -> Tensor:
    """(batch, inputs) the values at x; no numbers when there is nothing in them that could break a law."""
    found = attribute(Network(function), x.clone()).detach().flatten(1)
    return found if bool((found != 0).any()) else torch.full_like(found, torch.nan)


def share(violation: Tensor, of: Tensor) -> float:
    """The worst violation as a share of the largest number."""
    return float((violation.abs().max() / of.abs().max()).nan_to_num(torch.inf))


# -- the laws ---------------------------------------------------------------------------------------------


def completeness(attribute: Attribute, shape: Shape = (4,)) -> float:
    """The values add up to f(x) - f(0)."""
    draws = Draws(1, shape)
    f, x = draws.network(draws.inputs), draws.x
    change = f(x.flatten(1)) - f(0 * x.flatten(1))
    return share(values(attribute, f, x).sum(1) - change, change)


def dummy(attribute: Attribute, shape: Shape = (4,)) -> float:
    """An input that the network never reads gets nothing: once the first, once the second."""
    worst = []
    for unread in range(2):
        draws = Draws(2 + unread, shape)
        read = [i for i in range(draws.inputs) if i != unread]
        g = draws.network(len(read))
        found = values(attribute, lambda x, g=g, read=read: g(x[:, read]), draws.x)  # type: ignore[misc]
        worst.append(share(found[:, unread], found))
    return max(worst)


def linearity(attribute: Attribute, shape: Shape = (4,)) -> float:
    """The values for 2 f - 3 g are twice those for f less three times those for g."""
    draws = Draws(4, shape)
    f, g, x = draws.network(draws.inputs), draws.network(draws.inputs), draws.x
    both = values(attribute, lambda x: 2 * f(x) - 3 * g(x), x)
    return share(both - 2 * values(attribute, f, x) + 3 * values(attribute, g, x), both)


def symmetry(attribute: Attribute, shape: Shape = (4,)) -> float:
    """Inputs that play the same part, with the same value, get the same."""
    draws = Draws(5, shape)
    x = draws.x
    flat = x.view(len(x), -1)
    flat[:, 1] = flat[:, 0]
    g = draws.network(draws.inputs)

    def even(x: Tensor) -> Tensor:
        return g(torch.cat([x[:, :2].prod(1, keepdim=True), x[:, :2].sum(1, keepdim=True), x[:, 2:]], 1))

    found = values(attribute, even, x)
    return share(found[:, 0] - found[:, 1], found)


def implementation_invariance(attribute: Attribute, shape: Shape = (4,)) -> float:
    """Two programs for the same function get the same values.

    They differ in how tanh is written, in a ReLU that never cuts, in one matrix that is written as two, and in how the
    larger of two numbers is found.
    """
    draws = Draws(6, shape)
    n, x = draws.inputs, draws.x
    a, b, w = draws.normal(HIDDEN, n) / n**0.5, draws.normal(HIDDEN), draws.normal(HIDDEN)
    turn, shift = torch.linalg.qr(draws.normal(n, n))[0], 100.0
    c, d = draws.normal(2, n)
    plain = values(attribute, lambda x: torch.tanh(x @ a.T + b) @ w + torch.maximum(x @ c + 0.5, x @ d), x)

    def detour(x: Tensor) -> Tensor:
        hidden = torch.relu((x @ turn) @ (a @ turn).T + b + shift) - shift
        one, other = x @ c + 0.5, x @ d
        made: Tensor = (2 * torch.sigmoid(2 * hidden) - 1) @ w + one + torch.relu(other - one)
        return made

    return share(plain - values(attribute, detour, x), plain)


LAWS: dict[str, Law] = {
    "completeness": completeness,
    "dummy": dummy,
    "linearity": linearity,
    "symmetry": symmetry,
    "implementation invariance": implementation_invariance,
}


def violations(attribute: Attribute, shape: Shape = (4,)) -> dict[str, float]:
    """How far each law is from being kept, by name."""
    return {name: law(attribute, shape) for name, law in LAWS.items()}


def kept(attribute: Attribute, shape: Shape = (4,)) -> frozenset[str]:
    """The laws that hold up to rounding."""
    return frozenset(name for name, worst in violations(attribute, shape).items() if worst <= KEPT)
