"""A baseline in the layout of x: pictures, tables, token ids and several inputs become what methods see."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Given, Mask
from vitrail.inputs.columns import background_rows, brings_columns
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.packing import are_pictures, is_frame, pack
from vitrail.inputs.several import background
from vitrail.inputs.table import Table
from vitrail.inputs.tokens import AXES, embedded_ids
from vitrail.model import Model, Packed


def in_layout(model: Model, x: Any, packed: Packed, value: Any) -> Any:
    """What a user gave as baseline, as `baseline_of` reads it; numbers, names and plain arrays as they are."""
    if packed.axes == AXES and _is_mask(value):
        return masked(model)
    if isinstance(value, Mapping) and "baseline" in value:
        return value
    if brings_columns(model) and (isinstance(value, Mapping | list) or np.ndim(value) > 0):
        return Given(background_rows(model, value))
    if isinstance(value, Mapping) and isinstance(model.modality, Table):
        return Given(_rows(model, packed, value))
    if isinstance(value, Mapping | tuple) and isinstance(x, Mapping | tuple) and not isinstance(x, Packed):
        return Given(background(value, x))
    if is_frame(value) or is_series(value):
        return Given(_rows(model, packed, value))
    if are_pictures(model, value) or _are_bytes(model, value):
        return Given(pack(model, [value] if getattr(value, "ndim", 0) == 3 else value).x)
    if packed.axes == AXES and _are_ids(value):
        return Given(embedded_ids(model, value))
    return value


def _is_mask(value: Any) -> bool:
    name = value.get("baseline") if isinstance(value, Mapping) else value
    return isinstance(value, Mask) or (isinstance(name, str) and name == "mask")


def masked(model: Model) -> Mask:
    """The embedding of the tokenizer's mask token.

    Raises BadSetting where there is no tokenizer, or it has no such token.
    """
    tokenizer = model.modality.tokenizer if isinstance(model.modality, Text) else None
    number = getattr(tokenizer, "mask_token_id", None)
    if number is None:
        what = "no tokenizer" if tokenizer is None else "a tokenizer without a mask token"
        raise BadSetting(
            f"baseline 'mask' needs a mask token, and {model.name} has {what}. A tokenizer such as BERT's was "
            "expected. Use baseline=0.0, or the ids of a text that says nothing."
        )
    return Mask(embedded_ids(model, [number])[0, 0])


def is_series(value: Any) -> bool:
    return hasattr(value, "to_frame") and hasattr(value, "index") and not is_frame(value)


def _rows(model: Model, packed: Packed, frame: Any) -> Tensor:
    """(count, features) by the names of x's columns, whatever the order of the baseline's own, encoded as x is."""
    columns = packed.labels.get("feature")
    spec = model.modality if isinstance(model.modality, Table) else None if columns is None else Table(columns)
    if spec is None:
        raise BadSetting(
            "the baseline is a table and x is not, so its columns have no names to go by. A number or an array like "
            "one example was expected. Convert it: frame.to_numpy()."
        )
    rows = spec.numbers(dict(frame) if is_series(frame) else frame)
    if not len(rows):
        raise BadSetting(
            "the baseline is a table without rows. At least one row was expected. Give some of the training table."
        )
    return pack(model, rows).x


def _are_bytes(model: Model, value: Any) -> bool:
    raw = isinstance(model.modality, Images) and str(getattr(value, "dtype", "")).endswith("uint8")
    return raw and value.ndim in (3, 4)


def _are_ids(value: Any) -> bool:
    """Whole numbers for every token, for one baseline or several: not one number for everything."""
    if isinstance(value, Tensor):
        return not value.is_floating_point() and value.ndim in (1, 2)
    whole = isinstance(value, list | np.ndarray) and np.asarray(value).dtype.kind in "iu"
    return whole and np.ndim(value) in (1, 2)
