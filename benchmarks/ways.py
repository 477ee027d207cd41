"""Ways back: rules, references, attention, each against the plain passes of the same network on the same rows."""

from collections.abc import Callable, Iterator
from copy import deepcopy

import subjects
import torch
from cases import Row, paired
from timing import in_turn
from torch import Tensor

import vitrail
from vitrail.rules import Applied, Table, through

EMPTY = Table("empty", otherwise="gradient", relevance=False, precise=False)
UNUSED = EMPTY | {"erf": through}


def there_and_back(network: torch.nn.Module, x: Tensor, index: int) -> Callable[[], Tensor]:
    """One plain forward and backward to the input; the weights ask for no gradients, which is the faster way."""
    network = deepcopy(network).requires_grad_(False)

    def run() -> Tensor:
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(network(leaf)[:, index].sum(), leaf)[0]

    return run


def forward(network: torch.nn.Module, x: Tensor) -> Callable[[], object]:
    """One plain forward."""

    def run() -> object:
        with torch.no_grad():
            return network(x)

    return run


def rules(images: int, rounds: int) -> Iterator[Row]:
    """LRP and DeepLIFT on EfficientNet-lite0, and the interception by itself."""
    network, x = subjects.efficientnet(), subjects.photographs(images)
    model, index = vitrail.open(network), int(network(x[:1]).argmax())
    some = f"EfficientNet-lite0, {images} image{'s' * (images > 1)}"
    once, twice = there_and_back(network, x, index), there_and_back(network, torch.cat([x, 0 * x]), index)

    def ask(method: str) -> Callable[[], object]:
        return lambda: vitrail.explain(model, x, method, index)

    pair = in_turn(ask("lrp"), once, rounds)
    yield paired(f"lrp epsilon-plus-flat, {some}: wall time / forward + backward", 1.8, pair)
    pair = in_turn(ask("deeplift"), twice, rounds)
    yield paired(f"deeplift, {some}: wall time / forward + backward of two rows", 1.3, pair)
    yield interception("an empty table", EMPTY, 1.05, model, x, index, 2 * rounds, some)
    yield interception("one rule that is never used", UNUSED, None, model, x, index, 2 * rounds, some)


def interception(
    what: str, table: Table, asked: float | None, model: vitrail.Model, x: Tensor, index: int, rounds: int, some: str
) -> Row:
    """What it costs that operations pass a table, on the plain path."""
    with model.asking(x, speed="plain") as bound:
        target, own = vitrail.Output(index), bound.question.packed.x
        pair = in_turn(
            lambda: bound.under(Applied(table)).gradient(own, target), lambda: bound.gradient(own, target), rounds
        )
    return paired(f"interception with {what}, {some}: wall time / the same pass without", asked, pair)


def attention(images: int, rounds: int, layers: int) -> Iterator[Row]:
    """Rollout on a vision transformer of the size of ViT-B/16 with random weights, which times are not about."""
    network = subjects.vision_transformer(layers)
    x = subjects.photographs(images)
    model = vitrail.open(network)
    pair = in_turn(lambda: vitrail.explain(model, x, "attention-rollout", 0), forward(network, x), rounds)
    name = f"attention-rollout, ViT-B/16 with {layers} layers, {images} image{'s' * (images > 1)}"
    yield paired(f"{name}: wall time / one plain forward", 1.15, pair)


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    many, rounds, layers = (2, 1, 1) if quick else (8, 9, 12)
    yield from rules(many, rounds)
    yield from rules(1, 3 * rounds)
    yield from attention(many, rounds, layers)
