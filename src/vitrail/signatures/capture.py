"""Capture: every chosen layer in one pass, part by part into a store; what is there already is not run again."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.signatures.activations import Activations
from vitrail.signatures.read import Plan, read


def about(model: Model, plan: Plan, examples: Examples, keep: str) -> dict[str, Any]:
    """What store.json says: whose activations these are."""
    return {
        "model": model.name,
        "framework": model.network.framework,
        "weights": model.fingerprint.digest(),
        "layers": plan.names,
        "pool": [plan.pool[name] for name in plan.names],
        "units": [plan.units[name] for name in plan.names],
        "outputs": plan.outputs,
        "examples": len(examples),
        "part": plan.part,
        "keep": keep,
    }


def capture(
    model: Model,
    plan: Plan,
    examples: Examples,
    folder: Path,
    *,
    keep: str = "float16",
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Activations:
    """The activations of all examples, in a folder. Memory does not grow with their number.

    A part is written while the next one runs. Killed at any moment, it goes on where it stopped when it is called
    again with the same network, examples and settings: only whole parts have a name.

    Raises BadInput when the folder holds something else; NetworkFailed.
    """
    store = Activations.begin(folder, about(model, plan, examples, keep), overwrite=overwrite)
    with ThreadPoolExecutor(1) as writer:
        waiting: Future[None] | None = None
        for start in store.starts:
            rows = store.rows(start)
            digest = examples.digest(rows)
            if not store.has(start, digest):
                part = read(model, plan, examples, rows)
                finished(waiting)
                waiting = writer.submit(store.write, part, digest, keep)
            if progress is not None:
                progress(int(rows[-1]) + 1, len(examples))
        finished(waiting)
    return store


def finished(waiting: "Future[None] | None") -> None:
    """At most one part waits to be written; what went wrong there is raised here."""
    if waiting is not None:
        waiting.result()
