"""What leads where: paths, tables, arrays; and what is written down about a source."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import plain
from vitrail.train.sources import data_of


def test_real_digits():
    x, y = load_digits(return_X_y=True)
    data = data_of((x, y))
    assert (data.task, data.outputs, data.reads) == ("multiclass", 10, "table")
    assert {part: len(rows) for part, rows in data.rows.items()} == {"train": 1257, "validation": 180, "test": 360}
    shares = np.bincount(data.y[data.rows["test"]]) / np.bincount(data.y)
    assert np.abs(shares - 0.2).max() < 0.01  # class by class


def test_a_real_table():
    frame = load_iris(as_frame=True).frame
    data = data_of(frame, "target")
    assert data.classes == ("0", "1", "2")
    train = data.x[data.rows["train"]]
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-5)
    assert np.abs(data.x[data.rows["test"]].mean(0)).max() > 1e-3  # the test part had no say


def test_what_is_written_down_is_plain_json(tmp_path):
    frame = pd.DataFrame({"a": [1.0, None] * 10, "b": ["x", "y"] * 10, "y": [0, 1] * 10})
    frame.to_csv(tmp_path / "t.csv", index=False)
    source = data_of(tmp_path / "t.csv", "y", missing="fill").source
    assert json.loads(json.dumps(source, default=plain)) == source
    assert str(tmp_path) not in json.dumps(source)  # a copy elsewhere is the same data


@pytest.mark.parametrize(
    ("name", "words"),
    [("d.pkl", "unknown kind '.pkl'"), ("d", "without an ending"), ("nothing.csv", "does not exist")],
)
def test_other_files(tmp_path, name, words):
    if not name.startswith("nothing"):
        (tmp_path / name).write_text("x")
    with pytest.raises(BadInput, match=words):
        data_of(tmp_path / name)


def test_a_target_needs_columns():
    with pytest.raises(BadSetting, match="target='y' was given"):
        data_of((np.zeros((4, 2)), [0, 1, 0, 1]), "y")


def test_a_frame_and_fewer_answers():
    with pytest.raises(BadInput, match="3 rows, and y 2 answers"):
        data_of((pd.DataFrame({"a": [1, 2, 3]}), [0, 1]))


def test_too_few_examples_are_refused():
    with pytest.raises(BadInput, match="there are 2 examples"):
        data_of((np.zeros((2, 1)), [0.5, 1.0]))
