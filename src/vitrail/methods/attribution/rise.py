"""RISE: random masks of low resolution, and what the network says to them."""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.games import Estimate, Played
from vitrail.games.rise import Grid, rise
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import Choice, answered, unshared
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target

ALONG = ("height", "width", "step")  #: axes along which masks are smooth


@dataclass(frozen=True)
class RISE:
    """How much more the network says where a place is there, over random smooth masks   [1].

        S = E[f(b + m (x - b)) (m - 1/2)] / p,   p = E[m] = 1/2

    Settings    baseline  b, what is seen where the mask is 0; averaged over several
                patch     side of a cell of the masks in pixels (steps), None for an eighth of the picture; columns and
                          tokens are cells by themselves
                budget    masks evaluated for each example, in pairs of a mask and its opposite
                seed      of the masks
    Laws        linearity, implementation invariance
    Cost        `budget` forwards per example and reference
    Beware      noisy where the budget is small: read the standard error, there is one for every place. Unlike the
                authors' map this one is centred: what any mask gets is no part of it, and below 0 is what speaks
                against. Of single columns it is half of what they add on average

    [1] Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"linearity", "implementation invariance"})
    baseline: Baseline = Constant(0.0)
    patch: Count | None = None
    budget: Count = 2000
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        sides = tuple(x.shape[i] for i, axis in enumerate(model.axes) if axis in ALONG)
        patch = self._cell(sides)

        def estimate(game: Played) -> Estimate:
            grid = Grid(sides or (game.count,), patch)
            with model.question.together(self.budget // 2 * 2 * len(game.rows), 2) as done:
                return rise(game, grid, self.budget, self.seed, done)

        places = "pixels" if "height" in model.axes else "windows" if sides else "auto"
        answer = unshared(answered(Choice(places, self.baseline, 1), model, x, target, estimate))
        return replace(answer, kind="map" if places == "pixels" else answer.kind)

    def _cell(self, sides: tuple[int, ...]) -> int:
        """The side of a cell. Raises BadSetting where it does not fit."""
        patch = self.patch or (max(1, min(sides) // 8) if sides else 1)
        if patch > min(sides, default=1):
            what = f"{' x '.join(map(str, sides))} places" if sides else "columns or tokens, each a cell by itself"
            raise BadSetting(
                f"rise: patch={patch} does not fit {what}. At most {min(sides, default=1)} was expected. Make it "
                "smaller, or leave it out.",
                setting="patch",
                value=patch,
            )
        return patch
