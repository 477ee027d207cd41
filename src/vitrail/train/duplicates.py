"""Examples that stand in the data twice: exactly, by a hash of what they hold, and nearly, by how alike they look."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vitrail.explanation import Array
from vitrail.train.data import PARTS, Data, Part

SMALL = 16  #: side of the grey pictures that are compared
ALIKE = 0.998  #: correlation of these from which on pictures are taken for the same
MOST = 20_000  #: pictures of a part that are compared
AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Copies:
    """Exact duplicates.

    twin         (n,) the first example with the same content; itself for the first
    within       part -> examples that stand in the same part before
    across       (part, other) -> examples of a held-out part that stand in an earlier one too
    conflicting  (k, 2) pairs of the same content with different answers
    """

    twin: Array
    within: Mapping[Part, int]
    across: Mapping[tuple[Part, Part], Array]
    conflicting: Array


def copies_of(data: Data) -> Copies:
    """By the bytes of each example, as the network reads it."""
    found: dict[bytes, int] = {}
    twin = np.array([found.setdefault(hashed(row), i) for i, row in enumerate(data.x)])
    within = {part: len(rows) - len(np.unique(twin[rows])) for part, rows in data.rows.items()}
    across = {
        (later, earlier): rows[np.isin(twin[rows], twin[data.rows[earlier]])]
        for i, later in enumerate(PARTS)
        for earlier in PARTS[:i]
        for rows in [data.rows[later]]
    }
    other = (data.y != data.y[twin]).reshape(len(twin), -1).any(1)
    rows = np.flatnonzero(other & np.isin(np.arange(len(twin)), np.concatenate(list(data.rows.values()))))
    return Copies(twin, within, across, np.stack([twin[rows], rows], 1))


def hashed(row: Array) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest()


def small(pictures: Array) -> Array:
    """(n, 256) float32 of grey pictures of 16 x 16 pixels, with mean 0 and length 1; 0 for pictures of one colour."""
    shrunk = np.stack([shrink(picture) for picture in pictures]).reshape(len(pictures), -1).astype(np.float32)
    shrunk -= shrunk.mean(1, keepdims=True)
    length = np.linalg.norm(shrunk, axis=1, keepdims=True)
    return np.asarray(np.where(length > SMALL, shrunk / np.maximum(length, 1e-9), 0), np.float32)


def shrink(picture: Array) -> Array:
    """(16, 16) of bytes (height, width, channel): the mean over what falls into each place."""
    grey = Image.fromarray(np.asarray(picture, np.float32).mean(-1))
    return np.asarray(grey.resize((SMALL, SMALL), Image.Resampling.BOX))


def alike(looks: Array, rows: Mapping[Part, Array], twin: Array) -> Array:
    """(k, 2) pairs (training example, held-out one) that look the same without being so, most alike first.

    Brightness and contrast do not count: it is the correlation of small grey pictures, at least 0.998.
    """
    known = rows["train"][:MOST]
    held = np.concatenate([rows[part][:MOST] for part in PARTS[1:]])
    held = held[~np.isin(twin[held], twin[rows["train"]])]
    pairs, scores = [], []
    for start in range(0, len(held), AT_ONCE):
        some = held[start : start + AT_ONCE]
        near = looks[some] @ looks[known].T
        best = near.argmax(1)
        score = near[np.arange(len(some)), best]
        hit = score >= ALIKE
        pairs.append(np.stack([known[best[hit]], some[hit]], 1))
        scores.append(score[hit])
    if not pairs:
        return np.empty((0, 2), np.int64)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return np.concatenate(pairs)[order]
