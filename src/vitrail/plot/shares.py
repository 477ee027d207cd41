"""What each column of a table got, ready to be drawn: names, shares, standard errors, and the column's own values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array, Explanation
from vitrail.plot.part import named, names_of

TOP = 12  #: columns drawn one by one; the others are drawn together
NAME, VALUE = 30, 18  #: characters of a name, and of a value, that are shown


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of the columns of a table; a column is one number, one-hot columns of one origin, or a user's own group.

    names        (columns) their names
    values       (batch, columns) what each got
    error        (batch, columns) the standard error; 0 where nothing was estimated, or it is not known
    seen         (batch, columns) what stands in the column, in the user's units, a code for categories; NaN unknown
    categories   (columns) the names of the codes; nothing for numbers
    base         (batch,) where the shares begin; NaN where the method has no such value
    asked        (batch,) the target itself
    """

    names: Sequence[str]
    values: Array
    error: Array
    seen: Array
    categories: Sequence[Sequence[str]]
    base: Array
    asked: Array

    def told(self, column: int, example: int) -> str:
        """Such as "age = 39"; the name alone where the value is not known."""
        value, name = self.seen[example, column], cut(self.names[column], NAME)
        if not np.isfinite(value):
            return name
        known = self.categories[column]
        return f"{name} = {cut(known[int(value)], VALUE) if known else number(value)}"

    def ranked(self) -> Array:
        """The columns, largest mean size first."""
        return np.argsort(-np.abs(np.nan_to_num(self.values)).mean(0), kind="stable")

    def folded(self, order: Array, top: int) -> "Shares":
        """The first `top` columns of an order, and one more for all others together; a single other keeps its name."""
        if top < 1:
            raise BadSetting(
                f"top must be at least 1, got {top}. It is how many columns are drawn one by one.", top=top
            )
        top = len(order) if len(order) <= top + 1 else top
        kept, rest = self.only(order[:top]), order[top:]
        if not len(rest):
            return kept
        more = (
            self.values[:, rest].sum(1),
            np.sqrt(np.square(self.error[:, rest]).sum(1)),
            np.full(len(self.base), np.nan),
        )
        values, error, seen = (
            np.column_stack([old, new]) for old, new in zip((kept.values, kept.error, kept.seen), more, strict=True)
        )
        names, categories = [*kept.names, f"{len(rest)} others together"], [*kept.categories, ()]
        return replace(kept, names=names, values=values, error=error, seen=seen, categories=categories)

    def only(self, columns: Array) -> "Shares":
        """Some of the columns, in this order."""
        arrays = {name: getattr(self, name)[:, columns] for name in ("values", "error", "seen")}
        return replace(
            self, names=[self.names[i] for i in columns], categories=[self.categories[i] for i in columns], **arrays
        )

    def examples(self, rows: Array) -> "Shares":
        """Some of the examples, in this order."""
        names = ("values", "error", "seen", "base", "asked")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def shares_of(answer: Explanation) -> Shares | None:
    """The shares of the columns of a table; None where the values are those of something else."""
    values, held = answer.arrays.get("values"), members(answer)
    if values is None or held is None:
        return None
    found = [column(answer, each, values.shape[1]) for each in held]
    values = np.asarray(values, np.float64)
    return Shares(
        names=[name for name, _, _ in found],
        values=values,
        error=np.nan_to_num(np.asarray(answer.arrays.get("standard_error", np.zeros_like(values)), np.float64)),
        seen=np.stack([seen for _, seen, _ in found], 1),
        categories=[known for _, _, known in found],
        base=each(answer.arrays.get("base_value"), len(values)),
        asked=each(answer.checks.get("target_value"), len(values)),
    )


def each(given: Any, count: int) -> Array:
    """One number for every example; NaN where there is none."""
    array = np.full(count, np.nan) if given is None else np.asarray(given, np.float64)
    return array if array.shape == (count,) else np.full(count, np.nan)


def members(answer: Explanation) -> list[Array] | None:
    """The features that each value belongs to; None where the values are not those of a table's columns."""
    axes, labels = answer.axes.get("values"), answer.arrays.get("players")
    if axes not in (("batch", "feature"), ("batch", "player")):
        return None
    count = answer.arrays["values"].shape[1]
    if labels is None or (count == 1 and labels.ndim == 1):
        return [np.array([i]) for i in range(count)] if axes[1] == "feature" or count == 1 else None
    if answer.axes.get("players") != ("batch", "feature") or bool((labels != labels[:1]).any()):
        return None
    return [np.flatnonzero(labels[0] == i) for i in range(count)]


def column(answer: Explanation, held: Array, count: int) -> tuple[str, Array, Sequence[str]]:
    """(name, what stands in it, the names of its codes) of the features that go together."""
    seen = answer.arrays.get("input")
    width = count if seen is None else seen.shape[1]
    features = named(names_of(answer, "column", ""), width)
    groups = np.asarray(answer.labels.get("group") or range(width))
    columns = named(answer.labels.get("player", ()), int(groups.max()) + 1)
    columns = features if "player" not in answer.labels else columns
    origin = groups[held]
    if len(set(origin.tolist())) == 1 and len(held) == int((groups == origin[0]).sum()):
        return columns[origin[0]], *stood(answer, int(origin[0]), int(held[0]), columns[origin[0]])
    if len(held) == 1:
        return features[held[0]], unknown(answer) if seen is None else seen[:, held[0]].astype(np.float64), ()
    return " + ".join(whole(held, groups, features, columns)), unknown(answer), ()


def stood(answer: Explanation, origin: int, feature: int, name: str) -> tuple[Array, Sequence[str]]:
    """What stood in one column of the user's own table."""
    known, seen = answer.labels.get("category") or {}, answer.arrays.get("shown", answer.arrays.get("input"))
    place = origin if "shown" in answer.arrays else feature
    values = unknown(answer) if seen is None else np.asarray(seen[:, place], np.float64)
    return values, known.get(name, ()) if isinstance(known, Mapping) else ()


def unknown(answer: Explanation) -> Array:
    return np.full(len(answer), np.nan)


def whole(held: Array, groups: Array, features: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The names of a group: a column where all its features are there, else the features."""
    there = [int(g) for g in groups[held]]
    full = {g for g in there if there.count(g) == int((groups == g).sum())}
    return list(dict.fromkeys(columns[g] if g in full else features[i] for i, g in zip(held, there, strict=True)))


# -- words -------------------------------------------------------------------------------------------------


def cut(text: Any, most: int) -> str:
    """A text of at most `most` characters; dots where it goes on."""
    words = str(text)
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def number(value: float) -> str:
    """A number as a person writes it: whole numbers whole, others to four figures."""
    value = float(value)
    return f"{int(value)}" if value.is_integer() and abs(value) < 1e7 else f"{value:.4g}"
