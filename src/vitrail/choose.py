"""Which method suits a network: a short leaderboard on a few examples, within a budget of passes."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vitrail.compare import Row, check_call, compare, judging, refuse_unmasked
from vitrail.errors import BadInput, BadSetting, NoSuchMethod, VitrailError
from vitrail.explain import recipe_of
from vitrail.explanation import Explanation
from vitrail.inputs.background import in_layout
from vitrail.inputs.examples import Examples
from vitrail.inputs.fills import Filling
from vitrail.methods import METHODS, NAMES, Method
from vitrail.methods.settings import as_json
from vitrail.metrics.bootstrap import beats
from vitrail.metrics.choose import Metric, metric_of
from vitrail.metrics.controls import Edge, Random
from vitrail.metrics.parts import Parts, check_whole, subject_about
from vitrail.metrics.subject import Subject
from vitrail.metrics.words import CONTROLS, listed
from vitrail.model import Model
from vitrail.model.progress import Report
from vitrail.model.question import Spent
from vitrail.model.undisturbed import undisturbed
from vitrail.target import Difference, Output, Target, Total, target_of

Asked = str | Mapping[str, Any] | Method

#: tried in this order, the cheap ones first; those that do not suit a network are left out, and it is said why
CANDIDATES: tuple[Asked, ...] = (
    "tree-shap",
    "input-x-gradient",
    "layer-cam",
    "lrp",
    "attn-lrp",
    "deeplift",
    {"method": "integrated-gradients", "steps": 32},
    "smoothgrad",
    "occlusion",
    {"method": "kernel-shap", "budget": 256},
)
METRIC = {"metric": "srg", "steps": 16}


def variants(method: str, **settings: Sequence[Any]) -> list[dict[str, Any]]:
    """A method with every combination of some settings, for `compare` and `choose` to find the best.

        variants("smoothgrad", std=[0.1, 0.3], samples=[16, 64])     four methods

    Raises NoSuchMethod, BadSetting for values that are not in a list.
    """
    if method not in METHODS:
        raise NoSuchMethod(method, METHODS)
    for name, values in settings.items():
        if not isinstance(values, list | tuple | range) or not len(values):
            raise BadSetting(
                f"{name}={values!r} is no list of values. One or more to choose from were expected. Write "
                f"{name}=[{values!r}].",
                setting=name,
            )
    return [
        {"method": method, **dict(zip(settings, some, strict=True))} for some in itertools.product(*settings.values())
    ]


def choose(
    model: Model,
    x: Any,
    methods: Sequence[Asked] = CANDIDATES,
    metric: str | Mapping[str, Any] | Metric = METRIC,
    masks: Any = None,
    target: Any = "predicted",
    *,
    examples: int = 8,
    budget: int = 1000,
    players: Any = "auto",
    patch: int | None = None,
    count: int = 50,
    fill: Filling = "baseline",
    baseline: Any = 0.0,
    seed: int = 0,
    confidence: float = 0.95,
    progress: bool | Report = False,
) -> Explanation:
    """The method, or the settings of one, that explains this network best: a short comparison on examples of x.

    methods   as in `compare`, tried in this order; those that do not suit the network, or for which the budget does
              not last, are left out. `vitrail.variants` gives a method with several settings
    metric    the one that decides
    examples  how many are drawn from x
    budget    how many passes, forwards and gradients, may be used for each of them, controls and metric included
    seed      of the draw, the bootstrap and the control
    The others as in `compare`.

    Returns its leaderboard. checks["method"] is the one chosen, as JSON that `explain` takes: of those that cannot be
    told apart from the best, the one that needed the fewest passes, the first one among equals. checks["why"] says so
    in words, checks["left_out"] which were not asked and why.
    Raises BadInput where fewer than two examples or no method are left; BadSetting, NoSuchMethod, BadTarget ...
    """
    check_call(model, methods, [metric], seed, confidence)
    how = Parts(players, patch, count, fill, baseline)
    few = drawn(model, x, target, masks, examples, seed)
    found = sifted(model, few, methods, metric, how, budget, seed)
    board = compare(
        model, few.x, [probe.method for probe in found.kept], [metric], few.masks, few.target, players=players,
        patch=patch, count=count, fill=fill, baseline=baseline, seed=seed, confidence=confidence, progress=progress,
    )  # fmt: skip
    best, why = winner(board)
    told = {"method": found.kept[best].as_json(), "why": why, "left_out": found.left_out, "budget": budget}
    return replace(board, checks={**board.checks, **told})


# -- the examples -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Few:
    """Some examples of x, in its own type, with the question and the masks about them."""

    x: Any
    target: Target
    masks: Any

    def __len__(self) -> int:
        return len(Examples(self.x))


def drawn(model: Model, x: Any, target: Any, masks: Any, examples: int, seed: int) -> Few:
    check_whole("examples", examples, 1)
    every = Examples(x)
    question = target_of(target, model.classes, len(every))
    rows = np.sort(np.random.default_rng(seed).permutation(len(every))[:examples])
    return Few(every.take(rows), about(question, rows), None if masks is None else Examples(masks).take(rows))


def first(few: Few) -> Few:
    """The first one of them."""
    start = np.arange(1)
    masks = None if few.masks is None else Examples(few.masks).take(start)
    return Few(Examples(few.x).take(start), about(few.target, start), masks)


def about(target: Target, rows: Any) -> Target:
    """The same question about some of the examples."""
    if isinstance(target, Output) and isinstance(target.index, list):
        return replace(target, index=[target.index[int(row)] for row in rows])
    if isinstance(target, Total):
        return Total(tuple((weight, about(term, rows)) for weight, term in target.terms))
    if isinstance(target, Difference):
        return Difference(about(target.this, rows), about(target.that, rows))
    return target


# -- which methods can be asked ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Probe:
    """A method that was tried on one example: what it said and how it was judged, and the passes for both."""

    method: Asked
    recipe: Method
    row: Row
    passes: int

    def as_json(self) -> dict[str, Any]:
        """The method as it was given, in a form that `explain` takes."""
        if isinstance(self.method, Mapping):
            return dict(self.method)
        return {"method": self.method} if isinstance(self.method, str) else as_json(self.recipe)


@dataclass(frozen=True)
class Sifted:
    """Methods that can be compared within a budget, and why each other one cannot."""

    kept: list[Probe]
    left_out: dict[str, str]


def sifted(model: Model, few: Few, methods: Sequence[Asked], metric: Any, how: Parts, budget: int, seed: int) -> Sifted:
    """The methods tried one after the other on the first example, beside the controls, until the budget is used up.

    Raises BadInput when none is left, BadSetting for a budget that does not last for the controls.
    """
    check_whole("budget", budget, 1)
    one = first(few)
    with undisturbed():
        packed = model.pack(one.x)
        judge = metric_of(metric, tuple(packed.x.shape[1:]))
        refuse_unmasked([judge], one.masks)
        start = in_layout(model, one.x, packed, how.baseline)
        with model.asking(packed) as bound:
            bound.question.limit = budget
            subject = controlled(bound, one, replace(how, baseline=start), judge, budget, seed)
            found = Sifted([], {})
            for method in methods:
                attempt(found, subject, method, recipe_of(method, {}, model, one.x, packed), judge)
    if not found.kept:
        name, reason = list(found.left_out.items())[-1]
        raise BadInput(
            f"none of {len(methods)} methods can be asked; {name}: {reason}. One at least was expected. Name others in "
            "methods=, or raise budget=.",
            left_out=found.left_out,
        )
    return found


def controlled(model: Model, one: Few, how: Parts, judge: Metric, budget: int, seed: int) -> Subject:
    """The subject of one example, once the controls have been judged; what they need cannot be saved."""
    try:
        subject = subject_about(model, one.target, how, one.masks)
        for control in (Random(seed), Edge()):
            probed(subject, control, control, judge)
    except Spent:
        raise BadSetting(
            f"budget={budget} does not last for the controls alone, which {judge.name} judges, too. More passes for "
            "each example were expected. Raise budget=, or take a metric with fewer steps or samples.",
            setting="budget",
        ) from None
    return subject


def attempt(found: Sifted, subject: Subject, method: Asked, recipe: Method, judge: Metric) -> None:
    """Keep a method, or say why not; one that was left out costs nothing."""
    question = subject.model.question
    start, limit = question.used, question.limit or 0
    try:
        found.kept.append(probed(subject, method, recipe, judge))
    except Spent:
        found.left_out[worded(method)] = f"it needs more than the {limit - start} passes that are left for each example"
    except VitrailError as error:
        found.left_out[worded(method)] = str(error).partition(". ")[0]
    else:
        return
    question.limit = limit + question.used - start


def probed(subject: Subject, method: Asked, recipe: Method, judge: Metric) -> Probe:
    question = subject.model.question
    start = question.used
    (row,) = judging(subject, question.packed, {worded(method): recipe}, [judge])
    return Probe(method, recipe, row, question.used - start)


def worded(method: Asked) -> str:
    """A method as a user would write it."""
    if isinstance(method, Mapping):
        rest = ", ".join(f"{name}={as_json(value)}" for name, value in method.items() if name != "method")
        return f"{method.get('method')} {rest}".strip()
    return method if isinstance(method, str) else NAMES.get(type(method), type(method).__name__.lower())


# -- who wins ---------------------------------------------------------------------------------------------------


def winner(board: Explanation) -> tuple[int, str]:
    """The row of the method to take, and why. Raises BadInput where the metric has no score for any."""
    names = board.labels["method"][: -len(CONTROLS)]
    rank = board.arrays["rank"][: len(names), 0]
    if not rank.any():
        raise BadInput(
            f"{board.labels['metric'][0]} has no score for any of {listed(names)}. Scores for two examples were "
            "expected. Choose by another metric, or on more examples."
        )
    best = np.flatnonzero(rank == rank[rank > 0].min())
    taken = int(best[board.arrays["evaluations"][best].argmin()])
    return taken, because(board, [names[i] for i in best], names[taken])


def because(board: Explanation, best: Sequence[str], taken: str) -> str:
    """Why a method was taken, in a sentence or two."""
    examples, metric = board.checks["examples"], board.labels["metric"][0]
    by = f"by {metric} over {examples} examples"
    if len(best) == 1:
        said = f"{taken} is the best of {len(board.labels['method']) - len(CONTROLS)} {by}."
    else:
        sure = f"at {100 * board.checks['confidence']:g} %"
        said = f"{listed(best)} cannot be told apart {by} {sure}; {taken} needs the fewest passes of them."
    weak = [name for name in CONTROLS if not above(board, taken, name)]
    return f"{said} It does not beat {' and '.join(weak)}." if weak else said


def above(board: Explanation, name: str, control: str) -> bool:
    """Whether a method is better than a control for sure."""
    names = board.labels["method"]
    one, other = (board.arrays["scores"][:, names.index(each), 0] for each in (name, control))
    return beats(one, other, board.labels["better"][0], board.checks["confidence"], board.provenance["seed"])
