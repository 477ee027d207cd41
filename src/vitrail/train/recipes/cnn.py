"""A convolutional network for pictures, from digits of 28 x 28 to photographs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from vitrail.errors import BadSetting
from vitrail.methods.settings import Count, Portion
from vitrail.train.augmentation import Augmented
from vitrail.train.data import Data
from vitrail.train.heads import head
from vitrail.train.recipe import Phase, Task


@dataclass(frozen=True)
class CNN(Augmented):
    """Blocks of convolution and pooling, then dense layers   [1, 2].

        h_0 = x,   h_k = pool(relu(W_k * h_{k-1} + b_k)),   y = output(W relu(V h + c) + b)

    The defaults are for small grey pictures. For photographs, four or five blocks, `normalise=True`, end="mean" and
    some augmentation: filters=(32, 64, 128, 256).

    Settings    filters       of each block; each block halves height and width
                kernel        side of the filters, in pixels
                convolutions  how many in each block
                normalise     whether batch normalisation stands before each ReLU
                end           "flatten": every place counts; "mean" over all places, for pictures of many pixels
                hidden        units of each dense layer
                dropout       the share of units that is left out before the last layer
                rescale       whether bytes 0 to 255 become 0 to 1 inside; None: where the numbers are bytes
                flip          pictures are mirrored at random, and in training only, as all that follows:
                              "horizontal", "vertical", "both", or "none"
                rotation      up to this share of a full turn, either way
                zoom          in or out up to this share
                translation   up to this share of height and width
                contrast      up to this share more or less
    The others  how it is fitted, see Fitting
    Beware      augmentation must keep the class: a mirrored 2 is no digit

    [1] LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998
    [2] Geron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, chapter 14
    """

    name: ClassVar[str] = "cnn"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel", "regression")
    reads: ClassVar[tuple[str, ...]] = ("pictures",)
    filters: Sequence[Count] = (32, 64)
    kernel: Count = 3
    convolutions: Count = 1
    normalise: bool = False
    end: Literal["flatten", "mean"] = "flatten"
    hidden: Sequence[Count] = (128,)
    dropout: Portion = 0.5
    rescale: bool | None = None

    def build(self, keras: Any, data: Data) -> Any:
        layers = keras.layers
        refuse_small(self.filters, data)
        network = keras.Sequential([keras.Input(data.x.shape[1:])], name="cnn")
        for layer in (*rescaled(keras, self.rescale, data), *self.augmentation(keras), *self.blocks(keras)):
            network.add(layer)
        network.add(layers.Flatten() if self.end == "flatten" else layers.GlobalAveragePooling2D(name="mean"))
        for k, units in enumerate(self.hidden, 1):
            network.add(layers.Dense(units, "relu", kernel_initializer="he_normal", name=f"hidden_{k}"))
        if self.dropout:
            network.add(layers.Dropout(self.dropout, name="dropout"))
        network.add(head(keras, data))
        return network

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

    def blocks(self, keras: Any) -> Iterator[Any]:
        layers = keras.layers
        for k, count in enumerate(self.filters, 1):
            for i in range(1, self.convolutions + 1):
                shape = {"padding": "same", "kernel_initializer": "he_normal", "use_bias": not self.normalise}
                yield layers.Conv2D(count, self.kernel, **shape, name=f"convolution_{k}_{i}")
                if self.normalise:
                    yield layers.BatchNormalization(name=f"normalisation_{k}_{i}")
                yield layers.ReLU(name=f"relu_{k}_{i}")
            yield layers.MaxPooling2D(name=f"pool_{k}")


def rescaled(keras: Any, asked: bool | None, data: Data) -> list[Any]:
    """The layer that makes 0 to 1 of bytes, if it is wanted; a modality has done so before."""
    bytes_come = data.modality is None and data.x.dtype.name == "uint8"
    wanted = bytes_come if asked is None else asked
    return [keras.layers.Rescaling(1 / 255, name="rescaling")] if wanted else []


def refuse_small(filters: Sequence[int], data: Data) -> None:
    """Raise BadSetting for more halvings than a picture has room for."""
    side = min(data.x.shape[1:3])
    if side >> len(filters) < 1:
        raise BadSetting(
            f"{len(filters)} blocks halve pictures of {data.x.shape[1]} x {data.x.shape[2]} to nothing. At most "
            f"{side.bit_length() - 1} blocks were expected. Give fewer filters=.",
            setting="filters",
        )
