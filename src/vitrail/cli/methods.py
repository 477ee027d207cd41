"""`vitrail methods`: which methods there are, and everything about one of them."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from vitrail.cli import say
from vitrail.cli.frame import ASKED, default_words, frame_of, type_words
from vitrail.errors import NoSuchMethod
from vitrail.methods.settings import settings_of

NAME = Annotated[str | None, typer.Argument(help="a method; without it, all are listed", show_default=False)]
JSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@say.refusing
def methods(name: NAME = None, json_wanted: JSON = False) -> None:
    """List the methods, or show the settings, formula and source of one."""
    if name is not None and name not in ASKED:
        raise NoSuchMethod(name, ASKED)
    if json_wanted:
        say.as_json({"methods": [facts(each) for each in ASKED]} if name is None else facts(name))
    elif name is None:
        listed()
    else:
        told(name)


def facts(name: str) -> dict[str, Any]:
    """Everything about one method, as plain JSON."""
    frame, known = frame_of(ASKED[name]), settings_of(ASKED[name])
    settings = [{"name": n, "meaning": frame.settings.get(n, ""), **s.schema()} for n, s in known.items()]
    return {"name": name, **asdict(frame), "settings": settings}


def listed() -> None:
    frames = {name: frame_of(cls) for name, cls in ASKED.items()}
    say.table(["name", "what it gives", "laws", "cost"], [[n, f.summary, f.laws, f.cost] for n, f in frames.items()])
    say.line("`vitrail methods NAME` shows the settings, formula and source of one.")


def told(name: str) -> None:
    frame, known = frame_of(ASKED[name]), settings_of(ASKED[name])
    say.line(f"{name}\n\n{frame.summary}\n")
    say.line("\n".join(f"    {line}" for line in frame.formula.splitlines()) + "\n")
    rows = [[f"--{n}", type_words(s), default_words(s), frame.settings.get(n, "")] for n, s in known.items()]
    if rows:
        say.table(["setting", "type", "default", "meaning"], rows)
    for head, text in (("Laws", frame.laws), ("Cost", frame.cost), ("Beware", frame.beware), ("Source", frame.source)):
        say.line(f"{head:<8}{text}")
