"""Pictures that are a little different every time a network learns from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from vitrail.methods.settings import Portion
from vitrail.train.recipe import Fitting

#: the layer for contrast cuts off what lies outside; standardised pictures reach below 0 and above 1
EVERY_VALUE = (-1e6, 1e6)


@dataclass(frozen=True, kw_only=True)
class Augmented(Fitting):
    """What happens to pictures at random, in training only; nothing unless it is asked for.

    flip         pictures are mirrored: "horizontal", "vertical", "both", or "none"
    rotation     up to this share of a full turn, either way
    zoom         in or out up to this share
    translation  up to this share of height and width
    contrast     up to this share more or less
    """

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    rotation: Portion = 0.0
    zoom: Portion = 0.0
    translation: Portion = 0.0
    contrast: Portion = 0.0

    def augmentation(self, keras: Any) -> Iterator[Any]:
        """The layers that do it; they do nothing when pictures are judged or explained."""
        layers = keras.layers
        if self.flip != "none":
            sides = "horizontal_and_vertical" if self.flip == "both" else self.flip
            yield layers.RandomFlip(sides, name="flip")
        if self.rotation:
            yield layers.RandomRotation(self.rotation, "nearest", name="rotation")
        if self.zoom:
            yield layers.RandomZoom(self.zoom, fill_mode="nearest", name="zoom")
        if self.translation:
            yield layers.RandomTranslation(self.translation, self.translation, "nearest", name="translation")
        if self.contrast:
            yield layers.RandomContrast(self.contrast, EVERY_VALUE, name="contrast")
