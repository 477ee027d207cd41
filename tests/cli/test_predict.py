"""`vitrail predict`: classes with probabilities, numbers, and a table of them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from lessons import blobs, numbers
from vitrail.cli.predict import SHOWN, labels_said, named
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


class Signs(nn.Module):
    """A sigmoid of each of three numbers, on its own."""

    def forward(self, x):
        return torch.sigmoid(x[:, :3])


CHANCES = np.array([[0.9, 0.8, 0.1], [0.3, 0.2, 0.1], [0.5, 0.25, 0.25], [0.6, 0.7, 0.8]])


@pytest.fixture
def signs(tmp_path):
    """A network that says three labels, and an array for which it says CHANCES."""
    shape = {0: torch.export.Dim("batch")}
    path = tmp_path / "signs.pt2"
    torch.export.save(torch.export.export(Signs().eval(), (torch.zeros(2, 4),), dynamic_shapes=(shape,)), path)
    logits = np.concatenate([np.log(CHANCES / (1 - CHANCES)), np.zeros((4, 1))], 1).astype(np.float32)
    np.save(tmp_path / "logits.npy", logits)
    return path, tmp_path / "logits.npy"


def test_every_label_has_a_probability_of_its_own(run, signs, names, tmp_path):
    given = ("predict", *signs, "--classes", names, "--save", tmp_path / "p.csv")
    told = run(*given, "--json").json()["predictions"]
    for row, own in zip(told, CHANCES, strict=True):
        assert list(row["labels"].values()) == pytest.approx(own.tolist(), rel=1e-5)
        assert list(row["labels"]) == ["ant", "bee", "cat"]
    assert [row["on"] for row in told] == [["ant", "bee"], [], [], ["ant", "bee", "cat"]]
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["example", "on", "ant", "bee", "cat"]
    assert [row["on"] for row in rows] == ["ant, bee", "", "", "ant, bee, cat"]
    assert float(rows[0]["bee"]) == pytest.approx(0.8)
    shown = run(*given, "--overwrite").stdout
    assert "80.00%" in shown
    assert "ant, bee" in shown
    assert "none" in shown


def test_a_run_of_labels_says_labels_even_where_they_sum_to_one(run, tmp_path):
    data = blobs(3)
    labels = replace(data, y=np.eye(3, dtype=int)[data.y], task="multilabel", classes=("sun", "rain", "wind"))
    kept = train("mlp-classifier", labels, folder=tmp_path, hidden=(4,), epochs=1)
    inputs = labels.part("test")[0]
    np.save(tmp_path / "x.npy", inputs)
    said = kept.model(inputs).numpy()
    told = run("predict", kept.folder, tmp_path / "x.npy", "--json").json()["predictions"]
    assert [list(row["labels"].values()) for row in told] == [pytest.approx(row.tolist(), rel=1e-5) for row in said]
    assert labels_said(kept.model, np.array([[0.5, 0.25, 0.25]]))
    asked = vitrail.explain(kept.model, inputs, "gradient").provenance["prediction"]
    for row, own in zip(asked, said, strict=True):
        on = [name for name, chance in zip(labels.classes, own, strict=True) if chance > 0.5]
        assert (row["on"], row["name"]) == (on, ", ".join(on) or "none")
        assert row["index"] == own.argmax()
        assert list(row["probabilities"].values()) == pytest.approx(own.tolist(), rel=1e-5)


def test_of_very_many_examples_the_first_are_shown(run, network, tmp_path):
    np.save(tmp_path / "many.npy", np.zeros((SHOWN + 1, 4), np.float32))
    assert f"{SHOWN} of {SHOWN + 1} examples are shown" in run("predict", network, tmp_path / "many.npy").stdout


def test_a_name_for_each_column():
    model = vitrail.open(nn.Linear(4, 2), classes=["a", "b"])
    assert named(model, np.zeros((1, 2)))[0] == ["a", "b"]
    assert named(model, np.zeros((1, 3)))[0] == ["0", "1", "2"]


def test_no_classes_at_all_are_refused(refused, network, x):
    assert "--top 0" in refused("bad-setting", "predict", network, x, "--top", 0)
