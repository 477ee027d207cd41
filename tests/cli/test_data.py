"""`vitrail data`: what a data set holds, on the screen, as JSON and as a page."""

import numpy as np
import pandas as pd
import pytest

from vitrail.explanation import load

RNG = np.random.default_rng(0)


@pytest.fixture
def table(tmp_path):
    y = np.arange(80) % 2
    frame = pd.DataFrame({"age": RNG.normal(size=80), "paid": y * 5, "work": RNG.choice(["a", "?"], 80), "rich": y})
    frame.loc[3, "age"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_it_tells_counts_and_warnings(run, table):
    result = run("data", table, "--target", "rich")
    assert result.exit_code == 0, result.output
    assert "80 examples of a binary task" in result.stdout
    assert "Warning: Column 'paid' alone tells the answer" in result.stdout
    assert "missing values" in result.stdout


def test_json(run, table):
    found = run("data", table, "--target", "rich", "--json").json()
    assert found["ok"] is True
    assert found["counts"] == {"train": [28, 28], "validation": [4, 4], "test": [8, 8]}
    assert found["classes"] == ["0", "1"]
    assert {row["column"]: row["missing"] for row in found["columns"]} == {"age": 1, "paid": 0, "work": 0}
    assert "mean" not in found["columns"][2]
    assert found["checks"]["parts"] == {"train": 56, "validation": 8, "test": 16}
    assert found["data"]["name"] == "t.csv"


def test_reading_can_be_told(run, table):
    found = run("data", table, "--target", "rich", "--json", "--blanks", "?,none", "--test", "0.5").json()
    assert found["columns"][2]["missing"] > 20
    assert found["checks"]["parts"]["test"] == 40


def test_quantities(run, table):
    result = run("data", table, "--target", "paid")
    assert "80 examples" in result.stdout
    several = run("data", table, "--target", "paid,rich", "--task", "regression", "--json").json()
    assert several["classes"] == ["paid", "rich"]


def test_texts_by_a_column(run, tmp_path):
    pd.DataFrame({"text": ["good film", "bad film"] * 40, "label": ["p", "n"] * 40}).to_csv(
        tmp_path / "t.csv", index=False
    )
    found = run("data", tmp_path / "t.csv", "--target", "label", "--text", "text", "--json").json()
    assert found["checks"]["reads"] == "texts"
    assert found["columns"] == []


def test_files_are_written(run, table, tmp_path):
    paths = [tmp_path / name for name in ("d.safetensors", "d.html", "d.png")]
    flags = [each for pair in zip(("--save", "--report", "--plot"), paths, strict=True) for each in pair]
    result = run("data", table, "--target", "rich", *flags)
    assert result.exit_code == 0, result.output
    assert load(paths[0]).kind == "data"
    assert "What the data hold" in paths[1].read_text(encoding="utf-8")
    assert paths[2].read_bytes().startswith(b"\x89PNG")


def test_refusals(refused, table, tmp_path):
    assert "target=" in refused("bad-setting", "data", table)
    assert "does not exist" in refused("bad-input", "data", tmp_path / "nothing")
    (tmp_path / "r.html").write_text("")
    assert "already exists" in refused("already-exists", "data", table, "--report", tmp_path / "r.html")
