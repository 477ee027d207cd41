"""The versions that go into the provenance."""

import platform
import sys
from types import SimpleNamespace

import torch

from vitrail.model.versions import versions


def test_what_is_loaded_is_named_and_nothing_else(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", SimpleNamespace(__version__="9.9"))
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(__version__="0.9"))
    monkeypatch.delitem(sys.modules, "xgboost", raising=False)
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["torch"] == torch.__version__
    assert (found["lightgbm"], found["jax"]) == ("9.9", "0.9")
    assert "xgboost" not in found
