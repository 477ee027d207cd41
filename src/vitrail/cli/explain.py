"""`vitrail explain`: ask why a network answered as it did."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer

from vitrail import plot
from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.flags import values, with_settings
from vitrail.errors import BadSetting, NoSuchMethod
from vitrail.explain import explain as ask
from vitrail.explanation import Explanation
from vitrail.methods import METHODS
from vitrail.plot.caption import asked, at, gap_text, predicted, promised, short
from vitrail.plot.measures import total

RESULTS = "Results"
FEW = 256  #: numbers of the output that JSON holds without being asked

DATA = Annotated[list[str], typer.Argument(help="pictures, one .npy, .npz, .csv or .parquet, or texts")]
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
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    values_wanted: VALUES = False,
    quiet: QUIET = False,
    classes: door.CLASSES = None,
    tokenizer: door.TOKENIZER = None,
    output: door.OUTPUT = None,
    columns: door.COLUMNS = None,
    image_size: door.SIZE = None,
    image_mean: door.MEAN = None,
    image_std: door.STD = None,
    image_scale: door.SCALE = None,
    image_mode: door.MODE = None,
    *,
    settings: dict[str, str],
) -> None:
    """Ask why a network answered as it did: which inputs mattered, and how far the answer can be trusted."""
    refuse_early(method, save, report, overwrite)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    x, given = read.read(model, data), values(method, settings)
    asking = question(target, model.classes)
    with say.progress(method, quiet) as progress:
        answer = ask(model, x, method, asking, speed=cast(Any, speed), progress=progress, **given)
    written = write(answer, save, report, overwrite)
    if json_wanted:
        say.as_json(facts(answer, values_wanted) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


def refuse_early(method: str, save: Path | None, report: Path | None, overwrite: bool) -> None:
    """What is known to go wrong is refused before the network is opened."""
    if method not in METHODS:
        raise NoSuchMethod(method, METHODS)
    if save is not None and save == report:
        raise BadSetting(
            f"--save and --report both name {str(save)!r}. Two files were expected, one for the answer and one for "
            "the page. Rename one."
        )
    say.refuse_taken((save, report), overwrite)


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


def write(answer: Explanation, save: Path | None, report: Path | None, overwrite: bool) -> list[Path]:
    """Each file whole or not at all."""
    written = [] if save is None else [answer.save(save, overwrite=overwrite)]
    if report is not None:
        name = answer.provenance["model"]["name"]
        section = plot.Section(f"{answer.method} of {name}", "", [answer])
        written.append(plot.report(report, [section], title=f"Why {name} answered so", overwrite=overwrite))
    return written


def told(answer: Explanation, written: Sequence[Path]) -> None:
    rows = [row(answer, i) for i in range(len(answer))]
    say.table(["example", "prediction", "target", "target value", "completeness gap", "evaluations", "seconds"], rows)
    say.line(footnote(answer))
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
