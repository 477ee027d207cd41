"""What is in a network: every module and every functional call site, with its shape and its channel axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from vitrail.errors import NoSuchLayer


@dataclass(frozen=True)
class Layer:
    """One place in a network whose output can be kept, edited or asked about.

    name          `layer1.0.conv1` for a module, `layer1.0.relu#2` for the second call of a module,
                  `classifier/gelu#1` for the first functional gelu that runs inside `classifier`
    kind          the module's class or the operation's name
    shape         (batch, ...) of the output for one example; None until the network has run once
    channel_axis  which axis of `shape` holds channels (units, features); None where there is no such axis
    module        the module's own name; None for a functional call site
    call          which call of this module or operation it is, from 1
    spatial       the axes of `shape` that are height and width, () where there are none
    overwritten   whether a later operation changes the output in place
    parameters    how many numbers the module itself holds (its children's not counted)
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None = None
    channel_axis: int | None = None
    module: str | None = None
    call: int = 1
    overwritten: bool = False
    parameters: int = 0

    @property
    def spatial(self) -> tuple[int, ...]:
        if self.shape is None or self.channel_axis is None or len(self.shape) != 4:
            return ()
        return tuple(a for a in (1, 2, 3) if a != self.channel_axis)

    @property
    def has_picture(self) -> bool:
        """Whether the output is a map of more than one pixel."""
        return bool(self.spatial) and self.shape is not None and all(self.shape[a] > 1 for a in self.spatial)

    def as_json(self) -> dict[str, Any]:
        shape = None if self.shape is None else list(self.shape)
        return {
            "name": self.name,
            "kind": self.kind,
            "shape": shape,
            "channel_axis": self.channel_axis,
            "parameters": self.parameters,
        }


class Layers(Sequence[Layer]):
    """The layers in the order in which they finish; found by position or by name."""

    def __init__(self, layers: Sequence[Layer], network: str) -> None:
        self._layers = tuple(layers)
        self._by_name = {layer.name: layer for layer in layers}
        self._network = network

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    @overload
    def __getitem__(self, key: int | str) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Layer]: ...
    def __getitem__(self, key: int | str | slice) -> Layer | Sequence[Layer]:
        if not isinstance(key, str):
            return self._layers[key]
        found = self._by_name.get(key) or self._by_name.get(key.removesuffix("#1"))
        if found is None:
            raise NoSuchLayer(key, self._network, self._alternatives(key))
        return found

    def _alternatives(self, key: str) -> list[str]:
        """A module that runs several times is offered call by call; otherwise every name."""
        calls = [name for name in self._by_name if name.startswith(f"{key}#")]
        return calls or self.names

    def __contains__(self, key: object) -> bool:
        return key in self._by_name or key in self._layers

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        width = max((len(name) for name in self.names), default=0)
        rows = [f"{x.name:{width}}  {x.kind:20} {x.shape}  channel axis {x.channel_axis}" for x in self]
        return "\n".join(rows)
