"""Small made-up answers of every form that can be drawn."""

import numpy as np
import pytest

import vitrail.plot  # noqa: F401  registers the views
from vitrail.explanation import Explanation

RNG = np.random.default_rng


def answer(kind="attribution", *, values, axes, arrays=None, more_axes=None, batch=2, **rest):
    """An Explanation whose values are given; everything else has a default."""
    return Explanation(
        kind=kind,
        arrays={"values": values, **(arrays or {})} if values is not None else arrays,
        axes={"values": axes, **(more_axes or {})} if values is not None else more_axes,
        checks=rest.pop("checks", {}),
        outputs=rest.pop("outputs", np.tile([0.1, 0.9, 0.2], (batch, 1))),
        target=rest.pop("target", {}),
        labels=rest.pop("labels", {}),
        provenance={"method": "gradient", **rest.pop("provenance", {})},
    )


def picture_answer(values=None, *, batch=2, side=8, method="gradient", **rest):
    """Three channels summed to one heat map, on a grey picture."""
    seen = np.tile(np.linspace(0, 255, side).astype(np.uint8), (batch, side, 1))[..., None]
    values = RNG(0).normal(size=(batch, 3, side, side)) if values is None else values
    return answer(
        values=values,
        axes=("batch", "channel", "height", "width"),
        arrays={"picture": seen},
        more_axes={"picture": ("batch", "height", "width", "channel")},
        batch=batch,
        provenance={"method": method, **rest.pop("provenance", {})},
        **rest,
    )


def token_answer(tokens, values=None, **rest):
    longest = max(map(len, tokens))
    values = RNG(1).normal(size=(len(tokens), longest)) if values is None else values
    return answer(values=values, axes=("batch", "token"), labels={"token": tokens}, batch=len(tokens), **rest)


def column_answer(values, names=(), **rest):
    labels = {"feature": list(names), **rest.pop("labels", {})}
    return answer(values=values, axes=("batch", "feature"), labels=labels, batch=len(values), **rest)


def series_answer(rows=3, steps=20, **rest):
    values = RNG(2).normal(size=(2, rows, steps))
    return answer(values=values, axes=("batch", "channel", "step"), **rest)


def map_answer(values=None, **rest):
    values = np.abs(RNG(3).normal(size=(2, 8, 8))) if values is None else values
    layer = values[:, ::4, ::4]
    axes = ("batch", "height", "width")
    return answer("map", values=values, axes=axes, arrays={"layer_map": layer}, more_axes={"layer_map": axes}, **rest)


def two_input_answer(**rest):
    return answer(
        values=None,
        axes=None,
        arrays={"values/0": RNG(4).normal(size=(2, 1, 8, 8)), "values/1": np.array([[1.0, -2.0], [3.0, 0.5]])},
        more_axes={"values/0": ("batch", "channel", "height", "width"), "values/1": ("batch", "feature")},
        labels={"input": ["scan", "record"], "feature": {"1": ["age", "dose"]}},
        **rest,
    )


def shares_answer(values=None, *, names=None, error=None, seen=None, base=0.5, kind="players", **rest):
    """Players of a table: columns of numbers, each a player of its own."""
    values = RNG(5).normal(size=(6, 4)) if values is None else np.asarray(values, np.float64)
    batch, count = values.shape
    names = [f"column {i}" for i in range(count)] if names is None else list(names)
    return answer(
        kind,
        values=values,
        axes=("batch", "feature"),
        arrays={
            "standard_error": np.zeros_like(values) if error is None else np.asarray(error, np.float64),
            "base_value": np.full(batch, base),
            "players": np.arange(count)[None],
            "input": np.arange(values.size, dtype=float).reshape(values.shape) if seen is None else np.asarray(seen),
        },
        more_axes={
            "standard_error": ("batch", "feature"),
            "base_value": ("batch",),
            "players": ("batch", "feature"),
            "input": ("batch", "feature"),
        },
        batch=batch,
        checks={"target_value": base + values.sum(1), **rest.pop("checks", {})},
        labels={"feature": names, "player": names, **rest.pop("labels", {})},
        **rest,
    )


def census_answer(values=((0.5, -1.0, 0.25), (0.1, 2.0, -0.2)), **rest):
    """Three columns of a table; the second was spread over three columns of 0 and 1."""
    values = np.asarray(values, np.float64)
    return answer(
        "players",
        values=values,
        axes=("batch", "player"),
        arrays={
            "standard_error": np.full_like(values, 0.01),
            "base_value": np.array([1.0, 2.0]),
            "players": np.array([[0, 1, 1, 1, 2]]),
            "input": np.array([[0.3, 0, 1, 0, 2.0], [-0.2, 1, 0, 0, 3.0]]),
            "shown": np.array([[39, 1, 40.5], [20, 0, 30.25]]),
        },
        more_axes={
            "standard_error": ("batch", "player"),
            "base_value": ("batch",),
            "players": ("batch", "feature"),
            "input": ("batch", "feature"),
            "shown": ("batch", "player"),
        },
        checks={"target_value": np.array([0.75, 3.9])},
        labels={
            "feature": ["age", "work=public", "work=private", "work=none", "hours"],
            "player": ["age", "work", "hours"],
            "group": [0, 1, 1, 1, 2],
            "category": {"work": ["public", "private", "none"]},
        },
        **rest,
    )


def region_answer(**rest):
    """Four players on a picture of 8 by 8, and two pixels that are always there."""
    labels = np.repeat(np.repeat([[0, 1], [2, 3]], 4, 0), 4, 1)[None].repeat(2, 0)
    labels[1, 0, :2] = -1
    return answer(
        "players",
        values=np.array([[1.0, -2.0, 0.5, 0.25], [3.0, 1.0, -1.0, 0.0]]),
        axes=("batch", "player"),
        arrays={
            "standard_error": np.zeros((2, 4)),
            "base_value": np.array([0.125, 0.25]),
            "players": labels,
            "picture": np.tile(np.linspace(0, 255, 8).astype(np.uint8), (2, 8, 1))[..., None],
        },
        more_axes={
            "standard_error": ("batch", "player"),
            "base_value": ("batch",),
            "players": ("batch", "height", "width"),
            "picture": ("batch", "height", "width", "channel"),
        },
        checks={"target_value": np.array([-0.125, 3.25])},
        **rest,
    )


def sentence_answer(**rest):
    """Two sentences of a text, three tokens and two; what the tokenizer adds is always there."""
    return answer(
        "players",
        values=np.array([[1.5, -0.5]]),
        axes=("batch", "player"),
        arrays={
            "standard_error": np.zeros((1, 2)),
            "base_value": np.array([0.25]),
            "players": np.array([[-1, 0, 0, 0, 1, 1, -1]]),
        },
        more_axes={
            "standard_error": ("batch", "player"),
            "base_value": ("batch",),
            "players": ("batch", "token"),
        },
        labels={"token": [["[CLS]", "good", "film", ".", "too", "long", "[SEP]"]]},
        batch=1,
        **rest,
    )


@pytest.fixture
def make():
    """The builders, by form."""
    return {
        "picture": picture_answer,
        "token": token_answer,
        "column": column_answer,
        "series": series_answer,
        "map": map_answer,
        "two inputs": two_input_answer,
        "any": answer,
        "shares": shares_answer,
        "census": census_answer,
        "regions": region_answer,
        "sentences": sentence_answer,
    }
