"""The page of kind "leaderboard": the verdicts, a table of methods by metrics, a panel for each metric, the curves."""

from collections.abc import Iterator
from html import escape

from vitrail.explanation import Explanation
from vitrail.plot.caption import short
from vitrail.plot.drawing import many
from vitrail.plot.inline import inline
from vitrail.plot.leaderboard import described, draw_metric
from vitrail.plot.lined import facts, note, scroll
from vitrail.plot.removal import CURVES, TOLD, curves_of, draw_removal
from vitrail.plot.standing import Standing, direction, figures, leaders, standings

CONTROLS = (
    "Grey: controls, which never look at the network. Random is chance; edge is how much the input changes from place "
    "to place. Who does not beat them has shown nothing. Seconds and evaluations are those of the answer about all "
    "examples."
)


def leaderboard_html(answer: Explanation) -> str:
    """All about one leaderboard."""
    return (
        f"{verdicts_html(answer)}{facts(board_facts(answer))}{board_table(answer)}{notes_html(answer)}"
        f"<h3>Means and intervals</h3>{panels_html(answer)}{curves_html(answer)}"
    )


def board_facts(answer: Explanation) -> dict[str, str]:
    checks, seconds = answer.checks, answer.provenance.get("seconds")
    return {
        "examples": short(int(checks["examples"])),
        "confidence": f"{100 * float(checks['confidence']):g}\u00a0%",
        "evaluations": short(int(checks["evaluations"])),
        "seconds": "" if seconds is None else short(float(seconds)),
    }


def verdicts_html(answer: Explanation) -> str:
    """The sentences, each under the name of its metric."""
    told = zip(answer.labels["metric"], answer.labels["verdict"], strict=True)
    return f'<ul class="verdicts">{"".join(f"<li>{sentence_html(*each)}</li>" for each in told)}</ul>'


def sentence_html(metric: str, verdict: str) -> str:
    """The verdict, which begins with its metric."""
    return f"<b>{escape(metric)}</b>{escape(verdict.removeprefix(metric))}"


def board_table(answer: Explanation) -> str:
    """A row for each method, a column for each metric."""
    columns = [standings(answer, j) for j in range(len(answer.labels["metric"]))]
    heads = zip(answer.labels["metric"], answer.labels["better"], strict=True)
    head = '<th scope="col">method</th>' + "".join(
        f'<th scope="col" class="number">{escape(name)}<br><span class="interval">{direction(better)}</span></th>'
        for name, better in heads
    )
    head += "".join(f'<th scope="col" class="number">{text}</th>' for text in ("seconds", "evaluations"))
    first = [leaders(column) for column in columns]
    body = "".join(
        method_row(answer, [column[i] for column in columns], first) for i in range(len(answer.labels["method"]))
    )
    table = f'<table class="plain lined board"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return scroll("Leaderboard", table)


def method_row(answer: Explanation, row: list[Standing], first: list[set[str]]) -> str:
    cells = "".join(cell(each, each.name in best) for each, best in zip(row, first, strict=True))
    used = (float(answer.arrays["seconds"][row[0].place]), int(answer.arrays["evaluations"][row[0].place]))
    cells += "".join(f'<td class="number">{short(number)}</td>' for number in used)
    return f'<tr{" class=control" * row[0].control}><th scope="row">{escape(row[0].name)}</th>{cells}</tr>'


def cell(standing: Standing, best: bool) -> str:
    """Mean, rank and interval."""
    mean, interval = figures(standing)
    mean = f"<b>{mean}</b>" if best else mean
    rank = "" if standing.rank is None else f' <span class="rank" title="rank {standing.rank}">{standing.rank}</span>'
    return f'<td class="number">{mean}{rank}<br><span class="interval">{interval}</span></td>'


def notes_html(answer: Explanation) -> str:
    percent = f"{100 * float(answer.checks['confidence']):g} %"
    told = (
        f"The mean over the examples, its {percent} bootstrap interval, and in a box the rank: one more than the "
        "number of others that are better for sure, compared example by example. Who cannot be told apart shares a "
        "rank."
    )
    return "".join(map(note, [told, CONTROLS, *missing(answer)]))


def missing(answer: Explanation) -> Iterator[str]:
    """A sentence for each metric that has no score for some of the examples; it names the methods of one count."""
    total = int(answer.checks["examples"])
    for j, metric in enumerate(answer.labels["metric"]):
        fewer: dict[int, list[str]] = {}
        for row in standings(answer, j):
            if row.scored < total:
                fewer.setdefault(row.scored, []).append(row.name)
        for count, names in fewer.items():
            dash = "–: " if not count else ""
            of = "no example" if not count else f"{count} of {many(total)}"
            yield f"{dash}{metric} is defined for {of} with {', '.join(names)}."


def panels_html(answer: Explanation) -> str:
    drawn = [inline(draw_metric(answer, j), described(answer, j)) for j in range(len(answer.labels["metric"]))]
    told = "Dot: the mean. Bar: its interval. Dashed line: the better control. Bold: the best rank."
    return f'<div class="charts">{"".join(drawn)}</div>{note(told)}'


def curves_html(answer: Explanation) -> str:
    """Deletion and insertion, where some metric walked them."""
    walks = curves_of(answer)
    if not walks:
        return ""
    alts = {first: f"{CURVES[first]}: {', '.join(TOLD[first])}" for first in walks}
    drawn = [inline(draw_removal(answer, first), alt) for first, alt in alts.items()]
    return f'<h3>Curves</h3><div class="charts">{"".join(drawn)}</div>'
