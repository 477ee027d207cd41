"""Texts become ids: a tokenizer taught on the training texts, or one that is given; kept beside a network."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.modalities import TOKENIZER, of_json
from vitrail.inputs.modalities import as_json as modality_as_json
from vitrail.inputs.modality import Text
from vitrail.train.sources import data_of
from vitrail.train.texts import are_texts, keep_tokenizer, taught

TEXTS = [f"A {word} film, number {i}" for i in range(10) for word in ("good", "bad")]
LABELS = ["pos", "neg"] * 10
PROGRAM = f"""
from vitrail.train.sources import data_of
print(data_of(({TEXTS!r}, {LABELS!r}), vocabulary=80).digest())
"""


@pytest.fixture
def data():
    return data_of((TEXTS, LABELS), vocabulary=80)


def test_ids_are_padded_with_0(data):
    assert (data.reads, data.task, data.classes) == ("texts", "binary", ("neg", "pos"))
    assert data.x.dtype == np.int64
    assert (data.x[:, 0] == 2).all()  # [CLS]
    assert data.modality.tokenizer.pad_token_id == 0
    for row, text in zip(data.x, TEXTS, strict=True):
        own = data.modality.tokenizer(text)["input_ids"]
        assert own[-1] == 3  # [SEP]
        assert_array_equal(row, own + [0] * (data.x.shape[1] - len(own)))


def test_words_are_lower_cased_and_come_back(data):
    read = data.modality.tokenizer.decode(data.x[3], skip_special_tokens=True)
    assert read == "a bad film , number 1"


def test_only_training_texts_teach():
    texts = [f"common words {'ab'[i % 2]}" for i in range(20)] + ["zzz"] * 2
    parts = {"train": (texts[:20], [0, 1] * 10), "test": (texts[20:], [0, 1])}
    known = data_of(parts).modality.tokenizer
    assert "z" not in "".join(known.get_vocab())
    assert known.unk_token_id in known("zzz")["input_ids"]


def test_another_process_gives_the_same_ids(data):
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == data.digest()


def test_long_texts_are_cut(data):
    cut = data_of((TEXTS, LABELS), vocabulary=80, max_length=5)
    assert cut.x.shape == (20, 5)
    assert_array_equal(cut.x[:, :4], data.x[:, :4])
    assert (cut.x[:, 4] == 3).all()
    assert cut.source["cut"] == 20
    assert data.source["cut"] == 0


def test_a_given_tokenizer_is_used(data, tmp_path):
    tokenizer = taught(["other words"], 30)
    tokenizer.save_pretrained(tmp_path)
    folder, thing, inputs = (
        data_of((TEXTS, LABELS), **given)
        for given in ({"tokenizer": tmp_path}, {"tokenizer": tokenizer}, {"inputs": Text(tokenizer, 7)})
    )
    assert folder.digest() == thing.digest() != data.digest()
    assert inputs.x.shape == (20, 7)


def test_a_tokenizer_must_pad_with_0():
    tokenizer = taught(["words"], 30)
    tokenizer.pad_token = "[SEP]"
    with pytest.raises(BadSetting, match="pads with the id 3"):
        data_of((TEXTS, LABELS), tokenizer=tokenizer)


def test_it_is_kept_beside_a_network(data, tmp_path):
    keep_tokenizer(data.modality, tmp_path)
    again = of_json(modality_as_json(data.modality), tmp_path)
    assert (tmp_path / TOKENIZER).is_dir()
    assert (again.max_length, again.column) == (data.x.shape[1], None)
    assert again.tokenizer(TEXTS[0])["input_ids"] == data.modality.tokenizer(TEXTS[0])["input_ids"]
    keep_tokenizer(None, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_tables_with_a_column_of_texts(data):
    frame = pd.DataFrame({"stars": LABELS, "review": TEXTS, "other": range(20)})
    read = data_of(frame, "stars", text="review", vocabulary=80)
    assert_array_equal(read.x, data.x)
    assert_array_equal(read.y, data.y)
    assert (read.modality.column, data.modality.column) == ("review", None)
    again = data_of(frame[["other", "review", "stars"]], "stars", inputs=read.modality)  # knows its column
    assert again.digest() == read.digest()
    assert again.modality.column == "review"


@pytest.mark.parametrize("strange", ["", "  ", None, 5])
def test_what_is_no_text(strange):
    with pytest.raises(BadInput, match="the text in row 3"):
        data_of(([*TEXTS[:3], strange, *TEXTS[4:]], LABELS))


def test_other_lengths():
    with pytest.raises(BadInput, match="19 examples, and y 20"):
        data_of((TEXTS[:19], LABELS))


@pytest.mark.parametrize("setting", [{"max_length": 2}, {"vocabulary": 4}])
def test_settings_out_of_range(setting):
    with pytest.raises(BadSetting, match="do not fit"):
        data_of((TEXTS, LABELS), **setting)


def test_what_texts_are():
    assert are_texts(["a"])
    assert are_texts(np.array(["a"]))
    assert are_texts(pd.Series(["a"]))
    assert not any(map(are_texts, ([], [1], np.zeros(3), pd.DataFrame({"a": ["b"]}), 5)))
