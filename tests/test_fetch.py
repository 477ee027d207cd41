"""Fetching takes what it was told to take, checked against its hash, and nothing else."""

import hashlib
import runpy
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = b"a,b\n1,2\n"


@pytest.fixture
def fetch():
    """The names of benchmarks/fetch.py."""
    return runpy.run_path(str(ROOT / "benchmarks/fetch.py"))


def packed(folder):
    """A package that holds a zip file with two tables, as if it had just been unpacked."""
    (folder / "all").mkdir()
    with zipfile.ZipFile(folder / "all" / "inner.zip", "w") as file:
        file.writestr("core/wanted.csv", TEXT)
        file.writestr("core/other.csv", b"other")
    return folder / "all"


def asked(fetch, digest):
    source = fetch["Source"](fetch["inside"](packed, "inner.zip"), {"core/wanted.csv": digest})
    fetch["SOURCES"]["tables"] = source
    return fetch["folder_of"]


def test_a_table_in_a_zip_file_in_a_package(fetch, tmp_path):
    folder = asked(fetch, hashlib.sha256(TEXT).hexdigest())("tables", tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["wanted.csv"]
    assert (folder / "wanted.csv").read_bytes() == TEXT


def test_another_version_is_refused(fetch, tmp_path):
    with pytest.raises(SystemExit, match=r"wanted.csv has SHA-256 .*Another version was fetched"):
        asked(fetch, "0" * 64)("tables", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pages_of_the_docs_find_what_they_read(fetch):
    shared = runpy.run_path(str(ROOT / "tests/data/fetch.py"))["SHARED"]
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for name in shared:
        assert name in fetch["SOURCES"]
        assert f".data/{name}/" in read
