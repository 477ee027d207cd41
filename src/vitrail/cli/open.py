"""`vitrail open`: what is in a network."""

from typing import Annotated, Any

import typer

from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.model import Layer, Model

SITES = Annotated[bool, typer.Option("--sites/--no-sites", help="also list functional calls, such as relu")]
EXAMPLE = Annotated[
    list[str] | None,
    typer.Option("--example", metavar="DATA", help="run it once on this: a picture, .npy, .csv, .parquet, a text"),
]
JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@say.refusing
def open(
    source: door.SOURCE,
    sites: SITES = True,
    example: EXAMPLE = None,
    json_wanted: JSON = False,
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
    """Show what is in a network: its layers, their shapes, its parameters, its classes, the hash of its weights."""
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    if example:
        model(read.read(model, example))
    found = facts(model, sites)
    if json_wanted:
        say.as_json(found)
    else:
        told(found)


def facts(model: Model, sites: bool) -> dict[str, Any]:
    """What is in a network, as plain JSON."""
    layers = [layer for layer in model.layers if sites or layer.module is not None]
    shape = model.network.input_shape()
    return {
        "name": model.name,
        "framework": model.network.framework,
        "input_shape": None if shape is None else list(shape),
        "parameters": parameters(model),
        "weights": model.fingerprint.digest(),
        "classes": list(model.classes),
        "run": any(layer.shape is not None for layer in layers),
        "layers": [{**layer.as_json(), "site": layer.module is None} for layer in layers],
    }


def parameters(model: Model) -> int:
    """The numbers that the network's own parts hold; a part that runs twice counts once."""
    own: dict[str, Layer] = {layer.module: layer for layer in model.layers if layer.module is not None}
    return sum(layer.parameters for layer in own.values())


def told(found: dict[str, Any]) -> None:
    shape = found["input_shape"]
    say.line(f"{found['name']} ({found['framework']}), weights {found['weights']}")
    say.line(f"{found['parameters']:,} parameters")
    if shape is not None:
        say.line(f"input    (batch, {', '.join('any' if n is None else str(n) for n in shape)})")
    say.line(f"classes  {named(found['classes'])}")
    say.table(["layer", "kind", "shape", "channel axis", "parameters"], map(row, found["layers"]))
    if not found["run"]:
        say.line(
            "The shapes are unknown until the network has run once, and so are functional calls: it does not declare "
            "the shape of its input. Give it an example: --example DATA."
        )


def named(classes: list[str], most: int = 12) -> str:
    more = f", ... ({len(classes)} in all)" if len(classes) > most else ""
    return ", ".join(classes[:most]) + more if classes else "not named; give them with --classes FILE"


def row(layer: dict[str, Any]) -> list[str]:
    shape, axis = layer["shape"], layer["channel_axis"]
    shown = "unknown" if shape is None else f"({', '.join(map(str, shape))})"
    return [layer["name"], layer["kind"], shown, "" if axis is None else str(axis), f"{layer['parameters']:,}"]
