"""Contents under keys of their own: kept once, checked when read, whole folders or none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vitrail.errors import AlreadyExists, BadInput, CannotOpen, NoSuchKey
from vitrail.store import Memory
from vitrail.store.contents import fetch_folder, keep, keep_folder, kept, listed


def test_the_same_bytes_are_kept_once(store):
    key = keep(store, b"weights")
    assert keep(store, b"weights") == key
    assert kept(store, key) == b"weights"
    assert list(store.list()) == [key]


def test_bytes_that_changed_are_not_given_out(store):
    key = keep(store, b"weights")
    store.put(key, b"other weights")
    with pytest.raises(CannotOpen, match="is damaged: its SHA-256 is another"):
        kept(store, key)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "run"
    (made / "deep" / "er").mkdir(parents=True)
    (made / "run.json").write_text("{}")
    (made / "deep" / "er" / "weights.bin").write_bytes(b"\0\1")
    (made / "empty").write_bytes(b"")
    return made


def test_a_folder_comes_back(store, folder, tmp_path):
    key = keep_folder(store, folder)
    back = fetch_folder(store, key, tmp_path / "back")
    assert tree(back) == tree(folder)


def test_the_same_folder_has_the_same_key(folder, tmp_path):
    one, other = Memory(), Memory()
    key = keep_folder(one, folder)
    assert keep_folder(other, fetch_folder(one, key, tmp_path / "elsewhere")) == key


@given(files=some.dictionaries(some.from_regex(r"[a-z]{1,3}/[a-z]{1,3}", fullmatch=True), some.binary(), min_size=1))
def test_any_files_come_back(tmp_path_factory, files):
    here = tmp_path_factory.mktemp("files")
    for name, data in files.items():
        path = here / "given" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    store = Memory()
    back = fetch_folder(store, keep_folder(store, here / "given"), here / "back")
    assert tree(back) == files


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_hidden_files_stay_away(store, folder):
    (folder / ".half-written").write_text("1")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "file").write_text("1")
    assert sorted(listed(store, keep_folder(store, folder))) == ["deep/er/weights.bin", "empty", "run.json"]


def test_links_are_refused(store, folder):
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match="'link' in .* is no ordinary file"):
        keep_folder(store, folder)


def test_links_to_folders_are_refused(store, folder, tmp_path):
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(BadInput, match="is no ordinary file"):
        keep_folder(store, folder)


def test_an_empty_folder(store, tmp_path):
    with pytest.raises(BadInput, match="there is no file in the folder"):
        keep_folder(store, tmp_path)


def test_what_is_there_stays(store, folder, tmp_path):
    key = keep_folder(store, folder)
    (tmp_path / "mine").mkdir()
    with pytest.raises(AlreadyExists):
        fetch_folder(store, key, tmp_path / "mine")


def test_half_a_folder_is_never_seen(store, folder, tmp_path):
    key = keep_folder(store, folder)
    store.delete(listed(store, key)["run.json"])
    with pytest.raises(NoSuchKey):
        fetch_folder(store, key, tmp_path / "back")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "store") == ["run"]


@pytest.mark.parametrize(
    "text", [b"\x80", b"no json", b"[]", b"{}", b'{"format": "vitrail-folder-1"}', b'{"format": "other", "files": {}}']
)
def test_what_is_no_list_of_files(store, text, tmp_path):
    with pytest.raises(CannotOpen, match="is no folder"):
        fetch_folder(store, keep(store, text), tmp_path / "back")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", ".hidden", ""])
def test_a_list_that_leads_elsewhere(store, name, tmp_path):
    key = keep(store, json.dumps({"format": "vitrail-folder-1", "files": {name: keep(store, b"1")}}).encode())
    with pytest.raises(BadInput, match="is no key"):
        fetch_folder(store, key, tmp_path / "back")
    assert not (tmp_path / "back").exists()
