"""What is unusual about an example, in words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from vitrail.explanation import Array, Explanation
from vitrail.signatures.layers import titled
from vitrail.trust.detectors import part
from vitrail.trust.distance import Distance
from vitrail.trust.judge import Judgement
from vitrail.trust.path import PRIOR, Path
from vitrail.trust.reading import Reading

USUAL = 0.1  #: p-values above it are worth no words
RARE = 0.02  #: shares up to it are
SENTENCES = 3
ODDS = tuple(k * 10**power for power in range(1, 9) for k in (1, 2, 5))  #: round numbers, from 10


class Reason(NamedTuple):
    """One thing that is unusual: how rare it is, in nats, and how it is said."""

    nats: float
    text: str


def words_of(answer: Explanation, reading: Reading, judged: Judgement) -> list[str]:
    """For each example what is unusual about it; from signatures and what they say about a batch of examples."""
    state = {name.removeprefix("trust/"): array for name, array in answer.arrays.items()}
    return unusual(state, reading, judged, answer.labels["class"], list(map(titled, answer.labels["layer"])))


def unusual(
    state: Mapping[str, Array], reading: Reading, judged: Judgement, classes: Sequence[str], layers: Sequence[str]
) -> list[str]:
    """For each example up to three sentences, empty where it is usual: how rare it is, and what about it, rarest first.

    state    what `trust.fit` gave
    reading  (n examples) as they were judged
    judged   what `trust.judge` said
    classes  names of the output classes
    layers   names of the layers of the signature
    """
    said = [""] * len(judged.combined)
    rare = [i for i, p in enumerate(judged.combined) if p <= USUAL]
    places = Places(state, reading)
    for i in rare:
        reasons = sorted(reasons_of(places, judged, i, classes, layers), key=lambda reason: -reason.nats)
        sentences = [verdict(float(judged.combined[i])), *[reason.text for reason in reasons]]
        said[i] = " ".join(sentences[:SENTENCES])
    return said


class Places:
    """Where examples are, beside the training examples."""

    def __init__(self, state: Mapping[str, Array], reading: Reading) -> None:
        path: Path = part(Path, state, "path")
        distance: Distance = part(Distance, state, "distance")
        self.predicted, self.clusters = reading.predicted, reading.clusters
        self.of_class = path.counts[0].sum((1, 2))[reading.predicted]  # (n,) training examples of the class
        self.shares, self.steps = path.shares(reading), path.steps(reading)
        self.beyond = distance.beyond(reading)  # (n, layers)


def verdict(p: float) -> str:
    """How rare an example is, in a round number that p is not above."""
    odds = max(k for k in ODDS if p * k <= 1 + 1e-9)
    return f"At most 1 in {odds} examples like those of training looks as unusual as this one."


def reasons_of(
    places: Places, judged: Judgement, i: int, classes: Sequence[str], layers: Sequence[str]
) -> Iterator[Reason]:
    called = classes[int(places.predicted[i])]
    if places.of_class[i]:
        yield from of_path(places, i, called, layers)
    else:
        yield Reason(math.inf, f"None of the training examples was called {called}.")
    yield from of_distance(places, i, layers)
    yield from of_scores(judged, i, layers[-1])


def of_path(places: Places, i: int, called: str, layers: Sequence[str]) -> Iterator[Reason]:
    """The cluster where fewest go, or else the step that fewest take."""
    layer = int(places.shares[i].argmin())
    share, cluster = float(places.shares[i, layer]), places.clusters[i]
    least = PRIOR / (float(places.of_class[i]) + PRIOR)
    if share <= RARE:
        where = f"At {layers[layer]} this example sits in cluster {cluster[layer]}"
        text = f"{where}, where {percent(share)} of the training examples called {called} go."
        yield Reason(-math.log(max(share, least)), text)
        return
    layer = int(places.steps[i].argmin())
    share = float(places.steps[i, layer])
    if share <= RARE:
        before = f"cluster {cluster[layer - 1]} of {layers[layer - 1]}"
        after = f"cluster {cluster[layer]} of {layers[layer]}"
        text = f"Of the training examples called {called} in {before}, {percent(share)} go on to {after}."
        yield Reason(-math.log(max(share, least)), text)


def of_distance(places: Places, i: int, layers: Sequence[str]) -> Iterator[Reason]:
    """The layer where it is farthest out."""
    layer = int(places.beyond[i].argmax())
    share = float(places.beyond[i, layer])
    if share >= 1 - RARE:
        text = f"Its distance to the centre of its cluster at {layers[layer]} is larger than that of {most(share)}."
        yield Reason(-math.log(max(1 - share, 1e-3)), text)


def of_scores(judged: Judgement, i: int, last: str) -> Iterator[Reason]:
    """The rarest of the scores that say the same kind of thing."""
    kinds = {
        f"Its nearest neighbours among the training examples at {last} are farther away than those of": ("knn",),
        f"Its activations at {last} are farther from every class than those of": ("mahalanobis", "vim"),
        "Its activations over all layers are farther from every class than those of": ("layers",),
        "The network is less sure of its answer than for": ("msp", "energy", "react"),
    }
    for words, names in kinds.items():
        p = min((float(judged.p[name][i]) for name in names if name in judged.p), default=1.0)
        if p <= RARE:
            yield Reason(-math.log(p), f"{words} {100 * (1 - p):.1f} % of the examples kept for comparison.")


def percent(share: float) -> str:
    return "none" if share == 0 else "less than 0.1 %" if share < 1e-3 else f"{100 * share:.1f} %"


def most(share: float) -> str:
    return "all training examples there" if share >= 1 else f"{100 * share:.1f} % of the training examples there"
