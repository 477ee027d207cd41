"""Where each method stands by one metric of a leaderboard, and its numbers with the digits that are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Explanation
from vitrail.metrics.words import CONTROLS

FIGURES = 4  #: of a number at most
SMALL = 5  #: decimals from which on a number is written with a power of ten
LABEL = 30  #: letters of a method that a picture shows


@dataclass(frozen=True)
class Standing:
    """One method by one metric.

    place   of the method in the answer
    mean    over the examples that have a score; NaN where none has
    low     and high: the interval of the mean; NaN where fewer than two examples have a score
    rank    from 1; None where there is no interval to compare by
    scored  examples that have a score
    """

    name: str
    place: int
    mean: float
    low: float
    high: float
    rank: int | None
    scored: int

    @property
    def control(self) -> bool:
        return self.name in CONTROLS


def standings(answer: Explanation, metric: int) -> list[Standing]:
    """The methods in the order of the answer."""
    table = {key: answer.arrays[key][:, metric] for key in ("values", "low", "high", "rank")}
    scored = np.isfinite(answer.arrays["scores"][:, :, metric]).sum(0)
    found = []
    for place, name in enumerate(answer.labels["method"]):
        mean, low, high, rank = (column[place].item() for column in table.values())
        # whoever has no interval was beaten by nobody, which is no first rank
        known = int(rank) if math.isfinite(low) else None
        found.append(Standing(str(name), place, mean, low, high, known, int(scored[place])))
    return found


def best_first(rows: Sequence[Standing], better: str) -> list[Standing]:
    """By rank, then by mean; those without a rank last."""
    sign = -1 if better == "higher" else 1
    return sorted(rows, key=lambda row: (row.rank or math.inf, math.isnan(row.mean), sign * row.mean))


def leaders(rows: Sequence[Standing]) -> set[str]:
    """Who shares the best rank."""
    best = min((row.rank for row in rows if row.rank is not None), default=None)
    return {row.name for row in rows if best is not None and row.rank == best}


def to_beat(rows: Sequence[Standing], better: str) -> float | None:
    """The mean of the better control; None without one."""
    means = [row.mean for row in rows if row.control and math.isfinite(row.mean)]
    return (max(means) if better == "higher" else min(means)) if means else None


def direction(better: str) -> str:
    return f"{better} is better"


# -- numbers -------------------------------------------------------------------------------------------------


def figures(row: Standing) -> tuple[str, str]:
    """Mean and interval as text, to two figures of half the interval: what is beyond is chance. A dash for NaN."""
    if not math.isfinite(row.mean):
        return "–", ""
    if not math.isfinite(row.low):
        return f"{row.mean:.3g}", ""
    decimals = decimals_of(row)
    return fixed(row.mean, decimals), f"[{fixed(row.low, decimals)}, {fixed(row.high, decimals)}]"


def decimals_of(row: Standing) -> int:
    """Digits after the point; below zero where those before it are chance too."""
    half, largest = (row.high - row.low) / 2, max(abs(row.low), abs(row.high))
    most = FIGURES - 1 - exponent(largest)
    return most if half <= 0 else min(1 - exponent(half), most)


def exponent(size: float) -> int:
    """The power of ten of the first figure; 0 for nothing."""
    return math.floor(math.log10(size)) if size > 0 else 0


def fixed(value: float, decimals: int) -> str:
    """Such as 0.771, 11 200 (decimals -2), or 1.20e-07."""
    if decimals > SMALL:
        return f"{value:.2e}"
    return f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}".replace(",", "\u202f")  # + 0.0: never "-0.00"
