"""Unusual inputs, made out of usual ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array

PLACES = ("height", "width", "step", "token", "query", "key")  #: axes along which an example has a shape


@dataclass(frozen=True, eq=False)
class Made:
    """What outliers are made of.

    x       (m, rows, columns, ...) the examples to change; series have one row, tables one row and column
    other   (m, ...) as many others
    all     (n, ...) all examples
    random  where chance comes from
    """

    x: Array
    other: Array
    all: Array
    random: np.random.Generator

    def each(self, low: float, high: float) -> Array:
        """One random number for each example, shaped to go with x."""
        return self.random.uniform(low, high, (len(self.x), *(1,) * (self.x.ndim - 1)))


Kind = Callable[[Made], Array]


def outliers(x: Array, axes: Sequence[str], seed: int) -> Array:
    """Each example made into something that is nothing like training; needs no other data.

    x     (n, ...) usual examples, of one floating-point type, which the result has as well
    axes  their names, "batch" first; height and width, step or token tell what shape an example has
    seed  of the draw

    Each example becomes one kind of outlier, every kind about equally often. Of all: a blend of two examples, noise,
    the negative. Of what has a shape: halves of two examples side by side, its pieces in another order, mirror images,
    a turn by a quarter. Of tables: columns taken from two examples, from other examples each, or from each other, and
    the same example three times as far from the mean.

    Learning from outliers is that of Hendrycks, Mazeika, Dietterich, "Deep Anomaly Detection with Outlier Exposure",
    2019, where they are real. Blends are those of Zhang, Cisse, Dauphin, Lopez-Paz, "mixup", 2018, with equal shares.
    Some kinds are usual for some data, such as mirror images of heads: the weights that are learnt from all kinds
    together bear it.
    """
    random = np.random.default_rng(seed)
    front, places = on_grid(x.astype(np.float64), axes)
    kinds = PICTURES if front.shape[1] > 1 and front.shape[2] > 1 else SERIES if front.shape[2] > 1 else TABLES
    order = random.permutation(len(x))
    made = front.copy()
    for number, kind in enumerate(kinds):
        rows, others = order[number :: len(kinds)], np.roll(order, -1)[number :: len(kinds)]
        if len(rows):
            made[rows] = kind(Made(front[rows], front[others], front, random))
    back = np.moveaxis(made, (1, 2), places) if len(places) == 2 else np.moveaxis(made[:, 0], 1, places)
    return back.reshape(x.shape).astype(x.dtype)


def on_grid(x: Array, axes: Sequence[str]) -> tuple[Array, tuple[int, ...]]:
    """(x with its last two places moved to rows and columns, where they were); a table becomes (n, 1, 1, ...)."""
    places = tuple(i for i, name in enumerate(axes) if name in PLACES)[-2:]
    if len(places) == 2:
        return np.moveaxis(x, places, (1, 2)), places
    if places:
        return np.moveaxis(x, places, (1,))[:, None], places
    return x.reshape(len(x), 1, 1, -1), (1,)


# -- of everything -----------------------------------------------------------------------------------------


def blend(made: Made) -> Array:
    share = made.each(0.4, 0.6)
    return np.asarray(share * made.x + (1 - share) * made.other)


def negative(made: Made) -> Array:
    """Turned round between the least and the largest of each example."""
    inner = tuple(range(1, made.x.ndim))
    return np.asarray(made.x.max(inner, keepdims=True) + made.x.min(inner, keepdims=True) - made.x)


def noise(made: Made) -> Array:
    """Normal noise of a third of the range of all, kept inside it."""
    low, high = made.all.min(), made.all.max()
    noisy = made.x + 0.3 * (high - low) * made.random.standard_normal(made.x.shape)
    return np.asarray(np.clip(noisy, low, high))


# -- of what has a shape -----------------------------------------------------------------------------------


def halves(made: Made) -> Array:
    """One half from one example, the other from another; side by side, or one above the other."""
    _, rows, columns = made.x.shape[:3]
    left, above = np.arange(columns)[None] < columns // 2, np.arange(rows)[:, None] < rows // 2
    across = made.random.random(len(made.x)) < (0.5 if rows > 1 else 1.0)
    first = np.where(across[:, None, None], left[None], above[None])
    return np.where(first.reshape(*first.shape, *(1,) * (made.x.ndim - 3)), made.x, made.other)


def upside_down(made: Made) -> Array:
    return np.asarray(made.x[:, ::-1])


def mirrored(made: Made) -> Array:
    return np.asarray(made.x[:, :, ::-1])


def turned(made: Made) -> Array:
    """A quarter to the left; by a half where height and width differ."""
    return np.rot90(made.x, 1 if made.x.shape[1] == made.x.shape[2] else 2, (1, 2))


def pieces(count: int) -> Kind:
    """Cut into `count` pieces along rows and columns, put together in another order; what is left over stays."""

    def shuffled(made: Made) -> Array:
        mixed, (examples, height, width), rest = made.x.copy(), made.x.shape[:3], made.x.shape[3:]
        rows, columns = min(count, height), min(count, width)
        high, wide = height // rows, width // columns
        cut = made.x[:, : rows * high, : columns * wide].reshape(examples, rows, high, columns, wide, -1)
        flat = cut.swapaxes(2, 3).reshape(examples, rows * columns, high, wide, -1)
        order = np.argsort(made.random.random((examples, rows * columns)), 1)
        source = np.empty_like(order)
        np.put_along_axis(source, order, np.roll(order, 1, 1), 1)  # one cycle: no piece stays where it was
        flat = np.take_along_axis(flat, source[:, :, None, None, None], 1)
        back = flat.reshape(examples, rows, columns, high, wide, -1).swapaxes(2, 3)
        mixed[:, : rows * high, : columns * wide] = back.reshape(examples, rows * high, columns * wide, *rest)
        return mixed

    return shuffled


# -- of tables ---------------------------------------------------------------------------------------------


def crossed(made: Made) -> Array:
    """Each column from one of two examples."""
    return np.where(made.random.random(made.x.shape) < 0.5, made.x, made.other)


def scattered(made: Made) -> Array:
    """Each column from an example of its own."""
    rows = np.asarray(made.random.integers(len(made.all), size=made.x.shape))
    return np.take_along_axis(made.all, rows, 0)


def exchanged(made: Made) -> Array:
    """Columns change places within an example."""
    return made.random.permuted(made.x, axis=3)


def far(made: Made) -> Array:
    """Three times as far from the mean of all."""
    mean = made.all.mean(0)
    return np.asarray(mean + 3 * (made.x - mean))


def shaken(made: Made) -> Array:
    """Normal noise of twice the spread of each column."""
    return np.asarray(made.x + 2 * made.all.std(0) * made.random.standard_normal(made.x.shape))


PICTURES: tuple[Kind, ...] = (
    *(blend, halves, pieces(2), pieces(4), pieces(2**30)),
    *(noise, negative, upside_down, mirrored, turned),
)
SERIES: tuple[Kind, ...] = (blend, halves, pieces(2), pieces(4), pieces(2**30), noise, negative, mirrored)
TABLES: tuple[Kind, ...] = (blend, crossed, scattered, exchanged, far, shaken, negative)
