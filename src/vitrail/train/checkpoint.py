"""What training needs to go on after it was killed: written whole or not at all after every epoch."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from vitrail.errors import CannotOpen, DiskFull
from vitrail.explanation import Array, write_whole

LAST = "last.safetensors"


def arrays_of(variables: Sequence[Any]) -> list[Array]:
    """The numbers of keras variables, in their order."""
    import keras

    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def restore(variables: Sequence[Any], arrays: Sequence[Array]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def write(path: Path, arrays: Mapping[str, Sequence[Array]], state: Mapping[str, Any]) -> None:
    """Groups of arrays, and what else is to be known, in one file.

    Raises DiskFull when it cannot be written; what was there before stays.
    """
    flat = {f"{group}/{i}": np.asarray(a, order="C") for group, some in arrays.items() for i, a in enumerate(some)}
    try:
        write_whole(path, save(flat, {"state": json.dumps(state)}), overwrite=True)
    except OSError as error:
        raise DiskFull(
            f"{str(path)!r} could not be written ({error}). The checkpoint before it is whole and stays. Make room, "
            "and start the same training again: it goes on from there."
        ) from error


def read(path: Path) -> tuple[dict[str, list[Array]], dict[str, Any]] | None:
    """What `write` wrote; None where there is no file.

    Raises CannotOpen for a file that is no checkpoint.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, "np") as file:
            state = json.loads((file.metadata() or {})["state"])
            keys = sorted(file.keys(), key=lambda key: (key.split("/")[0], int(key.split("/")[1])))
            groups: dict[str, list[Array]] = {}
            for key in keys:
                groups.setdefault(key.split("/")[0], []).append(file.get_tensor(key))
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise CannotOpen(
            f"{str(path)!r} is no checkpoint ({error}). What an interrupted training left was expected. Remove the "
            "folder of the run, and train again."
        ) from error
    return groups, state
