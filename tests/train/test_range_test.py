"""The range test on quadratics, where the edge is known, and how losses are read."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from lessons import blobs, numbers
from vitrail.errors import BadSetting, TrainingFailed
from vitrail.train.data import Data
from vitrail.train.range_test import blown_up, range_test, read_off, slopes, smoothed, stepped
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.recipes.mlp_regressor import MLPRegressor

BACK = 12.595  # sum of log|1 - u| du / u from 0 to here is 0: where steps that grow geometrically undo themselves


@dataclass(frozen=True)
class Linear(MLPRegressor):
    """y = x w, by plain gradient descent on all examples at once: the loss is a quadratic."""

    optimizer: str = "sgd"
    momentum: float = 0.0
    batch: int = 1000

    def build(self, keras, data):
        return keras.Sequential([keras.Input(data.x.shape[1:]), keras.layers.Dense(1, use_bias=False)])


def quadratic(*scales):
    """Data whose loss is a quadratic along as many directions, and its curvatures, in deviations of the targets."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(60, len(scales))))[0]
    x = np.concatenate([basis * np.sqrt(scales), rng.normal(size=(20, len(scales)))])  # 60 are learnt from
    y = x @ np.ones(len(scales))
    rows = {"train": np.arange(60), "validation": np.arange(60, 70), "test": np.arange(70, 80)}
    curvatures = np.linalg.eigvalsh(2 * x[:60].T @ x[:60] / 60) / y[:60].std() ** 2
    return Data(x, y, "regression", rows, ("y",)), curvatures


def swept(data, sharpest, **settings):
    given = {"low": 0.01 / sharpest, "high": 40 / sharpest, "steps": 33, "smooth": 0, **settings}
    return range_test(Linear(), data, **given)


def test_a_round_quadratic_diverges_at_two_over_its_curvature():
    data, curvatures = quadratic(1, 1, 1)
    sharpest = curvatures.max()
    assert curvatures.min() == pytest.approx(sharpest)
    answer = swept(data, sharpest)
    rates, losses = answer.arrays["rate"], answer.arrays["loss"]
    step = rates[1] / rates[0]
    np.testing.assert_allclose(rates, 0.01 / sharpest * 4000 ** (np.arange(len(rates)) / 32))
    # each step multiplies the loss by (1 - rate * curvature)^2; float32 leaves noise where it is smallest
    factors = (1 - rates * sharpest) ** 2
    clear = losses[:-1] > 1e-7
    assert clear.sum() > 20
    np.testing.assert_allclose((losses[1:] / losses[:-1])[clear], factors[1:][clear], rtol=0.02)
    climbs = answer.checks["climbs"] * sharpest
    assert 2 / step < climbs <= 2 * step  # to one step
    assert answer.checks["suggestion"] == pytest.approx(answer.checks["climbs"] / 10)


def test_it_ends_soon_after_the_loss_is_back_where_it_began():
    data, curvatures = quadratic(1, 1, 1)
    answer = swept(data, curvatures.max())
    assert answer.checks["blown_up"]
    last = answer.arrays["rate"][-1] * curvatures.max()
    assert BACK / 1.3 < last < BACK * 1.3**3  # a loss of four times, its mean over five steps: within three steps


@pytest.mark.parametrize("scales", [(1, 0.1), (1, 0.3, 0.03), (4, 4, 0.01)])
def test_a_long_quadratic_never_climbs_below_the_edge_and_soon_above_it(scales):
    data, curvatures = quadratic(*scales)
    sharpest = curvatures.max()
    answer = swept(data, sharpest, high=100 / sharpest, steps=60)
    step = answer.arrays["rate"][1] / answer.arrays["rate"][0]
    # below 2 / curvature every direction shrinks; the sharpest is back at its start at 12.6 / curvature
    assert 2 / step < answer.checks["climbs"] * sharpest < BACK * step


def test_nothing_is_left_and_the_same_seed_says_the_same():
    before = torch.get_rng_state()
    given = {"hidden": [8], "steps": 20, "batch": 16}
    one, other = (range_test("mlp-classifier", blobs(), **given) for _ in range(2))
    np.testing.assert_array_equal(one.arrays["loss"], other.arrays["loss"])
    assert torch.equal(before, torch.get_rng_state())
    third = range_test("mlp-classifier", blobs(), seed=1, **given)
    assert not np.array_equal(one.arrays["loss"][:5], third.arrays["loss"][:5])
    assert one.kind == "range-test"
    assert one.provenance["settings"]["steps"] == 20


def test_a_schedule_of_the_recipe_does_not_meddle():
    given = {"hidden": [8], "steps": 12, "high": 0.1}
    plain = range_test("mlp-classifier", blobs(), **given)
    for schedule in ("cosine", "exponential", "plateau"):
        other = range_test("mlp-classifier", blobs(), schedule=schedule, **given)
        np.testing.assert_array_equal(plain.arrays["loss"], other.arrays["loss"])


def test_what_losses_say():
    rates = 10.0 ** np.arange(-4, 3)
    found = read_off(rates, [5, 5, 4.9, 4, 1, 2, 9, 99], 0).checks
    assert found["climbs"] == pytest.approx(0.1)
    assert found["suggestion"] == pytest.approx(0.01)
    assert found["steepest"] == pytest.approx(0.01)  # between its neighbours it falls by 3.9
    assert found["blown_up"]
    assert found["warnings"] == []


def test_a_loss_that_never_fell_or_never_climbed_has_no_suggestion():
    rates = 10.0 ** np.arange(-4, 2)
    never_fell = read_off(rates, [1, 1, 1, 2, 3, 4, 9], 0).checks
    assert (never_fell["suggestion"], never_fell["steepest"]) == (None, None)
    assert "lower rate" in never_fell["warnings"][0]
    never_climbed = read_off(rates, [9, 8, 7, 6, 5, 4, 3], 0).checks
    assert never_climbed["suggestion"] is None
    assert never_climbed["steepest"] is not None
    assert "higher rate" in never_climbed["warnings"][0]


def test_what_may_be_chance_is_no_turn():
    rates = 10.0 ** np.arange(-4, 2)
    assert read_off(rates, [9, 9, 8, 6, 5, 3, 5.9], 0).checks["suggestion"] is None  # of 6 it climbs less than 3
    assert read_off(rates, [9, 9, 8, 6, 5, 3, 6.1], 0).checks["suggestion"] == pytest.approx(0.1)
    assert read_off(rates, [9, 9, 9, 8.6, 9, 9, 12], 0).checks["steepest"] is None  # a twentieth


def test_steps_without_a_finite_loss_are_left_out():
    answer = read_off(10.0 ** np.arange(-3, 2), [5, 4, 3, 4, 1e9, np.inf], 0)
    assert len(answer.arrays["rate"]) == 4
    assert answer.checks["climbs"] == pytest.approx(0.01)
    assert answer.checks["blown_up"]


def test_smoothing_keeps_what_falls_evenly_and_is_a_mean_under_a_bell():
    falling = 3.0 * 0.9 ** np.arange(41)
    np.testing.assert_allclose(smoothed(falling, 2.0)[15:25], falling[15:25])
    noisy = np.random.default_rng(0).uniform(1, 2, 12)
    slow = []
    for i in range(12):
        bell = [np.exp(-((i - j) ** 2) / (2 * 1.5**2)) for j in range(12)]
        slow.append(np.prod([noisy[j] ** (bell[j] / sum(bell)) for j in range(12)]))
    np.testing.assert_allclose(smoothed(noisy, 1.5), slow)
    np.testing.assert_array_equal(smoothed(noisy, 0), noisy)


def test_slopes_are_those_of_a_line_over_a_decade():
    rates = np.geomspace(1e-3, 10, 41)
    np.testing.assert_allclose(slopes(rates, 2 - 3 * np.log10(rates)), -3)
    steep = np.where(np.log10(rates) < 0, 1.0, 0.0)  # a step down at rate 1
    assert rates[slopes(rates, steep).argmin()] == pytest.approx(1, rel=0.3)


def test_where_a_test_ends():
    assert not blown_up([1.0] * 9)
    assert not blown_up([1.0] * 5 + [3.9] * 5)
    assert blown_up([1.0] * 5 + [4.1] * 5)
    assert blown_up([1.0, np.nan])
    assert not blown_up([1.0, 9.0, 9.0])  # too early to say


def test_mistakes_are_refused():
    with pytest.raises(BadSetting, match="perceptron has a way to learn of its own"):
        range_test("perceptron", blobs(2))
    for given in ({"low": 0}, {"low": 1, "high": 0.1}, {"steps": 1}, {"smooth": 1.0}, {"high": np.inf}):
        with pytest.raises(BadSetting, match="cannot be swept"):
            range_test("mlp-classifier", blobs(), **given)
    with pytest.raises(BadSetting, match="does not learn regression"):
        range_test("mlp-classifier", numbers())
    data = blobs()
    broken = replace(data, x=np.full_like(data.x, np.nan))
    with pytest.raises(TrainingFailed, match="before the first step"):
        range_test(MLPClassifier(hidden=(4,)), broken, steps=5)


class Refusing:
    """Fails at every step, as torch does."""

    def __init__(self, words):
        self.words = words

    def train_on_batch(self, x, y):
        raise RuntimeError(self.words)


def test_probabilities_that_are_no_numbers_are_a_loss_that_is_none():
    """Torch refuses them before there is a loss; whatever else it refuses is told as it is."""
    assert np.isnan(stepped(Refusing("all elements of input should be between 0 and 1"), (0, 0)))
    with pytest.raises(RuntimeError, match="other"):
        stepped(Refusing("something other"), (0, 0))


def test_classes_may_count_alike():
    given = {"hidden": [8], "steps": 8}
    data = blobs()
    few = np.flatnonzero(data.y[data.rows["train"]] == 0)[:-4]
    rare = replace(data, rows={**data.rows, "train": np.delete(data.rows["train"], few)})
    plain, alike = (range_test("mlp-classifier", rare, balance=b, **given).arrays["loss"] for b in (False, True))
    assert not np.array_equal(plain, alike)
