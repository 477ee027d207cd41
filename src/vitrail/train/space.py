"""Where tuning looks: for each setting a range, or choices."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from vitrail.errors import BadSetting, near
from vitrail.train.recipe import Recipe

#: setting -> where it is looked for unless something else is said; of each recipe, those that it has. Layers, units and
#: activations as in Geron, 2019, tables 10-1 and 10-2; rates around those of his random search (chapter 10)
USUAL: dict[str, Any] = {
    "rate": (1e-4, 3e-2, "log"),
    "hidden": [[units] * layers for layers in (1, 2, 3, 5) for units in (10, 30, 100)],
    "activation": ["relu", "selu"],
    "dropout": (0.0, 0.5),
    "batch": [16, 32, 64, 128],
}
#: recipe -> what is looked for there, where that is not the usual
OWN: dict[str, dict[str, Any]] = {
    "perceptron": {},  # its rate changes no answer
    "cnn": {"rate": USUAL["rate"], "dropout": (0.0, 0.5), "kernel": [3, 5], "hidden": [[50], [100], [200]]},
    "transfer": {"rate": (1e-4, 1e-2, "log"), "fine_rate": (1e-6, 1e-4, "log"), "dropout": (0.0, 0.5)},
    "vit": {"rate": (1e-4, 3e-3, "log"), "depth": [2, 4, 6], "dropout": (0.0, 0.3)},
    "text-classifier": {"rate": (1e-5, 1e-3, "log"), "dropout": (0.0, 0.3), "batch": [16, 32, 64]},
}


@dataclass(frozen=True)
class Range:
    """From low to high, both included.

    whole  whether only whole numbers count
    log    whether numbers are drawn evenly on a logarithmic scale
    """

    low: float
    high: float
    whole: bool = False
    log: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high} | ({"log": True} if self.log else {})


@dataclass(frozen=True)
class Choices:
    """One of some values, in the order in which they were given."""

    values: tuple[Any, ...]

    @property
    def texts(self) -> list[str]:
        """How they are told, each with a text of its own."""
        return [text_of(value) for value in self.values]

    def as_json(self) -> list[Any]:
        return list(self.values)


Space = dict[str, Range | Choices]


def space_of(recipe: Recipe, given: Mapping[str, Any] | None) -> Space:
    """Where to look, from what the user says; without it, where one usually does for such a recipe.

    given  setting -> (low, high) or (low, high, "log"), whole numbers where both are; or a list of choices. As JSON
           {"low": 0.0001, "high": 0.1, "log": true}

    Raises BadSetting for a setting that the recipe has not, for an empty space, and for what is neither.
    """
    known = [field.name for field in fields(recipe)]  # type: ignore[arg-type]
    if given is None:
        given = OWN.get(recipe.name, {name: where for name, where in USUAL.items() if name in known})
    for name in given:
        if name not in known:
            raise BadSetting(
                f"{recipe.name} has no setting {name!r}. {near(name, known)}Settings are: {', '.join(known)}. Correct "
                "the space.",
                setting=name,
            )
    if not given:
        raise BadSetting(
            f"there is no setting of {recipe.name} to look for. A space such as {{'rate': (0.0001, 0.1, 'log')}} was "
            "expected. Give one as space=."
        )
    return {name: read(name, where) for name, where in given.items()}


def read(name: str, where: Any) -> Range | Choices:
    """A range or choices as the user writes them."""
    if isinstance(where, Range | Choices):
        return where
    if isinstance(where, list) and where and len({text_of(value) for value in where}) == len(where):
        return Choices(tuple(where))
    if isinstance(where, Mapping) and {"low", "high"} <= set(where) <= {"low", "high", "log"}:
        where = (where["low"], where["high"], *(["log"] if where.get("log") else []))
    if isinstance(where, tuple) and (len(where) == 2 or (len(where) == 3 and where[2] == "log")):
        low, high, log = where[0], where[1], len(where) == 3
        number = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
        if number and low < high and (low > 0 or not log):
            return Range(low, high, isinstance(low, int) and isinstance(high, int), log)
    raise BadSetting(
        f"the space of {name!r} is {where!r}. A range (low, high), or (low, high, 'log') above 0, or a list of choices "
        f"that differ was expected. Such as {{'{name}': (1, 10)}} or {{'{name}': [1, 3, 10]}}.",
        setting=name,
    )


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def first(space: Space) -> dict[str, Any]:
    """Settings out of the space: the low ends and the first choices."""
    return {name: where.low if isinstance(where, Range) else where.values[0] for name, where in space.items()}


def grid(space: Space) -> list[dict[str, str]]:
    """Every combination of the choices, each as its text.

    Raises BadSetting for a range, which has no end of them.
    """
    for name, where in space.items():
        if isinstance(where, Range):
            raise BadSetting(
                f"a grid cannot hold every {name!r} from {where.low} to {where.high}. Choices were expected. Give a "
                f"list such as {{'{name}': [{where.low}, {where.high}]}}, or take sampler='tpe'.",
                setting=name,
            )
    texts = [where.texts for where in space.values() if isinstance(where, Choices)]
    return [dict(zip(space, point, strict=True)) for point in itertools.product(*texts)]


def drawn(trial: Any, space: Space) -> dict[str, Any]:
    """Settings that a trial of Optuna suggests."""
    found: dict[str, Any] = {}
    for name, where in space.items():
        if isinstance(where, Choices):
            found[name] = where.values[where.texts.index(trial.suggest_categorical(name, where.texts))]
        elif where.whole:
            found[name] = trial.suggest_int(name, int(where.low), int(where.high), log=where.log)
        else:
            found[name] = trial.suggest_float(name, where.low, where.high, log=where.log)
    return found


def valued(space: Space, told: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a trial, from what Optuna keeps of it."""
    return {
        name: where.values[where.texts.index(told[name])] if isinstance(where, Choices) else told[name]
        for name, where in space.items()
        if name in told
    }
