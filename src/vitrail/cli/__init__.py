"""The command line: one file for each command, with the same words as in Python."""

import typer

from vitrail.cli.compare import compare
from vitrail.cli.cross_validate import cross_validate
from vitrail.cli.data import data
from vitrail.cli.demo import demo
from vitrail.cli.evaluate import evaluate
from vitrail.cli.explain import explain
from vitrail.cli.methods import methods
from vitrail.cli.open import open
from vitrail.cli.predict import predict
from vitrail.cli.range_test import range_test
from vitrail.cli.recipes import recipes
from vitrail.cli.signatures import signatures
from vitrail.cli.train import train
from vitrail.cli.trust import trust
from vitrail.cli.tune import tune

app = typer.Typer(
    name="vitrail",
    help="Open a neural network from any framework, ask it why, and get an answer that carries its own checks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for command in (
    open, explain, compare, signatures, trust, data, train, range_test, tune, cross_validate, evaluate, predict,
    recipes, methods, demo,
):  # fmt: skip
    app.command()(command)


def main() -> None:
    """What the `vitrail` command runs."""
    app()
