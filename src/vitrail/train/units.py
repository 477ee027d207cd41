"""Numbers in their own units: what a network answers, and how far off that is, whatever size the targets have."""

from typing import Any, Literal

import numpy as np

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import Array
from vitrail.train.data import Data

Output = Literal["free", "positive", "bounded"]
Bounds = tuple[float, float] | None
SMALLEST = 1e-3  #: units begin with, of those that can say 0 or 1 only in the end
UNITS = {"free": "linear", "positive": "softplus", "bounded": "sigmoid"}


def moments(data: Data) -> tuple[Array, Array]:
    """Mean and standard deviation (outputs,) of the targets of the training part; 1 for those that never change."""
    y = data.answers(data.rows["train"]).astype(np.float64)
    return y.mean(0), np.where(y.std(0) > 0, y.std(0), 1.0)


def numbers(keras: Any, data: Data, name: str, output: Output = "free", bounds: Bounds = None) -> Any:
    """The end of a network that says numbers: units of size about 1, then the way into the units of the targets.

    output  "free": any number; "positive": by softplus; "bounded": by a sigmoid between the bounds
    bounds  (low, high); None for the least and the largest target of the training part

    Raises BadInput for targets that such an output cannot say, BadSetting for bounds in the wrong order.
    """
    scale, offset = way_back(data, output, bounds)
    start = keras.initializers.Constant(mean_first(data, output, scale, offset).tolist())
    units = keras.layers.Dense(data.outputs, UNITS[output], bias_initializer=start, name="units")
    back = keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="rescaling")
    return keras.Sequential([units, back], name=name)


def way_back(data: Data, output: Output, bounds: Bounds) -> tuple[Array, Array]:
    """What the units are multiplied by, and what is added then; (outputs,) each."""
    mean, std = moments(data)
    if output == "free":
        return std, mean
    y = data.answers(data.rows["train"]).astype(np.float64)
    if output == "positive":
        refuse_outside(y, 0.0, np.inf, output)
        return np.where(mean > 0, mean, 1.0), np.zeros_like(mean)
    low, high = (y.min(0), y.max(0)) if bounds is None else np.asarray(bounds, np.float64)[:, None] + 0 * mean
    if (low >= high).any():
        raise BadSetting(
            f"bounds={bounds!r} with targets from {y.min():g} to {y.max():g} leave no room. (low, high) with low below "
            "high was expected. Give such bounds.",
            setting="bounds",
        )
    refuse_outside(y, low, high, output)
    return high - low, low


def mean_first(data: Data, output: Output, scale: Array, offset: Array) -> Array:
    """(outputs,) the bias with which a network that knows nothing says the mean of the targets."""
    middle = (moments(data)[0] - offset) / scale
    if output == "free":
        return np.asarray(middle)
    above = np.maximum(middle, SMALLEST)
    within = np.minimum(above, 1 - SMALLEST)
    return np.asarray(np.log(np.expm1(above)) if output == "positive" else np.log(within / (1 - within)))


def refuse_outside(y: Array, low: Any, high: Any, output: Output) -> None:
    """Raise BadInput for targets that no such output comes near."""
    outside = y[(y < low) | (y > high)]
    if len(outside):
        raise BadInput(
            f"{len(outside)} targets of the training part, {outside[0]:g} among them, are out of reach of the output "
            f"{output!r}. Targets between {np.min(low):g} and {np.max(high):g} were expected. Take output='free', or "
            "other bounds.",
            output=output,
        )


def scaled(keras: Any, data: Data, loss: str) -> Any:
    """A loss between numbers that counts each output in standard deviations of its targets in the training part.

    So a rate means the same for prices and for shares, and no output of several drowns the others.
    """
    _, std = moments(data)
    plain = keras.losses.get(loss)

    def in_deviations(truth: Any, said: Any) -> Any:
        spread = keras.ops.convert_to_tensor(std, dtype=said.dtype)
        return plain(truth / spread, said / spread)

    return in_deviations
