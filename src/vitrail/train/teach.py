"""Fitting a network to data, phase by phase, from wherever it was left."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.explanation import Array
from vitrail.train.backend import school
from vitrail.train.checkpoint import LAST, read
from vitrail.train.data import Data, Part
from vitrail.train.heads import LOSSES, MEASURES
from vitrail.train.recipe import Phase, Recipe
from vitrail.train.units import scaled
from vitrail.train.watch import Heard, State, Told, Watch, best, no_number, resumed

TOGETHER = 128  #: examples that are looked at together where nothing is learnt


def teach(
    recipe: Recipe, data: Data, folder: Path, tell: Told | None = None, heard: Heard | None = None
) -> tuple[Any, State]:
    """A network that has learnt the data, with its best weights, and how that went; goes on where it was killed.

    folder  for checkpoints
    tell    called with (steps done, steps in all)
    heard   called with the row of the history after each epoch

    Raises TrainingFailed when the loss is no number any more, DiskFull.
    """
    other = getattr(recipe, "teach", None)
    if other is not None:  # a loop of its own, for networks that are not of keras
        return other(data, folder, tell, heard)  # type: ignore[no-any-return]
    keras = school()
    keras.utils.set_random_seed(recipe.fitting.seed % 2**32)
    network = recipe.build(keras, data)
    own = getattr(recipe, "learn", None)
    if own is not None:  # a rule that is no gradient descent, over in a moment: nothing is kept on the way
        return network, State(history=own(network, data))
    part, lessons = learner(keras, recipe, network, data)
    found = read(folder / LAST)
    state = State() if found is None else State.of(found[1])
    for number, phase in enumerate(recipe.phases(network)):
        if number < state.phase:
            continue
        if number > state.phase:
            state.phase, state.epoch, state.waited, state.over = number, 0, 0, False
        watch = Watch(part, recipe.fitting, folder, state, tell, name=phase.name, heard=heard)
        learn(keras, part, recipe, phase, lessons, watch)
        best(part, folder, state)
    return network, state


def learner(keras: Any, recipe: Recipe, network: Any, data: Data) -> tuple[Any, Data]:
    """What is fitted, and to what: the network to the data, unless the recipe has a part of it learn from features."""
    own = getattr(recipe, "learner", None)
    return (network, data) if own is None else own(keras, network, data)


def learn(keras: Any, network: Any, recipe: Recipe, phase: Phase, data: Data, watch: Watch) -> None:
    """One phase, from the epoch where it was left."""
    fitting, state = recipe.fitting, watch.state
    steps = -(-len(data.rows["train"]) // fitting.batch)
    if phase.prepare is not None:
        phase.prepare(network)
    network.compile(
        optimizer=optimizer(keras, fitting, phase, steps),
        loss=loss_of(keras, recipe, data),
        metrics=MEASURES[data.task],
    )
    network.optimizer.build(network.trainable_variables)
    if state.epoch:
        resumed(network, watch.folder)
    if state.over or state.epoch >= phase.epochs:
        return
    watch.steps, watch.done = steps * phase.epochs, steps * state.epoch
    try:
        network.fit(
            forever(data, fitting.batch, (fitting.seed, state.phase), state.epoch, fitting.balance),
            steps_per_epoch=steps,
            epochs=phase.epochs,
            initial_epoch=state.epoch,
            validation_data=in_order(keras, data, "validation"),
            callbacks=[watch.callback(keras)],
            shuffle=False,
            verbose=0,
        )
    except RuntimeError as error:
        if no_number(error):
            raise watch.failure(float("nan")) from error
        raise


def in_order(keras: Any, data: Data, part: Part) -> Any:
    """A part for keras, the same however often it is read; pictures become numbers a few at a time.

    No generator: keras reads the first batch of one again in every epoch, and then leaves out another.
    """

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return -(-len(data.rows[part]) // TOGETHER)

        def __getitem__(self, i: int) -> tuple[Array, Array]:
            rows = data.rows[part][i * TOGETHER : (i + 1) * TOGETHER]
            return data.numbers(rows), data.answers(rows)

    return Batches()


def said(network: Any, data: Data, part: Part) -> Array:
    """(examples, outputs) what a network says of a part."""
    return np.concatenate([np.asarray(network.predict_on_batch(x)) for x, _ in data.batches(part, TOGETHER)])


def forever(
    data: Data, size: int, seed: tuple[int, int], epoch: int, balance: bool = False
) -> Iterator[tuple[Array, ...]]:
    """Batches of the training part, epoch after epoch, each in an order of its own that the seed and it decide.

    (x, y), with `balance` also what each example counts.
    """
    counts = np.array(list(data.weights().values()), np.float32) if balance else None
    while True:
        rows = np.random.default_rng((*seed, epoch)).permutation(data.rows["train"])
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            batch = data.numbers(some), data.answers(some)
            yield batch if counts is None else (*batch, counts[data.y[some]])
        epoch += 1


def loss_of(keras: Any, recipe: Recipe, data: Data) -> Any:
    """The recipe's own, or the task's; between numbers it counts in standard deviations of the targets."""
    loss = str(getattr(recipe, "loss", LOSSES[data.task]))
    return scaled(keras, data, loss) if data.task == "regression" else loss


def optimizer(keras: Any, fitting: Any, phase: Phase, steps: int) -> Any:
    """As the settings say, with the rate of a phase."""
    rate: Any = phase.rate
    if fitting.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(phase.rate, steps * phase.epochs)
    if fitting.schedule == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(phase.rate, steps * phase.epochs, 0.1)
    if fitting.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.SGD(rate, momentum=fitting.momentum, nesterov=fitting.momentum > 0)
