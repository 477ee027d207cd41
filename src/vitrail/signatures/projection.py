"""A layer in two dimensions: by principal components, or by UMAP where that is installed."""

import importlib.util
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from vitrail.errors import BadInput, BadSetting, MissingExtra
from vitrail.explanation import Array, Explanation
from vitrail.signatures.activations import Part
from vitrail.signatures.similarity import kept

By = Literal["pca", "umap"]
DIMENSIONS = 2
FEWEST = 4  #: examples that UMAP can place
NEIGHBOURS = 15


def projected(points: Array, by: By = "pca", seed: int = 0) -> Array:
    """(n, 2) float64 out of points (n, units).

    by     "pca", or "umap", which keeps neighbours together and says nothing about distances   [1]
    seed   of UMAP; the same one gives the same picture

    Raises MissingExtra for "umap" where it is not installed, BadInput for too few points, BadSetting for another word.

    [1] McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction", 2018
    """
    if by == "umap":
        return by_umap(points, seed)
    if by != "pca":
        raise BadSetting(f"by={by!r} is not known. 'pca' or 'umap' was expected. Choose one.", setting="by")
    centred = np.asarray(points, np.float64) - np.mean(points, 0, np.float64)
    return centred @ principal_of(centred)[0]


def principal(covariance: Array) -> tuple[Array, Array]:
    """(directions (units, 2), their shares of the variance (2,)) out of covariance (units, units) or a multiple of it.

    The entry of a direction that is largest without its sign is positive, so that a picture is not mirrored by chance.
    What there is no variance or no unit for is zero.   [1]

    [1] Jolliffe, "Principal Component Analysis", 2002, section 1.1
    """
    from scipy.linalg import eigh

    units, whole = len(covariance), float(np.trace(covariance))
    directions, shares = np.zeros((units, DIMENSIONS)), np.zeros(DIMENSIONS)
    if whole > 0:
        count = min(DIMENSIONS, units)
        sizes, vectors = eigh(covariance / whole, subset_by_index=(units - count, units - 1))
        shares[:count] = np.clip(sizes[::-1], 0, 1)
        directions[:, :count] = signed(vectors[:, ::-1])
    return directions, shares


def principal_of(centred: Array) -> tuple[Array, Array]:
    """The same out of the points (n, units) themselves, less their mean; quick also for more units than points."""
    points = np.asarray(centred, np.float64)
    if points.shape[1] <= len(points):
        return principal(points.T @ points)
    places, shares = principal(points @ points.T)
    directions = points.T @ places
    lengths = np.linalg.norm(directions, axis=0)
    return signed(directions / np.where(lengths > 0, lengths, 1)), shares


def signed(vectors: Array) -> Array:
    """Each column with its largest entry positive."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    return vectors * np.where(largest < 0, -1.0, 1.0)


def by_umap(points: Array, seed: int) -> Array:
    if importlib.util.find_spec("umap") is None:
        raise MissingExtra("umap-learn", "umap", "a projection by UMAP")
    if len(points) < FEWEST:
        raise BadInput(
            f"UMAP was given {len(points)} points. At least {FEWEST} were expected. Use more examples, or by='pca'."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap

        reducer = umap.UMAP(
            n_components=DIMENSIONS, n_neighbors=min(NEIGHBOURS, len(points) - 1), random_state=seed, n_jobs=1
        )
        return np.asarray(reducer.fit_transform(np.asarray(points, np.float32)), np.float64)


# -- of an answer --------------------------------------------------------------------------------------------


def reprojected(answer: Explanation, by: By = "umap", seed: int = 0) -> Explanation:
    """The same signatures with other pictures of their layers: `projected` of the same sample, out of the store.

    Raises what `projected` raises, BadInput when the activations were not kept, CannotOpen when they are gone.
    """
    store, rows = kept(answer), np.asarray(answer.arrays["statistics/projection_row"])
    layers = list(answer.labels["layer"])
    arrays = {name: array for name, array in answer.arrays.items() if not name.startswith("statistics/explained/")}
    for layer in layers:
        points = at_rows(store.parts([layer], logits=False), layer, rows)
        arrays[f"statistics/projection/{layer}"] = projected(points, by, seed)
    axes = {name: axes for name, axes in answer.axes.items() if name in arrays}
    return replace(answer, arrays=arrays, axes=axes).with_provenance(projection=by)


def at_rows(parts: Iterable[Part], layer: str, rows: Array) -> Array:
    """(rows, units) of one layer, for rows in their order."""
    return np.concatenate([part.activations[layer][np.isin(part.rows, rows)] for part in parts])
