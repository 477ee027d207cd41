"""Baselines: the input that stands for "nothing there"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadSetting


class Baseline(Protocol):
    """(x (batch, ...), axes of x) -> (count, batch, ...): one or several references for every example."""

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor: ...
    def as_json(self) -> Any: ...


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: float = 0.0

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        return torch.full_like(x, self.value)[None]

    def as_json(self) -> Any:
        return self.value


@dataclass(frozen=True, eq=False)
class Given:
    """References that the user gave: (count, ...), each shaped like one example, as packed."""

    examples: Tensor

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        if self.examples.shape[1:] != x.shape[1:]:
            raise BadSetting(
                f"the baseline has shape {tuple(self.examples.shape[1:])} and an example {tuple(x.shape[1:])}. "
                "One example's shape was expected, or (count, ...) for a background of several. Reshape it."
            )
        return self.examples.to(x)[:, None].expand(-1, *x.shape)

    def as_json(self) -> Any:
        return {"baseline": "given", "count": len(self.examples), "mean": float(self.examples.mean())}


@dataclass(frozen=True)
class Blur:
    """The picture itself, blurred by a Gaussian; `std` in pixels."""

    std: float = 8.0

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        places = [i for i, a in enumerate(axes) if a in ("height", "width", "step")]
        if not places:
            raise BadSetting(
                f"baseline 'blur' needs height and width; x has the axes {axes}. Use a number, 'mean' or an array."
            )
        for axis in places:
            x = _blurred(x, axis, self.std)
        return x[None]

    def as_json(self) -> Any:
        return "blur"


@dataclass(frozen=True)
class Mean:
    """Every channel of an example by its own mean over places."""

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        places = [i for i, a in enumerate(axes) if a in ("height", "width", "step", "token")]
        if not places:
            raise BadSetting(
                f"baseline 'mean' needs places to average over; x has the axes {axes}. Give a background array."
            )
        return x.mean(places, keepdim=True).expand_as(x)[None]

    def as_json(self) -> Any:
        return "mean"


@dataclass(frozen=True)
class Noise:
    """Normal noise with the mean and standard deviation of each example; the same draws for every example."""

    count: int = 4
    seed: int = 0

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        draws = torch.randn(self.count, 1, *x.shape[1:], generator=generator, dtype=x.dtype).to(x.device)
        flat = x.flatten(1)
        shape = (1, -1, *[1] * (x.ndim - 1))
        return draws * flat.std(1).reshape(shape) + flat.mean(1).reshape(shape)

    def as_json(self) -> Any:
        return {"baseline": "noise", "count": self.count, "seed": self.seed}


NAMED = {"blur": Blur, "mean": Mean, "noise": Noise}


def _blurred(x: Tensor, axis: int, std: float) -> Tensor:
    """Convolved along one axis with a Gaussian that is cut at three standard deviations; edges repeated."""
    reach = max(1, round(3 * std))
    offsets = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-(offsets**2) / (2 * std**2))
    rows = x.movedim(axis, -1)
    padded = F.pad(rows.reshape(-1, 1, rows.shape[-1]), (reach, reach), mode="replicate")
    blurred = F.conv1d(padded, (kernel / kernel.sum())[None, None])
    return blurred.reshape(rows.shape).movedim(-1, axis)


def baseline_of(value: Any, example_shape: Sequence[int]) -> Baseline:
    """The Baseline behind what a user may say: a number, an array like one example or several, or a name."""
    if isinstance(value, Constant | Given | Blur | Mean | Noise):
        return value
    if isinstance(value, str):
        if value not in NAMED:
            raise BadSetting(
                f"no baseline named {value!r}. A number, an array, or {', '.join(NAMED)} was expected. Choose one."
            )
        named: Baseline = NAMED[value]()
        return named
    if isinstance(value, bool) or value is None:
        raise BadSetting(
            f"baseline {value!r} is neither a number nor an array nor one of {', '.join(NAMED)}. Choose one."
        )
    if callable(value):
        own: Baseline = value
        return own
    return _array_baseline(value, tuple(example_shape))


def _array_baseline(value: Any, shape: tuple[int, ...]) -> Baseline:
    array = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise BadSetting(
            f"the baseline is of type {array.dtype}, or holds NaN. Finite numbers were expected. Convert or fill it."
        )
    if array.ndim == 0:
        return Constant(float(array))
    tensor = torch.as_tensor(array)
    return Given(tensor[None] if tensor.ndim == len(shape) else tensor)
