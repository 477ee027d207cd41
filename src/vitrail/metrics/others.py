"""Other networks of the same task: how far apart the explanations that two of them give for an example are."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vitrail.errors import BadInput, BadSetting
from vitrail.methods.answer import Method
from vitrail.metrics.again import Same, answer, once, own, recipe_of
from vitrail.metrics.classes import class_logits
from vitrail.metrics.near import check_numeric
from vitrail.metrics.similarity import spearman
from vitrail.metrics.subject import Judged, Subject
from vitrail.model import Model

WHY = (
    "Metrics of consistency show other networks the same numbers, which tokens, categories, or several inputs side "
    "by side are not. Leave them out for this model."
)


class Pairs(NamedTuple):
    """All pairs of the networks: the explained one and the others.

    distances  (pairs, batch) float64 from 0 to 1; NaN where one of the two explanations is constant
    both       (pairs, batch) bool: whether both networks are right about the class
    one        (pairs, batch) bool: whether exactly one of them is
    """

    distances: Tensor
    both: Tensor
    one: Tensor


def pairs(subject: Subject, judged: Judged, models: Sequence[Any], labels: Any) -> Pairs:
    """How far apart explanations are, and who is right.

    models  the other networks, opened
    labels  (batch,) the true classes; None for what the explained network says

    Raises BadSetting for what is no other network; BadInput for networks of another task.
    """
    others = tuple(models)
    said = subject.once(("others", others), lambda: _classes(subject, others))
    right = said == _labels(subject, labels)
    first, second = torch.tensor(list(combinations(range(len(said)), 2)), device=said.device).T
    recipe = recipe_of(judged)
    distances = once(subject, recipe, ("others", others), lambda: _distances(subject, recipe, others))
    return Pairs(distances, right[first] & right[second], right[first] ^ right[second])


def distance(one: Tensor, other: Tensor) -> Tensor:
    """(batch,) sqrt(1 - |rank correlation|) of rows (batch, numbers): 0 for the same order or its reverse."""
    # the root makes 1e-8 of an error of rounding, and thresholds tell equal distances apart by less
    return (1 - spearman(one, other).abs()).clamp(min=0).round(decimals=12).sqrt()


def _distances(subject: Subject, recipe: Method, others: Sequence[Model]) -> Tensor:
    given = [own(subject, recipe), *(_answer(subject, recipe, other) for other in others)]
    return torch.stack([distance(one, two) for one, two in combinations(given, 2)])


def _answer(subject: Subject, recipe: Method, other: Model) -> Tensor:
    """(batch, numbers) what a recipe says of the same examples and classes, of another network."""

    def ask() -> Tensor:
        question, target = subject.model.question, Same(subject.target, subject.model)
        return answer(other, other.pack(question.packed.x), recipe, target, question).to(subject.x.device)

    given, expected = once(subject, recipe, ("other", other), ask), own(subject, recipe)
    if given.shape != expected.shape:
        raise BadInput(
            f"the explanations of {other.name} have {given.shape[1]} numbers for an example, those of "
            f"{subject.model.name} {expected.shape[1]}. As many were expected, to be compared one by one. Give "
            "networks of the same architecture, or choose a method whose answers are laid on x."
        )
    return given


def _classes(subject: Subject, others: Sequence[Any]) -> Tensor:
    """(networks, batch) the class that each network says, the explained one first."""
    _check(subject, others)
    logits = class_logits(subject.model)
    found = [logits.argmax(1)]
    for i, other in enumerate(others):
        with other.asking(other.pack(subject.x), subject.model.question) as bound:
            said = class_logits(bound)
        if said.shape != logits.shape:
            raise BadInput(
                f"models[{i}] tells {said.shape[1]} classes apart, and the explained network {logits.shape[1]}. "
                "Networks of the same task were expected. Leave this one out."
            )
        found.append(said.argmax(1).to(logits.device))
    return torch.stack(found)


def _check(subject: Subject, others: Sequence[Any]) -> None:
    check_numeric(subject, WHY)
    if not others:
        raise BadSetting(
            "models is empty. One other network of the same task was expected at least. Say models=[vitrail.open("
            "network trained on another fold), ...].",
            setting="models",
        )
    for i, other in enumerate(others):
        if not isinstance(other, Model):
            raise BadSetting(
                f"models[{i}] is a {type(other).__name__}. What vitrail.open gives was expected. Open it first.",
                setting="models",
            )
        if any(_same(other, known) for known in (subject.model, *others[:i])):
            raise BadSetting(
                f"models[{i}] is the explained network, or another of models, once more. Networks with weights of "
                "their own were expected, since the same one always agrees with itself. Leave it out.",
                setting="models",
            )


def _same(one: Model, other: Model) -> bool:
    if one.network is other.network:
        return True
    weights = one.network.weights()  # functions show none, and then nobody knows
    return bool(weights) and one.fingerprint.digest() == other.fingerprint.digest()


def _labels(subject: Subject, labels: Any) -> Tensor:
    if labels is None:
        return subject.model.predicted()
    given = torch.as_tensor(labels, device=subject.x.device)
    if given.shape != (len(subject.x),) or given.is_floating_point() or given.dtype == torch.bool:
        raise BadInput(
            f"labels of type {given.dtype} have shape {tuple(given.shape)}. The number of the true class of each of "
            f"{len(subject.x)} examples was expected. Give them, or none: then what the explained network says counts "
            "as right."
        )
    return given
