"""The end of a network for each task."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import blobs, numbers
from vitrail.errors import BadSetting
from vitrail.train.backend import school
from vitrail.train.heads import head, refuse_task
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.recipes.wide_and_deep import WideAndDeep


@pytest.mark.parametrize(
    ("data", "activation", "units"),
    [
        (blobs(2), "sigmoid", 1),
        (blobs(4), "softmax", 4),
        (replace(blobs(3), y=np.zeros((120, 3)), task="multilabel"), "sigmoid", 3),
    ],
)
def test_activation_and_units_follow_the_task(data, activation, units):
    layer = head(school(), data)
    assert layer.activation.__name__ == activation
    assert layer.units == units


def test_numbers_come_in_their_own_units():
    units, back = head(school(), numbers()).layers
    assert units.activation.__name__ == "linear"
    assert units.units == 1
    assert back.scale != [1.0]


def test_what_a_recipe_cannot_read_is_refused():
    data = replace(blobs(), modality=None)
    refuse_task(MLPClassifier(), data)
    with pytest.raises(BadSetting, match="does not learn regression"):
        refuse_task(MLPClassifier(), numbers())
    pictures = replace(blobs(), x=np.zeros((120, 4, 4, 1)))
    refuse_task(MLPClassifier(), pictures)
    with pytest.raises(BadSetting, match="wide-and-deep reads table; the data are pictures"):
        refuse_task(WideAndDeep(), pictures)
