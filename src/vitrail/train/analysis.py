"""What data hold, before anything is learnt from them: counts, ranges, samples, how columns go together, warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.inputs.modality import Text
from vitrail.model.versions import versions
from vitrail.train import remarks
from vitrail.train.columns import BINS, Columns, answers_in, columns_of, correlations, histograms, thinned
from vitrail.train.data import PARTS, Data
from vitrail.train.duplicates import alike, copies_of, small
from vitrail.train.sources import data_of

SHOWN = 6  #: samples of a class, and pairs that look alike
SIDE = 96  #: pixels a side of the pictures that are kept
CORRELATED = 30  #: columns whose correlations are kept
CLASSES = 40  #: classes of which samples are kept
ROWS = 20_000  #: examples that correlations are counted over
LETTERS = 200  #: of a sample of texts
AT_ONCE = 256  #: pictures


@dataclass
class Facts:
    """What has been found out so far, in the parts of an Explanation."""

    arrays: dict[str, Array] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, name: str, array: Any, *axes: str) -> None:
        self.arrays[name], self.axes[name] = np.asarray(array), axes


def analysis(source: Any, target: str | Sequence[str] | None = None, **settings: Any) -> Explanation:
    """What data hold, as an Explanation of kind "data".

    Missing values are filled and broken pictures left out, so that both can be reported.

    source    a Data, or whatever `data_of` reads, with its settings
    target    the column that is predicted, for tables

    Its arrays: "values", examples of each class or, for quantities, of each bin; "count/train" and the like, the same
    for each part; "correlation"; for tables "column/mean" and the like, for pictures "sample", "mean_picture".
    `checks["warnings"]` are sentences, the gravest first.
    Raises as `data_of` does.
    """
    given = {"missing": "fill", "skip_broken": True, **settings}
    data = source if isinstance(source, Data) else data_of(source, target, **given)
    facts = Facts(checks={"examples": len(data), "task": data.task, "reads": data.reads})
    facts.checks["parts"] = {part: len(data.rows[part]) for part in PARTS}
    copied = copies_of(data)
    facts.warnings += remarks.of_copies(copied, data)
    {"pictures": of_pictures, "texts": of_texts, "table": of_table}[data.reads](facts, data, copied.twin)
    of_answers(facts, data)
    facts.warnings += remarks.of_source(data.source, len(data))
    facts.checks["duplicates"] = int((copied.twin != np.arange(len(data))).sum())
    facts.checks["warnings"] = facts.warnings
    settings = {"digest": data.digest()} | {k: v for k, v in data.source.items() if isinstance(v, str | int)}
    about = {"method": "data", "settings": settings, "data": dict(data.source), "versions": versions()}
    outputs = np.zeros((len(data), 0), np.float32)
    return Explanation("data", facts.arrays, facts.axes, facts.checks, outputs, {}, facts.labels, about)


def of_answers(facts: Facts, data: Data) -> None:
    """Examples of each class and part; for quantities their histograms."""
    facts.labels["class"] = list(data.classes)
    if data.task == "regression":
        answers = answers_in(data)
        counts, edges = histograms(answers.values)
        facts.labels["class"] = list(answers.names)
        facts.add("values", counts, "class", "bin")
        facts.add("edges", edges, "class", "bin")
        for part in PARTS:
            own = answers.values[data.rows[part]]
            drawn = [np.histogram(own[:, i], edges[i])[0] for i in range(len(edges))]
            facts.add(f"count/{part}", np.stack(drawn), "class", "bin")
        facts.warnings += remarks.of_quantities(data)
        return
    hot = data.y if data.task == "multilabel" else np.eye(len(data.classes), dtype=np.int64)[data.y]
    found = {part: hot[data.rows[part]].sum(0) for part in PARTS}
    facts.add("values", sum(found.values()), "class")
    for part, count in found.items():
        facts.add(f"count/{part}", count, "class")
    facts.warnings += remarks.of_classes(found, data)


# -- tables ------------------------------------------------------------------------------------------------


def of_table(facts: Facts, data: Data, twin: Array) -> None:
    table = columns_of(data)
    facts.labels["feature"] = list(table.names)
    values = table.values.astype(np.float64)
    for name, of in (("mean", np.mean), ("std", np.std), ("min", np.min), ("median", np.median), ("max", np.max)):
        facts.add(f"column/{name}", of(values, axis=0), "feature")
    facts.add("column/distinct", [len(np.unique(column)) for column in values.T], "feature")
    gaps = dict(data.source.get("missing", {}))
    facts.add("column/missing", [gaps.get(name, 0) for name in table.names], "feature")
    counts, edges = histograms(values)
    facts.add("histogram", counts, "feature", "bin")
    facts.add("histogram_edges", edges, "feature", "bin")
    facts.labels["category"] = {name: often(table, i) for i, name in enumerate(table.names) if table.categories[i]}
    names, found = related(table, answers_in(data), thinned(np.arange(len(data)), ROWS))
    facts.labels["correlated"] = names
    facts.add("correlation", found, "feature", "feature")
    facts.warnings += remarks.of_columns(table, data)


def often(table: Columns, column: int, most: int = 12) -> dict[str, int]:
    """The most frequent categories of a column."""
    counts = np.bincount(table.values[:, column].astype(int), minlength=len(table.categories[column]))
    order = np.argsort(-counts, kind="stable")[:most]
    return {table.categories[column][code]: int(counts[code]) for code in order}


def related(table: Columns, answers: Columns, rows: Array) -> tuple[list[str], Array]:
    """Correlations of what is predicted and of the columns that go with it most."""
    names = [*table.names, *answers.names]
    values = np.concatenate([table.values[rows], answers.values[rows]], 1)
    known = [*table.categories, *answers.categories]
    if len(table.names) > CORRELATED:
        last = len(names) - 1
        near = [
            abs(correlations(Columns(["", ""], values[:, [i, last]], [known[i], known[last]]))[0, 1])
            for i in range(len(table.names))
        ]
        kept = sorted(np.argsort(-np.array(near), kind="stable")[:CORRELATED].tolist())
        order = [*kept, *range(len(table.names), len(names))]
        names, values, known = [names[i] for i in order], values[:, order], [known[i] for i in order]
    return names, correlations(Columns(names, values, known))


# -- pictures ----------------------------------------------------------------------------------------------


def of_pictures(facts: Facts, data: Data, twin: Array) -> None:
    """Samples and means of each class, how values are spread, and pictures that look alike."""
    see = Lens(data)
    looks = np.concatenate([small(see(rows)) for rows in chunks(len(data))])
    means = np.concatenate([see(rows).mean((1, 2)) for rows in chunks(len(data))])
    stds = np.concatenate([see(rows).std((1, 2)) for rows in chunks(len(data))])
    groups = groups_of(data)
    facts.labels["group"] = list(groups)
    facts.add("mean", [means[rows].mean(0) for rows in groups.values()], "class", "channel")
    spread = [np.sqrt((stds[rows] ** 2 + (means[rows] - means[rows].mean(0)) ** 2).mean(0)) for rows in groups.values()]
    facts.add("std", spread, "class", "channel")
    averages = np.stack([see.mean(rows) for rows in groups.values()])
    facts.add("mean_picture", averages.round().astype(np.uint8), "class", "height", "width", "channel")
    facts.add("correlation", alikeness(averages), "class", "class")
    facts.add("histogram", sum(see.histogram(rows) for rows in chunks(len(data))), "channel", "bin")
    chosen = [data.rows["train"][np.isin(data.rows["train"], rows)][:SHOWN] for rows in groups.values()]
    facts.add("sample", np.stack([see.shown(rows, SHOWN) for rows in chosen]), *SAMPLE)
    pairs = alike(looks, data.rows, twin)
    facts.add("near", pairs, "link", "rank")
    facts.add("near_picture", np.stack([see.shown(pair, 2) for pair in pairs[:SHOWN]] or [see.shown([], 2)]), *NEAR)
    facts.checks |= {"near_duplicates": len(pairs), "shape": list(data.x.shape[1:]), "range": see.range}
    facts.warnings += remarks.of_alike(pairs, data)
    flat = int((stds.max(1) < 1).sum())
    if flat:
        facts.warnings.append(
            f"{remarks.many(flat, 'picture')} of one colour. Nothing can be learnt there. Look at them."
        )
    facts.warnings += remarks.of_looks("brightness of a picture", means.mean(1), data)
    facts.warnings += remarks.of_sizes(data.source.get("sizes", {}), data.source.get("resized", 0))
    facts.labels["sizes"] = data.source.get("sizes", {})


SAMPLE = ("class", "rank", "height", "width", "channel")
NEAR = ("link", "rank", "height", "width", "channel")


@dataclass(frozen=True, eq=False)
class Lens:
    """Pictures of data as bytes with 1 or 3 channels; numbers are stretched from their least to their largest."""

    data: Data

    @cached_property
    def range(self) -> list[float]:
        return [float(self.data.x.min()), float(self.data.x.max())]

    def __call__(self, rows: Any) -> Array:
        """(rows, height, width, channel) from 0 to 255."""
        x = self.data.x[rows]
        if x.dtype != np.uint8:
            least, most = self.range
            x = (x - least) * (255 / max(most - least, 1e-12))
        return np.asarray(x if x.shape[-1] in (1, 3) else x.mean(-1, keepdims=True))

    def mean(self, rows: Array) -> Array:
        parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
        return np.asarray(sum(self(part).astype(np.float64).sum(0) for part in parts) / len(rows))

    def histogram(self, rows: Array) -> Array:
        """(channel, bins) of values from 0 to 255."""
        seen = self(rows)
        return np.stack([np.histogram(seen[..., i], BINS, (0, 256))[0] for i in range(seen.shape[-1])])

    def shown(self, rows: Any, count: int) -> Array:
        """(count, height, width, channel) bytes, no larger than a page shows; black behind the last."""
        seen = self(np.asarray(rows, int))
        step = max(1, -(-max(seen.shape[1:3]) // SIDE))
        seen = np.asarray(seen[:, ::step, ::step], np.uint8)
        return np.concatenate([seen, np.zeros((count - len(seen), *seen.shape[1:]), np.uint8)])


def chunks(count: int) -> list[Array]:
    return [np.arange(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE)]


def groups_of(data: Data) -> dict[str, Array]:
    """Rows of each class that has some; all rows together where there are no classes, or very many."""
    used = np.sort(np.concatenate([data.rows[part] for part in PARTS]))
    if data.task == "regression":
        return {"all": used}
    has = data.y[used] == 1 if data.task == "multilabel" else data.y[used, None] == np.arange(len(data.classes))
    found = {name: used[has[:, i]] for i, name in enumerate(data.classes[:CLASSES])}
    return {name: rows for name, rows in found.items() if len(rows)}


def alikeness(pictures: Array) -> Array:
    """(n, n) correlation of pictures, pixel by pixel."""
    flat = pictures.reshape(len(pictures), -1).T
    return correlations(Columns([""] * len(pictures), flat, [()] * len(pictures)))


# -- texts -------------------------------------------------------------------------------------------------


def of_texts(facts: Facts, data: Data, twin: Array) -> None:
    """How long texts are, and some of each class."""
    lengths = (data.x != 0).sum(1).astype(np.float64)
    counts, edges = histograms(lengths[:, None])
    facts.labels["feature"] = ["tokens"]
    facts.add("histogram", counts, "feature", "bin")
    facts.add("histogram_edges", edges, "feature", "bin")
    if isinstance(data.modality, Text) and hasattr(data.modality.tokenizer, "decode"):
        read = data.modality.tokenizer.decode
        facts.labels["text"] = {
            name: [read(data.x[row].tolist(), skip_special_tokens=True)[:LETTERS] for row in rows[:3]]
            for name, rows in groups_of(data).items()
        }
    facts.warnings += remarks.of_looks("length of a text", lengths, data)
