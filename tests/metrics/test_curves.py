import pytest
import torch
from torch import nn

from judging import subject_of
from vitrail.metrics.curves import area, curve, gone, ranks, there
from vitrail.metrics.subject import judged

WEIGHTS = torch.tensor([3.0, -1.0, 2.0, 0.5], dtype=torch.float64)


def linear():
    net = nn.Linear(4, 2).double()
    with torch.no_grad():
        net.weight.copy_(torch.stack([WEIGHTS, -WEIGHTS]))
        net.bias.zero_()
    return net


@pytest.fixture
def ones():
    """Four players of a linear network, all at one: what they take away is their weight."""
    with subject_of(linear(), torch.ones(3, 4, dtype=torch.float64)) as subject:
        yield subject


def test_the_curve_of_a_linear_network_by_hand(ones):
    ideal = judged(ones, WEIGHTS.expand(3, 4))
    # 4.5, without 3: 1.5, without 2: -0.5, without 0.5: -1, without -1: 0
    expected = torch.tensor([4.5, 1.5, -0.5, -1.0, 0.0], dtype=torch.float64).expand(3, 5)
    torch.testing.assert_close(curve(ones, ideal, "most", 4), expected)
    # the other way: -1 first
    other = torch.tensor([4.5, 5.5, 5.0, 3.0, 0.0], dtype=torch.float64).expand(3, 5)
    torch.testing.assert_close(curve(ones, ideal, "least", 4), other)


def test_fewer_steps_take_several_away_at_once(ones):
    ideal = judged(ones, WEIGHTS.expand(3, 4))
    torch.testing.assert_close(curve(ones, ideal, "most", 2)[0], torch.tensor([4.5, -0.5, 0.0], dtype=torch.float64))


def test_the_two_orders_are_each_other_backwards(ones):
    shares = judged(ones, torch.randn(3, 4, dtype=torch.float64))
    backwards = judged(ones, -shares.values)
    torch.testing.assert_close(curve(ones, shares, "least", 4), curve(ones, backwards, "most", 4))


def test_it_is_walked_once_for_all_metrics(ones):
    shares = judged(ones, torch.randn(3, 4, dtype=torch.float64))
    first, before = curve(ones, shares, "most", 4), ones.model.question.forwards
    assert curve(ones, shares, "most", 4) is first
    assert ones.model.question.forwards == before
    curve(ones, judged(ones, shares.values), "most", 4)
    assert ones.model.question.forwards == before + 12


def test_more_steps_than_players_add_no_evaluations(ones):
    shares = judged(ones, torch.randn(3, 4, dtype=torch.float64))
    fine = curve(ones, shares, "most", 4)
    before = ones.model.question.forwards
    finer = curve(ones, shares, "most", 8)
    assert ones.model.question.forwards == before
    # halves are rounded to even: 0, 0.5, 1, 1.5, ... players
    torch.testing.assert_close(finer, fine[:, [0, 0, 1, 2, 2, 2, 3, 4, 4]])
    other = judged(ones, shares.values)
    torch.testing.assert_close(curve(ones, other, "most", 8), finer)
    assert ones.model.question.forwards == before + 12


def test_how_many_are_gone(ones):
    assert gone(ones, 4).tolist() == [[0, 1, 2, 3, 4]] * 3
    assert gone(ones, 2).tolist() == [[0, 2, 4]] * 3


def test_who_is_left(ones):
    shares = torch.tensor([[0.1, 5.0, -2.0, 3.0]]).expand(3, 4)
    left = there(ones, shares, "most", torch.tensor([[0, 1, 3]]).expand(3, 3))
    assert left[0].long().tolist() == [[1, 1, 1, 1], [1, 0, 1, 1], [0, 0, 1, 0]]
    left = there(ones, shares, "least", torch.tensor([[1, 2]]).expand(3, 2))
    assert left[0].long().tolist() == [[1, 1, 0, 1], [0, 1, 0, 1]]


def test_ranks_are_places_and_ties_come_in_one_order(ones):
    shares = torch.tensor([[0.1, 5.0, -2.0, 3.0], [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 7.0, 2.0]])
    places = ranks(ones, shares)
    assert places[0].tolist() == [2, 0, 3, 1]
    assert sorted(places[1].tolist()) == [0, 1, 2, 3]
    assert places[2, 2] == 0
    torch.testing.assert_close(ranks(ones, shares * 9), places)
    assert places[1].tolist() not in ([0, 1, 2, 3], [3, 2, 1, 0])  # no corner is favoured


class Sums(nn.Module):
    """The sum of what is embedded, for texts of different lengths."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, 2)
        self.head = nn.Linear(2, 2)

    def forward(self, input_ids, attention_mask=None):
        return self.head((self.embedding(input_ids) * attention_mask[..., None]).sum(1))


def test_examples_with_fewer_players_walk_to_their_own_end():
    torch.manual_seed(0)
    net = Sums().double()
    ids = {"input_ids": torch.tensor([[1, 2, 3], [4, 5, 0]]), "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]])}
    with subject_of(net, ids, players="tokens") as subject:
        assert subject.plays.tolist() == [[True] * 3, [True, True, False]]
        values = torch.randn(2, 3, 2, dtype=torch.float64)
        walked = curve(subject, judged(subject, values), "most", 6)
        alone = {name: part[1:, :2] for name, part in ids.items()}
        with subject_of(net, alone, players="tokens") as one:
            expected = curve(one, judged(one, values[1:, :2]), "most", 6)
        assert (walked[1] - walked[1, 0]).abs().max() > 0
        torch.testing.assert_close(walked[1:], expected)


def test_the_area_of_a_straight_line_is_its_middle():
    torch.testing.assert_close(area(torch.tensor([[0.0, 1.0, 2.0]])), torch.tensor([1.0]))
    torch.testing.assert_close(area(torch.tensor([[4.0, 0.0]])), torch.tensor([2.0]))
