"""The flags that say how people's data are read; texts by the commands, from the data to an explanation."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from vitrail.cli import app
from vitrail.cli.reading import columns_of, reading
from vitrail.train.texts import taught

WORDS = "film plot scene actor story".split()
SMALL = "--depth 1 --width 8 --heads 2 --inner 8 --dropout 0 --epochs 12 --rate 0.01 --batch 8".split()


def test_how_data_are_read():
    assert reading(task="auto", validation=None, missing="fill", skip_broken=False) == {"missing": "fill"}
    assert reading(size="28") == {"size": (28, 28)}
    assert reading(size="28,32", blanks="?, -") == {"size": (28, 32), "blanks": ["?", "-"]}


def test_one_column_is_a_name_and_several_are_a_list():
    assert columns_of(None) is None
    assert columns_of("pet") == "pet"
    assert columns_of("a, b") == ["a", "b"]


# -- texts -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A table of reviews, a folder of them, a tokenizer, and a run that has learnt from each."""
    folder = tmp_path_factory.mktemp("texts")
    texts = [f"a {('bad', 'good')[i % 2]} {WORDS[i % 5]}" + " of all" * (i % 3) for i in range(60)]
    moods = [("neg", "pos")[i % 2] for i in range(60)]
    pd.DataFrame({"id": range(60), "review": texts, "mood": moods}).to_csv(folder / "reviews.csv", index=False)
    for i, (text, mood) in enumerate(zip(texts, moods, strict=True)):
        (folder / "reviews" / mood).mkdir(parents=True, exist_ok=True)
        (folder / "reviews" / mood / f"{i}.txt").write_text(text + "\n", encoding="utf-8")
    taught(texts, 70).save_pretrained(folder / "tokenizer")
    given = {
        "table": ["reviews.csv", "--target", "mood", "--text", "review", "--vocabulary", "60", "--max-length", "9"],
        "folder": ["reviews", "--tokenizer", str(folder / "tokenizer")],
    }
    with pytest.MonkeyPatch.context() as patched:  # the pages are not looked at here
        patched.setattr("vitrail.plot.report_run", lambda run, overwrite: [])
        for name, (data, *more) in given.items():
            whole = ["train", "text-classifier", str(folder / data), *more, "--folder", str(folder), "--name", name]
            result = CliRunner().invoke(app, [*whole, *SMALL])
            assert result.exit_code == 0, result.output
    return folder


def test_flags_of_texts_reach_the_run(place):
    told = {name: json.loads((place / name / "run.json").read_text()) for name in ("table", "folder")}
    assert told["table"]["inputs"] == {"inputs": "texts", "max_length": 9, "column": "review"}
    assert told["table"]["data"]["vocabulary"] <= 60
    kept = [
        json.loads((place / name / "tokenizer.json").read_text())["model"]["vocab"]
        for name in ("tokenizer", "folder/tokenizer")
    ]
    assert kept[0] == kept[1]
    assert told["folder"]["data"]["vocabulary"] == len(kept[0])


@pytest.mark.parametrize("name", ["table", "folder"])
def test_a_run_of_texts_knows_its_texts_wherever_they_stand(run, place, name):
    table = [place / "reviews.csv", "--target", "mood", *([] if name == "table" else ["--text", "review"])]
    scores = [
        run("evaluate", place / name, *data, "--part", "all", "--json").json() for data in (table, [place / "reviews"])
    ]
    assert [score["checks"]["accuracy"] for score in scores] == [1.0, 1.0]
    said = run("predict", place / name, place / "reviews/pos/1.txt", "a bad plot", "--json").json()["predictions"]
    assert [row["name"] for row in said] == ["pos", "neg"]


def test_a_table_is_predicted_and_explained_by_its_column_of_texts(run, place):
    said = run("predict", place / "table", place / "reviews.csv", "--json").json()["predictions"]
    assert [row["name"] for row in said] == ["neg", "pos"] * 30
    told = run("explain", place / "table", place / "reviews/pos/1.txt", "--json").json()
    assert "pos" in json.dumps(told)


def test_a_run_of_a_folder_does_not_guess_a_column(refused, place):
    told = refused("bad-input", "predict", place / "folder", place / "reviews.csv")
    assert "Columns are: id, review, mood" in told
    assert "is a folder" in refused("bad-input", "predict", place / "folder", place / "reviews")


def test_a_folder_without_a_tokenizer(refused, place):
    told = refused("cannot-open", "train", "text-classifier", place / "reviews", "--tokenizer", place / "nowhere")
    assert "there is no such folder" in told
    assert "does not exist" not in told


def test_data_are_looked_at_with_the_tokenizer_that_is_meant(run, place):
    told = run("data", place / "reviews", "--tokenizer", place / "tokenizer", "--max-length", "6", "--json").json()
    assert told["data"]["max_length"] == 6
