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
    }
