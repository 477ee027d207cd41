"""Deconvnet: the network run backwards, with rectifiers that look only at what comes back."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.rules import Applied
from vitrail.rules.guided import deconvnet, said
from vitrail.target import Target


@dataclass(frozen=True)
class Deconvnet:
    """What the answer looks like, put back through the layers upside down   [1].

        g_in = max(g_out, 0)  at every rectifier, whatever its input was; the gradient elsewhere

    Settings    none
    Laws        dummy; no other: values depend on how the network is written, not only on what it computes
    Cost        about two forwards and one way back
    Beware      in networks without max pooling the picture hardly depends on the input; without rectifiers it is the
                gradient: read checks["rectifiers"]. One written out, as x * (x > 0), is not seen

    [1] Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2013, section 2.1
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy"})

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        met: set[str] = set()
        values = model.under(Applied(deconvnet(met))).gradient(x, target)
        return Answer(values, checks={"rectifiers": said(met)})
