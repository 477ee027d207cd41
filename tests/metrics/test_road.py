import pytest
import torch
from torch import nn

import vitrail
from judging import linear, points, subject_of
from known import normal
from vitrail.errors import BadInput
from vitrail.inputs.imputed import imputed
from vitrail.metrics.road import ROAD
from vitrail.metrics.subject import judged
from vitrail.target import Output

close = torch.testing.assert_close
AXES = ("batch", "channel", "height", "width")


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 4)).double()


@pytest.fixture
def subject():
    with subject_of(network(), normal(6, 1, 8, 8), players="pixels") as subject:
        yield subject


def shares(subject, seed=1):
    return judged(subject, normal(*subject.x.shape, seed=seed))


def slow(net, x, given, steps, std, seed, first="most"):
    """The definition: take away, impute, and look at the class, picture by picture and share by share."""
    scores = []
    for i in range(len(x)):
        kept, fill = 0, imputed(x[i : i + 1], AXES, std, seed)
        for k in range(1, steps + 1):
            here = torch.ones(64, dtype=torch.bool)
            order = given[i].flatten().argsort(descending=first == "most")
            here[order[: round(64 * k / (steps + 1))]] = False
            point = fill(torch.tensor([0]), torch.tensor([0]), here.reshape(1, 1, 8, 8))
            kept += int(net(point).argmax() == net(x[i : i + 1]).argmax())
        scores.append(kept / steps if first == "most" else 1 - kept / steps)
    return torch.tensor(scores, dtype=torch.float64)


@pytest.mark.parametrize("first", ["most", "least"])
def test_the_definition_by_loops(subject, first):
    given = shares(subject)
    found = ROAD(7, first, 0.3, 2)(subject, given)
    assert 0 < found.mean() < 1
    assert len(found.unique()) > 2
    with torch.no_grad():
        close(found, slow(network(), subject.x, given.values, 7, 0.3, 2, first))


def test_shares_of_a_hundred_by_default():
    assert (ROAD().steps, ROAD().first, ROAD().std) == (9, "most", 0.01)


class Brightest(nn.Module):
    """Class 1 where the top left quarter is bright, else class 0."""

    def forward(self, x):
        bright = x[:, 0, :4, :4].mean((1, 2))
        return torch.stack([torch.full_like(bright, 0.5), bright], 1)


@pytest.fixture
def bright():
    x = torch.zeros(3, 1, 8, 8).double()
    x[..., :4, :4] = 1
    with subject_of(Brightest(), x, players="patches", patch=4) as subject:
        yield subject


def test_taking_the_bright_quarter_by_hand(bright):
    """One of four players a step. The bright one first: nothing but darkness is left to impute it from."""
    ideal, worst = (judged(bright, sign * bright.x) for sign in (1.0, -1.0))
    close(ROAD(3, std=0.0)(bright, ideal), torch.zeros(3).double())
    close(ROAD(3, std=0.0)(bright, worst), torch.ones(3).double())
    close(ROAD(3, "least", std=0.0)(bright, ideal), torch.zeros(3).double())
    close(ROAD(3, "least", std=0.0)(bright, worst), torch.ones(3).double())


def test_ideal_before_chance(bright):
    ideal = ROAD(3)(bright, judged(bright, bright.x)).mean()
    chance = torch.stack([ROAD(3)(bright, shares(bright, seed)) for seed in range(2, 20)]).mean()
    assert ideal + 0.2 < chance < 1


def test_networks_in_single_precision():
    x = normal(3, 1, 8, 8)
    with subject_of(network().float(), x.float(), players="pixels") as single:
        found = ROAD(4, std=0.3)(single, shares(single))
    with subject_of(network(), x, players="pixels") as double:
        close(found, ROAD(4, std=0.3)(double, shares(double)))
    assert found.dtype == torch.float64


def test_only_the_order_matters(subject):
    given = normal(*subject.x.shape, seed=1)
    one, two = (ROAD()(subject, judged(subject, each)) for each in (given, 7 * given.sign() * given**2 + 3))
    close(one, two)


def test_a_constant_explanation_is_one_order_for_all(subject):
    first, other = (ROAD()(subject, judged(subject, torch.full_like(subject.x, c))) for c in (0.0, 5.0))
    close(first, other)


def test_alone_as_among_others(subject):
    given = shares(subject)
    whole = ROAD(5, std=0.3)(subject, given)
    for i in range(len(whole)):
        with subject_of(network(), subject.x[i : i + 1], players="pixels") as one:
            close(ROAD(5, std=0.3)(one, judged(one, given.values[i : i + 1])), whole[i : i + 1])


def test_the_class_of_x_counts_whatever_was_asked(subject):
    given = shares(subject)
    expected = ROAD(std=0.3)(subject, given)
    for target in (3, Output(1, of="probability")):
        with subject_of(network(), subject.x, target, players="pixels") as other:
            close(ROAD(std=0.3)(other, judged(other, given.values)), expected)


def test_the_fill_of_the_comparison_plays_no_part(subject):
    given = shares(subject)
    with subject_of(network(), subject.x, players="pixels", baseline=9.0) as other:
        close(ROAD()(other, judged(other, given.values)), ROAD()(subject, given))


def test_it_is_found_out_once(subject):
    given, before = shares(subject), subject.model.question.forwards
    first = ROAD(4)(subject, given)
    assert subject.model.question.forwards <= before + 4 * 6 + 6  # and once at x itself
    before = subject.model.question.forwards
    assert ROAD(4)(subject, given) is first
    assert subject.model.question.forwards == before
    ROAD(4)(subject, judged(subject, given.values))
    assert subject.model.question.forwards == before + 4 * 6


def test_what_is_no_picture_is_refused():
    with subject_of(linear(), points()) as subject, pytest.raises(BadInput, match="ROAD takes pixels out of pictures"):
        ROAD()(subject, judged(subject, subject.x))


def test_a_network_without_classes_is_refused():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 1)).double()
    with subject_of(net, normal(2, 1, 8, 8)) as subject, pytest.raises(BadInput, match=r"says \(2, 1\).*of several"):
        ROAD()(subject, judged(subject, subject.x))


def test_settings_are_checked():
    with pytest.raises(vitrail.errors.BadSetting, match="first='last' does not fit"):
        vitrail.compare(
            vitrail.open(network()), normal(2, 1, 8, 8), ["gradient"], [{"metric": "road", "first": "last"}]
        )
