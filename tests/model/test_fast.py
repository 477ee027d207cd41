import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.model import fast
from vitrail.model.ops import Watch

from .conftest import warmed


class Fast(nn.Module):
    """Zero padding, convolution, batch norm, ReLU6, as mobile networks have them."""

    def __init__(self, conv, pad=None, norm=None):
        super().__init__()
        self.pad = pad or (lambda x: x)
        self.conv = conv
        self.norm = norm or nn.BatchNorm2d(conv.out_channels)
        self.fc = nn.Linear(conv.out_channels, 3)

    def forward(self, x):
        return self.fc(F.relu6(self.norm(self.conv(self.pad(x)))).mean((2, 3)))


def folds_of(network, x):
    model = vitrail.open(network)
    model(x)
    return model._surveys.of(x, torch.arange(len(x)), None).folds


def gradients(network, x):
    """(plain, with the plan) by hand: the same network, once under the handlers."""
    answers = []
    for handlers in ({}, fast.handlers(folds_of(network, x))):
        leaf = x.clone().requires_grad_()
        with Watch(handlers):
            y = network(leaf)
        answers.append((y.detach(), *torch.autograd.grad(y[:, 1].sum(), leaf)))
    return answers


FOLDED = {
    "plain": lambda: Fast(nn.Conv2d(2, 4, 3)),
    "no bias": lambda: Fast(nn.Conv2d(2, 4, 3, bias=False)),
    "not affine": lambda: Fast(nn.Conv2d(2, 4, 3), norm=nn.BatchNorm2d(4, affine=False)),
    "neither": lambda: Fast(nn.Conv2d(2, 4, 3, bias=False), norm=nn.BatchNorm2d(4, affine=False, eps=0.1)),
    "groups": lambda: Fast(nn.Conv2d(2, 4, 3, groups=2, padding=1)),
    "stride": lambda: Fast(nn.Conv2d(2, 4, 3, stride=(2, 1), dilation=(1, 2), padding=(1, 2))),
    "same": lambda: Fast(nn.Conv2d(2, 4, 3, padding="same", dilation=2)),
    "padding": lambda: Fast(nn.Conv2d(2, 4, 3), pad=nn.ZeroPad2d((1, 1, 2, 2))),
    "functional": lambda: Fast(nn.Conv2d(2, 4, 3, stride=2), pad=lambda x: F.pad(x, (1, 1, 0, 0))),
}


@pytest.mark.parametrize("name", FOLDED)
def test_the_plan_gives_the_plain_answers(name, pixels):
    network = warmed(FOLDED[name]())
    (fold,) = folds_of(network, pixels)
    assert fold.norm is not None
    assert (fold.padding is not None) == (name in ("padding", "functional"))
    plain, planned = gradients(network, pixels)
    assert plain[1].abs().max() > 1e-6
    torch.testing.assert_close(planned[0], plain[0], rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(planned[1], plain[1], rtol=1e-9, atol=1e-12)


UNPADDED = {
    "asymmetric": lambda x: F.pad(x, (0, 1, 0, 1)),
    "reflect": nn.ReflectionPad2d(1),
    "replicate": lambda x: F.pad(x, (1, 1, 1, 1), mode="replicate"),
    "of ones": lambda x: F.pad(x, (1, 1, 1, 1), value=1.0),
    "channels too": lambda x: F.pad(x, (1, 1, 1, 1, 0, 0)),
    "cropping": lambda x: F.pad(x, (-1, -1, -1, -1)),
}


@pytest.mark.parametrize("name", UNPADDED)
def test_other_paddings_are_left_alone(name, pixels):
    network = warmed(Fast(nn.Conv2d(2, 4, 3), pad=UNPADDED[name]))
    (fold,) = folds_of(network, pixels)
    assert fold.padding is None
    plain, planned = gradients(network, pixels)
    torch.testing.assert_close(planned[1], plain[1], rtol=1e-9, atol=1e-12)


def test_a_convolution_that_pads_itself_keeps_the_padding_before_it(pixels):
    (fold,) = folds_of(warmed(Fast(nn.Conv2d(2, 4, 3, padding=1), pad=nn.ZeroPad2d(1))), pixels)
    assert fold.padding is None


class Shared(nn.Module):
    """Someone else reads between what would be folded."""

    def __init__(self, where):
        super().__init__()
        self.where = where
        self.conv, self.norm, self.fc = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 3)

    def forward(self, x):
        padded = F.pad(x, (1, 1, 1, 1))
        h = self.conv(padded)
        if self.where == "relu between":
            h = self.norm(h.relu())
        elif self.where == "norm first":
            h = self.conv(F.pad(self.norm(torch.cat([x, x], 1))[:, :2], (1, 1, 1, 1)))
        else:
            h = self.norm(h) + (h if self.where == "conv read twice" else 0)
        h = h.tanh().mean((2, 3))
        return self.fc(h + padded.mean() if self.where == "padding read twice" else h)


@pytest.mark.parametrize("where", ["relu between", "norm first", "conv read twice"])
def test_a_norm_that_is_not_right_behind_is_not_folded(where, pixels):
    network = warmed(Shared(where))
    folds = folds_of(network, pixels)
    assert folds
    assert all(fold.norm is None for fold in folds)
    plain, planned = gradients(network, pixels)
    torch.testing.assert_close(planned[1], plain[1], rtol=1e-9, atol=1e-12)


def test_a_padding_with_two_readers_is_not_folded(pixels):
    (fold,) = folds_of(warmed(Shared("padding read twice")), pixels)
    assert fold.padding is None
    assert fold.norm is not None


def test_a_norm_that_uses_the_batchs_own_means_is_not_folded(pixels):
    network = warmed(Fast(nn.Conv2d(2, 4, 3), norm=nn.BatchNorm2d(4, track_running_stats=False)))
    (fold,) = folds_of(network, pixels)
    assert fold.norm is None


def test_no_activation_is_kept_by_a_plan(pixels):
    (fold,) = folds_of(warmed(FOLDED["padding"]()), pixels)
    for call in (fold.convolution, fold.norm, fold.padding):
        assert (call.args[0], call.result, call.inputs) == (None, None, [])


def test_another_convolution_than_the_one_seen_is_noticed(pixels):
    network = warmed(Fast(nn.Conv2d(2, 4, 3)))
    handlers = fast.handlers(folds_of(network, pixels))
    network.conv.weight = nn.Parameter(network.conv.weight.detach().clone())
    with pytest.raises(fast.Departed, match="another path"), Watch(handlers):
        network(pixels)
