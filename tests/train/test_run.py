"""The folder of a run: what is in it, what is refused, what is opened again."""

import json

import pytest

from vitrail.errors import AlreadyExists, BadSetting, CannotOpen
from vitrail.inputs.runs import RUN
from vitrail.train.run import CHECKPOINTS, Run, begun, finished, write_history

ABOUT = {"recipe": "r", "settings": {"rate": 0.1, "hidden": (3, 4)}, "data": {"digest": "ab"}}


def test_an_unfinished_run_of_the_same_question_goes_on(tmp_path):
    folder = begun(tmp_path / "a", ABOUT, False)
    (folder / "last").write_text("so far")
    assert (begun(tmp_path / "a", ABOUT, False) / "last").read_text() == "so far"


@pytest.mark.parametrize("name", ["recipe", "settings", "data"])
def test_one_of_another_question_is_refused_unless_it_is_replaced(tmp_path, name):
    (begun(tmp_path / "a", ABOUT, False) / "last").write_text("so far")
    other = {**ABOUT, name: "other"}
    with pytest.raises(BadSetting, match=f"has other {name}"):
        begun(tmp_path / "a", other, False)
    assert list(begun(tmp_path / "a", other, True).iterdir()) == []


def test_one_that_learnt_nothing_yet_stands_in_nobodys_way(tmp_path):
    begun(tmp_path / "a", ABOUT, False)
    begun(tmp_path / "a", {**ABOUT, "recipe": "other"}, False)
    assert Run(tmp_path / "a").about["recipe"] == "other"


def test_a_finished_run_is_never_replaced_unasked(tmp_path):
    begun(tmp_path / "a", ABOUT, False)
    finished(tmp_path / "a", ABOUT)
    with pytest.raises(AlreadyExists):
        begun(tmp_path / "a", ABOUT, False)
    assert Run(tmp_path / "a").about["finished"] is True
    assert not (tmp_path / "a" / CHECKPOINTS).exists()


def test_the_history_comes_back_as_numbers(tmp_path):
    rows = [{"phase": "head", "epoch": 1, "loss": 0.5}, {"phase": "all", "epoch": 1, "loss": 0.25}]
    write_history(tmp_path, rows)
    assert Run(tmp_path).history == rows


def test_what_is_no_run_is_refused(tmp_path):
    (tmp_path / RUN).write_text(json.dumps({"format": "other"}))
    with pytest.raises(CannotOpen, match="is no run"):
        _ = Run(tmp_path).about
