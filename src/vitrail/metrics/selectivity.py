"""Selectivity: how fast the target falls when players go one by one, the most important first."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.metrics.curves import curve, gone
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Selectivity:
    """The mean of the target over all states that removing the players one after the other goes through   [1].

        selectivity = sum over k = 0 .. n of  f(x without the k most important)  / (n + 1),    n players

    Deletion goes in a fixed number of steps of several players each, and halves the weight of its first and its last
    point, by the trapezoidal rule. This takes one player a step, however many there are, and weighs all points alike.

    Settings    none
    Laws        the order of the shares alone matters
    Cost        one evaluation for each player and example: choose patches or superpixels rather than pixels. Curves
                with as many steps as there are players, or more, use the same ones
    Beware      it is in units of the target, and depends on the fill: compare explanations, not networks. Players of
                equal share come in a random order, the same for all explanations

    [1] Montavon, Samek, Mueller, "Methods for interpreting and understanding deep neural networks", 2018, explanation
        selectivity
    """

    name: ClassVar[str] = "selectivity"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "faithfulness"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        walk, away = curve(subject, judged, "most", subject.most), gone(subject, subject.most)
        # who has fewer players than others stands still at some steps, which are no points of its own
        own = away.diff(dim=1, prepend=away[:, :1] - 1) > 0
        return (walk * own).sum(1) / own.sum(1)
