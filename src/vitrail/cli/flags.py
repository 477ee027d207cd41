"""One flag for every setting of every method, or every recipe, made from their dataclasses."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from vitrail.cli import read
from vitrail.cli.frame import ASKED, takers, type_words
from vitrail.methods.settings import VOCABULARY, Setting, settings_of

PANEL = "Settings of methods"
MARK = "setting_"  #: before the names of these parameters, so that none is taken for another flag

Classes = Mapping[str, type]
Meaning = Callable[[str], str]  #: name of a setting -> what it means


def with_settings(
    command: Callable[..., None], classes: Classes = ASKED, panel: str = PANEL, meaning: Meaning | None = None
) -> Callable[..., None]:
    """The command with a flag for each setting; it is given {name: text} of those that were said, as `settings`.

    classes   name -> class, whose fields are settings: methods, or recipes
    """
    names = [f"{MARK}{name}" for name in takers(classes)]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        said = {name.removeprefix(MARK): text for name in names if (text := given.pop(name, None)) is not None}
        command(*args, **given, settings=said)

    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.name != "settings"]
    added = [flag(name, classes, panel, meaning) for name in takers(classes)]
    run.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    return run


def flag(name: str, classes: Classes = ASKED, panel: str = PANEL, meaning: Meaning | None = None) -> inspect.Parameter:
    """The parameter behind one flag; unset unless it is said."""
    about = help_of(name, classes, meaning)
    dashed = name.replace("_", "-")
    option = typer.Option(f"--{dashed}", metavar=metavar(name, classes), help=about, rich_help_panel=panel)
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(f"{MARK}{name}", kind, default=None, annotation=Annotated[str | None, option])


def help_of(name: str, classes: Classes = ASKED, meaning: Meaning | None = None) -> str:
    """What a setting means, and which methods take it."""
    told = VOCABULARY.get(name, "see the method") if meaning is None else meaning(name)
    return f"{told} ({', '.join(takers(classes)[name])})"


def metavar(name: str, classes: Classes = ASKED) -> str:
    words = type_words(first(name, classes)).split() or [""]
    known = {"integer": "N", "number": "X", "method": "METHOD", "text": "NAME", "list": "A,B,..."}
    return known.get(words[0].strip(","), "VALUE")


def first(name: str, classes: Classes = ASKED) -> Setting:
    """The setting in the first method that takes it."""
    return settings_of(classes[takers(classes)[name][0]])[name]


def values(method: str, said: Mapping[str, str], classes: Classes = ASKED) -> dict[str, Any]:
    """The settings as they are handed to `explain`, whose schema refuses those that do not fit.

    A setting that is a text stays one, so that the layer "3" is a name; all others may be JSON or an array's file. A
    list may be written 300,100.
    """
    known = settings_of(classes[method]) if method in classes else {}
    texts = {name for name, setting in known.items() if setting.hint is str}
    lists = {name for name, setting in known.items() if listed(setting)}
    return {
        name: text if name in texts else several(text) if name in lists else read.value(text)
        for name, text in said.items()
    }


def listed(setting: Setting) -> bool:
    """Whether a setting takes a list, and nothing else but None."""
    if setting.kind != "plain":
        return False
    schema = setting.schema()
    return {each.get("type") for each in schema.get("anyOf", [schema])} - {"null"} == {"array"}


def several(text: str) -> Any:
    """A list out of JSON, or of values parted by commas; None as it is."""
    value = read.value(text)
    return value if value is None or isinstance(value, list) else [read.value(part.strip()) for part in text.split(",")]
