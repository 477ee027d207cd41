"""`vitrail explain`: ask why a network answered as it did."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer

from vitrail import plot
from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.flags import values, with_settings
from vitrail.cli.frame import ASKED
from vitrail.errors import BadSetting, NoSuchMethod, near
from vitrail.explain import explain as ask
from vitrail.explanation import Explanation, write_whole
from vitrail.plot.caption import asked, at, gap_text, predicted, promised, short
from vitrail.plot.inline import styled
from vitrail.plot.measures import total
from vitrail.plot.page import styles_of
from vitrail.plot.players import STYLES

RESULTS = "Results"
DRAWN = ".png .svg .pdf".split()
ROWS = 100  #: examples that have a row of their own on a page at most
FEW = 256  #: numbers of the output that JSON holds without being asked

DATA = Annotated[list[str], typer.Argument(help="pictures, one .npy, .npz, .csv or .parquet; texts, or .txt files")]
METHOD = Annotated[str, typer.Option("--method", metavar="NAME", help="what to ask with; `vitrail methods` lists them")]
TARGET = Annotated[
    str,
    typer.Option("--target", metavar="T", help="a class by number or name, one for each example (3,5,1), or predicted"),
]
SAVE = Annotated[
    Path | None,
    typer.Option("--save", metavar="PATH", help="write the answer, one safetensors file", rich_help_panel=RESULTS),
]
REPORT = Annotated[
    Path | None, typer.Option("--report", metavar="PATH", help="write one HTML page", rich_help_panel=RESULTS)
]
PLOT = Annotated[
    Path | None,
    typer.Option("--plot", metavar="PATH", help="draw it: .png, .svg or .pdf", rich_help_panel=RESULTS),
]
STYLE = Annotated[
    str,
    typer.Option(
        "--style",
        metavar="NAME",
        help=f"of --plot and --report, for tables: {', '.join(STYLES)}",
        rich_help_panel=RESULTS,
    ),
]
OVERWRITE = Annotated[bool, typer.Option("--overwrite", help="replace files that are there", rich_help_panel=RESULTS)]
JSON = Annotated[bool, typer.Option("--json", help="print JSON", rich_help_panel=RESULTS)]
VALUES = Annotated[bool, typer.Option("--values", help="with --json: all arrays too", rich_help_panel=RESULTS)]
QUIET = Annotated[bool, typer.Option("--quiet", help="draw no progress bar", rich_help_panel=RESULTS)]
SPEED = Annotated[str, typer.Option("--speed", metavar="auto|plain|fast", help="whether a checked faster plan is used")]


@say.refusing
@with_settings
def explain(
    source: door.SOURCE,
    data: DATA,
    method: METHOD = "integrated-gradients",
    target: TARGET = "predicted",
    speed: SPEED = "auto",
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
    style: STYLE = "auto",
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    values_wanted: VALUES = False,
    quiet: QUIET = False,
    classes: door.CLASSES = None,
    tokenizer: door.TOKENIZER = None,
    output: door.OUTPUT = None,
    columns: door.COLUMNS = None,
    table: door.TABLE = None,
    standardise: door.STANDARDISE = False,
    encode: door.ENCODE = "one-hot",
    image_size: door.SIZE = None,
    image_mean: door.MEAN = None,
    image_std: door.STD = None,
    image_scale: door.SCALE = None,
    image_mode: door.MODE = None,
    *,
    settings: dict[str, str],
) -> None:
    """Ask why a network answered as it did: which inputs mattered, and how far the answer can be trusted."""
    refuse_early(method, [save, report, picture], overwrite)
    refuse_strange(picture, report, style)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    x, given = read.read(model, data), values(method, settings)
    asking = question(target, model.classes)
    with say.progress(method, quiet) as progress:
        answer = ask(model, x, method, asking, speed=cast(Any, speed), progress=progress, **given)
    written = write(answer, save, report, picture, style, overwrite)
    if json_wanted:
        say.as_json(facts(answer, values_wanted) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


def refuse_early(method: str, paths: Sequence[Path | None], overwrite: bool) -> None:
    """What is known to go wrong is refused before the network is opened."""
    if method not in ASKED:
        raise NoSuchMethod(method, ASKED)
    refuse_files(paths, overwrite)


def refuse_files(paths: Sequence[Path | None], overwrite: bool) -> None:
    """Raise BadSetting for a file that is to hold two things, AlreadyExists for one that nobody said to replace."""
    named = [path for path in paths if path is not None]
    twice = next((path for path in named if named.count(path) > 1), None)
    if twice is not None:
        raise BadSetting(
            f"two of --save, --report and --plot name {str(twice)!r}. A file for each was expected. Rename one."
        )
    say.refuse_taken(paths, overwrite)


def refuse_strange(picture: Path | None, report: Path | None, style: str) -> None:
    """Raise BadSetting for a picture of an unknown kind, and for a style that is not known or has nothing to draw."""
    if picture is not None and picture.suffix.lower() not in DRAWN:
        raise BadSetting(
            f"--plot {str(picture)!r} is of no known kind. One of {', '.join(DRAWN)} was expected. Rename it.",
            setting="plot",
        )
    if style not in ("auto", *STYLES):
        raise BadSetting(
            f"no style named {style!r}. {near(style, STYLES)}Styles are: auto, {', '.join(STYLES)}. Choose one.",
            setting="style",
        )
    if style != "auto" and picture is None and report is None:
        raise BadSetting(
            f"--style {style} came without --plot and --report. A file to draw in was expected. Add --plot FILE.png.",
            setting="style",
        )


def question(text: str, classes: Sequence[str]) -> Any:
    """The target that a text stands for: a class name first, then a number, then one of these for each example."""
    if text in classes or text == "predicted":
        return text
    if is_whole(text):
        return int(text)
    each = [part.strip() for part in text.split(",")]
    if len(each) > 1 and all(map(is_whole, each)):
        return [int(part) for part in each]
    return each if len(each) > 1 and set(each) <= set(classes) else text


def is_whole(text: str) -> bool:
    return text.strip().removeprefix("-").isdecimal()


# -- results -----------------------------------------------------------------------------------------------


def write(
    answer: Explanation, save: Path | None, report: Path | None, picture: Path | None, style: str, overwrite: bool
) -> list[Path]:
    """Each file whole or not at all; a style that does not suit the answer is refused before the first."""
    drawn = pixels(answer, picture, style) if picture is not None or style != "auto" else b""
    written = [] if save is None else [answer.save(save, overwrite=overwrite)]
    if picture is not None:
        written.append(write_whole(picture, drawn, overwrite=overwrite))
    if report is not None:
        title = f"Why {answer.provenance['model']['name']} answered so"
        written.append(plot.report(report, [section(answer, style)], title=title, overwrite=overwrite))
    return written


def section(answer: Explanation, style: str) -> plot.Section:
    """The page of one answer; of very many examples the first ones, and all of them in one picture."""
    name, count = answer.provenance["model"]["name"], len(answer)
    text = f"{ROWS} of {count} examples are shown." if count > ROWS else ""
    rows = range(min(count, ROWS))
    return plot.Section(f"{answer.method} of {name}", text, [answer], rows, styles_of(answer, style))


def pixels(answer: Explanation, path: Path | None, style: str) -> bytes:
    """The picture as a file of the kind that the path names."""
    held = io.BytesIO()
    kind = "png" if path is None else path.suffix.lower().removeprefix(".")
    styled(answer, style).savefig(held, format=kind, dpi=144)
    return held.getvalue()


def told(answer: Explanation, written: Sequence[Path]) -> None:
    rows = [row(answer, i) for i in range(len(answer))]
    say.table(["example", "prediction", "target", "target value", "completeness gap", "evaluations", "seconds"], rows)
    say.line(footnote(answer))
    if "choice" in answer.provenance:
        say.line(f"chosen: {answer.method}. {answer.provenance['choice']['why']}")
    for path in written:
        say.line(f"written: {path}")


def row(answer: Explanation, i: int) -> list[str]:
    """One example; evaluations and seconds are those of all examples together, so they stand in the first row."""
    checks = answer.checks
    once = [short(total(checks.get("evaluations"))), short(answer.provenance.get("seconds"))] if i == 0 else ["", ""]
    value = at(checks.get("target_value"), i)
    return [str(i), predicted(answer, i), asked(answer, i), short(value), gap_text(answer, i) or "–", *once]


def footnote(answer: Explanation) -> str:
    """What the columns mean, and why a gap may be missing."""
    if "conservation_gap" in answer.checks:
        gap = "The gap is how far the values are from adding up to the target; what biases took is missing."
    elif promised(answer):
        gap = "The completeness gap is how far the values are from adding up to what they explain."
    else:
        gap = f"–: {answer.method} does not promise that its values add up, so there is no gap to judge it by."
    return f"{gap} Evaluations and seconds are those of all {len(answer)} examples together."


def facts(answer: Explanation, values_wanted: bool) -> dict[str, Any]:
    """The whole answer as plain JSON, without its arrays unless they are wanted."""
    arrays = {
        name: {"shape": array.shape, "axes": answer.axes[name], **({"values": array} if values_wanted else {})}
        for name, array in answer.arrays.items()
    }
    small = values_wanted or np.size(answer.outputs) <= FEW
    return {
        "kind": answer.kind,
        "method": answer.method,
        "examples": [example(answer, i) for i in range(len(answer))],
        "target": answer.target,
        "checks": answer.checks,
        "outputs": answer.outputs if small else None,
        "arrays": arrays,
        "labels": {name: names for name, names in answer.labels.items() if name != "class"},
        "provenance": answer.provenance,
    }


def example(answer: Explanation, i: int) -> dict[str, Any]:
    """What was said, asked and measured about one example."""
    said: Sequence[Mapping[str, Any]] = answer.provenance.get("prediction") or []
    each = {k: v for k, v in answer.checks.items() if isinstance(v, np.ndarray) and v.shape[:1] == (len(answer),)}
    return {
        "example": i,
        "prediction": said[i] if i < len(said) else None,
        "target": asked(answer, i) or None,
        **{name: check[i] for name, check in each.items()},
    }
