"""What a command is given as DATA or as a setting: pictures, arrays, tables, texts. Pickles are never opened."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs import Images, Text
from vitrail.model import Model
from vitrail.train.folders import text_in
from vitrail.train.frames import table_in

PICTURES = ".png .jpg .jpeg .bmp .gif .webp .tif .tiff".split()
ARRAYS = ".npy .npz".split()
TABLES = ".csv .parquet".split()
TEXTS = [".txt"]
LONGEST = 255  #: bytes of the name of a file; longer ones are texts
KINDS = f"Pictures ({', '.join(PICTURES)}), one array (.npy, or .npz with one array), or one table (.csv, .parquet)"


def read(model: Model, data: Sequence[str]) -> Any:
    """x out of what stands on the command line: paths, or the texts themselves for a model that reads texts.

    Raises BadInput for what is missing, of an unknown kind, mixed, or a pickle.
    """
    if isinstance(model.modality, Text) and not (len(data) == 1 and suffix(data[0]) in (*ARRAYS, *TABLES)):
        return [text(each) for each in data]
    for each in data:
        refuse_missing(each)
    kinds = {kind_of(each) for each in data}
    if len(kinds) > 1 or (kinds != {"pictures"} and len(data) > 1):
        raise BadInput(
            f"{len(data)} files were given, {', '.join(sorted(kinds))} among them. Several pictures, or one file with "
            "all examples, was expected. Put the examples into one array or table."
        )
    if kinds == {"pictures"}:
        return pictures(model, data)
    return array(data[0]) if kinds == {"arrays"} else frame(data[0])


def text(given: str) -> str:
    """A text as it stands, or what a .txt file holds. One word that ends like a file, or names a folder, is a path."""
    if any(map(str.isspace, given)) or len(given.encode()) > LONGEST:
        return given
    known, folder = suffix(given) in (*TEXTS, *ARRAYS, *TABLES), Path(given).is_dir()
    if not known and not folder:
        return given
    if suffix(given) in TEXTS and Path(given).is_file():
        return text_in(Path(given))
    what = "is a folder" if folder else "is no file that is read here"
    raise BadInput(
        f"{given!r} {what}. Texts, .txt files, or one table or array alone, were expected. Check the path; a text that "
        "looks like one can stand in a .txt file.",
        path=given,
    )


def suffix(path: str) -> str:
    return Path(path).suffix.lower()


def refuse_missing(path: str) -> None:
    if Path(path).is_file():
        return
    what = "is a folder" if Path(path).is_dir() else "does not exist"
    raise BadInput(
        f"{path!r} {what}. {KINDS} were expected; texts only for a model with a tokenizer. "
        "Check the path, or give --tokenizer FOLDER."
    )


def kind_of(path: str) -> str:
    for name, suffixes in (("pictures", PICTURES), ("arrays", ARRAYS), ("tables", TABLES)):
        if suffix(path) in suffixes:
            return name
    raise BadInput(f"{path!r} is of no known kind. {KINDS} were expected. Convert it; pickles are never opened.")


def pictures(model: Model, paths: Sequence[str]) -> list[Path]:
    if not isinstance(model.modality, Images):
        raise BadInput(
            f"{model.name} was not told how to read pictures. Their size and scaling were expected. "
            "Add --image-size HEIGHT,WIDTH, and --image-mean, --image-std, --image-scale as it was trained."
        )
    return [Path(path) for path in paths]


def array(path: str) -> Any:
    """One array, (batch, ...).

    Raises BadInput for several, for objects (they are pickled), and for what is no whole file.
    """
    try:
        with Path(path).open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            names = loaded.files
            if len(names) == 1:
                return loaded[names[0]]
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{path!r} could not be read as numbers ({str(error).splitlines()[0]}). A whole .npy or .npz file was "
            "expected; arrays of objects are pickles and are never opened. Save it again with numpy.save."
        ) from error
    raise BadInput(
        f"{path!r} holds {len(names)} arrays: {', '.join(names) or 'none'}. One was expected. "
        "Save the one that is meant in a file of its own."
    )


def masks(path: str) -> Any:
    """Masks out of an array, or boxes out of JSON: for each picture [left, top, right, bottom], or a list of these.

    Raises BadInput for what is no whole file, or no list.
    """
    if suffix(path) != ".json":
        return array(path)
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise _no_boxes(path, f"could not be read as JSON ({error})") from error
    if not isinstance(found, list):
        raise _no_boxes(path, f"holds a {type(found).__name__}")
    return found


def _no_boxes(path: str, why: str) -> BadInput:
    return BadInput(
        f"{path!r} {why}. A list was expected, with [left, top, right, bottom] for each example, or a list of "
        "these. Write it so, or give masks as .npy."
    )


def frame(path: str) -> Any:
    """A table as a pandas DataFrame.

    Raises MissingExtra without pandas, BadInput for what is no table.
    """
    return table_in(Path(path))


def value(text: str) -> Any:
    """A setting: JSON where it is JSON, the array or table in a file, otherwise the text itself."""
    if suffix(text) in (*ARRAYS, *TABLES):
        refuse_missing(text)
        return array(text) if suffix(text) in ARRAYS else frame(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def numbers(text: str, flag: str) -> list[float]:
    """Numbers parted by commas; raises BadSetting for anything else."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadSetting(
            f"{flag} {text!r} is not a number, nor numbers parted by commas. Something like 0.5 or "
            "0.485,0.456,0.406 was expected. Write it so.",
            setting=flag,
        ) from error


def lines(path: Path) -> list[str]:
    """The names in a text file, one a line; raises BadInput when there are none."""
    if not path.is_file():
        raise BadInput(
            f"there is no file {str(path)!r}. A text file with one name a line was expected. Check the path."
        )
    try:
        found = [name.strip() for name in path.read_text(encoding="utf-8").splitlines() if name.strip()]
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{str(path)!r} is no text in UTF-8 ({error}). One name a line was expected. Save it again."
        ) from error
    if not found:
        raise BadInput(f"{str(path)!r} is empty. One name a line was expected. Write the names into it.")
    return found
