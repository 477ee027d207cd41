"""Between arrays and the Explanation of kind "signature": what is written into it, and what is read out again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation, bound
from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.signatures.bins import Bins
from vitrail.signatures.known import Known
from vitrail.signatures.outcome import Outcome
from vitrail.signatures.paths import Paths
from vitrail.signatures.pool import Pool
from vitrail.signatures.read import Plan, planned
from vitrail.signatures.statistics import Named

KIND = "signature"


@dataclass(frozen=True, eq=False)
class Fitted:
    """What reads the signatures of further examples.

    paths    centroids and edges of each layer
    outcome  how outputs become classes
    pool     layer -> how it is pooled
    keep     the type in which activations were kept
    """

    paths: Paths
    outcome: Outcome
    pool: Mapping[str, Pool]
    keep: str

    @staticmethod
    def of(answer: Explanation) -> "Fitted":
        """Out of an answer that was fitted; raises BadInput for one that `assign` gave."""
        names = list(answer.labels["layer"])
        if f"centroid/{names[0]}" not in answer.arrays:
            raise BadInput(
                "these signatures were assigned by others and hold no clusters of their own. Those of the fit were "
                "expected. Ask the answer of vitrail.signatures(...)."
            )
        asked = answer.target
        return Fitted(
            Paths(under(answer, "centroid/"), under(answer, "edges/")),
            Outcome.from_json(asked["outcome"]),
            cast(dict[str, Pool], dict(zip(names, asked["pool"], strict=True))),
            asked["keep"],
        )

    def plan(self, model: Model, examples: Examples) -> Plan:
        return planned(model, examples, list(self.paths.centroids), self.pool)


def under(answer: Explanation, prefix: str) -> dict[str, Array]:
    """name -> array, for all arrays whose names begin so."""
    return {name.removeprefix(prefix): a for name, a in answer.arrays.items() if name.startswith(prefix)}


def of_examples(known: Known) -> Named:
    """The arrays that have a row for each example."""
    return {
        "values": (known.clusters, ("batch", "layer")),
        "label": (known.label, ("batch",)),
        "predicted": (known.predicted, ("batch",)),
        "distance": (known.distance, ("batch", "layer")),
        "role": (known.role, ("batch",)),
    }


def of_paths(paths: Paths) -> Named:
    found: Named = {f"centroid/{name}": (a, ("cluster", "unit")) for name, a in paths.centroids.items()}
    return found | {f"edges/{name}": (a, ("unit", "bin")) for name, a in paths.edges.items()}


def of_trust(state: Mapping[str, Array]) -> Named:
    """The state of trust, whose axes are nobody's business but its own."""
    return {f"trust/{name}": (a, ("feature",) * a.ndim) for name, a in state.items()}


def asked(
    pool: Mapping[str, Pool], outcome: Outcome, bins: Bins | None, keep: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The question as JSON, with all that further examples are read by beside the arrays."""
    return {
        "target": KIND,
        "layers": list(pool),
        "pool": list(pool.values()),
        "bins": None if bins is None else {"count": bins.count, "by": bins.by},
        "outcome": outcome.as_json(),
        "keep": "float32" if keep == "float32" else "float16",
        "trust": dict(facts),
    }


def explanation(named: Named, model: Model, **rest: Any) -> Explanation:
    """The Explanation, with the network bound to it."""
    arrays, axes = {n: a for n, (a, _) in named.items()}, {n: x for n, (_, x) in named.items()}
    return Explanation(KIND, arrays, axes, model=model, **rest)


def same_network(answer: Explanation, model: Any) -> Model:
    """The network that an answer is about: the one given, else the one bound to it.

    Raises BadInput where there is none, or where it has other weights.
    """
    model = answer.model if model is None else model
    if not isinstance(model, Model):
        raise BadInput(
            "the answer was loaded from a file, which holds no network. What vitrail.open gives was expected. Say it: "
            "vitrail.load(path, model=model), or model=model here."
        )
    bound(answer, model)
    return model
