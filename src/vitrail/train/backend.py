"""Keras, on the backend that this process asks for."""

import importlib.util
import os
import sys
from typing import Any

from vitrail.errors import BadSetting, MissingExtra

BACKENDS = ("torch", "jax", "tensorflow")


def school() -> Any:
    """keras: on torch, unless the environment says KERAS_BACKEND=jax or tensorflow before keras is first imported.

    The files that come out are the same; explaining them needs torch, so in another process, see `vitrail.open`.

    Raises MissingExtra without keras or the backend, BadSetting for one that does not exist.
    """
    if importlib.util.find_spec("keras") is None:
        raise MissingExtra("keras", "keras", "training")
    wanted = os.environ.setdefault("KERAS_BACKEND", "torch") if "keras" not in sys.modules else ""
    if wanted and wanted not in BACKENDS:
        raise BadSetting(
            f"KERAS_BACKEND={wanted!r} is no backend. One of {', '.join(BACKENDS)} was expected. Set it, or leave it "
            "out for torch.",
            setting="KERAS_BACKEND",
        )
    if wanted and importlib.util.find_spec(wanted) is None:
        raise BadSetting(
            f"KERAS_BACKEND={wanted!r} is not installed. One of {', '.join(BACKENDS)} was expected. Install it (pip "
            f"install {wanted}), or leave KERAS_BACKEND out for torch.",
            setting="KERAS_BACKEND",
        )
    import keras

    return keras


def on_torch() -> bool:
    """Whether keras, once imported, runs on torch, so that what it trained can be opened in this process."""
    return bool(school().backend.backend() == "torch")
