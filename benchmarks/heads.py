"""Axial slices of heads, digits and clothes: what the benchmark of trust shows to its networks."""

import gzip
import zlib
from pathlib import Path

import fetch
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIDE = 64  #: pixels of a slice
BANDS = 5  #: that a head is cut into, from the chin up: the classes


def idx(path: Path) -> np.ndarray:
    """A file of the MNIST format, gzipped or not: two zeros, the type 8, the number of axes, their sizes, the bytes."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    axes = raw[3]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(np.frombuffer(raw, ">i4", axes, 4))


def digits(part: str) -> tuple[Tensor, np.ndarray]:
    """(n, 1, 28, 28) in [0, 1] and the digits (n,); part is train or t10k."""
    folder = fetch.folder_of("mnist")
    pictures = idx(folder / f"{part}-images-idx3-ubyte")
    return scaled(pictures), idx(folder / f"{part}-labels-idx1-ubyte").astype(int)


def clothes() -> Tensor:
    """(10000, 1, 28, 28) in [0, 1]: the test pictures of Fashion-MNIST."""
    return scaled(idx(fetch.folder_of("fashion") / "t10k-images-idx3-ubyte.gz"))


def scaled(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures.astype(np.float32) / 255)[:, None]


# -- heads -------------------------------------------------------------------------------------------------


def nifti(path: Path) -> np.ndarray:
    """(z, y, x) uint8, x to the right, y to the front, z up: a NIfTI-1 file of unsigned bytes."""
    raw = gzip.decompress(path.read_bytes())
    x, y, z = (int(size) for size in np.frombuffer(raw, "<i2", 8, 40)[1:4])
    start = int(np.frombuffer(raw, "<f4", 1, 108)[0])
    return np.frombuffer(raw, np.uint8, x * y * z, start).reshape(z, y, x)


def nrrd(path: Path) -> np.ndarray:
    """(z, y, x) of a gzipped NRRD file of short or int."""
    header, raw = path.read_bytes().split(b"\n\n", 1)
    fields = dict(line.split(": ", 1) for line in header.decode().splitlines() if ": " in line and line[0] != "#")
    kind = {"short": "<i2", "int": "<i4"}[fields["type"]]
    return np.frombuffer(zlib.decompress(raw, 31), kind).reshape([int(n) for n in fields["sizes"].split()][::-1])


def slices(path: Path) -> tuple[Tensor, np.ndarray]:
    """(n, 1, 64, 64) axial slices, the nose up, and the band (n,) each is in."""
    volume = nifti(path)[:, ::-1]
    filled = np.flatnonzero((volume > 30).mean((1, 2)) > 0.05)
    heights = np.arange(filled[0], filled[-1] + 1)
    bands = np.minimum(np.arange(len(heights)) * BANDS // len(heights), BANDS - 1)
    return square(volume[heights] / 255), bands


def square(pictures: np.ndarray) -> Tensor:
    """(n, 1, 64, 64), padded with zeros to a square and made smaller."""
    x = torch.from_numpy(np.ascontiguousarray(pictures, np.float32))[:, None]
    height, width = x.shape[2:]
    side = max(height, width)
    left, top = (side - width) // 2, (side - height) // 2
    return resized(functional.pad(x, (left, side - width - left, top, side - height - top)))


def resized(x: Tensor) -> Tensor:
    return functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)


def heads(count: int, seed: int) -> tuple[Tensor, np.ndarray]:
    """(count, 1, 64, 64) random slices of three volumes, each changed at random, and their bands (count,)."""
    colin, icbm = fetch.folder_of("colin"), fetch.folder_of("icbm")
    paths = [*sorted(colin.glob("*.nii.gz")), *icbm.glob("*.nii.gz")]
    x, bands = zip(*map(slices, paths), strict=True)
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randint(sum(map(len, x)), (count,), generator=chance)
    return changed(torch.cat(x)[rows], chance), np.concatenate(bands)[rows.numpy()]


def changed(x: Tensor, chance: torch.Generator) -> Tensor:
    """Another contrast, bias field, position, elastic deformation and noise for each slice."""
    count = len(x)

    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=chance)

    def smooth(*shape: int) -> Tensor:
        return functional.interpolate(normal(*shape), (SIDE, SIDE), mode="bicubic", align_corners=True)

    x = brightest(x).clamp(0, 1) ** torch.exp(0.35 * normal(1, 1, 1)) * torch.exp(0.15 * smooth(1, 3, 3))
    angle, size, shift = 0.12 * normal(), 1 + 0.06 * normal(), 0.05 * normal(2)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    rows = torch.stack([cos, -sin, shift[:, 0], sin, cos, shift[:, 1]], 1).reshape(-1, 2, 3)
    grid = functional.affine_grid(rows, [count, 1, SIDE, SIDE], align_corners=False)
    bent = functional.grid_sample(x, grid + 0.03 * smooth(2, 5, 5).permute(0, 2, 3, 1), align_corners=False)
    noise = 0.02 * torch.rand(count, 1, 1, 1, generator=chance) * normal(1, SIDE, SIDE)
    return brightest((bent + noise).clamp(0, 1))


def brightest(x: Tensor) -> Tensor:
    """Each picture divided by its largest value."""
    return x / x.amax((1, 2, 3), keepdim=True).clamp_min(0.1)


def tumours() -> Tensor:
    """(n, 1, 64, 64) the axial slices of two heads that a tumour covers more than 40 pixels of, the nose up."""
    folder, found = fetch.folder_of("tumours"), []
    for name in ("brain1", "brain2"):
        volume, mask = nrrd(folder / f"{name}_image.nrrd")[:, ::-1], nrrd(folder / f"{name}_label.nrrd") > 0
        chosen = volume[mask.sum((1, 2)) > 40]
        found.append(square(chosen / np.percentile(volume, 99.5)).clamp(0, 1))
    return brightest(torch.cat(found))


def photographs(count: int, seed: int) -> Tensor:
    """(count, 1, 64, 64) random squares out of seven photographs, grey."""
    from skimage import data

    makers = (data.astronaut, data.chelsea, data.coffee, data.rocket, data.camera, data.retina, data.stereo_motorcycle)
    chance, found = np.random.default_rng(seed), []
    arrays = [made[0] if isinstance(made, tuple) else made for made in (maker() for maker in makers)]
    grey = [array.mean(2) if array.ndim == 3 else array for array in arrays]
    for i in range(count):
        whole = grey[i % len(grey)]
        side = int(min(whole.shape) * chance.uniform(0.3, 1))
        top, left = (chance.integers(size - side + 1) for size in whole.shape)
        found.append(square(whole[None, top : top + side, left : left + side] / 255))
    return brightest(torch.cat(found))
