"""Transfer: what stands still does so to the last bit, features are looked at once, and what comes out can be used."""

import importlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import EVERYTHING, numbers, tints
from vitrail.errors import BadSetting
from vitrail.inputs import Images
from vitrail.train import watch
from vitrail.train.backend import school
from vitrail.train.recipes.transfer import AT_ONCE, Transfer, base_in, freeze, looked
from vitrail.train.recipes.vit import ViT
from vitrail.train.teach import teach
from vitrail.train.verb import train

teaching = importlib.import_module("vitrail.train.teach")
SMALL = Transfer(base="mobilenet_v2", alpha=0.35, epochs=2, fine_epochs=2, rate=0.01, fine_rate=1e-3)
DATA = tints()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A recipe whose base is a file with three convolutions, one of them normalised, that keep colours apart."""
    keras = school()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    base = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(8, 3, strides=2, activation="relu", name="first"),
            layers.BatchNormalization(name="normalised"),
            layers.Conv2D(12, 3, activation="relu", name="second"),
            layers.Conv2D(16, 3, activation="relu", name="third"),
        ]
    )
    file = tmp_path_factory.mktemp("bases") / "base.keras"
    base.save(file)
    return replace(SMALL, alpha=None, weights=str(file))


def built(recipe=SMALL, data=DATA):
    keras = school()
    keras.utils.set_random_seed(0)
    return recipe.build(keras, data)


def weights(network):
    return {w.path: np.array(school().ops.convert_to_numpy(w)) for w in network.weights}


def changed(before, after):
    return {path for path in before if (before[path] != after[path]).any()}


def snapshots(recipe, folder, monkeypatch):
    """All weights at the start of each phase and at the end of the last, before the best ones come back."""
    taken = []
    with monkeypatch.context() as patch:
        patch.setattr(teaching, "best", lambda network, *rest: taken.append(weights(network)))
        network, _ = teach(recipe, DATA, folder)
    return [weights(built(recipe)), *taken], network


# -- what learns, and what does not ------------------------------------------------------------------------


@pytest.mark.parametrize("unfreeze", [None, 3, 1])
def test_each_phase_changes_what_it_should_and_nothing_else(small, tmp_path, monkeypatch, unfreeze):
    recipe = replace(small, unfreeze=unfreeze, flip="vertical", epochs=1, fine_epochs=1)
    (start, middle, end), network = snapshots(recipe, tmp_path, monkeypatch)
    base = base_in(network)
    own = {w.path for w in base.weights}
    output = set(start) - own
    assert changed(start, middle) == output
    last = base.layers if unfreeze is None else base.layers[-unfreeze:]
    free = {w.path for layer in last if not hasattr(layer, "moving_mean") for w in layer.weights}
    assert len(free) == {None: 6, 3: 4, 1: 2}[unfreeze]
    assert changed(middle, end) == free | output


def test_statistics_stand_still_also_when_the_base_is_called_in_training():
    network = built()
    for prepare in (freeze, SMALL.thaw):
        prepare(network)
        before = weights(network)
        network(DATA.numbers(np.arange(8)), training=True)
        assert changed(before, weights(network)) == set()
    base_in(network).trainable = True  # as it would be without
    network(DATA.numbers(np.arange(8)), training=True)
    assert {path.split("/")[-1] for path in changed(before, weights(network))} == {"moving_mean", "moving_variance"}


def test_phases_follow_each_other_with_their_own_rates(small, tmp_path):
    _, state = teach(small, DATA, tmp_path)
    rows = [(row["phase"], row["epoch"], round(row["rate"], 6)) for row in state.history]
    assert rows == [("head", 1, 0.01), ("head", 2, 0.01), ("fine", 1, 0.001), ("fine", 2, 0.001)]
    assert [phase.name for phase in replace(SMALL, fine_epochs=0).phases(None)] == ["head"]


def test_unfreezing_more_layers_than_there_are_frees_all():
    network = built()
    for many in (10_000, None):
        replace(SMALL, unfreeze=many).thaw(network)
        assert all(layer.trainable != hasattr(layer, "moving_mean") for layer in base_in(network).layers)
    replace(SMALL, unfreeze=3).thaw(network)
    last = [(layer.name, layer.trainable) for layer in base_in(network).layers[-4:]]
    assert last == [("block_16_project_BN", False), ("Conv_1", True), ("Conv_1_bn", False), ("out_relu", True)]


def test_after_a_kill_in_the_second_phase_it_goes_on_as_if_there_had_been_none(small, tmp_path, monkeypatch):
    recipe = replace(small, unfreeze=2, rotation=0.1, dropout=0.3)
    for name in "ab":
        (tmp_path / name).mkdir()
    whole, told = teach(recipe, DATA, tmp_path / "a")
    write = watch.write

    def dying(path, arrays, state):
        write(path, arrays, state)
        if (state.get("phase"), state.get("epoch")) == (1, 1):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(watch, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            teach(recipe, DATA, tmp_path / "b")
    assert watch.read(tmp_path / "b" / watch.LAST)[1]["history"] == told.history[:3]
    again, retold = teach(recipe, DATA, tmp_path / "b")
    assert told.history == retold.history
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# -- features looked at once -------------------------------------------------------------------------------


def test_looking_once_learns_what_a_frozen_base_would(small, tmp_path):
    """Two routes: the end on features, and the whole network with a base that stands still."""
    recipe = replace(small, epochs=4, fine_epochs=0, dropout=0.3, hidden=(6,))
    ends = []
    for extract in (False, True):
        (tmp_path / str(extract)).mkdir()
        network, state = teach(replace(recipe, extract=extract), DATA, tmp_path / str(extract))
        ends.append((network, [row["val_loss"] for row in state.history]))
    (slow, slowly), (fast, quickly) = ends
    np.testing.assert_allclose(slowly, quickly, rtol=1e-3)
    for one, other in zip(slow.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    assert not np.allclose(weights(fast)["output/kernel"], weights(built(recipe))["output/kernel"], atol=0.01)


def test_the_base_looks_at_nothing_that_is_held_out_for_the_test():
    network, data = built(), tints(n=3 * AT_ONCE)
    features = school().Model(network.input, network.get_layer("features").output)
    seen = looked(features, data)
    used = np.concatenate([data.rows["train"], data.rows["validation"]])
    np.testing.assert_allclose(seen[used], features.predict(data.numbers(used), verbose=0), atol=1e-3)
    assert np.abs(seen[used]).sum(1).min() > 0
    assert not seen[data.rows["test"]].any()


@pytest.mark.parametrize("name", EVERYTHING)
def test_pictures_that_change_cannot_be_looked_at_once(name):
    with pytest.raises(BadSetting, match=f"extract=True looks at every picture once, and {name} would"):
        Transfer(extract=True, **{name: EVERYTHING[name]})


# -- the network -------------------------------------------------------------------------------------------


def test_every_setting_shows_in_the_layers():
    names = [layer.name for layer in built(replace(SMALL, hidden=(5, 4), dropout=0.25, **EVERYTHING)).layers]
    assert names[1:6] == list(EVERYTHING)
    assert names[-5:] == ["features", "hidden_1", "hidden_2", "dropout", "output"]
    assert "dropout" not in [layer.name for layer in built(replace(SMALL, dropout=0.0)).layers]


def test_changes_are_for_training_alone():
    plain, other = built(replace(SMALL, dropout=0.0)), built(replace(SMALL, dropout=0.0, **EVERYTHING))
    other.set_weights(plain.get_weights())
    x = DATA.numbers(np.arange(6))
    np.testing.assert_array_equal(other.predict(x, verbose=0), plain.predict(x, verbose=0))
    taught = school().ops.convert_to_numpy(other(x, training=True))
    assert np.abs(taught - plain.predict(x, verbose=0)).max() > 1e-4


def test_bytes_and_scaled_pictures_are_the_same_to_it():
    scaled = replace(DATA, modality=Images((32, 32), mean=(0.4, 0.5, 0.6), std=0.2))
    rows = np.arange(6)
    plain, other = built(), built(data=scaled)
    other.set_weights(plain.get_weights())
    said = plain.predict(DATA.numbers(rows), verbose=0)
    assert np.ptp(said) > 1e-3
    np.testing.assert_allclose(other.predict(scaled.numbers(rows), verbose=0), said, atol=1e-3)


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "regression"])
def test_it_learns_other_tasks(small, tmp_path, task):
    y = {"multiclass": np.arange(40) % 3, "multilabel": np.arange(80).reshape(40, 2) % 2, "regression": numbers(40).y}
    names = ("a", "b") if task == "multilabel" else ("a", "b", "c")
    data = replace(DATA, y=y[task], task=task, classes=names[: 1 if task == "regression" else None])
    network, state = teach(replace(small, epochs=1, extract=True), data, tmp_path)
    assert network.output_shape == (None, data.outputs)
    assert np.isfinite(state.history[0]["val_loss"])


def test_a_base_that_does_not_exist_is_refused_at_once():
    with pytest.raises(BadSetting, match="no base named 'vgg_16'. Did you mean 'vgg16'"):
        Transfer(base="vgg_16")


# -- runs --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """VGG16 with random weights: its end learns."""
    recipe = Transfer(base="vgg16", extract=True, epochs=3, dropout=0.0)
    return train(recipe, tints(n=20), folder=tmp_path_factory.mktemp("runs"), name="vgg16")


@pytest.fixture(scope="module")
def tuned(small, tmp_path_factory):
    recipe = replace(small, epochs=8, rate=0.02, flip="both")
    return train(recipe, tints(n=60), folder=tmp_path_factory.mktemp("runs"), name="mobile")


def test_it_learns(tuned):
    assert tuned.about["evaluation"]["accuracy"] >= 0.9
    assert tuned.model.classes == ("first", "second")


def test_inception_learns_too(tmp_path):
    recipe = Transfer(base="inception_v3", extract=True, epochs=2)
    data = tints(n=20, side=75)
    made = train(recipe, replace(data, modality=Images((75, 75))), folder=tmp_path)
    assert [row["phase"] for row in made.history] == ["head"] * 2
    assert np.isfinite(np.asarray(made.evaluation.outputs)).all()


@pytest.mark.parametrize("method", ["grad-cam", "lrp", "gradient"])
def test_vgg16_opens_and_explains(run, method):
    x = tints(n=20).numbers(np.arange(2))
    answer = vitrail.explain(run.model, x, method, target="second")
    assert answer.values.shape[:3] == (2, 32, 32)
    assert np.isfinite(answer.values).all()
    assert np.abs(answer.values).max() > 0


@pytest.mark.parametrize("layer", ["first", "third"])
def test_grad_cam_reads_inside_the_base(tuned, layer):
    name = next(name for name in tuned.model.layers.names if name.endswith(f".{layer}"))
    answer = vitrail.explain(tuned.model, tints(n=60).numbers(np.arange(2)), {"method": "grad-cam", "layer": name})
    assert answer.values.shape == (2, 32, 32)
    assert np.ptp(answer.values) > 0


FRESH = """
import sys
import numpy as np
import vitrail
x = np.load(sys.argv[1])
for folder in sys.argv[2:]:
    np.save(folder + "/said.npy", np.asarray(vitrail.open(folder)(x)))
"""


def test_what_was_trained_opens_in_another_process(run, tuned, tmp_path):
    """It says the same there: nothing in the files needs what this process has made."""
    seeing = train(
        ViT(patch=8, depth=1, heads=2, width=8, epochs=1, flip="both"), tints(n=20), folder=tmp_path, name="vit"
    )
    x = tints(n=20).numbers(np.arange(3))
    np.save(tmp_path / "x.npy", x)
    folders = [str(each.folder) for each in (run, tuned, seeing)]
    asked = [sys.executable, "-c", FRESH, str(tmp_path / "x.npy"), *folders]
    subprocess.run(asked, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True)
    for each in (run, tuned, seeing):
        np.testing.assert_allclose(np.load(each.folder / "said.npy"), np.asarray(each.model(x)), rtol=1e-4, atol=1e-6)
