"""The verb. Everything that is not mathematics happens here, once: x, settings, target, checks, provenance."""

import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadSetting, VitrailError
from vitrail.explanation import Explanation
from vitrail.inputs.baselines import Baseline, Constant, Given
from vitrail.methods import METHODS, NAMES, Answer, Method
from vitrail.methods.attribution.adaptive import start_scores
from vitrail.methods.settings import as_json, checked, method_of
from vitrail.model import Model, Packed, Trace
from vitrail.model.fingerprint import digest
from vitrail.target import Target, probabilities, target_of

Speed = Literal["auto", "plain", "fast"]


def explain(
    model: Model,
    x: Any,
    method: str | Mapping[str, Any] | Method = "integrated-gradients",
    target: Any = "predicted",
    *,
    speed: Speed = "auto",
    progress: bool | Callable[[int, int], None] = False,
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
    if speed not in ("auto", "plain", "fast"):
        raise BadSetting(f"speed={speed!r} is not known. 'auto', 'plain' or 'fast' was expected. Choose one.")
    with undisturbed(), _bar(progress) as report:
        packed = model.pack(x)
        recipe = _recipe(model, method, settings, packed)
        question = target_of(target, model.classes, len(packed.x))
        with model.asking(packed, progress=report, speed=speed) as bound:
            given = recipe(bound, packed.x, question)
            answer = given if isinstance(given, Answer) else Answer(given)
            checks = _checks(bound, recipe, question, answer)
            output, logits = bound.said()
            prediction = _prediction(output, logits, model.classes)
            asked = _asked(question, bound, model.classes)
            used = dict(bound.question.speedups)
    _same_shape(recipe, answer, packed)
    arrays, axes = _arrays(answer, packed)
    return Explanation(
        kind=answer.kind,
        arrays=arrays,
        axes=axes,
        checks=checks,
        outputs=_numpy(output),
        target=asked,
        labels={**packed.labels, **({"class": list(model.classes)} if model.classes else {})},
        provenance={
            **_provenance(model, recipe, packed),
            "prediction": prediction,
            "speedups": used,
            "seconds": time.perf_counter() - began,
        },
    )


def _recipe(model: Model, method: Any, settings: Mapping[str, Any], packed: Packed) -> Method:
    """The method with all its settings checked."""
    shape = tuple(packed.x.shape[1:])
    given = {
        k: Given(model.pack(v).x) if k == "baseline" and isinstance(v, tuple | dict) else v for k, v in settings.items()
    }
    if isinstance(method, str):
        return method_of({"method": method, **given}, METHODS, shape)
    if isinstance(method, Mapping):
        return method_of({**method, **given}, METHODS, shape)
    if given:
        raise BadSetting(
            f"settings {', '.join(given)} were given beside {type(method).__name__}(...), which has its own. "
            "One or the other was expected. Put them into the method, or name the method."
        )
    return checked(method_of(method, METHODS, shape), METHODS, shape)


# -- checks -------------------------------------------------------------------------------------------------


def _checks(model: Model, recipe: Method, target: Target, answer: Answer) -> dict[str, Any]:
    """What was measured: the completeness gap, the passes used, and what the method measured itself."""
    question = model.question
    used = {"evaluations": question.forwards, "gradients": question.backwards}
    x = question.packed.x
    score = _score(model, x, target)
    promised = "completeness" in getattr(recipe, "laws", ())
    checks: dict[str, Any] = {"target_value": score}
    if promised or answer.values.shape == x.shape:
        change = score - start_scores(model, x, target, _baseline(recipe)(x, model.axes))
        total = answer.values.flatten(1).sum(1) if answer.total is None else answer.total
        gap = (total - change).abs()
        checks |= {"completeness_gap": gap, "completeness_gap_relative": gap / change.abs()}
    else:
        checks["completeness_gap"] = torch.full_like(score, torch.nan)
    checks["completeness"] = "promised" if promised else "measured only"
    return {k: _numpy(v) if isinstance(v, Tensor) else v for k, v in {**checks, **used, **answer.checks}.items()}


def _baseline(recipe: Any) -> Baseline:
    """The baseline of a method, or of the method that it wraps; zeros for those without."""
    if hasattr(recipe, "baseline"):
        return recipe.baseline  # type: ignore[no-any-return]
    return _baseline(recipe.of) if hasattr(recipe, "of") else Constant(0.0)


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
    axes |= {n: a for n, (_, a) in beside.items()} | {"input": packed.axes}
    axes |= dict.fromkeys(packed.shown, ("batch", "height", "width", "channel"))
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
        "input": digest({"x": packed.x}),
        "device": str(packed.x.device),
        "dtype": str(packed.x.dtype).removeprefix("torch."),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The versions of what computed the answer; only of what is loaded."""
    names = [n for n in ("vitrail", "torch", "numpy", "keras", "transformers") if n in sys.modules]
    return {"python": platform.python_version(), **{name: str(sys.modules[name].__version__) for name in names}}


def _same_shape(recipe: Method, answer: Answer, packed: Packed) -> None:
    """A method's values must be like x unless it names its own axes: a stranger's method is told so."""
    if answer.axes is None and answer.values.shape != packed.x.shape:
        raise VitrailError(
            f"{type(recipe).__name__} returned values of shape {tuple(answer.values.shape)} for x of shape "
            f"{tuple(packed.x.shape)}. The same shape was expected. Return Answer(values, axes=...) to name other axes."
        )


def _numpy(value: Tensor) -> Any:
    return value.detach().cpu().numpy()


# -- leaving things as found --------------------------------------------------------------------------------


@contextmanager
def undisturbed() -> Iterator[None]:
    """Global random numbers (torch, CUDA, numpy, Python) as found, also after an exception."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002  it is kept, not used
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def _bar(progress: bool | Callable[[int, int], None]) -> Iterator[Callable[[int, int], None] | None]:
    """A function to report progress to: the user's own, a bar on the terminal, or none."""
    if callable(progress) or not progress:
        yield progress or None
        return
    from rich.progress import Progress

    with Progress(transient=True) as bar:
        task = bar.add_task("explaining", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
