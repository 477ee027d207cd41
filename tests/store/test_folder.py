"""A store in a folder: whole files or none, and what the system says in our words."""

import errno
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from vitrail.errors import DiskFull, StoreFailed
from vitrail.store.folder import Folder, files


def test_the_key_is_the_path(tmp_path):
    Folder(tmp_path).put("models/digits", b"1")
    assert (tmp_path / "models" / "digits").read_bytes() == b"1"


def test_what_is_being_written_is_no_key(tmp_path):
    store = Folder(tmp_path)
    store.put("a/b", b"1")
    (tmp_path / "a" / ".b.half").write_bytes(b"half")
    assert list(store.list()) == ["a/b"]
    assert [Path(path).name for path in files(tmp_path)] == ["b"]


def test_a_full_disk_keeps_what_was_there(tmp_path, monkeypatch):
    store = Folder(tmp_path)
    store.put("a", b"before")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vitrail.store.folder.write_whole", full)
    with pytest.raises(DiskFull, match=r"no room left in .* \(No space left on device\)"):
        store.put("a", b"after")
    assert store.get("a") == b"before"


def test_a_really_full_disk(tmp_path):
    """A file system of 1 MB, filled: an error, the old bytes, and nothing half-written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system could be mounted here: {done.stderr.strip()}")
    try:
        store = Folder(disk)
        store.put("a", b"x" * 600_000)
        with pytest.raises(DiskFull):
            store.put("a", b"y" * 600_000)
        assert store.get("a") == b"x" * 600_000
        assert [path.name for path in disk.rglob("*") if path.is_file()] == ["a"]
        store.delete("a")
        assert store.put("a", b"y" * 600_000)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreFailed, match="does not allow it") as caught:
        Folder(tmp_path / "store").put("a/b", b"1")
    assert caught.value.facts["passing"] is False


def test_a_folder_that_may_not_be_written(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr("vitrail.store.folder.write_whole", refused)
    with pytest.raises(StoreFailed, match="Permission denied"):
        Folder(tmp_path).put("a", b"1")


def test_links_are_not_followed_by_lists(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("1")
    store = Folder(tmp_path / "store")
    store.put("a", b"1")
    (tmp_path / "store" / "link").symlink_to(tmp_path / "outside")
    assert list(store.list()) == ["a"]


def test_kill_9_while_writing_leaves_the_old_or_the_new(tmp_path):
    """A process that replaces 4 MB again and again is killed; the file is whole, and the list holds nothing else."""
    code = textwrap.dedent(f"""
        from pathlib import Path
        from vitrail.store.folder import Folder
        store, turn = Folder(Path({str(tmp_path)!r})), 0
        while True:
            store.put("a", bytes([turn % 256]) * 4_000_000)
            turn += 1
            print(turn, flush=True)
    """)
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    for _ in range(5):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    found = Folder(tmp_path).get("a")
    assert len(found) == 4_000_000
    assert len(set(found)) == 1
    assert list(Folder(tmp_path).list()) == ["a"]
