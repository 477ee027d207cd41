import io
import json

import numpy as np
import pytest
import typer

from vitrail.cli import say
from vitrail.errors import AlreadyExists, BadInput


def test_what_json_cannot_say_becomes_null():
    told = say.clean({"a": np.array([1.0, np.nan, np.inf]), "b": (np.float32(2), None, True), 3: {"c": object}})
    assert told["a"] == [1.0, None, None]
    assert told["b"] == [2.0, None, True]
    assert told["3"]["c"] == "<class 'object'>"
    assert json.loads(say.encoded({"a": float("nan")})) == {"a": None}


def refusal(error, capsys, **given):
    @say.refusing
    def command(json_wanted=False):
        raise error

    with pytest.raises(typer.Exit) as leaving:
        command(**given)
    assert leaving.value.exit_code == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


def test_a_refusal_is_one_line_on_stderr(capsys):
    assert refusal(BadInput("x is empty. Fill it."), capsys) == "Error: x is empty. Fill it.\n"


def test_a_refusal_as_json(capsys):
    told = json.loads(refusal(BadInput("x is empty."), capsys, json_wanted=True))
    assert told == {"ok": False, "error": "x is empty.", "code": "bad-input"}


def test_what_the_file_system_refuses_is_a_refusal(capsys):
    words = refusal(PermissionError(13, "Permission denied", "a.html"), capsys)
    assert words.startswith("Error: 'a.html' could not be read or written (Permission denied).")


def test_other_mistakes_are_not_hidden():
    @say.refusing
    def command():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command()


def test_a_file_that_is_there_is_refused_before_any_work(tmp_path):
    taken = tmp_path / "a"
    taken.touch()
    say.refuse_taken([None, tmp_path / "b"], overwrite=False)
    say.refuse_taken([taken], overwrite=True)
    with pytest.raises(AlreadyExists):
        say.refuse_taken([taken], overwrite=False)


def test_a_table_shows_brackets_as_they_are(capsys):
    say.table(["name", "seconds"], [["[bold]layer[/]", 3]])
    assert "[bold]layer[/]" in capsys.readouterr().out


def test_no_bar_is_drawn_into_a_file(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with say.progress("working") as report:
        report(1, 2)
    with say.stage("working", quiet=True) as start:
        start("part")(1, 2)
    assert stream.getvalue().strip() == ""


def test_a_bar_is_drawn_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with say.stage("working") as start:
        start("part")(1, 2)
    assert "working" in stream.getvalue()
