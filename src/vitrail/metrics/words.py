"""What a leaderboard says, in plain language."""

from collections.abc import Sequence

import numpy as np

from vitrail.explanation import Array
from vitrail.metrics.bootstrap import beats, ranked

CONTROLS = ("random", "edge")
MANY = 5  #: names that a sentence holds at most


def verdict(metric: str, better: str, names: Sequence[str], scores: Array, confidence: float, seed: int) -> str:
    """Who is best, who cannot be told from the best, who is worse, and who does not beat the controls.

    names   of the methods, the controls among them
    scores  (examples, methods)
    """
    columns = dict(zip(names, scores.T, strict=True))
    asked = [name for name in names if name not in CONTROLS]
    known = [name for name in asked if np.isfinite(columns[name]).sum() > 1]
    if not known:
        return f"{metric} has no score for any of the methods."
    places = dict(zip(known, ranked([columns[name] for name in known], better, confidence, seed), strict=True))
    first = [name for name in known if places[name] == 1]
    sentences = [together(first, confidence, alone=len(known) == 1)]
    worse = [name for name in known if places[name] > 1]
    if worse:
        sentences.append(f"{listed(worse)} {'is' if len(worse) == 1 else 'are'} worse.")
    sentences += [
        below(control, known, columns, better, confidence, seed) for control in CONTROLS if control in columns
    ]
    return f"{metric}: {' '.join(filter(None, sentences))}"


def together(first: Sequence[str], confidence: float, alone: bool) -> str:
    if alone:
        return f"{first[0]} was asked alone."
    if len(first) == 1:
        return f"{first[0]} is the best."
    return f"{listed(first)} are not distinguishable at {100 * confidence:g} %."


def below(
    control: str, known: Sequence[str], columns: dict[str, Array], better: str, confidence: float, seed: int
) -> str:
    """Who does not beat a control."""
    weak = [name for name in known if not beats(columns[name], columns[control], better, confidence, seed)]
    if not weak:
        return ""
    if len(weak) == len(known):
        return f"None beats {control}."
    return f"{listed(weak)} {'does' if len(weak) == 1 else 'do'} not beat {control}."


def listed(names: Sequence[str]) -> str:
    """All of them while they are few."""
    if len(names) > MANY:
        return f"{', '.join(names[:3])} and {len(names) - 3} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
