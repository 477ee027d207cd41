"""`vitrail signatures`: the paths that examples take through a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer

from vitrail import plot
from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.explain import (
    JSON,
    OVERWRITE,
    PLOT,
    QUIET,
    REPORT,
    RESULTS,
    ROWS,
    SAVE,
    is_whole,
    pixels,
    refuse_files,
    refuse_strange,
)
from vitrail.cli.labels import LABELS, examples, labels_of
from vitrail.errors import BadSetting
from vitrail.explanation import Explanation, write_whole
from vitrail.plot.whole import rows_shown
from vitrail.signatures.fit import signatures as ask

TOP = 12  #: signatures that are printed, the most frequent ones
CHOOSING = ("auto", "gap")

DATA = Annotated[list[str], typer.Argument(help="pictures, one .npy, .npz, .csv or .parquet; texts, or .txt files")]
LAYERS = Annotated[str, typer.Option("--layers", metavar="A,B,...", help="by name; `vitrail open` lists them")]
CLUSTERS = Annotated[
    str,
    typer.Option(
        "--clusters", metavar="N|auto|gap", help="at each layer; chosen by silhouette (auto) or by the gap statistic"
    ),
]
BINS = Annotated[
    str | None, typer.Option("--bins", metavar="N|N:quantile", help="activations become bins before they are clustered")
]
POOL = Annotated[
    str, typer.Option("--pool", metavar="auto|mean|max|cls|raw", help="how a layer becomes one vector for each example")
]
SEED = Annotated[int, typer.Option("--seed", metavar="N", help="of the clusters, and of what is held out")]
FIT = Annotated[
    str, typer.Option("--fit", metavar="correct|all", help="which examples are clustered: those read rightly, or all")
]
HELD = Annotated[float, typer.Option("--held-out", metavar="SHARE", help="of the examples, to calibrate trust with")]
CALIBRATION = Annotated[
    str | None,
    typer.Option("--calibration", metavar="FILE", help="examples that the network has not seen, for that instead"),
]
STORE = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="FOLDER", help="keep the activations; go on with them if stopped", rich_help_panel=RESULTS
    ),
]


@say.refusing
def signatures(
    source: door.SOURCE,
    data: DATA,
    labels: LABELS = None,
    layers: LAYERS = "auto",
    clusters: CLUSTERS = "10",
    bins: BINS = None,
    pool: POOL = "auto",
    seed: SEED = 0,
    fit: FIT = "correct",
    held_out: HELD = 0.2,
    calibration: CALIBRATION = None,
    store: STORE = None,
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
    """Find the path that each example takes through the layers of a network, and what these paths say about it."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")
    truth, counts = labels_of(labels, data), counted(clusters)
    if calibration is not None:
        read.refuse_missing(calibration)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    x = examples(model, data, labels)
    fresh = None if calibration is None else examples(model, [calibration], labels)
    with say.progress("signatures", quiet) as progress:
        answer = ask(
            model, x, truth, named(layers), counts, bins, cast(Any, pool), seed, calibration=fresh, held_out=held_out,
            fit=cast(Any, fit), store=store, overwrite=overwrite, progress=progress,
        )  # fmt: skip
    title = f"The paths that examples take through {model.name}"
    written = write(answer, save, report, picture, title, overwrite)
    if json_wanted:
        say.as_json(facts(answer) | {"written": [str(path) for path in written]})
    else:
        told(answer, written, store)


# -- what was asked ------------------------------------------------------------------------------------------


def named(layers: str) -> str | list[str]:
    """The layers of a flag; "auto" as it is."""
    return layers if layers == "auto" else [name.strip() for name in layers.split(",")]


def counted(text: str) -> Any:
    """One number or word, or one for each layer.

    Raises BadSetting for anything else.
    """
    each = [part.strip() for part in text.split(",")]
    if not all(part in CHOOSING or (is_whole(part) and int(part) > 0) for part in each):
        raise BadSetting(
            f"--clusters {text!r} is not known. A number from 1, 'auto' or 'gap', or one of these for each layer, was "
            "expected. Write 10, or 8,10,12.",
            setting="clusters",
        )
    found = [part if part in CHOOSING else int(part) for part in each]
    return found if len(found) > 1 else found[0]


# -- results -------------------------------------------------------------------------------------------------


def write(
    answer: Explanation, save: Path | None, report: Path | None, picture: Path | None, title: str, overwrite: bool
) -> list[Path]:
    """Each file whole or not at all."""
    written = [] if save is None else [answer.save(save, overwrite=overwrite)]
    if picture is not None:
        written.append(write_whole(picture, pixels(answer, picture, "auto"), overwrite=overwrite))
    if report is not None:
        rows, text = rows_shown(answer, ROWS)
        section = plot.Section(answer.provenance["model"]["name"], text, [answer], rows or None)
        written.append(plot.report(report, [section], title=title, overwrite=overwrite))
    return written


def facts(answer: Explanation) -> dict[str, Any]:
    """What was found, as plain JSON; not the signature of each example, which the saved answer holds."""
    return {
        "kind": answer.kind,
        "layers": layers_of(answer),
        "signatures": frequent(answer),
        "classes": answer.labels.get("class", []),
        "checks": answer.checks,
        "target": answer.target,
        "provenance": answer.provenance,
    }


def layers_of(answer: Explanation) -> list[dict[str, Any]]:
    """A row for each layer: what is in it, and what the statistics say."""
    names = list(answer.labels["layer"])
    known = ("units", "purity", "nmi", "dead", "saturated")
    columns = {name: answer.arrays[f"statistics/{name}"].tolist() for name in known}
    columns["clusters"] = [len(answer.arrays[f"centroid/{name}"]) for name in names]
    return [{"layer": name, **{c: values[i] for c, values in columns.items()}} for i, name in enumerate(names)]


def frequent(answer: Explanation, most: int = TOP) -> list[dict[str, Any]]:
    """The most frequent rows of the table (input class, signature, output class, count)."""
    flow, classes = answer.flow(), list(answer.labels.get("class", []))
    counts = np.asarray(flow.values)
    return [
        {
            "input": called(classes, flow.arrays["input_class"][i]),
            "signature": flow.arrays["signature"][i].tolist(),
            "output": called(classes, flow.arrays["output_class"][i]),
            "count": int(counts[i]),
            "share": float(counts[i] / counts.sum()),
        }
        for i in range(min(most, len(counts)))
    ]


def called(classes: Sequence[str], index: int) -> str:
    """The name of a class; "unknown" for -1."""
    return "unknown" if index < 0 else str(classes[index]) if index < len(classes) else str(index)


def told(answer: Explanation, written: Sequence[Path], store: Path | None) -> None:
    checks = answer.checks
    accuracy = checks.get("accuracy")
    right = "" if accuracy is None else f", {accuracy:.1%} of them read rightly"
    say.line(f"{checks['examples']:,} examples{right}; clusters fitted on {checks['fitted']:,}")
    names = "layer units clusters purity dead saturated".split()
    say.table(names, [[shown(row[name]) for name in names] for row in layers_of(answer)])
    rows = [
        [row["input"], " ".join(map(str, row["signature"])), row["output"], f"{row['count']:,}", f"{row['share']:.1%}"]
        for row in frequent(answer)
    ]
    say.table(["input class", "signature", "output class", "count", "share"], rows)
    say.line("A signature is the cluster at each layer, in the order of the layers above. Purity is the share of")
    say.line("examples whose class is the most frequent one in their cluster.")
    for path in written:
        say.line(f"written: {path}")
    if store is not None:
        say.line(f"activations: {store}")


def shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
