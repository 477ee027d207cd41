"""Fills: replaced by the baseline, whole or in part; each setting leads to its fill."""

import pytest
import torch

from known import explained, normal, smooth
from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Constant, Given
from vitrail.inputs.conditional import Conditional
from vitrail.inputs.fills import Replace, fill_of
from vitrail.inputs.imputed import Imputed
from vitrail.inputs.inpaint import Inpaint

close = torch.testing.assert_close
ROWS, PICTURE = ("batch", "feature"), ("batch", "channel", "height", "width")


def test_absent_elements_are_those_of_the_reference_that_is_asked_for():
    x, background = normal(3, 4), normal(5, 4, seed=1)
    fill = fill_of("baseline", Given(background), x, ROWS)
    assert fill.count == 5
    rows, which = torch.tensor([2, 0]), torch.tensor([1, 4])
    here = torch.tensor([[True, False, True, False], [False, False, True, True]])
    got = fill(rows, which, here)
    for j in range(2):
        for i in range(4):
            assert got[j, i] == (x[rows[j], i] if here[j, i] else background[which[j], i])


def test_elements_there_in_part_are_mixed():
    x = normal(1, 3)
    fill = fill_of("baseline", Constant(2.0), x, ROWS)
    share = torch.tensor([[0.0, 0.25, 1.0]])
    close(fill(torch.tensor([0]), torch.tensor([0]), share), share * x + (1 - share) * 2)


@pytest.mark.parametrize(
    ("name", "baseline", "shape", "axes", "kind"),
    [
        ("baseline", Constant(0.0), (2, 3), ROWS, Replace),
        ("conditional", Given(normal(20, 3)), (2, 3), ROWS, Conditional),
        ("inpaint", Constant(0.0), (2, 1, 4, 4), PICTURE, Inpaint),
        ("linear", Constant(0.0), (2, 1, 4, 4), PICTURE, Imputed),
    ],
)
def test_names_of_fills(name, baseline, shape, axes, kind):
    assert type(fill_of(name, baseline, normal(*shape), axes)) is kind


def test_an_unknown_fill_is_refused():
    with pytest.raises(BadSetting, match="fill='blur' does not fit"):
        explained(smooth(), normal(2, 5), "lime", fill="blur")
