import pytest
import torch
from scipy.stats import rankdata, spearmanr

from judging import noise, points
from vitrail.metrics.similarity import constant, ranks, spearman

close = torch.testing.assert_close
TIED = torch.tensor([[3.0, 1.0, 3.0, -2.0, 1.0, 3.0, 0.0, 0.0], [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]]).double()


@pytest.mark.parametrize("values", [TIED, points(3)])
def test_ranks_by_counting(values):
    """As many as are smaller, and half of the others that are equal."""
    expected = [[sum((b < a) + (b == a) / 2 for b in row) - 0.5 for a in row] for row in values]
    close(ranks(values), torch.tensor(expected, dtype=torch.float64))
    close(ranks(values), torch.as_tensor(rankdata(values.numpy(), axis=1)) - 1)


def test_spearman_is_that_of_scipy():
    one, other = torch.cat([TIED, points(3)]), torch.cat([points(2, seed=4), noise(points(3))])
    expected = [spearmanr(a, b).statistic for a, b in zip(one, other, strict=True)]
    close(spearman(one, other), torch.tensor(expected, dtype=torch.float64))
    sizes = [spearmanr(a.abs(), b.abs()).statistic for a, b in zip(one, other, strict=True)]
    close(spearman(one, other, absolute=True), torch.tensor(sizes, dtype=torch.float64))


def test_only_the_order_matters():
    one, other = points(3), points(3, seed=1)
    close(spearman(one.exp(), 5 * other + 1), spearman(one, other))
    close(spearman(one, one**3), torch.ones(3, dtype=torch.float64))
    close(spearman(one, -one), -torch.ones(3, dtype=torch.float64))
    close(spearman(one, -one, absolute=True), torch.ones(3, dtype=torch.float64))


def test_equal_values_may_change_places():
    order = torch.tensor([2, 1, 0, 3, 4, 5, 7, 6])
    close(TIED[:1, order], TIED[:1])
    other = points(1)
    assert not torch.equal(other[:, order], other)
    close(spearman(TIED[:1], TIED[:1] ** 3), torch.ones(1, dtype=torch.float64))


@pytest.mark.parametrize(
    "flat", [torch.ones(1, 8), torch.zeros(1, 8), 1 + 1e-7 * points(1).float(), points(1) * torch.nan]
)
def test_what_is_constant_has_no_order(flat):
    assert constant(flat).all()
    assert spearman(flat, points(1)).isnan().all()
    assert spearman(points(1), flat).isnan().all()


def test_constant_in_size():
    assert not constant(TIED).any()
    assert spearman(torch.tensor([[1.0, -1.0, 1.0]]), torch.tensor([[1.0, 2.0, 3.0]]), absolute=True).isnan().all()
