"""One run of a network, as a frozen record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from vitrail.errors import BadTarget


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass: what went in, what came out, and the layers that were asked for.

    input     (batch, ...)         x, packed
    output    (batch, ...)         what the network returned
    logits    (batch, ...)         the output before a final softmax or sigmoid; the output itself if there is none
    layers    name -> tensor       the layers named in `keep`
    channels  name -> axis         where the channels of a kept layer are, counting the batch axis as 0
    rows      (batch,) long        which example of the question each row belongs to
    predicted () -> (examples,)    the class that the network says for each example of the question
    hidden    name                 a final softmax or sigmoid that cannot be stepped over: `logits` are no logits then
    """

    input: Tensor
    output: Tensor
    logits: Tensor
    rows: Tensor
    layers: Mapping[str, Tensor] = field(default_factory=dict)
    channels: Mapping[str, int | None] = field(default_factory=dict)
    predicted: Callable[[], Tensor] | None = None
    hidden: str = ""

    def visible_logits(self) -> Tensor:
        """The logits; raises BadTarget where a final softmax hides them."""
        if self.hidden:
            raise BadTarget(
                f"the network ends in a {self.hidden} inside a compiled program, so its logits cannot be seen. "
                "A question about what comes out was expected. Use vitrail.Output(3, of='probability') or "
                "vitrail.Predicted(of='probability'); or open the network that was compiled."
            )
        return self.logits
