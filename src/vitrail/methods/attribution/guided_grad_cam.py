"""Guided Grad-CAM: the fine lines of guided backpropagation, where Grad-CAM says that they matter."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.grad_cam import GradCAM
from vitrail.methods.attribution.guided_backprop import GuidedBackprop
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class GuidedGradCAM:
    """Fine and class-specific: two pictures, multiplied place by place   [1].

        a = G * L,   G guided backpropagation, L Grad-CAM's map at the size of the input

    Settings    layer  its name; "auto" takes the last layer that has height and width
    Laws        none: the map depends on the layer that is chosen
    Cost        about three forwards, one way back to the input and one to the layer
    Beware      its detail comes from guided backpropagation, which draws edges whatever the class

    [1] Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, "Grad-CAM: Visual Explanations from Deep Networks via
        Gradient-based Localization", 2017, section 3.2
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        cam = GradCAM(self.layer)(model, x, target)
        fine = GuidedBackprop()(model, x, target)
        large = cam.values
        for axis, name in enumerate(model.axes):  # (batch, height, width) beside x: the same for every channel
            large = large if name in ("batch", "height", "width") else large.unsqueeze(axis)
        return Answer(fine.values * large, arrays=cam.arrays, checks={**cam.checks, **fine.checks})
