"""Readings of a made-up network whose last layer is linear: two layers, three classes."""

from collections.abc import Iterator

import numpy as np
import pytest

from vitrail.trust import Reading

CENTRES = np.random.default_rng(99).normal(size=(3, 6)) * 3
WEIGHT, BIAS = CENTRES / 4, np.array([0.1, -0.2, 0.3])
CLUSTERS = [3, 4]


def reading_of(rows, seed=0):
    """What a network of two layers says about rows (n, 6); its clusters are those of fixed centres."""
    rows = rows.astype(np.float32)
    first = np.tanh(rows[:, :4] / 3)
    logits = rows @ WEIGHT.T.astype(np.float32) + BIAS.astype(np.float32)
    chance = np.random.default_rng(7)
    clusters, distances = [], []
    for layer, count in zip((first, rows), CLUSTERS, strict=True):
        away = np.linalg.norm(layer[:, None] - chance.normal(size=(count, layer.shape[1])), axis=2)
        clusters.append(away.argmin(1))
        distances.append(away.min(1))
    return Reading(
        {"first": first, "last": rows},
        logits,
        logits.argmax(1),
        np.stack(clusters, 1),
        np.stack(distances, 1).astype(np.float32),
        np.full(len(rows), -1),
    )


def usual_rows(count, seed):
    chance = np.random.default_rng(seed)
    return CENTRES[chance.integers(3, size=count)] + chance.normal(size=(count, 6))


def part_of(reading, rows):
    return Reading(
        {name: array[rows] for name, array in reading.activations.items()},
        *(getattr(reading, name)[rows] for name in ("logits", "predicted", "clusters", "distances", "label")),
    )


def in_batches(reading, size=10_000):
    """A callable, as `fit` takes them."""

    def walk() -> Iterator[Reading]:
        for start in range(0, len(reading.logits), size):
            yield part_of(reading, slice(start, start + size))

    return walk


@pytest.fixture(scope="session")
def usual():
    """usual(count, seed) -> Reading of examples like those of training."""
    return lambda count, seed: reading_of(usual_rows(count, seed))


@pytest.fixture(scope="session")
def strange():
    """strange(count, seed) -> Reading of examples between the classes."""
    return lambda count, seed: reading_of(np.random.default_rng(seed).normal(size=(count, 6)) * 4)


@pytest.fixture(scope="session")
def batches():
    return in_batches


@pytest.fixture(scope="session")
def part():
    return part_of


@pytest.fixture(scope="session")
def clusters():
    return CLUSTERS


@pytest.fixture(scope="session")
def head():
    return WEIGHT, BIAS


@pytest.fixture(scope="session")
def read():
    return reading_of


@pytest.fixture(scope="session")
def fitted(usual, strange):
    """(state, facts) of a fit."""
    from vitrail import trust

    made = (usual(3000, 1), usual(400, 2), strange(400, 3), usual(600, 4))
    return trust.fit(*map(in_batches, made), classes=3, clusters=CLUSTERS, seed=0)
