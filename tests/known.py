"""The zoo: networks whose explanations are known, by pencil or by a slow definition. All in float64."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import vitrail

F64 = torch.float64


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers from a generator of their own."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def seeded(net: nn.Module, seed: int = 0) -> nn.Module:
    """The network in float64, its weights drawn anew and large enough to matter."""
    generator = torch.Generator().manual_seed(seed)
    for weight in net.double().parameters():
        fan = max(weight[0].numel(), 1)
        weight.data = torch.randn(weight.shape, generator=generator, dtype=F64) * (2 / fan) ** 0.5
    return net.eval()


def values(net, x, method, target=0, **settings) -> Tensor:
    """The values of an explanation, as a tensor."""
    return torch.as_tensor(explained(net, x, method, target, **settings).values)


def explained(net, x, method, target=0, **settings):
    model = net if isinstance(net, vitrail.Model) else vitrail.open(net)
    return vitrail.explain(model, x, method, target, **settings)


# -- functions with answers in closed form ----------------------------------------------------------------


class Function(nn.Module):
    """f (batch, ...) -> (batch,) as a network with one output."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)[:, None]


def linear(weight: Tensor, bias: float = 0.0) -> nn.Module:
    """f(x) = w . x + bias: whatever shares the change from b to x gives (x - b) * w."""
    return Function(lambda x: (x * weight).flatten(1).sum(1) + bias)


def quadratic(a: Tensor) -> nn.Module:
    """f(x) = x A x / 2, A symmetric: the gradient is A x, integrated gradients (x - b) * A (x + b) / 2."""
    return Function(lambda x: ((x @ a) * x).sum(1) / 2)


def symmetric(n: int, seed: int = 3) -> Tensor:
    a = normal(n, n, seed=seed)
    return a + a.T


def squares(weight: Tensor) -> nn.Module:
    """f(x) = sum w x^2 / 2: with noise of deviation s, the gradient has mean w x, variance (w s)^2."""
    return Function(lambda x: (weight * x**2).sum(1) / 2)


def cubic() -> nn.Module:
    """f(x) = sum x^3 / 3, gradient x^2; under noise of deviation s its mean is x^2 + s^2,
    its variance 4 x^2 s^2 + 2 s^4, its mean square x^4 + 6 x^2 s^2 + 3 s^4."""
    return Function(lambda x: (x**3).sum(1) / 3)


def product() -> nn.Module:
    """f(x) = x_0 x_1: integrated gradients from 0 share it evenly, the gradient swaps the two."""
    return Function(lambda x: x[:, 0] * x[:, 1])


def maximum() -> nn.Module:
    """f(x) = max x: all belongs to the largest."""
    return Function(lambda x: x.amax(1))


def two_relus() -> nn.Module:
    """f(x) = relu(x_0) - relu(x_1)."""
    return Function(lambda x: F.relu(x[:, 0]) - F.relu(x[:, 1]))


def smooth(inputs: int = 5, hidden: int = 8, outputs: int = 3, seed: int = 0) -> nn.Module:
    """A smooth network: no kink hides a mistake in an integral."""
    return seeded(nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs)), seed)


def rectified(inputs: int = 5, hidden: int = 8, outputs: int = 3, seed: int = 0) -> nn.Module:
    return seeded(nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs)), seed)


# -- pictures ---------------------------------------------------------------------------------------------


class Pooled(nn.Module):
    """conv, relu, mean over places, dense. At `relu`: d f_c / d A_k = W_ck / places, everywhere the same."""

    def __init__(self, channels=1, maps=3, classes=2, inplace=False):
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, 3, padding=1)
        self.relu = nn.ReLU(inplace=inplace)
        self.head = nn.Linear(maps, classes)

    def forward(self, x):
        return self.head(self.relu(self.conv(x)).mean((2, 3)))


class Flattened(nn.Module):
    """conv, relu, dense on all places: gradients at the layer differ from place to place. Sequential-free."""

    def __init__(self, side=6, channels=2, maps=4, classes=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, 3)
        self.head = nn.Linear(maps * (side - 2) ** 2, classes)

    def forward(self, x):
        return self.head(torch.tanh(self.conv(x)).flatten(1))


class Functional(nn.Module):
    """The same picture network written with functions: its ReLUs are call sites, not modules."""

    def __init__(self, channels=2, maps=4, classes=3):
        super().__init__()
        self.one, self.two = nn.Conv2d(channels, maps, 3, padding=1), nn.Conv2d(maps, maps, 3, padding=1)
        self.head = nn.Linear(maps, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.one(x)), 2)
        return self.head(F.relu(self.two(x)).mean((2, 3)))


class Reused(nn.Module):
    """One ReLU and one convolution, each run twice."""

    def __init__(self, maps=3, classes=2):
        super().__init__()
        self.first, self.again = nn.Conv2d(1, maps, 3, padding=1), nn.Conv2d(maps, maps, 3, padding=1)
        self.relu, self.head = nn.ReLU(), nn.Linear(maps, classes)

    def forward(self, x):
        x = self.relu(self.again(self.relu(self.first(x))))
        return self.head(self.again(x).mean((2, 3)))


class Overwriting(nn.Module):
    """ReLUs in place, as a module and as a function, also on what a skip connection still needs."""

    def __init__(self, maps=3, classes=2):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, maps, 3, padding=1), nn.Conv2d(maps, maps, 3, padding=1)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(maps, classes)

    def forward(self, x):
        h = self.relu(self.one(x))
        return self.head(F.relu_(self.two(h) + h).mean((2, 3)))


class Residual(nn.Module):
    """x + f(x), on columns."""

    def __init__(self, inputs=5, classes=3):
        super().__init__()
        self.inner, self.head = nn.Linear(inputs, inputs), nn.Linear(inputs, classes)

    def forward(self, x):
        return self.head(x + torch.tanh(self.inner(x)))


class Squashed(nn.Module):
    """A dense layer under a softmax or a sigmoid; the question is its logit."""

    def __init__(self, inputs=5, classes=3, squash="softmax"):
        super().__init__()
        self.dense = nn.Linear(inputs, classes)
        self.squash = nn.Softmax(1) if squash == "softmax" else nn.Sigmoid()

    def forward(self, x):
        return self.squash(self.dense(x))


def picture_nets() -> dict[str, tuple[nn.Module, Tensor]]:
    """Networks on pictures, each with a batch that suits it."""
    return {
        "pooled": (seeded(Pooled(), 1), normal(3, 1, 5, 6, seed=11)),
        "flattened": (seeded(Flattened(), 2), normal(3, 2, 6, 6, seed=12)),
        "functional": (seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)),
        "reused": (seeded(Reused(), 4), normal(3, 1, 5, 5, seed=14)),
        "overwriting": (seeded(Overwriting(), 5), normal(3, 1, 5, 5, seed=15)),
    }


def captured(net: nn.Module, module: nn.Module, x: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """What a module gives and how output `index` reacts to it, by a plain hook and torch.autograd."""
    kept: list[Tensor] = []

    def keep(_, __, out):
        kept.append(out.clone().requires_grad_())
        return kept[-1].clone()

    handle = module.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            score = net(x.clone())[:, index].sum()
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(score, kept[-1])
    return kept[-1].detach(), gradient
