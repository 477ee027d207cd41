"""The verb: the signatures of a data set, and what reads those of any other examples."""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Explanation
from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.signatures import keeping
from vitrail.signatures.agreement import counted, purity
from vitrail.signatures.answer import asked, explanation, of_examples, of_paths, of_trust
from vitrail.signatures.bins import Bins, bins_of
from vitrail.signatures.clusters import counts_of, refuse_more
from vitrail.signatures.details import about
from vitrail.signatures.hear import Hearing
from vitrail.signatures.known import FIT, Known
from vitrail.signatures.outcome import check_length
from vitrail.signatures.paths import Paths, clustered, followed
from vitrail.signatures.pool import Pool
from vitrail.signatures.read import planned
from vitrail.signatures.trusted import Judge

Keep = Literal["float16", "float32", "code"]
Fit = Literal["correct", "all"]


def signatures(
    model: Model,
    x: Any,
    labels: Any = None,
    layers: str | Sequence[str] = "auto",
    clusters: int | str | Sequence[int | str] = 10,
    bins: Bins | int | str | None = None,
    pool: Pool = "auto",
    seed: int = 0,
    *,
    calibration: Any = None,
    held_out: float = 0.2,
    fit: Fit = "correct",
    store: str | os.PathLike[str] | None = None,
    keep: Keep = "float16",
    overwrite: bool = False,
    details: bool = True,
    progress: bool | Report = False,
) -> Explanation:
    """The path that each example takes: at each layer, the cluster that its activations fall in.

    model        what `vitrail.open` gave
    x            the examples (n, ...), as `explain` takes them; read a few at a time
    labels       (n,) the class of each, by number or name; also classes that the network never saw
    layers       their names; "auto": what stands before each layer with weights, or each block of a deep network
    clusters     of k-means at each layer, one number or one for each; "auto" by silhouette, "gap" by the gap statistic
    bins         discretise first: 8, "8:quantile" or Bins(8, "quantile"); None for the numbers themselves
    pool         how a layer becomes one vector: "auto", "mean", "max", "cls" or "raw"
    seed         of k-means, samples and what is held out
    calibration  examples that the network was not trained on, which trust is calibrated with; without them trust keeps
                 its word for new examples only if the network was not trained on x either
    held_out     share of x that is held out of the fit, for trust, from 0 to below 1; not used with `calibration`
    fit          "correct": k-means sees only examples that the network gets right (all, without labels); "all"
    store        a folder that keeps the activations; a run that was killed goes on from there
    keep         "float16", "float32", or "code" (of the bins): the type in the store
    overwrite    clear a store that holds something else
    details      layer statistics, nearest and mean examples beside the paths; they take about as long again
    progress     True for a bar, or a function of (examples done, examples in all)

    Returns an Explanation of kind "signature": `values` (n, layers) are the clusters. `answer.assign(x)` gives those of
    other examples, `answer.trust(x)` how usual they are, `answer.flow()` the flow between the layers. It saves and
    loads. Memory grows with the number of examples only by what it holds itself, some 30 bytes for each.

    Raises BadInput for labels that do not fit, more clusters than examples, layers that say the same of all examples,
    a network that gets no example right, and a store that holds something else; BadSetting, NoSuchLayer, WrongLayer,
    ChooseOutput, NetworkFailed.
    """
    began = time.perf_counter()
    binned = checked(model, held_out, fit, keep, pool, seed, bins)
    examples = Examples(x)
    if labels is not None:
        check_length(np.asarray(labels), len(examples))  # before anything runs
    with undisturbed(), reporting(progress) as report, keeping.folder_of(store) as folder:
        plan = planned(model, examples, layers, pool)
        counts = counts_of(clusters, len(plan.names))
        refuse_more(counts, plan.names, len(examples))
        hearing = Hearing(model, plan, "float16" if keep == "code" else keep, overwrite, report)
        outcome, known = hearing.training(
            examples, folder, labels, 0.0 if calibration is not None else held_out, fit, seed
        )
        paths = clustered(known, counts, binned, seed)
        known = followed(known, paths)
        names = outcome.all_names(labels, plan.outputs, int(known.label.max()))
        trusted, facts = Judge(hearing, paths, outcome, len(names), seed).learnt(known, examples, calibration, folder)
        beside = about(model, examples, known, paths.counts, len(names), seed) if details else {}
        keeping.finish(known, paths, keep)
    settings = {"clusters": clusters, "layers": layers, "bins": bins, "pool": pool, "held_out": held_out, "fit": fit}
    return explanation(
        {**of_examples(known), **of_paths(paths), **beside, **of_trust(trusted)},
        model,
        checks=measured(known, paths, len(names), facts),
        outputs=known.said,
        target=asked(plan.pool, outcome, binned, keep, facts),
        labels={"class": names, "layer": plan.names, **columns(model, examples)},
        provenance={
            **origin(model),
            "settings": {**settings, "keep": keep, "details": details},
            "seed": seed,
            "store": None if store is None else os.fspath(store),
            "seconds": time.perf_counter() - began,
        },
    )


def origin(model: Model) -> dict[str, Any]:
    """Which network, and which versions."""
    about = {"name": model.name, "framework": model.network.framework, "weights": model.fingerprint.digest()}
    return {"method": "signatures", "model": about, "versions": versions()}


def checked(model: object, held_out: float, fit: str, keep: str, pool: str, seed: Any, bins: Any) -> Bins | None:
    """The bins; raises BadSetting for a setting that is known to be wrong before anything runs."""
    if not isinstance(model, Model):
        raise BadSetting(
            f"model is a {type(model).__name__}. What vitrail.open gives was expected. Open it first: "
            "vitrail.signatures(vitrail.open(network), x)."
        )
    allowed = (("fit", fit, get_args(Fit)), ("keep", keep, get_args(Keep)), ("pool", pool, get_args(Pool)))
    for name, value, choices in allowed:
        if value not in choices:
            raise BadSetting(f"{name}={value!r} is not known. One of {', '.join(choices)} was expected. Choose one.")
    if not 0 <= held_out < 1:
        raise BadSetting(f"held_out must be a share from 0 to below 1, got {held_out}. Try held_out=0.2.")
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        raise BadSetting(f"seed must be a whole number from 0, got {seed!r}. Try seed=0.")
    if keep == "code" and bins is None:
        raise BadSetting("keep='code' came without bins. Codes of bins were expected. Say bins=8, or keep='float16'.")
    return bins_of(bins)


def measured(known: Known, paths: Paths, classes: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured about the signatures."""
    labelled = known.label >= 0
    right = float((known.label == known.predicted)[labelled].mean()) if labelled.any() else None
    return {
        "examples": len(known.label),
        "fitted": int((known.role == FIT).sum()),
        "clusters": paths.counts,
        "accuracy": right,
        "purity": purities(known, paths, classes),
        "signatures": len(np.unique(known.clusters, axis=0)),
        "calibration": facts.get("calibration", 0),
        "calibrated_on": facts["calibrated_on"],
    }


def columns(model: Model, examples: Examples) -> dict[str, Any]:
    """The names of columns, for tables."""
    return {k: v for k, v in model.pack(examples.take([0])).labels.items() if k in ("feature", "player")}


def purities(known: Known, paths: Paths, classes: int) -> list[float]:
    """How pure the clusters of each layer are, over all examples."""
    return [purity(counted(known.clusters[:, i], known.classes, classes)) for i in range(len(paths.counts))]
