import numpy as np
import pandas
import pytest
import torch

import vitrail
from vitrail.cli.labels import examples, labels_of, numbered
from vitrail.errors import BadInput


@pytest.fixture
def table(tmp_path):
    frame = pandas.DataFrame({"a": [1.0, 2.0], "kind": ["cat", "dog"], "b": [3.0, 4.0]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    return str(tmp_path / "x.csv")


def test_every_kind_of_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = np.array([3, 0, 2])
    np.save("a.npy", expected)
    np.save("b.npy", expected[:, None])
    np.savez("c.npz", expected)
    pandas.DataFrame({"y": expected}).to_parquet("d.parquet")
    (tmp_path / "e.csv").write_text("y\n3\n0\n2\n")
    (tmp_path / "f.txt").write_text("3\n0\n2\n")
    for path in "a.npy b.npy c.npz d.parquet e.csv f.txt".split():
        found = labels_of(path, ["x.npy"])
        assert found.dtype.kind == "i"
        np.testing.assert_array_equal(found, expected)
    (tmp_path / "g.txt").write_text("cat\ndog\n3\n")
    assert labels_of("g.txt", ["x.npy"]).tolist() == ["cat", "dog", "3"]
    assert labels_of(None, ["x.npy"]) is None


def test_a_column_is_not_fed_to_the_network(table):
    assert labels_of("kind", [table]).tolist() == ["cat", "dog"]
    model = vitrail.open(torch.nn.Linear(2, 2))
    x = examples(model, [table], "kind")
    assert list(x.columns) == ["a", "b"]
    assert list(examples(model, [table], None).columns) == ["a", "kind", "b"]


def test_a_column_that_another_table_lacks_is_nothing_to_leave_out(table, tmp_path):
    (tmp_path / "fresh.csv").write_text("a,b\n1,2\n")
    model = vitrail.open(torch.nn.Linear(2, 2))
    assert list(examples(model, [str(tmp_path / "fresh.csv")], "kind").columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("missing.npy", "there is no file"),
        ("kinds", "Did you mean 'kind'"),
        ("x.csv", "One column"),
        ("wide.npy", r"shape \(2, 2\)"),
        ("strange.doc", "no known kind"),
        ("missing.txt", "there is no file"),
        ("empty.txt", "is empty"),
    ],
)
def test_what_holds_no_labels_is_refused(table, tmp_path, monkeypatch, text, words):
    monkeypatch.chdir(tmp_path)
    np.save("wide.npy", np.ones((2, 2)))
    (tmp_path / "strange.doc").write_text("1")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(BadInput, match=words):
        labels_of(text, [table])


def test_a_column_of_what_is_no_table_is_refused():
    with pytest.raises(BadInput, match="neither a file nor a column"):
        labels_of("kind", ["a.png", "b.png"])


def test_numbers_where_all_are():
    assert numbered(["1", "-1"]).tolist() == [1, -1]
    assert numbered(["1", "1.5"]).tolist() == ["1", "1.5"]
