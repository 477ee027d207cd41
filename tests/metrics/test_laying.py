import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import BadInput
from vitrail.methods.answer import Answer
from vitrail.metrics.laying import laid

X = torch.rand(2, 3, 4, 5, dtype=torch.float64)


@pytest.fixture
def packed():
    return vitrail.open(nn.Conv2d(3, 2, 1).double()).pack(X)


def test_values_like_x_stay_as_they_are(packed):
    torch.testing.assert_close(laid(Answer(X), packed, "a"), X)


def test_a_map_is_shared_out_among_the_channels(packed):
    values = torch.rand(2, 4, 5)
    found = laid(Answer(values, ("batch", "height", "width"), "map"), packed, "a")
    torch.testing.assert_close(found.sum(1), values.double())
    torch.testing.assert_close(found[:, 0], found[:, 2])


def test_axes_are_found_by_their_names(packed):
    values = torch.rand(2, 5, 4)
    found = laid(Answer(values, ("batch", "width", "height"), "map"), packed, "a")
    torch.testing.assert_close(found.sum(1), values.mT.double())


@pytest.mark.parametrize(
    ("shape", "axes", "kind"),
    [
        ((2, 4, 5), ("batch", "height", "width"), "activation"),
        ((2, 7, 7), ("batch", "height", "width"), "map"),
        ((2, 6), ("batch", "unit"), "attribution"),
        ((2, 4, 4), ("batch", "height", "height"), "map"),
    ],
)
def test_what_is_not_about_parts_of_x_is_refused(packed, shape, axes, kind):
    with pytest.raises(BadInput, match="Leave grad out of the comparison"):
        laid(Answer(torch.rand(shape), axes, kind), packed, "grad")


def test_columns_of_a_table_are_parted_among_their_features():
    import pandas as pd

    frame = pd.DataFrame({"age": [1.0, 2.0], "work": ["a", "b"]})
    table = vitrail.Table.of(frame)
    packed = vitrail.open(nn.Linear(3, 2), inputs=table).pack(frame)
    found = laid(Answer(torch.tensor([[5.0, 4.0], [1.0, -2.0]]), ("batch", "player"), "players"), packed, "a")
    np.testing.assert_allclose(found, [[5, 2, 2], [1, -1, -1]])
