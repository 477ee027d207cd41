"""The third part of the demo: a small network learns a table of real biopsies, and is asked about all held-out ones."""

from typing import Any

import numpy as np
import torch
from torch import nn

from vitrail.cli.tour import Chapter, Effort, Recipes, ask_all
from vitrail.explanation import Array
from vitrail.inputs import Table, open
from vitrail.model import Model
from vitrail.model.undisturbed import undisturbed
from vitrail.plot import Section

SEED = 0
KINDS = ["malignant", "benign"]
TEXT = (
    "This network learnt from {taught} biopsies of breast tissue, each described by thirty measurements of the cells "
    "in a microscope picture, and was then asked about {held} others, of which it reads {accuracy:.1f} % rightly. What "
    "does each measurement add to its answer, benign?\n\n"
    "These are Shapley values. A column is taken away by putting the values of {background} other biopsies in its "
    "place, one after the other. The shares of an example begin at the base value, which is the mean answer over "
    "these, and add up to what the network said. They are estimated, so each has a standard error.\n\n"
    "In the first picture every dot is one biopsy. Where green dots lie on one side and purple ones on the other, the "
    "column pushes one way; the second picture shows how, for the column with the largest shares. Below them are three "
    "biopsies as they add up: one of each kind, and the one that the network was least sure of."
)


def column_chapters(effort: Effort) -> list[Chapter]:
    frame, kinds = biopsies()
    taught, held = split(len(kinds))
    spec = Table.of(only(frame, taught), standardise=True)
    model = open(learnt(spec.numbers(only(frame, taught)), kinds[taught], effort.rounds), inputs=spec, classes=KINDS)
    background = only(frame, taught[: effort.background])
    return [chapter(model, only(frame, held), kinds[held], background, len(taught), effort)]


def biopsies() -> tuple[dict[str, Array], Array]:
    """The Breast Cancer Wisconsin (Diagnostic) table as scikit-learn holds it: columns by name, and what was found."""
    from sklearn.datasets import load_breast_cancer

    given: Any = load_breast_cancer()
    return dict(zip(map(str, given.feature_names), given.data.T, strict=True)), given.target


def only(frame: dict[str, Array], rows: Array) -> dict[str, Array]:
    return {name: column[rows] for name, column in frame.items()}


def split(count: int) -> tuple[Array, Array]:
    """The rows to learn from, two of three, and the others; always the same."""
    order = np.random.default_rng(SEED).permutation(count)
    return order[: 2 * count // 3], order[2 * count // 3 :]


def learnt(x: Array, kinds: Array, rounds: int) -> nn.Module:
    """Two hidden layers; random numbers are left as found."""
    with undisturbed(), torch.enable_grad():
        torch.manual_seed(SEED)
        network = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 2))
        given, wanted, weights = torch.tensor(x, dtype=torch.float32), torch.tensor(kinds), list(network.parameters())
        speeds = [torch.zeros_like(w) for w in weights]
        for _ in range(rounds):  # plain momentum: an optimiser of torch takes longer to import than this to run
            loss = nn.functional.cross_entropy(network(given), wanted)
            for weight, speed, slope in zip(weights, speeds, torch.autograd.grad(loss, weights), strict=True):
                weight.data += speed.mul_(0.9).sub_(0.1 * (slope + 0.01 * weight.data))
    return network.eval()


def chapter(
    model: Model, x: dict[str, Array], kinds: Array, background: dict[str, Array], taught: int, effort: Effort
) -> Chapter:
    recipes: Recipes = [{"method": "kernel-shap", "baseline": background, "budget": effort.budget, "seed": SEED}]
    answers = ask_all(model, x, recipes, "columns", "benign")
    chance = model(x).softmax(1)[:, 1].numpy()
    rows = chosen(chance, kinds)
    accuracy = 100 * float(((chance > 0.5) == kinds).mean())
    text = TEXT.format(taught=taught, held=len(kinds), accuracy=accuracy, background=effort.background)
    section = Section("Columns of a table", text, answers, rows, ("beeswarm", "dependence"))
    return Chapter(section, [f"a {KINDS[int(kinds[i])]} one" for i in rows])


def chosen(chance: Array, kinds: Array) -> list[int]:
    """The surest of each kind that was read rightly, and the one nearest to even."""
    return [
        int(np.argmin(np.where(kinds == 0, chance, 2.0))),
        int(np.argmax(np.where(kinds == 1, chance, -1.0))),
        int(np.argmin(np.abs(chance - 0.5))),
    ]
