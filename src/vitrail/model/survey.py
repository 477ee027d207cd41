"""What one example shows of a network: its layers, its operations, its attention, the squashing at the end."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vitrail.model import attention
from vitrail.model import axes as axis_rules
from vitrail.model.layers import Layer, Layers
from vitrail.model.network import Network, first_tensor
from vitrail.model.ops import CARRYING, NAMED, SQUASHING, Site, Watch, plain_name, tapped, tensors_in


@dataclass(eq=False)
class Call:
    """One operation as the survey saw it. Tensors are kept alive so that identity means sameness."""

    site: Site
    func: Callable[..., Any]
    place: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    inputs: list[Tensor]
    version: int
    channel_axis: int | None = None


@dataclass(eq=False)
class Survey:
    """What one example showed: layers, operations, the squashing at the end, the largest tensor.

    calls      the operations in order, with their tensors; the handle drops them once it has its plan
    sites      name of a functional call site, or of an attention map -> operation
    places     operation -> the module that it ran in, for messages
    counts     how often each operation ran, to notice a network that takes another path
    head       the final softmax or sigmoid, if there is one
    largest    bytes of the largest tensor that one example makes
    overwrites_input  whether the network changes its input in place
    folds      what the fast plan can fold
    saved      bytes that one example keeps for the way back, once measured
    facts      what methods have found out about the inside, by their own keys
    verdicts   by weights and settings: how far the fast plan was from the plain path
    """

    layers: Layers
    calls: list[Call] = field(default_factory=list)
    sites: dict[str, Site] = field(default_factory=dict)
    places: Mapping[Site, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    head: Site | None = None
    largest: int = 1
    overwrites_input: bool = False
    folds: list[Any] = field(default_factory=list)
    saved: int | None = None
    verdicts: dict[Any, Any] = field(default_factory=dict)
    facts: dict[Any, Any] = field(default_factory=dict)


class _Recorder:
    """Follows one run: which part is running, what each operation made, where the channels are."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.parts = network.parts()
        self.runs: Counter[str] = Counter()
        self.finished: list[tuple[str, int, Any, int]] = []
        self.stack: list[str] = [""]
        self.calls: list[Call] = []
        self.axis: dict[int, int | None] = {}
        self.ops: Counter[str] = Counter()

    def enter(self, name: str) -> None:
        self.stack.append(name)

    def leave(self, name: str, value: Any) -> Any:
        self.stack.pop()
        self.runs[name] += 1
        made = first_tensor(value)
        self.finished.append((name, len(self.calls), value, 0 if made is None else made._version))
        return value

    def operation(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = func(*args, **kwargs)
        made = first_tensor(result)
        if made is None:
            return result
        name = plain_name(func)
        self.ops[name] += 1
        inputs = list(tensors_in((args, kwargs)))
        axis = axis_rules.follow(name, func, args, kwargs, inputs, made, self.axis)
        self.axis[id(made)] = axis
        self.calls.append(
            Call((name, self.ops[name]), func, self.stack[-1], args, kwargs, result, inputs, made._version, axis)
        )
        return result


def survey(
    network: Network,
    run: Callable[[], Any],
    pick: Callable[[Any, list[Call]], Tensor],
    x: Tensor,
    axes: tuple[str, ...],
) -> Survey:
    """Run one example under a recorder. `pick` takes the output out of what `run` gives; `axes` names the axes of x."""
    recorder = _Recorder(network)
    recorder.axis[id(x)] = next((i for i, a in enumerate(axes) if a in ("channel", "feature")), None)

    def around(name: str) -> tuple[Any, Any]:
        return (lambda: recorder.enter(name)), (lambda value: recorder.leave(name, value))

    watch = Watch({}, every=recorder.operation)
    before = x._version
    with torch.no_grad(), tapped(network, {name: around(name) for name in recorder.parts}), watch:
        raw = run()
    output = pick(raw, recorder.calls)
    layers, sites = _list_layers(recorder)
    largest = max((c.result.nbytes for c in recorder.calls if isinstance(c.result, Tensor)), default=x.nbytes)
    changed = x._version != before
    return Survey(
        Layers(layers, network.name),
        recorder.calls,
        sites,
        {call.site: call.place for call in recorder.calls},
        dict(watch.counts),
        _head(recorder.calls, output),
        largest,
        changed,
    )


def _list_layers(recorder: _Recorder) -> tuple[list[Layer], dict[str, Site]]:
    """Modules and named functional calls, in the order in which they finished."""
    events: list[tuple[int, int, Layer, Site | None]] = []
    seen: Counter[str] = Counter()
    for order, (name, at, value, version) in enumerate(recorder.finished):
        seen[name] += 1
        layer = _module_layer(recorder, name, seen[name], value, version)
        if layer is not None:
            events.append((at, order, layer, None))
    events += _functional_layers(recorder)
    events += _attention_layers(recorder)
    events.sort(key=lambda event: event[:2])
    return [e[2] for e in events], {e[2].name: e[3] for e in events if e[3] is not None}


def _module_layer(recorder: _Recorder, name: str, call: int, value: Any, version: int) -> Layer | None:
    made, part = first_tensor(value), recorder.parts[name]
    if made is None:
        return None
    axis = recorder.network.channel_axis(part, made.ndim)
    return Layer(
        name=name if recorder.runs[name] == 1 else f"{name}#{call}",
        kind=type(part).__name__,
        shape=tuple(made.shape),
        channel_axis=recorder.axis.get(id(made)) if axis is None else axis,
        module=name,
        call=call,
        overwritten=made._version != version,
        parameters=own_parameters(part),
    )


def own_parameters(part: Any) -> int:
    """How many numbers a part holds itself, its children's left out."""
    if hasattr(part, "count_params"):
        return sum(int(v.value.numel()) for v in part._trainable_variables + part._non_trainable_variables)
    return sum(p.numel() for p in part.parameters(recurse=False))


def _functional_layers(recorder: _Recorder) -> list[tuple[int, int, Layer, Site | None]]:
    """Calls with a name of their own: not those that a leaf of the framework is there to make."""
    leaf = {name for name, part in recorder.parts.items() if is_leaf(part)}
    seen: Counter[tuple[str, str]] = Counter()
    found: list[tuple[int, int, Layer, Site | None]] = []
    for at, call in enumerate(recorder.calls):
        name, made = call.site[0], first_tensor(call.result)
        if name not in NAMED or call.place in leaf or made is None or not made.is_floating_point():
            continue
        seen[call.place, name] += 1
        layer = Layer(
            name=f"{call.place}/{name}#{seen[call.place, name]}",
            kind=name,
            shape=tuple(made.shape),
            channel_axis=call.channel_axis,
            call=seen[call.place, name],
            overwritten=made._version != call.version,
        )
        found.append((at + 1, -1, layer, call.site))  # modules count the operations that ran before they finished
    return found


def _attention_layers(recorder: _Recorder) -> list[tuple[int, int, Layer, Site | None]]:
    """The attention maps, (batch, head, query, key), whatever way they are computed."""
    seen: Counter[str] = Counter()
    found: list[tuple[int, int, Layer, Site | None]] = []
    for at, call in enumerate(recorder.calls):
        shape = attention.map_shape(call, recorder.calls[at + 1 :])
        if shape is None:
            continue
        seen[call.place] += 1
        name = f"{call.place}/attention#{seen[call.place]}"
        layer = Layer(name, "attention", shape, channel_axis=None, call=seen[call.place])
        found.append((at + 1, -1, layer, call.site))
    return found


def is_leaf(part: Any) -> bool:
    """A layer that the framework itself ships and that holds no other: its operations need no names."""
    home = type(part).__module__.split(".")
    if home[:2] == ["torch", "nn"]:
        return not any(True for _ in part.children())
    return home[0] == "keras" and not getattr(part, "_layers", None)


def _head(calls: list[Call], output: Tensor) -> Site | None:
    """The softmax or sigmoid that made the output, looking through reshapes and casts."""
    seen = any(first_tensor(call.result) is output for call in calls)
    wanted: Tensor | None = output if seen else output._base  # an output (batch,) was given an axis afterwards
    for call in reversed(calls):
        if wanted is None or first_tensor(call.result) is not wanted:
            continue
        if call.site[0] in SQUASHING:
            return call.site
        if call.site[0] not in CARRYING or not call.inputs:
            return None
        wanted = call.inputs[0]
    return None
