"""Which coalitions to evaluate: distinct pairs of a coalition and its complement, sizes by their leverage."""

from itertools import combinations
from math import comb

import torch
from torch import Tensor

ENUMERATED = 200_000  #: sizes with at most so many coalitions are listed and shuffled; of others coalitions are drawn


def half_sizes(players: int) -> list[tuple[int, int]]:
    """(size, number of pairs of that size) of the smaller half of each pair, the empty coalition left out."""
    sizes = range(1, players // 2 + 1)
    return [(s, comb(players, s) // 2 if 2 * s == players else comb(players, s)) for s in sizes]


def all_pairs(players: int) -> int:
    """How many pairs there are, that of nobody and everybody left out."""
    return (1 << (players - 1)) - 1


def pairs(players: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, players) bool: one coalition of each of `count` distinct pairs, in random order.

    Every size gets an equal share, as its leverage in the regression of Shapley values asks [1]; small sizes are
    exhausted first, and give the rest of their share to the others. No pair comes twice.

    [1] Musco, Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling", 2025, section 3
    """
    count = min(count, all_pairs(players))
    sizes = half_sizes(players)
    drawn = [_of_size(players, s, k, generator) for (s, _), k in zip(sizes, shares(players, count), strict=True) if k]
    together = torch.cat([*drawn, torch.zeros(0, players, dtype=torch.bool)])
    return together[torch.randperm(len(together), generator=generator)]


def shares(players: int, count: int) -> list[int]:
    """How many of `count` pairs each size gets: none more than it has, the others alike; half for the middle size."""
    there = [number for _, number in half_sizes(players)]
    ask = [0.5 if 2 * s == players else 1.0 for s, _ in half_sizes(players)]
    got = [0.0] * len(there)
    while (left := min(count, sum(there)) - sum(got)) > 1e-9:
        room = [i for i, number in enumerate(there) if got[i] < number]
        part = left / sum(ask[i] for i in room)
        for i in room:
            got[i] = min(there[i], got[i] + part * ask[i])
    return _rounded(got, there, min(count, sum(there)))


def _rounded(got: list[float], there: list[int], count: int) -> list[int]:
    """Whole numbers with the same sum, the largest remainders rounded up."""
    whole = [int(g + 1e-9) for g in got]
    room = sorted((i for i in range(len(got)) if whole[i] < there[i]), key=lambda i: whole[i] - got[i])
    for i in room[: count - sum(whole)]:
        whole[i] += 1
    return whole


def _of_size(players: int, size: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, players) distinct coalitions; of those of the middle size only the ones that hold the first player."""
    middle = 2 * size == players
    there = comb(players, size) // (1 + middle)
    if there <= ENUMERATED and 4 * count > there:
        return _listed(players, size, middle)[torch.randperm(there, generator=generator)[:count]]
    drawn = torch.zeros(0, players, dtype=torch.bool)
    while len(drawn) < count:
        keys = torch.rand(2 * (count - len(drawn)), players, generator=generator, dtype=torch.float64)
        new = keys.argsort(1).argsort(1) < size
        drawn = _first_of_each(torch.cat([drawn, new ^ ~new[:, :1] if middle else new]))
    return drawn[:count]


def _listed(players: int, size: int, middle: bool) -> Tensor:
    """All coalitions of a size."""
    inside = list(combinations(range(1, players), size - 1)) if middle else list(combinations(range(players), size))
    listed = torch.zeros(len(inside), players, dtype=torch.bool)
    listed[:, 0] = middle
    return listed.scatter_(
        1,
        torch.tensor(inside).reshape(len(inside), -1),
        torch.ones(1, 1, dtype=torch.bool).expand(len(inside), size - middle),
    )


def _first_of_each(drawn: Tensor) -> Tensor:
    """The rows without those that came before."""
    seen = dict.fromkeys(map(bytes, drawn.numpy()))
    return torch.frombuffer(bytearray(b"".join(seen)), dtype=torch.bool).reshape(len(seen), -1)


def size_weights(coalitions: Tensor) -> Tensor:
    """(n,) what each pair counts in the regression of Shapley values: its size's weight, shared among those drawn.

    Each size s has the weight (players - 1) / (s (players - s)) in all [1]: the Shapley kernel times how many
    coalitions it has, so that a sample of a size stands for all of it.

    [1] Lundberg, Lee, "A Unified Approach to Interpreting Model Predictions", 2017, theorem 2
    """
    players = coalitions.shape[1]
    size = coalitions.sum(1)
    half = torch.minimum(size, players - size)
    drawn = torch.bincount(half, minlength=players // 2 + 1)[half]
    both = torch.where(2 * half == players, 0.5, 1.0).double()  # the middle size is its own complement
    return both * (players - 1) / (half * (players - half)) / drawn
