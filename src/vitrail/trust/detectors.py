"""All scores together: learnt from a summary, kept as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.distance import Distance
from vitrail.trust.head import Columns, Head, logits_of
from vitrail.trust.knn import Knn
from vitrail.trust.mahalanobis import Mahalanobis
from vitrail.trust.path import Path
from vitrail.trust.react import React
from vitrail.trust.reading import Reading
from vitrail.trust.softmax import energy, msp
from vitrail.trust.summary import Summary
from vitrail.trust.vim import Vim

NEED_CLASSES = ("msp", "energy", "vim", "react")  #: scores of networks that say classes
WIDE = ("bank", "whitening", "residual")  #: large arrays, kept as float32


@dataclass(frozen=True, eq=False)
class Detectors:
    """What gives an example its raw scores.

    columns  what the outputs of the network are; without classes there are no NEED_CLASSES
    layers   one at each layer; the last one's score is `mahalanobis`
    """

    columns: Columns
    path: Path
    distance: Distance
    layers: tuple[Mahalanobis, ...]
    knn: Knn
    vim: Vim | None
    react: React | None

    @staticmethod
    def of(summary: Summary, head: Head) -> "Detectors":
        """Learnt from training examples."""
        says = summary.columns != "none"
        features, logits = summary.kept("features"), summary.kept("logits")
        return Detectors(
            summary.columns,
            summary.path,
            Distance.of(summary.kept("clusters"), summary.kept("distances"), summary.clusters),
            tuple(Mahalanobis.of(moments) for moments in summary.moments.values()),
            Knn.of(features),
            Vim.of(summary.features, head, features, logits) if says else None,
            React.of(head, features) if says else None,
        )

    def __call__(self, reading: Reading) -> dict[str, Array]:
        """Raw scores (n,) by name, with layer/0, layer/1 ... for the Mahalanobis distance at each layer."""
        logits, features = logits_of(reading, self.columns), reading.features
        found = {"path": self.path(reading), "distance": self.distance(reading)}
        if self.vim and self.react:
            found |= {"msp": msp(logits), "energy": energy(logits)}
            found |= {"vim": self.vim(features, logits), "react": self.react(features)}
        pairs = zip(self.layers, reading.activations.values(), strict=True)
        each = {f"layer/{i}": detector(rows) for i, (detector, rows) in enumerate(pairs)}
        return {**found, **each, "mahalanobis": each[f"layer/{len(each) - 1}"], "knn": self.knn(features)}

    def arrays(self) -> dict[str, Array]:
        """Their state, by name."""
        single = {name: getattr(self, name) for name in ("path", "distance", "knn", "vim", "react")}
        parts = {**single, **{f"layer/{i}": layer for i, layer in enumerate(self.layers)}}
        return {
            f"{name}/{field.name}": stored(field.name, getattr(part, field.name))
            for name, part in parts.items()
            if part is not None
            for field in fields(part)
        }

    def as_kept(self) -> "Detectors":
        """As they will be read back, so that what is calibrated is what judges."""
        return Detectors.remade(self.arrays(), self.columns, len(self.layers))

    @staticmethod
    def remade(state: Mapping[str, Array], columns: Columns, layers: int) -> "Detectors":
        """From their state."""
        says = columns != "none"
        return Detectors(
            columns,
            part(Path, state, "path"),
            part(Distance, state, "distance"),
            tuple(part(Mahalanobis, state, f"layer/{i}") for i in range(layers)),
            part(Knn, state, "knn"),
            part(Vim, state, "vim") if says else None,
            part(React, state, "react") if says else None,
        )


def stored(name: str, array: Array) -> Array:
    return np.asarray(array, np.float32) if name in WIDE else np.asarray(array)


def part(kind: type[Any], state: Mapping[str, Array], name: str) -> Any:
    return kind(**{field.name: state[f"{name}/{field.name}"] for field in fields(kind)})
