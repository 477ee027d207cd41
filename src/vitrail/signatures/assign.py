"""What fitted signatures say about other examples: their clusters, how usual they are, and where they flow."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from vitrail import trust as judging
from vitrail.explanation import Array, Explanation
from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.model.undisturbed import undisturbed
from vitrail.signatures.activations import Part
from vitrail.signatures.answer import Fitted, explanation, same_network, under
from vitrail.signatures.outcome import check_length
from vitrail.signatures.read import as_stored, read
from vitrail.signatures.trusted import reading, refuse_untrusted
from vitrail.signatures.words import words_of
from vitrail.trust.reading import Reading


def assign(answer: Explanation, x: Any, labels: Any = None, *, model: Model | None = None) -> Explanation:
    """The signatures of other examples, by the clusters of a fit; also of classes that the network never saw.

    answer   what vitrail.signatures gave, or was saved and loaded
    x        the examples (n, ...)
    labels   (n,) their classes, if they are known
    model    the network, where the answer was loaded without one

    Returns an Explanation of kind "signature" with `values` (n, layers), label, predicted and distance.
    Raises BadInput for another network, and for labels that do not fit.
    """
    began, fitted, network = time.perf_counter(), Fitted.of(answer), same_network(answer, model)
    examples = Examples(x)
    if labels is not None:
        check_length(np.asarray(labels), len(examples))
    with undisturbed():
        all_of = [short(each, fitted) for each in readings(fitted, network, examples)]
    clusters, distance, predicted, said = (np.concatenate(arrays) for arrays in zip(*all_of, strict=True))
    label = fitted.outcome.labels(labels, len(examples))
    names = list(answer.labels["class"])
    names += [str(i) for i in range(len(names), int(label.max()) + 1)]
    known = label >= 0
    return explanation(
        {
            "values": (clusters, ("batch", "layer")), "label": (label, ("batch",)),
            "predicted": (predicted, ("batch",)), "distance": (distance, ("batch", "layer")),
        },
        network,
        checks={
            "examples": len(examples),
            "clusters": answer.checks["clusters"],
            "accuracy": float((label == predicted)[known].mean()) if known.any() else None,
        },
        outputs=said,
        target=answer.target,
        labels={**answer.labels, "class": names},
        provenance={**answer.provenance, "method": "assign", "seconds": time.perf_counter() - began},
    )  # fmt: skip


def readings(fitted: Fitted, model: Model, examples: Examples) -> Iterator[Reading]:
    """Other examples as they are read by the fit, a part at a time."""
    plan = fitted.plan(model, examples)
    for start in range(0, len(examples), plan.part):
        rows = np.arange(start, min(start + plan.part, len(examples)))
        part: Part = as_stored(read(model, plan, examples, rows), fitted.keep)
        yield reading(fitted.paths, fitted.outcome, part.logits, part.activations)


def short(each: Reading, fitted: Fitted) -> tuple[Array, Array, Array, Array]:
    return each.clusters, each.distances, each.predicted, fitted.outcome.said(each.logits)


def trust(answer: Explanation, x: Any, *, model: Model | None = None) -> Explanation:
    """How usual examples are for the network: conformal p-values, 1 for usual, near 0 for unlike training.

    answer   what vitrail.signatures gave, or was saved and loaded
    x        the examples (n, ...)
    model    the network, where the answer was loaded without one

    Returns an Explanation of kind "score": `values` (n,) is the combined p-value; "score/<name>" and "p/<name>" are
    the single scores (high for unusual) and their p-values; labels["unusual"] says in words what is unusual.
    Raises BadInput for another network, and for signatures without examples to calibrate with.
    """
    began, fitted, network = time.perf_counter(), Fitted.of(answer), same_network(answer, model)
    facts = answer.target["trust"]
    refuse_untrusted(facts)
    examples, state = Examples(x), under(answer, "trust/")
    with undisturbed():
        each = [(one, judging.judge(state, facts, one)) for one in readings(fitted, network, examples)]
        packed = network.pack(x)
    told = [text for one, verdict in each for text in words_of(answer, one, verdict)]
    arrays: dict[str, Array] = {
        "values": np.concatenate([verdict.combined for _, verdict in each]),
        **{f"score/{name}": np.concatenate([v.scores[name] for _, v in each]) for name in each[0][1].scores},
        **{f"p/{name}": np.concatenate([v.p[name] for _, v in each]) for name in each[0][1].p},
        "cluster": np.concatenate([one.clusters for one, _ in each]),
        "predicted": np.concatenate([one.predicted for one, _ in each]),
    }
    axes = {name: ("batch", "layer")[: array.ndim] for name, array in arrays.items()}
    return Explanation(
        "score",
        {**arrays, "input": packed.x.cpu().numpy(), **packed.shown},
        {**axes, "input": packed.axes, **packed.shown_axes},
        checks={
            "calibration": facts["calibration"],
            "calibrated_on": facts["calibrated_on"],
            "weights": facts.get("weights", {}),
        },
        outputs=np.concatenate([one.logits for one, _ in each]),
        target={"target": "trust", "layers": answer.target["layers"]},
        labels={**packed.labels, "class": answer.labels["class"], "layer": answer.labels["layer"], "unusual": told},
        provenance={**answer.provenance, "method": "trust", "seconds": time.perf_counter() - began},
        model=network,
    )
