"""A store behind a URL: what is refused, and what a library says in our words."""

import errno
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import object_store
from vitrail.errors import BadSetting, DiskFull, MissingExtra, NoSuchKey, StoreFailed
from vitrail.store.remote import Remote, refused_twin
from vitrail.store.retried import Retried

BUCKET = "vitrail-tests"


def test_a_url_that_nothing_speaks():
    with pytest.raises(BadSetting, match="no store speaks 'gopher'"):
        Remote("gopher://host/folder")


def test_a_library_that_is_missing(monkeypatch):
    def absent(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.url_to_fs", absent)
    with pytest.raises(MissingExtra, match=r"needs s3fs.*vitrail\[aws\]"):
        Remote("s3://bucket/folder")


def test_credentials_in_a_url_are_refused_and_not_repeated():
    with pytest.raises(BadSetting, match="holds an @") as caught:
        Remote("s3://key:topsecret@bucket/folder")
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("url", ["memory://slashes/", "memory://slashes//"])
def test_slashes_at_the_end_are_nothing(url):
    Remote("memory://slashes").put("a/b", b"1")
    assert list(Remote(url).list()) == ["a/b"]


def test_what_the_file_system_says_is_told():
    store = Remote("memory://failing")
    for error, kind, passes in (
        (PermissionError("Forbidden"), StoreFailed, False),
        (OSError(errno.EIO, "broken"), StoreFailed, True),
        (TimeoutError("slow"), StoreFailed, True),
        (RuntimeError("of its own"), StoreFailed, True),
    ):
        store._files = Failing(error)
        with pytest.raises(kind, match=type(error).__name__) as caught:
            store.put("a", b"1")
        assert caught.value.facts["passing"] is passes
    store._files = Failing(OSError(errno.ENOSPC, "No space left"))
    with pytest.raises(DiskFull):
        store.put("a", b"1")


class Failing:
    def __init__(self, error):
        self.error = error

    def pipe_file(self, *_, **__):
        raise self.error


def test_only_a_taken_key_is_a_refused_twin():
    assert refused_twin(OSError("PreconditionFailed: at least one condition did not hold"))
    assert refused_twin(OSError("ConditionalRequestConflict"))
    assert not refused_twin(OSError("SlowDown"))


# -- a real server -----------------------------------------------------------------------------------------


@pytest.mark.xdist_group("s3")
def test_a_wrong_secret(s3):
    store = Remote(f"s3://{BUCKET}/x", **object_store.options(s3, secret="wrong"))
    for ask in (lambda: store.put("a", b"1"), lambda: store.get("a"), store.list):
        with pytest.raises(StoreFailed, match="PermissionError") as caught:
            ask()
        assert caught.value.facts["passing"] is False


@pytest.mark.xdist_group("s3")
def test_a_bucket_that_is_not_there(s3):
    store = Remote("s3://vitrail-nowhere/x", **object_store.options(s3))
    with pytest.raises(NoSuchKey):
        store.get("a")
    assert list(store.list()) == []


@pytest.mark.xdist_group("s3")
@pytest.mark.slow
def test_more_keys_than_one_page(s3):
    store = Remote(f"s3://{BUCKET}/paged", **object_store.options(s3))
    keys = [f"n/{i:04d}" for i in range(1100)]
    for key in keys:
        store.put(key, b"")
    assert list(store.list("n/")) == keys


# -- a server that fails -----------------------------------------------------------------------------------


@pytest.fixture
def answers():
    """Statuses that a server gives before it answers as S3 does for a key with the bytes `kept`; and its address."""
    plan: list[int] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # clients ask whether they may send before they do

        def do_GET(self):
            self.given()

        do_HEAD = do_GET

        def do_PUT(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.given()

        def given(self):
            status = plan.pop(0) if plan else 200
            body = b"kept" if status == 200 else b"<Error><Code>SlowDown</Code></Error>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_):
            """Not a word."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield plan, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def impatient(address: str) -> Remote:
    """A store that asks once, without the tries that botocore and s3fs make by themselves."""
    given = object_store.options(address)
    store = Remote("s3://bucket/x", **given, config_kwargs={"retries": {"max_attempts": 0}})
    store._files.retries = 1
    return store


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_is_asked_again(answers, status):
    plan, address = answers
    pytest.importorskip("s3fs", reason="s3fs is not installed; it comes with the extra `aws`")
    plan[:] = [status] * 2
    waits = []
    assert Retried(impatient(address), sleep=waits.append).get("a") == b"kept"
    assert len(waits) == 2


def test_a_server_that_fails_for_ever(answers):
    plan, address = answers
    pytest.importorskip("s3fs", reason="s3fs is not installed; it comes with the extra `aws`")
    plan[:] = [503] * 99
    store = Retried(impatient(address), attempts=3, sleep=lambda _: None)
    with pytest.raises(StoreFailed, match="Check the URL") as caught:
        store.put("a", b"1")
    assert caught.value.facts["passing"] is True
    assert len(plan) == 96
