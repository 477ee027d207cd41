"""Pictures in files become bytes of one size, in memory or, when they are many, mapped from a file."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from vitrail.errors import BadInput, BadSetting, DiskFull, first
from vitrail.explanation import Array
from vitrail.inputs.modality import Images
from vitrail.inputs.pictures import to_image
from vitrail.train.data import Part
from vitrail.train.reading import Made, Read, Reading

LARGE = 10**9  #: bytes from which on pictures are mapped from a file
LISTED = 20  #: files that are named in what is written down
TURNED = (5, 6, 7, 8)  #: what EXIF calls pictures that lie on their side
ORIENTATION = 0x0112
GREY = ("L", "1", "LA", "I", "I;16", "I;16B", "I;16L")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


class Head(NamedTuple):
    """What the head of a file says: height and width the right way up, and whether it is grey."""

    size: tuple[int, int]
    grey: bool


def of_pictures(
    folder: Path,
    files: Sequence[Path],
    answers: Array,
    classes: tuple[str, ...],
    rows: Mapping[Part, Array],
    reading: Reading,
    about: Mapping[str, Any],
) -> Read:
    """Files of pictures, each of a class.

    Raises BadInput for pictures that cannot be read, all of them named, unless `skip_broken`.
    """
    heads, broken = heads_of(files)
    images = inputs_of([head for head in heads if head], reading, files, broken)
    x, images, more = loaded(files, heads, images, reading)
    broken = dict(sorted({**broken, **more}.items()))
    if broken and not reading.skip_broken:
        refuse_broken(folder, files, broken)
    good = np.array([i not in broken for i in range(len(files))])
    kept = np.cumsum(good) - 1
    known = {part: kept[own[good[own]]] for part, own in rows.items()}
    x = x if good.all() else x[good]
    answers = answers[good]
    sizes = sized([head for i, head in enumerate(heads) if head and i not in broken], answers, classes)
    source = {
        "kind": "pictures",
        **about,
        "skipped": [str(files[i].relative_to(folder)) for i in broken],
        "sizes": sizes,
        "size": list(images.size),
        "resized": sum(
            head is not None and head.size != images.size for i, head in enumerate(heads) if i not in broken
        ),
    }
    return Read(answers, lambda train: Made(x, images, source), known, classes, True)


def heads_of(files: Sequence[Path]) -> tuple[list[Head | None], dict[int, str]]:
    """What the heads say, and why some could not be read."""
    heads: list[Head | None] = []
    broken = {}
    for number, path in enumerate(files):
        try:
            with Image.open(path) as image:
                turned = image.getexif().get(ORIENTATION) in TURNED
                heads.append(Head(image.size if turned else image.size[::-1], image.mode in GREY))
        except BROKEN as error:
            heads.append(None)
            broken[number] = str(error).splitlines()[0] if str(error) else type(error).__name__
    return heads, broken


def refuse_broken(folder: Path, files: Sequence[Path], broken: Mapping[int, str]) -> None:
    names = [
        f"{str(files[i].relative_to(folder))!r} ({why.replace(str(files[i]), '...')})" for i, why in broken.items()
    ]
    raise BadInput(
        f"{len(broken)} of {len(files)} pictures could not be read: {first(names)}. Whole pictures were expected. "
        "Repair or remove them, or say skip_broken=True (--skip-broken), which leaves them out.",
        files=[str(files[i]) for i in broken],
    )


def inputs_of(heads: Sequence[Head], reading: Reading, files: Sequence[Path], broken: Mapping[int, str]) -> Images:
    """Size and colours that all pictures get: those asked for, else the most frequent size, grey where all are."""
    if not heads:
        raise BadInput(
            f"none of {len(files)} pictures could be read, the first because: {next(iter(broken.values()))}. PNG, JPEG "
            "or another format that PIL reads was expected. Save them again."
        )
    if isinstance(reading.inputs, Images):
        return reading.inputs
    count = Counter(head.size for head in heads)
    size = side(reading.size) if reading.size is not None else min(count, key=lambda own: (-count[own], own))
    return Images(size, mode=reading.mode or ("L" if all(head.grey for head in heads) else "RGB"))


def side(size: Any) -> tuple[int, int]:
    """(height, width), from one number too."""
    both = (size, size) if isinstance(size, int) else tuple(size)
    if len(both) != 2 or not all(isinstance(each, int) and each > 0 for each in both):
        raise BadSetting(
            f"size={size!r} does not fit. A side in pixels, or (height, width), was expected. Use size=224.",
            setting="size",
        )
    return both[0], both[1]


def loaded(
    files: Sequence[Path], heads: Sequence[Head | None], images: Images, reading: Reading
) -> tuple[Array, Images, dict[int, str]]:
    """All pictures as bytes (n, height, width, channel), and why some could not be read.

    Files that hold colours, but all of whose pixels are grey, become grey unless somebody asked for a mode.
    """
    x = room((len(files), *images.size, 3 if images.mode == "RGB" else 1), reading.cache)
    grey = images.mode == "RGB" and reading.mode is None and not isinstance(reading.inputs, Images)
    broken = {}
    for number, path in enumerate(files):
        if heads[number] is None:
            continue
        try:
            x[number] = images.picture(to_image(path))
        except (BadInput, *BROKEN) as error:
            broken[number] = str(error.__cause__ or error).splitlines()[0]
            continue
        grey = grey and bool((x[number] == x[number, ..., :1]).all())
    if not grey:
        return x, images, broken
    return x[..., :1], Images(images.size, mode="L"), broken


def room(shape: tuple[int, ...], cache: Any) -> Array:
    """Bytes in memory; a map of a nameless file where they are many, which goes when the process does.

    Raises DiskFull where there is no room for it.
    """
    wanted = int(np.prod(shape, dtype=np.int64))
    if wanted < LARGE:
        return np.zeros(shape, np.uint8)
    place = Path(cache or tempfile.gettempdir())
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise DiskFull(
            f"{shape[0]} pictures of {shape[1]} x {shape[2]} pixels need {wanted / 1e9:.1f} GB, and {str(place)!r} has "
            f"{free / 1e9:.1f} GB left. Room for all of them was expected. Make room, take another cache=, or a "
            "smaller size=."
        )
    with tempfile.TemporaryFile(dir=place) as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def sized(heads: Sequence[Head], answers: Array, classes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Class -> "height x width" as found -> how many."""
    found: dict[str, Counter[str]] = {name: Counter() for name in classes}
    for head, answer in zip(heads, answers.tolist(), strict=True):
        found[classes[answer]][f"{head.size[0]} x {head.size[1]}"] += 1
    return {name: dict(sorted(count.items())) for name, count in found.items()}
