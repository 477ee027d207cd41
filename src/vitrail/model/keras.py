"""Keras 3 on the torch backend: live models, .keras files, legacy .h5 files. The only file that imports keras."""

import functools
import importlib.util
import inspect
import json
import os
import re
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import CannotOpen, MissingExtra, UnsafeFile
from vitrail.model.network import After, declared_axes, first_line


def on_torch() -> Any:
    """keras, running on torch: the backend is set before keras is first imported."""
    if importlib.util.find_spec("keras") is None:
        raise MissingExtra("keras", "keras", "opening a Keras model")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    import keras

    if keras.backend.backend() != "torch":
        raise CannotOpen(
            f"keras is already running on the {keras.backend.backend()} backend in this process. "
            "Vitrail reads Keras models on the torch backend, and keras cannot change it once imported. "
            "Save the model (model.save('network.keras')), and in a new process call vitrail.open('network.keras') "
            "before importing keras, or set KERAS_BACKEND=torch.",
            backend=keras.backend.backend(),
        )
    return keras


def is_live(source: object) -> bool:
    """Whether an object is a Keras model, without importing keras."""
    keras = sys.modules.get("keras")
    return keras is not None and hasattr(keras, "layers") and isinstance(source, keras.layers.Layer)


class KerasNetwork:
    """A Keras 3 model on the torch backend."""

    framework = "keras"
    differentiable = True
    watchable = True
    regresses = False  #: whether the output is numbers, and no chances of classes; a file does not say

    def __init__(self, model: Any) -> None:
        on_torch()
        if not model.built:
            raise CannotOpen(
                f"the Keras model {model.name!r} is not built: it has no weights yet. A built model was expected. "
                "Call it once on an example, or model.build(input_shape)."
            )
        self.model = model
        self.name = str(model.name)
        self.classes: tuple[str, ...] = ()

    @property
    def dtype(self) -> torch.dtype:
        return getattr(torch, self.model.compute_dtype)  # type: ignore[no-any-return]

    @property
    def device(self) -> torch.device:
        return next((w.device for w in self.weights().values()), torch.device("cpu"))

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Several inputs go in as one structure, or one by one where `call` asks for them so."""
        if self._reads_apart():
            return self.model(*args, **kwargs, training=False)
        x = dict(kwargs) if kwargs else args[0] if len(args) == 1 else list(args)
        return self.model(x, training=False)

    def _reads_apart(self) -> bool:
        asked = inspect.signature(self.model.call).parameters.values()
        plain = (p for p in asked if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty)
        return sum(p.name not in ("training", "mask") for p in plain) > 1

    def parts(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        _collect(self.model, "", found)
        return found

    def tap(self, part: Any, before: Callable[[], None] | None, after: After | None) -> Callable[[], None]:
        """Keras calls `layer.call` itself, past torch's hooks: put a function before it, and take it off again."""
        own = part.__dict__
        earlier = own.get("call")
        call = part.call

        @functools.wraps(call)
        def tapped(*args: Any, **kwargs: Any) -> Any:
            if before is not None:
                before()
            value = call(*args, **kwargs)
            return value if after is None else after(value)

        own["call"] = tapped

        def remove() -> None:
            if earlier is None:
                own.pop("call", None)
            else:
                own["call"] = earlier

        return remove

    @contextmanager
    def quiet(self) -> Iterator[None]:
        asking = [v for v in self.weights().values() if v.requires_grad]
        try:
            for value in asking:
                value.requires_grad_(False)
            yield
        finally:
            for value in asking:
                value.requires_grad_()

    def tensors(self) -> Iterator[Tensor]:
        yield from self.weights().values()

    def weights(self) -> Mapping[str, Tensor]:
        found: dict[str, Tensor] = {}
        for variable in self.model.weights:  # not `variables`: those hold seeds, new in every process
            name = variable.path
            while name in found:
                name += "'"
            found[name] = variable.value
        return found

    def channel_axis(self, part: Any, ndim: int) -> int | None:
        """Only what a layer declares; the rest is followed through its operations."""
        layout = getattr(part, "data_format", None)
        if layout not in ("channels_last", "channels_first") or ndim < 3:
            return None
        return ndim - 1 if layout == "channels_last" else 1

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        layouts = [part.data_format for part in self.parts().values() if getattr(part, "data_format", None)]
        return declared_axes(shape, channels_last=not layouts or layouts[0] == "channels_last")

    def input_shape(self) -> tuple[int | None, ...] | None:
        shape = getattr(self.model, "input_shape", None)
        return tuple(shape[1:]) if isinstance(shape, tuple) else None

    def rank(self) -> int | None:
        shape = self.input_shape()
        return None if shape is None else len(shape) + 1

    def hidden_head(self, output: str | int | None = None) -> str:
        return ""

    def embedding(self) -> Any | None:
        return next((p for p in self.parts().values() if type(p).__name__ == "Embedding"), None)


def _collect(layer: Any, prefix: str, found: dict[str, Any]) -> None:
    """Every sub-layer by its path of names; two of one name are told apart by a number."""
    inner = getattr(layer, "layers", None) or getattr(layer, "_layers", [])
    for child in inner:
        name = f"{prefix}{child.name}"
        while name in found and found[name] is not child:
            name += "'"
        found[name] = child
        _collect(child, f"{name}.", found)


def open_file(path: str) -> KerasNetwork:
    """A .keras or legacy .h5 file; code stored in it is never run."""
    keras = on_torch()
    try:
        if _holds_code(_config(path)):
            raise UnsafeFile(
                f"{path!r} holds a Lambda layer: Python code that opening the file would run. "
                "Files are opened without running code. Load it yourself if you trust it, and open the live model: "
                "vitrail.open(keras.saving.load_model(path, safe_mode=False)).",
                path=path,
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except UnsafeFile:
        raise
    except Exception as error:
        raise CannotOpen(
            f"{path!r} could not be read as a Keras file ({_reason(error)}). "
            "A whole .keras or .h5 file of a model was expected. Save it again with model.save(); custom layers must "
            "be registered (keras.saving.register_keras_serializable) before opening."
        ) from error
    return KerasNetwork(model)


def _reason(error: Exception) -> str:
    """The class that keras misses, where it says so somewhere; else the first line."""
    missing = re.search(r"Could not locate (?:class|function) '[^']+'", str(error))
    return missing[0] if missing else first_line(error)


def _config(path: str) -> Any:
    """The architecture written in a file, as JSON; None where there is none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    h5py = importlib.import_module("h5py")

    with h5py.File(path) as file:
        text = file.attrs.get("model_config")
    return None if text is None else json.loads(text)


def _holds_code(config: Any) -> bool:
    """Whether Python code is stored somewhere in an architecture: a lambda, in today's format or in that of Keras 2."""
    if isinstance(config, list):
        return any(map(_holds_code, config))
    if not isinstance(config, dict):
        return False
    stored = config.get("class_name") == "__lambda__" or "lambda" in (
        config.get("function_type"),
        config.get("output_shape_type"),
    )
    return stored or any(map(_holds_code, config.values()))
