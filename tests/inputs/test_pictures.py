"""Pictures from files, PIL images and arrays: the right way up, without alpha, with all their bits."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from PIL import Image

from vitrail.errors import BadInput
from vitrail.inputs.pictures import coloured, to_image

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def pixels(source, mode="RGB"):
    return np.asarray(coloured(to_image(source), mode))


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_file_is_read(tmp_path, kind):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    assert_array_equal(pixels(kind(tmp_path / "a.png")), PIXELS)


@pytest.mark.parametrize(
    "source",
    [
        Image.fromarray(PIXELS),
        PIXELS,
        torch.tensor(PIXELS),
        np.moveaxis(PIXELS, -1, 0),
        PIXELS[:, ::-1][:, ::-1],
        np.dstack([PIXELS, np.full((4, 6), 255, np.uint8)]),
    ],
    ids=["pil", "array", "tensor", "channels first", "strided", "with alpha"],
)
def test_images_and_arrays_of_bytes(source):
    assert_array_equal(pixels(source), PIXELS)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (1, 4, 6)])
def test_grey_arrays(shape):
    assert_array_equal(pixels(PIXELS[..., 0].reshape(shape), "L"), PIXELS[..., 0])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright(tmp_path, orientation):
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
        8: lambda a: np.rot90(a),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)
    assert_array_equal(pixels(tmp_path / "a.png"), turn[orientation](PIXELS))
    with Image.open(tmp_path / "a.png") as own:
        assert_array_equal(pixels(own), turn[orientation](PIXELS))


def test_a_rotated_jpeg_is_turned_upright(tmp_path):
    halves = np.zeros((16, 32, 3), np.uint8)
    halves[:, :16, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(halves).save(tmp_path / "a.jpg", exif=exif, quality=95)
    upright = pixels(tmp_path / "a.jpg")
    assert upright.shape == (32, 16, 3)
    assert upright[:12, :, 0].min() > 200
    assert upright[20:, :, 0].max() < 50


def test_transparent_parts_are_seen_on_white():
    alpha = np.zeros((4, 6), np.uint8)
    alpha[:2] = 255
    alpha[2] = 51  # a fifth
    seen = pixels(Image.fromarray(np.dstack([PIXELS, alpha])))
    assert_array_equal(seen[:2], PIXELS[:2])
    np.testing.assert_allclose(seen[2], PIXELS[2] * 0.2 + 255 * 0.8, atol=1)
    assert (seen[3] == 255).all()


@pytest.mark.parametrize("transparency", [0, bytes([0, 255, 128, 255])], ids=["one index", "alpha for each"])
def test_palettes_with_transparency(tmp_path, transparency):
    image = Image.fromarray(np.array([[0, 1], [1, 3]], np.uint8))
    image = Image.frombytes("P", (2, 2), image.tobytes())
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    image.save(tmp_path / "a.png", transparency=transparency)
    expected = [[[255, 255, 255], [40, 50, 60]], [[40, 50, 60], [100, 110, 120]]]
    assert_array_equal(pixels(tmp_path / "a.png"), expected)


def test_grey_becomes_three_equal_channels():
    seen = pixels(Image.fromarray(PIXELS[..., 0]))
    assert_array_equal(seen, np.repeat(PIXELS[..., :1], 3, -1))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_sixteen_bits_are_scaled_and_not_cut(dtype):
    wide = np.array([[0, 257, 32896, 65535]], dtype)
    assert_array_equal(pixels(Image.fromarray(wide), "L"), [[0, 1, 128, 255]])


def test_other_colours_are_converted():
    grey = pixels(Image.fromarray(PIXELS).convert("CMYK"))
    assert_array_equal(grey, PIXELS)


@pytest.mark.parametrize(
    "source",
    [
        3,
        None,
        PIXELS.astype(np.float32),
        np.zeros((5, 6, 2), np.uint8),
        PIXELS[None],
        np.zeros((3, 4, 5, 6), np.uint8),
    ],
    ids=["number", "nothing", "floating", "two channels", "batch", "four axes"],
)
def test_what_is_no_picture_is_refused(source):
    with pytest.raises(BadInput, match=r"expected\. "):
        to_image(source)


def test_floating_pictures_are_refused():
    with pytest.raises(BadInput, match="floating values, whose range is not known"):
        coloured(Image.fromarray(np.zeros((2, 2), np.float32)), "RGB")


def test_a_missing_file(tmp_path):
    with pytest.raises(BadInput, match=r"there is no file '.*gone\.png'\. A picture was expected\. Check the path"):
        to_image(tmp_path / "gone.png")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"no picture", None], ids=repr)
def test_a_file_that_is_no_whole_picture(tmp_path, content):
    if content is None:
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(tmp_path / "b.png")
        content = (tmp_path / "b.png").read_bytes()[:6000]
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(BadInput, match=r"could not be read as a picture .*Save it again\."):
        to_image(tmp_path / "a.png")


def test_a_folder_and_a_bomb(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="could not be read as a picture"):
        to_image(tmp_path)
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    with pytest.raises(BadInput, match="could not be read as a picture"):
        to_image(tmp_path / "a.png")
