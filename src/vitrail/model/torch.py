"""torch.nn.Module, torch.export (.pt2) and TorchScript files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from vitrail.model.network import After, declared_axes


class TorchNetwork:
    """A torch.nn.Module of any make."""

    differentiable = True

    def __init__(self, module: nn.Module, name: str = "", framework: str = "torch") -> None:
        self.module = unwrapped(module)
        self.name = name or type(self.module).__name__
        self.framework = framework
        self.watchable = framework != "torchscript"
        self.classes: tuple[str, ...] = ()

    @property
    def dtype(self) -> torch.dtype | None:
        return next((p.dtype for p in self.weights().values() if p.is_floating_point()), None)

    @property
    def device(self) -> torch.device:
        return next((p.device for p in self.weights().values()), torch.device("cpu"))

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def parts(self) -> Mapping[str, nn.Module]:
        if not self.watchable:
            return {}
        return {name: part for name, part in self.module.named_modules() if name}

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
        modes = [(m, m.training) for m in self.module.modules()]
        asking = [p for p in self.module.parameters() if p.requires_grad]
        try:
            for module, _ in modes:
                module.training = False
            for parameter in asking:
                parameter.requires_grad_(False)
            yield
        finally:
            for module, was in modes:
                module.training = was
            for parameter in asking:
                parameter.requires_grad_()

    def weights(self) -> Mapping[str, Tensor]:
        return dict(self.module.named_parameters()) | dict(self.module.named_buffers())

    def channel_axis(self, part: nn.Module, ndim: int) -> int | None:
        return None

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        reads_steps = len(shape) == 3 and not any(isinstance(m, nn.Conv1d) for m in self.module.modules())
        return declared_axes(shape, channels_last=reads_steps)

    def input_shape(self) -> tuple[int | None, ...] | None:
        first = next((m for m in self.module.modules() if not any(True for _ in m.children())), None)
        return (first.in_features,) if isinstance(first, nn.Linear) and type(self.module) is nn.Sequential else None

    def rank(self) -> int | None:
        """Convolutions accept a missing batch axis in silence, so theirs is said."""
        first = next((m for m in self.module.modules() if not any(True for _ in m.children())), None)
        kinds = {nn.Conv1d: 3, nn.Conv2d: 4, nn.Conv3d: 5}
        return next((rank for kind, rank in kinds.items() if isinstance(first, kind)), None)

    def embedding(self) -> nn.Module | None:
        return next((m for m in self.module.modules() if isinstance(m, nn.Embedding)), None)


def unwrapped(module: nn.Module) -> nn.Module:
    """The user's own module inside torch.compile or DataParallel."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def open_export(path: str) -> TorchNetwork:
    """A program saved by torch.export, its modules put back under their own names."""
    program = torch.export.load(path)
    return TorchNetwork(torch.export.unflatten(program), name=path.rsplit("/", 1)[-1])


def open_script(path: str) -> TorchNetwork:
    """A TorchScript file. It runs compiled: gradients work, layers cannot be read."""
    module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    return TorchNetwork(module, name=path.rsplit("/", 1)[-1], framework="torchscript")
