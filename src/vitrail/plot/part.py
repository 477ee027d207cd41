"""From an Explanation to what can be drawn: one Part for each input, reduced to the axes of its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import palette_of

FORMS = {
    "picture": ("batch", "height", "width"),
    "token": ("batch", "token"),
    "series": ("batch", "feature", "step"),
    "column": ("batch", "feature"),
}  #: form -> the axes that are kept, in this order; values are summed over all others


@dataclass(frozen=True, eq=False)
class Part:
    """The answer about one input.

    name       of the input; empty when there is only one
    form       "picture", "token", "series", "column", or "other" for what no form fits
    values     reduced to the axes in `FORMS`; as they came when the form is "other"
    palette    a key of `colour.ANCHORS`, one for the whole batch
    names      of the features; for tokens one list for each example
    picture    (batch, height, width, 1 or 3) bytes, or None
    """

    name: str
    form: str
    values: Array
    palette: str
    names: Sequence[Any] = ()
    picture: Array | None = None


def parts(answer: Explanation) -> list[Part]:
    """One Part for each array of values, in the order of the inputs."""
    found = [name for name in answer.arrays if name == "values" or name.startswith("values/")]
    return [part(answer, name) for name in found]


def part(answer: Explanation, array: str) -> Part:
    values, axes, key = answer.arrays[array], answer.axes[array], array.removeprefix("values").removeprefix("/")
    axes = tuple("feature" if axis == "unit" else axis for axis in axes)
    form = form_of(axes)
    kept = reduce(values, axes, form)
    return Part(
        name=input_name(answer, key),
        form=form,
        values=kept,
        palette=palette_of(kept, on="picture" if form in ("picture", "other") else "text"),
        names=names_of(answer, form, key),
        picture=picture_of(answer, key, kept) if form == "picture" else None,
    )


def form_of(axes: Sequence[str]) -> str:
    if axes[:1] != ("batch",):
        return "other"
    for form, needed in (("picture", {"height", "width"}), ("token", {"token"}), ("series", {"step"})):
        if needed <= set(axes):
            return form
    return "column" if axes == ("batch", "feature") else "other"


def reduce(values: Array, axes: Sequence[str], form: str) -> Array:
    """Sum over the axes that the form does not draw, and put the others in its order."""
    if form == "other":
        return values
    named = ["feature" if form == "series" and axis == "channel" and "feature" not in axes else axis for axis in axes]
    summed = tuple(i for i, axis in enumerate(named) if axis not in FORMS[form])
    left = [axis for axis in named if axis in FORMS[form]]
    order = [left.index(axis) for axis in FORMS[form] if axis in left]
    moved: Array = np.asarray(values, np.float64).sum(axis=summed).transpose(order)
    return moved[:, None, :] if form == "series" and moved.ndim == 2 else moved


def input_name(answer: Explanation, key: str) -> str:
    names = answer.labels.get("input", ())
    if key.isdigit() and isinstance(names, Sequence) and int(key) < len(names):
        return str(names[int(key)])
    return f"input {key}" if key.isdigit() else key


def names_of(answer: Explanation, form: str, key: str) -> Sequence[Any]:
    """The labels that fit the form; with several inputs they may be a mapping by input."""
    label = {"token": "token", "series": "feature", "column": "feature"}.get(form, "")
    names = answer.labels.get(label, ())
    if isinstance(names, Mapping):
        names = names.get(key, ())
    return names if isinstance(names, Sequence) and not isinstance(names, str) else ()


def named(names: Sequence[Any], count: int, word: str = "feature") -> list[str]:
    """The names when they are as many as needed; else "feature 0", "feature 1", ..."""
    return [str(name) for name in names] if len(names) == count else [f"{word} {i}" for i in range(count)]


def picture_of(answer: Explanation, key: str, values: Array) -> Array | None:
    """The picture that the values lie on: as given, else the input itself stretched to bytes, else None."""
    given = answer.arrays.get(f"picture/{key}") if key else None
    given = answer.arrays.get("picture") if given is None else given
    if given is not None and len(given) == len(values) and (not key or given.shape[1:3] == values.shape[1:]):
        return given if given.dtype == np.uint8 else stretched(given)
    name = f"input/{key}" if key else "input"
    seen, axes = answer.arrays.get(name), answer.axes.get(name, ())
    if seen is None or set(axes) != {"batch", "height", "width", "channel"}:
        return None
    last = seen.transpose([axes.index(axis) for axis in ("batch", "height", "width", "channel")])
    return stretched(last) if last.shape[-1] in (1, 3) else None


def stretched(pictures: Array) -> Array:
    """Bytes: each example from its smallest to its largest value."""
    numbers = np.nan_to_num(np.asarray(pictures, np.float64))
    low = numbers.min(axis=(1, 2, 3), keepdims=True)
    span = numbers.max(axis=(1, 2, 3), keepdims=True) - low
    pictures = np.rint(255 * (numbers - low) / np.where(span > 0, span, 1.0))
    return pictures.astype(np.uint8)
