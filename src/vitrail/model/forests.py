"""Trees of scikit-learn: single trees, forests, gradient boosting. They are recognised without importing it."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from vitrail.errors import CannotOpen
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Array, Columns, Trees

AVERAGED = ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees")
BOOSTED, HISTOGRAMS = "GradientBoosting", "HistGradientBoosting"
LOGGED = ("poisson", "gamma")  #: losses whose predictions are the exponential of what the trees add up to


def is_live(source: object) -> bool:
    """Whether an object is an estimator of scikit-learn that is made of trees."""
    return any(_stem(kind) in (*AVERAGED, BOOSTED, HISTOGRAMS) for kind in type(source).__mro__)


def _stem(kind: type) -> str:
    """RandomForest, for scikit-learn's own RandomForestClassifier; "" for anything else."""
    own = kind.__module__.startswith(("sklearn.tree", "sklearn.ensemble"))
    return kind.__name__.removesuffix("Classifier").removesuffix("Regressor") if own else ""


def network_of(source: Any) -> TreeNetwork:
    """The network of a fitted estimator. Forests give probabilities (or values), boosting the margin.

    Raises CannotOpen for one that is not fitted, or that begins with another estimator than a constant.
    """
    if not hasattr(source, "n_features_in_"):
        raise CannotOpen(
            f"the {type(source).__name__} is not fitted: it has no trees yet. A fitted estimator was expected. Call "
            "fit first."
        )
    own = copy.copy(source)  # fitting the user's again leaves this one as it is
    if hasattr(own, "feature_names_in_"):
        del own.feature_names_in_  # arrays are handed over, whose columns are in order
    stems = {_stem(kind) for kind in type(source).__mro__}
    if HISTOGRAMS in stems:
        return _histograms(source, own)
    return _boosted(source, own) if BOOSTED in stems else _averaged(source, own)


def _columns(source: Any) -> Columns:
    names = tuple(map(str, getattr(source, "feature_names_in_", ())))
    return Columns(source.n_features_in_, names, missing=bool(source.__sklearn_tags__().input_tags.allow_nan))


# -- single trees and forests ---------------------------------------------------------------------------------


def _averaged(source: Any, own: Any) -> TreeNetwork:
    members = [each.tree_ for each in getattr(own, "estimators_", [own])]
    name, framework = type(source).__name__, "scikit-learn"
    if not hasattr(source, "classes_"):
        trees = _joined([(tree, tree.value[:, :, 0] / len(members)) for tree in members], source.n_features_in_)
        return TreeNetwork(name, framework, _rows(own.predict), trees, _columns(source))
    if source.n_outputs_ == 1:
        trees = _voting(members, 0, source)
        return TreeNetwork(name, framework, _rows(own.predict_proba), trees, _columns(source), classes=source.classes_)
    several = tuple(_voting(members, output, source) for output in range(source.n_outputs_))
    return TreeNetwork(name, framework, lambda x: tuple(own.predict_proba(x)), several, _columns(source))


def _voting(members: list[Any], output: int, source: Any) -> Trees:
    """The trees of one output, whose leaves hold the shares of the classes."""
    kinds = source.n_classes_[output] if source.n_outputs_ > 1 else source.n_classes_
    counts = [tree.value[:, output, :kinds] for tree in members]
    shares = [count / count.sum(1, keepdims=True) / len(members) for count in counts]
    return _joined(list(zip(members, shares, strict=True)), source.n_features_in_)


def _rows(predict: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: np.asarray(predict(x), dtype=np.float64).reshape(len(x), -1)


def _joined(members: list[tuple[Any, Array]], features: int) -> Trees:
    """Trees of scikit-learn, each with the values (nodes, outputs) of its leaves, one after the other."""
    trees = [tree for tree, _ in members]
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    left = np.concatenate([tree.children_left + start for tree, start in zip(trees, starts, strict=False)])
    right = np.concatenate([tree.children_right + start for tree, start in zip(trees, starts, strict=False)])
    leaf = np.concatenate([tree.children_left < 0 for tree in trees])
    values = np.concatenate([value for _, value in members])
    return Trees(
        feature=np.where(leaf, -1, np.concatenate([tree.feature for tree in trees])),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=left,
        right=right,
        missing_left=np.concatenate([tree.missing_go_to_left for tree in trees]).astype(bool),
        cover=np.concatenate([tree.weighted_n_node_samples for tree in trees]),
        value=np.where(leaf[:, None], values, 0.0),
        roots=starts[:-1],
        features=features,
        single=True,
        base=np.zeros(values.shape[1]),
    )


# -- gradient boosting ----------------------------------------------------------------------------------------


def _boosted(source: Any, own: Any) -> TreeNetwork:
    first, name = source.init_, type(source).__name__
    if not (isinstance(first, str) or type(first).__name__ in ("DummyClassifier", "DummyRegressor")):
        raise CannotOpen(
            f"the {name} begins with a {type(first).__name__} (init), which is not made of trees. A constant was "
            "expected. Open its prediction as a plain function: vitrail.open(estimator.predict)."
        )
    # of the exponential loss the margin is half of a logit
    factor = 2.0 if getattr(source, "loss", "") == "exponential" else 1.0
    kinds = source.estimators_.shape[1]
    members = []
    for each in source.estimators_:
        for output, one in enumerate(each):
            values = np.zeros((one.tree_.node_count, kinds))
            values[:, output] = factor * source.learning_rate * one.tree_.value[:, 0, 0]
            members.append((one.tree_, values))
    predict = _rows(own.decision_function if hasattr(source, "classes_") else own.predict)
    trees = _joined(members, source.n_features_in_)
    return TreeNetwork(name, "scikit-learn", lambda x: factor * predict(x), trees, _columns(source), **_said(source))


def _said(source: Any) -> dict[str, Any]:
    """How the margins of a boosted classifier are squashed, and the names of its outputs."""
    if not hasattr(source, "classes_"):
        return {}
    several = len(source.classes_) > 2
    squash = "softmax" if several else "sigmoid"
    return {"squash": squash, "classes": source.classes_ if several else source.classes_[1:]}


def _histograms(source: Any, own: Any) -> TreeNetwork:
    """HistGradientBoosting: it puts categorical columns in front, and reads their codes."""
    coded = np.flatnonzero(_categorical(source))
    order = np.concatenate([coded, np.setdiff1d(np.arange(source.n_features_in_), coded)]).astype(np.int64)
    own._preprocessor = None  # it turns categories into codes, and codes are handed over
    predict = own.decision_function if hasattr(source, "classes_") else own.predict
    logs = getattr(source, "loss", "") in LOGGED

    def margins(x: Array) -> Array:
        said = np.asarray(predict(np.ascontiguousarray(x[:, order])), dtype=np.float64).reshape(len(x), -1)
        return np.log(said) if logs else said

    columns = Columns(source.n_features_in_, _columns(source).names, _categories(source, coded), coded=False)
    trees = _grown(source, order)
    return TreeNetwork(type(source).__name__, "scikit-learn", margins, trees, columns, **_said(source))


def _categorical(source: Any) -> Array:
    """(features,) which columns are categories, in the order in which they were given."""
    found = source.is_categorical_
    return np.zeros(source.n_features_in_, dtype=bool) if found is None else np.asarray(found)


def _categories(source: Any, coded: Array) -> dict[int, tuple[Any, ...]]:
    if not len(coded):
        return {}
    encoder = source._preprocessor.named_transformers_["encoder"]
    return {int(column): tuple(_known(values)) for column, values in zip(coded, encoder.categories_, strict=True)}


def _known(values: Array) -> list[Any]:
    """Categories without the one for missing values."""
    return [value for value in values.tolist() if value is not None and value == value]  # noqa: PLR0124  NaN


def _grown(source: Any, order: Array) -> Trees:
    """The trees of all rounds, their columns numbered as the user gave them."""
    kinds = len(source._predictors[0])
    members = [(tree, output) for each in source._predictors for output, tree in enumerate(each)]
    starts = np.cumsum([0, *(len(tree.nodes) for tree, _ in members)])
    nodes = np.concatenate([tree.nodes for tree, _ in members])
    begins = np.repeat(starts[:-1], np.diff(starts))
    leaf = nodes["is_leaf"].astype(bool)
    values = np.zeros((len(nodes), kinds))
    output = np.repeat([output for _, output in members], np.diff(starts))
    values[np.arange(len(nodes)), output] = np.where(leaf, nodes["value"], 0.0)
    known, place = source._bin_mapper.make_known_categories_bitsets()
    subsets: dict[int, Array] = {}
    for (tree, _), start in zip(members, starts, strict=False):
        for node in np.flatnonzero(tree.nodes["is_categorical"] & ~tree.nodes["is_leaf"]):
            asked = tree.nodes[node]
            subsets[int(start + node)] = _subset(asked, tree.raw_left_cat_bitsets, known[place[asked["feature_idx"]]])
    return Trees(
        feature=np.where(leaf, -1, order[np.where(leaf, 0, nodes["feature_idx"])]),
        threshold=np.where(leaf, 0.0, nodes["num_threshold"]),
        left=nodes["left"].astype(np.int64) + begins,
        right=nodes["right"].astype(np.int64) + begins,
        missing_left=nodes["missing_go_to_left"].astype(bool),
        cover=nodes["count"].astype(np.float64),
        value=values,
        roots=starts[:-1],
        features=source.n_features_in_,
        single=False,
        subsets=subsets,
        base=np.zeros(kinds),
    )


def _subset(node: Any, bitsets: Array, known: Array) -> Array:
    """Which codes go left at a node; those that were not there in training go where missing values go."""
    left, there = _bits(bitsets[node["bitset_idx"]]), _bits(known)
    return np.append(np.where(there, left, bool(node["missing_go_to_left"])), bool(node["missing_go_to_left"]))


def _bits(words: Array) -> Array:
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little").astype(bool)
