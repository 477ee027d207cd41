"""Relative representation stability: how much more an explanation changes than a layer of the network does."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.errors import WrongLayer
from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near, traced
from vitrail.metrics.relative import change, stability
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class RelativeRepresentationStability:
    """The largest change of the explanation, in shares of itself, per change of a layer in shares of itself   [1].

        max over y near x, of the same predicted class, of
            |(a(y) - a(x)) / a(x)| / max(|(L(y) - L(x)) / L(x)|, epsilon)

    L: the output of a layer. Division is element by element, |.| Euclidean.

    Settings    layer    L; 'auto' is what the last module with weights reads
                radius   how far an element of x is moved at most, in units of x
                samples  copies y; the maximum over few is an underestimate
                epsilon  the least divisor: of the ratio, and of a(x) and L(x) in shares of their largest element
                seed     of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; invariant to a factor of the explanation
    Cost        samples + 1 times that of the method, and `samples` forwards that all explanations share
    Beware      units that are silent at x and speak at y make the divisor huge and the score small. NaN where all
                copies change the class, or the explanation or L(x) is 0 everywhere

    [1] Agarwal, Johnson, Pawelczyk, Krishna, Saxena, Zitnik, Lakkaraju, "Rethinking Stability for Attribution-based
        Explanations", 2022, eq. 3
    """

    name: ClassVar[str] = "relative-representation-stability"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    layer: str = "auto"
    radius: Share = 0.1
    samples: Count = 10
    epsilon: Share = 1e-6
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        near, layer = Near(self.radius, self.samples, self.seed), named(subject, self.layer)
        at_x = subject.once(("layer", layer), lambda: traced(subject.model, subject.x, layer)[1])
        copies = near.heard(subject, layer).layer
        assert copies is not None
        return stability(subject, judged, near, change(copies, at_x, self.epsilon), self.epsilon)


def named(subject: Subject, layer: str) -> str:
    """The name of the layer that is meant: what ran just before the last module with weights of its own."""
    layers = subject.model.surveyed(subject.x)
    if layer != "auto":
        return layers[layer].name
    last = max((i for i, each in enumerate(layers) if each.module and each.parameters), default=0)
    if last == 0:
        raise WrongLayer(
            f"{subject.model.name} has no layer in front of its last module with weights. A representation that is "
            "neither x nor the output was expected. Name a layer: layer=..., out of model.layers."
        )
    return layers[last - 1].name
