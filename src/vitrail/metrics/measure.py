"""The verb for one explanation and one metric: how good an answer is."""

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import Explanation, bound
from vitrail.inputs.background import in_layout
from vitrail.inputs.fills import Filling
from vitrail.methods import METHODS, Answer, Method
from vitrail.methods.settings import as_json, method_of
from vitrail.metrics.choose import Metric, metric_of
from vitrail.metrics.laying import JUDGED, laid
from vitrail.metrics.parts import Parts, subject_about
from vitrail.metrics.subject import judged
from vitrail.model import Model, Packed
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.target import Output, Predicted, Target, target_of

AGAIN = ("robustness", "randomisation", "consistency")  #: families that ask the method again


def measure(
    model: Model,
    answer: Explanation,
    metric: str | Mapping[str, Any] | Metric,
    masks: Any = None,
    *,
    x: Any = None,
    target: Any = None,
    players: Any = "auto",
    patch: int | None = None,
    count: int = 50,
    fill: Filling = "baseline",
    baseline: Any = 0.0,
) -> Explanation:
    """How good an explanation is, by one metric.

    model    the network that was explained
    answer   what `explain` gave
    metric   a name out of vitrail.METRICS, {"metric": name, **settings}, or an instance
    masks    (examples, ...) where the answer should be found, for metrics of localisation; boxes as in `compare`
    x        what was explained, where it was no plain array: texts, tables, several inputs
    target   the question, where it was neither a class nor "predicted"
    players  what is taken away together, as in `compare`, with patch, count, fill and baseline

    Returns an Explanation of kind "score": `values` (examples,), NaN where the metric is not defined. checks["better"]
    says which way is better.
    Raises BadInput for an answer about another network, of a kind that has no shares, or about another x; BadSetting.
    """
    began = time.perf_counter()
    bound(answer, model)
    refuse_kind(answer)
    with undisturbed():
        packed = pack_again(model, answer, x)
        judge = metric_of(metric, tuple(packed.x.shape[1:]))
        question = target_of(asked(answer) if target is None else target, model.classes, len(packed.x))
        with model.asking(packed) as asking:
            start = in_layout(model, answer.arrays["input"] if x is None else x, packed, baseline)
            subject = subject_about(asking, question, Parts(players, patch, count, fill, start), masks)
            recipe = recipe_of(answer, packed) if getattr(judge, "asks", judge.family in AGAIN) else None
            values = laid(given(answer), packed, answer.method)
            scores = judge(subject, judged(subject, values, recipe)).detach().double().cpu().numpy()
    settings = {f.name: as_json(getattr(judge, f.name)) for f in fields(judge)}  # type: ignore[arg-type]
    return replace(
        answer,
        kind="score",
        arrays={"values": scores, "input": answer.arrays["input"]},
        axes={"values": ("batch",), "input": answer.axes["input"]},
        checks={"better": judge.better, "metric": judge.name, "of": answer.method},
        provenance={
            **answer.provenance,
            "method": judge.name,
            "settings": settings,
            "of": {"method": answer.method, "settings": answer.provenance.get("settings", {})},
            "versions": versions(),
            "seconds": time.perf_counter() - began,
        },
    )


def refuse_kind(answer: Explanation) -> None:
    if answer.kind not in JUDGED or "values" not in answer.arrays:
        raise BadInput(
            f"an answer of kind {answer.kind!r} has no shares of one x to judge. One of kind {', '.join(JUDGED)} was "
            "expected. Explain x first, by a method that says which parts matter."
        )


def pack_again(model: Model, answer: Explanation, x: Any) -> Packed:
    """x at the door once more.

    Raises BadInput when it is not what was explained.
    """
    packed = model.pack(answer.arrays["input"] if x is None else x)
    seen = torch.as_tensor(answer.arrays["input"])
    if packed.x.shape != seen.shape or not torch.allclose(packed.x.cpu(), seen.to(packed.x.dtype), atol=1e-6):
        raise BadInput(
            f"x of shape {tuple(packed.x.shape)} is not what was explained, {tuple(seen.shape)}. The same examples "
            "were expected. Give x=, as it was given to explain."
        )
    return packed


def given(answer: Explanation) -> Answer:
    """The values with their axes, as a method gave them."""
    values = torch.as_tensor(np.asarray(answer.arrays["values"]))
    return Answer(values, answer.axes["values"], answer.kind)


def asked(answer: Explanation) -> Target:
    """The question of an answer.

    Raises BadSetting where it cannot be read off the answer.
    """
    about = answer.target
    if about.get("target") == "predicted":
        return Predicted(about.get("of", "logit"))
    if about.get("target") == "output":
        index, of = about["index"], about.get("of", "logit")
        single = isinstance(index, list) and len(index) != len(answer)
        return Output(tuple(index) if single else index, of)
    raise BadSetting(
        f"the question {about.get('target')!r} cannot be asked again out of the answer alone. The target itself was "
        "expected. Say target=, as it was said to explain."
    )


def recipe_of(answer: Explanation, packed: Packed) -> Method:
    """The method of an answer, with its settings."""
    told = {"method": answer.method, **answer.provenance.get("settings", {})}
    return method_of(told, METHODS, tuple(packed.x.shape[1:]))
