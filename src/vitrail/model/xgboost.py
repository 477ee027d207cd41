"""XGBoost: live boosters and estimators, and files (.json, .ubj). The only file that imports xgboost."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import CannotOpen, MissingExtra
from vitrail.model.network import first_line
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Array, Columns, Trees, joined

SQUASHES = {"binary:logistic": "sigmoid", "reg:logistic": "sigmoid"} | dict.fromkeys(
    ("multi:softprob", "multi:softmax"), "softmax"
)


def is_live(source: object) -> bool:
    """Whether an object is a booster or an estimator of XGBoost, without importing it."""
    xgboost = sys.modules.get("xgboost")
    return xgboost is not None and isinstance(source, getattr(xgboost, "Booster", ())) or _is_estimator(source)


def _is_estimator(source: object) -> bool:
    sklearn = sys.modules.get("xgboost.sklearn")
    return sklearn is not None and isinstance(source, getattr(sklearn, "XGBModel", ()))


def network_of(source: Any) -> TreeNetwork:
    """The network of a Booster, or of an XGBClassifier, XGBRegressor, XGBRanker or forest.

    An estimator that stopped early is read up to its best iteration, as it predicts itself.
    Raises CannotOpen for one that is not fitted, or made of something else than trees.
    """
    if not _is_estimator(source):
        return _read(source.copy(), type(source).__name__, ())
    if not source.__sklearn_is_fitted__():
        raise CannotOpen(
            f"the {type(source).__name__} is not fitted: it has no trees yet. A fitted estimator was expected. Call "
            "fit first."
        )
    booster, best = source.get_booster(), getattr(source, "_Booster", None)
    best = _attribute(best, "best_iteration")
    booster = booster.copy() if best is None else booster[: int(best) + 1]
    return _read(booster, type(source).__name__, getattr(source, "classes_", ()), float(source.missing))


def _attribute(booster: Any, name: str) -> str | None:
    return None if booster is None else booster.attr(name)


def wrote(path: str) -> bool:
    """Whether a file begins as those of XGBoost do, as JSON or as UBJSON."""
    with Path(path).open("rb") as file:
        head = file.read(64)
    return head.startswith(b"{") and b"learner" in head


def open_file(path: str) -> TreeNetwork:
    """A model that XGBoost saved, as .json or .ubj."""
    if importlib.util.find_spec("xgboost") is None:
        raise MissingExtra("xgboost", "trees", f"opening {Path(path).name!r}")
    import xgboost

    try:
        booster = xgboost.Booster(model_file=path)
    except xgboost.core.XGBoostError as error:
        raise CannotOpen(
            f"{path!r} could not be read as a model of XGBoost ({first_line(error)[:200]}). A whole file written by "
            "save_model() was expected. Save it again."
        ) from error
    return _read(booster, Path(path).stem, ())


def _read(booster: Any, name: str, classes: Any, hole: float = np.nan) -> TreeNetwork:
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    trees = _trees(learner, name)
    squash = SQUASHES.get(learner["objective"]["name"], "")
    names = classes if squash == "softmax" else classes[1:]
    columns = Columns(trees.features, tuple(booster.feature_names or ()), _categories(booster), hole=hole)
    return TreeNetwork(name, "xgboost", _margins(booster), trees, columns, squash=squash, classes=names)


def _margins(booster: Any) -> Any:
    import xgboost

    kinds = booster.feature_types

    def margins(x: Array) -> Array:
        table = xgboost.DMatrix(np.ascontiguousarray(x), feature_types=kinds, enable_categorical=True)
        said = booster.predict(table, output_margin=True, strict_shape=True, validate_features=False)
        return np.asarray(said, dtype=np.float64).reshape(len(x), -1)

    return margins


def _categories(booster: Any) -> dict[int, tuple[Any, ...]]:
    """The categories that the booster was trained with, where it has kept them; versions from 3.1 do."""
    kinds = booster.feature_types or []
    found: dict[int, tuple[Any, ...]] = {i: () for i, kind in enumerate(kinds) if kind == "c"}
    if found and hasattr(booster, "get_categories"):
        kept = booster.get_categories(export_to_arrow=True).to_arrow()
        for number, (_, values) in enumerate(kept):
            if number in found and values is not None:
                found[number] = tuple(values.to_pylist())
    return found


def _trees(learner: Any, name: str) -> Trees:
    """Every tree of every round; dropped-out trees (DART) with their weights."""
    model, weights = _model(learner, name)
    numbers, kinds = learner["learner_model_param"], model["tree_info"]
    outputs = max(int(numbers["num_class"]), int(numbers.get("num_target", 1)), 1)
    parts = [_tree(tree, weight) for tree, weight in zip(model["trees"], weights, strict=True)]
    return Trees(**joined(parts, kinds, outputs), features=int(numbers["num_feature"]), single=True)


def _model(learner: Any, name: str) -> tuple[Any, Any]:
    """The trees as XGBoost wrote them, and what each counts."""
    booster = learner["gradient_booster"]
    if booster["name"] == "gblinear":
        raise _refused(name, "is a linear booster, without trees", "Its coefficients say what each column adds")
    model = booster["gbtree"]["model"] if "gbtree" in booster else booster["model"]
    if not model["trees"]:
        raise _refused(name, "has no trees", "Train it first")
    if any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in model["trees"]):
        raise _refused(
            name, "has trees with a vector at each leaf", "train it with multi_strategy='one_output_per_tree'"
        )
    return model, booster.get("weight_drop") or [1.0] * len(model["trees"])


def _refused(name: str, what: str, then: str) -> CannotOpen:
    return CannotOpen(f"{name} {what}. An ensemble of trees with a number at each leaf was expected. {then}.")


def _tree(tree: Any, weight: float) -> dict[str, Any]:
    """One tree. XGBoost goes left where x < threshold, in float32: the same as x <= the float32 just below."""
    left = np.array(tree["left_children"])
    inner = left >= 0
    numbers = np.array(tree["split_conditions"], dtype=np.float32)
    below = np.nextafter(numbers, np.float32(-np.inf)).astype(np.float64)
    return {
        "feature": np.where(inner, np.array(tree["split_indices"]), -1),
        "threshold": np.where(inner, below, 0.0),
        "left": left,
        "right": np.array(tree["right_children"]),
        "missing_left": np.array(tree["default_left"], dtype=bool),
        "cover": np.array(tree["sum_hessian"], dtype=np.float64),
        "value": np.where(inner, 0.0, weight * numbers.astype(np.float64)),
        "subsets": _subsets(tree),
    }


def _subsets(tree: Any) -> dict[int, Array]:
    """node -> which codes go left: those that XGBoost has not written down, as codes that it does not know."""
    found = {}
    segments = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    for node, start, size in segments:
        right = tree["categories"][start : start + size]
        subset = np.ones(max(right) + 2, dtype=bool)
        subset[right] = False
        found[int(node)] = subset
    return found
