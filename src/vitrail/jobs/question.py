"""Questions as plain JSON: one text for each, and the name that comes of it."""

import hashlib
import json
import reprlib
from typing import Any

from vitrail.errors import BadInput


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, no spaces, ASCII alone.

    Raises BadInput for what would not come back as it went in: NaN, tuples, keys that are no strings, other objects.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
        plain = json.loads(text) == value
    except (TypeError, ValueError, RecursionError):
        plain = False
    if plain:
        return text
    raise BadInput(
        f"{shown(value)} is not plain JSON. Dictionaries with strings for keys, lists, strings, finite numbers, "
        "true, false and null were expected. Say it with those."
    )


def asked(question: Any) -> str:
    """The text of a question. Raises BadInput for what is none: an object of plain JSON that names its "verb"."""
    if isinstance(question, dict) and isinstance(question.get("verb"), str):
        return canonical(question)
    raise BadInput(
        f"{shown(question)} is not a question. An object that names its verb was expected, such as "
        '{"verb": "explain", ...}. Add the verb.'
    )


def job_id(text: str) -> str:
    """The id of the job that a question's text asks for: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def shown(value: Any) -> str:
    """The beginning of a value, also of one that is too deep or too long to be written."""
    try:
        return reprlib.repr(value)
    except ValueError:
        return f"a value of type {type(value).__name__}"
