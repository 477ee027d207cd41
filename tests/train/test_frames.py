"""Tables become numbers: scaled and filled by what the training rows say, found again in the user's units."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.table import Table
from vitrail.train.sources import data_of


@pytest.fixture
def frame():
    """Two columns of numbers, one of categories; rows 8 to 11 are for the test."""
    return pd.DataFrame(
        {
            "age": [20.0, 30, 40, 50, 20, 30, 40, 50, 1000, 1000, 1000, 1000],
            "work": ["a", "b", "a", "b", "a", "b", "a", "b", "c", "a", "b", "a"],
            "hours": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            "part": ["train"] * 4 + ["val"] * 4 + ["test"] * 4,
            "rich": ["no", "yes"] * 6,
        }
    )


def read(frame, **settings):
    return data_of(frame, "rich", split="part", **settings)


def test_means_are_those_of_the_training_rows(frame):
    data = read(frame)
    assert data.modality.columns == ["age", "work", "hours"]
    assert data.modality.mean == {"age": 35.0, "hours": 2.5}
    assert data.modality.std == pytest.approx({"age": np.sqrt(125), "hours": np.sqrt(1.25)})
    assert data.modality.features == ["age", "work=a", "work=b", "hours"]
    assert_allclose(data.x[8], [(1000 - 35) / np.sqrt(125), 0, 0, (9 - 2.5) / np.sqrt(1.25)], rtol=1e-6)
    assert data.x.dtype == np.float32
    assert {part: rows.tolist() for part, rows in data.rows.items()} == {
        "train": [0, 1, 2, 3],
        "validation": [4, 5, 6, 7],
        "test": [8, 9, 10, 11],
    }
    assert data.source["unseen"] == {"work": ["c"]}
    assert data.source["target"] == "rich"


def test_categories_that_only_other_parts_have_are_zeros_and_come_back(frame):
    frame.loc[9, "work"] = "d"
    data = read(frame)
    spread = data.modality.features.index("work=a")
    codes = [0, 1, 0, 1, 0, 1, 0, 1, 2, 2, 1, 0]  # c and d share the code behind those that are known
    assert_array_equal(data.x[:, spread : spread + 2], (np.array(codes)[:, None] == [0, 1]).astype(float))
    assert_array_equal(data.modality.decoded(data.x)[:, 1], codes)
    assert data.modality.named == {"work": ["a", "b", "c or d"]}
    assert_array_equal(data.modality.numbers(frame).astype(np.float32), data.x)
    with pytest.raises(BadInput, match="holds 'e' in row 0, which is none of its categories"):
        data.modality.numbers(frame.replace({"work": {"a": "e"}}))


def test_the_way_back_gives_the_users_units(frame):
    data = read(frame)
    assert_allclose(data.modality.decoded(data.x)[:, 0], frame["age"], rtol=1e-5)


def test_without_standardising_numbers_stay(frame):
    data = read(frame, standardise=False)
    assert data.modality.mean == {}
    assert_array_equal(data.x[:, 0], frame["age"])


def test_gaps_are_refused_with_the_column_and_filled_when_asked(frame):
    frame.loc[[1, 9], "age"] = np.nan
    frame.loc[[2], "work"] = None
    with pytest.raises(BadInput, match="column 'age' has 2 missing values, the first in row 1, and 1 more") as caught:
        read(frame)
    assert caught.value.facts["columns"] == ["age", "work"]
    data = read(frame, missing="fill")
    assert data.source["filled"] == {"age": 40.0, "work": "missing"}  # the median of 20, 40 and 50
    assert data.source["missing"] == {"age": 2, "work": 1}
    raw = data.modality.decoded(data.x)
    assert_allclose(raw[[1, 9], 0], [40, 40], rtol=1e-6)
    assert data.modality.categories["work"][int(raw[2, 1])] == "missing"
    filled = frame.fillna(data.source["filled"])
    assert_allclose(data.modality.numbers(filled).astype(np.float32), data.x)


def test_pandas_categories_keep_their_order_and_can_be_filled(frame):
    frame["work"] = pd.Categorical(frame["work"], ["c", "b", "a"])
    assert list(read(frame).modality.categories["work"]) == ["c", "b", "a"]
    frame.loc[0, "work"] = None
    assert list(read(frame, missing="fill").modality.categories["work"]) == ["c", "b", "a", "missing"]


def test_blanks_are_gaps(frame):
    frame["work"] = frame["work"].replace("c", "?")
    frame["hours"] = ["1", "2", "3", "4", " ?", "6", "7", "8", "9", "10", "11", "12"]
    assert "?" in read(frame).modality.unseen["work"]
    with pytest.raises(BadInput, match="column 'work' has 1 missing"):
        read(frame, blanks=["?"])
    data = read(frame, blanks=["?"], missing="fill")
    assert list(data.modality.categories) == ["work"]  # hours are numbers again
    assert data.source["filled"] == {"work": "missing", "hours": 2.5}


def test_columns_are_chosen(frame):
    assert read(frame, columns=["hours"]).modality.features == ["hours"]
    given = Table(["hours"], mean={"hours": 1.0})
    assert_allclose(read(frame, inputs=given).x[:, 0], frame["hours"] - 1)


def test_files_and_frames_are_the_same_data(frame, tmp_path):
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    digests = {read(source).digest() for source in (frame, tmp_path / "d.csv", str(tmp_path / "d.parquet"))}
    assert len(digests) == 1
    assert read(tmp_path / "d.csv").source["name"] == "d.csv"


def test_the_answer_may_stand_beside_the_table(frame):
    both = data_of((frame[["age", "work", "hours"]], frame["rich"]), seed=3)
    assert_array_equal(both.x, data_of(frame.drop(columns="part"), "rich", seed=3).x)


def test_several_targets(frame):
    quantities = data_of(frame, ["age", "hours"], columns=["work"])
    assert (quantities.task, quantities.classes, quantities.y.shape) == ("regression", ("age", "hours"), (12, 2))
    frame["tall"], frame["old"] = [0, 1, 1] * 4, [1, 1, 0] * 4
    labels = data_of(frame, ["tall", "old"], columns=["hours"])
    assert (labels.task, labels.classes) == ("multilabel", ("tall", "old"))


def test_quantities_stay_in_the_users_units(frame):
    data = data_of(frame, "age", columns=["hours"])
    assert data.task == "regression"
    assert_array_equal(data.y, frame["age"])


@pytest.mark.parametrize(
    ("target", "settings", "error", "words"),
    [
        (None, {}, BadSetting, "Columns are: age, work"),
        ("ritch", {}, BadInput, "Did you mean 'rich'"),
        ("rich", {"columns": ["age", "rich"]}, BadSetting, "'rich', which says the answer"),
        (
            "rich",
            {"columns": ["age", "part"], "split": "part"},
            BadSetting,
            "'part', which says the answer or the part",
        ),
        ("rich", {"columns": ["ages"]}, BadInput, "Did you mean 'age'"),
        ("rich", {"columns": []}, BadSetting, "are none"),
        ("rich", {"split": "work"}, BadInput, "column 'work' holds 'a'"),
        ("rich", {"text": "comment"}, BadInput, "no column 'comment'"),
        (["age", "rich"], {}, BadInput, "column 'rich' is one of several"),
    ],
)
def test_refusals(frame, target, settings, error, words):
    with pytest.raises(error, match=words):
        data_of(frame, target, **settings)


def test_a_column_of_words_is_no_category(frame):
    many = pd.concat([frame] * 4, ignore_index=True)
    many["note"] = [f"note {i}" for i in range(48)]
    with pytest.raises(BadInput, match=r"column 'note' holds 48 different texts in 48 rows.*text='note'"):
        data_of(many, "rich")


def test_two_columns_of_one_name(frame):
    twice = pd.concat([frame, frame[["age"]]], axis=1)
    with pytest.raises(BadInput, match="2 columns 'age'"):
        data_of(twice, "rich")


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "d.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput, match="could not be read as a table"):
        data_of(tmp_path / "d.parquet", "y")
    (tmp_path / "e.csv").write_text("")
    with pytest.raises(BadInput, match="could not be read as a table"):
        data_of(tmp_path / "e.csv", "y")
    (tmp_path / "f.csv").write_text("a,y\n")
    with pytest.raises(BadInput, match="no rows"):
        data_of(tmp_path / "f.csv", "y")


def test_another_encoding_is_named(tmp_path):
    (tmp_path / "d.csv").write_bytes("a,y\ncafé,x\nthé,z\n".encode("latin-1"))
    with pytest.raises(BadInput, match="column 'a' of .* no text in UTF-8"):
        data_of(tmp_path / "d.csv", "y")
