"""Modalities as JSON, and back."""

import json

import pytest

from vitrail.errors import BadSetting, CannotOpen
from vitrail.inputs import Images, Table, Text
from vitrail.inputs.modalities import as_json, of_json


@pytest.mark.parametrize(
    "modality",
    [
        None,
        Images((3, 4), mean=(0.1, 0.2, 0.3), std=0.5, scale=255.0),
        Table(["a", "b"], {"b": ["x", "y"]}, {"a": 1.5}, {"a": 2.0}),
    ],
)
def test_what_was_written_is_read(modality, tmp_path):
    told = json.dumps(as_json(modality))
    back = of_json(json.loads(told), tmp_path)
    assert json.dumps(as_json(back)) == told
    assert type(back) is type(modality)


def test_texts_leave_their_tokenizer_to_its_folder(tmp_path):
    told = as_json(Text(lambda texts, **settings: {}, 32))
    assert told == {"inputs": "texts", "max_length": 32}
    with pytest.raises(CannotOpen, match=r"holds no tokenizer .*\(there is no such folder\)"):
        of_json(told, tmp_path)
    assert as_json(Text(print, 32, "review")) == {**told, "column": "review"}


def test_settings_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(BadSetting):
        of_json({"inputs": "pictures", "size": [0, 3]}, tmp_path)
