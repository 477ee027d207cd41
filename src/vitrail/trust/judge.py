"""What trust says about examples: scores, and how rare they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.conformal import p_values
from vitrail.trust.detectors import Detectors
from vitrail.trust.reading import Reading
from vitrail.trust.surprise import Surprise

Raw = Mapping[str, Array]  #: scores (n,) by name, higher is more unusual


@dataclass(frozen=True, eq=False)
class Judgement:
    """How unusual examples are.

    scores    name -> (n,) raw scores, higher is more unusual; `combined` among them
    p         name -> (n,) their conformal p-values
    combined  (n,) the p-value of the combined score
    """

    scores: Mapping[str, Array]
    p: Mapping[str, Array]
    combined: Array


@dataclass(frozen=True, eq=False)
class Scales:
    """What makes raw scores comparable: name -> its surprise, also that of every layer."""

    surprises: Mapping[str, Surprise]

    def with_layers(self, raw: Raw) -> dict[str, Array]:
        """Raw scores with `layers` instead of those of single layers.

            layers = sum over layers of the surprise of the Mahalanobis distance at that layer

        Lee, Lee, Lee, Shin 2018 add layers up as well, with weights learnt from unusual inputs (section 2.3); here
        the scale does it, which needs none.
        """
        single = [name for name in raw if name.startswith("layer/")]
        total = sum((self.surprises[name](raw[name]) for name in single), np.zeros(1))
        return {**{name: raw[name] for name in raw if name not in single}, "layers": np.asarray(total)}

    def matrix(self, scores: Raw, names: list[str]) -> Array:
        """(n, names) surprise."""
        return np.stack([self.surprises[name](scores[name]) for name in names], 1)


@dataclass(frozen=True, eq=False)
class Judge:
    """Everything that scores an example.

    weights  score -> its weight in the combined one
    """

    detectors: Detectors
    scales: Scales
    weights: Mapping[str, float]

    @staticmethod
    def remade(state: Raw, facts: Mapping[str, Any]) -> "Judge":
        """From what `fit` gave."""
        names = [name.removeprefix("surprise/") for name in state if name.startswith("surprise/")]
        scales = Scales({name: Surprise(state[f"surprise/{name}"]) for name in names})
        return Judge(Detectors.remade(state, facts["columns"], facts["layers"]), scales, facts["weights"])

    def scores(self, reading: Reading) -> dict[str, Array]:
        """All scores (n,), the combined one last: the weighted mean of the surprise of the others."""
        found = self.scales.with_layers(self.detectors(reading))
        weights = np.array(list(self.weights.values()))
        return {**found, "combined": self.scales.matrix(found, list(self.weights)) @ weights}


def judge(state: Mapping[str, Array], facts: Mapping[str, Any], reading: Reading) -> Judgement:
    """Scores and p-values of a batch of examples.

    state, facts  what `fit` gave
    reading       (n examples) as the network and its signatures read them
    """
    scores = Judge.remade(state, facts).scores(reading)
    p = {name: p_values(state[f"calibration/{name}"], values) for name, values in scores.items()}
    return Judgement(scores, p, p["combined"])
