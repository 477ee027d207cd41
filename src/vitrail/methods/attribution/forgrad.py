"""FORGrad: any gradient map without its high frequencies."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.methods.answer import Answer, Method
from vitrail.methods.attribution.gradient import Gradient
from vitrail.methods.settings import Fraction
from vitrail.model import Model
from vitrail.target import Target

ROUNDING = 1e-12  #: a frequency that is exactly at the cutoff is kept


@dataclass(frozen=True)
class FORGrad:
    """Another method's map, low-pass filtered: strides and pooling leave checkerboards in gradients   [1].

        a = inverse Fourier( Fourier(of(x)) * [frequency <= cutoff * highest] ),   highest = sqrt(1/2) cycles per pixel

    Settings    of      the method to filter, by default the gradient
                cutoff  the highest frequency kept, as a share of that of a checkerboard, in (0, 1]; 1 keeps all
    Laws        linearity, implementation invariance
    Cost        that of the method
    Beware      the sum of each channel stays, so completeness is kept; single pixels are smeared; the paper fits the
                cutoff to every network, on its own scale; checks of `of` are those before the filter

    [1] Muzellec, Fel, Boutin, Andeol, VanRullen, Serre, "Saliency strikes back: How filtering out high frequencies
        improves white-box explanations", 2023, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"linearity", "implementation invariance"})
    of: Method = Gradient()
    cutoff: Fraction = 0.2

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor | Answer:
        given = self.of(model, x, target)
        if not isinstance(given, Answer):
            return self.filtered(given, model.axes)
        return replace(given, values=self.filtered(given.values, given.axes or model.axes), arrays={})

    def filtered(self, values: Tensor, axes: tuple[str, ...]) -> Tensor:
        """values without the spatial frequencies above the cutoff, as a disc in the frequency plane."""
        if not {"height", "width"} <= set(axes):
            raise BadInput(
                f"forgrad filters pictures; the values have the axes {axes}. Height and width were expected. Use "
                "another method."
            )
        places = (axes.index("height"), axes.index("width"))
        height, width = (values.shape[i] for i in places)
        exact = torch.float64
        rows, columns = torch.fft.fftfreq(height, dtype=exact), torch.fft.rfftfreq(width, dtype=exact)  # at most 1/2
        keep = rows[:, None].square() + columns.square() <= self.cutoff**2 / 2 + ROUNDING
        spectrum = torch.fft.rfft2(values.movedim(places, (-2, -1)))
        back = torch.fft.irfft2(spectrum * keep.to(values.device), s=(height, width))
        filtered: Tensor = back.movedim((-2, -1), places)
        return filtered
