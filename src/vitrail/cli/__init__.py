"""The command line: one file for each command, with the same words as in Python."""

import typer

from vitrail.cli.compare import compare
from vitrail.cli.data import data
from vitrail.cli.demo import demo
from vitrail.cli.evaluate import evaluate
from vitrail.cli.explain import explain
from vitrail.cli.methods import methods
from vitrail.cli.open import open
from vitrail.cli.predict import predict
from vitrail.cli.recipes import recipes
from vitrail.cli.signatures import signatures
from vitrail.cli.train import train
from vitrail.cli.trust import trust

app = typer.Typer(
    name="vitrail",
    help="Open a neural network from any framework, ask it why, and get an answer that carries its own checks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for command in (open, explain, compare, signatures, trust, data, train, evaluate, predict, recipes, methods, demo):
    app.command()(command)


def main() -> None:
    """What the `vitrail` command runs."""
    app()
