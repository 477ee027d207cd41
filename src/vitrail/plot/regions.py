"""Where each player lies: its value laid on its pixels, tokens or steps, and the outlines of regions."""

from dataclasses import dataclass, replace

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.part import Part, form_of, names_of, part, parts, picture_of, reduce

OUTLINE = 70  #: the grey of outlines
CROWDED = 4  #: pixels that a region has on average at least, if outlines are to leave something of it


@dataclass(frozen=True, eq=False)
class Laid:
    """The values of players on what they stand for.

    part    what can be drawn; its values are those of the player at each place
    labels  (batch, height, width) the player of each pixel, None where regions are not outlined
    """

    part: Part
    labels: Array | None


def laid_of(answer: Explanation) -> Laid | None:
    """The values where the players lie; None where that is nothing that can be drawn."""
    labels, axes = answer.arrays.get("players"), answer.axes.get("players", ())
    if answer.axes.get("values") != ("batch", "player"):
        return Laid(replace(part(answer, "values"), palette="signed"), None) if "values" in answer.arrays else None
    form = form_of(axes) if labels is not None else "other"
    if labels is None or form not in ("picture", "token", "series") or axes[0] != "batch":
        return None
    whole = np.broadcast_to(labels, (len(answer), *labels.shape[1:]))
    values = reduce(spread(np.asarray(answer.arrays["values"], np.float64), whole), axes, form)
    picture = picture_of(answer, "", values) if form == "picture" else None
    drawn = Part("", form, values, "signed", names_of(answer, form, ""), picture)
    apart = form == "picture" and whole.ndim == 3 and axes[1:] == ("height", "width") and not crowded(whole)
    return Laid(drawn, whole if apart else None)


def parts_of(answer: Explanation) -> list[Part]:
    """One Part for each input, whatever the kind; nothing for players that lie nowhere."""
    laid = laid_of(answer) if answer.kind == "players" else None
    if answer.kind != "players" or "values" not in answer.arrays:
        return parts(answer)
    return [] if laid is None else [laid.part]


def spread(values: Array, labels: Array) -> Array:
    """(batch, player) -> shaped like labels: each place has the value of its player, 0 where nobody plays."""
    flat = labels.reshape(len(labels), -1)
    placed = np.take_along_axis(values, flat.clip(0), 1)
    return np.where(flat < 0, 0.0, placed).reshape(labels.shape)


def crowded(labels: Array) -> bool:
    """Whether regions are so small that outlines would hide them."""
    return bool(labels[0].size < CROWDED * (labels[0].max() + 1))


def outlined(pixels: Array, labels: Array) -> Array:
    """Bytes (height, width, 3) with a thin grey line where one region ends and the next begins."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    drawn = pixels.copy()
    drawn[edge] = (0.35 * drawn[edge] + 0.65 * OUTLINE).astype(np.uint8)
    return drawn
