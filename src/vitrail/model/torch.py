"""torch.nn.Module of any make, and TorchScript files."""

import itertools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vitrail.errors import CannotOpen
from vitrail.model.network import After, declared_axes

#: Operations of a TorchScript graph that only hand their first tensor on.
CARRYING = set("view reshape squeeze unsqueeze flatten contiguous clone to type_as alias dropout".split())
SQUASHING = ("softmax", "sigmoid", "log_softmax")


class TorchNetwork:
    """A torch.nn.Module of any make."""

    differentiable = True
    regresses = False

    def __init__(self, module: nn.Module, name: str = "", framework: str = "torch") -> None:
        self.module = unwrapped(module)
        scripted = isinstance(self.module, torch.jit.ScriptModule)
        self.name = name or str(self.module.original_name if scripted else type(self.module).__name__)
        self.framework = "torchscript" if scripted else framework
        self.watchable = not scripted
        self.classes: tuple[str, ...] = ()
        if any(nn.parameter.is_lazy(p) for p in self.module.parameters()):
            raise CannotOpen(
                f"{self.name} has lazy layers without weights. A network that has run was expected. "
                "Run it once on an example, so that they get their shapes."
            )

    @property
    def dtype(self) -> torch.dtype | None:
        return next((t.dtype for t in self.tensors() if t.is_floating_point()), None)

    @property
    def device(self) -> torch.device:
        return next((t.device for t in self.tensors()), torch.device("cpu"))

    def tensors(self) -> Iterator[Tensor]:
        # read off the modules' own dicts: the named walks cost a fifth of a small network's forward
        for module in self.module.modules():
            for tensor in itertools.chain(module._parameters.values(), module._buffers.values()):
                if tensor is not None:
                    yield tensor

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def parts(self) -> Mapping[str, nn.Module]:
        if not self.watchable:
            return {}
        script: type = torch.jit.RecursiveScriptModule  # type: ignore[attr-defined]  # it takes no hooks
        return {name: part for name, part in self.module.named_modules() if name and not isinstance(part, script)}

    def tap(self, part: nn.Module, before: Callable[[], None] | None, after: After | None) -> Callable[[], None]:
        handles = []
        if before is not None:
            handles.append(part.register_forward_pre_hook(lambda _m, _a: before()))
        if after is not None:
            handles.append(part.register_forward_hook(lambda _m, _a, value: after(value)))

        def remove() -> None:
            for handle in handles:
                handle.remove()

        return remove

    @contextmanager
    def quiet(self) -> Iterator[None]:
        training = [m for m in self.module.modules() if m.training]
        asking = [t for t in self.tensors() if t.requires_grad and t.is_leaf]
        try:
            for module in training:
                module.training = False
            for parameter in asking:
                parameter.requires_grad = False
            with eager():
                yield
        finally:
            for module in training:
                module.training = True
            for parameter in asking:
                parameter.requires_grad = True

    def weights(self) -> Mapping[str, Tensor]:
        return dict(self.module.named_parameters()) | dict(self.module.named_buffers())

    def channel_axis(self, part: nn.Module, ndim: int) -> int | None:
        return None

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        reads_steps = len(shape) == 3 and not any(isinstance(m, nn.Conv1d) for m in self.module.modules())
        return declared_axes(shape, channels_last=reads_steps)

    def input_shape(self) -> tuple[int | None, ...] | None:
        first = self._first()
        return (first.in_features,) if isinstance(first, nn.Linear) else None

    def rank(self) -> int | None:
        """Convolutions accept a missing batch axis in silence, so theirs is said."""
        first = self._first()
        kinds = {nn.Conv1d: 3, nn.Conv2d: 4, nn.Conv3d: 5}
        return next((rank for kind, rank in kinds.items() if isinstance(first, kind)), None)

    def _first(self) -> nn.Module:
        """What is certain to run first: the first part of a Sequential, the module itself otherwise."""
        first = self.module
        while type(first) is nn.Sequential and len(first):
            first = first[0]
        return first

    def hidden_head(self, output: str | int | None = None) -> str:
        """TorchScript runs past every eye; its graph can be read. output: which of several outputs is meant."""
        if self.watchable:
            return ""
        graph: Any = self.module.inlined_graph
        return _squashing_at(next(graph.outputs()), output)

    def embedding(self) -> nn.Module | None:
        return next((m for m in self.module.modules() if isinstance(m, nn.Embedding)), None)


def eager() -> AbstractContextManager[None]:
    """Compiled parts run as they were written: what is compiled cannot be looked into."""
    if "torch._dynamo" not in sys.modules:  # nothing is compiled, and loading it takes seconds
        return nullcontext()
    stance: AbstractContextManager[None] = torch.compiler.set_stance("force_eager")
    return stance


def unwrapped(module: nn.Module) -> nn.Module:
    """The user's own module inside torch.compile or DataParallel."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _squashing_at(value: Any, output: str | int | None = None) -> str:
    """The softmax or sigmoid that made a value of a TorchScript graph, looking through reshapes and branches."""
    node = value.node()
    kind, inputs = node.kind().rpartition("::")[2].rstrip("_"), list(node.inputs())
    if kind in SQUASHING:
        return str(kind)
    if kind in ("TupleConstruct", "ListConstruct"):
        return _squashing_at(inputs[output]) if isinstance(output, int) and output < len(inputs) else ""
    if kind == "DictConstruct":
        named = {key.toIValue(): made for key, made in zip(inputs[::2], inputs[1::2], strict=True)}
        return _squashing_at(named[output]) if output in named else ""
    if kind == "If":
        at = [made.unique() for made in node.outputs()].index(value.unique())
        branches = [_squashing_at(list(block.outputs())[at], output) for block in node.blocks()]
        return next(filter(None, branches), "")
    return _squashing_at(inputs[0], output) if kind in CARRYING and inputs else ""


def open_script(path: str) -> TorchNetwork:
    """A TorchScript file. It runs compiled: gradients work, layers cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch advises to export; the file is as it is
        module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    return TorchNetwork(module, name=Path(path).name)
