"""The leaderboard: several methods about the same examples, judged by the same metrics, with intervals and controls."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from torch import Tensor

from vitrail.errors import BadInput, BadSetting
from vitrail.explain import Speed, answered, check_speed, recipe_of
from vitrail.explanation import Array, Explanation
from vitrail.inputs.background import in_layout
from vitrail.inputs.fills import Filling
from vitrail.methods import NAMES, Method
from vitrail.methods.settings import as_json
from vitrail.metrics.again import remember
from vitrail.metrics.bootstrap import interval, ranked
from vitrail.metrics.choose import Metric, metric_of
from vitrail.metrics.controls import Edge, Random
from vitrail.metrics.curves import walks
from vitrail.metrics.laying import laid
from vitrail.metrics.parts import Parts, check_whole, subject_about
from vitrail.metrics.subject import Subject, judged
from vitrail.metrics.words import verdict
from vitrail.model import Model, Packed
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.target import target_of

USUAL = ("srg", "faithfulness-correlation")


def compare(
    model: Model,
    x: Any,
    methods: Sequence[str | Mapping[str, Any] | Method],
    metrics: Sequence[str | Mapping[str, Any] | Metric] = USUAL,
    masks: Any = None,
    target: Any = "predicted",
    *,
    players: Any = "auto",
    patch: int | None = None,
    count: int = 50,
    fill: Filling = "baseline",
    baseline: Any = 0.0,
    seed: int = 0,
    confidence: float = 0.95,
    speed: Speed = "auto",
    progress: bool | Report = False,
) -> Explanation:
    """Which methods explain these examples of this network best, and which cannot be told apart.

    model       what `vitrail.open` gave
    x           (examples, ...), at least two
    methods     names, {"method": name, **settings}, or instances; "random" and "edge" stand beside them as controls
    metrics     names out of vitrail.METRICS, {"metric": name, **settings}, or instances
    masks       (examples, ...) laid on x, or without its channels: where the answer should be found. Of pictures also
                boxes: (examples, 4), or a list (boxes, 4) for each example, of left, top, right, bottom in pixels of x
                as the network reads it, right and bottom exclusive
    target      as in `explain`
    players     what is taken away together, as in games: "auto", "pixels", "patches", "superpixels", "columns" ...;
                patch and count belong to it
    fill        what stands in for it, with the baseline
    seed        of the bootstrap and of the control
    confidence  of the intervals, above 0 and below 1
    speed       as in `explain`
    progress    True for a bar, or a function of (points done, points in all)

    Returns an Explanation of kind "leaderboard": `values`, low, high and rank (methods, metrics): the mean over the
    examples, its bootstrap interval, and 1 + the number of methods that are better for sure (in pairs, example by
    example), so that those that cannot be told apart share a rank, 0 for those without scores; scores (examples,
    methods, metrics); seconds and evaluations (methods,) of each answer; curve/most and curve/least (methods, steps),
    the mean target while the most or the least important go first. labels: "method", "metric", "better", "verdict" in
    plain language. checks["passes"] counts all forwards and gradients, those for the metrics included.
    Perturbed inputs are shared by all methods and metrics as far as they are the same.

    Raises BadInput for fewer than two examples, answers that are not laid out as x, and masks of another shape;
    BadSetting, NoSuchMethod, BadTarget ...
    """
    began = time.perf_counter()
    check_call(model, methods, metrics, seed, confidence)
    check_speed(speed)
    with undisturbed(), reporting(progress) as report:
        packed = model.pack(x)
        check_count(packed)
        recipes = [*(recipe_of(method, {}, model, x, packed) for method in methods), Random(seed), Edge()]
        judges = [metric_of(metric, tuple(packed.x.shape[1:])) for metric in metrics]
        refuse_unmasked(judges, masks)
        question = target_of(target, model.classes, len(packed.x))
        with model.asking(packed, progress=report, speed=speed) as bound:
            how = Parts(players, patch, count, fill, in_layout(model, x, packed, baseline))
            subject = subject_about(bound, question, how, masks)
            names = named(recipes)
            rows = list(judging(subject, packed, dict(zip(names, recipes, strict=True)), judges))
            used, speedups = bound.question.used, dict(bound.question.speedups)
    scores = np.stack([row.scores for row in rows], 1)  # (examples, methods, metrics)
    board = leaderboard(names, judges, scores, rows, seed, confidence)
    about = {"players": players, "patch": patch, "count": count, "fill": fill, "baseline": baseline}
    settings = {
        "methods": [as_json(recipe) for recipe in recipes[: len(methods)]],
        "metrics": [{"metric": judge.name, **settings_of(judge)} for judge in judges],
        **{name: as_json(value) for name, value in about.items()},
    }
    return replace(
        board,
        checks={**board.checks, "passes": used},
        target={"target": "leaderboard", "of": question.as_json()},
        provenance={
            **origin(model),
            "settings": settings,
            "seed": seed,
            "speedups": speedups,
            "seconds": time.perf_counter() - began,
        },
    )


@dataclass(frozen=True, eq=False)
class Row:
    """What was found out about one method.

    scores       (examples, metrics)
    seconds      that its answer took
    evaluations  that it used, forwards and gradients
    curves       "most" and "least" -> (steps + 1,) the mean target while these go first, where a metric walked them
    """

    scores: Array
    seconds: float
    evaluations: int
    curves: Mapping[str, Array]


def judging(subject: Subject, packed: Packed, recipes: Mapping[str, Method], judges: Sequence[Metric]) -> Iterator[Row]:
    for name, recipe in recipes.items():
        began, question = time.perf_counter(), subject.model.question
        before = question.used
        answer, _ = answered(recipe, subject.model, subject.target)
        took, used = time.perf_counter() - began, question.used - before
        remember(subject, recipe, answer)
        explained = judged(subject, laid(answer, packed, name), recipe)
        scores = np.stack([numbers(judge(subject, explained)) for judge in judges], 1)
        yield Row(scores, took, used, {first: numbers(walk).mean(0) for first, walk in walks(subject, explained)})


def numbers(scores: Tensor) -> Array:
    return scores.detach().double().cpu().numpy()


def leaderboard(
    names: Sequence[str], judges: Sequence[Metric], scores: Array, rows: Sequence[Row], seed: int, confidence: float
) -> Explanation:
    """The table, and what it says; scores (examples, methods, metrics)."""
    axes = ("method", "metric")
    table = {"values": mean(scores), **intervals(scores, judges, seed, confidence)}
    each = {
        "seconds": np.array([row.seconds for row in rows]),
        "evaluations": np.array([row.evaluations for row in rows]),
    }
    curves = {f"curve/{first}": np.stack([row.curves[first] for row in rows]) for first in rows[0].curves}
    said = [
        verdict(judge.name, judge.better, names, scores[:, :, j], confidence, seed) for j, judge in enumerate(judges)
    ]
    return Explanation(
        kind="leaderboard",
        arrays={**table, "scores": scores, **each, **curves},
        axes={
            **dict.fromkeys(table, axes),
            "scores": ("batch", *axes),
            **dict.fromkeys(each, ("method",)),
            **dict.fromkeys(curves, ("method", "step")),
        },
        checks={"examples": len(scores), "confidence": confidence, "evaluations": int(each["evaluations"].sum())},
        outputs=np.zeros((len(scores), 0), np.float32),
        target={},
        labels={
            "method": list(names),
            "metric": [judge.name for judge in judges],
            "better": [judge.better for judge in judges],
            "verdict": said,
        },
    )


def intervals(scores: Array, judges: Sequence[Metric], seed: int, confidence: float) -> dict[str, Array]:
    """low, high and rank, (methods, metrics) each."""
    low, high, rank = (np.full(scores.shape[1:], np.nan) for _ in range(3))
    for j, judge in enumerate(judges):
        columns = list(scores[:, :, j].T)
        rank[:, j] = ranked(columns, judge.better, confidence, seed)
        low[:, j], high[:, j] = np.transpose([interval(column, confidence, seed) for column in columns])
    return {"low": low, "high": high, "rank": rank.astype(np.int32)}


def origin(model: Model) -> dict[str, Any]:
    """Which network, and which versions."""
    about = {"name": model.name, "framework": model.network.framework, "weights": model.fingerprint.digest()}
    return {"method": "compare", "model": about, "versions": versions()}


def mean(scores: Array) -> Array:
    """(methods, metrics) over the examples that have a score; NaN where none has."""
    known = np.isfinite(scores)
    sums = np.where(known, scores, 0).sum(0)
    return np.where(known.any(0), sums / np.maximum(known.sum(0), 1), np.nan)


def settings_of(metric: Metric) -> dict[str, Any]:
    return {f.name: as_json(getattr(metric, f.name)) for f in fields(metric)}  # type: ignore[arg-type]


def named(recipes: Sequence[Method]) -> list[str]:
    """A name for each method; where several are called the same, with the settings that are not as usual."""
    plain = [NAMES.get(type(recipe), type(recipe).__name__.lower()) for recipe in recipes]
    names = [p if plain.count(p) == 1 else " ".join([p, *unusual(r)]) for p, r in zip(plain, recipes, strict=True)]
    return [name if names.count(name) == 1 else f"{name} #{names[:i].count(name) + 1}" for i, name in enumerate(names)]


def unusual(recipe: Method) -> list[str]:
    known = fields(recipe)  # type: ignore[arg-type]
    return [f"{f.name}={as_json(getattr(recipe, f.name))}" for f in known if getattr(recipe, f.name) != f.default]


def check_call(model: object, methods: Sequence[Any], metrics: Sequence[Any], seed: Any, confidence: float) -> None:
    if not isinstance(model, Model):
        raise BadSetting(
            f"model is a {type(model).__name__}. What vitrail.open gives was expected. Open it first: "
            "vitrail.compare(vitrail.open(network), x, methods)."
        )
    for word, given in (("methods", methods), ("metrics", metrics)):
        if isinstance(given, str | Mapping) or not len(given):
            raise BadSetting(f"{word}={given!r} is no list. At least one was expected. Write {word}=[...].")
    check_whole("seed", seed, 0)
    if not 0 < confidence < 1:
        raise BadSetting(f"confidence must be above 0 and below 1, got {confidence}. Try confidence=0.95.")


def refuse_unmasked(judges: Sequence[Metric], masks: Any) -> None:
    """Raise BadInput for metrics of localisation without masks, before any method runs."""
    wanting = [judge.name for judge in judges if judge.family == "localisation"]
    if wanting and masks is None:
        raise BadInput(
            f"{wanting[0]} asks whether the answer is where it should be, and no masks were given. masks=(examples, "
            "...) laid on x were expected. Give them, or leave the metric out."
        )


def check_count(packed: Packed) -> None:
    if len(packed.x) < 2:
        raise BadInput(
            "one example was given. Two at least were expected, since an interval says how scores differ between "
            "examples. Give more examples."
        )
