"""The words and numbers that stand beside a picture: what was predicted, what was asked, what was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from vitrail.explanation import Explanation

NOT_PROMISED = "the method does not promise that its values add up to the difference they explain"
NOT_MEASURED = "the gap was not measured, or the difference it would be a share of is zero"


def predicted(answer: Explanation, example: int) -> str:
    """The network's own answer, "7 (98.2 %)"; the number itself when there are no classes; else nothing."""
    told = answer.provenance.get("prediction")
    said = told[example] if isinstance(told, Sequence) and example < len(told) else {}
    name = said.get("name") or said.get("index")
    if name is None:
        return from_outputs(answer, example)
    chance = said.get("probability")
    return str(name) if chance is None else f"{name} ({percent(float(chance), 1)})"


def from_outputs(answer: Explanation, example: int) -> str:
    """The class of the largest output; the one output as a number; nothing for other shapes."""
    row = np.asarray(answer.outputs[example])
    if row.size == 1:
        return f"{float(row.reshape(())):.4g}"
    if row.ndim != 1 or not row.size:
        return ""
    best, names = int(row.argmax()), answer.labels.get("class") or ()
    return str(names[best]) if best < len(names) else str(best)


def asked(answer: Explanation, example: int) -> str:
    """What was asked about this example, as text; nothing when the target has no label."""
    each = answer.target.get("labels")
    if isinstance(each, Sequence) and not isinstance(each, str) and example < len(each):
        return str(each[example])
    return str(answer.target.get("label") or "")


def promised(answer: Explanation) -> bool:
    return bool(answer.checks.get("completeness") == "promised")


def gap(answer: Explanation, example: int) -> float | None:
    """How far the values are from adding up, as a share of what they explain; None where they are not meant to.

    That is the change from a baseline for methods that promise completeness, the target itself for those that share it
    out.
    """
    missing = answer.checks.get("completeness_gap_relative") if promised(answer) else None
    share = at(answer.checks.get("conservation_gap_relative", missing), example)
    return abs(float(share)) if share is not None and math.isfinite(float(share)) else None


def gap_text(answer: Explanation, example: int) -> str:
    share = gap(answer, example)
    return "" if share is None else percent(share)


def why_no_gap(answer: Explanation) -> str:
    """Why there is a dash where the gap would stand."""
    return NOT_PROMISED if answer.checks.get("completeness") == "measured only" else NOT_MEASURED


def at(check: Any, example: int) -> Any:
    """A check of one example: an entry of an array, or the one value that holds for all."""
    if check is None or isinstance(check, str):
        return check
    array = np.asarray(check)
    return array.item() if array.ndim == 0 else array[example].item()


def percent(share: float, digits: int = 2) -> str:
    """A share as text; what would round to nothing is said to be smaller than the last digit."""
    least = 10.0**-digits
    if 0 < share * 100 < least / 2:
        return f"<\u00a0{least:.{digits}f}\u00a0%"
    return f"{share * 100:.{digits}f}\u00a0%"


def short(value: Any) -> str:
    """A number for a table: four figures, whole numbers whole; a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < 1e6):
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def headline(answer: Explanation, example: int) -> str:
    """One line over a row of pictures: prediction, question, gap."""
    about, said, share = asked(answer, example), predicted(answer, example), gap_text(answer, example)
    words = [
        f"predicted {said}" if said else "",
        f"asked about {about}" if about else "",
        f"gap {share}" if share else "",
    ]
    return " · ".join(word for word in words if word) or f"example {example}"


def signed(value: float) -> str:
    """A share with its sign, to three figures."""
    return f"{value:+.3g}"


def readable(token: Any) -> str:
    """A token as a reader expects it: the marks of tokenizers for a space are spaces, line ends are visible."""
    return str(token).replace("Ġ", " ").replace("▁", " ").replace("Ċ", "↵").replace("\n", "↵")


def pieces(tokens: Sequence[str]) -> list[tuple[str, bool]]:
    """Readable tokens without the space before them, and whether each goes on with the word before.

    Where a tokenizer writes spaces, a token without one goes on; where none has one, every token is a word.
    """
    marked = any(token.startswith(" ") for token in tokens)
    own = [not marked or token.startswith(" ") or special(token) for token in tokens]
    after = [True, *map(special, tokens)]  # what follows a special token begins anew
    return [
        (token.removeprefix(" ") or token, not (begins or anew))
        for token, begins, anew in zip(tokens, own, after, strict=False)
    ]


def special(token: str) -> bool:
    """Whether it stands for no part of the text, such as "[CLS]" or "</s>"."""
    return len(token) > 2 and (token[0], token[-1]) in (("[", "]"), ("<", ">"))
