"""The verb. Everything that is not mathematics happens here, once: x, settings, target, checks, provenance."""

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor

from vitrail.errors import BadSetting, NetworkFailed
from vitrail.explanation import Explanation
from vitrail.inputs.background import in_layout
from vitrail.inputs.classes import Labels, Pair, fitting, units
from vitrail.methods import METHODS, NAMES, Answer, Method
from vitrail.methods.gaps import checks as measured
from vitrail.methods.settings import as_json, build, method_of
from vitrail.model import Model, Packed
from vitrail.model.fingerprint import digest
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.target import Target, probabilities, target_of

Speed = Literal["auto", "plain", "fast"]


class Chooser(Protocol):
    """Finds the method to ask with; its fields are its settings.

    Returns what goes into the provenance as "choice"; its entry "method" is the method, as JSON.
    """

    def __call__(self, model: Model, x: Any, target: Any, progress: bool | Report, /) -> Mapping[str, Any]: ...


#: names that stand for a method still to be chosen, such as "auto"; rooms behind this one enter theirs
CHOOSERS: dict[str, type[Chooser]] = {}


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
    method     a name out of `vitrail.METHODS`, {"method": name, **settings}, or an instance; "auto": the method that a
               short comparison on examples of x finds, see `vitrail.choose`
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
    chooser = _chooser(method, settings)
    if chooser is not None:
        found = chooser(model, x, target, progress)
        chosen = explain(model, x, found["method"], target, speed=speed, progress=progress)
        about = {"choice": dict(found), "seconds": time.perf_counter() - began}
        return replace(chosen, provenance={**chosen.provenance, **about})
    with undisturbed(), reporting(progress) as report:
        packed = model.pack(x)
        recipe = recipe_of(method, _prepared(model, x, packed, settings), model, x, packed)
        question = target_of(target, model.classes, len(packed.x))
        with model.asking(packed, progress=report, speed=speed) as bound:
            answer, used = answered(recipe, bound, question)
            output, logits = bound.said()
            classes = fitting(model.classes, model.network.classes, output, model.name)
            checks = {**measured(bound, recipe, question, answer), **used, **answer.checks}
            prediction = [] if model.network.regresses else _prediction(output, logits, classes)
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
        labels={**packed.labels, **({"class": list(units(classes))} if classes else {})},
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
    check_speed(speed)


def check_speed(speed: str) -> None:
    if speed not in get_args(Speed):
        raise BadSetting(f"speed={speed!r} is not known. 'auto', 'plain' or 'fast' was expected. Choose one.")


def _chooser(method: Any, given: Mapping[str, Any]) -> Chooser | None:
    """What chooses the method, with its settings checked; None where a method was named."""
    told = dict(method) if isinstance(method, Mapping) else {"method": method}
    name = told.pop("method", None)
    if not isinstance(name, str) or name not in CHOOSERS:
        return None
    return build(CHOOSERS[name], {**told, **given}, METHODS, ())  # type: ignore[no-any-return]


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
    """What the network said about each example: index, name, probability; all that are on where it says labels."""
    if logits.ndim != 2:
        return []
    chances = probabilities(logits, output)
    if isinstance(classes, Pair):
        both = [classes.said(float(chance)) for chance in chances[:, 0]]
        return [{"index": classes.index(name), "name": name, "probability": chance} for name, chance in both]
    index = logits.argmax(1)
    if isinstance(classes, Labels):
        return [_labelled(int(i), classes, row) for i, row in zip(index, chances.tolist(), strict=True)]
    chance = chances.gather(1, index[:, None])[:, 0]
    return [
        {"index": int(i), "name": classes[int(i)] if int(i) < len(classes) else str(int(i)), "probability": float(p)}
        for i, p in zip(index, chance, strict=True)
    ]


def _labelled(index: int, classes: Labels, chances: list[float]) -> dict[str, Any]:
    """The likeliest label, the names of those that are on, and the probability of each."""
    on = classes.on(chances)
    name = ", ".join(on) or "none"
    return {"index": index, "name": name, "on": on, "probabilities": dict(zip(classes, chances, strict=True))}


def _asked(target: Target, model: Model, classes: tuple[str, ...]) -> dict[str, Any]:
    """The question as JSON, with the class of each example where it is one."""
    asked = target.as_json()
    index = model.predicted().tolist() if asked["target"] == "predicted" else asked.get("index")
    if asked["target"] in ("predicted", "output") and isinstance(index, int | list):
        each = index if isinstance(index, list) else [index] * len(model.rows)
        names = units(classes)
        asked["labels"] = [names[i] if -len(names) <= i < len(names) else str(i) for i in each]
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
