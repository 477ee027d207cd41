"""Folders to learn from: one folder for each class, of pictures or of texts, in parts or to be parted."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput, first
from vitrail.explanation import Array
from vitrail.train.data import PARTS, Part
from vitrail.train.pictures import of_pictures
from vitrail.train.reading import PART_OF, Read, Reading
from vitrail.train.texts import of_texts

PICTURES = ".png .jpg .jpeg .bmp .gif .webp .tif .tiff".split()
TEXTS = [".txt"]
LAYOUT = "Training/<class>/*.jpg and Testing/<class>/*.jpg, or <class>/*.jpg, of pictures or .txt files,"


@dataclass(frozen=True, eq=False)
class Found:
    """Files, in order: by part, class and name.

    files    their paths
    classes  the number of the class of each, and the names in order
    rows     the parts, where the folder names them
    ignored  other files that lie around, relative to the folder
    """

    files: list[Path]
    answers: Array
    classes: tuple[str, ...]
    rows: dict[Part, Array]
    ignored: list[str]


def of_folder(folder: Path, reading: Reading) -> Read:
    """Pictures or texts; hidden files are not looked at, other files are left aside and written down.

    Raises BadInput for a folder that is empty or laid out otherwise.
    """
    found = scan(folder)
    about: dict[str, Any] = {"ignored": found.ignored[:20], "ignored_count": len(found.ignored)}
    if found.files[0].suffix.lower() in PICTURES:
        return of_pictures(folder, found.files, found.answers, found.classes, found.rows, reading, about)
    texts = [text_in(path) for path in found.files]
    read = of_texts(texts, found.answers, reading, found.rows)
    return Read(
        read.answers,
        lambda train: (done := read.make(train))._replace(source={**done.source, **about}),
        read.rows,
        found.classes,
        True,
    )


def scan(folder: Path) -> Found:
    """What the folder holds."""
    places = list(class_folders(folder))
    files, classes, parts = [], [], []
    ignored = [str(path.relative_to(folder)) for path in strays(folder, [place for _, place in places])]
    for part, place in places:
        own, others = held(place)
        refuse_deeper(folder, place)
        ignored += [str(path.relative_to(folder)) for path in others]
        if not own:
            raise BadInput(
                f"the folder {str(place)!r} holds no pictures and no texts. {LAYOUT} was expected. Fill it, or remove "
                "it.",
                path=str(place),
            )
        files += own
        classes += [place.name] * len(own)
        parts += [part] * len(own)
    refuse_few(folder, files, classes)
    names = tuple(sorted(set(classes)))
    rows = {part: np.flatnonzero([own == part for own in parts]) for part in PARTS}
    return Found(
        files,
        np.array([names.index(name) for name in classes]),
        names,
        {part: own for part, own in rows.items() if len(own)},
        ignored,
    )


def class_folders(folder: Path) -> Iterator[tuple[Part | None, Path]]:
    """Each folder of a class with its part; None where the source has none."""
    inner = {place: PART_OF.get(place.name.casefold()) for place in folders_in(folder)}
    if "train" not in inner.values():
        yield from ((None, place) for place in inner)
        return
    for part in PARTS:
        for place in (place for place, own in inner.items() if own == part):
            yield from ((part, each) for each in folders_in(place))


def visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def folders_in(folder: Path) -> list[Path]:
    return [path for path in visible(folder) if path.is_dir()]


def strays(folder: Path, places: list[Path]) -> Iterator[Path]:
    """Files that lie beside the folders of classes, and folders that are no part."""
    above = {folder, *(place.parent for place in places)}
    for place in sorted(above):
        yield from (path for path in visible(place) if path not in above and path not in places)


def held(place: Path) -> tuple[list[Path], list[Path]]:
    """Pictures and texts of one class, and other files."""
    files = [path for path in visible(place) if path.is_file()]
    known = [path for path in files if path.suffix.lower() in (*PICTURES, *TEXTS)]
    return known, [path for path in files if path not in set(known)]


def refuse_deeper(folder: Path, place: Path) -> None:
    """Raise BadInput for folders in the folder of a class: what is in them would be lost."""
    for inner in folders_in(place):
        if any(Path(name).suffix.lower() in (*PICTURES, *TEXTS) for _, _, names in os.walk(inner) for name in names):
            raise BadInput(
                f"{str(inner.relative_to(folder))!r} lies in the folder of the class {place.name!r} and holds "
                f"examples. {LAYOUT} was expected. Move them one folder up, or name the right folder.",
                path=str(inner),
            )


def refuse_few(folder: Path, files: list[Path], classes: list[str]) -> None:
    if not files:
        raise BadInput(
            f"the folder {str(folder)!r} holds no folders of classes. {LAYOUT} was expected. Check the path.",
            path=str(folder),
        )
    if len(set(classes)) < 2:
        raise BadInput(
            f"the folder {str(folder)!r} holds one class, {classes[0]!r}. Two classes or more were expected. Add a "
            "folder for another."
        )
    kinds = {path.suffix.lower() in TEXTS for path in files}
    if len(kinds) > 1:
        some = [next(path.name for path in files if (path.suffix.lower() in TEXTS) == kind) for kind in (False, True)]
        raise BadInput(
            f"the folder {str(folder)!r} holds both pictures and texts: {first(some)}. One kind was expected. Part "
            "them."
        )


def text_in(path: Path) -> str:
    """A text file in UTF-8; raises BadInput for another encoding."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{str(path)!r} is no text in UTF-8 ({error.reason}). Texts in UTF-8 were expected. Save it again."
        ) from error
