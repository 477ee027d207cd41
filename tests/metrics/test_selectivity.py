import pytest
import torch
from torch import nn

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.irof import IROF
from vitrail.metrics.selectivity import Selectivity
from vitrail.metrics.subject import judged

close = torch.testing.assert_close


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def slow(x, shares, weights=WEIGHTS):
    """The definition, one player after the other."""
    heights, here = [x @ weights], x.clone()
    for player in shares.argsort(descending=True):
        here[player] = 0
        heights.append(here @ weights)
    return sum(heights) / len(heights)


def test_the_definition_by_loops(subject):
    values = noise(subject.x)
    expected = torch.stack([slow(x, shares) for x, shares in zip(subject.x, values, strict=True)])
    assert expected.abs().min() > 1e-3
    close(Selectivity()(subject, judged(subject, values)), expected)


def test_ones_by_hand():
    x = torch.ones(1, 8, dtype=torch.float64)
    with subject_of(linear(), x) as subject:
        ideal = judged(subject, WEIGHTS.expand(1, 8))
        # 7.75 without 4, 3, 2, 1.5, 0.5, -0.25, -1, -2 in turn: 7.75 3.75 0.75 -1.25 -2.75 -3.25 -3 -2 0
        close(Selectivity()(subject, ideal), torch.tensor([0.0], dtype=torch.float64))
        only = judged(subject, torch.arange(8.0, dtype=torch.float64).expand(1, 8))
        # without -0.25, 4, 1.5, -2, 0.5, 2, -1, 3: 7.75 8 4 2.5 4.5 4 2 3 0
        close(Selectivity()(subject, only), torch.tensor([35.75 / 9], dtype=torch.float64))


def test_ideal_then_nearly_then_chance(subject):
    ideal = Selectivity()(subject, judged(subject, WEIGHTS * subject.x))
    nearly = Selectivity()(subject, judged(subject, WEIGHTS * subject.x + 0.5 * noise(subject.x)))
    chance = torch.stack([Selectivity()(subject, judged(subject, noise(subject.x, seed))) for seed in range(2, 40)])
    assert (ideal <= nearly + 1e-12).all()
    assert (ideal <= chance + 1e-12).all()
    assert nearly.mean() < chance.mean()


def test_only_the_order_matters(subject):
    values = noise(subject.x)
    one, two = (Selectivity()(subject, judged(subject, each)) for each in (values, 7 * values.sign() * values**2 + 3))
    close(one, two)


def test_a_constant_explanation_is_one_order_for_all(subject):
    first, other = (Selectivity()(subject, judged(subject, torch.full_like(subject.x, c))) for c in (0.0, 5.0))
    close(first, other)


def test_it_walks_where_other_curves_walk(subject):
    shares = judged(subject, noise(subject.x))
    before = subject.model.question.forwards
    Selectivity()(subject, shares)
    assert subject.model.question.forwards == before + 8 * 5  # one for each player of each of five examples
    Deletion(64)(subject, shares)
    IROF(8)(subject, shares)
    assert subject.model.question.forwards == before + 8 * 5


def test_it_weighs_the_ends_as_all_points(subject):
    """Deletion of as many steps halves the first and the last point: (n + 1) s - n d is half of these two."""
    shares = judged(subject, noise(subject.x))
    ends = (subject.whole + 0) / 2  # a network without bias says 0 of nothing
    close(9 * Selectivity()(subject, shares) - 8 * Deletion(8)(subject, shares), ends)


class Sums(nn.Module):
    """The sum of what is embedded, for texts of different lengths."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(9, 2), nn.Linear(2, 2)

    def forward(self, input_ids, attention_mask=None):
        return self.head((self.embedding(input_ids) * attention_mask[..., None]).sum(1))


def test_an_example_with_fewer_players_is_judged_as_alone():
    torch.manual_seed(0)
    net = Sums().double()
    lengths = (7, 4, 1)
    there = torch.arange(7) < torch.tensor(lengths)[:, None]
    ids = {"input_ids": torch.arange(21).reshape(3, 7) % 8 + 1, "attention_mask": there.long()}
    values = torch.randn(3, 7, 2, dtype=torch.float64)
    with subject_of(net, ids, players="tokens") as subject:
        assert subject.plays.sum(1).tolist() == list(lengths)
        together = Selectivity()(subject, judged(subject, values))
    for i, count in enumerate(lengths):
        alone = {name: part[i : i + 1, :count] for name, part in ids.items()}
        with subject_of(net, alone, players="tokens") as one:
            close(Selectivity()(one, judged(one, values[i : i + 1, :count])), together[i : i + 1])
