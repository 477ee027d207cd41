"""The door: whatever a user passes as x becomes one tensor with a batch axis, and values go back in x's layout."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vitrail.errors import BadInput, first, near
from vitrail.inputs.columns import brings_columns, pack_columns
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.numbers import Array, check_held, check_numbers, tensor_of
from vitrail.inputs.pictures import to_image
from vitrail.inputs.several import pack_several
from vitrail.inputs.table import Table
from vitrail.inputs.tokens import pack_encoding
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed, Later

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def pack(model: Model, x: Any) -> Packed:
    """x at the door of a model.

    x    array or tensor (batch, ...); PIL image, path, or a list of them (needs `Images`); texts (needs a tokenizer);
         token ids (batch, token); DataFrame; a tuple or dict of arrays for networks with several inputs

    Raises BadInput when x is empty, holds NaN or infinity, or is of a type or shape that the network cannot read.
    """
    if isinstance(x, Packed):
        return x
    if brings_columns(model):
        return pack_columns(model, x)
    words = words_in(x)
    if words is not None and not isinstance(model.modality, Images):
        return _pack_texts(model, words)
    if words is not None or are_pictures(model, x):
        return _pack_images(model, words or (x if isinstance(x, list | tuple) else [x]))
    if is_frame(x) or (isinstance(model.modality, Table) and isinstance(x, Mapping)):
        return _pack_frame(model, x)
    if isinstance(x, Mapping) and "input_ids" in x:
        return pack_encoding(model, dict(x), _tokenizer(model), strict=True)
    if isinstance(x, Mapping | tuple):
        return pack_several(model, x)
    return _pack_array(model, x)


def words_in(x: Any) -> list[str] | None:
    """A text, or the texts in a list, array or Series; None for anything else."""
    if isinstance(x, str):
        return [x]
    if isinstance(x, np.ndarray) or (hasattr(x, "tolist") and hasattr(x, "index") and not is_frame(x)):
        x = x.tolist() if getattr(x, "ndim", 1) == 1 and getattr(x.dtype, "kind", "O") in "OUT" else None
    if not isinstance(x, list | tuple) or not x or not isinstance(x[0], str):
        return None
    for i, each in enumerate(x):
        if not isinstance(each, str):
            raise BadInput(f"x[{i}] is a {type(each).__name__} among texts. Texts only were expected. Convert it.")
    return list(x)


def are_pictures(model: Model, x: Any) -> bool:
    """Whether x is a PIL image or a path, or a list of those; or arrays of bytes, for a model that reads pictures."""
    first = x[0] if isinstance(x, list | tuple) and x else x
    several = first is not x
    raw = isinstance(model.modality, Images) and getattr(first, "dtype", None) in (np.uint8, torch.uint8)
    return isinstance(first, Image.Image | os.PathLike) or (raw and several and first.ndim in (2, 3))


def is_frame(x: Any) -> bool:
    return hasattr(x, "columns") and hasattr(x, "to_numpy")


def _tokenizer(model: Model) -> Any:
    return model.modality.tokenizer if isinstance(model.modality, Text) else None


def _pack_array(model: Model, x: Any) -> Packed:
    array = check_numbers(x, "x")
    if isinstance(model.modality, Table):
        array = _of_width(array, model.modality)
        return _table(model, model.modality, array, model.modality.decoded(_numpy(array)))
    whole = not array.dtype.is_floating_point if isinstance(array, Tensor) else array.dtype.kind in "iu"
    if whole and array.ndim == 2 and model.network.embedding() is not None:
        return pack_encoding(model, {"input_ids": array}, _tokenizer(model))
    if isinstance(model.modality, Images) and array.dtype in (np.uint8, torch.uint8):
        return _pack_images(model, _each(array))
    return numeric(model, array)


def _each(array: Any) -> list[Any]:
    """The pictures of a batch of bytes."""
    if array.ndim != 4:
        raise BadInput(
            f"x is of type {array.dtype} and has shape {tuple(array.shape)}. A batch of pictures has four axes: "
            "(batch, height, width, channel). Use x[None] for one picture, x[..., None] for grey ones."
        )
    return list(_numpy(array))


def _numpy(array: Any) -> Array:
    return np.asarray(array.cpu() if isinstance(array, Tensor) else array)


def _of_width(array: Any, table: Table) -> Any:
    names = table.features
    if array.ndim == 2 and array.shape[1] == len(names):
        return array
    raise BadInput(
        f"x has shape {tuple(array.shape)}. (batch, {len(names)}) was expected: the model reads "
        f"{first(names, 24)}. Pass a DataFrame, whose columns are found by name."
    )


def numeric(
    model: Model, array: Any, shown: Mapping[str, Any] | None = None, labels: Mapping[str, Any] | None = None
) -> Packed:
    """Numbers that go to the network as they are."""
    network = model.network
    tensor = tensor_of(array)
    own = tensor.dtype if tensor.is_floating_point() else torch.get_default_dtype()
    tensor = check_held(tensor.to(network.device, network.dtype or own), "x")
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


def _check_rank(model: Model, x: Tensor) -> None:
    rank = model.network.rank()
    if rank is not None and x.ndim == rank - 1:
        raise BadInput(
            f"x has shape {tuple(x.shape)}; {model.name} reads {rank} axes, the batch first. "
            "A leading batch axis is missing. For a single example use x[None]."
        )


def pictures(x: Tensor, axes: tuple[str, ...], modality: Any) -> Mapping[str, Array]:
    """{"picture": (batch, height, width, channel) uint8} when x can be looked at, else nothing; made when looked at."""
    if not {"height", "width"} <= set(axes) or x.shape[axes.index("channel")] not in (1, 3):
        return {}
    return Later({"picture": lambda: as_picture(x, axes.index("channel"), modality)})


def as_picture(x: Tensor, channel: int, modality: Any) -> Array:
    array = np.moveaxis(x.detach().double().cpu().numpy(), channel, -1)
    if isinstance(modality, Images):
        return np.asarray(modality.back(array))
    low, high = (f(array, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return np.asarray(((array - low) / np.maximum(high - low, 1e-12) * 255).round(), np.uint8)


def _pack_images(model: Model, sources: Sequence[Any]) -> Packed:
    spec = model.modality
    if not isinstance(spec, Images):
        raise BadInput(
            f"{model.name} was not told how to read pictures. A size and a scaling were expected. "
            "Say it when opening: vitrail.open(..., inputs=vitrail.Images(size=(224, 224), mean=..., std=...))."
        )
    shown = np.stack([spec.picture(to_image(source)) for source in sources])
    numbers = np.stack([spec.numbers(picture) for picture in shown])
    before = model.network.axes(numbers.shape).index("channel") == 1
    named = all(isinstance(source, str | os.PathLike) for source in sources)
    labels = {"input": [os.fspath(source) for source in sources]} if named else {}
    return numeric(model, np.moveaxis(numbers, -1, 1) if before else numbers, {"picture": shown}, labels)


def _pack_texts(model: Model, texts: list[str]) -> Packed:
    if not isinstance(model.modality, Text):
        if all(Path(text[-100:]).suffix.lower() in PICTURES for text in texts):
            return _pack_images(model, texts)
        raise BadInput(
            f"{model.name} was given texts, and has no tokenizer. Numbers were expected, or a tokenizer. "
            "Say it when opening: vitrail.open(..., tokenizer=AutoTokenizer.from_pretrained(...))."
        )
    if not all(text.strip() for text in texts):
        raise BadInput(
            f"text {[bool(t.strip()) for t in texts].index(False)} is empty. Words were expected. Leave it out."
        )
    return pack_encoding(model, model.modality.encoded(texts), model.modality.tokenizer)


def _texts_in(spec: Text, frame: Any) -> list[str]:
    """The column of a table that holds the texts: the one that is known, or the only one."""
    own = {str(name): name for name in frame.columns}
    name = next(iter(own)) if spec.column is None and len(own) == 1 else spec.column
    if name not in own:
        what = "nobody said which column holds the texts" if name is None else f"the table has no column {name!r}"
        raise BadInput(
            f"{what}. {near(name or '', own)}Columns are: {first(list(own), 12)}. Give that column alone: "
            "frame[name].tolist(), or rename it.",
            column=name,
        )
    texts = frame[own[name]].tolist()
    strange = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if strange:
        raise BadInput(
            f"column {name!r} holds {texts[strange[0]]!r} in row {strange[0]}. A text in every row was expected. Leave "
            "the row out.",
            column=name,
        )
    return texts  # type: ignore[no-any-return]


def _pack_frame(model: Model, frame: Any) -> Packed:
    if isinstance(model.modality, Text):
        return _pack_texts(model, _texts_in(model.modality, frame))
    if isinstance(model.modality, Table):
        spec = model.modality
    elif len(frame.columns) == 0:
        raise BadInput("the table has no columns. Columns of numbers were expected. Check how it was made.")
    else:
        spec = Table(list(dict.fromkeys(map(str, frame.columns))))
    raw = check_numbers(spec.read(frame), "x")
    return _table(model, spec, spec.encoded(raw), raw)


def _table(model: Model, spec: Table, numbers: Any, raw: Array) -> Packed:
    """(row, feature) as the network reads it, with the names of features and columns, and what stood in the table."""
    labels: dict[str, Any] = {"feature": spec.features, "player": list(spec.columns)}
    if spec.categories:
        labels["category"] = spec.named
    packed = numeric(model, numbers, {} if spec.plain else {"shown": raw.astype(np.float64)}, labels)
    if not spec.joins:
        return packed
    groups = torch.tensor(spec.groups, device=packed.x.device)
    return replace(packed, groups=groups, labels={**labels, "group": spec.groups})
