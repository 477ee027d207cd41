"""Sums over all coalitions from some: without bias whatever the regression says, of any shares."""

import pytest
import torch

from known import counted, interrupted, unanimity
from vitrail.games import adjusted as module
from vitrail.games.adjusted import Sum, adjusted, least_budget, seen
from vitrail.games.exact import coalitions_of
from vitrail.games.gaussian import covariance, smooth_part, white_part
from vitrail.games.sampling import half_sizes, pairs
from vitrail.games.surrogate import Surrogate

close = torch.testing.assert_close
SHAPLEY = Sum(covariance, smooth_part, white_part)


def sizes_of(chosen):
    return torch.minimum(chosen.sum(1), (~chosen).sum(1))


@pytest.mark.parametrize("players", [2, 3, 4, 5, 8, 14, 49, 50])
def test_the_least_budget_has_two_pairs_of_every_size_or_all_of_them(players):
    least = least_budget(players)
    for budget, enough in ((least, True), (least - 2, False)):
        drawn = pairs(players, (budget - 2) // 2, torch.Generator().manual_seed(0))
        times = torch.bincount(sizes_of(drawn), minlength=players // 2 + 1)[1:].tolist()
        assert all(t >= min(2, n) for t, (_, n) in zip(times, half_sizes(players), strict=True)) == enough


@pytest.mark.parametrize("players", [5, 8, 9])
def test_two_of_every_size_are_seen_first(players):
    game, _ = unanimity(players)
    first = (least_budget(players) - 2) // 2
    chosen = seen(game, players, 60, 3).chosen
    some = sum(min(2, n) for _, n in half_sizes(players))
    assert torch.bincount(sizes_of(chosen[:some]))[1:].tolist() == [min(2, n) for _, n in half_sizes(players)]
    assert some <= first


def test_what_is_seen_is_split_into_an_odd_and_an_even_part():
    game, _ = unanimity(6, games=2)
    got = seen(game, 6, 40, 0)
    close(got.none + got.even + got.odd, game(got.chosen))
    close(got.none + got.even - got.odd, game(~got.chosen))
    close(got.none + got.whole, game(torch.ones(1, 6, dtype=torch.bool))[0])
    assert got.coalitions == 40
    assert not got.all
    assert seen(game, 6, 64, 0).all


class Wrong:
    """A regression that says nonsense that depends on what it was fitted to, but knows its Shapley values."""

    def __init__(self, signs, kernel, known):
        r = torch.full((signs.shape[1],), 0.4, dtype=torch.float64)
        self.kernel, self.known = kernel(signs, signs, r), known(signs, r)

    def fitted(self, worth, on):
        alpha = 30 * worth[on].roll(1, 0)
        return (self.kernel[:, on] @ alpha).T, (self.known[on].T @ alpha).T


class Silent(Wrong):
    """A regression that says 0."""

    def fitted(self, worth, on):
        return tuple(0 * each for each in super().fitted(worth, on))


@pytest.mark.parametrize("nonsense", [False, True])
@pytest.mark.parametrize("budget", [24, 61, 150])
def test_whatever_the_regression_says_there_is_no_bias(budget, nonsense, monkeypatch):
    if nonsense:
        monkeypatch.setattr(module, "surrogate", Wrong)
    game, shares = unanimity(8, terms=20)
    got = []
    for seed in range(150):
        found = seen(game, 8, budget, seed)
        got.append(adjusted(found, found.odd, found.whole / 2, SHAPLEY)[0][0])
    away = (torch.stack(got).mean(0) - shares[0]) / (torch.stack(got).std(0) / 150**0.5)
    assert away.abs().max() < 4.2


def test_a_fold_stands_only_for_what_its_regression_has_not_seen(monkeypatch):
    """With a regression that says 0, of one size drawn in part: by hand, fold by fold."""
    monkeypatch.setattr(module, "surrogate", Silent)
    game, _ = unanimity(6, terms=20)
    found = seen(game, 6, 40, 1)
    got, _ = adjusted(found, found.odd, found.whole / 2, SHAPLEY)
    there = dict(half_sizes(6))
    sizes = sizes_of(found.chosen).tolist()
    place = [sizes[:i].count(s) for i, s in enumerate(sizes)]
    weights = white_part(2.0 * found.chosen.double() - 1)
    folds = min(5, *(sizes.count(s) for s in set(sizes) if sizes.count(s) < there[s]))
    total = white_part(torch.ones(1, 6).double())[0] * found.whole / 2
    for fold in range(folds):
        for size in set(sizes):
            own = [i for i, s in enumerate(sizes) if s == size and place[i] % folds == fold]
            others = [i for i, s in enumerate(sizes) if s == size and place[i] % folds != fold]
            left = there[size] - len(others)
            total = total + (weights[others] * found.odd[others]).sum(0) / folds
            if own:
                total = total + left / len(own) * (weights[own] * found.odd[own]).sum(0) / folds
    close(got[0], total)


def test_all_coalitions_give_the_sum_itself():
    game, shares = unanimity(5, games=2)
    found = seen(game, 5, 32, 0)
    got, error = adjusted(found, found.odd, found.whole / 2, SHAPLEY)
    close(got, shares)
    assert error.abs().max() == 0


def test_any_linear_share_will_do():
    """The worth of three coalitions chosen by hand: estimated without bias as well."""
    asked = coalitions_of(torch.tensor([1, 5, 21]), 6)
    signs_asked = 2.0 * asked.double() - 1

    def weights(signs):
        return ((signs[:, None] == signs_asked).all(2).double() - (signs[:, None] == -signs_asked).all(2).double()) * 10

    what = Sum(covariance, lambda signs, r: 10 * covariance(signs, signs_asked, r), weights)
    game, _ = unanimity(6)
    truth = 10 * ((game(asked) - game(~asked)) / 2)[:, 0]
    got = []
    for seed in range(150):
        found = seen(game, 6, 30, seed)
        got.append(adjusted(found, found.odd, found.whole / 2, what)[0][0])
    away = (torch.stack(got).mean(0) - truth) / (torch.stack(got).std(0) / 150**0.5)
    assert away.abs().max() < 4


def test_folds_are_few_where_there_are_many_pairs(monkeypatch):
    times, plain = [], Surrogate.fitted
    monkeypatch.setattr(Surrogate, "fitted", lambda self, w, on: times.append(int(on.sum())) or plain(self, w, on))
    game, _ = unanimity(12)
    for budget, folds in ((200, 5), (1000, 2)):
        found = seen(game, 12, budget, 0)
        adjusted(found, found.odd, found.whole / 2, SHAPLEY)
        assert len(times) == folds
        assert all(n < len(found.chosen) * (1 - 0.8 / folds) + 1 for n in times)
        times.clear()


def test_ctrl_c_before_every_size_was_seen_twice_goes_on():
    game, _ = unanimity(9)
    assert len(seen(interrupted(game, 18), 9, 100, 0).chosen) == 8
    with pytest.raises(KeyboardInterrupt):
        seen(interrupted(game, 17), 9, 100, 0)


def test_it_asks_once():
    game, asked = counted(unanimity(9)[0])
    seen(game, 9, 77, 0)
    assert asked == [76]
