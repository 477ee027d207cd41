"""The page of kind "data": warnings first, then counts, samples, how values are spread, and what goes together."""

from collections.abc import Sequence
from html import escape

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import short
from vitrail.plot.data import HISTOGRAMS, MOST, correlation_figure, counts_figure, histograms_figure, names_of
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, lined, note, numbers
from vitrail.plot.picture import data_uri, tiny

SIDE = 96  #: pixels of a sample
COLUMNS = 60  #: columns with a row in the table
SIZES = 8  #: sizes of pictures that are named for a class
STATISTICS = ("mean", "std", "min", "median", "max", "distinct", "missing")
GOES = {
    "table": "Pearson's correlation of two numbers; Cramér's V of two categories and the correlation ratio of one of "
    "each, which are never negative. 0: they do not go together.",
    "pictures": "Correlation of the mean pictures, pixel by pixel: groups near 1 look alike on average.",
}
SPREAD = {
    "table": "How often each value occurs, in the units of the table.",
    "pictures": "How often each brightness occurs, from 0 (black) to 255.",
    "texts": "How long the texts are, in tokens.",
}


def data_html(answer: Explanation) -> str:
    """All about one data set."""
    shares = charts("How many", inline(counts_figure(answer), counted(answer)))
    return (
        f"{warnings_html(answer)}{facts(data_facts(answer))}{shares}{left_out(answer)}{samples_html(answer)}"
        f"{texts_html(answer)}{near_html(answer)}{spread_html(answer)}{correlation_html(answer)}{columns_html(answer)}"
        f"{sizes_html(answer)}"
    )


def warnings_html(answer: Explanation) -> str:
    """The gravest first, each with its first sentence in bold."""
    found = list(answer.checks["warnings"])
    if not found:
        return "<p>Nothing to warn of was found.</p>"
    return f'<ul class="verdicts">{"".join(f"<li>{warning(text)}</li>" for text in found)}</ul>'


def warning(text: str) -> str:
    head, dot, rest = text.partition(". ")
    return f"<b>{escape(head[:1].upper() + head[1:] + dot.strip())}</b> {escape(rest)}"


def data_facts(answer: Explanation) -> dict[str, str]:
    checks, shape = answer.checks, answer.checks.get("shape")
    parts = {f"for {word}": short(int(checks["parts"][part])) for part, word in WORDS.items()}
    size = "" if shape is None else f"{shape[0]} × {shape[1]}, {'grey' if shape[2] == 1 else 'colour'}"
    span = "" if "range" not in checks else " to ".join(short(float(end)) for end in checks["range"])
    many = answer.arrays.get("column/mean")
    return {
        "examples": short(int(checks["examples"])),
        **parts,
        "task": str(checks["task"]),
        "classes": "" if checks["task"] == "regression" else short(len(answer.labels["class"])),
        "columns": "" if many is None else short(len(many)),
        "pictures": size,
        "values": span,
        "duplicates": short(int(checks["duplicates"])),
    }


WORDS = {"train": "training", "validation": "validation", "test": "the test"}


def charts(title: str, drawn: str, told: str = "") -> str:
    return f'<h3>{title}</h3><div class="charts">{drawn}</div>{note(told) if told else ""}'


def counted(answer: Explanation) -> str:
    """The bars in words."""
    if answer.checks["task"] == "regression":
        return f"histogram of {answer.labels['class'][0]}"
    pairs = zip(answer.labels["class"][:MOST], answer.arrays["values"].tolist(), strict=False)
    return "examples of each class: " + ", ".join(f"{name} {count}" for name, count in pairs)


def left_out(answer: Explanation) -> str:
    """Which classes are not drawn."""
    many = len(answer.labels["class"])
    return note(f"{MOST} of {many} classes are drawn.") if many > MOST else ""


# -- examples ----------------------------------------------------------------------------------------------


def samples_html(answer: Explanation) -> str:
    """A row for each class: some training examples, and their mean."""
    samples = answer.arrays.get("sample")
    if samples is None:
        return ""
    grey = samples.shape[-1] == 1
    rows = []
    for i, name in enumerate(answer.labels["group"]):
        mean, std = (" ".join(f"{value:.0f}" for value in answer.arrays[key][i]) for key in ("mean", "std"))
        shown = strip([picture for picture in samples[i] if picture.any()], f"an example of {name}")
        average = strip([answer.arrays["mean_picture"][i]], f"the mean of {name}")
        rows.append(f'<th scope="row">{escape(name)}</th><td>{shown}</td><td>{average}</td>{numbers([mean, std])}')
    heads = ["class", "training examples", "mean of all", "mean", "deviation"]
    told = f"Mean and deviation of all pixels, 0 to 255{'' if grey else ', of red, green and blue'}."
    return f'<h3>What they look like</h3><div class="samples">{lined("Samples", heads, rows)}</div>{note(told)}'


def strip(pictures: Sequence[Array], alt: str) -> str:
    return f'<div class="near">{"".join(picture(each, alt) for each in pictures)}</div>'


def picture(pixels: Array, alt: str) -> str:
    seen = np.repeat(pixels, 3, -1) if pixels.shape[-1] == 1 else pixels
    crisp = " crisp" * tiny(seen)
    return f'<img class="map{crisp}" src="{data_uri(seen, side=SIDE)}" alt="{escape(alt)}">'


def texts_html(answer: Explanation) -> str:
    found = answer.labels.get("text")
    if not found:
        return ""
    rows = [
        f'<th scope="row">{escape(name)}</th><td>{escape(text)}</td>' for name, some in found.items() for text in some
    ]
    return f"<h3>What they say</h3>{lined('Samples', ['class', 'text, as the tokenizer reads it'], rows)}"


def near_html(answer: Explanation) -> str:
    """Pairs that look alike, the training picture at the left."""
    pairs = answer.arrays.get("near")
    if pairs is None or not len(pairs):
        return ""
    shown = answer.arrays["near_picture"]
    rows = [
        f'<th scope="row">{train} and {held}</th><td>{strip(list(both), f"row {train} and row {held}")}</td>'
        for (train, held), both in zip(pairs.tolist(), shown, strict=False)
    ]
    told = f"{len(rows)} of {len(pairs)} pairs that look almost the same and are not: training, held out."
    return f'<h3>Seen before</h3><div class="samples">{lined("Pairs", ["rows", "pictures"], rows)}</div>{note(told)}'


# -- numbers -----------------------------------------------------------------------------------------------


def spread_html(answer: Explanation) -> str:
    reads, many = answer.checks["reads"], len(answer.arrays["histogram"])
    left = f" The first {HISTOGRAMS} of {many} columns are drawn." if reads == "table" and many > HISTOGRAMS else ""
    return charts("How values are spread", inline(histograms_figure(answer), "histograms"), SPREAD[reads] + left)


def correlation_html(answer: Explanation) -> str:
    names = names_of(answer)
    if "correlation" not in answer.arrays or len(names) < 2:
        return ""
    told = GOES[answer.checks["reads"]]
    if answer.checks["reads"] == "table" and len(names) <= len(answer.labels["feature"]):
        told += " Only those columns are drawn that go with the answer most."
    return charts("What goes together", inline(correlation_figure(answer), f"correlations of {', '.join(names)}"), told)


def columns_html(answer: Explanation) -> str:
    """A row for each column: numbers in the units of the table, the most frequent category of the others."""
    if "column/mean" not in answer.arrays:
        return ""
    known = answer.labels["category"]
    rows = []
    for i, name in enumerate(answer.labels["feature"][:COLUMNS]):
        told = [figure(float(answer.arrays[f"column/{key}"][i])) for key in STATISTICS]
        if name in known:
            told[:5] = ["–"] * 5
        often = ", ".join(f"{escape(word)} ({short(count)})" for word, count in list(known.get(name, {}).items())[:3])
        rows.append(f'<th scope="row">{escape(name)}</th>{numbers(told)}<td>{often}</td>')
    heads = ["column", *STATISTICS, "most frequent"]
    many = len(answer.labels["feature"])
    left = note(f"The first {COLUMNS} of {many} columns.") if many > COLUMNS else ""
    return f"<h3>Columns</h3>{lined('Columns', heads, rows)}{left}"


def figure(value: float) -> str:
    """Large numbers in full, without a fraction."""
    return short(round(value)) if 1000 <= abs(value) < 1e12 else short(value)


def sizes_html(answer: Explanation) -> str:
    """The sizes of pictures in their files."""
    sizes = answer.labels.get("sizes")
    if not sizes:
        return ""
    rows = []
    for name, own in sizes.items():
        order = sorted(own.items(), key=lambda item: -item[1])
        told = ", ".join(f"{size} ({short(count)})" for size, count in order[:SIZES])
        more = f", and {len(order) - SIZES} more" if len(order) > SIZES else ""
        rows.append(f'<th scope="row">{escape(name)}</th><td>{escape(told)}{more}</td>')
    return f"<h3>Sizes as found</h3>{lined('Sizes', ['class', 'height × width (pictures)'], rows)}"
