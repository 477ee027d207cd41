"""The zoo: networks whose explanations are known, by pencil or by a slow definition. All in float64."""

import functools
import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import vitrail
from vitrail.model.trees import Trees

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


# -- transformers -----------------------------------------------------------------------------------------


def turned(x: Tensor) -> Tensor:
    """Rotary positions: every pair of units turned by an angle that grows with the token. x (..., token, unit)."""
    half = x.shape[-1] // 2
    angle = torch.outer(torch.arange(x.shape[-2], dtype=x.dtype), 0.5 ** torch.arange(half, dtype=x.dtype))
    one, two = x[..., :half], x[..., half:]
    return torch.cat([one * angle.cos() - two * angle.sin(), one * angle.sin() + two * angle.cos()], -1)


class Look(nn.Module):
    """Attention by hand: `way` is "eager", "rope", "sdpa", "einsum" or "side by side" (heads beside the batch)."""

    def __init__(self, units, heads, way):
        super().__init__()
        self.heads, self.way = heads, way
        self.q, self.k, self.v, self.o = (nn.Linear(units, units) for _ in range(4))

    def forward(self, x):
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q, self.k, self.v))
        if self.way == "rope":
            q, k = turned(q), turned(k)
        if self.way == "sdpa":
            return self.o(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        if self.way == "side by side":
            q, k, v = (part.flatten(0, 1) for part in (q, k, v))
        weights = (q @ k.mT * q.shape[-1] ** -0.5).softmax(-1)
        mixed = torch.einsum("bhkd,bhqk->bhqd", v, weights) if self.way == "einsum" else weights @ v
        return self.o(mixed.reshape(len(x), self.heads, *mixed.shape[-2:]).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, units, heads, way):
        super().__init__()
        self.norm, self.look = nn.LayerNorm(units), Look(units, heads, way)
        self.mix = nn.Linear(units, units)

    def forward(self, x):
        x = x + self.look(self.norm(x))
        return x + torch.tanh(self.mix(x))


class Glimpse(nn.Module):
    """A small vision transformer on (batch, 2, 8, 6): 4 x 3 patches, own tokens in front and behind.

    read    the tokens that the head averages; () for all of them
    """

    def __init__(self, *, front=1, back=0, read=(0,), patch=2, depth=2, way="eager", units=8, tokens=12, classes=3):
        super().__init__()
        self.patch, self.read = nn.Conv2d(2, units, patch, patch), list(read)
        self.own, self.parts = nn.Parameter(torch.zeros(9, units)), (front, back)
        self.places = nn.Parameter(torch.zeros(front + tokens + back, units))
        self.blocks = nn.Sequential(*(Block(units, 2, way) for _ in range(depth)))
        self.head = nn.Linear(units, classes)

    def forward(self, x):
        patches = self.patch(x).flatten(2).mT
        front, back, _ = self.own.expand(len(x), -1, -1).split([*self.parts, 9 - sum(self.parts)], 1)
        x = self.blocks(torch.cat([front, patches, back], 1) + self.places)
        return self.head((x[:, self.read] if self.read else x).mean(1))


def followed(net: Glimpse, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """(maps, states, answers): of every block its attention, its output, and what the head says of that output."""
    front, back, _ = net.own.expand(len(x), -1, -1).split([*net.parts, 9 - sum(net.parts)], 1)
    state = torch.cat([front, net.patch(x).flatten(2).mT, back], 1) + net.places
    maps, states = [], []
    for block in net.blocks:
        seen, look = block.norm(state), block.look
        q, k, v = (part(seen).unflatten(-1, (look.heads, -1)).transpose(1, 2) for part in (look.q, look.k, look.v))
        maps.append(torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1))
        state = state + look.o((maps[-1] @ v).transpose(1, 2).flatten(2))
        state = state + torch.tanh(block.mix(state))
        states.append(state)
    return maps, states, [net.head((s[:, net.read] if net.read else s).mean(1)) for s in states]


def attends(name: str) -> bool:
    """Whether a method is about attention, and so needs a transformer."""
    return vitrail.METHODS[name].__module__.startswith("vitrail.methods.attention.")


def picture_net(name: str) -> nn.Module:
    """A network for (batch, 2, 8, 6) that the method of this name can explain."""
    return seeded(Glimpse() if attends(name) else Functional(), 3)


def suited(name: str, net: str) -> tuple[nn.Module, Tensor]:
    """One of `picture_nets` with its batch, or a transformer for the methods that need one."""
    return (picture_net(name), normal(3, 2, 8, 6, seed=13)) if attends(name) else picture_nets()[net]


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


# -- games whose shares are known ----------------------------------------------------------------------------


def unanimity(players: int, terms: int = 12, games: int = 1, seed: int = 0):
    """(game, Shapley values (games, players)): a sum of games in which some must all be there, each worth w.

    The w of a set is shared evenly by its members. Beside them a constant, which nobody gets.
    """
    generator = torch.Generator().manual_seed(seed)
    members = torch.rand(terms, players, generator=generator) < 0.4
    members[:, 0] |= ~members.any(1)
    worth = torch.randn(terms, games, generator=generator, dtype=torch.float64)
    shares = members.double() / members.sum(1, keepdim=True)

    def game(coalitions):
        there = (coalitions[:, None] | ~members).all(2)
        return there.double() @ worth + 3.0

    return game, (shares.T @ worth).T


def by_orders(game, players: int) -> Tensor:
    """(games, players) Shapley values, slowly: the mean over all orders of what each adds when it comes in."""
    orders = list(itertools.permutations(range(players)))
    total = 0
    for order in orders:
        there = torch.zeros(players + 1, players, dtype=torch.bool)
        for k, who in enumerate(order):
            there[k + 1 :, who] = True
        steps = game(there).reshape(players + 1, -1).diff(dim=0)  # (players, games), in the order in which they come
        total = total + steps[torch.tensor(order).argsort()]
    return (total / len(orders)).T


def counted(game):
    """The same game, and a list that gets how many coalitions it was asked each time."""
    asked = []

    def again(coalitions):
        asked.append(len(coalitions))
        return game(coalitions)

    return again, asked


def interrupted(game, after: int):
    """The same game, with somebody who presses Ctrl-C after so many coalitions."""
    return lambda coalitions: game(coalitions[:after])


def by_coalitions(game, players: int) -> Tensor:
    """(games, players) Shapley values by the formula over coalitions: where there are too many orders."""
    codes = torch.arange(2**players)
    there = codes[:, None] >> torch.arange(players) & 1 == 1
    worth, size = game(there).reshape(len(codes), -1), there.sum(1)
    weight = [math.factorial(s) * math.factorial(players - 1 - s) / math.factorial(players) for s in range(players)]
    weight = torch.tensor([*weight, 0.0], dtype=torch.float64)[size][:, None]
    shares = [((worth[codes | 1 << i] - worth) * weight)[~there[:, i]].sum(0) for i in range(players)]
    return torch.stack(shares, 1)


@functools.cache
def trained(columns: int = 10, rows: int = 2):
    """A network trained on real data (wines, so many columns) as games of some rows, and their Shapley values.

    Absent columns are at their mean. Returns (game, Shapley values (games, players)).
    """
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    x = torch.as_tensor((x - x.mean(0)) / x.std(0))[:, :columns]
    net = seeded(nn.Sequential(nn.Linear(columns, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 3)))
    adam = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(100):
        adam.zero_grad()
        F.cross_entropy(net(x), torch.as_tensor(y)).backward()
        adam.step()
    asked = x[:: len(x) // rows][:rows]

    def game(coalitions):
        with torch.no_grad():
            return torch.stack([net(torch.where(coalitions, each, torch.zeros_like(each)))[:, 0] for each in asked], 1)

    return game, by_coalitions(game, columns)


def additive(weights: Tensor, constant: float = 0.0):
    """A game in which everybody adds the same to whomever he joins."""
    return lambda coalitions: coalitions.double() @ weights + constant


# -- trees whose games are played node by node ------------------------------------------------------------------


def grows(name: str) -> bool:
    """Whether a method reads the trees of an ensemble."""
    return vitrail.METHODS[name].__module__.startswith("vitrail.methods.attribution.tree_")


def by_branches(trees, row, output: int = 0):
    """The path-dependent game of one row, slowly: at a node about an absent column both sides count, as the covers do.

    trees  as vitrail reads them; row (columns,), NaN where a value is missing
    """

    def left(node):
        column = int(trees.feature[node])
        value = float(torch.tensor(row[column]).float()) if trees.single else float(row[column])
        gap = 0 if trees.gaps is None else int(trees.gaps[column])
        if gap == 1 and math.isnan(value):
            value = 0.0
        if math.isnan(value) or (gap == 2 and abs(value) <= 1e-35):
            return bool(trees.missing_left[node])
        subset = trees.subsets.get(node)
        known = subset is not None and 0 <= value < len(subset) - 1
        return value <= trees.threshold[node] if subset is None else bool(subset[int(value) if known else -1])

    def worth(node, there):
        if trees.feature[node] < 0:
            return float(trees.value[node, output])
        one, other = int(trees.left[node]), int(trees.right[node])
        if there[trees.feature[node]]:
            return worth(one if left(node) else other, there)
        both = trees.cover[one] + trees.cover[other]
        share = trees.cover[one] / both if both else 0.5
        return share * worth(one, there) + (1 - share) * worth(other, there)

    def game(coalitions):
        rows = [sum(worth(int(root), there) for root in trees.roots) for there in coalitions.tolist()]
        return torch.tensor(rows, dtype=F64) + float(trees.base[output])

    return game


def looked_up(game, players: int):
    """The same game, every coalition of which is played once."""
    every = torch.arange(2**players)[:, None] >> torch.arange(players) & 1
    worth = game(every.bool())
    return lambda coalitions: worth[(coalitions.long() << torch.arange(players)).sum(1)]


def pair_indices(game, players: int) -> Tensor:
    """(players, players) Shapley interaction indices by their definition: a weighted sum over all coalitions."""
    found = torch.zeros(players, players, dtype=F64)
    for i, j in itertools.combinations(range(players), 2):
        others = [k for k in range(players) if k not in (i, j)]
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(players - size - 2) / math.factorial(players - 1)
            for chosen in itertools.combinations(others, size):
                four = torch.zeros(4, players, dtype=torch.bool)
                four[:, list(chosen)] = True
                four[1, i] = four[2, j] = four[3, [i, j]] = True
                none, one, other, both = game(four).reshape(4)
                found[i, j] += weight * (both - one - other + none)
    return found + found.T


def stump(threshold, values, covers, *, missing_left=False, single=False, **more):
    """A tree of one question about one column, as vitrail reads trees."""
    return Trees(
        feature=np.array([0, -1, -1]),
        threshold=np.array([threshold, 0.0, 0.0]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        missing_left=np.array([missing_left, False, False]),
        cover=np.array([sum(covers), *covers], dtype=float),
        value=np.array([[0.0], *([value] for value in values)]),
        roots=np.array([0]),
        features=1,
        single=single,
        **more,
    )


def two_deep():
    """Column 0 below 0? then column 1 below 1?, worth 1 or 2; else column 0 below 2?, worth 3 or 4."""
    return Trees(
        feature=np.array([0, 1, 0, -1, -1, -1, -1]),
        threshold=np.array([0.0, 1.0, 2.0, 0, 0, 0, 0]),
        left=np.array([1, 3, 5, -1, -1, -1, -1]),
        right=np.array([2, 4, 6, -1, -1, -1, -1]),
        missing_left=np.zeros(7, dtype=bool),
        cover=np.array([10.0, 5, 5, 2, 3, 4, 1]),
        value=np.array([0.0, 0, 0, 1, 2, 3, 4])[:, None],
        roots=np.array([0]),
        features=2,
        single=False,
    )


def random_trees(
    columns: int,
    depth: int,
    count: int,
    *,
    outputs: int = 1,
    categories: int = 0,
    seed: int = 0,
    tested: int | None = None,
):
    """Full trees of random questions; columns may come again on a path. Made as fields, without any library.

    categories  how many of the first columns are categories, of 5 codes
    tested      ask only about the first so many columns
    """
    generator = np.random.default_rng(seed)
    inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    total = count * nodes
    at = np.tile(np.arange(nodes), count)
    begin = np.repeat(np.arange(count) * nodes, nodes)
    asks = at < inner
    cover = np.where(asks, 0.0, generator.integers(0, 9, total))
    for level in reversed(range(depth)):
        for node in (np.arange(2**level - 1, 2 ** (level + 1) - 1)[None] + nodes * np.arange(count)[:, None]).ravel():
            below = node - node % nodes + 2 * (node % nodes) + 1
            cover[node] = cover[below] + cover[below + 1]
    feature = np.where(asks, generator.integers(0, tested or columns, total), -1)
    coded = np.flatnonzero((feature >= 0) & (feature < categories))
    return Trees(
        feature=feature,
        threshold=np.where(asks, generator.normal(size=total).round(1), 0.0),
        left=np.where(asks, begin + 2 * at + 1, -1),
        right=np.where(asks, begin + 2 * at + 2, -1),
        missing_left=asks & (generator.random(total) < 0.5),
        cover=cover,
        value=np.where(asks[:, None], 0.0, generator.normal(size=(total, outputs))),
        roots=nodes * np.arange(count),
        features=columns,
        single=False,
        subsets={int(node): generator.random(6) < 0.5 for node in coded},
        base=generator.normal(size=outputs),
    )


def rows_for(trees, count: int, *, categories: int = 0, missing: float = 0.1, seed: int = 0):
    """(count, columns) values on and around the thresholds, codes, and some missing values."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, trees.features)).round(1)
    x[:, :categories] = generator.integers(0, 6, (count, categories))
    return np.where(generator.random(x.shape) < missing, np.nan, x)
