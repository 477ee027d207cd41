"""The conditional fill: its mean is E[x | x_S], its draws spread as they must, bad backgrounds are refused."""

import numpy as np
import pytest
import torch

import vitrail
from known import Function, explained, linear, normal, smooth
from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Constant, Given
from vitrail.inputs.conditional import DRAWS, Background, conditional

close = torch.testing.assert_close
AXES = ("batch", "feature")
MIX = normal(4, 4, seed=5)


def background(count, seed=0):
    """Rows whose columns go together, of mean 1, 2, 3, 4."""
    return normal(count, 4, seed=seed) @ MIX + torch.arange(1.0, 5.0).double()


def expected(fill, x, here):
    """E[x | x_S] by the textbook: mu_A + C_AS C_SS^-1 (x_S - mu_S)."""
    mean, spread, made = fill.mean, fill.spread, x.clone()
    there, gone = here.nonzero()[:, 0], (~here).nonzero()[:, 0]
    step = torch.linalg.solve(spread[there][:, there], (x - mean)[there]) if len(there) else torch.zeros(0).double()
    made[gone] = mean[gone] + spread[gone][:, there] @ step
    return made


def given(fill, x, here):
    """(draws, feature) the points for one coalition."""
    return fill(torch.zeros(fill.count, dtype=torch.long), torch.arange(fill.count), here.expand(fill.count, -1))


COALITIONS = torch.cartesian_prod(*[torch.tensor([False, True])] * 4)


def test_the_mean_over_the_draws_is_the_conditional_expectation():
    x = normal(1, 4, seed=2)
    fill = conditional(Given(background(200)), x, AXES)
    for here in COALITIONS:
        got = given(fill, x, here)
        close(got.mean(0), expected(fill, x[0], here))
        assert (got[:, here] == x[:, here]).all()


def test_the_draws_spread_as_the_conditional_distribution():
    """With 32 draws a covariance is known roughly; with many it is C_AA - C_AS C_SS^-1 C_SA."""
    x = normal(1, 4, seed=2)
    learnt = Background(background(200))
    fill = conditional(Given(background(200)), x, AXES)
    many = type(fill)(x, fill.mean, fill.spread, learnt.draws(8192))
    for here in COALITIONS[1:-1]:
        gone, there, c = (~here).nonzero()[:, 0], here.nonzero()[:, 0], fill.spread
        want = c[gone][:, gone] - c[gone][:, there] @ torch.linalg.solve(c[there][:, there], c[there][:, gone])
        got = torch.cov(given(many, x, here)[:, gone].T, correction=0).reshape(want.shape)
        close(got, want, rtol=0.02, atol=0.02 * float(want.diagonal().max()))


def test_the_worth_of_a_linear_model_is_known():
    """Shapley values of w . E[x | x_S], by enumeration over the textbook's formula."""
    w, x, rows = normal(4, seed=8), normal(2, 4, seed=3), background(300)
    fill = conditional(Given(rows), x, AXES)
    got = explained(linear(w), x, "exact-shapley", baseline=rows, fill="conditional")
    for i in range(2):
        worth = {tuple(here.tolist()): float(w @ expected(fill, x[i], here)) for here in COALITIONS}
        close(float(got.base_value[i]), worth[False, False, False, False])
        close(torch.tensor(got.values[i]), slow_shapley(worth))


def slow_shapley(worth):
    share = {0: 1 / 4, 1: 1 / 12, 2: 1 / 12, 3: 1 / 4}  # |S|! (3 - |S|)! / 4!
    found = torch.zeros(4).double()
    for here, value in worth.items():
        for i in range(4):
            if not here[i]:
                joined = tuple(there or i == j for j, there in enumerate(here))
                found[i] += share[sum(here)] * (worth[joined] - value)
    return found


def test_a_column_that_goes_with_another_shares_what_the_network_reads_of_it():
    """The network reads the first column only; the second is nearly the same. Marginally it gets nothing."""
    first = normal(400, 1, seed=1)
    rows = torch.cat([first, first + 0.05 * normal(400, 1, seed=2)], 1)
    x = torch.tensor([[2.0, 2.0]]).double()
    net = Function(lambda x: x[:, 0])
    marginal = explained(net, x, "exact-shapley", baseline=rows[:50])
    joint = explained(net, x, "exact-shapley", baseline=rows, fill="conditional")
    assert abs(marginal.values[0, 1]) < 1e-12
    assert joint.values[0, 1] > 0.9


def test_every_coalition_and_example_sees_the_same_draws():
    x = normal(3, 4, seed=2)
    fill = conditional(Given(background(100)), x, AXES)
    rows, which = torch.arange(3).repeat(5), torch.arange(5).repeat_interleave(3)
    together = fill(rows, which, COALITIONS[5].expand(15, -1))
    for j in range(15):
        alone = conditional(Given(background(100)), x[rows[j] : rows[j] + 1], AXES)
        close(together[j], alone(torch.tensor([0]), which[j : j + 1], COALITIONS[5:6])[0])
    nobody = fill(rows, which, COALITIONS[:1].expand(15, -1)).reshape(5, 3, 4)
    close(nobody, nobody[:, :1].expand(5, 3, 4))
    close(fill.draws[0::2], -fill.draws[1::2])


def test_coalitions_in_any_order_and_in_small_parts(monkeypatch):
    x = normal(2, 4, seed=2)
    fill = conditional(Given(background(100)), x, AXES)
    here = COALITIONS[torch.randint(16, (60,), generator=torch.Generator().manual_seed(0))]
    rows, which = torch.arange(60) % 2, torch.arange(60) % fill.count
    whole = fill(rows, which, here)
    for j in range(60):
        close(fill(rows[j : j + 1], which[j : j + 1], here[j : j + 1])[0], whole[j])
    monkeypatch.setattr("vitrail.inputs.conditional.AT_ONCE", 40)
    close(fill(rows, which, here), whole)


def test_each_coalition_costs_its_draws():
    got = explained(linear(normal(4)), normal(1, 4), "exact-shapley", baseline=background(50), fill="conditional")
    assert got.checks["evaluations"] == 15 * DRAWS + 1


# -- what is learnt ----------------------------------------------------------------------------------------


def test_variances_stay_and_correlations_shrink_by_the_share_that_is_said():
    learnt = Background(background(30))
    plain = torch.cov(learnt.rows.T)
    off = ~torch.eye(4, dtype=torch.bool)
    assert 0.01 < learnt.shrinkage < 0.5
    close(learnt.spread.diagonal(), plain.diagonal())
    close(learnt.spread[off], (1 - learnt.shrinkage) * plain[off])


def test_the_share_by_loops():
    """Variances of correlations over their squares, each from products of standardised numbers."""
    rows = background(12)
    z = ((rows - rows.mean(0)) / rows.std(0)).numpy()
    above = below = 0.0
    for i in range(4):
        for j in range(4):
            if i != j:
                w = z[:, i] * z[:, j]
                above += 12 / 11**3 * ((w - w.mean()) ** 2).sum()
                below += (12 / 11 * w.mean()) ** 2
    close(Background(rows).shrinkage, min(1.0, above / below))
    assert above < below


def test_many_rows_hardly_shrink_and_one_column_not_at_all():
    assert Background(background(20_000)).shrinkage < 1e-3
    assert Background(background(10)[:, :1]).shrinkage == 0


# -- what cannot be estimated ------------------------------------------------------------------------------

ONE_HOT = torch.nn.functional.one_hot(torch.arange(40) % 3).double()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (background(1), "has 1 row of 4 columns. At least 6 were expected"),
        (background(5), "has 5 rows of 4 columns"),
        (background(40) * torch.tensor([1.0, 0.0, 1.0, 1.0]), r"column 1 holds 1 different value in .* \(1 of 4"),
        (torch.cat([background(40)[:, :1], ONE_HOT], 1), r"column 1 holds 2 different values .* \(3 of 4 columns"),
        (background(40) @ torch.ones(4, 4).double() + 1e-9 * background(40), "determine one another"),
        (background(40).index_fill(0, torch.tensor([7]), torch.nan), "the background holds missing values"),
        (torch.cat([(b := background(40))[:, :3], b[:, :2].sum(1, keepdim=True)], 1), "determine one another"),
    ],
    ids=["one row", "few rows", "constant", "one-hot", "all alike", "missing", "a sum of others"],
)
def test_backgrounds_that_say_too_little_are_refused(rows, words):
    with pytest.raises(BadSetting, match=f"fill='conditional': .*{words}"):
        conditional(Given(rows), normal(1, 4), AXES)


def test_no_background_is_refused():
    with pytest.raises(BadSetting, match=r"needs a background to learn from; the baseline is 0\.0"):
        explained(linear(normal(4)), normal(1, 4), "odd-shap", fill="conditional")
    with pytest.raises(BadSetting, match=r"background without examples: its shape is \(0, 4\)"):
        explained(linear(normal(4)), normal(1, 4), "odd-shap", baseline=np.zeros((0, 4)), fill="conditional")


def test_pictures_are_refused():
    with pytest.raises(BadSetting, match=r"fill='conditional' needs a table; x has the axes .*'height'"):
        explained(Function(lambda x: x.sum((1, 2, 3))), normal(1, 1, 8, 8), "lime", fill="conditional")
    with pytest.raises(BadSetting, match="needs a table"):
        conditional(Constant(0.0), normal(1, 3, 4), ("batch", "token", "feature"))


def test_players_in_part_are_refused():
    fill = conditional(Given(background(100)), normal(1, 4), AXES)
    with pytest.raises(BadSetting, match="there in part"):
        fill(torch.tensor([0]), torch.tensor([0]), torch.full((1, 4), 0.5))


def test_single_precision_is_computed_in_double():
    x, rows, how = normal(2, 4, seed=2), background(100), {"method": "exact-shapley", "fill": "conditional"}
    single = vitrail.explain(vitrail.open(smooth(4).float()), x.float(), how, 0, baseline=rows.float())
    exact = explained(smooth(4), x, how, baseline=rows)
    assert single.values.dtype == np.float32
    close(single.values.astype(float), exact.values, rtol=0, atol=1e-4)
