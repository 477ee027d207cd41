"""Open a network from any framework: which file reads which source."""

import inspect
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vitrail.errors import CannotOpen, UnsafeFile, VitrailError
from vitrail.model import forests, huggingface, keras, lightgbm, xgboost
from vitrail.model.callable import CallableNetwork
from vitrail.model.export import of_program, open_export
from vitrail.model.network import Network, first_line
from vitrail.model.torch import TorchNetwork, open_script

KINDS = (
    "a torch.nn.Module, a Keras model, a PreTrainedModel, trees of XGBoost, LightGBM or scikit-learn, a function, or a "
    "path to .keras, .h5, .pt2, TorchScript, or a booster's own file"
)
WANTED = KINDS[0].upper() + KINDS[1:]
SAFE_WAY = (
    "Build the network in Python, load its weights with network.load_state_dict(torch.load(path, "
    "weights_only=True)) or "
    "safetensors.torch.load_file(path), and call vitrail.open(network)."
)


def network_of(source: Any) -> tuple[Network, Any]:
    """The network behind a source, and the tokenizer that came with it, if any."""
    if isinstance(source, str | os.PathLike):
        return _from_path(os.fspath(source))
    if keras.is_live(source):
        return keras.KerasNetwork(keras_on_torch(source)), None
    if huggingface.is_live(source):
        return huggingface.HuggingFaceNetwork(source), None
    for library in (xgboost, lightgbm, forests):
        if library.is_live(source):
            return library.network_of(source), None
    if isinstance(source, nn.Module):
        return TorchNetwork(source), None
    if isinstance(source, Mapping):
        raise CannotOpen(f"a {type(source).__name__} of weights has no architecture. {WANTED} was expected. {SAFE_WAY}")
    if isinstance(source, torch.export.ExportedProgram):
        return of_program(source), None
    if callable(source) and not inspect.isclass(source):
        return CallableNetwork(source), None
    raise _no_network(source)


def _no_network(source: Any) -> CannotOpen:
    if inspect.isclass(source):
        what, advice = f"{source.__name__} is a class", f"Make one, {source.__name__}(...), and pass that"
    elif hasattr(source, "predict_proba") or hasattr(source, "predict"):
        name = "predict_proba" if hasattr(source, "predict_proba") else "predict"
        what, advice = f"a {type(source).__name__} is an estimator", f"Pass its method: vitrail.open(estimator.{name})"
    else:
        what, advice = f"a {type(source).__name__} is not a network", "Pass one of those"
    return CannotOpen(f"{what}. {WANTED} was expected. {advice}.")


def keras_on_torch(source: Any) -> Any:
    """A live model only runs where keras runs on torch."""
    keras.on_torch()
    return source


def _from_path(path: str) -> tuple[Network, Any]:
    if path.startswith("hf:"):
        return huggingface.open_folder(path.removeprefix("hf:"))
    if not Path(path).exists():
        raise CannotOpen(f"there is no file {path!r}. {WANTED} was expected. Check the path.", path=path)
    if Path(path).is_dir():
        return _from_folder(path)
    return _reader(path)(path), None


def _from_folder(path: str) -> tuple[Network, Any]:
    if (Path(path) / "config.json").is_file():
        return huggingface.open_folder(path)
    raise CannotOpen(
        f"the folder {path!r} holds no config.json. A folder written by save_pretrained() was expected. Name a "
        "file instead."
    )


def _reader(path: str) -> Callable[[str], Network]:
    """What reads a file, by what is in it; its name is only a hint."""
    with Path(path).open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\x89HDF"):
        return keras.open_file
    if head.startswith(b"PK"):
        return _reader_of_zip(path)
    if head.startswith(lightgbm.HEAD):
        return lightgbm.open_file
    if xgboost.wrote(path):
        return xgboost.open_file
    _refuse(path, head)
    begins = f"it begins with {head!r}" if head else "it is empty"
    raise CannotOpen(
        f"{path!r} is not a file of a network, or was cut short: {begins}. {WANTED} was expected. "
        "Save or copy it again."
    )


def _reader_of_zip(path: str) -> Callable[[str], Network]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if min((entry.header_offset for entry in archive.infolist()), default=0) > 0:
                raise zipfile.BadZipFile("only a file inside it is whole")
    except zipfile.BadZipFile as error:
        raise CannotOpen(
            f"{path!r} is a zip file that was cut short ({error}). A whole .keras, .pt2 or TorchScript file was "
            "expected. "
            "Save or copy it again."
        ) from error
    if "config.json" in names and any(n.startswith("model.weights") for n in names):
        return keras.open_file
    if any("/code/" in n for n in names) and any(n.endswith("constants.pkl") for n in names):
        return whole(open_script)
    if any(n.endswith(("archive_format", "serialized_exported_program.json")) or "/models/" in n for n in names):
        return whole(open_export)
    if any(n.endswith("data.pkl") for n in names):
        raise _pickle(path)
    raise CannotOpen(
        f"{path!r} is a zip file, but holds no network that is known. {WANTED} was expected. Check the path."
    )


def whole(read: Callable[[str], Network]) -> Callable[[str], Network]:
    """A reader whose own errors become CannotOpen."""

    def reader(path: str) -> Network:
        try:
            return read(path)
        except VitrailError:
            raise
        except Exception as error:
            raise CannotOpen(
                f"{path!r} could not be read ({first_line(error)}). A whole file written by this or an older "
                "version of torch was expected. Save it again."
            ) from error

    return reader


def _refuse(path: str, head: bytes) -> None:
    """Pickles and bare weights: refused with the reason and the safe way."""
    if head[:1] == b"\x80" or Path(path).suffix in (".pkl", ".pickle", ".joblib"):
        raise _pickle(path)
    if Path(path).suffix == ".safetensors":
        raise CannotOpen(f"{path!r} holds weights without an architecture. {WANTED} was expected. {SAFE_WAY}")


def _pickle(path: str) -> UnsafeFile:
    return UnsafeFile(
        f"{path!r} is a pickle (a whole pickled module or a state dict): unpickling runs whatever code it holds, "
        "so it is "
        f"never opened. {WANTED} was expected. {SAFE_WAY}",
        path=path,
    )
