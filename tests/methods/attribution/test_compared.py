"""What one reference says, and which memory is read for it."""

import pytest
import torch

import vitrail
from known import normal, smooth, values
from vitrail.methods.attribution.compared import changes, chosen

close = torch.testing.assert_close


@pytest.mark.parametrize("rule", ["rescale", "reveal-cancel"])
def test_rows_and_references_go_together(rule):
    x, references = normal(4, 5, seed=1), normal(3, 5, seed=2)
    rows = torch.tensor([2, 0, 2])
    model, target = vitrail.open(smooth()), vitrail.Output(1)
    with model.asking(x) as bound:
        found, start = changes(bound.at(rows), bound.question.packed.x, rows, references, target, rule)
    close(start, smooth()(references)[:, 1].detach())
    for one, row, reference in zip(found, rows, references, strict=True):
        close(one[None], values(smooth(), x[row][None], "deeplift", 1, baseline=reference, rule=rule))


def test_rows_are_not_copied_when_they_follow_each_other():
    x = normal(5, 2)
    assert chosen(x, torch.tensor([1, 2, 3])).data_ptr() == x[1].data_ptr()
    for rows in ([1, 1, 2], [3, 2, 1], [0, 2, 4], [4]):
        close(chosen(x, torch.tensor(rows)), x[rows])
