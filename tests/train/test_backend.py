"""Keras on torch, unless the process asks for another backend that is there."""

import subprocess
import sys

import pytest

from vitrail.errors import BadSetting
from vitrail.train.backend import on_torch, school


def test_it_is_on_torch_here():
    assert school().backend.backend() == "torch"
    assert on_torch()


@pytest.mark.parametrize("backend", ["theano", "jax"])
def test_a_backend_that_is_not_there_is_refused(backend, monkeypatch):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jax" else object())
    with pytest.raises(BadSetting, match=f"KERAS_BACKEND='{backend}' is"):
        school()


def test_keras_is_not_imported_with_vitrail():
    code = "import sys, vitrail; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
