"""Transfer: a network that others have trained learns something new, its last layers first."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from vitrail.errors import BadSetting
from vitrail.methods.settings import Count, Portion, Share
from vitrail.train.augmentation import Augmented
from vitrail.train.bases import BASES, base_of, normalises, prepared, refuse_unknown, settle
from vitrail.train.data import Data
from vitrail.train.heads import head
from vitrail.train.pixels import pixels
from vitrail.train.recipe import Fitting, Phase, Task

FEATURES = "features"  #: the layer that ends the base: means over all places
AT_ONCE = 32  #: pictures that the base sees together where it only looks


@dataclass(frozen=True)
class Transfer(Augmented):
    """A base that knows pictures, with a new end that learns from what it sees   [1, 2].

        y = output(W mean over places of base(x) + b)
        "head": W and b learn, the base stands still;   "fine": the base learns too, slowly

    Pixels come in as the data have them; what the base was trained on is made of them inside. Its batch normalisation
    keeps the means and variances that it came with, in both phases, and its scales and shifts: what a few pictures
    say would spoil the rest.

    Settings    base          out of keras.applications: "vgg16", "inception_v3", "mobilenet_v2", "resnet50" ...
                weights       "imagenet", which keras fetches once; a file of the base; None: random ones, the
                              means and variances of normalisation those of the first pictures
                alpha         how wide the MobileNets are, such as 0.35; None: 1
                hidden        units of dense layers between base and output
                dropout       the share of units that is left out before the output
                unfreeze      how many layers of the base, the last ones, learn in the second phase; None: all
                fine_epochs   of the second phase at most; 0 for none
                fine_rate     of the second phase: low, since the base knows much already
                extract       the base looks at every picture once, and the end learns from what it saw: much faster,
                              without a second phase and without pictures that change
                flip          pictures are mirrored at random, and in training only, as all that follows:
                              "horizontal", "vertical", "both", or "none"
                rotation      up to this share of a full turn, either way
                zoom          in or out up to this share
                translation   up to this share of height and width
                contrast      up to this share more or less
    The others  how it is fitted, see Fitting; epochs and rate are those of the first phase
    Beware      a base with random weights has nothing to pass on: without weights= this is a network from scratch,
                whose base learns in the second phase alone

    [1] Yosinski, Clune, Bengio, Lipson, "How transferable are features in deep neural networks?", 2014
    [2] Chollet, "Deep Learning with Python", 2nd edition, 2021, section 8.3
    """

    name: ClassVar[str] = "transfer"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel", "regression")
    reads: ClassVar[tuple[str, ...]] = ("pictures",)
    base: str = "vgg16"
    weights: str | None = None
    alpha: Share | None = None
    hidden: Sequence[Count] = ()
    dropout: Portion = 0.2
    unfreeze: Count | None = None
    fine_epochs: Annotated[int, Ge(0)] = 10
    fine_rate: Share = 1e-5
    extract: bool = False

    def __post_init__(self) -> None:
        refuse_unknown(self.base)
        own = {field.name for field in fields(Augmented)} - {field.name for field in fields(Fitting)}
        changing = sorted(name for name in own if getattr(self, name) not in ("none", 0))
        if self.extract and changing:
            raise BadSetting(
                f"extract=True looks at every picture once, and {', '.join(changing)} would change it every time. One "
                "or the other was expected. Leave out extract=, or the changes.",
                setting="extract",
            )

    def build(self, keras: Any, data: Data) -> Any:
        layers = keras.layers
        base = base_of(keras, self.base, self.weights, data.x.shape[1:3], self.alpha)
        given = keras.Input(data.x.shape[1:])
        seen = pixels(keras, given, data)
        for layer in self.augmentation(keras):
            seen = layer(seen)
        ready = prepared(keras, seen, BASES[self.base].wants)
        if self.weights is None:
            some = data.rows["train"][:AT_ONCE]
            settle(base, keras.Model(given, ready)(data.numbers(some), training=False))
        seen = base(ready)
        said = layers.GlobalAveragePooling2D(name=FEATURES)(seen)
        for k, units in enumerate(self.hidden, 1):
            said = layers.Dense(units, "relu", kernel_initializer="he_normal", name=f"hidden_{k}")(said)
        if self.dropout:
            said = layers.Dropout(self.dropout, name="dropout")(said)
        return keras.Model(given, head(keras, data)(said), name="transfer")

    def phases(self, network: Any) -> Sequence[Phase]:
        if self.extract:
            return [Phase("head", self.epochs, self.rate)]
        fine = Phase("fine", self.fine_epochs, self.fine_rate, self.thaw)
        return [Phase("head", self.epochs, self.rate, freeze), *([fine] if self.fine_epochs else [])]

    def thaw(self, network: Any) -> None:
        """The last layers of the base learn, all but batch normalisation."""
        base = base_in(network)
        base.trainable = True
        still = 0 if self.unfreeze is None else max(0, len(base.layers) - self.unfreeze)
        for place, layer in enumerate(base.layers):
            # keras overrides what a base is called with, training=False too, and leaves normalisation alone so
            layer.trainable = place >= still and not normalises(layer)

    def learner(self, keras: Any, network: Any, data: Data) -> tuple[Any, Data]:
        """What is fitted and to what: with `extract`, the layers behind the base, to what the base saw."""
        if not self.extract:
            return network, data
        place = next(i for i, layer in enumerate(network.layers) if layer.name == FEATURES)
        features = keras.Model(network.input, network.layers[place].output)
        given = keras.Input(features.output_shape[1:])
        said = given
        for layer in network.layers[place + 1 :]:
            said = layer(said)
        return keras.Model(given, said, name="head"), replace(data, x=looked(features, data))


def freeze(network: Any) -> None:
    """No layer of the base learns."""
    base_in(network).trainable = False


def base_in(network: Any) -> Any:
    """The base inside a network: the first of its layers that has layers itself."""
    return next(layer for layer in network.layers if hasattr(layer, "layers"))


def looked(features: Any, data: Data) -> Any:
    """(n, units) what the base sees in the examples to learn from and to validate with; 0 for the others."""
    rows = np.sort(np.concatenate([data.rows["train"], data.rows["validation"]]))
    seen = np.zeros((len(data), *features.output_shape[1:]), np.float32)
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        seen[some] = features.predict_on_batch(data.numbers(some))
    return seen
