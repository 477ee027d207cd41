"""`vitrail trust`: how far to trust what a network says about new examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.explain import JSON, OVERWRITE, PLOT, QUIET, REPORT, ROWS, SAVE, refuse_files, refuse_strange
from vitrail.cli.signatures import DATA, called, write
from vitrail.errors import BadInput
from vitrail.explanation import Explanation, load

RARE = 0.05

SIGNATURES = Annotated[
    Path, typer.Argument(metavar="SIGNATURES", help="what `vitrail signatures MODEL DATA --save PATH` wrote")
]


@say.refusing
def trust(
    source: door.SOURCE,
    signatures: SIGNATURES,
    data: DATA,
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
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
) -> None:
    """Tell how usual the paths of new examples are, beside those that the network was calibrated with."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")
    known = signatures_in(signatures)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    x = read.read(model, data)
    with say.progress("trust", quiet):
        answer = known.trust(x, model=model)
    title = f"How far to trust {model.name}"
    written = write(answer, save, report, picture, title, overwrite)
    if json_wanted:
        say.as_json(facts(answer) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


def signatures_in(path: Path) -> Explanation:
    """The signatures in a file; raises CannotOpen when it is none, BadInput when it holds another kind of answer."""
    known = load(path)
    if known.kind != "signature":
        raise BadInput(
            f"{str(path)!r} holds an Explanation of kind {known.kind!r}. Signatures were expected. Make them with "
            "vitrail signatures MODEL DATA --save PATH."
        )
    return known


def facts(answer: Explanation) -> dict[str, Any]:
    """The whole answer as plain JSON: the scores of each example, and in words what is unusual about it."""
    return {
        "kind": answer.kind,
        "examples": [example(answer, i) for i in range(len(answer))],
        "checks": answer.checks,
        "target": answer.target,
        "provenance": answer.provenance,
    }


def example(answer: Explanation, i: int) -> dict[str, Any]:
    """One example: class, signature, the combined p-value, the single ones, what is unusual."""
    single = {name.removeprefix("p/"): p[i] for name, p in answer.arrays.items() if name.startswith("p/")}
    return {
        "example": i,
        "predicted": called(answer.labels.get("class", []), answer.arrays["predicted"][i]),
        "signature": answer.arrays["cluster"][i].tolist(),
        "p": answer.values[i],
        "single": single,
        "unusual": answer.labels["unusual"][i],
    }


def told(answer: Explanation, written: Sequence[Path]) -> None:
    p = np.asarray(answer.values)
    rows = np.sort(np.argsort(p, kind="stable")[:ROWS])
    lines = [example(answer, int(i)) for i in rows]
    drawn = [[str(line["example"]), line["predicted"], f"{line['p']:.4f}", line["unusual"]] for line in lines]
    say.table(["example", "predicted", "p", "what is unusual"], drawn)
    if len(p) > ROWS:
        say.line(f"The {ROWS} most unusual of {len(p):,} examples are shown.")
    say.line(
        f"{int((p <= RARE).sum()):,} of {len(p):,} examples have p at most {RARE:g}; of examples like those of "
        f"calibration ({answer.checks['calibration']:,}, {answer.checks['calibrated_on']}) at most {RARE:.0%} do."
    )
    for path in written:
        say.line(f"written: {path}")
