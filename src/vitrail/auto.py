"""`method="auto"`: the method that a short comparison finds, kept for as long as the network stays the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.choose import CANDIDATES, METRIC, Few, Sifted, choose, drawn, sifted, worded
from vitrail.explain import CHOOSERS
from vitrail.explanation import Explanation, plain, write_whole
from vitrail.methods import METHODS
from vitrail.methods.settings import Count, Seed, as_json, method_of
from vitrail.metrics.choose import metric_of
from vitrail.metrics.parts import Parts
from vitrail.model import Model
from vitrail.model.progress import Report
from vitrail.model.versions import versions
from vitrail.target import Target

KEPT: dict[str, dict[str, Any]] = {}  #: key -> choice, while this process lives


@dataclass(frozen=True)
class Auto:
    """The method that explains this network best, found by `vitrail.choose` on a few of the examples.

        method = the one with the fewest passes among those that cannot be told apart from the best

    Settings    methods   to choose from, each a name or {"method": name, **settings}; None for the usual ones
                metric    that decides; None for srg with 16 steps
                examples  drawn from x to compare on
                budget    passes that may be used for each of them
                seed      of the draw and of the intervals
                cache     a folder in which choices are kept for later runs; None: only while this process lives
    Laws        those of the method that is chosen
    Cost        `budget` passes for each of `examples` at most, once; then what the chosen method costs
    Beware      the choice is made once for a network, a kind of question and these settings, on the examples of that
                moment. With a single example there is no interval: the highest score is taken
    """

    methods: list[str | dict[str, Any]] | None = None
    metric: str | dict[str, Any] | None = None
    examples: Count = 8
    budget: Count = 1000
    seed: Seed = 0
    cache: str | None = None

    def __call__(self, model: Model, x: Any, target: Any, progress: bool | Report = False) -> Mapping[str, Any]:
        few = drawn(model, x, target, None, self.examples, self.seed)
        # what more examples said is the better choice
        kept = (self._kept(self._key(model, few.target, count)) for count in (self.examples, len(few)))
        known = next(filter(None, kept), None)
        if known is not None:
            return known | {"cached": True}
        found = self._compared(model, few, progress)
        self._keep(self._key(model, few.target, len(few)), found)
        return found | {"cached": False}

    def _compared(self, model: Model, few: Few, progress: bool | Report) -> dict[str, Any]:
        methods: Sequence[Any] = self.methods or CANDIDATES
        metric = self.metric or METRIC
        if len(few) < 2:
            return self._told(single(sifted(model, few, methods, metric, Parts(), self.budget, self.seed), metric))
        board = choose(
            model, few.x, methods, metric, target=few.target, examples=self.examples, budget=self.budget,
            seed=self.seed, progress=progress,
        )  # fmt: skip
        return self._told({**board.checks, "scores": table(board)})

    def _told(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        names = ("method", "why", "examples", "scores", "left_out")
        about = {"metric": as_json(self.metric or METRIC), "budget": self.budget, "versions": versions()}
        return json.loads(json.dumps({name: facts[name] for name in names} | about, default=plain))  # type: ignore[no-any-return]

    # -- kept ---------------------------------------------------------------------------------------------------

    def _key(self, model: Model, target: Target, examples: int) -> str | None:
        """What a choice depends on; None for functions without weights, which cannot be told from each other."""
        if not model.network.weights():
            return None
        asked = {name: value for name, value in target.as_json().items() if name != "index"}
        settings = {name: value for name, value in vars(self).items() if name != "cache"} | {"examples": examples}
        about = [model.fingerprint.digest(), model.name, asked, settings, versions()["vitrail"]]
        return hashlib.sha256(json.dumps(about, default=plain, sort_keys=True).encode()).hexdigest()[:32]

    def _kept(self, key: str | None) -> dict[str, Any] | None:
        if key is None or key in KEPT or self.cache is None:
            return KEPT.get(key or "")
        return read(Path(self.cache) / f"{key}.json")

    def _keep(self, key: str | None, found: dict[str, Any]) -> None:
        if key is None:
            return
        KEPT[key] = found
        if self.cache is not None:
            write_whole(Path(self.cache) / f"{key}.json", json.dumps(found, indent=2).encode(), overwrite=True)


def read(path: Path) -> dict[str, Any] | None:
    """A choice out of a folder; None for what is not there, or is no choice."""
    try:
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        method_of(found["method"], METHODS, ())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found.get("why"), str) else None


def single(found: Sifted, metric: Any) -> dict[str, Any]:
    """The method with the best score of one example."""
    judge = metric_of(metric, ())
    scores = np.array([float(probe.row.scores[0, 0]) for probe in found.kept])
    signed = scores if judge.better == "higher" else -scores
    best = int(np.where(np.isfinite(signed), signed, -np.inf).argmax())
    name = worded(found.kept[best].method)
    return {
        "method": found.kept[best].as_json(),
        "why": f"{name} has the best {judge.name} of {len(scores)} on one example; more examples would say how sure "
        "that is.",
        "examples": 1,
        "scores": [
            {"method": worded(probe.method), "mean": score, "evaluations": probe.row.evaluations}
            for probe, score in zip(found.kept, scores.tolist(), strict=True)
        ],
        "left_out": found.left_out,
    }


def table(board: Explanation) -> list[dict[str, Any]]:
    """The rows of a leaderboard of one metric."""
    arrays = {"mean": board.values, **{name: board.arrays[name] for name in ("low", "high", "rank")}}
    return [
        {"method": name, **{word: array[i, 0].item() for word, array in arrays.items()},
         "evaluations": int(board.arrays["evaluations"][i])}
        for i, name in enumerate(board.labels["method"])
    ]  # fmt: skip


CHOOSERS["auto"] = Auto
