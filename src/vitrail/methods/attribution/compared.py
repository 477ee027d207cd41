"""What one reference says: the change of the target from it, shared out over the input."""

import torch
from torch import Tensor

from vitrail.model import Model
from vitrail.rules.apply import Applied
from vitrail.rules.deeplift import DEEPLIFT
from vitrail.rules.record import Record
from vitrail.rules.reveal_cancel import RevealCancel
from vitrail.target import Target


def changes(
    model: Model, x: Tensor, rows: Tensor, references: Tensor, target: Target, rule: str
) -> tuple[Tensor, Tensor]:
    """(m, ...) contributions to the target's change from references (m, ...) to the rows (m,) of x; its start (m,).

    The target has been at the references anyway.
    """
    here = chosen(x, rows)
    record = Record(DEEPLIFT, everything=rule == "reveal-cancel").of(model, references, target.layers)
    way = Applied(DEEPLIFT, record) if rule == "rescale" else RevealCancel(record)
    multipliers: Tensor = model.under(way).gradient(here, target)
    return multipliers * (here - references), target(record.trace).detach()


def chosen(x: Tensor, rows: Tensor) -> Tensor:
    """These rows of x; not copied if they follow each other, so that what the network says of them is remembered."""
    first, count = int(rows[0]), len(rows)
    in_order = torch.equal(rows, torch.arange(first, first + count, device=rows.device))
    return x[first : first + count] if in_order else x[rows]
