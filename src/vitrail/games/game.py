"""The game that a network plays: the worth of a coalition is the target with only its players there."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from vitrail.games.estimate import Game
from vitrail.inputs.fills import Fill
from vitrail.inputs.players import Players
from vitrail.model import Model, Sweep
from vitrail.target import Target

__all__ = ["Game", "Played"]
AT_ONCE = 2**22  #: worths that are held before they are averaged over a background


@dataclass(eq=False)
class Played:
    """v(S) = mean over what may stand in for the others of  target(model(x with only the players in S)).

    Games of several examples with equally many players are played side by side, on the same coalitions.

    rows     (games,) which examples of the question these are
    whole    (games,) the target at x itself, which is the worth of everybody: known, so not asked again
    count    how many players there are
    stopped  whether somebody pressed Ctrl-C
    """

    model: Model
    target: Target
    players: Players
    fill: Fill
    rows: Tensor
    whole: Tensor
    stopped: bool = field(default=False, init=False)

    @property
    def count(self) -> int:
        return self.players.counts[int(self.rows[0])]

    def __call__(self, coalitions: Tensor) -> Tensor:
        """coalitions (n, players), bool, or float where players are there in part -> worth (n, games).

        Fewer than n after Ctrl-C: those of the first coalitions.
        """
        coalitions = coalitions.to(self.rows.device)
        worth = self.whole.double().expand(len(coalitions), -1).clone()
        asked = (coalitions != 1).any(1).nonzero()[:, 0]
        parts = torch.split(asked, max(1, AT_ONCE // (len(self.rows) * self.fill.count)))
        with self.model.question.together(len(asked) * len(self.rows) * self.fill.count, len(parts)) as advance:
            for part in parts:
                found = self._worth(coalitions[part])
                worth[part[: len(found)]] = found
                advance(len(found) * len(self.rows) * self.fill.count)
                if len(found) < len(part):
                    self.stopped = True
                    return worth[: part[len(found)]]
        return worth

    def _worth(self, coalitions: Tensor) -> Tensor:
        count = self.fill.count

        def point(rows: Tensor, k: Tensor) -> Tensor:
            here = self.players.present(self.rows[rows], coalitions[k // count])
            return self.fill(self.rows[rows], k % count, here)

        sweep = Sweep(len(self.rows), len(coalitions) * count, point, prefix=True)
        answers = self.model.at(self.rows)(sweep, self.target).double()
        whole = answers.shape[1] // count
        return answers[:, : whole * count].reshape(len(self.rows), whole, count).mean(2).T
