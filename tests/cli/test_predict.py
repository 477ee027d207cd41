"""`vitrail predict`: classes with probabilities, numbers, and a table of them."""

import csv

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from lessons import blobs, numbers
from vitrail.cli.predict import SHOWN, named
from vitrail.train.verb import train


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("ant\nbee\ncat\n")
    return path


def test_classes_and_probabilities(run, network, x, names):
    told = run("predict", network, x, "--classes", names, "--top", "2", "--json").json()
    logits = vitrail.open(network)(np.load(x)).double()
    chances = torch.softmax(logits, 1).numpy()
    assert len(told["predictions"]) == 2
    for row, own in zip(told["predictions"], chances, strict=True):
        order = np.argsort(-own)[:2]
        assert [each["name"] for each in row["top"]] == [["ant", "bee", "cat"][j] for j in order]
        np.testing.assert_allclose([each["probability"] for each in row["top"]], own[order], rtol=1e-5)
        assert row["name"] == row["top"][0]["name"]


def test_a_table_for_eyes_and_one_for_programs(run, refused, network, x, names, tmp_path):
    result = run("predict", network, x, "--classes", names, "--save", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    assert "probability" in result.stdout
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["example", "prediction", "probability", "ant", "bee", "cat"]
    for row in rows:
        assert float(row[row["prediction"]]) == float(row["probability"])
        assert sum(float(row[name]) for name in ("ant", "bee", "cat")) == pytest.approx(1)
    assert "already exists" in refused("already-exists", "predict", network, x, "--save", tmp_path / "p.csv")


def test_without_names_classes_are_numbered(run, network, x):
    said = vitrail.open(network)(np.load(x)).argmax(1).tolist()
    told = run("predict", network, x, "--json").json()
    assert [row["name"] for row in told["predictions"]] == [str(i) for i in said]


def test_a_run_that_says_yes_or_no_by_its_folder(run, tmp_path):
    kept = train("mlp-classifier", blobs(2, apart=6.0), folder=tmp_path, hidden=(8,), epochs=10, rate=0.02)
    inputs, y = blobs(2, apart=6.0).part("test")
    np.save(tmp_path / "x.npy", inputs)
    told = run("predict", kept.folder, tmp_path / "x.npy", "--top", 2, "--json").json()
    assert [row["name"] for row in told["predictions"]] == ["ab"[int(i)] for i in y[:, 0]]
    for row in told["predictions"]:
        assert row["probability"] >= 0.5
        assert sum(each["probability"] for each in row["top"]) == pytest.approx(1)


def test_numbers_where_a_run_says_numbers(run, tmp_path):
    kept = train("mlp-regressor", numbers(), folder=tmp_path, hidden=(8,), epochs=2)
    inputs = numbers().part("test")[0]
    np.save(tmp_path / "x.npy", inputs)
    told = run("predict", kept.folder, tmp_path / "x.npy", "--json", "--save", tmp_path / "p.csv").json()
    expected = kept.model(inputs)[:, 0].tolist()
    assert [row["values"]["y"] for row in told["predictions"]] == pytest.approx(expected)
    assert (tmp_path / "p.csv").read_text().splitlines()[0] == "example,y"
    assert "y" in run("predict", kept.folder, tmp_path / "x.npy").stdout


def test_of_very_many_examples_the_first_are_shown(run, network, tmp_path):
    np.save(tmp_path / "many.npy", np.zeros((SHOWN + 1, 4), np.float32))
    assert f"{SHOWN} of {SHOWN + 1} examples are shown" in run("predict", network, tmp_path / "many.npy").stdout


def test_a_name_for_each_column():
    model = vitrail.open(nn.Linear(4, 2), classes=["a", "b"])
    assert named(model, np.zeros((1, 2)))[0] == ["a", "b"]
    assert named(model, np.zeros((1, 3)))[0] == ["0", "1", "2"]


def test_no_classes_at_all_are_refused(refused, network, x):
    assert "--top 0" in refused("bad-setting", "predict", network, x, "--top", 0)
