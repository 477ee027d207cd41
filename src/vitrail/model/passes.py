"""One pass of a network: what is kept, changed or cut on the way, and the plan that makes passes faster."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import ChooseOutput, NetworkFailed, VitrailError, first
from vitrail.model import attention, fast
from vitrail.model.layers import Layer
from vitrail.model.network import Network, first_tensor, with_first_tensor
from vitrail.model.ops import Handler, Site, Watch, answered_by, tapped
from vitrail.model.packed import Feed
from vitrail.model.survey import Survey
from vitrail.model.sweep import ran_out
from vitrail.model.trace import Trace


class Way(Protocol):
    """What operations do on the way back instead of their gradient; `rules.Applied` is one.

    whole  whether all rows of a question have to run together
    """

    whole: bool

    def begin(self, survey: Survey) -> Handler:
        """What answers every operation of one pass."""
        ...

    def start(self, value: Tensor) -> Tensor:
        """What a target reads instead of an output, or of a kept layer: the way back begins there."""
        ...


class Pass:
    """What one run of the network has to do beside running.

    kept    name -> tensor, filled while the network runs
    leaf    the tensor at which the way back stops
    logits  what went into the final softmax or sigmoid
    every   what answers every operation, where a way back of its own was asked for
    """

    def __init__(
        self,
        found: Survey,
        wanted: Mapping[str, Layer],
        edit: Mapping[str, Callable[[Tensor], Tensor]],
        leaf: str | None,
        plan: Mapping[Site, Handler] | None,
        way: Way | None = None,
    ) -> None:
        self.found = found
        self.every = None if way is None else way.begin(found)
        self.layers = {layer.name: layer for layer in wanted.values()}
        self.edit = {wanted[name].name: change for name, change in edit.items()}
        self.leaf_name = None if leaf is None else wanted[leaf].name
        self.plan = plan
        self.kept: dict[str, Tensor] = {}
        self.leaf: Tensor | None = None
        self.logits: Tensor | None = None

    @contextmanager
    def applied(self, network: Network, injected: Mapping[str, Tensor]) -> Iterator[None]:
        handlers = self._handlers()
        with ExitStack() as stack:
            stack.enter_context(injecting(network, injected))
            stack.enter_context(tapped(network, self._taps()))
            if handlers or self.every:
                watch = stack.enter_context(Watch(handlers, self.every))
            yield
        if handlers:
            self._same_path(watch)
        self._all_reached()

    def _reach(self, name: str, value: Tensor) -> Tensor:
        """What the network goes on with, once layer `name` gave `value`."""
        value = self.edit[name](value) if name in self.edit else value
        if name == self.leaf_name:
            value = self.leaf = value.detach().requires_grad_(torch.is_grad_enabled())
        self.kept[name] = value
        return value.clone() if self.layers[name].overwritten else value

    def _taps(self) -> dict[str, tuple[None, Callable[[Any], Any]]]:
        calls: dict[str, dict[int, str]] = {}
        for name, layer in self.layers.items():
            if layer.module is not None:
                calls.setdefault(layer.module, {})[layer.call] = name
        return {module: (None, self._after(names)) for module, names in calls.items()}

    def _after(self, names: Mapping[int, str]) -> Callable[[Any], Any]:
        runs = 0

        def after(value: Any) -> Any:
            nonlocal runs
            runs += 1
            made = first_tensor(value)
            if runs not in names or made is None:
                return value
            return with_first_tensor(value, self._reach(names[runs], made))

        return after

    def _handlers(self) -> dict[Site, Handler]:
        handlers = dict(self.plan or {})
        functional = [name for name, layer in self.layers.items() if layer.module is None]
        for name in sorted(functional, key=lambda name: self.layers[name].kind != "attention"):
            site = self.found.sites[name]
            handlers[site] = chained(handlers.get(site), self._site(name))
        if self.found.head is not None:
            handlers[self.found.head] = self._before_squashing(handlers.get(self.found.head))
        return handlers

    def _site(self, name: str) -> Handler:
        if self.layers[name].kind == "attention":
            return self._attention(name)

        def handler(func: Any, args: Any, kwargs: Any) -> Any:
            made = func(*args, **kwargs)
            tensor = first_tensor(made)
            return made if tensor is None else with_first_tensor(made, self._reach(name, tensor))

        return handler

    def _attention(self, name: str) -> Handler:
        def handler(func: Any, args: Any, kwargs: Any) -> Any:
            with Watch({}, self.every):  # small steps go the same way back as large ones
                return attention.in_steps(func, args, kwargs, lambda weights: self._reach(name, weights))

        return handler

    def _before_squashing(self, then: Handler | None) -> Handler:
        def handler(func: Any, args: Any, kwargs: Any) -> Any:
            logits = args[0] if args else kwargs["input"]
            in_place = getattr(func, "__name__", "").endswith("_")
            self.logits = logits.clone() if in_place else logits
            return func(*args, **kwargs) if then is None else then(func, args, kwargs)

        return handler

    def _same_path(self, watch: Watch) -> None:
        """A network whose path depends on its input would have its calls counted wrongly: refuse."""
        for name in watch.names:
            if watch.counts[name] != self.found.counts.get(name, 0):
                raise fast.Departed(
                    f"the network called {name} {watch.counts[name]} times, and {self.found.counts.get(name, 0)} "
                    "times on "
                    "the first example. Functional call sites need the same path for every example. "
                    "Use a module's name instead of a call site's, or split the batch."
                )

    def _all_reached(self) -> None:
        missing = [name for name in self.layers if name not in self.kept]
        if missing:
            raise NetworkFailed(
                f"layer {missing[0]!r} was not reached in this run, though the first example reached it. "
                "The network takes another path for this input. Choose a layer that every input reaches."
            )


def chained(inner: Handler | None, outer: Handler) -> Handler:
    """A handler that answers an operation with what another makes of it."""
    return outer if inner is None else lambda func, args, kwargs: outer(answered_by(inner, func), args, kwargs)


def joined(parts: Sequence[Trace], x: Tensor, rows: Tensor) -> Trace:
    """One trace out of the traces of consecutive parts of x."""
    first_part = parts[0]
    kept = {name: torch.cat([part.layers[name] for part in parts]) for name in first_part.layers}
    output, logits = (torch.cat([getattr(part, name) for part in parts]) for name in ("output", "logits"))
    logits = output if first_part.output is first_part.logits else logits
    return Trace(x, output, logits, rows, kept, first_part.channels, first_part.predicted, first_part.hidden)


@contextmanager
def injecting(network: Network, injected: Mapping[str, Tensor]) -> Iterator[None]:
    """The first run of each named part answers with the given tensor."""

    def after(new: Tensor) -> Callable[[Any], Any]:
        waiting = [new]
        return lambda value: with_first_tensor(value, waiting.pop()) if waiting else value

    with tapped(network, {name: (None, after(new)) for name, new in injected.items()}):
        yield


def guarded(network: Network, feed: Feed) -> Any:
    """Run; what the network itself raises becomes NetworkFailed, with its cause."""
    try:
        return network.run(*feed.args, **feed.kwargs)
    except VitrailError:
        raise
    except Exception as error:
        if ran_out(error):
            raise
        raise NetworkFailed(
            f"{network.name} raised {type(error).__name__} while it ran: {error}. "
            "It ran before, so this input is special to it. Run the network on this input alone to see the whole trace."
        ) from error


def pick(raw: Any, choice: str | int | None, name: str, rows: int) -> Tensor:
    """The one output that is meant, (batch, ...).

    Raises ChooseOutput when there are several and none is chosen.
    """
    if isinstance(raw, list | tuple | Mapping) and not isinstance(raw, Tensor):
        raw = _chosen(raw, choice, name)
    elif choice is not None:
        raise ChooseOutput(
            f"output={choice!r} was chosen, and {name} returns one {type(raw).__name__}. Several outputs, in a tuple "
            "or dict, were expected. Leave output= out."
        )
    if isinstance(raw, np.ndarray | np.generic | float | int):
        raw = torch.as_tensor(np.asarray(raw))
    if not isinstance(raw, Tensor) or raw.ndim == 0 or len(raw) != rows:
        what = f"an array of shape {tuple(raw.shape)}" if isinstance(raw, Tensor) else f"a {type(raw).__name__}"
        raise ChooseOutput(
            f"{name} returned {what} for {rows} examples. One row for each example was expected. "
            "Wrap the network so that it returns (batch, ...)."
        )
    return raw.unsqueeze(1) if raw.ndim == 1 else raw


def _chosen(raw: Any, choice: str | int | None, name: str) -> Any:
    if choice is None and getattr(raw, "logits", None) is not None:
        return raw.logits
    parts = dict(raw.items()) if isinstance(raw, Mapping) else dict(enumerate(raw))
    parts = {k: v for k, v in parts.items() if first_tensor(v) is not None or isinstance(v, np.ndarray)}
    if len(parts) == 1 and choice is None:
        return next(iter(parts.values()))
    if choice in parts:
        return parts[choice]
    exist = first([f"{k!r} {tuple(getattr(first_tensor(v), 'shape', ()))}" for k, v in parts.items()], 8)
    asked = "and none was chosen" if choice is None else f"and {choice!r} is none of them"
    key = repr(next(iter(parts), 0))
    raise ChooseOutput(
        f"{name} returns a {type(raw).__name__} of {len(parts)} outputs, {asked}. They are: {exist}. "
        f"Choose one: vitrail.open(network, output={key}).",
        outputs=list(parts),
    )
