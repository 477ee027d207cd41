"""Discretisation: numbers become the codes of bins, whose edges are learnt once and used for all later examples."""

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array

By = Literal["width", "quantile"]
MOST = 256  #: bins at most, so that a code is one byte


@dataclass(frozen=True)
class Bins:
    """Bins for each unit of a layer.

        code(a) = how many edges e_1 < ... < e_{count - 1} are at most a

    count  of bins, 2 to 256
    by     "width": edges at even distances between the least and the largest value; "quantile": at quantiles, so that
           each bin holds as many of the examples that they were learnt on (fewer where values repeat)
    """

    count: int
    by: By = "width"

    def __post_init__(self) -> None:
        if type(self.count) is not int or not 2 <= self.count <= MOST:
            raise BadSetting(f"bins must be a whole number from 2 to {MOST}, got {self.count!r}. Try bins=8.")
        if self.by not in get_args(By):
            raise BadSetting(f"bins by {self.by!r} are not known. 'width' or 'quantile' was expected. Choose one.")

    def edges(self, values: Array) -> Array:
        """(units, count - 1) the edges, learnt on values (n, units)."""
        inner = np.linspace(0, 1, self.count + 1)[1:-1]
        if self.by == "quantile":
            return np.quantile(values.astype(np.float64), inner, axis=0).T
        low, high = values.min(0).astype(np.float64), values.max(0).astype(np.float64)
        return np.asarray(low[:, None] + inner * (high - low)[:, None])


def bins_of(value: Any) -> Bins | None:
    """Bins out of a setting: None, their number, "8:quantile", {"count": 8, "by": "quantile"}, or Bins.

    Raises BadSetting for anything else.
    """
    if value is None or isinstance(value, Bins):
        return value
    if isinstance(value, dict):
        if "count" in value and set(value) <= {"count", "by"}:
            return Bins(**value)
    elif isinstance(value, str):
        count, _, by = value.partition(":")
        if count.isdecimal():
            return Bins(int(count), cast(By, by or "width"))
    elif isinstance(value, int | np.integer):
        return Bins(int(value)) if not isinstance(value, bool) else Bins(value)
    raise BadSetting(f"bins={value!r} is not known. A number such as 8, or '8:quantile', was expected. Write it so.")


def codes(values: Array, edges: Array) -> Array:
    """(n, units) uint8: the bin of each value (n, units), by edges (units, bins - 1)."""
    found = np.zeros(values.shape, np.uint8)
    for edge in edges.T.astype(values.dtype):
        found += values >= edge
    return found
