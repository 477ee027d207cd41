"""Noisy linear imputation: absent pixels of a picture are the weighted mean of their neighbours, and a little noise."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import splu
from torch import Tensor

from vitrail.errors import BadSetting

STD = 0.01  #: of the noise, in units of x: what the authors' own program uses


@dataclass(frozen=True, eq=False)
class Imputed:
    """The picture with every absent pixel the weighted mean of its eight neighbours, absent ones among them   [1].

        v_i = sum_j w_ij v_j / sum_j w_ij,    w = 1/6 for the four beside it, 1/12 for the four at its corners

    One linear system for all absent pixels of a channel, solved exactly; channels that miss the same pixels share its
    factors. Pixels outside the picture have no weight. What is there, if only in part, is untouched. Where nothing is
    there, every channel is its own mean over the picture. The noise is the same for all examples and all that is
    absent, so that an example is filled alike alone and among others.

    x       (batch, ...) pictures
    places  the axes of height and width
    std     standard deviation of the noise added to absent pixels, in units of x
    seed    of the noise

    [1] Rong, Leemann, Borisov, Kasneci, Kasneci, "A Consistent and Efficient Evaluation Strategy for Attribution
        Methods", 2022, noisy linear imputation
    """

    x: Tensor
    places: tuple[int, int]
    std: float = STD
    seed: int = 0

    @property
    def count(self) -> int:
        return 1

    def __call__(self, rows: Tensor, which: Tensor, here: Tensor) -> Tensor:
        x = self.x[rows].detach()
        there = here.expand_as(x) > 0
        last, known = (_as_numpy(part.movedim(self.places, (-2, -1))) for part in (x, there))
        made = np.stack([_filled(*each) for each in zip(last, known, strict=True)]) if len(x) else last
        moved = torch.from_numpy(made).reshape(x.movedim(self.places, (-2, -1)).shape)
        return torch.where(there, x, moved.movedim((-2, -1), self.places).to(x) + self._noise())

    def _noise(self) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        return self.std * torch.randn(self.x.shape[1:], generator=generator, dtype=torch.float64).to(self.x)


def imputed(x: Tensor, axes: tuple[str, ...], std: float = STD, seed: int = 0) -> Imputed:
    """The fill for pictures.

    Raises BadSetting where x is none.
    """
    if not {"height", "width"} <= set(axes):
        raise BadSetting(
            f"fill='linear' needs pictures; x has the axes {axes}. Height and width were expected. Use "
            "fill='baseline', or 'conditional' for tables."
        )
    return Imputed(x, (axes.index("height"), axes.index("width")), std, seed)


def _as_numpy(part: Tensor) -> Any:
    """(m, channels, height, width), in float64 if not bool."""
    part = part.reshape(len(part), -1, *part.shape[-2:])
    return (part if part.dtype == torch.bool else part.double()).cpu().numpy()


def _filled(picture: Any, known: Any) -> Any:
    """(channels, height, width) with what is not known made of what is."""
    made, flat = np.empty_like(picture).reshape(len(picture), -1), known.reshape(len(known), -1)
    for mask in {row.tobytes(): row for row in flat}.values():  # np.unique of rows takes longer than the factors
        same = (flat == mask).all(1)
        made[same] = _solved(picture[same].reshape(same.sum(), -1), mask, picture.shape[1:])
    return made.reshape(picture.shape)


def _solved(values: Any, known: Any, shape: tuple[int, int]) -> Any:
    """(channels, pixels) the pixels of a picture of this shape; known (pixels,) bool."""
    if not known.any():
        return np.broadcast_to(values.mean(1, keepdims=True), values.shape)
    made, gone, whole = values.copy(), ~known, _apart(*shape)
    if gone.any():
        given = whole @ np.where(known, values, 0.0).T
        # symmetric and diagonally dominant: no pivots are needed, and looking for them spoils the order of elimination
        factors = splu(
            whole[gone][:, gone].tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        made[:, gone] = factors.solve(-given[gone]).T
    return made


@lru_cache(maxsize=4)
def _apart(height: int, width: int) -> csr_array:
    """(pixels, pixels) what takes a picture to how far each pixel is from its neighbours: sum_j w_ij (v_i - v_j)."""
    down, right = (eye_array(n, k=-1) + 2 * eye_array(n) + eye_array(n, k=1) for n in (height, width))
    weights = kron(down, right) / 12  # a pixel's own weight falls out: it is no distance from itself
    return csr_array(diags_array(weights.sum(1)) - weights)
