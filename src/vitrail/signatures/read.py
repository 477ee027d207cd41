"""How a network is read for signatures: which layers, how they are pooled, how many examples at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from vitrail.errors import ChooseOutput, NetworkFailed
from vitrail.explanation import Array
from vitrail.inputs.examples import HASHED, Examples
from vitrail.inputs.numbers import sums_up
from vitrail.model import Layer, Model, Packed, Trace
from vitrail.signatures.activations import Part, kept
from vitrail.signatures.layers import chosen
from vitrail.signatures.pool import Pool, pool_of, pooled, vectors

LARGEST_BATCH = 2**27  #: bytes of x and of what is kept of it, at a time
PART = 2**26  #: bytes of a part of the store, as float32
FEWEST, MOST = 64, 8192  #: examples of a part


@dataclass(frozen=True, eq=False)
class Plan:
    """What is read of a network.

    layers  name -> the layer, in the order of the signature
    pool    name -> how its output becomes one vector
    units   name -> how long that vector is
    batch   examples that run together
    part    examples that a part of the store holds
    outputs numbers that the network gives for each example
    threshold  between the two classes of a single output that was squashed; None for any other output
    """

    layers: Mapping[str, Layer]
    pool: Mapping[str, Pool]
    units: Mapping[str, int]
    batch: int
    part: int
    outputs: int
    threshold: float | None = None

    @property
    def names(self) -> list[str]:
        return list(self.layers)


def planned(model: Model, examples: Examples, asked: str | Sequence[str], how: Pool | Mapping[str, Pool]) -> Plan:
    """The plan for these examples, found out on the first of them.

    Raises NoSuchLayer, WrongLayer; ChooseOutput where the network gives more than one row of numbers for an example.
    """
    packed = model.pack(examples.take([0]))
    with model.asking(packed) as bound:
        x = packed.x
        layers = {layer.name: layer for layer in chosen(bound, x, asked)}
        ways = dict.fromkeys(layers, how) if isinstance(how, str) else how
        pool = {name: pool_of(bound, x, layer, ways[name]) for name, layer in layers.items()}
        trace = bound.trace(x, keep=tuple(layers))
    refuse_many(model.name, trace)
    seen = trace.layers
    units = {name: pooled(seen[name], layer, pool[name]).shape[1] for name, layer in layers.items()}
    each = sum(value.numel() * value.element_size() for value in (x, *seen.values()))
    part = min(max(PART // (4 * sum(units.values())), FEWEST), MOST)
    part -= part % HASHED if part > HASHED else 0  # so that hashes do not depend on how stores are cut
    batch = min(max(LARGEST_BATCH // each, 1), part)
    return Plan(layers, pool, units, batch, part, trace.output[0].numel(), threshold_of(trace))


def refuse_many(name: str, trace: Trace) -> None:
    if max(trace.output.shape[1:]) < trace.output[0].numel():
        raise ChooseOutput(
            f"{name} gives {tuple(trace.output.shape[1:])} numbers for each example. One row of classes, or one "
            "number, was expected. Wrap the network, or choose another output: vitrail.open(network, output=...)."
        )


def threshold_of(trace: Trace) -> float | None:
    """0 for a logit whose sigmoid was found, 0.5 for a probability whose logit cannot be seen; None for all else."""
    if trace.output[0].numel() > 1 or (trace.logits is trace.output and not trace.hidden):
        return None
    return 0.5 if trace.hidden else 0.0


def read(model: Model, plan: Plan, examples: Examples, rows: Array) -> Part:
    """What the network says about these rows of the examples.

    Raises NetworkFailed when a layer or the output is not a number.
    """
    pieces = []
    for start in range(0, len(rows), plan.batch):
        some = rows[start : start + plan.batch]
        with bound_to(model, examples.take(some)) as bound:
            pieces.append(at(bound, plan, some))
    return joined(pieces)


@contextmanager
def bound_to(model: Model, x: Any) -> Iterator[Model]:
    packed = x if isinstance(x, Packed) else model.pack(x)
    with model.asking(packed) as bound:
        yield bound


def at(bound: Model, plan: Plan, rows: Array) -> Part:
    """What the network says about the examples of the question, which are these rows."""
    part = said(bound, plan, bound.question.packed.x, rows)
    for name, array in (("its output", part.logits), *part.activations.items()):
        refuse_broken(bound.name, name, array, rows)
    return part


def said(bound: Model, plan: Plan, points: Tensor, rows: Array) -> Part:
    """What the network says at points that stand for the examples of the question, also where it breaks."""
    trace = bound.trace(points.detach(), keep=tuple(plan.layers))
    held = bound.question.packed.held
    found = vectors(trace.layers, plan.layers, plan.pool, None if held is None else ~held[bound.rows])
    activations = {name: numbers(value) for name, value in found.items()}
    return Part(np.asarray(rows), numbers(trace.logits.flatten(1)), activations)


def numbers(value: Tensor) -> Array:
    return value.detach().float().cpu().numpy()


def refuse_broken(network: str, name: str, array: Array, rows: Array) -> None:
    if sums_up(array):
        return
    fine = np.asarray(np.isfinite(array).all(1))
    if not fine.all():
        raise NetworkFailed(
            f"{network} gave NaN or infinity at {name} for {int((~fine).sum())} of {len(fine)} examples, the first of "
            f"them x[{int(rows[int(np.argmin(fine))])}]. Numbers were expected. Check the weights, and that x is "
            "scaled as in training."
        )


def joined(pieces: Sequence[Part]) -> Part:
    if len(pieces) == 1:
        return pieces[0]
    return Part(
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate([piece.logits for piece in pieces]),
        {name: np.concatenate([piece.activations[name] for piece in pieces]) for name in pieces[0].activations},
    )


def as_stored(part: Part, keep: str) -> Part:
    """The same numbers as a store would give back, so that new examples are read as those of the fit were."""
    back = {name: kept(array, keep).astype(np.float32) for name, array in part.activations.items()}
    return Part(part.rows, part.logits, back)
