"""What was measured, as a table; and how the answers were made."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.caption import gap, gap_text, predicted, short, why_no_gap
from vitrail.plot.grid import names_of

HEADS = ("example", "prediction", "method")
NUMBERS = ("completeness gap", "evaluations", "seconds")
LONG = 24  #: rows from which on the table is folded


def measures(answers: Sequence[Explanation], rows: Sequence[int]) -> str:
    """One line for each example and method; a gap that does not exist is a dash with a footnote that says why."""
    reasons = list(dict.fromkeys(why_no_gap(a) for a in answers for i in rows if gap(a, i) is None))
    head = "".join(f'<th scope="col">{text}</th>' for text in HEADS)
    head += "".join(f'<th scope="col" class="number">{text}</th>' for text in NUMBERS)
    body = "".join(f"<tbody>{of_example(answers, example, reasons)}</tbody>" for example in rows)
    notes = "".join(f"<p>– <sup>{i}</sup> {escape(reason)}.</p>" for i, reason in enumerate(reasons, 1))
    count = len(rows) * len(answers)
    return (
        f"<details{'' if count > LONG else ' open'}><summary>What was measured ({count} rows)</summary>"
        f'<div class="scroll" role="region" aria-label="What was measured" tabindex="0"><table class="plain">'
        f"<thead><tr>{head}</tr></thead>{body}</table></div>"
        f'<div class="footnotes"><p>Completeness gap: how far the values are from adding up to the difference they '
        f"explain, as a share of that difference. Evaluations and seconds are those of all {len(answers[0])} examples "
        f"together.</p>{notes}</div></details>"
    )


def of_example(answers: Sequence[Explanation], example: int, reasons: Sequence[str]) -> str:
    count = len(answers)
    shared = (
        f'<th scope="rowgroup" rowspan="{count}">{example}</th>'
        f'<td rowspan="{count}">{escape(predicted(answers[0], example) or "–")}</td>'
    )
    lines = [line(a, name, example, reasons) for a, name in zip(answers, names_of(answers), strict=True)]
    return "".join(f"<tr>{shared if i == 0 else ''}{text}</tr>" for i, text in enumerate(lines))


def line(answer: Explanation, name: str, example: int, reasons: Sequence[str]) -> str:
    shown = escape(gap_text(answer, example))
    numbers = [shown or f"–&nbsp;<sup>{reasons.index(why_no_gap(answer)) + 1}</sup>"]
    numbers += [
        escape(short(total(answer.checks.get("evaluations")))),
        escape(short(answer.provenance.get("seconds"))),
    ]
    return f"<td>{escape(name)}</td>" + "".join(f'<td class="number">{number}</td>' for number in numbers)


def total(check: Any) -> int | None:
    """Of all examples together, whether they were counted one by one or at once."""
    return None if check is None else int(np.sum(check))


def made(answers: Sequence[Explanation]) -> str:
    """How this was made: the networks, the methods with all their settings, the versions."""
    if not answers:
        return ""
    networks = [pairs(answer.provenance.get("model")) for answer in answers]
    versions = [pairs(answer.provenance.get("versions")) for answer in answers]
    methods = [f"<b>{escape(a.method or 'unnamed method')}</b> {pairs(settings(a)) or 'no settings'}" for a in answers]
    chosen = [escape(dict(answer.provenance.get("choice") or {}).get("why", "")) for answer in answers]
    blocks = {"Network": networks, "Method and settings": methods, "Why this method": chosen, "Versions": versions}
    listed = [(name, [text for text in dict.fromkeys(texts) if text]) for name, texts in blocks.items()]
    terms = [f"<dt>{name}</dt>" + "".join(f"<dd>{text}</dd>" for text in texts) for name, texts in listed if texts]
    return f'<section class="made"><h2>How this was made</h2><dl>{"".join(terms)}</dl></section>'


def settings(answer: Explanation) -> dict[str, Any]:
    """The settings, and the seed where it stands beside them."""
    known = dict(answer.provenance.get("settings") or {})
    seed = answer.provenance.get("seed")
    return known if seed is None or "seed" in known else {**known, "seed": seed}


def pairs(facts: Any) -> str:
    """A mapping as escaped "name value" pairs; anything else as escaped text."""
    if not isinstance(facts, Mapping):
        return escape(str(facts)) if facts else ""
    return " ".join(
        f'<span class="pair">{escape(str(key))} <code>{escape(str(value))}</code></span>'
        for key, value in facts.items()
    )
