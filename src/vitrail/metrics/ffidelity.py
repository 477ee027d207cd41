"""F-Fidelity: whether the class depends on what was given most, for a network that is used to missing parts."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Count, Portion, Seed, Share
from vitrail.metrics.curves import ranks
from vitrail.metrics.finetuned import Practice, at_most, finetuned, keeps
from vitrail.metrics.subject import Judged, Subject

SIZES = tuple(size / 10 for size in range(1, 10))
CHANCE = 0.5  #: alpha+ and alpha-: the share of a part that is taken away, as long as it is within the portion


@dataclass(frozen=True)
class FFidelity:
    """How much more often the class is lost without some of the important players than without some of the rest   [1].

        mean over s of FFid+ - FFid-,    FFid+ = P( f'(x) = c ) - P( f'(x without some of the first s n) = c )
        some: min(alpha s, portion) n drawn of the n players;    FFid-: of the rest;    alpha = 0.5;    s = 0.1 ... 0.9

    f' is a copy of the network, fine-tuned to say c without random players, the `portion` of them at most, so that
    nothing that it is shown here is new to it. c is what the network says of x.

    Settings    portion  the largest share of its players that x is ever shown without
                samples  draws for each s
                steps    of fine-tuning, with 32 examples each
                rate     its learning rate, the authors' by default
                data     examples to fine-tune on; None: those compared, which is too few for a large network
                seed     of all draws, the same for all explanations
    Laws        from -1 to 1; the order of the shares alone matters
    Cost        18 `samples` evaluations per example; the fine-tuning once, for all explanations
    Beware      few players are taken away, so a sure network loses its class rarely, and all scores are near 0: raise
                `portion`. It is about c, whatever class was asked about. The paper reports FFid+ and FFid- apart and
                fine-tunes on true labels; its code draws each player on its own. NaN for a single player

    [1] Zheng, Shirani, Chen, Lin, Cheng, Guo, Luo, "F-Fidelity: A Robust Framework for Faithfulness Evaluation of
        Explainable AI", 2024, FFid+ and FFid-
    """

    name: ClassVar[str] = "f-fidelity"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    portion: Portion = 0.1
    samples: Count = 20
    steps: Count = 200
    rate: Share = 0.0001
    data: Any = None
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        model = finetuned(subject, self.data, Practice(self.portion, self.steps, self.rate, self.seed))
        place, counts = ranks(subject, judged.shares), subject.plays.sum(1)
        found = []
        for size in SIZES:
            both = torch.cat([self.without(place, counts, size, first) for first in (True, False)], 1)
            kept = keeps(subject, model, both)
            found.append(kept[:, self.samples :].mean(1) - kept[:, : self.samples].mean(1))
        return torch.stack(found).mean(0).where(counts > 1, torch.nan)

    def without(self, place: Tensor, counts: Tensor, size: float, first: bool) -> Tensor:
        """(batch, samples, players) who is there when some of a share of the places, the first or the rest, are gone.

        place: (batch, players) of each player; counts: (batch,) players of each example.
        """
        kinds, kind = torch.unique(counts, return_inverse=True)
        border = (size * kinds).round().clamp(min=1).minimum(kinds - 1).long()
        low, high = (0 * border, border) if first else (border, kinds)
        generator = torch.Generator().manual_seed(self.seed)
        # player by player: an example has the same draws whoever has more players than it
        chance = torch.rand(place.shape[1], self.samples, generator=generator, dtype=torch.float64).T
        at = torch.arange(place.shape[1], device=place.device)
        part = (at >= low[:, None]) & (at < high[:, None])
        order = torch.where(part[:, None], chance.to(place.device), 2.0).argsort(2).argsort(2)
        most = at_most(high - low, CHANCE).minimum(at_most(kinds, self.portion))
        return (order >= most[:, None, None])[kind].gather(2, place[:, None].expand(-1, self.samples, -1))
