"""LIME of networks: its estimator is proved beside it; here it meets models."""

import numpy as np
import pytest
import torch

import vitrail
from known import explained, linear, normal, picture_net, product, smooth
from vitrail.errors import BadSetting

close = torch.testing.assert_close


@pytest.mark.parametrize("budget", [6, 20, 1000])
def test_a_linear_network_is_its_own_imitation(budget):
    weight, x, b = normal(5), normal(3, 5, seed=1), normal(4, 5, seed=2)
    got = explained(linear(weight, 2.0), x, "lime", budget=budget, baseline=b)
    close(torch.tensor(got.values), weight * (x - b.mean(0)))
    close(torch.tensor(got.base_value), ((weight * b.mean(0)).sum() + 2).expand(3))
    close(got.checks["r2"], np.ones(3))


def test_a_product_by_pencil():
    """f = x0 x1 from 0: worth 1 of both, 0 else. By symmetry phi_0 + 2 phi at both, phi_0 + phi at one, phi_0 at none.
    A kernel as wide as this weighs all four alike: phi = 1/2, phi_0 = -1/4, r2 = 1 - (4/16) / (3/4) = 2/3."""
    got = explained(product(), torch.ones(1, 2).double(), "lime", width=1e6)
    close(got.values, np.full((1, 2), 0.5), rtol=1e-6, atol=0)
    close(got.base_value, np.array([-0.25]), rtol=1e-6, atol=0)
    close(got.checks["r2"], np.array([2 / 3]), rtol=1e-6, atol=0)


def test_a_narrow_kernel_takes_single_players_away():
    """Only x itself and what lacks one player count: the values are the falls of feature ablation."""
    net, x = smooth(5), normal(2, 5)
    falls = explained(net, x, "feature-ablation", 1)
    got = explained(net, x, "lime", 1, width=0.03)
    close(got.values, falls.values, rtol=1e-3, atol=1e-5)
    assert got.checks["r2"].min() > 0.999


def test_the_gap_is_what_the_imitation_misses_at_x():
    got = explained(smooth(5), normal(3, 5), "lime", 1)
    away = np.abs(got.checks["target_value"] - got.base_value - got.values.sum(1))
    close(got.checks["completeness_gap"], away)
    assert away.min() > 1e-3


def test_superpixels_and_inpainting():
    pytest.importorskip("skimage")
    model = vitrail.open(picture_net("lime"))
    how = {"players": "superpixels", "count": 6, "fill": "inpaint", "budget": 60}
    got = vitrail.explain(model, normal(2, 2, 8, 6), "lime", 1, **how)
    assert got.axes["values"] == ("batch", "player")
    assert got.checks["r2"].shape == (2,)
    assert got.checks["coalitions"] <= 60


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"budget": 5}, "At least 6 evaluations"), ({"width": 0.0}, "LIME: width=0.0"), ({"width": np.inf}, "width=inf")],
)
def test_what_does_not_fit_is_refused(settings, words):
    with pytest.raises(BadSetting, match=words):
        explained(smooth(5), normal(2, 5), "lime", **settings)
