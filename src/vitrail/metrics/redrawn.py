"""A copy of a network in which the weights of some modules are drawn anew."""

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import Parameter

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.packing import pack
from vitrail.methods.answer import Method
from vitrail.metrics.again import Same, answer, once
from vitrail.metrics.subject import Subject
from vitrail.model import Model
from vitrail.model.torch import TorchNetwork

Order = Literal["cascading", "rising", "independent"]


def parts(subject: Subject) -> list[str]:
    """The names of the modules with weights of their own, the one nearest the output first.

    One that is never called itself, such as what its parent hands on as an argument, comes with its nearest parent.
    """
    network = network_of(subject)
    layers = enumerate(subject.model.surveyed(subject.x))
    finished = {layer.module: i for i, layer in layers if layer.module}

    def place(name: str) -> int:
        while name and name not in finished:
            name = name.rpartition(".")[0]
        return finished.get(name, -1)

    modules = network.module.named_modules()
    own = [name for name, part in modules if any(p.is_floating_point() for p in part.parameters(recurse=False))]
    if not own:
        raise BadInput(
            f"{subject.model.name} has no weights. Parameters to draw anew were expected. Register them as "
            "torch.nn.Parameter, or leave randomisation out for this model."
        )
    return sorted(own, key=place, reverse=True)


def network_of(subject: Subject) -> TorchNetwork:
    """The network as torch modules, which can be copied. Raises BadInput for other frameworks."""
    network = subject.model.network
    if not isinstance(network, TorchNetwork) or not network.watchable:
        raise BadInput(
            f"{subject.model.name} is a network of kind {network.framework!r}, which cannot be copied and changed. "
            "Randomisation draws the weights of torch modules anew, and F-Fidelity trains them. Open the "
            "torch.nn.Module itself, or leave such metrics out for this model."
        )
    return network


def steps(names: Sequence[str], order: Order) -> Iterator[Sequence[str]]:
    """The modules that are drawn anew, step by step; names: those nearest the output first."""
    if order not in get_args(Order):
        raise BadSetting(
            f"order={order!r} is not known. One of {', '.join(get_args(Order))} was expected. Choose one.",
            setting="order",
            value=order,
        )
    if order == "independent":
        yield from ([name] for name in names)
    else:
        names = names if order == "cascading" else names[::-1]
        yield from (names[: k + 1] for k in range(len(names)))


def redrawn(subject: Subject, names: Collection[str], seed: int) -> Model:
    """The network, copied, with normal weights of mean 0 and the old mean square in these modules.

    A module gets the same new weights whatever else is drawn anew. Statistics kept by normalising layers stay.
    The same copy each time: the next call changes the model that this one gave.
    """
    return subject.once(("redrawn", seed), lambda: Redrawn(subject, seed)).only(names)


class Redrawn:
    """A copy of a network, some modules of which have new weights, and a model of it."""

    # Adebayo et al. call the initialiser again. It is not known for every module, draws from the global random
    # numbers, and gives back the ones and zeros of norms and biases; the mean square keeps signals in their range.

    def __init__(self, subject: Subject, seed: int) -> None:
        self.original, self.model = network_of(subject), copied(subject)
        seeds = torch.Generator().manual_seed(seed)
        pairs = zip(weights_of(self.model), self.original.module.parameters(), strict=True)
        self.weights = {
            old: (new, int(torch.randint(2**62, (), generator=seeds))) for new, old in pairs if new.is_floating_point()
        }
        self.now = set[Parameter]()

    def only(self, names: Collection[str]) -> Model:
        """With new weights in these modules, and the old ones in all others."""
        # by weight, not by module: one may be in two of them
        parts = (self.original.module.get_submodule(name).parameters(recurse=False) for name in names)
        wanted = {old for part in parts for old in part if old in self.weights}
        for old in self.now - wanted:
            self.weights[old][0].data.copy_(old.detach())
        for old in wanted - self.now:
            new, seed = self.weights[old]
            new.data.copy_(drawn(old.detach(), seed))
        self.now = wanted
        return self.model


def drawn(weight: Tensor, seed: int) -> Tensor:
    """Normal numbers of mean 0 and of the mean square of a weight."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(weight.shape, generator=generator, dtype=torch.float64).to(weight.device)
    return numbers * weight.double().square().mean().sqrt()


def copied(subject: Subject) -> Model:
    """A model of a copy of the network, whose weights may be changed. Raises BadInput for other frameworks."""
    model, original = subject.model, network_of(subject)
    network = copy.copy(original)
    try:
        network.module = copy.deepcopy(original.module)
    except Exception as error:
        raise BadInput(
            f"{network.name} cannot be copied ({error}). The weights of a copy are changed, never yours. Make "
            "copy.deepcopy(network) work, or leave metrics that change weights out for this model."
        ) from error
    return Model(network, classes=model.classes, output=model.output, modality=model.modality, pack=pack)


def weights_of(model: Model) -> Iterator[Parameter]:
    """The parameters of a model whose network is one of torch modules."""
    assert isinstance(model.network, TorchNetwork)
    return model.network.module.parameters()


def answer_redrawn(subject: Subject, recipe: Method, names: Collection[str], seed: int) -> Tensor:
    """(batch, numbers) what a recipe says of the same examples and classes once these modules are drawn anew."""

    def ask() -> Tensor:
        target = Same(subject.target, subject.model)
        question = subject.model.question
        return answer(redrawn(subject, names, seed), question.packed, recipe, target, question)

    if len(names) < len(parts(subject)):
        return ask()  # kept, the answers to all steps would outweigh everything else
    return once(subject, recipe, ("redrawn", seed), ask)
