"""A recipe as an estimator of scikit-learn, for its grids, pipelines and cross-validation."""

import tempfile
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import Array
from vitrail.model.undisturbed import undisturbed
from vitrail.train.data import Data, split
from vitrail.train.heads import refuse_task
from vitrail.train.recipes import RECIPES
from vitrail.train.teach import teach
from vitrail.train.verb import recipe_of

Goal = Literal["auto", "classification", "regression"]


def estimator(recipe: str, task: Goal = "auto", *, validation: float = 0.1, **settings: Any) -> Any:
    """A recipe that scikit-learn can fit, clone and search: `GridSearchCV(estimator("mlp-classifier"), {"rate": ...})`.

    recipe      a name out of `vitrail.RECIPES`
    task        "classification", "regression", or "auto": classes, where the recipe can learn them
    validation  share of what `fit` is given that is held out to choose the epoch by
    settings    of the recipe; each is a parameter of the estimator, under its own name

    It has `fit(x, y)`, `predict`, `score`, for classes `predict_proba`, and afterwards `network_`, `history_` and
    `classes_`. Each fit begins anew, under the recipe's seed; nothing is left on disk.

    Raises BadSetting for a recipe, a task or a setting that does not exist.
    """
    known = recipe_of(recipe, settings)
    able = {"regression" if each == "regression" else "classification" for each in known.tasks}
    if hasattr(known, "teach"):
        raise BadSetting(
            f"{recipe} does not learn from arrays of numbers. A recipe that keras fits was expected. Take another one.",
            recipe=recipe,
        )
    goal = min(able) if task == "auto" else task
    if goal not in able:
        raise BadSetting(
            f"{recipe} does no {task!r}. It learns {', '.join(known.tasks)}. Choose another recipe, or task='auto'.",
            setting="task",
        )
    return made()[goal](recipe, validation=validation, **settings)


class Learner:
    """What both kinds have in common; its parameters are the settings of a recipe, whatever they are.

    recipe      its name
    validation  share of the examples that the epoch is chosen by
    """

    def __init__(self, recipe: str, validation: float = 0.1, **settings: Any) -> None:
        self.recipe, self.validation = recipe, validation
        self.settings = {f.name: f.default for f in fields(RECIPES[recipe])} | settings  # type: ignore[arg-type]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"recipe": self.recipe, "validation": self.validation, **self.settings}

    def set_params(self, **params: Any) -> "Learner":
        for name, value in params.items():
            if name in ("recipe", "validation"):
                setattr(self, name, value)
            elif name in self.settings:
                self.settings = {**self.settings, name: value}
            else:
                recipe_of(self.recipe, {name: value})  # its refusal says which settings there are
        return self

    def __repr__(self) -> str:
        usual = {f.name: f.default for f in fields(RECIPES[self.recipe])}  # type: ignore[arg-type]
        said = [f", {name}={value!r}" for name, value in self.settings.items() if value != usual[name]]
        return f"{type(self).__name__}({self.recipe!r}{''.join(said)})"

    def learn(self, x: Any, y: Array, task: str, classes: tuple[str, ...]) -> Any:
        """Fit the network of the recipe to numbers, whose last examples under the seed choose the epoch."""
        how = recipe_of(self.recipe, self.settings)
        numbers = np.asarray(x)
        if len(numbers) != len(y) or len(y) < 2:
            raise BadInput(
                f"x holds {len(numbers)} examples, and y {len(y)} answers. One for each, and two at least, were "
                "expected. Make them as many."
            )
        rows = split(len(y), None if task == "regression" else y, {"validation": self.validation}, how.fitting.seed)
        rows["test"] = rows["validation"]  # nothing is tested here
        data = Data(numbers, y, task, rows, classes)
        refuse_task(how, data)
        with undisturbed(), tempfile.TemporaryDirectory() as folder:
            self.network_, state = teach(how, data, Path(folder))
        self.history_ = state.history
        self.n_features_in_ = int(np.prod(numbers.shape[1:]))
        return self

    def said(self, x: Any) -> Array:
        """(n, outputs) what the network answers."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "network_")
        return np.asarray(self.network_.predict(np.asarray(x, np.float32), verbose=0))


@cache
def made() -> Mapping[str, type]:
    """The two kinds; made when they are first asked for, since scikit-learn is slow to import."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Classifier(Learner, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Says one of the classes that it has seen."""

        def fit(self, x: Any, y: Any) -> Any:
            self.classes_, places = np.unique(np.asarray(y), return_inverse=True)
            if len(self.classes_) < 2:
                raise BadInput(
                    f"y holds {len(self.classes_)} class. Two at least were expected. Give examples of each class."
                )
            task = "binary" if len(self.classes_) == 2 else "multiclass"
            return self.learn(x, places, task, tuple(map(str, self.classes_)))

        def predict_proba(self, x: Any) -> Array:
            chances = self.said(x)
            return chances if len(self.classes_) > 2 else np.concatenate([1 - chances, chances], 1)

        def predict(self, x: Any) -> Array:
            chances = self.predict_proba(x)
            return np.asarray(self.classes_[chances.argmax(1)])

    class Regressor(Learner, RegressorMixin, BaseEstimator):  # type: ignore[misc]
        """Says one number or several."""

        def fit(self, x: Any, y: Any) -> Any:
            self.one_ = np.ndim(y) == 1
            return self.learn(x, np.asarray(y), "regression", ())

        def predict(self, x: Any) -> Array:
            return self.said(x)[:, 0] if self.one_ else self.said(x)

    for each in (Classifier, Regressor):
        each.__qualname__ = each.__name__  # so that pickle finds it here
    return {"classification": Classifier, "regression": Regressor}


def __getattr__(name: str) -> Any:
    for each in made().values():
        if each.__name__ == name:
            return each
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
