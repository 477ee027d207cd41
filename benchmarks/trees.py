"""Tree SHAP on a real table: against shap's TreeExplainer, which hands XGBoost's own trees to XGBoost itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import peers
import subjects
import torch
from cases import Row, paired
from timing import in_turn

import vitrail


def boosted(trees: int, threads: int) -> Any:
    """XGBoost on California housing: so many trees of depth 6."""
    x, y, _ = subjects.california()
    return peers.xgboost_regressor(n_estimators=trees, max_depth=6, learning_rate=0.05, n_jobs=threads).fit(x, y)


@contextmanager
def on(threads: int) -> Iterator[None]:
    """Torch, and so Vitrail, on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def asked(estimator: Any, x: np.ndarray, **settings: Any) -> Callable[[], Any]:
    """A question from the start: the trees are read, and the tables made, every time."""
    return lambda: vitrail.explain(vitrail.open(estimator), x, "tree-shap", 0, **settings).values


def by_covers(trees: int, rows: int, threads: int, rounds: int) -> Iterator[Row]:
    """Path-dependent values; also of a model that was asked before, whose tables are there."""
    estimator, x = boosted(trees, threads), subjects.california()[0][:rows]
    theirs = peers.tree_explainer(estimator)
    name = f"tree-shap, XGBoost with {trees} trees, {rows:,} rows, {threads} thread{'s' * (threads > 1)}"
    if theirs is None:
        yield Row(f"{name}: shap is not installed", float("nan"))
        return
    ours = asked(estimator, x)
    with on(threads):
        apart = float(np.abs(ours() - theirs(x)).max())
        detail = f"Opened anew each time; values differ by {apart:.1g} at most."
        yield paired(f"{name}: wall time / shap.TreeExplainer's", 1.0, in_turn(ours, lambda: theirs(x), rounds), detail)
        model = vitrail.open(estimator)
        again = in_turn(lambda: vitrail.explain(model, x, "tree-shap", 0), ours, rounds)
        yield paired(f"{name}: wall time when asked again / the first time", None, again)


def over_background(trees: int, rows: int, background: int, rounds: int) -> Iterator[Row]:
    """Interventional values, which shap computes itself, on one thread."""
    estimator, x = boosted(trees, 1), subjects.california()[0]
    theirs = peers.tree_explainer(estimator, x[-background:])
    name = f"tree-shap over {background} rows of background, XGBoost with {trees} trees, {rows:,} rows, 1 thread"
    if theirs is None:
        return
    ours, few = asked(estimator, x[:rows], baseline=x[-background:]), x[:rows]
    with on(1):
        apart = float(np.abs(ours() - theirs(few)).max())
        detail = f"Values differ by {apart:.1g} at most."
        yield paired(
            f"{name}: wall time / shap.TreeExplainer's", 1.0, in_turn(ours, lambda: theirs(few), rounds), detail
        )


def interactions(trees: int, rows: int, rounds: int) -> Iterator[Row]:
    """Interactions of every two columns, against XGBoost's own."""
    estimator, x = boosted(trees, 1), subjects.california()[0][:rows]
    name = f"tree-interactions, XGBoost with {trees} trees, {rows:,} rows, 1 thread"

    def ours() -> Any:
        return vitrail.explain(vitrail.open(estimator), x, "tree-interactions", 0)

    with on(1):
        pair = in_turn(ours, lambda: peers.xgboost_interactions(estimator, x), rounds)
        yield paired(f"{name}: wall time / XGBoost's own", None, pair)


def deep(trees: int, rows: int, background: int, rounds: int) -> Iterator[Row]:
    """A forest grown to the end on 40 columns, whose paths are too long for tables: where Vitrail is weakest."""
    estimator, x = peers.deep_forest(trees), np.random.default_rng(1).normal(size=(rows + background, 40))
    few, name = x[:rows], f"tree-shap, forest of {trees} deep trees about 40 columns, {rows:,} rows, 1 thread"
    for what, rest in (("by covers", None), (f"over {background} rows of background", x[rows:])):
        theirs = peers.tree_explainer(estimator, rest)
        if theirs is None:
            return
        ours = asked(estimator, few, **({} if rest is None else {"baseline": rest}))
        with on(1):
            pair = in_turn(ours, lambda theirs=theirs: theirs(few), rounds)
        yield paired(f"{name}, {what}: wall time / shap.TreeExplainer's", None, pair)


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    trees, rounds = (5, 1) if quick else (500, 3)
    yield from by_covers(trees, 20 if quick else 10_000, 1, rounds)
    yield from by_covers(trees, 20 if quick else 10_000, 2, rounds)
    yield from over_background(trees, 20 if quick else 1_000, 10 if quick else 100, rounds)
    yield from interactions(trees, 20 if quick else 200, rounds)
    yield from deep(2 if quick else 50, 5 if quick else 100, 5 if quick else 50, rounds)
