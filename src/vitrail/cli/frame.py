"""A method's docstring taken apart: summary, formula, settings, laws, cost, what to beware of, source."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrail.explain import CHOOSERS
from vitrail.methods import METHODS
from vitrail.methods.settings import VOCABULARY, Setting, as_json, settings_of

#: what `vitrail explain --method` takes: the methods, and what chooses one
ASKED: dict[str, type] = {**METHODS, **CHOOSERS}

SECTION = re.compile(r"(Settings|Laws|Cost|Beware)( +)(?=\S)")


@dataclass(frozen=True)
class Frame:
    """The parts of one docstring, each as plain text. `settings` holds name -> meaning."""

    summary: str
    formula: str
    settings: dict[str, str]
    laws: str
    cost: str
    beware: str
    source: str


def frame_of(cls: type) -> Frame:
    """The frame of a method; what its docstring leaves out is empty."""
    head, _, source = (inspect.getdoc(cls) or "").partition("\n[1] ")
    lines = head.splitlines()
    starts = [i for i, line in enumerate(lines) if SECTION.match(line)]
    before = lines[: starts[0]] if starts else lines
    parts = dict(section(lines[i:j]) for i, j in zip(starts, [*starts[1:], len(lines)], strict=True))
    return Frame(
        summary=re.sub(r"\s*\[1\]", "", joined(line for line in before if line[:1].strip())),
        formula=inspect.cleandoc("\n".join(line for line in before if not line[:1].strip())).strip("\n"),
        settings=rows(parts.get("Settings", [])),
        laws=joined(parts.get("Laws", [])),
        cost=joined(parts.get("Cost", [])),
        beware=joined(parts.get("Beware", [])),
        source=joined(source.splitlines()),
    )


def section(lines: list[str]) -> tuple[str, list[str]]:
    """The name of a section, and its lines from where its text begins; a line that starts further left ends it."""
    found = SECTION.match(lines[0])
    assert found is not None
    width = found.end()
    return found[1], [lines[0][width:], *(line[width:] for line in lines[1:] if not line[:width].strip())]


def rows(lines: list[str]) -> dict[str, str]:
    """Name -> meaning; a line that starts with spaces goes on with the row above it."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1].strip():
            name, _, line = line.partition(" ")
        if line.strip():
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return {} if list(found) == ["none"] else found


def joined(lines: Any) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


# -- settings ----------------------------------------------------------------------------------------------


def type_words(setting: Setting) -> str:
    """The type of a setting in words: "integer from 1, or none"."""
    if setting.kind == "method":
        return "method"
    if setting.kind == "baseline":
        return "number, name or array"
    schema = setting.schema()
    return " or ".join(dict.fromkeys(filter(None, map(of_schema, schema.get("anyOf", [schema]))))) or "anything"


def of_schema(schema: dict[str, Any]) -> str:
    """One alternative of a JSON schema in words."""
    words = {"integer": "integer", "number": "number", "string": "text", "null": "none", "boolean": "yes or no"}
    words |= {"array": "list"}
    bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "up to", "exclusiveMaximum": "below"}
    limits = [f"{word} {schema[key]:g}" for key, word in bounds.items() if key in schema]
    kind = " or ".join(repr(v) for v in schema["enum"]) if "enum" in schema else words.get(schema.get("type", ""), "")
    return " ".join([kind, *limits]).strip()


def default_words(setting: Setting) -> str:
    """A default as a user would write it."""
    value = as_json(setting.default)
    return str(value.get("method")) if isinstance(value, dict) and "method" in value else str(value)


def takers(classes: Mapping[str, type] = ASKED) -> dict[str, list[str]]:
    """Every setting of any method, with the methods that take it; in the order of the vocabulary.

    classes   name -> class, of methods or of whatever else has settings for fields
    """
    found: dict[str, list[str]] = {}
    for method, cls in classes.items():
        for name in settings_of(cls):
            found.setdefault(name, []).append(method)
    order = [*VOCABULARY, *found]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))
