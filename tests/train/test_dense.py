"""Hidden layers: units, starts, and the dropout that fits the activation."""

import pytest

from vitrail.train.backend import school
from vitrail.train.dense import hidden


def test_one_layer_for_each_count_and_dropout_behind_each():
    assert [layer.units for layer in hidden(school(), (7, 3), "tanh")] == [7, 3]
    names = [layer.name for layer in hidden(school(), (7, 3), "relu", 0.25)]
    assert names == ["hidden_1", "dropout_1", "hidden_2", "dropout_2"]
    assert hidden(school(), (7,), "relu", 0.25)[1].rate == 0.25


@pytest.mark.parametrize(
    ("activation", "start"),
    [("relu", "HeNormal"), ("gelu", "HeNormal"), ("selu", "LecunNormal"), ("tanh", "GlorotUniform")],
)
def test_weights_start_as_the_activation_wants(activation, start):
    (layer,) = hidden(school(), (5,), activation)
    assert layer.activation.__name__ == activation
    assert type(layer.kernel_initializer).__name__ == start


def test_only_selu_has_the_dropout_that_keeps_its_mean():
    kinds = [type(hidden(school(), (5,), name, 0.5)[1]).__name__ for name in ("selu", "relu")]
    assert kinds == ["AlphaDropout", "Dropout"]
