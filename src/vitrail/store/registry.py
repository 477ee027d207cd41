"""Names for what is kept: models, data sets, explanations. Bytes never change; what a name points to may."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrail.errors import AlreadyExists, BadInput, CannotOpen, NoSuchKey, near
from vitrail.explanation import plain

if TYPE_CHECKING:
    from vitrail.store import Store

NAMES = "names"  #: where names lie, by kind
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
Entry = dict[str, Any]


class Registry:
    """Names of several kinds ("models", "data", ...), each with an entry: a plain mapping, its "key" first of all."""

    def __init__(self, store: "Store") -> None:
        self.store = store

    def name(self, kind: str, name: str, entry: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Give a name; of many who do so at the same time one wins, unless they overwrite.

        Raises AlreadyExists for a name that is taken, BadInput for one that is none.
        """
        text = json.dumps(dict(entry), default=plain, sort_keys=True, allow_nan=False)
        if not self.store.put(place(kind, name), text.encode(), once=not overwrite):
            raise AlreadyExists(name)

    def entry(self, kind: str, name: str) -> Entry:
        """What a name points to. Raises NoSuchKey, which says which names there are."""
        try:
            entry = json.loads(self.store.get(place(kind, name)))
        except NoSuchKey:
            raise self._unknown(kind, name) from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise damaged(kind, name) from error
        if not isinstance(entry, dict):
            raise damaged(kind, name)
        return entry

    def names(self, kind: str) -> list[str]:
        """All names of a kind, sorted."""
        above = f"{NAMES}/{kind}/"
        return [key[len(above) :].removesuffix(".json") for key in self.store.list(above)]

    def forget(self, kind: str, name: str) -> None:
        """Take a name away; the bytes stay for whoever else points to them. Raises NoSuchKey."""
        self.entry(kind, name)
        self.store.delete(place(kind, name))

    def _unknown(self, kind: str, name: str) -> NoSuchKey:
        names = self.names(kind)
        there = f"{near(name, names)}There are: {', '.join(names[:20])}" if names else "There are none yet"
        return NoSuchKey(
            f"nothing is named {name!r} among the {kind}. {there}. Take one of those, or put it there first.",
            kind=kind,
            name=name,
        )


def place(kind: str, name: str) -> str:
    """The key of a name. Raises BadInput for what is no name."""
    if NAME.fullmatch(name):
        return f"{NAMES}/{kind}/{name}.json"
    raise BadInput(
        f"{name[:100]!r} is no name. 1 to 100 letters, digits and ._- were expected, a letter or digit first. Choose "
        "another.",
        name=name[:100],
    )


def damaged(kind: str, name: str) -> CannotOpen:
    return CannotOpen(
        f"the entry of {name!r} among the {kind} is damaged. JSON was expected. Give the name again, with "
        "overwrite=True."
    )
