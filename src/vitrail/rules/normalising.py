"""Normalisations in small steps. `hold` is what becomes of the spread: kept, or held still as a constant."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

Hold = Callable[[Tensor], Tensor]


def kept(spread: Tensor) -> Tensor:
    return spread


def still(spread: Tensor) -> Tensor:
    """The spread as a constant: what is left of a normalisation is linear."""
    return spread.detach()


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    hold: Hold = kept,
) -> Tensor:
    axes = tuple(range(-len(normalized_shape), 0))
    return _affine(_standard(input, axes, eps, hold), weight, bias)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
    hold: Hold = kept,
) -> Tensor:
    axes = tuple(range(-len(normalized_shape), 0))
    eps = torch.finfo(input.dtype).eps if eps is None else eps
    made = input * hold(torch.rsqrt(torch.square(input).mean(axes, keepdim=True) + eps))
    return _affine(made, weight, None)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    hold: Hold = kept,
) -> Tensor:
    groups = input.reshape(len(input), num_groups, -1)
    made = _standard(groups, (-1,), eps, hold).reshape(input.shape)
    return _affine(made, *(None if p is None else _over_channels(p, input) for p in (weight, bias)))


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    hold: Hold = kept,
) -> Tensor:
    if use_input_stats:
        made = _standard(input, tuple(range(2, input.ndim)), eps, hold)
    else:
        assert running_mean is not None
        assert running_var is not None
        mean, var = (_over_channels(t, input) for t in (running_mean, running_var))
        made = (input - mean) * torch.rsqrt(var + eps)
    return _affine(made, *(None if p is None else _over_channels(p, input) for p in (weight, bias)))


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None, hold: Hold = kept
) -> Tensor:
    """Each vector by its length."""
    length = torch.pow(torch.pow(torch.abs(input), p).sum(dim, keepdim=True), 1 / p)
    return torch.div(input, hold(torch.clamp_min(length, eps)))


def _standard(x: Tensor, axes: tuple[int, ...], eps: float, hold: Hold) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over these axes."""
    centred = x - x.mean(axes, keepdim=True)
    return centred * hold(torch.rsqrt(torch.square(centred).mean(axes, keepdim=True) + eps))


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _over_channels(parameter: Tensor, x: Tensor) -> Tensor:
    return parameter.reshape(-1, *[1] * (x.ndim - 2))


IN_STEPS: dict[str, Callable[..., Tensor]] = {
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "normalize": normalize,
}
#: The same with the spread held still: linear functions of their input.
LINEAR: dict[str, Callable[..., Tensor]] = {name: partial(made, hold=still) for name, made in IN_STEPS.items()}
