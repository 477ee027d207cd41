"""From a value for every token to an answer: a map of the picture, tokens of a text, steps of a series."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attention.tokens import Tokens
from vitrail.methods.attribution.cam import picture_of
from vitrail.model import Layer, Model

MATRIX = ("batch", "query", "key")


def at_places(
    values: Tensor, tokens: Tokens, model: Model, x: Tensor, last: Layer, matrix: Tensor | None = None
) -> Answer:
    """values (batch, token) where x has its places; beside them the (batch, query, key) matrix that they come from."""
    beside = {} if matrix is None else {"token_matrix": (matrix, MATRIX)}
    checks = {"own_tokens": _told(tokens)}
    kept = tokens.without_own(values)
    if tokens.grid is None:
        return Answer(kept, ("batch", _axis(kept.shape[1], model, x)), arrays=beside, checks=checks)
    answer = picture_of(kept.reshape(len(kept), *tokens.grid), model, x, last)
    return replace(answer, arrays={**answer.arrays, **beside}, checks=checks)


def _told(tokens: Tokens) -> str:
    return ", ".join(map(str, tokens.own.nonzero().flatten().tolist())) or "none"


def _axis(count: int, model: Model, x: Tensor) -> str:
    """Texts have tokens and tables features; of other x, tokens are steps when there are as many."""
    if "token" in model.axes:
        return "token"
    if count not in x.shape[1:]:
        return "token"
    return "feature" if x.ndim == 2 else "step"


def facts(weights: Tensor) -> Mapping[str, Any]:
    """How many tokens the target reads, for the checks."""
    return {"tokens_read": (weights > 0).sum(1)}
