"""What is taken away, what stands in for it, and where the answer should be found: a subject out of settings."""

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadSetting, near
from vitrail.inputs.baselines import baseline_of
from vitrail.inputs.fills import Filling, fill_of
from vitrail.inputs.players import players_of
from vitrail.metrics.boxes import mask_of
from vitrail.metrics.subject import Subject, judged
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class Parts:
    """The settings of what is taken away, as in games.

    players   "auto", "pixels", "patches", "superpixels", "columns", "tokens" ..., or an array of labels
    patch     side of a patch; None for an eighth of the picture
    count     of superpixels
    fill      "baseline", "conditional", "inpaint" or "linear"
    baseline  what stands in, for fill="baseline"; as methods see it: see inputs.background.in_layout
    """

    players: Any = "auto"
    patch: int | None = None
    count: int = 50
    fill: Filling = "baseline"
    baseline: Any = 0.0

    def __post_init__(self) -> None:
        check_whole("count", self.count, 1)
        if self.patch is not None:
            check_whole("patch", self.patch, 1)
        if self.fill not in get_args(Filling):
            raise BadSetting(
                f"fill={self.fill!r} is not known. {near(str(self.fill), get_args(Filling))}One of "
                f"{', '.join(get_args(Filling))} was expected. Choose one.",
                setting="fill",
            )


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise BadSetting for what is no whole number, or too small a one."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value < 2**63:
        raise BadSetting(
            f"{name} must be a whole number from {least}, got {value!r}. Give such a number.", setting=name
        )


def subject_about(model: Model, question: Target, how: Parts, masks: Any = None) -> Subject:
    """The subject of the question that a model is bound to."""
    packed = model.question.packed
    who = players_of(how.players, packed.x, packed, how.patch, how.count)
    stands = fill_of(how.fill, baseline_of(how.baseline, tuple(packed.x.shape[1:])), packed.x, packed.axes)
    subject = Subject(model, packed.x, question, who, stands, model(packed.x, question).detach())
    return subject if masks is None else replace(subject, masks=covered(subject, masks))


def covered(subject: Subject, masks: Any) -> Tensor:
    """(batch, players) bool: who lies in the mask with more than half of its elements.

    Raises BadInput for masks that are not laid out as x, with or without its channels, and for boxes that do not fit.
    """
    packed = subject.model.question.packed
    mask = torch.from_numpy(np.array(mask_of(masks, packed))).to(packed.x.device)
    if mask.ndim < packed.x.ndim:
        mask = mask.unsqueeze(packed.axes.index("channel"))
    inside = judged(subject, (mask != 0).expand_as(packed.x).double()).shares
    whole = judged(subject, torch.ones_like(packed.x, dtype=torch.float64)).shares
    return inside > whole / 2
