"""Owen values: Shapley values of players that come in groups, groups of groups, and so on."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget, ends, played, single

LISTED = 20  #: contexts of more others than this are drawn, and may come twice; of fewer they are listed and shuffled


@dataclass(frozen=True, eq=False)
class Fork:
    """A place where a group falls into two.

    parts   (2, players) bool: the members of the two
    others  (depth, players) bool: the groups beside it, from the top; each is wholly there or not
    below   for each part the number of its own fork, or None for a single player
    """

    parts: Tensor
    others: Tensor
    below: tuple[int | None, int | None]

    @property
    def contexts(self) -> int:
        """How many ways there are for the others to be there or not."""
        return 1 << len(self.others)


def partition_shap(game: Game, players: int, budget: int, seed: int, merges: Tensor) -> Estimate:
    """Owen values over a binary hierarchy [1, 2]: the mean over all orders in which no group is ever interrupted.

    Where a group falls into L and R, and C holds some of the groups beside it and beside those around it, wholly,

        phi_L - phi_R = mean over C of  v(C and L) - v(C and R),        phi_L + phi_R = phi_group

    Contexts C are drawn without replacement, each with its complement: exact where the budget reaches all of them, else
    unbiased. Adds up to v(all) - v(none) always.

    merges  (players - 1, 2) the two groups that become one: players are 0, 1, ...; merge k makes the group players + k

    [1] Owen, "Values of Games with a Priori Unions", 1977
    [2] Winter, "A Value for Cooperative Games with Levels Structure of Cooperation", 1989
    """
    check_budget("partition-shap", budget, 2 * players, players)
    if players == 1:
        return single(played(game, ends(1), 2)[1])
    forks = forks_of(merges, players)
    fork, turn, asked = _plan(forks, budget, torch.Generator().manual_seed(seed))
    _, worth = played(game, torch.cat([ends(players), asked.reshape(-1, players)]), 2 * players)
    rows = (len(worth) - 2) // 2
    less = worth[2 : 2 + 2 * rows : 2] - worth[3 : 3 + 2 * rows : 2]
    apart = [_apart(less[fork[:rows] == i], f) for i, f in enumerate(forks)]
    values, error = _shared(worth[1] - worth[0], forks, apart)
    return Estimate(values, error, worth[0], 2 + 2 * rows)


def forks_of(merges: Tensor, players: int) -> list[Fork]:
    """Every fork of a hierarchy, each before those below it."""
    members = list(torch.eye(players, dtype=torch.bool))
    for a, b in merges.tolist():
        members.append(members[a] | members[b])
    first = len(members) - 1
    number = {node: first - node for node in range(players, len(members))}
    others = {first: torch.zeros(0, players, dtype=torch.bool)}
    forks = []
    for node in range(first, players - 1, -1):
        a, b = merges[node - players].tolist()
        forks.append(Fork(torch.stack([members[a], members[b]]), others[node], (number.get(a), number.get(b))))
        others[a] = torch.cat([others[node], members[b][None]])
        others[b] = torch.cat([others[node], members[a][None]])
    return forks


def evaluations(forks: Sequence[Fork]) -> int:
    """How many evaluations make the values exact."""
    return 2 + sum(2 * fork.contexts for fork in forks)


def _plan(forks: list[Fork], budget: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """(rows,) the fork, (rows,) its turn, (rows, 2, players) what to compare; first every fork's first turn."""
    counts = _counts(forks, budget)
    fork = torch.repeat_interleave(torch.arange(len(forks)), torch.tensor(counts))
    turn = torch.cat([torch.arange(count) for count in counts])
    drawn = [_contexts(len(f.others), count, generator) for f, count in zip(forks, counts, strict=True)]
    around = [(d[:, :, None] & f.others).any(1) for d, f in zip(drawn, forks, strict=True)]
    asked = torch.cat([a[:, None] | f.parts for a, f in zip(around, forks, strict=True)])
    order = torch.argsort(turn, stable=True)
    return fork[order], turn[order], asked[order]


def _counts(forks: list[Fork], budget: int) -> list[int]:
    """How many contexts each fork gets, two evaluations each: all alike, large groups first with what is left."""
    counts, left = [1] * len(forks), budget // 2 - 1 - len(forks)
    order = sorted(range(len(forks)), key=lambda i: -int(forks[i].parts.sum()))
    open_ = [i for i in order if forks[i].contexts > 1]
    while open_ and left >= 1:
        for i in open_:
            more = 1 if counts[i] == 1 else 2  # a context comes with its complement
            if more <= left:
                counts[i], left = counts[i] + more, left - more
        open_ = [i for i in open_ if counts[i] < forks[i].contexts and (1 if counts[i] == 1 else 2) <= left]
    return counts


def _contexts(depth: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, depth) bool: who of the others is there; each followed by its complement."""
    if depth == 0:
        return torch.zeros(1, 0, dtype=torch.bool)
    half = -(-count // 2)
    if depth <= LISTED:
        codes = torch.randperm(1 << (depth - 1), generator=generator)[:half]
        one = (codes[:, None] >> torch.arange(depth) & 1).bool()
    else:
        one = torch.rand(half, depth, generator=generator) < 0.5
    one = one ^ (torch.rand(half, 1, generator=generator) < 0.5)
    return torch.stack([one, ~one], 1).reshape(-1, depth)[:count]


def _apart(less: Tensor, fork: Fork) -> tuple[Tensor, Tensor]:
    """(games,) how much more one part gets than the other, and the variance of that. less: (contexts, games).

    Of a single context nothing is known about the variance; a single one and its complement count as if they had been
    drawn apart, which says too much rather than too little.
    """
    count = len(less)
    if count == fork.contexts:
        return less.mean(0), torch.zeros_like(less[0])
    if count == 1:
        return less[0], torch.full_like(less[0], torch.nan)
    less = less[: count - count % 2]
    drawn = less if len(less) == 2 else less.reshape(-1, 2, less.shape[1]).mean(1)
    return less.mean(0), drawn.var(0) / len(drawn) * (1 - len(less) / fork.contexts)


def _shared(whole: Tensor, forks: list[Fork], apart: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """(values, standard errors), each (games, players): from the top down."""
    players = forks[0].parts.shape[1]
    values, error = whole.new_zeros(2, len(whole), players)
    share = {0: (whole, torch.zeros_like(whole))}
    for i, (fork, (less, variance)) in enumerate(zip(forks, apart, strict=True)):
        total, known = share.pop(i)
        for sign, part, below in zip((1, -1), fork.parts, fork.below, strict=True):
            got = (total + sign * less) / 2, (known + variance) / 4
            if below is None:
                values[:, part], error[:, part] = got[0][:, None], got[1].sqrt()[:, None]
            else:
                share[below] = got
    return values, error
