"""A baseline in the layout of x: pictures, tables, token ids and several inputs become what methods see."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Given
from vitrail.inputs.modality import Images, Table
from vitrail.inputs.packing import are_pictures, is_frame, pack
from vitrail.inputs.several import background
from vitrail.inputs.tokens import AXES, embedded_ids
from vitrail.model import Model, Packed


def in_layout(model: Model, x: Any, packed: Packed, value: Any) -> Any:
    """What a user gave as baseline, as `baseline_of` reads it; numbers, names and plain arrays as they are."""
    if isinstance(value, Mapping) and "baseline" in value:
        return value
    if isinstance(value, Mapping | tuple) and isinstance(x, Mapping | tuple) and not isinstance(x, Packed):
        return Given(background(value, x))
    if is_frame(value) or is_series(value):
        return Given(_rows(model, packed, value))
    if are_pictures(model, value) or _are_bytes(model, value):
        return Given(pack(model, [value] if getattr(value, "ndim", 0) == 3 else value).x)
    if packed.axes == AXES and _are_ids(value):
        return Given(embedded_ids(model, value))
    return value


def is_series(value: Any) -> bool:
    return hasattr(value, "to_frame") and hasattr(value, "index") and not is_frame(value)


def _rows(model: Model, packed: Packed, frame: Any) -> Tensor:
    """(count, columns) by the names of x's columns, whatever the order of the baseline's own."""
    columns = packed.labels.get("feature")
    if columns is None:
        raise BadSetting(
            "the baseline is a table and x is not, so its columns have no names to go by. A number or an array like "
            "one example was expected. Convert it: frame.to_numpy()."
        )
    rows = dict(frame) if is_series(frame) else frame
    return pack(model, Table(columns).numbers(rows)).x


def _are_bytes(model: Model, value: Any) -> bool:
    raw = isinstance(model.modality, Images) and str(getattr(value, "dtype", "")).endswith("uint8")
    return raw and value.ndim in (3, 4)


def _are_ids(value: Any) -> bool:
    """Whole numbers for every token, for one baseline or several: not one number for everything."""
    if isinstance(value, Tensor):
        return not value.is_floating_point() and value.ndim in (1, 2)
    whole = isinstance(value, list | np.ndarray) and np.asarray(value).dtype.kind in "iu"
    return whole and np.ndim(value) in (1, 2)
