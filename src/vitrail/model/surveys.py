"""The surveys of one network: one for every shape of its input, made the first time that shape comes."""

from typing import Any

from torch import Tensor

from vitrail.errors import BadInput, NetworkFailed
from vitrail.model import fast, passes
from vitrail.model.layers import Layer, Layers
from vitrail.model.network import Network
from vitrail.model.packed import Feed, Packed
from vitrail.model.survey import Call, Survey, own_parameters, survey


class Surveys:
    """What is known of a network's inside, by the shape, type and device of x."""

    def __init__(self, network: Network, output: str | int | None) -> None:
        self.network, self.output = network, output
        self._known: dict[Any, Survey] = {}

    def of(self, x: Tensor, rows: Tensor, packed: Packed) -> Survey:
        """The survey for inputs like x. Raises BadInput when the network cannot take x at all."""
        key = (tuple(x.shape[1:]), x.dtype, x.device)
        if key not in self._known:
            self._known[key] = self._look(x[:1].detach().clone(), rows[:1], packed)
        return self._known[key]

    def latest(self) -> Layers | None:
        """The layers as the newest survey saw them; None before the first."""
        if not self._known:
            return None
        return next(reversed(self._known.values())).layers

    def unrun(self) -> Layers:
        """The modules by name, without shapes."""
        parts = self.network.parts().items()
        layers = [
            Layer(name, type(part).__name__, module=name, parameters=own_parameters(part)) for name, part in parts
        ]
        return Layers(layers, self.network.name)

    def _look(self, x: Tensor, rows: Tensor, packed: Packed) -> Survey:
        feed = packed.feed(x, rows)

        def run() -> Any:
            with passes.injecting(self.network, feed.injected):
                return self._first_run(feed, x, len(packed.x))

        def pick(raw: Any, calls: list[Call]) -> Tensor:
            if unbatched(calls, x):
                raise BadInput(
                    f"x has shape {(len(packed.x), *x.shape[1:])}; a convolution of {self.network.name} read it as a "
                    "single example. A leading batch axis was expected. For a single example use x[None]."
                )
            return passes.pick(raw, self.output, self.network.name, 1)

        found = survey(self.network, run, pick, x, packed.axes)
        if self.network.framework in ("torch", "huggingface"):
            found.folds = fast.find(found.calls)
        found.calls.clear()
        return found

    def _first_run(self, feed: Feed, x: Tensor, examples: int) -> Any:
        try:
            return passes.guarded(self.network, feed)
        except NetworkFailed as error:
            raise BadInput(
                f"{self.network.name} cannot take an input of shape {(examples, *x.shape[1:])}: {error.__cause__}. "
                f"{self._wants()} Check the shape and the order of the axes.",
                shape=tuple(x.shape[1:]),
            ) from error.__cause__

    def _wants(self) -> str:
        shape = self.network.input_shape()
        if shape is None:
            return "A leading batch axis and the shape that it was trained with were expected."
        return f"(batch, {', '.join('any' if n is None else str(n) for n in shape)}) was expected."


def unbatched(calls: list[Call], x: Tensor) -> bool:
    """Whether a convolution read x as a single example, as torch lets it."""
    wanted = {"conv1d": 2, "conv2d": 3, "conv3d": 4}
    return any(wanted.get(call.site[0]) == x.ndim == call.inputs[0].ndim for call in calls if call.inputs)
