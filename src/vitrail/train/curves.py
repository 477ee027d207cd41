"""How a network learnt: its losses and measures, epoch by epoch, each where it belongs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation

VALIDATION = "val_"
NO_MEASURES = ("phase", "epoch", "rate")


def curves(history: Sequence[Mapping[str, Any]], about: Mapping[str, Any] | None = None) -> Explanation:
    """Learning curves, of kind "training".

    history   one row for each epoch: phase, epoch, rate, loss, val_loss and what else was measured
    about     recipe, settings and versions, for the provenance

    Arrays: "values" (step, metric) what was measured, NaN where nothing was; "at" (step, metric) where it belongs, in
    epochs since the beginning; "rate" (step,) at the end of each epoch; "phase" (step,) the number of the phase. What
    is measured while an epoch runs is the mean over it, of networks that were on average half an epoch younger than
    the one that is validated at its end: it belongs half an epoch earlier.

    Raises BadInput when there is not one epoch.
    """
    if not history:
        raise BadInput("the history has no epochs. A row for each was expected. Train for at least one.")
    names = list(dict.fromkeys(name for row in history for name in row if name not in NO_MEASURES))
    phases = list(dict.fromkeys(str(row.get("phase", "")) for row in history))
    values = np.array([[measure(row.get(name)) for name in names] for row in history])
    ends = np.arange(1, len(history) + 1, dtype=np.float64)
    return Explanation(
        "training",
        {
            "values": values,
            "at": np.stack([place(name, ends) for name in names], 1),
            "rate": np.array([measure(row.get("rate")) for row in history]),
            "phase": np.array([phases.index(str(row.get("phase", ""))) for row in history]),
        },
        {"values": ("step", "metric"), "at": ("step", "metric"), "rate": ("step",), "phase": ("step",)},
        {"epochs": len(history), **best(history)},
        values,
        {},
        {"metric": names, "phase": phases},
        {"method": "training", **(about or {})},
    )


def place(name: str, ends: Array) -> Array:
    """Where a measure belongs, from the ends of the epochs."""
    return ends if name.startswith(VALIDATION) else ends - 0.5


def measure(value: Any) -> float:
    return float("nan") if value in (None, "") else float(value)


def best(history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The epoch whose weights were kept, counted from the beginning of all phases: the lowest validation loss."""
    losses = np.array([measure(row.get("val_loss")) for row in history])
    if not np.isfinite(losses).any():
        return {}
    place = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
    return {"best_epoch": place + 1, "val_loss": float(losses[place])}
