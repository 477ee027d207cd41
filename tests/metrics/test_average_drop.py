import pytest
import torch

from judging import linear, points, subject_of
from vitrail.metrics.average_drop import AverageDrop, AverageGain, AverageIncrease
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    """All at one, so that the target is the sum of the weights, 7.75."""
    with subject_of(linear(), torch.ones(2, 8, dtype=torch.float64)) as subject:
        yield subject


def shown(*players):
    values = torch.zeros(2, 8, dtype=torch.float64)
    values[:, list(players)] = 3.0
    return values


def test_by_hand(subject):
    one = judged(subject, shown(0, 1))  # 3 - 1 of 7.75 are left
    torch.testing.assert_close(AverageDrop()(subject, one), torch.full((2,), 1 - 2 / 7.75, dtype=torch.float64))
    assert AverageIncrease()(subject, one).tolist() == [0, 0]
    best = judged(subject, shown(0, 2, 3, 5, 6))  # all that speak for it: 11
    assert AverageDrop()(subject, best).tolist() == [0, 0]
    assert AverageIncrease()(subject, best).tolist() == [1, 1]


def test_what_was_given_less_is_seen_less(subject):
    values = torch.zeros(2, 8, dtype=torch.float64)
    values[:, 0], values[:, 6] = 1.0, 4.0  # a quarter of 3, and 4 wholly
    expected = torch.full((2,), 1 - 4.75 / 7.75, dtype=torch.float64)
    torch.testing.assert_close(AverageDrop()(subject, judged(subject, values)), expected)
    torch.testing.assert_close(AverageDrop()(subject, judged(subject, 100 * values)), expected)


def test_what_spoke_against_is_not_seen(subject):
    values = shown(0, 6)
    against = values.clone()
    against[:, 1] = -9.0
    for metric in (AverageDrop(), AverageIncrease()):
        one, two = (metric(subject, judged(subject, each)) for each in (values, against))
        torch.testing.assert_close(one, two)


def test_gain_is_a_share_of_what_is_missing():
    net = torch.nn.Sequential(linear(), torch.nn.Softmax(1))
    from vitrail.target import Output

    with subject_of(net, 0.1 * torch.ones(2, 8, dtype=torch.float64), Output(0, of="probability")) as subject:
        best = judged(subject, shown(0, 2, 3, 5, 6))
        whole, then = (torch.sigmoid(torch.tensor(2 * 0.1 * total, dtype=torch.float64)) for total in (7.75, 11.0))
        expected = ((then - whole) / (1 - whole)).expand(2)
        torch.testing.assert_close(AverageGain()(subject, best), expected)
        worse = judged(subject, shown(1))
        assert AverageGain()(subject, worse).tolist() == [0, 0]


def test_all_three_look_once(subject):
    explained = judged(subject, shown(0))
    before = subject.model.question.forwards
    for metric in (AverageDrop(), AverageIncrease(), AverageGain()):
        metric(subject, explained)
    assert subject.model.question.forwards == before + 2


def test_nothing_given_is_nothing_seen(subject):
    nothing = judged(subject, torch.zeros(2, 8, dtype=torch.float64))
    assert AverageDrop()(subject, nothing).tolist() == [1, 1]
    everything = judged(subject, torch.ones(2, 8, dtype=torch.float64))
    assert AverageDrop()(subject, everything).tolist() == [0, 0]


def test_where_it_is_not_defined():
    with subject_of(linear(-40.0), points(2)) as subject:
        assert AverageDrop()(subject, judged(subject, shown(0))).isnan().all()
    with subject_of(linear(40.0), points(2)) as subject:
        assert AverageGain()(subject, judged(subject, shown(0))).isnan().all()
