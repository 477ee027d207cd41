"""RISE: how near a map of few masks is to one of many, antithetic and centred against as it was published."""

import statistics
from collections.abc import Callable, Iterator

import subjects
import torch
from cases import Row
from torch import Tensor

from vitrail.games.rise import Grid, rise

Worth = Callable[[Tensor], Tensor]  #: masks (m, places) -> (m,)


def game(picture: Tensor) -> Worth:
    """What EfficientNet-lite0 says of the class that it sees in the picture (1, 3, side, side), under masks."""
    network = subjects.efficientnet()
    with torch.no_grad():
        index = int(network(picture).argmax())

    def worth(masks: Tensor) -> Tensor:
        shaped = masks.float().reshape(-1, 1, *picture.shape[2:])
        with torch.inference_mode():
            return torch.cat([network(picture * some)[:, index] for some in torch.split(shaped, 16)]).double()

    return worth


def ours(worth: Worth, grid: Grid, budget: int, seed: int) -> Tensor:
    """(places,) the map, its mean taken off."""
    return centred(rise(worth, grid, budget, seed).values[0])


def published(worth: Worth, grid: Grid, budget: int, seed: int) -> Tensor:
    """(places,) the mean of masks weighed by their worth, over p, from single masks; its mean taken off."""
    generator, total = torch.Generator().manual_seed(seed), torch.zeros(grid.places, dtype=torch.float64)
    for start in range(0, budget, 64):
        masks = grid.masks(min(64, budget - start), generator)
        total += worth(masks) @ masks
    return centred(total / budget / 0.5)


def centred(values: Tensor) -> Tensor:
    """A constant says nothing about where: the published map has one, ours has none."""
    return values - values.mean()


def distances(side: int, pictures: int, few: int, seeds: int) -> Iterator[tuple[str, list[float], list[float]]]:
    """(reference, ours at `few` masks, the published way at 2 * few): distances from maps of 8 * few masks."""
    grid = Grid((side, side), max(1, side // 8))
    found: dict[str, tuple[list[float], list[float]]] = {"our": ([], []), "the published": ([], [])}
    for x in subjects.photographs(pictures):
        picture = torch.nn.functional.interpolate(x[None], (side, side), mode="bilinear", antialias=True)
        ask = game(picture)
        long = {"our": ours(ask, grid, 8 * few, 1000), "the published": published(ask, grid, 8 * few, 1001)}
        for seed in range(seeds):
            short = ours(ask, grid, few, seed), published(ask, grid, 2 * few, seed)
            for name, reference in long.items():
                for kept, each in zip(found[name], short, strict=True):
                    kept.append(float((each - reference).norm() / reference.norm()))
    for name, (near, far) in found.items():
        yield name, near, far


def everything(quick: bool = False) -> Iterator[Row]:
    """The distance of our map over that of the published way with twice the masks."""
    side, pictures, few, seeds = (32, 1, 16, 1) if quick else (96, 1, 2000, 1)
    for name, near, far in distances(side, pictures, few, seeds):
        mine, theirs = statistics.mean(near), statistics.mean(far)
        words = (
            f"relative L2 {mine:.3f} against {theirs:.3f}, {pictures} x {seeds} photographs and seeds, {side} pixels"
        )
        yield Row(
            f"rise, EfficientNet-lite0, {few} masks: distance from {name} map of {8 * few} masks / plain RISE's with "
            f"{2 * few}",
            mine / theirs,
            1.0,
            words,
        )
