"""Guided Grad-CAM: the product of two pictures, place by place."""

import pytest
import torch

import vitrail
from known import Functional, explained, normal, picture_nets, seeded, smooth, values
from vitrail.errors import NoGradient, NoSuchLayer, WrongLayer

close = torch.testing.assert_close


@pytest.mark.parametrize("name", picture_nets())
def test_it_is_the_product(name):
    net, x = picture_nets()[name]
    fine, cam = values(net, x, "guided-backprop", 1), values(net, x, "grad-cam", 1)
    found = torch.zeros_like(fine)
    for i in range(len(x)):
        for channel in range(x.shape[1]):
            for row in range(x.shape[2]):
                for column in range(x.shape[3]):
                    found[i, channel, row, column] = fine[i, channel, row, column] * cam[i, row, column]
    assert found.abs().max() > 1e-4
    close(values(net, x, "guided-grad-cam", 1), found)


def test_the_layer_is_that_of_grad_cam():
    net, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)
    answer = explained(net, x, "guided-grad-cam", 1, layer="one")
    assert answer.checks["layer"] == "one"
    assert answer.checks["rectifiers"] == "relu"
    close(answer.arrays["layer_map"], explained(net, x, "grad-cam", 1, layer="one").arrays["layer_map"])
    cam = values(net, x, "grad-cam", 1, layer="one")[:, None]
    close(torch.as_tensor(answer.values), values(net, x, "guided-backprop", 1) * cam)


def test_layers_that_do_not_fit_are_refused():
    net, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)
    with pytest.raises(NoSuchLayer, match="no layer named 'tow'"):
        values(net, x, "guided-grad-cam", 1, layer="tow")
    with pytest.raises(WrongLayer, match=r"'head' gives \(batch, 3\)"):
        values(net, x, "guided-grad-cam", 1, layer="head")
    with pytest.raises(WrongLayer, match="no such layer"):
        values(smooth(), normal(3, 5), "guided-grad-cam")
    with pytest.raises(NoGradient, match="two"):
        values(net, x, "guided-grad-cam", vitrail.Unit("one", 2), layer="two")
