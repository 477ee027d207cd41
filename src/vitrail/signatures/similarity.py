"""How alike the layers of two networks are on the same examples, out of the activations that were kept."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation
from vitrail.inputs.examples import HASHED
from vitrail.model.versions import versions
from vitrail.signatures.activations import Activations
from vitrail.signatures.alignment import WIDE, Products, Range, middled, of_few
from vitrail.signatures.sample import Sample, fitting

BLOCK = 2048  #: examples that are compared at a time


def cka(first: Explanation, second: Explanation, *, debiased: bool = True) -> Explanation:
    """How alike the layers of two networks are on the same examples: linear centred kernel alignment   [1].

    first, second   what vitrail.signatures(..., store=FOLDER) gave, whose activations are still in their folders; or
                    what "layer-activation" gave, which is one layer. They may be of one network
    debiased        whether the estimate is the one that does not grow with the number of units

    Returns an Explanation of kind "similarity": values (layers of first, layers of second), 1 for layers that agree up
    to rotation, reflection and one scale, 0 for those with nothing in common, NaN where nothing varies. labels: "layer"
    and "second". Where all layers together have more than 4,096 units, at most 2,000 examples are compared, and
    checks["compared"] says how many.

    Raises BadInput for other kinds of answers, different examples (by their number and hashes), and activations that
    were not kept or not kept whole; CannotOpen when their folder is gone.

    [1] Kornblith, Norouzi, Lee, Hinton, "Similarity of Neural Network Representations Revisited", 2019, section 3
    """
    began = time.perf_counter()
    sources = [source_of(first), source_of(second)]
    refuse_different(*sources)
    used, values = compared(sources, debiased)
    one, other = sources
    return Explanation(
        kind="similarity",
        arrays={"values": values},
        axes={"values": ("layer", "layer")},
        checks={"examples": one.count, "compared": used, "debiased": debiased, "evaluations": 0},
        outputs=np.zeros((len(one.layers), 0), np.float32),
        target={"target": "similarity"},
        labels={"layer": one.layers, "second": other.layers},
        provenance={
            "method": "cka",
            "settings": {"debiased": debiased},
            "model": one.model,
            "second": other.model,
            "versions": versions(),
            "seconds": time.perf_counter() - began,
        },
    )


# -- where activations come from -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Source:
    """The activations of some layers of a network: in a store, or in memory where there is none.

    hashed, input   in what pieces the examples were hashed, and their hash; only hashes of like pieces can be compared
    """

    layers: list[str]
    count: int
    hashed: str
    input: str
    model: Mapping[str, Any]
    store: Activations | None
    values: Array

    def parts(self) -> Iterator[list[Array]]:
        """The layers (n, units) of some neighbouring examples at a time."""
        if self.store is None:
            yield [self.values]
        else:
            for part in self.store.parts(self.layers, logits=False):
                yield [part.activations[layer] for layer in self.layers]


def source_of(answer: Explanation) -> Source:
    """The activations behind an answer.

    Raises BadInput when there are none.
    """
    about = answer.provenance.get("model", {})
    if answer.kind == "activation":
        values = np.asarray(answer.values)
        name, digest = str(answer.checks.get("layer", "layer")), str(answer.provenance.get("input"))
        return Source([name], len(values), "whole", digest, about, None, values.reshape(len(values), -1))
    if answer.kind != "signature":
        raise BadInput(
            f"an Explanation of kind {answer.kind!r} holds no activations. One of kind 'signature' or 'activation' was "
            "expected. Ask vitrail.signatures(model, x, store=FOLDER)."
        )
    store = kept(answer)
    hashed, nothing = hash_of(store), np.zeros((0, 0))
    return Source(list(answer.labels["layer"]), store.about["examples"], *hashed, about, store, nothing)


def kept(answer: Explanation) -> Activations:
    """The store of a signature answer.

    Raises BadInput when it was not kept or is of another network; CannotOpen when the folder is gone.
    """
    folder = answer.provenance.get("store")
    if not folder:
        raise BadInput(
            "the activations behind these signatures were not kept. A folder of them was expected. Ask again with "
            "vitrail.signatures(..., store=FOLDER)."
        )
    store = Activations.open(Path(str(folder)))
    if store.about.get("weights") != answer.provenance["model"]["weights"]:
        raise BadInput(
            f"{str(folder)!r} holds activations of the weights {store.about.get('weights')}, and the signatures are of "
            f"{answer.provenance['model']['weights']}. Those of one network were expected. Ask for the signatures "
            "again, with a folder of their own."
        )
    lost = [store.path(start) for start in store.starts if not store.path(start).is_file()]
    if lost:
        raise BadInput(
            f"{str(lost[0])!r} is missing from the activations that were kept. All parts were expected. Ask for the "
            "signatures again: what is there is not run twice."
        )
    return store


def hash_of(store: Activations) -> tuple[str, str]:
    """In what pieces the examples of a store were hashed, and their hashes."""
    return f"{HASHED} at a time", "".join(store.digest(start) for start in store.starts)


def refuse_different(one: Source, other: Source) -> None:
    if one.count != other.count or (one.hashed == other.hashed and one.input != other.input):
        raise BadInput(
            f"the two answers are about different examples ({one.count} and {other.count} of them"
            f"{', with other hashes' if one.count == other.count else ''}). The same ones, in the same order, were "
            "expected. Ask both networks about the same x."
        )


# -- comparing -----------------------------------------------------------------------------------------------


def compared(sources: Sequence[Source], debiased: bool) -> tuple[int, Array]:
    """(examples used, (layers of the first, layers of the second) CKA), in two passes over the parts."""
    ranges = [Range() for source in sources for _ in source.layers]
    for layers in blocks(sources):
        for seen, x in zip(ranges, layers, strict=True):
            seen.add(x)
    edge, units = len(sources[0].layers), sum(len(seen.low) for seen in ranges)
    used, similar = (of_all if units <= WIDE else of_sample)(sources, ranges, debiased)
    return used, similar[:edge, edge:]


def of_all(sources: Sequence[Source], ranges: Sequence[Range], debiased: bool) -> tuple[int, Array]:
    edge, end = len(sources[0].layers), len(ranges)
    pairs = [(i, i) for i in range(end)] + [(i, j) for i in range(edge) for j in range(edge, end)]
    products = Products(end, pairs)
    for layers in blocks(sources):
        products.add([seen.centred(x) for seen, x in zip(ranges, layers, strict=True)])
    return products.count, products.similarity(debiased)


def of_sample(sources: Sequence[Source], ranges: Sequence[Range], debiased: bool) -> tuple[int, Array]:
    names = [str(i) for i in range(len(ranges))]
    sample, start = Sample(names, fitting(sum(len(seen.low) for seen in ranges))), 0
    for layers in blocks(sources):
        rows = np.arange(start, start + len(layers[0]))
        sample.add(rows, dict(zip(names, layers, strict=True)))
        start += len(rows)
    rows, few = sample.taken()
    centred = [seen.centred(x) for seen, x in zip(ranges, few.values(), strict=True)]
    return len(rows), of_few([middled(x) for x in centred], debiased)


def blocks(sources: Sequence[Source]) -> Iterator[list[Array]]:
    """The layers of all sources, the same examples at a time however their parts are cut."""
    for each in zip(*(cut(source.parts()) for source in sources), strict=True):
        yield [layer for layers in each for layer in layers]


def cut(parts: Iterator[list[Array]], size: int = BLOCK) -> Iterator[list[Array]]:
    """Parts of `size` examples each, and a shorter one at the end."""
    held: list[Array] = []
    for part in parts:
        held = [np.concatenate(pair) for pair in zip(held, part, strict=True)] if held else part
        while len(held[0]) >= size:
            yield [layer[:size] for layer in held]
            held = [layer[size:] for layer in held]
    if held and len(held[0]):
        yield held
