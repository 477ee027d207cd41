"""One flag for every setting of every method, made from their dataclasses."""

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


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a flag for each setting; it is given {name: text} of those that were said, as `settings`."""
    names = [f"{MARK}{name}" for name in takers()]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        said = {name.removeprefix(MARK): text for name in names if (text := given.pop(name, None)) is not None}
        command(*args, **given, settings=said)

    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.name != "settings"]
    run.__signature__ = own.replace(parameters=[*kept, *map(flag, takers())])  # type: ignore[attr-defined]
    return run


def flag(name: str) -> inspect.Parameter:
    """The parameter behind one flag; unset unless it is said."""
    option = typer.Option(f"--{name}", metavar=metavar(name), help=help_of(name), rich_help_panel=PANEL)
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(f"{MARK}{name}", kind, default=None, annotation=Annotated[str | None, option])


def help_of(name: str) -> str:
    """What a setting means, and which methods take it."""
    methods = takers()[name]
    return f"{VOCABULARY.get(name, 'see the method')} ({', '.join(methods)})"


def metavar(name: str) -> str:
    words = type_words(first(name)).split()[0].strip(",")
    return {"integer": "N", "number": "X", "method": "METHOD", "text": "NAME"}.get(words, "VALUE")


def first(name: str) -> Setting:
    """The setting in the first method that takes it."""
    return settings_of(ASKED[takers()[name][0]])[name]


def values(method: str, said: Mapping[str, str]) -> dict[str, Any]:
    """The settings as they are handed to `explain`, whose schema refuses those that do not fit.

    A setting that is a text stays one, so that the layer "3" is a name; all others may be JSON or an array's file.
    """
    known = settings_of(ASKED[method]) if method in ASKED else {}
    texts = {name for name, setting in known.items() if setting.hint is str}
    return {name: text if name in texts else read.value(text) for name, text in said.items()}
