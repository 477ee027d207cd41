"""The answer: named arrays with named axes, what was asked, measured checks, provenance; to and from disk.

On disk an Explanation is one safetensors file: the arrays under their names, everything else as JSON in the
header. Any language with a safetensors reader can open it, and reading it never runs code.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from vitrail.errors import AlreadyExists, BadInput, CannotOpen

AXES = (
    "batch channel height width token head query key layer unit feature step class player cluster bin rank sample path "
    "link method metric".split()
)  #: the closed list of axis names
FORMAT = "vitrail-explanation-1"
Array = np.ndarray[Any, Any]
View = Callable[..., Any]
#: (kind, verb) -> function(explanation, ...): what an answer of this kind can be asked further
VERBS: dict[tuple[str, str], Callable[..., "Explanation"]] = {}
VIEWS: dict[str, View] = {}  #: kind -> function(explanation, **options) -> matplotlib Figure; vitrail.plot fills it


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a Method answered.

    kind         what sort of answer: "attribution" (a share for every input value), "map" (one for every
                 place), "activation" (what a layer said), "attention" (where tokens look), "players" (a share for
                 every player: a column, a token, a superpixel), "interaction" (one for every pair of players)
    arrays       name -> numpy array. "values" is the answer; "input" is x as the network saw it
    axes         name -> the names of that array's axes, from the closed list `AXES`
    checks       what was measured about the answer: "completeness_gap" (batch,), in units of the target,
                 "evaluations", "standard_error" ... Numbers, short texts, or arrays with a leading batch axis
    outputs      (batch, classes) what the network said about x
    target       what was asked, as plain JSON
    labels       names for positions: "class", "feature", "token", "input" -> list; for tables "player", their columns,
                 "group", the column of each feature, and "category", the names of codes by column
    provenance   method, settings, seed, hash of the weights and of x, versions, speed-ups used, seconds
    model        the network, for kinds that can be asked further; it is not saved
    """

    kind: str
    arrays: Mapping[str, Array]
    axes: Mapping[str, tuple[str, ...]]
    checks: Mapping[str, Any]
    outputs: Array
    target: Mapping[str, Any]
    labels: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    model: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            axes = self.axes.get(name, ())
            unknown = [a for a in axes if a not in AXES]
            if unknown or len(axes) != array.ndim:
                raise BadInput(
                    f"array {name!r} has shape {array.shape} and axes {axes}. "
                    f"Every axis needs one name out of: {', '.join(AXES)}. Name them in `axes`."
                )

    @property
    def values(self) -> Any:
        """The answer: one array, or a tuple (dict) of arrays when x was a tuple (dict)."""
        if "values" in self.arrays:
            return self.arrays["values"]
        parts = {n.removeprefix("values/"): a for n, a in self.arrays.items() if n.startswith("values/")}
        return tuple(parts.values()) if all(n.isdigit() for n in parts) else parts

    @property
    def base_value(self) -> Array:
        """(batch,) what the target is when nobody plays: where the values of players begin.

        Raises BadInput when the method's values are no shares of players.
        """
        if "base_value" in self.arrays:
            return self.arrays["base_value"]
        raise BadInput(
            f"{self.method} gives no base value. A method over players, such as 'kernel-shap', was expected. Ask one."
        )

    @property
    def method(self) -> str:
        return str(self.provenance.get("method", ""))

    def __len__(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{n} {a.shape}" for n, a in self.arrays.items() if n.startswith("values"))
        return f"<Explanation of kind {self.kind!r} by {self.method}: {shapes}>"

    def plot(self, **options: Any) -> Any:
        """A matplotlib Figure; an unknown kind is drawn as a table of its arrays."""
        return VIEWS.get(self.kind, VIEWS["table"])(self, **options)

    def show(self, **options: Any) -> Any:
        """The static page of this answer: a notebook displays it, `str()` of it is HTML."""
        return VIEWS["page"](self, **options)

    def _repr_html_(self) -> str:
        return str(self.show())

    def assign(self, x: Any, labels: Any = None, *, model: Any = None) -> "Explanation":
        """Of signatures: the clusters of other examples; see vitrail.signatures."""
        return self._asked("assign", x, labels, model=model)

    def trust(self, x: Any, *, model: Any = None) -> "Explanation":
        """Of signatures: how usual other examples are, as p-values; see vitrail.signatures."""
        return self._asked("trust", x, model=model)

    def flow(self, view: str = "all", **choice: Any) -> "Explanation":
        """Of signatures: the flow from class to cluster to class; view "all", "input", "output" or "signature"."""
        return self._asked("flow", view, **choice)

    def _asked(self, verb: str, *given: Any, **options: Any) -> "Explanation":
        if (self.kind, verb) in VERBS:
            return VERBS[self.kind, verb](self, *given, **options)
        kinds = " or ".join(sorted(repr(kind) for kind, name in VERBS if name == verb))
        raise BadInput(
            f"an answer of kind {self.kind!r} has no {verb}. One of kind {kinds} was expected. Make one: "
            "vitrail.signatures(model, x)."
        )

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write one file, whole or not at all.

        Raises AlreadyExists when the file is there and `overwrite` is false.
        """
        return write_whole(path, encode(self), overwrite=overwrite)

    def with_provenance(self, **facts: Any) -> "Explanation":
        """The same answer with more facts about how it was made."""
        return replace(self, provenance={**self.provenance, **facts})


def encode(answer: Explanation) -> bytes:
    """The bytes of an Explanation: a safetensors file with a JSON header.

    Raises BadInput when an array holds something other than numbers.
    """
    measured = {k: v for k, v in answer.checks.items() if isinstance(v, np.ndarray)}
    tensors = {f"arrays/{k}": v for k, v in answer.arrays.items()}
    tensors |= {f"checks/{k}": v for k, v in measured.items()} | {"outputs": answer.outputs}
    rest = {k: v for k, v in answer.checks.items() if k not in measured}
    header = {
        "format": FORMAT,
        "arrays": list(answer.arrays),
        "kind": answer.kind,
        "axes": {k: list(v) for k, v in answer.axes.items()},
        "checks": rest,
        "target": answer.target,
        "labels": answer.labels,
        "provenance": answer.provenance,
    }
    texts = {"vitrail": json.dumps(header, default=plain)}  # one text: safetensors writes several in any order
    try:
        return to_bytes({k: np.asarray(v, order="C") for k, v in tensors.items()}, texts)
    except SafetensorError as error:
        raise BadInput(
            f"an array cannot be saved ({error}). Real numbers of at most 64 bits were expected. "
            "Convert the arrays, and put texts in `labels`."
        ) from error


def plain(value: Any) -> Any:
    """JSON for what the json module does not know: numpy numbers and arrays, mappings, paths and types."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else str(value)


def load(path: str | os.PathLike[str], *, model: Any = None) -> Explanation:
    """Read an Explanation that `save` wrote, and bind a model to it for kinds that can be asked further.

    Raises BadInput when the model is not the one that it was made with, CannotOpen when the file is missing, cut short
    or something else.
    """
    path = Path(path)
    if not path.is_file():
        raise CannotOpen(
            f"there is no file {str(path)!r}. An Explanation is one file, as `save` wrote it. Check the path."
        )
    try:
        with safe_open(path, "np") as file:
            meta = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  safe_open is no dict
        header = json.loads(meta.get("vitrail", "{}"))
    except (SafetensorError, json.JSONDecodeError) as error:
        raise not_whole(path, error) from error
    if header.get("format") != FORMAT:
        raise CannotOpen(
            f"{str(path)!r} is a safetensors file, but not an Explanation (its format is {header.get('format')!r}). "
            f"{FORMAT!r} was expected. If it holds weights, load them into a network and use vitrail.open(network)."
        )
    try:
        answer = decode(header, header["arrays"] if "arrays" in header else json.loads(meta["arrays"]), tensors)
    except KeyError as error:
        raise not_whole(path, f"it has no {error}") from error
    return answer if model is None else bound(answer, model)


def bound(answer: Explanation, model: Any) -> Explanation:
    """The answer with its network; raises BadInput when the weights are others."""
    made, here = answer.provenance.get("model", {}).get("weights"), model.fingerprint.digest()
    if made == here:
        return replace(answer, model=model)
    raise BadInput(
        f"the answer is about another network: its weights were {made}, and those of {model.name} are {here}. The "
        "network that it was made with was expected. Open that one, or ask again.",
        made=made,
        here=here,
    )


def not_whole(path: Path, reason: object) -> CannotOpen:
    """The file is cut short, damaged, or no safetensors file at all."""
    return CannotOpen(
        f"{str(path)!r} is not a whole Explanation ({reason}). A safetensors file written by `save` was expected. "
        "Save it again, or copy it again if it was cut short."
    )


def decode(header: dict[str, Any], names: list[str], tensors: dict[str, Array]) -> Explanation:
    """What `encode` took apart, put together again."""
    checks = {k.removeprefix("checks/"): v for k, v in tensors.items() if k.startswith("checks/")}
    return Explanation(
        kind=header["kind"],
        arrays={name: tensors[f"arrays/{name}"] for name in names},
        axes={k: tuple(v) for k, v in header["axes"].items()},
        checks={**header["checks"], **checks},
        outputs=tensors["outputs"],
        target=header["target"],
        labels=header["labels"],
        provenance=header["provenance"],
    )


def write_whole(path: str | os.PathLike[str], content: bytes, *, overwrite: bool = False) -> Path:
    """Write beside, then rename: a reader sees the whole file or none."""
    path = Path(path)
    if path.exists() and not overwrite:
        raise AlreadyExists(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.chmod(0o644)
        place(beside, path, overwrite=overwrite)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return path


def place(beside: Path, path: Path, *, overwrite: bool) -> None:
    """Give the finished file its name; without `overwrite`, atomically refuse a name that is taken."""
    if overwrite:
        beside.replace(path)
        return
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise AlreadyExists(path) from None
    except OSError:  # no hard links on this file system: look once more, then rename
        if path.exists():
            raise AlreadyExists(path) from None
        beside.replace(path)
        return
    beside.unlink()
