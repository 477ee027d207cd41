"""How tables, pictures and texts became numbers, as JSON beside a network, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vitrail.errors import CannotOpen, MissingExtra
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table

TOKENIZER = "tokenizer"  #: folder with a tokenizer, beside the network


def as_json(modality: Images | Table | Text | None) -> dict[str, Any] | None:
    """Plain JSON; the tokenizer of texts stays in its own folder."""
    if modality is None:
        return None
    if isinstance(modality, Text):
        column = {} if modality.column is None else {"column": modality.column}
        return {"inputs": "texts", "max_length": modality.max_length, **column}
    return {"inputs": "pictures" if isinstance(modality, Images) else "table", **asdict(modality)}


def of_json(told: Mapping[str, Any] | None, folder: Path) -> Images | Table | Text | None:
    """The modality that was written down.

    Raises CannotOpen for what is none, BadSetting for settings that do not fit, MissingExtra.
    """
    if told is None:
        return None
    rest = {name: value for name, value in told.items() if name != "inputs"}
    kind = told.get("inputs")
    try:
        if kind == "pictures":
            return Images(**{**rest, "size": tuple(rest["size"])})
        if kind == "table":
            return Table(**rest)
    except (TypeError, KeyError) as error:
        raise CannotOpen(
            f"{str(folder)!r} says its inputs as {dict(told)!r} ({error}). What training wrote was expected. Train "
            "again."
        ) from error
    if kind == "texts":
        return Text(tokenizer(folder / TOKENIZER), rest.get("max_length"), rest.get("column"))
    raise CannotOpen(
        f"{str(folder)!r} says its inputs are {kind!r}. 'pictures', 'table' or 'texts' was expected. Train again, or "
        "open the file of the network itself."
    )


def tokenizer(folder: Path) -> Any:
    """The tokenizer that a folder holds; nothing is asked of any other host, no code out of the folder is run."""
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers", "hf", "opening a tokenizer") from error
    try:
        return transformers.AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        words = str(error).splitlines()[0] if folder.is_dir() else "there is no such folder"
        raise CannotOpen(
            f"the folder {str(folder)!r} holds no tokenizer that transformers can open ({words}). A folder written by "
            "tokenizer.save_pretrained() was expected. Save it there."
        ) from error
