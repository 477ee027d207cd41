"""The stores that every test of the suite is asked of: memory, a folder, a URL of fsspec's own, a real S3 server."""

import itertools
from pathlib import Path

import pytest

import object_store
from vitrail.store import Folder, Memory, Remote, Retried

BUCKET = "vitrail-tests"
COUNT = itertools.count()
KINDS = ("memory", "folder", "url", "retried", pytest.param("s3", marks=pytest.mark.xdist_group("s3")))


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """The address of a real S3 server with one empty bucket."""
    if object_store.program() is None:
        pytest.skip(object_store.MISSING)
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed; it comes with the extra `aws`")
    with object_store.object_store(tmp_path_factory.mktemp("s3")) as address:
        s3fs.S3FileSystem(**object_store.options(address), skip_instance_cache=True).mkdir(BUCKET)
        yield address


@pytest.fixture(params=KINDS)
def store(request, tmp_path):
    """An empty store of each kind."""
    return made(request.param, tmp_path, request)


def made(kind: str, folder: Path, request):
    match kind:
        case "memory":
            return Memory()
        case "folder":
            return Folder(folder / "store")
        case "url":
            return Remote(f"memory://test-{next(COUNT)}")
        case "retried":
            return Retried(Folder(folder / "store"))
    address = request.getfixturevalue("s3")
    return Remote(f"s3://{BUCKET}/test-{next(COUNT)}", **object_store.options(address))
