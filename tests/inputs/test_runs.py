"""Runs by their folder: what is written is read, what is not finished or not whole is refused."""

import json

import pytest

import vitrail
from vitrail.errors import CannotOpen
from vitrail.inputs.classes import Pair
from vitrail.inputs.runs import FORMAT, RUN, left_in

ABOUT = {"format": FORMAT, "finished": True, "network": "model.keras", "classes": ["a", "b"], "inputs": None}


def folder(path, **other):
    path.mkdir(exist_ok=True)
    (path / RUN).write_text(json.dumps({**ABOUT, **other}))
    (path / "model.keras").write_bytes(b"")
    return path


def test_a_run_says_where_its_network_is_and_what_it_reads(tmp_path):
    inputs = {"inputs": "pictures", "size": [3, 4], "mean": 0.5, "std": 1.0, "scale": 1.0, "mode": "L"}
    left = left_in(folder(tmp_path / "a", inputs=inputs))
    assert left.network == str(tmp_path / "a" / "model.keras")
    assert left.classes == ("a", "b")
    assert left.modality == vitrail.Images((3, 4), 0.5, mode="L")
    assert not left.regresses


def test_a_name_is_looked_for_among_the_runs(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    folder(tmp_path / "runs" / "a")
    monkeypatch.chdir(tmp_path)
    assert left_in("a").network.endswith("a/model.keras")
    assert left_in("b") is None
    assert left_in(len) is None


def test_a_network_for_yes_or_no_has_a_pair_of_names(tmp_path):
    assert isinstance(left_in(folder(tmp_path / "a", task="binary")).classes, Pair)
    assert left_in(folder(tmp_path / "a", task="regression")).regresses


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"finished": False}, "is not finished"),
        ({"network": "none.keras"}, "is not finished"),
        ({"network": "../a/model.keras"}, "is not finished"),
        ({"format": "x"}, "is no run"),
        ({"inputs": {"inputs": "sounds"}}, "says its inputs are 'sounds'"),
        ({"inputs": {"inputs": "pictures"}}, "says its inputs as"),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path, other, words):
    with pytest.raises(CannotOpen, match=words):
        left_in(folder(tmp_path / "a", **other))


def test_a_damaged_run_is_refused(tmp_path):
    (folder(tmp_path / "a") / RUN).write_text("{")
    with pytest.raises(CannotOpen, match="could not be read"):
        left_in(tmp_path / "a")
