"""What all methods over coalitions share: players and fill from their settings, games side by side, one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.inputs.baselines import Baseline
from vitrail.inputs.fills import Filling, fill_of
from vitrail.inputs.players import Players, players_of
from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.target import Target


class Plays(Protocol):
    """The settings that every method over coalitions has."""

    @property
    def players(self) -> Any: ...
    @property
    def patch(self) -> int | None: ...
    @property
    def count(self) -> int: ...
    @property
    def baseline(self) -> Baseline: ...
    @property
    def fill(self) -> Filling: ...


def answered(
    how: Plays,
    model: Model,
    x: Tensor,
    target: Target,
    estimate: Callable[[Played], Estimate],
    groups: Callable[[Players], Sequence[Tensor]] = Players.alike,
) -> Answer:
    """The games of all examples as one answer; the rows of a group are played side by side, on the same coalitions."""
    players = players_of(how.players, x, model.question.packed, how.patch, how.count)
    fill, whole = fill_of(how.fill, how.baseline, x, model.axes), model(x, target)
    found = []
    for rows in groups(players):
        game = Played(model, target, players, fill, rows, whole[rows])
        found.append((rows, estimate(game)))
    return joined(found, players, model, x)


@dataclass(frozen=True, eq=False)
class Choice:
    """Players and fill of a method that leaves some of the settings out."""

    players: Any
    baseline: Baseline
    patch: int | None = None
    count: int = 50
    fill: Filling = "baseline"


def unshared(answer: Answer) -> Answer:
    """The same for numbers that are no shares of the target: without a base value, and nothing adds up."""
    arrays = {name: array for name, array in answer.arrays.items() if name != "base_value"}
    assert answer.total is not None
    nothing = torch.full_like(answer.total, torch.nan)
    return replace(answer, arrays=arrays, total=nothing, start=nothing)


def joined(found: list[tuple[Tensor, Estimate]], players: Players, model: Model, x: Tensor) -> Answer:
    """One answer out of the estimates for groups of examples: of kind "players", or "interaction" of pairs of them."""
    values, error = (laid([(r, getattr(e, name)) for r, e in found], x) for name in ("values", "error"))
    none = laid([(rows, e.none) for rows, e in found], x)
    pairs = values.ndim == 3
    axes = ("batch", "player", "player") if pairs else players.axes
    kind, shaped = ("interaction", as_it_is) if pairs else ("players", players.shaped)
    arrays = {
        "standard_error": (shaped(error).to(x), axes or ()),
        "base_value": (none.to(x), ("batch",)),
        "players": players.drawn(model.axes),
    }
    stopped = {"stopped": "by Ctrl-C: what was done until then"} if model.question.stopped else {}
    off = error.square().flatten(1).mean(1).sqrt()
    checks = {"standard_error": off, "coalitions": max(e.coalitions for _, e in found)}
    checks |= stopped | _measured(found, x)
    total = values.flatten(1).sum(1).to(x)
    return Answer(shaped(values).to(x), axes, kind, arrays, checks, total, none.to(x))


def as_it_is(values: Tensor) -> Tensor:
    """Interactions have no places in x."""
    return values


def laid(parts: list[tuple[Tensor, Tensor]], x: Tensor) -> Tensor:
    """(examples, ...) each group's rows in their places; zeros where an example has fewer players than another."""
    sizes = [max(part.shape[i] for _, part in parts) for i in range(1, parts[0][1].ndim)]
    whole = parts[0][1].new_zeros(len(x), *sizes)
    for rows, part in parts:
        at: Any = (rows.to(whole.device), *(slice(n) for n in part.shape[1:]))
        whole[at] = part
    return whole.to(x.device)


def _measured(found: list[tuple[Tensor, Estimate]], x: Tensor) -> dict[str, Any]:
    """What the estimators measured besides: numbers of each example in their places, words once."""
    checks: dict[str, Any] = {}
    for name, value in found[0][1].checks.items():
        parts = [(rows, e.checks[name]) for rows, e in found]
        checks[name] = laid(parts, x) if isinstance(value, Tensor) else value
    return checks
