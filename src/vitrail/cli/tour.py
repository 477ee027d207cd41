"""What the parts of the demo share: how much it does, one chapter of it, and asking several methods in a row."""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

from vitrail.cli import say
from vitrail.explain import explain
from vitrail.explanation import Explanation
from vitrail.model import Model
from vitrail.plot import Section

Recipes = Sequence[Mapping[str, Any]]  #: {"method": name, **settings}


@dataclass(frozen=True)
class Effort:
    """How much the demo does.

    taught    digits that the network learns from; the others are held out
    epochs    times that it sees each of them
    steps     points on the path of integrated gradients
    samples   noisy copies for SmoothGrad
    stride    pixels between the windows of occlusion on photographs
    count     superpixels of a photograph
    pieces    superpixels of the photograph whose pieces play
    play      coalitions of these that are evaluated
    rounds    steps in which the network of columns learns
    background  rows of its table that stand in for absent columns
    budget    coalitions of columns that are evaluated for each row
    """

    taught: int = 4000
    epochs: int = 12
    steps: int = 50
    samples: int = 25
    stride: int = 16
    count: int = 60
    pieces: int = 24
    play: int = 140
    rounds: int = 150
    background: int = 10
    budget: int = 292
    clusters: int = 10
    asked: int = 8


@dataclass(frozen=True)
class Chapter:
    """A section of the page, and what its examples are called in the table."""

    section: Section
    names: Sequence[str]


def ask_all(model: Model, x: Any, recipes: Recipes, words: str, target: Any = "predicted") -> list[Explanation]:
    """What each method says about x, with a bar while it works."""
    with say.stage(words) as start:
        return [explain(model, x, recipe, target, progress=start(str(recipe["method"]))) for recipe in recipes]


def about(answers: Sequence[Explanation], questions: Sequence[str]) -> list[Explanation]:
    """The same answers, with the question about each example in words."""
    return [replace(answer, target={**answer.target, "labels": list(questions)}) for answer in answers]


@contextmanager
def quietly() -> Iterator[None]:
    """Other libraries neither print nor warn."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
