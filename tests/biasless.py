"""Transformers in which no operation has a bias: what LibraGrad shares out adds up to their answer exactly."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from known import normal, seeded, turned

TOKENS, UNITS, HEADS = 5, 8, 2


def tokens(batch: int = 3, seed: int = 21) -> Tensor:
    return normal(batch, TOKENS, UNITS, seed=seed)


class RootMeanSquare(nn.Module):
    """RMSNorm by hand; `way` says how the spread is written."""

    def __init__(self, units, way):
        super().__init__()
        self.weight, self.way = nn.Parameter(torch.ones(units)), way

    def forward(self, x):
        mean = x.pow(2).mean(-1, keepdim=True) + 1e-6
        if self.way == "rsqrt":
            return self.weight * (x * torch.rsqrt(mean))
        return x / torch.sqrt(mean) * self.weight if self.way == "sqrt" else F.rms_norm(x, (UNITS,), self.weight, 1e-6)


class Attention(nn.Module):
    """Causal attention with rotary positions: `way` is "eager", "masked", "low" or "sdpa"; half as many keys as heads
    with `grouped`."""

    def __init__(self, way, grouped):
        super().__init__()
        self.way, self.grouped = way, grouped
        shared = UNITS // 2 if grouped else UNITS
        sizes = (UNITS, UNITS), (UNITS, shared), (UNITS, shared), (UNITS, UNITS)
        self.q, self.k, self.v, self.o = (nn.Linear(*size, bias=False) for size in sizes)

    def forward(self, x):
        size = UNITS // HEADS
        q, k, v = (part(x).unflatten(-1, (-1, size)).transpose(1, 2) for part in (self.q, self.k, self.v))
        q, k = turned(q), turned(k)
        if self.grouped:
            k, v = (t.repeat_interleave(HEADS // t.shape[1], 1) for t in (k, v))
        if self.way == "sdpa":
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores, future = q @ k.mT * size**-0.5, torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
            scores = scores.masked_fill(future, -torch.inf) if self.way == "masked" else scores + self.mask(future)
            mixed = torch.softmax(scores, -1) @ v
        return self.o(mixed.transpose(1, 2).flatten(2))

    def mask(self, future):
        lowest = -torch.inf if self.way == "eager" else torch.finfo(torch.float32).min
        return torch.zeros(future.shape, dtype=torch.float64).masked_fill(future, lowest)


class Llama(nn.Module):
    """RMSNorm by hand, causal attention, a gated unit; read at the last token."""

    def __init__(self, way="eager", spread="rsqrt", grouped=False, gate=F.silu, classes=3, depth=2):
        super().__init__()
        self.gate = gate
        self.norms = nn.ModuleList(RootMeanSquare(UNITS, spread) for _ in range(2 * depth + 1))
        self.looks = nn.ModuleList(Attention(way, grouped) for _ in range(depth))
        self.gates, self.ups = (nn.ModuleList(nn.Linear(UNITS, 12, bias=False) for _ in range(depth)) for _ in range(2))
        self.downs = nn.ModuleList(nn.Linear(12, UNITS, bias=False) for _ in range(depth))
        self.head = nn.Linear(UNITS, classes, bias=False)

    def forward(self, x):
        norms = iter(self.norms)
        for look, gate, up, down in zip(self.looks, self.gates, self.ups, self.downs, strict=True):
            x = x + look(next(norms)(x))
            h = next(norms)(x)
            x = x + down(self.gate(gate(h)) * up(h))
        return self.head(next(norms)(x)[:, -1])


class Encoder(nn.Module):
    """Torch's own encoder layer: attention that arrives as one call, layer norm, GELU; none with a bias."""

    def __init__(self, classes=3, first=True):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            UNITS, HEADS, 12, dropout=0.0, activation="gelu", bias=False, batch_first=first
        )
        self.head, self.first = nn.Linear(UNITS, classes, bias=False), first

    def forward(self, x):
        x = self.layer(x) if self.first else self.layer(x.transpose(0, 1)).transpose(0, 1)
        return self.head(x.mean(1))


class Products(nn.Module):
    """A product of three activations, a division by one, and a square."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(UNITS, UNITS, bias=False) for _ in range(3))

    def forward(self, x):
        a, b, c = self.a(x), self.b(x), self.c(x)
        return ((a * b * c).sum((1, 2)) + (a * a).mean((1, 2)) + (b / (1 + c.abs())).sum((1, 2)))[:, None]


def transformers() -> dict[str, nn.Module]:
    nets = {
        "eager": Llama(),
        "masked": Llama("masked", "sqrt"),
        "low": Llama("low"),
        "sdpa": Llama("sdpa", "whole"),
        "grouped": Llama("eager", grouped=True),
        "mish": Llama("sdpa", "sqrt", gate=F.mish),
        "encoder": Encoder(),
        "sequence first": Encoder(first=False),
    }
    return {name: seeded(net, 7 + i) for i, (name, net) in enumerate(nets.items())}
