"""What all methods over coalitions answer: one shape, base values, standard errors, groups of examples."""

import numpy as np
import pytest
import torch

import vitrail
from known import explained, normal, picture_net, seeded, smooth
from vitrail.errors import BadInput, BadSetting

close = torch.testing.assert_close
CONV = seeded(
    torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(72, 2))
)


def test_columns_get_values_like_x():
    got = explained(smooth(5), normal(3, 5), "permutation-shap", 1, budget=40)
    assert got.kind == "players"
    assert got.axes["values"] == got.axes["standard_error"] == ("batch", "feature")
    assert got.arrays["players"].tolist() == [[0, 1, 2, 3, 4]] * 3


def test_several_inputs_get_values_for_each():
    net = seeded(torch.nn.Bilinear(2, 3, 2))
    x = (normal(4, 2), normal(4, 3, seed=1))
    got = vitrail.explain(vitrail.open(net), x, "permutation-shap", 1, budget=40)
    assert [v.shape for v in got.values] == [(4, 2), (4, 3)]
    close(sum(v.sum(1) for v in got.values) + got.base_value, got.checks["target_value"])


@pytest.mark.parametrize(
    ("players", "patch", "axes", "shape"),
    [
        ("pixels", None, ("batch", "height", "width"), (2, 8, 6)),
        ("patches", 3, ("batch", "player"), (2, 6)),
        ("columns", None, ("batch", "channel", "height", "width"), (2, 2, 8, 6)),
        (np.arange(48).reshape(8, 6) // 24, None, ("batch", "player"), (2, 2)),
    ],
)
def test_values_are_shaped_like_the_players(players, patch, axes, shape):
    got = explained(CONV, normal(2, 2, 8, 6), "odd-shap", 1, players=players, patch=patch, budget=20)
    assert (got.axes["values"], got.values.shape) == (axes, shape)
    close(got.values.reshape(2, -1).sum(1) + got.base_value, got.checks["target_value"])
    assert got.checks["completeness_gap"].max() < 1e-12


def test_every_element_of_x_knows_its_player():
    x, labels = normal(2, 2, 8, 6), np.arange(48).reshape(8, 6) // 16
    got = explained(CONV, x, "permutation-shap", 1, players=labels, budget=12)
    assert got.axes["players"] == ("batch", "height", "width")
    assert (got.arrays["players"] == labels).all()
    # taking away what belongs to a player, and only that, is what makes it absent
    for player in range(3):
        gone = x * torch.tensor(labels != player)
        alone = explained(CONV, gone, "permutation-shap", 1, players=labels, budget=12)
        assert abs(alone.values[:, player]).max() < 1e-12


def test_examples_with_different_numbers_of_players_are_played_apart():
    """Labels (batch, ...) of x's own shape may differ from example to example."""
    x = normal(3, 2, 8, 6)
    labels = np.stack([np.arange(96).reshape(2, 8, 6) % n for n in (3, 5, 3)])
    together = explained(CONV, x, "odd-shap", 1, players=labels, budget=32)
    assert together.values.shape == (3, 5)
    assert (together.values[[0, 2], 3:] == 0).all()
    for i, n in enumerate((3, 5, 3)):
        alone = explained(CONV, x[i : i + 1], "odd-shap", 1, players=labels[i], budget=32)
        close(alone.values[0], together.values[i, :n])
    close(together.values.sum(1) + together.base_value, together.checks["target_value"])


def test_single_precision_is_computed_in_double():
    net, x = smooth(6), normal(4, 6)
    single = explained(smooth(6).float(), x.float(), "odd-shap", 1, budget=40)
    assert single.values.dtype == np.float32
    close(single.values.astype(np.float64), explained(net, x, "odd-shap", 1, budget=40).values, atol=1e-3, rtol=0)
    assert single.checks["completeness_gap_relative"].max() < 1e-5


def test_only_games_have_a_base_value():
    with pytest.raises(BadInput, match="gradient gives no base value. A method over players"):
        explained(smooth(5), normal(2, 5), "gradient", 1).base_value  # noqa: B018


def test_ctrl_c_is_noted_in_the_checks():
    plain, left = smooth(5), [400]

    def impatient(x):
        left[0] -= len(x)
        if left[0] < 0:
            raise KeyboardInterrupt
        return plain(torch.as_tensor(x)).detach()

    got = vitrail.explain(vitrail.open(impatient), normal(1, 5), "permutation-shap", 1, budget=10**5)
    assert got.checks["stopped"].startswith("by Ctrl-C")
    assert 100 < got.checks["coalitions"] <= 400
    assert np.isfinite(got.arrays["standard_error"]).all()
    close(got.values.sum(1) + got.base_value, got.checks["target_value"])
    assert "stopped" not in explained(plain, normal(1, 5), "permutation-shap", 1).checks


@pytest.mark.parametrize("method", ["permutation-shap", "odd-shap"])
def test_a_picture_that_is_a_single_player_is_refused(method):
    model = vitrail.open(picture_net(method))
    with pytest.raises(BadSetting, match="make a single player of"):
        vitrail.explain(model, normal(2, 2, 8, 6), method, 1, patch=8)
    with pytest.raises(BadSetting, match=r"single player of .* more superpixels \(count=1\)"):
        vitrail.explain(model, normal(2, 2, 8, 6), method, 1, players="superpixels", count=1)
