import json
import sys
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import vitrail
from vitrail.cli import demo as command
from vitrail.cli.demo import MARK, NETWORK, PAGE, lines_of, printed, refuse_missing, refuse_strange, rows, run
from vitrail.cli.digits import Learnt
from vitrail.cli.tour import Chapter, Effort
from vitrail.errors import AlreadyExists, BadSetting, MissingExtra
from vitrail.plot import Section


def answer(method, count):
    return vitrail.explain(vitrail.open(nn.Linear(3, 3)), np.ones((count, 3), np.float32), method)


@pytest.fixture
def small(monkeypatch):
    """The demo with both halves made up."""
    chapters = [
        Chapter(Section("Part", "Text", [answer("gradient", 2), answer("integrated-gradients", 2)]), ["a", "b"])
    ]

    def learn(path, effort):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"network")
        return Learnt(4, 1, 97.5), chapters

    module = sys.modules["vitrail.cli.demo"]  # vitrail.cli.demo itself is the command of that name
    monkeypatch.setattr(module, "digit_chapters", learn)
    monkeypatch.setattr(module, "photograph_chapters", lambda effort: [])
    monkeypatch.setattr(module, "column_chapters", lambda effort: [])
    return chapters


def test_it_writes_a_page_a_network_and_its_mark(small, tmp_path, capsys):
    run(tmp_path / "out", False, False, Effort())
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [MARK, NETWORK, PAGE]
    text = capsys.readouterr().out
    assert "97.5 % of 1 held-out digits" in text
    assert "completeness gap" in text
    assert str(tmp_path / "out" / PAGE) in text


def test_its_own_output_is_replaced_that_of_others_is_not(small, tmp_path):
    (tmp_path / PAGE).write_text("mine")
    with pytest.raises(AlreadyExists):
        run(tmp_path, False, True, Effort())
    assert [p.name for p in tmp_path.iterdir()] == [PAGE]
    run(tmp_path, True, True, Effort())
    run(tmp_path, False, True, Effort())
    assert (tmp_path / PAGE).read_text() != "mine"


def test_json(small, tmp_path, capsys):
    run(tmp_path, False, True, Effort())
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["accuracy"], len(told["rows"])) == (True, 97.5, 4)
    assert told["rows"] == json.loads((tmp_path / MARK).read_text())["rows"]


def test_a_folder_is_wanted(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting, match="is a file"):
        refuse_strange(tmp_path / "file", False)


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "mlxtend" else object())
    with pytest.raises(MissingExtra, match=r"mlxtend.*vitrail\[demo\]"):
        refuse_missing()


def test_many_examples_without_a_gap_share_a_line():
    names = [str(i) for i in range(6)]
    assert [line[0] for line in lines_of(answer("gradient", 6), "gradient", names, range(6))] == ["all 6"]
    assert [line[0] for line in lines_of(answer("integrated-gradients", 6), "ig", names, range(6))] == names
    assert len(lines_of(answer("gradient", 2), "gradient", names[:2], range(2))) == 2


@pytest.fixture
def paths():
    """Chapters about paths: signatures of a small network, and what trust might say of two examples."""
    model = vitrail.open(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)), classes=["ant", "bee", "cat"])
    known = vitrail.signatures(model, np.random.default_rng(0).normal(size=(30, 3)), clusters=2, held_out=0)
    arrays = {
        "values": np.array([0.7, 0.01]),
        "predicted": np.array([1, 2], np.int32),
        "cluster": np.array([[0], [1]], np.int32),
        "p/path": np.array([0.6, 0.02]),
    }
    axes = {name: ("batch", "layer")[: array.ndim] for name, array in arrays.items()}
    labels = {"unusual": ["", "It is far off."], "class": ["ant", "bee", "cat"]}
    outputs = np.eye(3)[[1, 2]]
    judged = vitrail.Explanation("score", arrays, axes, {"calibration": 9}, outputs, {}, labels, known.provenance)
    return [Chapter(Section("Flow", "", [known]), []), Chapter(Section("Trust", "", [judged]), ["this", "that"])]


def test_chapters_about_paths_have_rows_of_their_own(paths, capsys):
    (this, that) = rows(paths)
    assert (this["chapter"], this["example"], this["predicted"], this["p"]) == ("Trust", "this", "bee", 0.7)
    assert (that["example"], that["unusual"]) == ("that", "It is far off.")
    printed(paths, Path("out"), 1.0)
    text = capsys.readouterr().out
    assert "It is far off." in text
    assert "purity" in text


def test_a_row_holds_what_was_measured():
    (row, _) = rows([Chapter(Section("Part", "", [answer("integrated-gradients", 2)]), ["a", "b"])])
    assert {"chapter", "example", "prediction", "method", "completeness_gap", "evaluations", "seconds"} <= set(row)
    assert row["completeness_gap"] < 1e-3


@pytest.mark.slow
def test_the_whole_demo(run_demo):
    told, page = run_demo
    assert told["accuracy"] >= 96
    assert len(told["rows"]) > 80
    p = {row["example"]: row["p"] for row in told["rows"] if "p" in row}
    assert max(p["noise"], p["stripes"], p["a digit in negative"]) < 0.05
    text = page.read_text()
    assert "<script" not in text
    assert 'src="http' not in text
    assert "Egyptian cat" in text
    assert "The paths digits take" in text
    assert "beeswarm of kernel-shap, 190 examples" in text


@pytest.fixture
def run_demo(tmp_path, capfd):
    """The real one: (its JSON, its page); it prints nothing else."""
    command(tmp_path, False, True)
    out, err = capfd.readouterr()
    assert err.strip() == ""
    return json.loads(out), tmp_path / PAGE
