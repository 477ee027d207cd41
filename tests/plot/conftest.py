"""Small made-up answers of every form that can be drawn."""

from collections import Counter

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


#: ten examples: input class, cluster at two layers, output class
PATHS = np.array([(0, 0, 0, 0)] * 3 + [(0, 1, 2, 1)] + [(1, 1, 1, 1)] * 4 + [(1, 1, 2, 1), (1, 0, 0, 0)])


def signature_answer(paths=PATHS, *, names=("zero", "one"), layers=("conv", "dense"), arrays=None, axes=None, **rest):
    """Signatures whose paths are given, a row (input class, cluster at each layer, output class) for each example."""
    paths = np.asarray(paths, np.int32)
    between = paths[:, 1:-1]
    return Explanation(
        "signature",
        {
            "values": between,
            "label": paths[:, 0],
            "predicted": paths[:, -1],
            "distance": np.ones(between.shape, np.float32),
            **(arrays or {}),
        },
        {
            "values": ("batch", "layer"),
            "label": ("batch",),
            "predicted": ("batch",),
            "distance": ("batch", "layer"),
            **(axes or {}),
        },
        checks=rest.pop("checks", {"examples": len(paths), "fitted": 8, "clusters": [2, 3], "accuracy": 0.8}),
        outputs=np.ones((len(paths), 1)),
        target={"target": "signature"},
        labels={"class": list(names), "layer": list(layers), **rest.pop("labels", {})},
        provenance={"method": "signatures", "settings": {"clusters": 3}, "seed": 7, **rest.pop("provenance", {})},
    )


def pictured_answer(**rest):
    """Signatures of pictures: nearest examples, mean pictures, and what was measured about the layers."""
    nearest = np.full((2, 3, 5), -1, np.int32)
    nearest[0, 0, :2], nearest[0, 1, :1], nearest[1, 2, 0] = (0, 2), 4, 8
    rng = RNG(6)
    pictures = rng.integers(0, 255, (4, 5, 5, 1)).astype(np.uint8)
    means = {
        f"mean_picture/{n}": rng.integers(0, 255, (c, 5, 5, 1)).astype(np.uint8) for n, c in (("conv", 2), ("dense", 3))
    }
    flat = {f"statistics/projection/{name}": rng.normal(size=(6, 2)) for name in ("conv", "dense")}
    return signature_answer(
        arrays={
            "nearest": nearest,
            "nearest_picture": pictures,
            "nearest_row": np.array([0, 2, 4, 8], np.int32),
            **means,
            "statistics/units": np.array([16, 8]),
            "statistics/dead": np.array([3, 0]),
            "statistics/saturated": np.array([0, 5]),
            "statistics/purity": np.array([0.8, 0.75]),
            "statistics/nmi": np.array([0.625, 0.5]),
            "statistics/cka": np.array([[1.0, 0.25], [0.25, 1.0]]),
            "statistics/projection_row": np.array([8, 4, 2, 0, 9, 3]),
            **flat,
            "statistics/explained/conv": np.array([0.5, 0.25]),
        },
        axes={
            "nearest": ("layer", "cluster", "rank"),
            "nearest_picture": ("sample", "height", "width", "channel"),
            "nearest_row": ("sample",),
            **dict.fromkeys(means, ("cluster", "height", "width", "channel")),
            **dict.fromkeys((f"statistics/{n}" for n in ("units", "dead", "saturated", "purity", "nmi")), ("layer",)),
            "statistics/cka": ("layer", "layer"),
            "statistics/projection_row": ("sample",),
            **dict.fromkeys(flat, ("sample", "feature")),
            "statistics/explained/conv": ("feature",),
        },
        **rest,
    )


def flow_answer(paths=PATHS, view="all", *, names=("zero", "one"), layers=("conv", "dense")):
    """A flow, counted by loops; every link knows the input class of its examples."""
    paths = [tuple(map(int, path)) for path in paths]
    first, last = view in ("all", "input"), view in ("all", "output")
    kept = [(p[0] if first else -1, *p[1:-1], p[-1] if last else -1) for p in paths]
    rows = Counter(kept).most_common()
    columns = range(0 if first else 1, len(layers) + 1 + last)
    links = Counter((c, p[c], p[c + 1], p[0]) for p in paths for c in columns if c + 1 in columns)
    table = np.array([(*link, count) for link, count in sorted(links.items())]).reshape(-1, 5)
    found = np.array([path for path, _ in rows])
    parts = dict(zip(("column", "source", "target", "class", "count"), table.T, strict=True))
    return Explanation(
        "flow",
        {
            "values": np.array([count for _, count in rows]),
            "input_class": found[:, 0],
            "signature": found[:, 1:-1],
            "output_class": found[:, -1],
            **{f"link/{name}": column for name, column in parts.items()},
        },
        {
            "values": ("path",),
            "input_class": ("path",),
            "signature": ("path", "layer"),
            "output_class": ("path",),
            **{f"link/{name}": ("link",) for name in parts},
        },
        checks={},
        outputs=np.zeros((len(rows), 0)),
        target={"target": "flow", "view": view, "input_class": None},
        labels={"class": list(names), "layer": list(layers)},
        provenance={"method": "flow"},
    )


def score_answer(values=(0.5, 0.004, 0.03), *, unusual=None, arrays=None, axes=None, **rest):
    """p-values of examples, and two single scores beside them."""
    values = np.asarray(values, np.float64)
    count = len(values)
    single = {"p/msp": np.linspace(0.25, 0.75, count), "p/combined": values, "score/msp": np.ones(count)}
    return Explanation(
        "score",
        {"values": values, "predicted": np.arange(count) % 2, **single, **(arrays or {})},
        {"values": ("batch",), "predicted": ("batch",), **dict.fromkeys(single, ("batch",)), **(axes or {})},
        checks={"calibration": 40, "calibrated_on": "held out of x", "weights": {"msp": 0.25, "knn": 0.75, "vim": 0.0}},
        outputs=np.tile([0.1, 0.9], (count, 1)),
        target={"target": "trust"},
        labels={
            "class": ["zero", "one"],
            "unusual": [f"Word {i}." if p <= 0.1 else "" for i, p in enumerate(values)] if unusual is None else unusual,
            **rest.pop("labels", {}),
        },
        provenance={"method": "trust"},
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
        "signature": signature_answer,
        "signature of pictures": pictured_answer,
        "flow": flow_answer,
        "score": score_answer,
    }
