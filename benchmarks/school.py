"""The school: what recipes reach on real data, and what they cost beside a bare fit of the same network."""

import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fetch
import heads
import numpy as np
import pandas as pd
import subjects
from cases import Row, paired
from timing import in_turn

from vitrail.train.backend import school
from vitrail.train.data import Data
from vitrail.train.recipe import Recipe
from vitrail.train.recipes.cnn import CNN
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.recipes.mlp_regressor import MLPRegressor
from vitrail.train.recipes.text_classifier import TextClassifier
from vitrail.train.sources import data_of
from vitrail.train.teach import teach
from vitrail.train.verb import train

DIGITS = tuple("0123456789")
HELD = 5000  #: of the 60,000 digits that validation has; the 10,000 of the test are the test


def digits() -> Data:
    """MNIST as bytes (70000, 28, 28, 1)."""
    (x, y), (x_test, y_test) = (heads.digits(part) for part in ("train", "t10k"))
    pictures = np.concatenate([(255 * v.numpy()).round().astype(np.uint8)[:, 0, :, :, None] for v in (x, x_test)])
    many = len(x)
    rows = {
        "train": np.arange(many - HELD),
        "validation": np.arange(many - HELD, many),
        "test": np.arange(many, len(pictures)),
    }
    return Data(pictures, np.concatenate([y, y_test]), "multiclass", rows, DIGITS)


def flat(data: Data) -> Data:
    """The same as rows of numbers from 0 to 1."""
    return replace(data, x=data.x.reshape(len(data), -1).astype(np.float32) / 255)


def california() -> Data:
    return data_of(pd.read_parquet(subjects.TABLES / "california_housing.parquet.brotli"), "MedHouseVal")


def adult() -> Data:
    """'?' is a category of its own."""
    return data_of(pd.read_parquet(subjects.TABLES / "adult.parquet.brotli"), "income")


def snippets(encoder: str) -> Data:
    """Snippets of movie reviews, liked or not: the mean of twenty ratings from -4 to 4, above 0 or not."""
    name = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
    with tarfile.open(fetch.folder_of("snippets") / "hutto_ICWSM_2014.tar.gz") as archive:
        file = archive.extractfile(name)
        assert file is not None
        lines = file.read().decode("latin-1").splitlines()
    rows = [line.split("\t", 2) for line in lines if line.strip()]
    liked = ["liked" if float(rating) > 0 else "not liked" for _, rating, _ in rows]
    return data_of(([text.strip() for *_, text in rows], liked), tokenizer=encoder, max_length=64)


def fewer(data: Data, count: int = 60) -> Data:
    """So many examples of each part, for the test that this still runs."""
    return replace(data, rows={part: rows[:count] for part, rows in data.rows.items()})


def reached(name: str, recipe: Recipe, data: Data, measured: Callable[[Any], float], asked: float) -> Row:
    """A training, judged on the test part, which nothing was chosen by."""
    with tempfile.TemporaryDirectory() as folder:
        run = train(recipe, data, folder=folder)
        about = f"{len(run.history)} epochs, {run.about['seconds']:.0f} s"
        value = measured(run.evaluation.checks)
    counts = f"{len(data.rows['train']):,} examples to learn, {len(data.rows['test']):,} to judge"
    return Row(name, value, asked, f"{recipe.name}: {counts}; {about}")


def error(checks: Any) -> float:
    return 1 - float(checks["accuracy"])


def on_real_data(quick: bool) -> Iterator[Row]:
    """What recipes reach; a short training when it is only to run."""
    cut: Any = fewer if quick else lambda data: data
    short: Any = {"epochs": 1} if quick else {}
    mnist = cut(digits())
    mlp = MLPClassifier(
        **{"hidden": (300, 100), "epochs": 15, "batch": 64, "dropout": 0.2, "schedule": "cosine", **short}
    )
    cnn = CNN(**{"epochs": 5, "batch": 64, "schedule": "cosine", **short})
    yield reached("MNIST, 784-300-100-10: test error", mlp, flat(mnist), error, 0.025)
    yield reached("MNIST, CNN: test error", cnn, mnist, error, 0.01)
    houses = MLPRegressor(**{"epochs": 60, "batch": 128, "rate": 0.003, "schedule": "cosine", **short})
    yield reached("California housing, MLP: test RMSE", houses, cut(california()), lambda c: float(c["rmse"]), 0.55)
    census = MLPClassifier(**{"epochs": 8, "batch": 128, "dropout": 0.2, "schedule": "cosine", **short})
    yield reached("Adult census, MLP: test error", census, cut(adult()), error, 0.15)
    encoder = str(fetch.folder_of("encoder"))
    reader = TextClassifier(**{"base": encoder, "epochs": 2, "rate": 1e-3, **short})
    yield reached("Movie snippets, MiniLM fine-tuned: test error", reader, cut(snippets(encoder)), error, 0.14)


# -- beside a bare fit -------------------------------------------------------------------------------------


def bare(recipe: Any, data: Data, arrays: dict[str, Any], kept: bool) -> None:
    """The same network, optimizer and loss by keras itself, on arrays that lie ready.

    kept  whether it stops early, keeps the best weights and what it needs to go on after a kill, and stops at NaN, by
          keras's own callbacks
    """
    keras = school()
    keras.utils.set_random_seed(0)
    network = recipe.build(keras, data)
    network.compile(keras.optimizers.Adam(recipe.rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [
            keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True),
            keras.callbacks.ModelCheckpoint(
                Path(folder) / "best.weights.h5", save_best_only=True, save_weights_only=True
            ),
            keras.callbacks.BackupAndRestore(Path(folder) / "last"),
            keras.callbacks.TerminateOnNaN(),
        ]
        network.fit(
            *arrays["train"],
            batch_size=recipe.batch,
            epochs=recipe.epochs,
            validation_data=arrays["validation"],
            validation_batch_size=128,
            callbacks=callbacks if kept else None,
            verbose=0,
        )


def ours(recipe: Recipe, data: Data) -> None:
    with tempfile.TemporaryDirectory() as folder:
        teach(recipe, data, Path(folder))


def overhead(quick: bool) -> Iterator[Row]:
    data = flat(fewer(digits(), 60 if quick else 60_000))
    recipe = MLPClassifier(hidden=(300, 100), epochs=1 if quick else 3)
    arrays = {part: data.part(part) for part in ("train", "validation")}
    rounds = 1 if quick else 7
    name = "784-300-100-10, 3 epochs of 55,000 digits: wall time / keras.Model.fit"
    pair = in_turn(lambda: ours(recipe, data), lambda: bare(recipe, data, arrays, True), rounds)
    yield paired(f"{name} with keras's own callbacks for the same", 1.03, pair)
    pair = in_turn(lambda: ours(recipe, data), lambda: bare(recipe, data, arrays, False), rounds)
    yield paired(f"{name} without any", None, pair)


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    yield from on_real_data(quick)
    yield from overhead(quick)
