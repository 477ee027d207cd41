"""The hidden layers of multilayer perceptrons."""

from collections.abc import Sequence
from typing import Any, Literal

Activation = Literal["relu", "tanh", "sigmoid", "selu", "elu", "gelu"]

#: how weights start so that signals neither die nor grow from layer to layer: He for the half that ReLU and its kin let
#: through, LeCun for SELU, Glorot for the others (Geron, 2019, table 11-1)
STARTS = {"relu": "he_normal", "elu": "he_normal", "gelu": "he_normal", "selu": "lecun_normal"}


def hidden(keras: Any, units: Sequence[int], activation: Activation, dropout: float = 0.0) -> list[Any]:
    """Dense layers, each with its activation, and dropout behind it; the kind that keeps SELU's mean behind SELU."""
    layers = keras.layers
    left_out = layers.AlphaDropout if activation == "selu" else layers.Dropout
    made = []
    for k, count in enumerate(units, 1):
        start = STARTS.get(activation, "glorot_uniform")
        made.append(layers.Dense(count, activation, kernel_initializer=start, name=f"hidden_{k}"))
        if dropout:
            made.append(left_out(dropout, name=f"dropout_{k}"))
    return made
