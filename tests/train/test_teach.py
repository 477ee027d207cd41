"""Fitting: it learns, stops, goes on after a kill as if there had been none, and says when it cannot."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest

from lessons import blobs
from vitrail.errors import TrainingFailed
from vitrail.train import watch
from vitrail.train.recipe import Phase
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.teach import forever, teach

SMALL = MLPClassifier(hidden=(8,), epochs=4, rate=0.01, dropout=0.3)


def weights(network):
    return [np.array(variable) for variable in network.get_weights()]


def assert_same(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def killed(recipe, data, folder, monkeypatch, writes):
    """Train until so many checkpoints are written, and be killed there."""
    count, write = itertools.count(1), watch.write

    def dying(*args):
        write(*args)
        if next(count) == writes:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(watch, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            teach(recipe, data, folder)


def test_it_learns(tmp_path):
    network, state = teach(replace(SMALL, epochs=15), blobs(), tmp_path)
    x, y = blobs().part("test")
    assert (network.predict(x, verbose=0).argmax(1) == y).mean() > 0.9
    losses = [row["val_loss"] for row in state.history]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    "other", [{}, {"optimizer": "sgd", "schedule": "cosine"}, {"schedule": "plateau", "patience": 2}]
)
@pytest.mark.parametrize("writes", [1, 2, 3, 4, 5])
def test_after_a_kill_it_goes_on_as_if_there_had_been_none(tmp_path, monkeypatch, other, writes):
    recipe = replace(SMALL, **other)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, told = teach(recipe, blobs(), tmp_path / "a")
    killed(recipe, blobs(), tmp_path / "b", monkeypatch, writes)
    again, retold = teach(recipe, blobs(), tmp_path / "b")
    assert_same(whole, again)
    assert told.history == retold.history


def test_another_seed_is_another_network(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, _ = teach(replace(SMALL, epochs=1), blobs(), tmp_path / "a")
    other, _ = teach(replace(SMALL, epochs=1, seed=1), blobs(), tmp_path / "b")
    assert not np.array_equal(weights(one)[0], weights(other)[0])


def test_the_best_weights_are_kept_and_patience_ends_it(tmp_path):
    wild = replace(SMALL, epochs=30, rate=3.0, patience=2)
    network, state = teach(wild, blobs(), tmp_path)
    losses = [row["val_loss"] for row in state.history]
    assert len(losses) == losses.index(min(losses)) + 3
    network.compile(loss="sparse_categorical_crossentropy")
    loss = np.ravel(network.evaluate(*blobs().part("validation"), verbose=0))[0]
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_plateau_halves_the_rate(tmp_path):
    wild = replace(SMALL, epochs=12, rate=3.0, patience=4, schedule="plateau")
    rates = [row["rate"] for row in teach(wild, blobs(), tmp_path)[1].history]
    assert rates[0] == 3.0
    assert rates[-1] == pytest.approx(1.5)


def test_a_loss_that_is_no_number_ends_it_with_the_step_and_the_usual_causes(tmp_path):
    data = blobs()
    x = data.x.copy()
    x[data.rows["train"][0]] = np.nan
    with pytest.raises(TrainingFailed, match=r"in epoch 1, step \d+.*learning rate that is too high"):
        teach(SMALL, replace(data, x=x), tmp_path)


def test_each_epoch_has_an_order_of_its_own_that_the_seed_decides():
    data = blobs()

    def order(seed, epoch):
        batches = itertools.islice(forever(data, 72, (seed, 0), epoch), 1)
        return np.concatenate([x for x, _ in batches])

    np.testing.assert_array_equal(order(0, 1), order(0, 1))
    assert not np.array_equal(order(0, 1), order(0, 2))
    assert not np.array_equal(order(0, 1), order(1, 1))
    both = list(itertools.islice(forever(data, 72, (0, 0), 0), 2))
    np.testing.assert_array_equal(both[1][0], order(0, 1))
    np.testing.assert_array_equal(np.sort(both[0][0], 0), np.sort(data.part("train")[0], 0))


@dataclass(frozen=True)
class Phased(MLPClassifier):
    """The hidden layer is held still at first."""

    def phases(self, network):
        def hold(network):
            network.layers[1].trainable = False

        def free(network):
            network.layers[1].trainable = True

        return [Phase("head", 2, self.rate, hold), Phase("all", 2, self.rate / 10, free)]


@pytest.mark.parametrize("writes", [3, 4, 5, 6])
def test_phases_come_one_after_the_other_also_after_a_kill(tmp_path, monkeypatch, writes):
    recipe = Phased(hidden=(8,), rate=0.05, dropout=0.2)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, told = teach(recipe, blobs(), tmp_path / "a")
    killed(recipe, blobs(), tmp_path / "b", monkeypatch, writes)
    again, retold = teach(recipe, blobs(), tmp_path / "b")
    assert_same(whole, again)
    assert told.history == retold.history
    assert [(row["phase"], row["epoch"]) for row in told.history] == [("head", 1), ("head", 2), ("all", 1), ("all", 2)]
    assert told.history[2]["rate"] == pytest.approx(0.005)


def test_layers_that_are_held_do_not_change_by_a_bit(tmp_path):
    recipe = Phased(hidden=(8,), rate=0.05)
    before = []
    build = recipe.build

    def watched(keras, data):
        network = build(keras, data)
        before.append(weights(network))
        return network

    object.__setattr__(recipe, "build", watched)
    object.__setattr__(recipe, "phases", lambda network: Phased.phases(recipe, network)[:1])
    network, _ = teach(recipe, blobs(), tmp_path)
    after = weights(network)
    np.testing.assert_array_equal(before[0][0], after[0])
    assert not np.array_equal(before[0][2], after[2])


def test_steps_are_told(tmp_path):
    told = []
    teach(replace(SMALL, epochs=2, batch=36), blobs(), tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_rare_classes_count_as_much_with_balance(tmp_path):
    data = blobs(2, apart=1.0)
    rare = np.concatenate([np.flatnonzero(data.y == 0), np.flatnonzero(data.y == 1)[:6]])
    rows = dict.fromkeys(("train", "validation", "test"), rare)
    share = []
    for balance in (False, True):
        (tmp_path / str(balance)).mkdir()
        recipe = MLPClassifier(hidden=(), epochs=60, rate=0.05, balance=balance, patience=None, batch=66)
        network, _ = teach(recipe, replace(data, rows=rows), tmp_path / str(balance))
        share.append((network.predict(data.numbers(rare), verbose=0) > 0.5).mean())
    assert share[1] > share[0]


def test_yes_or_no_from_weights_that_are_no_numbers_ends_it_too(tmp_path):
    """Torch refuses such probabilities before there is a loss."""
    with pytest.raises(TrainingFailed, match=r"the loss became nan in epoch 1, step \d+"):
        teach(replace(SMALL, optimizer="sgd", rate=1e30), blobs(2), tmp_path)


def test_every_epoch_is_judged_on_all_of_the_validation_part(tmp_path):
    """More than two batches, in the order of the classes: a network that learns nothing does as well in every epoch."""
    data = blobs(2, n=1500)
    rows = data.rows["validation"]
    data = replace(data, rows={**data.rows, "validation": rows[np.argsort(data.y[rows], kind="stable")]})
    network, state = teach(replace(SMALL, epochs=5, rate=1e-12), data, tmp_path)
    x, y = data.part("validation")
    right = ((network.predict(x, verbose=0) > 0.5) == y).mean()
    assert len(x) == 300
    assert [row["val_accuracy"] for row in state.history] == pytest.approx([right] * 5, abs=1e-6)
