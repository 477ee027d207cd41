"""Estimators of Shapley values: how far off at equal evaluations, and how many rows a second."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import peers
import subjects
import torch
from cases import Row
from timing import in_turn

import vitrail
from vitrail.games import Played
from vitrail.games.exact import exact_shapley
from vitrail.games.kernel import kernel_shap
from vitrail.games.odd import odd_shap
from vitrail.inputs.fills import Replace
from vitrail.inputs.players import players_of
from vitrail.target import Predicted

BUDGETS = (128, 512, 2048)
BOUND = ExitStack()  #: questions to models, for as long as this runs


@dataclass(frozen=True)
class Subject:
    """One game of a real network: coalitions (n, players) -> worth (n, 1), and its Shapley values."""

    name: str
    players: int
    game: Callable[[torch.Tensor], torch.Tensor]
    exact: np.ndarray


def tabular(name: str, network: Any, x: torch.Tensor, owners: torch.Tensor, rows: int) -> Iterator[Subject]:
    """Rows of a table against a background of 20 others; exact by enumeration."""
    chosen = np.random.default_rng(0).choice(len(x), rows + 20, replace=False)
    background = x[chosen[rows:]].double()
    for row in chosen[:rows]:
        yield subject(name, network.double(), x[row][None].double(), background, owners, exact_shapley)


def pictures(count: int, side: int, budget: int) -> Iterator[Subject]:
    """Photographs of about 50 superpixels on EfficientNet-lite0; the reference is a long run of kernel-shap."""
    network = subjects.efficientnet()
    for x in subjects.photographs(count):
        small = torch.nn.functional.interpolate(x[None], (side, side), mode="bilinear", antialias=True)

        def long(game: Any, players: int) -> Any:
            return kernel_shap(game, players, budget, 12345)

        yield subject("EfficientNet-lite0", network, small, torch.zeros_like(small), "superpixels", long)


def subject(name: str, network: Any, x: Any, background: Any, labels: Any, exact: Callable[..., Any]) -> Subject:
    """The game of one example, played through the model itself, which stays bound: some peers ask one by one."""
    model = BOUND.enter_context(vitrail.open(network).asking(x))
    players = players_of(labels, x, model.question.packed, None, 50)
    played = Played(
        model, Predicted(), players, Replace(x, background[:, None]), torch.arange(1), model(x, Predicted())
    )

    def game(coalitions: torch.Tensor) -> torch.Tensor:
        return played(torch.as_tensor(np.asarray(coalitions)).bool())

    return Subject(name, played.count, game, exact(game, played.count).values[0].numpy())


def errors(subjects_: list[Subject], budget: int, seeds: int) -> dict[str, list[float]]:
    """Relative L2 errors of every estimator, over examples and seeds."""
    found: dict[str, list[float]] = {}
    for one in subjects_:
        for seed in range(seeds):
            given = peers.shapley_values(one.game, one.players, budget, seed)
            given["ours"] = odd_shap(one.game, one.players, budget, seed).values[0].numpy()
            for name, values in given.items():
                off = np.linalg.norm(values - one.exact) / np.linalg.norm(one.exact)
                found.setdefault(name, []).append(float(off))
    return found


def at_equal_evaluations(some: list[Subject], budget: int, seeds: int) -> Iterator[Row]:
    """odd-shap's median error over KernelExplainer's, and over the best of shapiq's."""
    name = f"odd-shap, {some[0].name} with {some[0].players} players, {budget} evaluations: median relative error"
    if 2 ** some[0].players <= budget:
        own = max(float(np.abs(odd_shap(s.game, s.players, budget, 0).values[0].numpy() - s.exact).max()) for s in some)
        yield Row(f"{name}, largest difference from exact", own, 1e-6, "the budget covers all coalitions")
        return
    found = {each: statistics.median(off) for each, off in errors(some, budget, seeds).items()}
    ours = found.pop("ours")
    if not found:
        yield Row(f"{name}: no peer is installed", float("nan"))
        return
    kernel, as_it_comes = found.pop("shap.KernelExplainer"), found.pop(peers.SELECTING)
    words = f"{ours:.2e} against {kernel:.2e} ({as_it_comes:.2e} with its own choice of players)"
    words = f"{words}, over {len(some)} examples, {seeds} seeds"
    yield Row(f"{name} / shap.KernelExplainer's", ours / kernel, 1 / 3, words)
    listed = ", ".join(f"{each} {off:.1e}" for each, off in sorted(found.items(), key=lambda pair: pair[1]))
    yield Row(f"{name} / that of shapiq's best", ours / min(found.values()), 1.0, listed)


def rows_a_second(method: str, rows: int, budget: int, peer_rows: int, background: int) -> Iterator[Row]:
    """Time for each row of an MLP against KernelExplainer's, which takes one row after the other."""
    network, x, owners = subjects.adult_mlp()
    network, x = network.float(), x.float()
    chosen = np.random.default_rng(1).choice(len(x), rows + background, replace=False)
    explained, references = x[chosen[:rows]], x[chosen[rows:]]
    model = vitrail.open(network)
    explain = peers.kernel_explainer(network, references, owners)
    name = f"{method}, Adult MLP, {rows} rows, {budget} evaluations, {background} reference{'s' * (background > 1)}"
    if explain is None:
        yield Row(f"{name}: shap is not installed", float("nan"))
        return

    def ours() -> Any:
        settings = {"players": owners, "baseline": references, "budget": budget}
        return vitrail.explain(model, explained, method, 0, **settings)

    pair = in_turn(ours, lambda: explain(explained[:peer_rows], budget), 3)
    scaled = [seconds * rows / peer_rows for seconds in pair.theirs]
    ratio = statistics.median(pair.ours) / statistics.median(scaled)
    speed = rows / statistics.median(pair.ours), rows / statistics.median(scaled)
    words = f"{speed[0]:.0f} against {speed[1]:.1f} rows a second (its time is that of {peer_rows} rows, scaled)"
    yield Row(f"{name}: time / shap.KernelExplainer's", ratio, 0.1, words)


def everything(quick: bool = False) -> Iterator[Row]:
    """All rows."""
    examples, seeds = (1, 1) if quick else (4, 1)
    network, x = subjects.california_mlp()
    houses = list(tabular("California MLP", network, x, torch.arange(8), examples))
    people = list(tabular("Adult MLP", *subjects.adult_mlp(), examples))
    for budget in BUDGETS[:1] if quick else BUDGETS:
        yield from at_equal_evaluations(houses, budget, seeds)
        yield from at_equal_evaluations(people, budget, seeds)
    photographs = list(pictures(1, 64, 256)) if quick else list(pictures(1, 96, 16_000))
    for budget in BUDGETS[:1] if quick else BUDGETS:
        yield from at_equal_evaluations(photographs, budget, 1)
    yield from rows_a_second("kernel-shap", 20 if quick else 1000, 512, 2 if quick else 20, 1)
    yield from rows_a_second("odd-shap", 5 if quick else 50, 512, 2 if quick else 20, 1)
    yield from rows_a_second("kernel-shap", 20 if quick else 1000, 512, 2 if quick else 20, 20)
