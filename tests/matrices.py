"""Layers as matrices, and the rules of LRP on them, written as the papers do: one output at a time.

A layer that is linear in x, constants behind it included, is y_k = sum over j of x_j w_jk + b_k, whatever it is called.
The twins get x (inputs,), w (inputs, outputs), b (outputs,) and the relevance r (outputs,), and know of no layer.
"""

import torch
from torch import Tensor

import vitrail
from vitrail.rules import Applied, Table
from vitrail.rules.operations import CONVOLUTIONS, DENSE


class Weighing:
    """Outputs times fixed numbers, so that every output gets the relevance that a test wants."""

    layers = ()

    def __init__(self, by: Tensor) -> None:
        self.by = by

    def __call__(self, trace):
        return (trace.output * self.by).flatten(1).sum(1)


def everywhere(rule, **more) -> Table:
    """One rule for all operations with weights."""
    return Table("test", dict.fromkeys(DENSE | CONVOLUTIONS, rule) | more)


def handed_back(network, x: Tensor, relevance: Tensor, table: Table) -> Tensor:
    """What the network hands back to x of this relevance of its outputs."""
    with torch.no_grad():
        y = network(x.clone())  # a Model, or a network of torch
    by = torch.where(y == 0, 0.0, relevance / torch.where(y == 0, 1.0, y))  # relevance starts as value times factor
    opened = network if isinstance(network, vitrail.Model) else vitrail.open(network)
    with opened.asking(x) as model:
        return model.under(Applied(table)).gradient(model.question.packed.x, Weighing(by))


def matrix(layer, x: Tensor) -> tuple[Tensor, Tensor]:
    """w (inputs, outputs), b (outputs,) of a layer for x (1, ...)."""
    with torch.no_grad():
        bias = layer(torch.zeros_like(x)).flatten()
    whole = torch.autograd.functional.jacobian(lambda some: layer(some).flatten(), x)
    return whole.reshape(len(bias), -1).T.detach(), bias


def divided(part: Tensor, whole: Tensor) -> Tensor:
    return torch.zeros_like(part) if whole == 0 else part / whole


def twin(x: Tensor, w: Tensor, b: Tensor, r: Tensor, share) -> Tensor:
    """R_j = sum over k of share_j(x, w_k, b_k) R_k."""
    found = torch.zeros_like(x)
    for k in range(len(r)):
        if r[k] != 0:
            found += share(x, w[:, k], b[k]) * r[k]
    return found


def lrp_0(x, w, b):
    return divided(x * w, (x * w).sum() + b)


def epsilon(by):
    def share(x, w, b):
        z = (x * w).sum() + b
        return x * w / (z + (by if z >= 0 else -by))

    return share


def gamma(by):
    """For inputs that are not negative, behind a ReLU."""

    def share(x, w, b):
        favoured = w + by * w.clamp(min=0)
        return divided(x * favoured, (x * favoured).sum() + b + by * b.clamp(min=0))

    return share


def signed_gamma(by):
    """Contributions of the sign of the output count 1 + by times."""

    def share(x, w, b):
        z, c = (x * w).sum() + b, x * w
        of_its_sign = (lambda t: t.clamp(min=0)) if z > 0 else (lambda t: t.clamp(max=0))
        return divided(c + by * of_its_sign(c), (c + by * of_its_sign(c)).sum() + b + by * of_its_sign(b))

    return share


def alpha_beta(alpha, beta):
    def share(x, w, b):
        c = x * w
        up, down = c.clamp(min=0), c.clamp(max=0)
        gained = divided(up, up.sum() + b.clamp(min=0))
        return alpha * gained - beta * divided(down, down.sum() + b.clamp(max=0))

    return share


def z_plus(x, w, b):
    """As it was written for inputs that are not negative; here the bias is one more of them."""
    up = x.clamp(min=0) * w.clamp(min=0) + x.clamp(max=0) * w.clamp(max=0)
    return divided(up, up.sum() + b.clamp(min=0))


def flat(x, w, b):
    read = (w != 0).to(w)
    return divided(read, read.sum())


def w_square(x, w, b):
    return divided(w * w, (w * w).sum())


def z_box(low, high):
    def share(x, w, b):
        lowest, highest = (x.min(), x.max()) if low is None else (low, high)
        c = x * w - lowest * w.clamp(min=0) - highest * w.clamp(max=0)
        return divided(c, c.sum())

    return share
