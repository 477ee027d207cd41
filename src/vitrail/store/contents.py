"""Bytes and folders under keys of their contents: the same bytes are kept once, and checked when they are read."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrail.errors import AlreadyExists, BadInput, CannotOpen
from vitrail.store.keys import checked, content_key, is_content

if TYPE_CHECKING:
    from vitrail.store import Store

FORMAT = "vitrail-folder-1"


def keep(store: "Store", data: bytes) -> str:
    """Put bytes, unless they are there; their key."""
    key = content_key(data)
    store.put(key, data, once=True)
    return key


def kept(store: "Store", key: str) -> bytes:
    """The bytes of a content key. Raises NoSuchKey, and CannotOpen for bytes that have changed since."""
    data = store.get(key)
    if is_content(key, data):
        return data
    raise CannotOpen(
        f"what lies under {key!r} in {store} is damaged: its SHA-256 is another. The bytes that were put there were "
        "expected. Delete it, and put it there again.",
        key=key,
    )


def keep_folder(store: "Store", folder: Path) -> str:
    """Put every file below a folder, and a list of them; the key of the list.

    Names that begin with a dot are left out. Raises BadInput for links, for names that are no keys, and where there is
    no file at all.
    """
    files = {path.relative_to(folder).as_posix(): keep(store, path.read_bytes()) for path in ordinary(folder)}
    if not files:
        raise BadInput(f"there is no file in the folder {str(folder)!r}. One at least was expected. Check the path.")
    text = json.dumps({"format": FORMAT, "files": files}, sort_keys=True, indent=1)
    return keep(store, text.encode())


def ordinary(folder: Path) -> Iterator[Path]:
    """The files below a folder, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or path.is_dir() and not path.is_symlink():
            continue
        checked(inside.as_posix())
        if path.is_symlink() or not path.is_file():
            raise BadInput(
                f"{inside.as_posix()!r} in {str(folder)!r} is no ordinary file. Files and folders were expected. Put "
                "the file itself there."
            )
        yield path


def fetch_folder(store: "Store", key: str, to: Path) -> Path:
    """The folder that was kept, whole or not at all, at a path where nothing is.

    Raises AlreadyExists, NoSuchKey, and CannotOpen for what is no list of files.
    """
    if to.exists():
        raise AlreadyExists(to)
    files = listed(store, key)
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=to.parent, prefix=f".{to.name[:100]}."))
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(kept(store, content))
        beside.chmod(0o755)
        beside.rename(to)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return to


def listed(store: "Store", key: str) -> dict[str, str]:
    """Path in the folder -> key of its bytes. Raises CannotOpen for what is no list of files."""
    try:
        about: Any = json.loads(kept(store, key))
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
            raise no_folder(store, key) from error
        raise
    if not isinstance(about, dict) or about.get("format") != FORMAT or not isinstance(about.get("files"), dict):
        raise no_folder(store, key)
    return {checked(str(name)): checked(str(content)) for name, content in about["files"].items()}


def no_folder(store: object, key: str) -> CannotOpen:
    return CannotOpen(
        f"what lies under {key!r} in {store} is no folder. A list of files of the format {FORMAT!r} was expected. Read "
        "it as bytes.",
        key=key,
    )
