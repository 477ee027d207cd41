"""The paths that digits take through the network of the demo, and those of pictures that show no digit."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vitrail.cli import say
from vitrail.cli.tour import Chapter, Effort
from vitrail.explanation import Array, Explanation
from vitrail.model import Model
from vitrail.plot import Section
from vitrail.signatures.fit import signatures

SEED = 0
SIDE = 28
PATHS = (
    "So far we asked about one digit at a time. Now all {examples:,} digits that the network learnt from go through "
    "it, and at each layer what it says about them, averaged over the picture, is put into {clusters} clusters. The "
    "clusters that a digit falls in, one after the other, are its signature. Bands are as wide as they have digits, "
    "and coloured by what the digits are, from what they show (left) to what the network says (right).\n\n"
    "Purity is the share of digits that are of the most frequent kind in their cluster: {purity}. The clusters are "
    "found without knowing the kinds, and without knowing where in the picture a layer saw something, so this is how "
    "far the strokes alone tell digits apart, layer by layer."
)
TRUST = (
    "Which of these {count} pictures are like the digits that the network knows? The first {digits} are held-out "
    "digits, which it did not learn from. The others are, in this order, {others}. The network cannot say that it sees "
    "no digit: it names one for each.\n\n"
    "How usual a path is, how near to the centres of its clusters, how sure the network is and several more scores are "
    "compared with those of {calibration} other held-out digits. The number p says how usual all this is together: of "
    "digits like these, one in twenty is expected below 0.05. Here {low} of the {digits} digits are, and {caught} of "
    "the {strange} other pictures."
)


def path_chapters(model: Model, taught: tuple[Array, Array], held: Array, effort: Effort) -> list[Chapter]:
    """Two chapters: the flow of the digits (x, y) that the network learnt from, and how usual others are.

    held   (n, 28, 28, 1) digits that it did not learn from; most of them calibrate
    """
    digits, fresh = held[: effort.asked], held[effort.asked :]
    with say.progress("paths of digits") as progress:
        known = signatures(model, *taught, clusters=effort.clusters, seed=SEED, calibration=fresh, progress=progress)
    return [flowing(known), trusted(known, digits)]


def flowing(known: Explanation) -> Chapter:
    shares = zip(known.checks["purity"], known.labels["layer"], strict=True)
    text = PATHS.format(
        examples=known.checks["examples"],
        clusters=known.checks["clusters"][0],
        purity=", ".join(f"{share:.0%} at {layer}" for share, layer in shares),
    )
    return Chapter(Section("The paths digits take", text, [known]), [])


def trusted(known: Explanation, digits: Array) -> Chapter:
    """Some digits and some strange pictures, and the p-value of each."""
    others = strange(digits)
    x = np.concatenate([digits, np.stack(list(others.values()))])
    answer = known.trust(x)
    p = np.asarray(answer.values)
    text = TRUST.format(
        count=len(x),
        digits=len(digits),
        others=listed(list(others)),
        calibration=answer.checks["calibration"],
        low=int((p[: len(digits)] <= 0.05).sum()),
        caught=int((p[len(digits) :] <= 0.05).sum()),
        strange=len(others),
    )
    names = [*(f"held-out digit {i + 1}" for i in range(len(digits))), *others]
    return Chapter(Section("Digits, and what is none", text, [answer], range(len(x))), names)


def strange(digits: Array) -> dict[str, Array]:
    """Pictures (28, 28, 1) from 0 to 1 that show no digit, by what they are."""
    random = np.random.default_rng(SEED)
    stripes = np.indices((SIDE, SIDE)).sum(0)[..., None] // 4 % 2
    return {
        "the letter K": letter("K"),
        "the letter W": letter("W"),
        "a digit in negative": 1 - digits[0],
        "two digits at once": np.maximum(digits[0], digits[2]),
        "half a digit beside its mirror image": mirrored(digits[1]),
        "stripes": stripes.astype(np.float32),
        "noise": random.random((SIDE, SIDE, 1), np.float32),
    }


def letter(text: str) -> Array:
    """A letter in white on black, about as large as the digits."""
    picture = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(picture).text((SIDE / 2, SIDE / 2), text, 255, ImageFont.load_default(24), anchor="mm")
    return np.asarray(picture, np.float32)[..., None] / 255


def mirrored(digit: Array) -> Array:
    half = digit[:, : SIDE // 2]
    return np.concatenate([half, half[:, ::-1]], 1)


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
