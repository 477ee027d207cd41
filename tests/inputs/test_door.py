"""The door: what `vitrail.open` takes beside the network."""

import numpy as np
import pytest

import vitrail
from known import smooth
from vitrail.errors import BadSetting
from vitrail.inputs.classes import names
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table


def tokenizer(texts, **options):
    return {"input_ids": [[0]] * len(texts)}


def test_what_is_said_at_the_door_is_kept():
    model = vitrail.open(smooth(), classes=["a", "b", "c"], inputs=Table(["u", "v", "w", "x", "y"]), output=0)
    assert model.classes == ("a", "b", "c")
    assert model.modality == Table(["u", "v", "w", "x", "y"])
    assert model.output == 0


def test_a_tokenizer_makes_it_a_model_of_texts():
    assert vitrail.open(smooth(), tokenizer=tokenizer).modality == Text(tokenizer)
    assert vitrail.open(smooth(), inputs=Text(tokenizer, 7)).modality.max_length == 7


def test_the_network_is_the_users_own():
    net = smooth()
    assert vitrail.open(net).network.module is net


def test_classes_from_a_file(tmp_path):
    (tmp_path / "names.txt").write_text("a\nb\nc\n")
    assert vitrail.open(smooth(), classes=tmp_path / "names.txt").classes == names(["a", "b", "c"])


@pytest.mark.parametrize("inputs", [Images, "images", (224, 224), np.zeros(3)])
def test_what_is_no_modality_is_refused(inputs):
    with pytest.raises(BadSetting, match=r"is not known\. vitrail\.Images\(\.\.\.\), Text"):
        vitrail.open(smooth(), inputs=inputs)
