"""The door: whatever a user passes as x becomes one tensor with a batch axis, and values go back in x's layout."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.inputs.modality import Images, Table, Text, to_image
from vitrail.inputs.several import pack_several
from vitrail.inputs.tokens import pack_encoding
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed

Array = np.ndarray[Any, Any]


def pack(model: Model, x: Any) -> Packed:
    """x at the door of a model.

    x    array or tensor (batch, ...); PIL image, path, or a list of them (needs `Images`); texts (needs a tokenizer);
         token ids (batch, token); DataFrame; a tuple or dict of arrays for networks with several inputs

    Raises BadInput when x is empty, holds NaN or infinity, or is of a type or shape that the network cannot read.
    """
    if isinstance(x, Packed):
        return x
    if _are_texts(model, x):
        return _pack_texts(model, [x] if isinstance(x, str) else list(x))
    if _are_images(x):
        return _pack_images(model, x if isinstance(x, Sequence) and not isinstance(x, str) else [x])
    if _is_frame(x):
        return _pack_frame(model, x)
    if isinstance(x, Mapping) and "input_ids" in x:
        return pack_encoding(model, dict(x), None)
    if isinstance(x, Mapping | tuple):
        return pack_several(model, x, lambda part, name: check_numbers(part, name))
    return _pack_array(model, x)


def _are_texts(model: Model, x: Any) -> bool:
    first = x[0] if isinstance(x, list | tuple) and x else x
    return isinstance(first, str) and not isinstance(model.modality, Images)


def _are_images(x: Any) -> bool:
    first = x[0] if isinstance(x, list | tuple) and x else x
    return isinstance(first, Image.Image | Path | str)


def _is_frame(x: Any) -> bool:
    return hasattr(x, "columns") and hasattr(x, "to_numpy")


def _pack_array(model: Model, x: Any) -> Packed:
    array = check_numbers(x, "x")
    network = model.network
    whole = array.dtype.kind in "iu" if isinstance(array, np.ndarray) else not array.dtype.is_floating_point
    if whole and array.ndim == 2 and network.embedding() is not None:
        return pack_encoding(model, {"input_ids": array}, None)
    if isinstance(model.modality, Images) and array.ndim == 4 and array.dtype in (np.uint8, torch.uint8):
        return _pack_images(model, [Image.fromarray(np.asarray(a).squeeze()) for a in np.asarray(array)])
    return numeric(model, array)


def numeric(
    model: Model, array: Any, shown: Mapping[str, Any] | None = None, labels: Mapping[str, Any] | None = None
) -> Packed:
    """Numbers that go to the network as they are."""
    network = model.network
    tensor = torch.as_tensor(array).detach()
    own = tensor.dtype if tensor.is_floating_point() else torch.get_default_dtype()
    tensor = tensor.to(network.device, network.dtype or own)
    _check_rank(model, tensor)
    axes = network.axes(tuple(tensor.shape))
    shown = pictures(tensor, axes, model.modality) if shown is None else shown
    return Packed(
        tensor,
        axes,
        lambda points, _: Feed((points,)),
        lambda v, _: {"values": v},
        {"values": axes},
        labels or {},
        shown,
    )


def check_numbers(x: Any, name: str) -> Any:
    """x as a numpy array or tensor of real, finite numbers with a batch axis."""
    array = x if isinstance(x, Tensor) else _as_array(x, name)
    if isinstance(array, Tensor):
        unreal = array.is_complex() or array.is_quantized or array.layout != torch.strided
    else:
        unreal = array.dtype.kind not in "iufb"
    if unreal:
        raise BadInput(
            f"{name} is of type {array.dtype}. Real numbers were expected. Convert it: np.asarray({name}, "
            "dtype='float32')."
        )
    if array.ndim < 2:
        raise BadInput(
            f"{name} has shape {tuple(array.shape)}, without a batch axis. (batch, ...) was expected. "
            f"For a single example use {name}[None]."
        )
    if 0 in array.shape:
        raise BadInput(
            f"{name} is empty: its shape is {tuple(array.shape)}. At least one example was expected. Check how it "
            "was made."
        )
    _check_finite(array, name)
    return array


def _as_array(x: Any, name: str) -> Array:
    try:
        return np.asarray(x)
    except ValueError as error:
        raise BadInput(
            f"{name} is no regular array ({error}). Examples of one shape were expected. "
            "Pad or resize them; for a network with several inputs pass a tuple."
        ) from error


def _check_finite(array: Any, name: str) -> None:
    bad = ~torch.isfinite(array) if isinstance(array, Tensor) else ~np.isfinite(array)
    if not bool(bad.any()):
        return
    place = tuple(int(i) for i in np.argwhere(np.asarray(bad.cpu() if isinstance(bad, Tensor) else bad))[0])
    raise BadInput(
        f"{name} holds {int(bad.sum())} values that are NaN or infinite, the first at {place}. Finite numbers "
        "were expected. "
        f"Fill or drop them, e.g. np.nan_to_num({name})."
    )


def _check_rank(model: Model, x: Tensor) -> None:
    rank = model.network.rank()
    if rank is not None and x.ndim == rank - 1:
        raise BadInput(
            f"x has shape {tuple(x.shape)}; {model.name} reads {rank} axes, the batch first. "
            "A leading batch axis is missing. For a single example use x[None]."
        )


def pictures(x: Tensor, axes: tuple[str, ...], modality: Any) -> dict[str, Array]:
    """{"picture": (batch, height, width, channel) uint8} when x can be looked at, else nothing."""
    if not {"height", "width"} <= set(axes):
        return {}
    array = np.moveaxis(x.detach().cpu().numpy(), axes.index("channel"), -1)
    if array.shape[-1] not in (1, 3):
        return {}
    if isinstance(modality, Images):
        return {"picture": modality.back(array)}
    low, high = (f(array, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return {"picture": ((array - low) / np.maximum(high - low, 1e-12) * 255).round().astype(np.uint8)}


def _pack_images(model: Model, sources: Sequence[Any]) -> Packed:
    spec = model.modality
    if not isinstance(spec, Images):
        raise BadInput(
            f"{model.name} was not told how to read pictures. A size and a scaling were expected. "
            "Say it when opening: vitrail.open(..., inputs=vitrail.Images(size=(224, 224), mean=..., std=...))."
        )
    shown = np.stack([spec.picture(to_image(source)) for source in sources])
    numbers = np.stack([spec.numbers(picture) for picture in shown])
    first = model.network.axes(numbers.shape).index("channel") == 1
    labels = {"input": [str(s) for s in sources if isinstance(s, str | Path)]}
    return numeric(model, np.moveaxis(numbers, -1, 1) if first else numbers, {"picture": shown}, labels)


def _pack_texts(model: Model, texts: list[str]) -> Packed:
    if not isinstance(model.modality, Text):
        if all(Path(t).suffix.lower() in (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp") for t in texts):
            return _pack_images(model, texts)
        raise BadInput(
            f"{model.name} was given texts, and has no tokenizer. Numbers were expected, or a tokenizer. "
            "Say it when opening: vitrail.open(..., tokenizer=AutoTokenizer.from_pretrained(...))."
        )
    if not all(text.strip() for text in texts):
        raise BadInput(
            f"text {[bool(t.strip()) for t in texts].index(False)} is empty. Words were expected. Leave it out."
        )
    spec = model.modality
    given = spec.tokenizer(texts, padding=True, truncation=True, max_length=spec.max_length, return_tensors="pt")
    return pack_encoding(model, dict(given), spec.tokenizer)


def _pack_frame(model: Model, frame: Any) -> Packed:
    spec = model.modality if isinstance(model.modality, Table) else Table(list(map(str, frame.columns)))
    frame = frame.rename(columns=str)
    numbers = spec.numbers(frame)
    if numbers.dtype.kind not in "iufb":
        wrong = [c for c in spec.columns if frame[c].dtype.kind not in "iufb"]
        raise BadInput(
            f"column {wrong[0]!r} holds no numbers. Numeric columns were expected. Encode it first (one-hot, or codes)."
        )
    return numeric(model, check_numbers(numbers, "x"), {}, {"feature": list(spec.columns)})
