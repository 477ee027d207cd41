"""LightGBM: live boosters and estimators, and its text files. The only file that imports lightgbm."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import CannotOpen, MissingExtra, VitrailError
from vitrail.model.network import first_line
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Array, Columns, Trees, joined

HEAD = b"tree\n"  #: what a text file of LightGBM begins with
CATEGORICAL, DEFAULT_LEFT = 1, 2  #: bits of a node's decision_type; two more say what is missing
SIGMOIDS = ("binary", "cross_entropy", "multiclassova")

Fields = dict[str, str]


def is_live(source: object) -> bool:
    """Whether an object is a booster or an estimator of LightGBM, without importing it."""
    lightgbm = sys.modules.get("lightgbm")
    kinds = tuple(getattr(lightgbm, name) for name in ("Booster", "LGBMModel") if hasattr(lightgbm, name))
    return lightgbm is not None and isinstance(source, kinds)


def network_of(source: Any) -> TreeNetwork:
    """The network of a Booster, or of an LGBMClassifier, LGBMRegressor or LGBMRanker.

    One that stopped early is read up to its best iteration, as it predicts itself.
    Raises CannotOpen for one that is not fitted, or with linear models at its leaves.
    """
    name = type(source).__name__
    if not hasattr(source, "__sklearn_is_fitted__"):
        return _read(source.model_to_string(), name, ())
    if not source.__sklearn_is_fitted__():
        raise CannotOpen(f"the {name} is not fitted: it has no trees yet. A fitted one was expected. Call fit first.")
    return _read(source.booster_.model_to_string(), name, getattr(source, "classes_", ()))


def open_file(path: str) -> TreeNetwork:
    """A model that LightGBM saved as text."""
    if importlib.util.find_spec("lightgbm") is None:
        raise MissingExtra("lightgbm", "trees", f"opening {Path(path).name!r}")
    return _read(Path(path).read_text(encoding="utf-8"), Path(path).stem, ())


def _read(text: str, name: str, classes: Any) -> TreeNetwork:
    import lightgbm

    try:
        _check_whole(text)
        head, blocks = _blocks(text)
        factor, squash = _objective(head, len(blocks))
        trees = _trees(head, blocks, factor, name)
        booster = lightgbm.Booster(model_str=text)
    except VitrailError:
        raise
    except (lightgbm.basic.LightGBMError, LookupError, ValueError) as error:
        raise CannotOpen(
            f"{name!r} could not be read as a model of LightGBM ({first_line(error)[:200]}). A whole text written by "
            "save_model() was expected. Save it again."
        ) from error

    def margins(x: Array) -> Array:
        said = np.asarray(booster.predict(x, raw_score=True), dtype=np.float64)
        return factor * said.reshape(len(x), -1)

    labels = classes if trees.value.shape[1] > 1 else classes[1:]
    columns = Columns(trees.features, _names(head), _categories(text, head))
    return TreeNetwork(name, "lightgbm", margins, trees, columns, squash=squash, classes=labels)


def _check_whole(text: str) -> None:
    """Raises ValueError for a text that is cut or changed: LightGBM would end the whole process over it."""
    sizes = re.search(r"^tree_sizes=([\d ]*)$", text, re.MULTILINE)
    content = text.encode()
    begin, end = content.find(b"\nTree=0\n") + 1, content.find(b"\nend of trees") + 1
    if sizes is None or not 0 < begin < end:
        raise ValueError("it holds no whole list of trees")
    places = begin + np.cumsum([0, *map(int, sizes[1].split())])
    starts = [content[at : at + 20].startswith(f"Tree={i}\n".encode()) for i, at in enumerate(places[:-1].tolist())]
    if not all(starts) or places[-1] != end:
        raise ValueError("its trees are not where it says")


def _blocks(text: str) -> tuple[Fields, list[Fields]]:
    """The lines `key=value` of the head, and of each tree."""
    body = text.split("\nend of trees")[0]
    head, *blocks = (dict(re.findall(r"^(\w+)=(.*)$", part, re.MULTILINE)) for part in body.split("\nTree="))
    return head | {"average_output": "1" if "\naverage_output\n" in text else ""}, blocks


def _objective(head: Fields, trees: int) -> tuple[float, str]:
    """What the sum of the trees is multiplied by before it is squashed, and by what it is squashed.

    A random forest (rf) is averaged, which LightGBM leaves out of its raw scores.
    """
    rounds = trees // int(head["num_tree_per_iteration"]) if head["average_output"] else 1
    words = head.get("objective", "none").split()
    settings = dict(word.split(":", 1) for word in words if ":" in word)
    if words[0] in SIGMOIDS:
        return float(settings.get("sigmoid", 1.0)) / rounds, "sigmoid"
    return 1.0 / rounds, "softmax" if words[0] == "multiclass" else ""


def _names(head: Fields) -> tuple[str, ...]:
    """The columns' names; those that LightGBM makes up itself are none."""
    names = tuple(head["feature_names"].split(" "))
    return () if names == tuple(f"Column_{i}" for i in range(len(names))) else names


def _categories(text: str, head: Fields) -> dict[int, tuple[Any, ...]]:
    """Of columns that were categories in pandas, in their order; () where codes were given."""
    coded = [i for i, kind in enumerate(head["feature_infos"].split(" ")) if re.fullmatch(r"-?\d+(:-?\d+)*", kind)]
    line = re.search(r"^pandas_categorical:(.*)$", text, re.MULTILINE)
    given = (json.loads(line[1]) if line else None) or []
    if len(given) == len(coded):
        return {number: tuple(values) for number, values in zip(coded, given, strict=True)}
    return dict.fromkeys(coded, ())


def _trees(head: Fields, blocks: list[Fields], factor: float, name: str) -> Trees:
    outputs = int(head["num_tree_per_iteration"])
    parts = [_tree(block, factor, name) for block in blocks]
    whole = joined(parts, [number % outputs for number in range(len(parts))], outputs)
    features, missing = int(head["max_feature_idx"]) + 1, whole.pop("missing")
    gaps = _gaps(whole["feature"], missing, list(whole["subsets"]), features, name)
    return Trees(**whole, features=features, single=False, gaps=gaps)


def _gaps(feature: Array, kinds: Array, coded: list[int], features: int, name: str) -> Array:
    """(features,) what counts as missing in a column, which all its nodes must agree about."""
    asks = feature >= 0
    asks[coded] = False
    found = np.zeros(features, dtype=np.int64)
    for column in range(features):
        own = np.unique(kinds[asks & (feature == column)])
        if len(own) > 1:
            raise CannotOpen(
                f"the trees of {name} do not agree what is missing in column {column}. One meaning was expected. "
                "Train the booster with one setting of use_missing and zero_as_missing."
            )
        found[column] = {0: 1, 1: 2, 2: 0}[int(own[0])] if len(own) else 0
    return found


def _tree(block: Fields, factor: float, name: str) -> dict[str, Any]:
    """One tree: its inner nodes first, then its leaves, which LightGBM counts as -1, -2, ..."""
    if int(block.get("is_linear", 0)):
        raise CannotOpen(
            f"{name} has linear models at its leaves (linear_tree). Constant leaves were expected. Train without it, "
            "or open its prediction as a plain function: vitrail.open(booster.predict)."
        )
    leaves = int(block["num_leaves"])
    inner = leaves - 1

    def numbers(key: str, kind: Any, count: int = inner) -> Array:
        found = np.array(block[key].split() if count else [], dtype=kind)
        if len(found) != count:
            raise ValueError(f"{key} holds {len(found)} numbers for {count} nodes")
        return found

    def below(key: str) -> Array:
        child = numbers(key, np.int64)
        if not ((child > np.arange(inner)) | (child < 0)).all() or not ((-leaves <= child) & (child < inner)).all():
            raise ValueError(f"{key} leads nowhere")
        return np.concatenate([np.where(child < 0, inner + ~child, child), np.full(leaves, -1)])

    decision, threshold = numbers("decision_type", np.int64), numbers("threshold", np.float64)
    counts = numbers("leaf_count", np.float64, leaves) if inner else np.ones(1)
    return {
        "feature": np.concatenate([numbers("split_feature", np.int64), np.full(leaves, -1)]),
        "threshold": np.concatenate([threshold, np.zeros(leaves)]),
        "left": below("left_child"),
        "right": below("right_child"),
        "missing_left": np.concatenate([decision & DEFAULT_LEFT > 0, np.zeros(leaves, dtype=bool)]),
        "cover": np.concatenate([numbers("internal_count", np.float64), counts]),
        "value": np.concatenate([np.zeros(inner), factor * numbers("leaf_value", np.float64, leaves)]),
        "missing": np.concatenate([decision >> 2 & 3, np.zeros(leaves, dtype=np.int64)]),
        "subsets": _subsets(block, decision, threshold),
    }


def _subsets(block: Fields, decision: Array, threshold: Array) -> dict[int, Array]:
    """node -> which codes go left: those whose bit is set; unknown and missing ones go right."""
    nodes = np.flatnonzero(decision & CATEGORICAL)
    if not len(nodes):
        return {}
    ends = np.array(block["cat_boundaries"].split(), dtype=np.int64)
    words = np.array(block["cat_threshold"].split(), dtype=np.uint32)
    found = {}
    for node in nodes:
        which = int(threshold[node])
        own = words[ends[which] : ends[which + 1]]
        bits = np.unpackbits(own.view(np.uint8), bitorder="little").astype(bool)
        found[int(node)] = np.append(bits, False)
    return found
