"""Baselines: the input that stands for "nothing there"."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadSetting, near
from vitrail.inputs.numbers import tensor_of


class Baseline(Protocol):
    """(x (batch, ...), axes of x) -> (count, batch, ...): one or several references for every example."""

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor: ...
    def as_json(self) -> Any: ...


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: float = 0.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise BadSetting(f"baseline {self.value} is no finite number. One was expected. Use 0.0, or 'blur'.")

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        return torch.full_like(x, self.value)[None]

    def as_json(self) -> Any:
        return self.value


@dataclass(frozen=True, eq=False)
class Given:
    """References that the user gave: (count, ...), each shaped like one example, as packed."""

    examples: Tensor

    def __post_init__(self) -> None:
        if not len(self.examples):
            raise BadSetting(
                f"the baseline is a background without examples: its shape is {tuple(self.examples.shape)}. At least "
                "one was expected. Check how its rows were chosen."
            )

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        if self.examples.shape[1:] != x.shape[1:]:
            raise BadSetting(
                f"the baseline has shape {tuple(self.examples.shape[1:])} and an example {tuple(x.shape[1:])}. "
                "One example's shape was expected, or (count, ...) for a background of several. Reshape it."
            )
        return self.examples.to(x)[:, None].expand(-1, *x.shape)

    def as_json(self) -> Any:
        return {
            "baseline": "given",
            "count": len(self.examples),
            "mean": float(self.examples[~self.examples.isnan()].mean()),
        }


@dataclass(frozen=True)
class Blur:
    """The picture itself, blurred by a Gaussian; `std` in pixels."""

    std: float = 8.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.std) and self.std > 0):
            raise BadSetting(f"Blur: std={self.std} does not fit. Pixels, more than 0, were expected. Use std=8.0.")

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
        return "blur" if self == Blur() else {"baseline": "blur", "std": self.std}


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
    """Normal noise with the mean and standard deviation of each example; the same draws for every example.

    For texts, with those of each token's own embedding: padding then changes nothing.
    """

    count: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.count >= 1 and 0 <= self.seed < 2**63):
            raise BadSetting(f"{self} does not fit. A count from 1 and a seed from 0 were expected. Use Noise(4, 0).")

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        own = tuple(range(2 if "token" in axes else 1, x.ndim))
        if math.prod(x.shape[i] for i in own) == 1:
            raise BadSetting(
                "baseline 'noise' needs more than one value in an example; x has one. A number or a background of "
                "several examples was expected. Use baseline=0.0, or an array (count, 1)."
            )
        seeds = torch.randint(2**62, (self.count,), generator=torch.Generator().manual_seed(self.seed)).tolist()
        draws = torch.stack([_normal(x.shape[1:], seed, x.dtype) for seed in seeds]).to(x.device)
        return draws[:, None] * x.std(own, keepdim=True) + x.mean(own, keepdim=True)

    def as_json(self) -> Any:
        return {"baseline": "noise", "count": self.count, "seed": self.seed}


@dataclass(frozen=True, eq=False)
class Mask:
    """The tokenizer's mask token in every place of a text: what an encoder was taught to read as "not known".

    vector  (feature,) its embedding; the door fills it in. No default takes it: 0.0 means the same to every network.
    """

    vector: Tensor | None = None

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        if self.vector is None:
            raise BadSetting(
                f"baseline 'mask' needs texts and a tokenizer; x has the axes {axes}. Token ids of a model that was "
                "opened with its tokenizer were expected. Use baseline=0.0."
            )
        return self.vector.to(x).expand_as(x)[None]

    def as_json(self) -> Any:
        return "mask"


@dataclass(frozen=True, eq=False)
class Own:
    """A user's function (x, axes) -> (count, batch, ...)."""

    function: Callable[[Tensor, tuple[str, ...]], Any]

    def __call__(self, x: Tensor, axes: tuple[str, ...]) -> Tensor:
        made = self.function(x, axes)
        if not isinstance(made, Tensor) or made.ndim != x.ndim + 1 or made.shape[1:] != x.shape or not len(made):
            what = f"of shape {tuple(made.shape)}" if isinstance(made, Tensor) else f"as a {type(made).__name__}"
            raise BadSetting(
                f"the baseline's function gave references {what}. A tensor (count, {', '.join(map(str, x.shape))}) was "
                "expected. Put the count first: made[None] for a single one."
            )
        return made.detach().to(x)

    def as_json(self) -> Any:
        name = getattr(self.function, "__qualname__", type(self.function).__name__)
        return self.function.as_json() if hasattr(self.function, "as_json") else {"baseline": "own", "name": name}


NAMED = {"blur": Blur, "mean": Mean, "noise": Noise, "mask": Mask}


def _normal(shape: Sequence[int], seed: int, dtype: torch.dtype) -> Tensor:
    """Each draw from a generator of its own: a longer text begins with the draws of a shorter one."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


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
    """The Baseline behind what a user may say: a number, an array like one example or several, a name, or JSON."""
    if isinstance(value, Constant | Given | Blur | Mean | Noise | Mask | Own):
        return value
    if isinstance(value, str):
        return _named({"baseline": value})
    if isinstance(value, Mapping):
        return _named(value)
    if isinstance(value, bool | type) or value is None:
        raise BadSetting(
            f"baseline {value!r} stands for nothing. A number, an array, or {', '.join(NAMED)} was expected. "
            "Choose one."
        )
    if callable(value):
        return Own(value)
    return _array_baseline(value, tuple(example_shape))


def _named(given: Mapping[str, Any]) -> Baseline:
    """The baseline {"baseline": name, **settings}, as `as_json` writes it."""
    name, settings = given.get("baseline"), {k: v for k, v in given.items() if k != "baseline"}
    if name not in NAMED:
        raise BadSetting(
            f"no baseline named {name!r}. {near(str(name), NAMED)}A number, an array, or {', '.join(NAMED)} was "
            "expected. Choose one."
        )
    kind: Any = NAMED[name]
    known = [f.name for f in fields(kind) if type(f.default) in (int, float)]
    wrong = [k for k, v in settings.items() if k not in known or type(v) not in (int, float)]
    if wrong:
        raise BadSetting(
            f"baseline {name!r} has no setting {wrong[0]}={settings[wrong[0]]!r}. Its settings are numbers: "
            f"{', '.join(known) or 'none'}. Leave it out, or choose one."
        )
    made: Baseline = kind(**settings)
    return made


def _array_baseline(value: Any, shape: tuple[int, ...]) -> Baseline:
    """A number for everything, one example, or several."""
    try:
        array = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
    except ValueError as error:
        raise BadSetting(
            f"the baseline is no regular array ({error}). A number, one example's shape, or (count, ...) was expected. "
            "For a network with several inputs give a tuple, as for x."
        ) from error
    if array.dtype.kind not in "iuf" or (array.size == 0 and array.shape[1:] != shape):
        raise BadSetting(
            f"the baseline is of type {array.dtype} and shape {array.shape}. Numbers were expected. Convert it: "
            "np.asarray(baseline, dtype='float32')."
        )
    if not np.isfinite(array).all():
        raise BadSetting("the baseline holds NaN or infinity. Finite numbers were expected. Fill or drop them.")
    if array.ndim == 0:
        return Constant(float(array))
    tensor = tensor_of(array)
    return Given(tensor[None] if tensor.ndim == len(shape) else tensor)
