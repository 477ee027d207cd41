"""The verb. Everything that is not mathematics happens here, once: x, settings, target, checks, provenance."""

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from vitrail.errors import BadSetting, NetworkFailed
from vitrail.explanation import Explanation
from vitrail.inputs.background import in_layout
from vitrail.inputs.baselines import Baseline, Constant, baseline_of
from vitrail.inputs.classes import fitting
from vitrail.methods import METHODS, NAMES, Answer, Method
from vitrail.methods.attribution.path import start_scores
from vitrail.methods.settings import as_json, method_of
from vitrail.model import Model, Packed, Trace
from vitrail.model.fingerprint import digest
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.target import Target, probabilities, target_of

Speed = Literal["auto", "plain", "fast"]


def explain(
    model: Model,
    x: Any,
    method: str | Mapping[str, Any] | Method = "integrated-gradients",
    target: Any = "predicted",
    *,
    speed: Speed = "auto",
    progress: bool | Report = False,
    **settings: Any,
) -> Explanation:
    """Ask why the model answered x as it did.

    model      what `vitrail.open` gave
    x          (batch, ...) arrays or tensors, pictures, paths, texts, a DataFrame; a tuple or dict for several inputs
    method     a name out of `vitrail.METHODS`, {"method": name, **settings}, or an instance
    target     an int, one int per example, a class name, "predicted", or a Target
    speed      "auto": long sweeps may use a plan that was checked against the plain path; "plain"; "fast"
    progress   True for a bar, or a function of (points done, points in all)
    settings   of the method, when it is given by name

    Returns an Explanation; its `values` are shaped like x, in x's own layout.
    The network's mode, hooks, gradients and parameters, and the global random numbers, are left as found.

    Raises a VitrailError: NoSuchMethod, BadSetting, BadTarget, BadInput, NoSuchLayer, WrongLayer, NoGradient ...
    """
    began = time.perf_counter()
    _check_call(model, speed)
    with undisturbed(), reporting(progress) as report:
        packed = model.pack(x)
        recipe = recipe_of(method, _prepared(model, x, packed, settings), model, x, packed)
        question = target_of(target, model.classes, len(packed.x))
        with model.asking(packed, progress=report, speed=speed) as bound:
            answer, used = answered(recipe, bound, question)
            output, logits = bound.said()
            classes = fitting(model.classes, model.network.classes, output, model.name)
            checks = {**_checks(bound, recipe, question, answer), **used, **answer.checks}
            prediction = [] if getattr(model.network, "regresses", False) else _prediction(output, logits, classes)
            asked = _asked(question, bound, classes)
            speedups = dict(bound.question.speedups)
    arrays, axes = _arrays(answer, packed)
    return Explanation(
        kind=answer.kind,
        arrays=arrays,
        axes=axes,
        checks={name: _numpy(v) if isinstance(v, Tensor) else v for name, v in checks.items()},
        outputs=_numpy(output),
        target=asked,
        labels={**packed.labels, **({"class": list(classes)} if classes else {})},
        provenance={
            **_provenance(model, recipe, packed),
            "prediction": prediction,
            "speedups": speedups,
            "seconds": time.perf_counter() - began,
        },
    )


# -- what was asked -----------------------------------------------------------------------------------------


def _check_call(model: object, speed: str) -> None:
    if not isinstance(model, Model):
        raise BadSetting(
            f"model is a {type(model).__name__}. What vitrail.open gives was expected. Open it first: "
            "vitrail.explain(vitrail.open(network), x)."
        )
    if speed not in get_args(Speed):
        raise BadSetting(f"speed={speed!r} is not known. 'auto', 'plain' or 'fast' was expected. Choose one.")


def recipe_of(method: Any, given: Mapping[str, Any], model: Model, x: Any, packed: Packed) -> Method:
    """The method with all its settings checked."""
    if isinstance(method, str):
        method = {"method": method, **given}
    elif isinstance(method, Mapping):
        method = {**_prepared(model, x, packed, method), **given}
    elif given:
        raise BadSetting(
            f"settings {', '.join(given)} were given beside {type(method).__name__}(...), which has its own. "
            "One or the other was expected. Put them into the method, or name the method."
        )
    return method_of(_prepared(model, x, packed, method), METHODS, tuple(packed.x.shape[1:]))


def _prepared(model: Model, x: Any, packed: Packed, settings: Any) -> Any:
    """Settings, or an instance of a method, with baselines as methods see them; also those of methods inside."""

    def one(name: str, value: Any) -> Any:
        inner = name == "of" and (isinstance(value, Mapping) or type(value) in NAMES)
        return in_layout(model, x, packed, value) if name == "baseline" else again(value) if inner else value

    def again(value: Any) -> Any:
        return _prepared(model, x, packed, value)

    if isinstance(settings, Mapping):
        return {name: one(name, value) for name, value in settings.items()}
    if type(settings) not in NAMES:
        return settings
    return replace(settings, **{f.name: one(f.name, getattr(settings, f.name)) for f in fields(settings)})


def answered(recipe: Method, bound: Model, question: Target) -> tuple[Answer, dict[str, int]]:
    """The answer of a method, in a shape that can be written down, and the passes that it used.

    Raises NetworkFailed when the network says NaN about x: nothing can be made of that.
    """
    x = bound.question.packed.x
    try:
        given = recipe(bound, x, question)
    except RuntimeError:  # such as a decomposition of NaN
        _check_said(bound)
        raise
    used = {"evaluations": bound.question.forwards, "gradients": bound.question.backwards}
    answer = given if isinstance(given, Answer) else Answer(given)
    _check_shape(recipe, answer, x)
    _check_said(bound)
    return answer, used


def _check_said(bound: Model) -> None:
    broken = bound.said()[0].isnan().flatten(1).any(1)
    if bool(broken.any()):
        raise NetworkFailed(
            f"{bound.name} returned NaN for {int(broken.sum())} of {len(broken)} examples, the first of them x["
            f"{int(broken.nonzero()[0, 0])}]. Numbers were expected. Check the weights, and that x is scaled as in "
            "training."
        )


def _check_shape(recipe: Method, answer: Answer, x: Tensor) -> None:
    """A method's values must be like x unless it names its own axes: a stranger's method is told so."""
    values, name = answer.values, type(recipe).__name__
    if not isinstance(values, Tensor):
        raise BadSetting(
            f"{name} returned a {type(values).__name__}. A torch tensor shaped like x, or an Answer, was expected. "
            "Return torch.as_tensor(values)."
        )
    if values.shape[:1] != x.shape[:1] or (answer.axes is None and values.shape != x.shape):
        raise BadSetting(
            f"{name} returned values of shape {tuple(values.shape)} for x of shape {tuple(x.shape)}. "
            "The same shape was expected. Return Answer(values, axes=...) to name other axes behind the batch."
        )


# -- checks -------------------------------------------------------------------------------------------------


def _checks(model: Model, recipe: Method, target: Target, answer: Answer) -> dict[str, Any]:
    """What is measured about every answer, whatever the method measures itself."""
    score = _score(model, model.question.packed.x, target)
    promised = "completeness" in getattr(recipe, "laws", ())
    return {
        "target_value": score,
        **_gap(model, recipe, target, answer, score, promised),
        "completeness": "promised" if promised else "measured only",
        "finite": answer.values.flatten(1).isfinite().all(1),
    }


def _gap(model: Model, recipe: Any, target: Target, answer: Answer, score: Tensor, promised: bool) -> dict[str, Tensor]:
    """How far the values are from adding up: to the target itself for methods that share it out, else to its change."""
    x = model.question.packed.x
    if getattr(recipe, "conserves", False):
        return _apart("conservation_gap", answer, score)
    if not promised and answer.values.shape != x.shape:
        return {"completeness_gap": torch.full_like(score, torch.nan)}
    start = answer.start
    if start is None:
        start = start_scores(model, x, target, _baseline(recipe, x)(x, model.axes))
    if promised and bool(start.isnan().any()):
        raise NetworkFailed(
            f"{model.name} returned NaN at the baseline, so that nothing can be shared out. Numbers were expected. "
            "Choose a baseline on which the network works."
        )
    return _apart("completeness_gap", answer, score - start)


def _apart(name: str, answer: Answer, whole: Tensor) -> dict[str, Tensor]:
    """The distance of the total from the whole, also as a share of it; NaN where nothing adds up."""
    gap = (whole - (answer.values.flatten(1).sum(1) if answer.total is None else answer.total)).abs()
    return {name: gap, f"{name}_relative": torch.where(gap == 0, gap, gap / whole.abs())}


def _baseline(recipe: Any, x: Tensor) -> Baseline:
    """The baseline of a method, or of the method that it wraps; zeros for those without."""
    if getattr(recipe, "baseline", None) is not None:
        return baseline_of(recipe.baseline, tuple(x.shape[1:]))
    return _baseline(recipe.of, x) if hasattr(recipe, "of") else Constant(0.0)


def _score(model: Model, x: Tensor, target: Target) -> Tensor:
    """(batch,) the target at x, from what the network has already said if that is enough."""
    if target.layers:
        return model(x, target)
    output, logits = model.said()
    with torch.no_grad():
        return target(Trace(x, output, logits, model.rows, predicted=model.predicted)).detach()


# -- what is written down -----------------------------------------------------------------------------------


def _arrays(answer: Answer, packed: Packed) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """The arrays in the user's own layout, with their axes."""
    beside = {name: (_numpy(a), axes or packed.axes) for name, (a, axes) in answer.arrays.items()}
    if answer.axes is None:
        arrays, axes = packed.unpack(_numpy(answer.values), answer.total is None), dict(packed.out_axes)
        error = beside.pop("standard_error", None)
        if error is not None and len(arrays) == 1 and arrays["values"].shape == error[0].shape:
            beside["standard_error"] = (error[0], axes["values"])
    else:
        arrays, axes = {"values": _numpy(answer.values)}, {"values": answer.axes}
    arrays |= {n: a for n, (a, _) in beside.items()} | {"input": _numpy(packed.x)} | dict(packed.shown)
    axes |= {n: a for n, (_, a) in beside.items()} | {"input": packed.axes} | packed.shown_axes
    return arrays, axes


def _prediction(output: Tensor, logits: Tensor, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the network said about each example: index, name, probability."""
    if logits.ndim != 2:
        return []
    chances = probabilities(logits, output)
    index = logits.argmax(1)
    chance = chances.gather(1, index[:, None])[:, 0]
    return [
        {"index": int(i), "name": classes[int(i)] if int(i) < len(classes) else str(int(i)), "probability": float(p)}
        for i, p in zip(index, chance, strict=True)
    ]


def _asked(target: Target, model: Model, classes: tuple[str, ...]) -> dict[str, Any]:
    """The question as JSON, with the class of each example where it is one."""
    asked = target.as_json()
    index = model.predicted().tolist() if asked["target"] == "predicted" else asked.get("index")
    if asked["target"] in ("predicted", "output") and isinstance(index, int | list):
        each = index if isinstance(index, list) else [index] * len(model.rows)
        asked["labels"] = [classes[i] if -len(classes) <= i < len(classes) else str(i) for i in each]
    return asked


def _provenance(model: Model, recipe: Method, packed: Packed) -> dict[str, Any]:
    about = as_json(recipe) if hasattr(recipe, "__dataclass_fields__") else {}
    about.pop("method", None)
    return {
        "method": NAMES.get(type(recipe), type(recipe).__name__),
        "settings": about,
        "seed": about.get("seed"),
        "model": {"name": model.name, "framework": model.network.framework, "weights": model.fingerprint.digest()},
        "input": _digest(packed),
        "device": str(packed.x.device),
        "dtype": str(packed.x.dtype).removeprefix("torch."),
        "versions": versions(),
    }


def _digest(packed: Packed) -> str:
    """The hash of all that the network was given: x, and the masks, ids and codes beside it."""
    feed = packed.feed(packed.x, torch.arange(len(packed.x), device=packed.x.device))
    beside = {**{str(i): part for i, part in enumerate(feed.args)}, **feed.kwargs}
    return digest({"x": packed.x, **{n: p for n, p in beside.items() if isinstance(p, Tensor) and p is not packed.x}})


def _numpy(value: Tensor) -> Any:
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
