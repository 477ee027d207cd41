"""Files of pictures as bytes: sizes, colours, broken files, and many of them in a file that is mapped."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from vitrail.errors import BadInput, BadSetting, DiskFull
from vitrail.inputs.modality import Images
from vitrail.train import pictures
from vitrail.train.sources import data_of

RNG = np.random.default_rng(0)


def write(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def noise(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Two classes of ten pictures in colour, 6 high and 4 wide."""
    for name in ("a", "b"):
        for i in range(10):
            write(tmp_path / name / f"{i}.png", noise(6, 4, 3))
    return tmp_path


def test_pixels_are_those_of_the_files(folder):
    data = data_of(folder)
    assert data.modality == Images((6, 4))
    assert data.x.dtype == np.uint8
    assert_array_equal(data.x[12], np.asarray(Image.open(folder / "b" / "2.png")))
    assert data.source["sizes"] == {"a": {"6 x 4": 10}, "b": {"6 x 4": 10}}
    assert data.source["resized"] == 0


def test_the_most_frequent_size_is_taken(folder):
    write(folder / "a" / "x.png", noise(12, 8, 3))
    data = data_of(folder)
    assert data.x.shape == (21, 6, 4, 3)
    assert (data.source["size"], data.source["resized"]) == ([6, 4], 1)
    assert data.source["sizes"]["a"] == {"12 x 8": 1, "6 x 4": 10}
    assert_array_equal(data.x[10], Images((6, 4)).picture(Image.open(folder / "a" / "x.png")))


@pytest.mark.parametrize(("size", "shape"), [(3, (3, 3)), ((3, 5), (3, 5))])
def test_a_size_is_said(folder, size, shape):
    data = data_of(folder, size=size)
    assert data.x.shape == (20, *shape, 3)
    assert data.source["resized"] == 20


@pytest.mark.parametrize("size", [0, (3,), (3, -1), (2.5, 2)])
def test_a_size_that_is_none(folder, size):
    with pytest.raises(BadSetting, match="size="):
        data_of(folder, size=size)


def test_inputs_decide(folder):
    images = Images((3, 3), mean=0.5, std=0.25, mode="L")
    data = data_of(folder, inputs=images)
    assert data.modality is images
    np.testing.assert_allclose(data.numbers(np.arange(2)), (data.x[:2] / 255 - 0.5) / 0.25, rtol=1e-5)


@pytest.mark.parametrize("stored", ["L", "RGB", "1", "LA"])
def test_grey_pictures_are_grey_however_they_are_stored(tmp_path, stored):
    for name in ("a", "b"):
        for i in range(5):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(noise(4, 4)).convert(stored).save(tmp_path / name / f"{i}.png")
    data = data_of(tmp_path)
    assert data.x.shape == (10, 4, 4, 1)
    assert data.modality.mode == "L"
    assert_array_equal(data.x[0, ..., 0], np.asarray(Image.open(tmp_path / "a" / "0.png").convert("L")))
    assert data_of(tmp_path, mode="RGB").x.shape == (10, 4, 4, 3)


def test_one_picture_in_colour_makes_all_so(tmp_path):
    for i in range(10):
        write(tmp_path / "ab"[i % 2] / f"{i}.png", noise(4, 4))
    write(tmp_path / "b" / "z.png", noise(4, 4, 3))
    assert data_of(tmp_path).x.shape == (11, 4, 4, 3)
    assert data_of(tmp_path, mode="L").x.shape == (11, 4, 4, 1)


def test_pictures_are_turned_upright(folder):
    image = Image.fromarray(noise(4, 6, 3))
    exif = image.getexif()
    exif[pictures.ORIENTATION] = 6  # a quarter turn
    image.save(folder / "a" / "0.png", exif=exif)
    data = data_of(folder)
    assert data.source["resized"] == 0
    assert_array_equal(data.x[0], np.rot90(np.asarray(image), -1))


def spoil(folder):
    whole = (folder / "a" / "3.png").read_bytes()
    (folder / "a" / "3.png").write_bytes(whole[: len(whole) // 2])
    (folder / "b" / "1.png").write_bytes(b"")
    return folder


def test_broken_pictures_are_named_all_of_them(folder):
    spoil(folder)
    with pytest.raises(BadInput, match=r"2 of 20 pictures could not be read: 'a/3.png' \(.*'b/1.png' \(") as caught:
        data_of(folder)
    assert [name[-7:] for name in caught.value.facts["files"]] == ["a/3.png", "b/1.png"]


def test_broken_pictures_are_left_out_when_asked(folder):
    before = data_of(folder)
    after = data_of(spoil(folder), skip_broken=True)
    kept = np.delete(np.arange(20), [3, 11])
    assert_array_equal(after.x, before.x[kept])
    assert_array_equal(after.y, before.y[kept])
    assert after.source["skipped"] == ["a/3.png", "b/1.png"]
    assert after.source["sizes"] == {"a": {"6 x 4": 9}, "b": {"6 x 4": 9}}


def test_parts_stay_with_their_pictures_when_some_are_left_out(tmp_path):
    for part, count in (("train", 8), ("test", 3)):
        for name, shade in (("a", 10), ("b", 20)):
            for i in range(count):
                write(tmp_path / part / name / f"{i}.png", np.full((2, 2), shade + 100 * (part == "test"), np.uint8))
    (tmp_path / "train" / "a" / "0.png").write_bytes(b"no picture")
    data = data_of(tmp_path, skip_broken=True)
    assert_array_equal(data.x[data.rows["test"], 0, 0, 0], [110] * 3 + [120] * 3)
    assert_array_equal(data.y[data.rows["test"]], [0] * 3 + [1] * 3)
    assert data.x[data.rows["train"]].max() == 20


def test_nothing_but_broken_pictures(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(b"no")
    with pytest.raises(BadInput, match="none of 2 pictures could be read"):
        data_of(tmp_path, skip_broken=True)


def test_many_pictures_are_mapped_from_a_file_without_a_name(folder, tmp_path_factory, monkeypatch):
    small = data_of(folder)
    monkeypatch.setattr(pictures, "LARGE", 100)
    cache = tmp_path_factory.mktemp("cache")
    large = data_of(folder, cache=cache)
    assert isinstance(large.x, np.memmap)
    assert not isinstance(small.x, np.memmap)
    assert list(cache.iterdir()) == []
    assert large.digest() == small.digest()
    assert large.source == small.source


def test_no_room_for_the_map(folder, monkeypatch):
    monkeypatch.setattr(pictures, "LARGE", 100)
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": 1439})())
    with pytest.raises(DiskFull, match="20 pictures of 6 x 4 pixels need"):
        data_of(folder)  # 1440 bytes
