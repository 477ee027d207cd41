"""Writes an image folder of head slices, with a tumour and without, out of five real scans; every tumour has its mask.

python docs/tumours.py FOLDER

    FOLDER/Training/<class>/*.jpg   Testing/<class>/*.jpg   masks/<part>/*.png, of the same names

Nobody's head is in both parts. Training: one head, as scanned and without its skull, and the first of two heads with
a tumour. Testing: the mean of 152 heads, and the second one with a tumour. Where the heads come from, and their
licences: benchmarks/fetch.py.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import fetch
import heads

Array = np.ndarray
SIDE = 64  #: of a picture, in pixels
WORK = 128  #: of a slice before it is changed
CLASSES = ("healthy", "tumour")
GROWN = {"Training": 0.1, "Testing": 0.03}  #: the share of tumours that is shown where it grew
LEAST = 12  #: pixels of a picture that a tumour covers
COUNTS = {"Training": 20_000, "Testing": 600}
#: slices of the first tumour whose tissue is transplanted; the others hold little, or are kept for nobody
DONORS = {"Training": (11, 12, 13, 15), "Testing": (16, 17)}
HEIGHTS = range(45, 140)  #: of the heads that are 1 mm a voxel, in slices
CLEAN = {"brain1": (7, 8, 9, 10, 18, 19, 20, 21), "brain2": (11, 12, 13, 14, 15, 16, 17, 18)}
SICK = {"brain1": (11, 12, 13, 15), "brain2": (8, 9, 10)}
MIRRORED = {"brain1": tuple(range(11, 18))}  #: slices whose sick half can be covered by the other one
SHIFT = 8  #: voxels by which the frame of the 152 heads is wider than that of the other one, left and in front


@dataclass(frozen=True, eq=False)
class Slice:
    """A slice of a head, the nose up.

    pixels  (128, 128) from 0 to 1
    brain   (128, 128) bool: where a tumour may be
    tumour  (128, 128) bool
    """

    pixels: Array
    brain: Array
    tumour: Array


# -- the five scans ----------------------------------------------------------------------------------------


def hosts(part: str) -> tuple[list[list[Slice]], list[Slice]]:
    """Clean slices of each scan, and slices with a tumour, of one part."""
    colin, bare = (heads.nifti(fetch.folder_of("colin") / name) for name in ("ch2.nii.gz", "ch2bet.nii.gz"))
    brain = ndimage.binary_erosion(bare > 0, iterations=8)
    if part == "Training":
        covered = [mirrored(each) for each in with_tumour("brain1", MIRRORED)]
        one = scan(colin, brain, HEIGHTS) + scan(bare, brain, HEIGHTS)
        return [one, with_tumour("brain1", CLEAN) + covered], with_tumour("brain1", SICK)
    (path,) = fetch.folder_of("icbm").glob("*.nii.gz")
    mean = heads.nifti(path)
    laid = np.zeros(mean.shape, bool)
    laid[: len(brain), SHIFT : SHIFT + brain.shape[1], SHIFT : SHIFT + brain.shape[2]] = brain
    return [scan(mean, laid, HEIGHTS), with_tumour("brain2", CLEAN)], with_tumour("brain2", SICK)


def with_tumour(name: str, chosen: dict[str, tuple[int, ...]]) -> list[Slice]:
    """Slices of a head with a tumour; its brain is what lies well inside the head."""
    folder = fetch.folder_of("tumours")
    volume, mask = heads.nrrd(folder / f"{name}_image.nrrd"), heads.nrrd(folder / f"{name}_label.nrrd") > 0
    head = ndimage.gaussian_filter(volume.astype(float), (0, 2, 2)) > np.percentile(volume, 60) / 2
    inside = np.stack([ndimage.binary_erosion(ndimage.binary_fill_holes(each), iterations=30) for each in head])
    return scan(volume, inside, chosen[name], mask)


def scan(volume: Array, brain: Array, chosen: Iterator[int] | range, tumour: Array | None = None) -> list[Slice]:
    """Slices of one volume, on one scale of brightness, cut to the head and made square."""
    volume, brain = volume[:, ::-1], brain[:, ::-1]
    tumour = np.zeros(volume.shape, bool) if tumour is None else tumour[:, ::-1]
    top, left, side = frame(volume)
    bright = volume / np.percentile(volume[volume > np.percentile(volume, 50)], 98)
    return [
        Slice(*(cut(each[z].astype(float), top, left, side, order) for each, order in layers))
        for layers in [((bright.clip(0, 1), 1), (brain, 0), (tumour, 0))]
        for z in chosen
    ]


def frame(volume: Array) -> tuple[int, int, int]:
    """Top, left and side of the square around the head."""
    seen = ndimage.gaussian_filter(volume.max(0).astype(float), 2) > 0.15 * volume.max()
    rows, columns = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
    side = 4 + max(np.ptp(rows), np.ptp(columns))
    return (rows[0] + rows[-1] - side) // 2, (columns[0] + columns[-1] - side) // 2, int(side)


def cut(picture: Array, top: int, left: int, side: int, order: int) -> Array:
    """(128, 128) of a square that may reach beyond the picture."""
    at = (np.arange(WORK) + 0.5) * side / WORK - 0.5
    found = ndimage.map_coordinates(picture, np.meshgrid(at + top, at + left, indexing="ij"), order=order)
    return found > 0.5 if order == 0 else found


def mirrored(given: Slice) -> Slice:
    """The slice with the mirror image of its left half in place of its right one, where the tumour is."""
    turned = given.pixels[:, ::-1]
    shift = max(range(-12, 13), key=lambda by: float((given.pixels * np.roll(turned, by, 1)).sum()))
    right = np.arange(WORK) > (WORK - 1 + shift) / 2
    pixels, brain = (np.where(right, np.roll(each[:, ::-1], shift, 1), each) for each in (given.pixels, given.brain))
    return Slice(pixels, brain, np.zeros_like(given.tumour))


# -- transplants -------------------------------------------------------------------------------------------


def transplanted(host: Slice, donor: Slice, chance: np.random.Generator, sham: bool) -> Slice:
    """The host with the tissue of the donor's tumour, turned, mirrored and resized, somewhere in its brain.

    Brightness is that of the tissue as a share of the brain around it. `sham`: healthy tissue of the same
    shape from the middle of the donor's brain, so that what a transplant looks like says nothing.
    """
    around = float(np.median(donor.pixels[donor.brain & ~donor.tumour]))
    middle, mask = np.argwhere(donor.tumour).mean(0), donor.tumour
    if sham:
        shift = (np.argwhere(donor.brain).mean(0) - middle + chance.uniform(-8, 8, 2)).round().astype(int)
        middle, mask = middle + shift, np.roll(mask, shift, (0, 1))
    places = np.argwhere(host.brain)
    to = places[chance.integers(len(places))]
    angle, size = chance.uniform(0, 2 * np.pi), chance.uniform(1.2, 2.2)
    mirrored = np.diag([1, chance.choice([-1, 1])])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ mirrored / size
    moved = [
        ndimage.affine_transform(each.astype(float), turn, middle - turn @ to, order=1) for each in (donor.pixels, mask)
    ]
    inside = moved[1] * host.brain
    near = ndimage.binary_dilation(inside > 0.5, iterations=6) & host.brain
    level = float(np.median(host.pixels[near])) / around if near.any() else 0.0
    soft = ndimage.gaussian_filter(inside, 0.7)
    new = host.pixels * (1 - soft) + soft * (moved[0] * level).clip(0, 1.5)
    return Slice(new, host.brain, np.zeros_like(host.tumour) if sham else inside > 0.5)


def changed(given: Slice, chance: np.random.Generator) -> tuple[Array, Array]:
    """(64, 64) pixels and mask: another sharpness, contrast, bias field, crop, elastic deformation and noise."""
    angle, size = 0.15 * chance.normal(), chance.uniform(0.75, 1.05)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * size
    if chance.integers(2):
        turn = turn @ np.diag([1, -1])
    grid = (np.indices((SIDE, SIDE)).reshape(2, -1) - (SIDE - 1) / 2) * (WORK / SIDE)
    focus = centre(given, chance, size)
    at = (turn @ grid + focus[:, None]).reshape(2, SIDE, SIDE)
    at += 2.5 * np.stack([smooth(chance, 5) for _ in range(2)])
    mask = ndimage.map_coordinates(given.tumour.astype(float), at, order=1) > 0.5
    near, far = (ndimage.gaussian_filter(given.pixels, each) for each in (0.8, 3.0))
    sharp = near + chance.uniform(-0.3, 1.0) * (near - far)
    pixels = ndimage.map_coordinates(sharp, at, order=1).clip(0)
    pixels = pixels ** np.exp(0.25 * chance.normal()) * np.exp(0.12 * smooth(chance, 3))
    return pixels + 0.02 * chance.uniform() * chance.normal(size=pixels.shape), mask


def as_bytes(pixels: Array, alike: Array) -> Array:
    """0 to 255, where 255 is as bright as the brightest of the other picture: the two show one scan."""
    return (255 * (pixels / np.percentile(alike, 99.5)).clip(0, 1)).astype(np.uint8)


def centre(given: Slice, chance: np.random.Generator, size: float) -> Array:
    """Of the crop: as far from the middle as the crop leaves room for."""
    room = (1 - min(size, 1)) * WORK / 2 + 3
    return (WORK - 1) / 2 + chance.uniform(-room, room, 2)


def smooth(chance: np.random.Generator, knots: int) -> Array:
    """(64, 64) that varies slowly, about as much as normal numbers."""
    return ndimage.zoom(chance.normal(size=(knots, knots)), SIDE / knots, order=3, mode="nearest", grid_mode=True)


# -- the folder --------------------------------------------------------------------------------------------


def examples(part: str, count: int, seed: int = 0) -> Iterator[tuple[str, Array, Array]]:
    """(class, pixels, mask), in turn: a healthy slice, and the same one, changed in the same way, with a tumour.

    So nothing but the tumour tells the classes apart. A few tumours are as grown, in a slice of their own;
    half of the healthy hold a sham.
    """
    chance = np.random.default_rng((seed, list(COUNTS).index(part)))
    clean, sick = hosts(part)
    donors = with_tumour("brain1", {"brain1": DONORS[part]})
    for number in range(0, count, 2):
        scan_of = clean[chance.integers(len(clean))]
        host, donor = scan_of[chance.integers(len(scan_of))], donors[chance.integers(len(donors))]
        grown, sham = chance.random() < GROWN[part], chance.random() < 0.5
        mask = np.zeros(1, bool)
        while mask.sum() < LEAST:
            ill = sick[chance.integers(len(sick))] if grown else transplanted(host, donor, chance, sham=False)
            deformation = chance.integers(2**32)
            pixels, mask = changed(ill, np.random.default_rng(deformation))
        well = transplanted(host, donor, chance, sham=True) if sham else host
        beside, nothing = changed(well, np.random.default_rng(deformation))
        kinds = "sham" if sham else "plain", "grown" if grown else "transplant"
        yield f"{CLASSES[0]}/{number:05d}-{kinds[0]}", as_bytes(beside, beside if grown else pixels), nothing
        yield f"{CLASSES[1]}/{number + 1:05d}-{kinds[1]}", as_bytes(pixels, pixels), mask


def write(folder: Path, counts: dict[str, int] = COUNTS) -> None:
    """All of it; the same files whenever it is run."""
    for part, count in counts.items():
        for name, pixels, mask in examples(part, count):
            path = folder / part / f"{name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path, quality=95)
            if name.startswith(CLASSES[1]):
                beside = folder / "masks" / part / f"{path.stem}.png"
                beside.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(mask).save(beside)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
