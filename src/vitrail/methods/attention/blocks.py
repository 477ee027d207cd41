"""The blocks of a transformer: what stands between one attention and the next, found by their names and by a trial."""

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from vitrail.errors import WrongLayer, first
from vitrail.model import Layer, Model


def blocks_of(model: Model, x: Tensor, maps: Sequence[Layer]) -> list[str]:
    """The module around each map that holds no other map: siblings, of one shape, and everything goes through the last.

    Raises WrongLayer when there are none. With one map no block is needed, and its own module is given.
    """
    places = [layer.name.rpartition("/")[0] for layer in maps]
    if len(maps) == 1:
        return places
    held = Counter(above for place in places for above in _chain(place))
    alone = [[above for above in _chain(place) if held[above] == 1] for place in places]
    layers = model.surveyed(x)
    found = [chain[0] for chain in alone if chain and chain[0] in layers.names]
    shapes = {layers[name].shape for name in found}
    if len(found) < len(maps) or len({_parent(name) for name in found}) > 1 or len(shapes) > 1:
        raise _none(model, f"its {len(maps)} maps are made in {first(places)}")
    if not _everything_goes_through(model, x, found[-1]):
        raise _none(model, f"parts of x reach the output past {found[-1]!r}")
    return found


def _chain(place: str) -> list[str]:
    """'a.b.c' -> 'a', 'a.b', 'a.b.c': the modules around a place, outermost first."""
    words = place.split(".")
    return [".".join(words[: i + 1]) for i in range(len(words))]


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _everything_goes_through(model: Model, x: Tensor, name: str) -> bool:
    """Whether the output no longer depends on x once this module always answers the same."""
    one = model.at(torch.zeros(1, dtype=torch.long, device=x.device))
    runs = [one.trace(some, edit={name: torch.ones_like}).output for some in (x[:1], x[:1] + 1, x[:1].neg())]
    return all(bool((run == runs[0]).all()) for run in runs)


def _none(model: Model, why: str) -> WrongLayer:
    return WrongLayer(
        f"{model.name} has no blocks that its classifier could be asked after: {why}. One module for each attention, "
        "side by side, with everything going through the last of them, was expected. Use attention-relevance."
    )
