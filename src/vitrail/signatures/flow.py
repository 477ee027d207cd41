"""The flow of examples: input class, cluster at each layer, output class, with the four ways of looking at it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vitrail.errors import BadSetting, near
from vitrail.explanation import Explanation
from vitrail.signatures.table import as_table, counted, links, refuse_view, seen_in

LINK = ("column", "source", "target", "class", "count")


def flow(
    answer: Explanation,
    view: str = "all",
    *,
    input_class: int | str | None = None,
    output_class: int | str | None = None,
    signature: Sequence[int] | None = None,
) -> Explanation:
    """The table of signatures, and the links between neighbouring columns.

    answer        of kind "signature"
    view          what examples are counted together by: "all" (input class, signature, output class), "input" (input
                  class and signature), "output" (signature and output class), "signature"
    input_class   only examples of this class, by number or name
    output_class  only examples that the network takes for this class
    signature     only examples that take this path: a cluster for each layer

    Returns an Explanation of kind "flow": `values` (paths,) counts, largest first, which add up to the number of
    examples; input_class (paths,), signature (paths, layers), output_class (paths,), -1 where a view leaves one out;
    link/column, source, target, class, count (links,): from a node of a column to one of the next, by input class
    in every view.
    Raises BadSetting for a view, class or signature that does not exist.
    """
    refuse_view(view)
    names, layers = answer.labels["class"], answer.labels["layer"]
    where = [
        *([] if input_class is None else [("input", index_of(input_class, names))]),
        *([] if output_class is None else [("output", index_of(output_class, names))]),
        *([] if signature is None else enumerate_layers(signature, layers)),
    ]
    arrays = answer.arrays
    rows = as_table(arrays["label"], arrays["values"], arrays["predicted"])
    paths = counted(rows, len(layers), view, where)
    between = seen_in(view, links(paths if view == "all" else counted(rows, len(layers), "all", where)), len(layers))
    named: dict[str, tuple[Any, tuple[str, ...]]] = {
        "values": (paths[:, -1], ("path",)),
        "input_class": (paths[:, 0].astype(np.int32), ("path",)),
        "signature": (paths[:, 1:-2].astype(np.int32), ("path", "layer")),
        "output_class": (paths[:, -2].astype(np.int32), ("path",)),
        **{f"link/{name}": (between[:, i], ("link",)) for i, name in enumerate(LINK)},
    }
    return Explanation(
        "flow",
        {name: array for name, (array, _) in named.items()},
        {name: axes for name, (_, axes) in named.items()},
        checks={"examples": int(paths[:, -1].sum()), "paths": len(paths)},
        outputs=np.zeros((len(paths), 0), np.float32),
        target={
            "target": "flow",
            "view": view,
            "input_class": input_class,
            "output_class": output_class,
            "signature": None if signature is None else [int(i) for i in signature],
        },
        labels={"class": names, "layer": layers},
        provenance={**answer.provenance, "method": "flow"},
    )


def index_of(value: int | str, names: Sequence[str]) -> int:
    """A class by name, else by number."""
    if value in names:
        return list(names).index(str(value))
    if isinstance(value, int | np.integer) and -1 <= value < len(names):
        return int(value)
    raise BadSetting(
        f"no class {value!r}. {near(str(value), names)}Classes are: {', '.join(names[:12])}"
        f"{', ...' if len(names) > 12 else ''}. Choose one."
    )


def enumerate_layers(signature: Sequence[int], layers: Sequence[str]) -> list[tuple[str, int]]:
    given = [int(i) for i in np.asarray(signature).ravel()]
    if len(given) != len(layers):
        raise BadSetting(
            f"signature={given} names {len(given)} clusters. One for each layer was expected: {', '.join(layers)}. "
            "Write one number for each."
        )
    return [(f"c{i}", cluster) for i, cluster in enumerate(given)]
