"""Keras files, and which backend keras runs on."""

import os
import subprocess
import sys
import warnings
import zipfile

import h5py
import numpy as np
import pytest
import torch

import vitrail
from vitrail.errors import CannotOpen, MissingExtra, UnsafeFile
from vitrail.model.keras import _holds_code, on_torch

keras = on_torch()


@pytest.fixture
def own():
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2, activation="softmax")]
    )


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def saved(own, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own.save(path)
    return path


@pytest.mark.parametrize("ending", ["keras", "h5", "hdf5"])
def test_a_file_gives_the_models_own_output_to_the_last_bit(ending, own, rows, tmp_path, same):
    path = saved(own, tmp_path / f"network.{'h5' if ending == 'hdf5' else ending}")
    path = path.rename(tmp_path / f"network.{ending}")
    with torch.no_grad():
        expected = own(rows, training=False)
    same(vitrail.open(path)(rows), expected)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("kept", [4, 100, 0.5, 0.95])
def test_a_truncated_file_is_told(ending, kept, own, tmp_path):
    path = saved(own, tmp_path / f"network.{ending}")
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if kept > 1 else int(kept * len(whole))])
    with pytest.raises(CannotOpen, match=rf"network\.{ending}'.*(cut short|could not be read)") as told:
        vitrail.open(path)
    assert told.type is CannotOpen


def test_weights_alone_are_no_model(own, tmp_path):
    own.save_weights(tmp_path / "network.weights.h5")
    with pytest.raises(CannotOpen, match=r"whole \.keras or \.h5 file"):
        vitrail.open(tmp_path / "network.weights.h5")


def test_a_custom_layer_has_to_be_registered(rows, tmp_path, same):
    class LambdaLike(keras.layers.Layer):
        """Its name alone does not make it unsafe."""

        def call(self, x):
            return x * 2

    path = saved(keras.Sequential([keras.Input((4,)), LambdaLike()]), tmp_path / "network.keras")
    with pytest.raises(CannotOpen, match="LambdaLike.*register_keras_serializable") as told:
        vitrail.open(path)
    assert told.type is CannotOpen
    with keras.saving.custom_object_scope({"LambdaLike": LambdaLike}):
        same(vitrail.open(path)(rows), torch.as_tensor(rows) * 2)


# -- nothing in a file may run -----------------------------------------------------------------------------


def with_code(marker, ending, path):
    """A model whose Lambda layer writes a file when it runs."""
    target = str(marker)
    layer = keras.layers.Lambda(lambda x: (__import__("pathlib").Path(target).write_text("ran"), x)[1])
    own = keras.Sequential([keras.Input((4,)), layer])
    marker.unlink(missing_ok=True)  # building it has run it once
    return saved(own, path / f"code.{ending}")


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_lambda_layer_is_refused_and_does_not_run(ending, rows, tmp_path):
    marker = tmp_path / "marker"
    path = with_code(marker, ending, tmp_path)
    with pytest.raises(UnsafeFile, match=r"Lambda layer.*safe_mode=False"):
        vitrail.open(path)
    assert not marker.exists()


def test_code_is_refused_before_keras_is_asked(tmp_path, monkeypatch):
    """Older versions of keras ran what .h5 files held, whatever `safe_mode` said."""
    paths = [with_code(tmp_path / "marker", ending, tmp_path) for ending in ("keras", "h5")]
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("keras was asked"))
    for path in paths:
        with pytest.raises(UnsafeFile):
            vitrail.open(path)


def test_code_in_the_format_of_keras_2_is_seen():
    old = {"class_name": "Lambda", "config": {"function": ["4wEAAA", None, None], "function_type": "lambda"}}
    named = {"class_name": "Lambda", "config": {"function": "relu", "function_type": "function"}}
    shape = {"class_name": "Lambda", "config": {"function": "relu", "output_shape_type": "lambda"}}
    assert _holds_code({"config": {"layers": [named, old]}})
    assert _holds_code({"config": {"layers": [shape]}})
    assert not _holds_code({"config": {"layers": [named]}})
    assert not _holds_code(None)


def test_a_lambda_layer_is_explained_once_the_user_has_loaded_it(rows, tmp_path):
    live = keras.saving.load_model(with_code(tmp_path / "marker", "keras", tmp_path), safe_mode=False)
    torch.testing.assert_close(vitrail.open(live)(rows), torch.as_tensor(rows))


def test_a_file_with_a_broken_architecture_is_told(own, tmp_path):
    path = saved(own, tmp_path / "network.keras")
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, b"{" if name == "config.json" else content)
    with pytest.raises(CannotOpen, match="could not be read"):
        vitrail.open(path)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["numbers"] = [1, 2]
    with pytest.raises(CannotOpen, match="could not be read"):
        vitrail.open(tmp_path / "a.h5")


# -- backends ----------------------------------------------------------------------------------------------

FIRST = """
import sys, vitrail
assert "keras" not in sys.modules
model = vitrail.open({path!r})
print(sys.modules["keras"].backend.backend(), tuple(model([[1.0, 2, 3, 4]]).shape))
"""


def test_keras_on_another_backend_is_refused_with_the_way_by_a_file(own, tmp_path, monkeypatch):
    path = saved(own, tmp_path / "network.keras")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for source in (own, path):
        with pytest.raises(
            CannotOpen, match=r"on the jax backend.*model\.save.*new process.*KERAS_BACKEND=torch"
        ) as told:
            vitrail.open(source)
        assert told.value.facts["backend"] == "jax"


def test_keras_that_is_not_there_is_named_with_its_extra(tmp_path, own, monkeypatch):
    path = saved(own, tmp_path / "network.keras")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"keras.*pip install 'vitrail\[keras\]'"):
        vitrail.open(path)


def test_opening_a_file_first_puts_keras_on_torch(own, tmp_path):
    path = str(saved(own, tmp_path / "network.keras"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FIRST.format(path=path)],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    said = done.stdout
    assert said.split(maxsplit=1) == ["torch", "(1, 2)\n"]
