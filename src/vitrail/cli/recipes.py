"""`vitrail recipes`: which recipes for networks there are, and everything about one of them."""

import inspect
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, get_args

import typer

from vitrail.cli import say
from vitrail.cli.frame import default_words, frame_of, rows, takers, type_words
from vitrail.cli.methods import JSON
from vitrail.errors import BadSetting, near
from vitrail.methods.settings import settings_of
from vitrail.train.recipe import Fitting, Task
from vitrail.train.recipes import RECIPES

NAME = Annotated[str | None, typer.Argument(help="a recipe; without it, all are listed", show_default=False)]


@say.refusing
def recipes(name: NAME = None, json_wanted: JSON = False) -> None:
    """List the recipes for networks, or show the settings and source of one."""
    if name is not None:
        refuse_unknown(name)
    if json_wanted:
        say.as_json({"recipes": [facts(each) for each in RECIPES]} if name is None else facts(name))
    elif name is None:
        listed()
    else:
        told(name)


def refuse_unknown(name: str) -> None:
    if name not in RECIPES:
        raise BadSetting(
            f"no recipe named {name!r}. {near(name, RECIPES)}Recipes are: {', '.join(RECIPES)}. `vitrail recipes` says "
            "what each is for.",
            recipe=name,
        )


def meanings(name: str) -> dict[str, str]:
    """What each setting of a recipe means: its own, and those of every fitting."""
    return fitting_settings() | frame_of(RECIPES[name]).settings


def fitting_settings() -> dict[str, str]:
    """What the settings mean that every recipe has."""
    return rows((inspect.getdoc(Fitting) or "").splitlines()[1:])


def meaning(setting: str) -> str:
    """What a setting means in every fitting, or in the first recipe that takes it."""
    first = takers(RECIPES)[setting][0]
    return fitting_settings().get(setting) or meanings(first).get(setting, "see the recipe")


def facts(name: str) -> dict[str, Any]:
    """Everything about one recipe, as plain JSON."""
    cls, known = RECIPES[name], meanings(name)
    settings = [{"name": n, **setting.schema(), "meaning": known.get(n, "")} for n, setting in settings_of(cls).items()]
    return {
        "name": name,
        "tasks": list(cls.tasks),
        "reads": list(cls.reads),
        **asdict(frame_of(cls)),
        "settings": settings,
    }


def listed() -> None:
    lines = [
        [name, frame_of(cls).summary.partition(". ")[0].rstrip("."), tasks_told(cls.tasks), ", ".join(cls.reads)]
        for name, cls in RECIPES.items()
    ]
    say.table(["name", "what it makes", "tasks", "reads"], lines)
    say.line("`vitrail recipes NAME` shows the settings and source of one, `vitrail train NAME DATA` follows it.")


def tasks_told(tasks: Sequence[str]) -> str:
    return "any" if len(tasks) == len(get_args(Task)) else ", ".join(tasks)


def told(name: str) -> None:
    cls, known = RECIPES[name], meanings(name)
    frame = frame_of(cls)
    say.line(f"{name}\n\n{frame.summary}\n")
    say.line("\n".join(f"    {line}" for line in frame.formula.splitlines()) + "\n")
    lines = [[f"--{n}", type_words(s), default_words(s), known.get(n, "")] for n, s in settings_of(cls).items()]
    say.table(["setting", "type", "default", "meaning"], lines)
    for head, text in (
        ("Tasks", tasks_told(cls.tasks)),
        ("Reads", ", ".join(cls.reads)),
        ("Beware", frame.beware),
        ("Source", frame.source),
    ):
        say.line(f"{head:<8}{text}")
