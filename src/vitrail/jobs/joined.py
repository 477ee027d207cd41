"""Answers about parts of the examples, put together to the answer about all of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation, plain

EACH = ("input", "token")  #: labels that hold something for every example
SUMS = ("evaluations", "gradients")  #: checks that count what was done
#: in provenance: what belongs to one run, so that the same question gives the same bytes whoever answers it
OF_A_RUN = ("seconds",)


def joined(parts: Sequence[Explanation]) -> Explanation:
    """The answer about all examples, out of the answers to the same question about one part of them after the other.

    Texts of different lengths are filled up with zeros, as they are within one batch. The hashes of the inputs become
    a list. Raises BadInput for no parts at all, and for parts of different kinds, networks or settings.
    """
    if not parts:
        raise BadInput("there are no answers to join. One at least was expected. Give the answers of all shards.")
    first, sizes = parts[0], [len(part) for part in parts]
    for part in parts[1:]:
        refuse_other(first, part)
    return replace(
        first,
        arrays={name: array_of(name, parts) for name in first.arrays},
        checks={name: check_of(name, [part.checks[name] for part in parts], sizes) for name in first.checks},
        outputs=np.concatenate([part.outputs for part in parts]),
        target=merged([part.target for part in parts], lambda name, values: each_or_same(name, values, sizes)),
        labels=merged([part.labels for part in parts], label_of),
        provenance=merged([without_run(part.provenance) for part in parts], fact_of),
        model=None,
    )


def without_run(provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in provenance.items() if name not in OF_A_RUN}


def refuse_other(one: Explanation, other: Explanation) -> None:
    """Raise BadInput unless two answers are about the same network and question."""
    for name, of in SAME.items():
        if of(one) != of(other):
            raise BadInput(
                f"answers differ in their {name}: {of(one)} and {of(other)}. Parts of one answer were expected. Ask "
                "the same question about all parts."
            )


def axes_of(answer: Explanation) -> dict[str, tuple[str, ...]]:
    return {name: tuple(axes) for name, axes in answer.axes.items()}


SAME: dict[str, Callable[[Explanation], Any]] = {
    "kind": lambda answer: answer.kind,
    "axes": axes_of,
    "checks": lambda answer: sorted(answer.checks),
    "method": lambda answer: answer.method,
    "settings": lambda answer: answer.provenance.get("settings"),
    "network": lambda answer: answer.provenance.get("model"),
}


def array_of(name: str, parts: Sequence[Explanation]) -> Array:
    """One behind the other along the batch; what has no batch is the same in all."""
    arrays, axes = [part.arrays[name] for part in parts], parts[0].axes[name]
    if axes[:1] == ("batch",):
        return np.concatenate(filled(arrays))
    if all(np.array_equal(arrays[0], other) for other in arrays[1:]):
        return arrays[0]
    raise BadInput(
        f"array {name!r} has the axes {axes} and differs between the parts. One that is the same for all examples, or "
        "has a batch axis, was expected. Ask about all examples at once.",
        array=name,
    )


def filled(arrays: Sequence[Array]) -> list[Array]:
    """All as long as the longest, behind the batch, with zeros at the end."""
    shape = np.max([array.shape[1:] for array in arrays], axis=0, initial=0) if arrays[0].ndim > 1 else []
    return [np.pad(a, [(0, 0), *((0, int(n) - m) for n, m in zip(shape, a.shape[1:], strict=True))]) for a in arrays]


def check_of(name: str, values: Sequence[Any], sizes: Sequence[int]) -> Any:
    """One behind the other, added up, or the same for all; else a list with what each part says."""
    if all(isinstance(v, np.ndarray) and v.shape[:1] == (n,) for v, n in zip(values, sizes, strict=True)):
        return np.concatenate(filled(values))
    return sum(values) if name in SUMS else same_or_all(list(values))


def merged(of_parts: Sequence[Mapping[str, Any]], join: Callable[[str, list[Any]], Any]) -> dict[str, Any]:
    return {name: join(name, [part.get(name) for part in of_parts]) for name in of_parts[0]}


def each_or_same(name: str, values: list[Any], sizes: Sequence[int]) -> Any:
    """What a question says of every example, one behind the other."""
    if all(isinstance(value, list) and len(value) == size for value, size in zip(values, sizes, strict=True)):
        return [item for value in values for item in value]
    return same_or_all(values)


def label_of(name: str, values: list[Any]) -> Any:
    return [item for value in values for item in value] if name in EACH else same_or_all(values)


def fact_of(name: str, values: list[Any]) -> Any:
    return [item for value in values for item in value] if name == "prediction" else same_or_all(values)


def same_or_all(values: list[Any]) -> Any:
    texts = {json.dumps(value, default=plain, sort_keys=True) for value in values}
    return values[0] if len(texts) == 1 else values
