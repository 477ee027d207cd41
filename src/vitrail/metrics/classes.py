"""Which class a network says, for metrics that count how often it is the right one."""

from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model import Model


def class_logits(model: Model) -> Tensor:
    """(batch, classes) what a bound model says of its examples.

    Raises BadInput for a network that does not say one of several classes.
    """
    logits = model.said()[1]
    if logits.ndim != 2 or logits.shape[1] < 2 or getattr(model.network, "regresses", False):
        raise BadInput(
            f"{model.name} gives outputs {tuple(logits.shape)}, and no class can be read off them. One number for "
            "each of several classes was expected. Leave metrics that count right classes out for this model."
        )
    return logits
