"""A vision transformer: a picture cut into patches, each of which looks at all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from vitrail.errors import BadSetting
from vitrail.methods.settings import Count, Portion, Share
from vitrail.train.augmentation import Augmented
from vitrail.train.data import Data
from vitrail.train.heads import head
from vitrail.train.recipe import Phase, Task
from vitrail.train.recipes.cnn import rescaled

EPSILON = 1e-6  #: under the root of layer normalisation, as in the authors' own networks
SPREAD = 0.02  #: standard deviation of positions before they are learnt, as there


@dataclass(frozen=True)
class ViT(Augmented):
    """The vision transformer, from scratch and for pictures of any size   [1].

        z_0  = (x_class; x_1 E; x_2 E; ...) + E_pos                       eq. 1, x_i: the pixels of a patch
        z'_l = MSA(LN(z_{l-1})) + z_{l-1},   z_l = MLP(LN(z'_l)) + z'_l   eq. 2 and 3
        y    = output(W LN(z_L)_class + b)                                eq. 4, and a head

    Class token and position 0 only ever occur as their sum, so one vector is learnt for both. The defaults are for
    pictures of 28 to 64 pixels a side; the paper's ViT-B/16: patch=16, depth=12, heads=12, width=768.

    Settings    patch         pixels of a side of each patch; height and width must be multiples of it
                depth         how many blocks
                heads         of attention in each block; must divide the width
                width         units of each token
                ratio         units of the MLP in a block, in widths
                dropout       the share of units that is left out after the positions, each attention and each layer of
                              an MLP
                end           what is read at the end: the class "token", or the "mean" of all patches, which then have
                              no class token beside them
                rescale       whether bytes 0 to 255 become 0 to 1 inside; None: where the numbers are bytes
                flip          pictures are mirrored at random, and in training only, as all that follows:
                              "horizontal", "vertical", "both", or "none"
                rotation      up to this share of a full turn, either way
                zoom          in or out up to this share
                translation   up to this share of height and width
                contrast      up to this share more or less
    The others  how it is fitted, see Fitting
    Beware      it knows nothing of neighbourhood: with a few hundred pictures a `cnn` learns more

    [1] Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", 2020
    """

    name: ClassVar[str] = "vit"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel", "regression")
    reads: ClassVar[tuple[str, ...]] = ("pictures",)
    patch: Count = 4
    depth: Count = 4
    heads: Count = 4
    width: Count = 64
    ratio: Share = 2.0
    dropout: Portion = 0.1
    end: Literal["token", "mean"] = "token"
    rescale: bool | None = None

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise BadSetting(
                f"{self.heads} heads do not share {self.width} units. A width that is a multiple of heads was "
                f"expected. Take width={self.heads * -(-self.width // self.heads)}.",
                setting="heads",
            )

    def build(self, keras: Any, data: Data) -> Any:
        given = z = keras.Input(data.x.shape[1:])
        for layer in (*rescaled(keras, self.rescale, data), *self.augmentation(keras)):
            z = layer(z)
        z = self.left_out(keras, "dropout")(self.embedded(keras, z))
        for k in range(1, self.depth + 1):
            z = self.block(keras, z.shape[1:], k)(z)
        z = normalised(keras, "normalisation")(z)
        return keras.Model(given, head(keras, data)(self.read(keras, z)), name="vit")

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

    def embedded(self, keras: Any, x: Any) -> Any:
        """(batch, token, width): eq. 1. A patch of zeros stands first, whose position is the class token."""
        layers, side = keras.layers, self.patch
        _, height, width, channels = x.shape
        refuse_uneven(side, height, width)
        high, wide = height // side, width // side
        x = layers.Reshape((high, side, wide, side, channels), name="cut")(x)
        x = layers.Permute((1, 3, 2, 4, 5), name="ordered")(x)
        x = layers.Reshape((high * wide, side * side * channels), name="patches")(x)
        if self.end == "token":
            x = layers.ZeroPadding1D((1, 0), name="token")(x)
        positions = {"bias_axes": "tu", "bias_initializer": keras.initializers.RandomNormal(stddev=SPREAD)}
        return layers.EinsumDense("btp,pu->btu", (x.shape[1], self.width), **positions, name="embedding")(x)

    def block(self, keras: Any, shape: Sequence[int], k: int) -> Any:
        """Eq. 2 and 3, as a network of its own: (token, width) stays (token, width).

        No name occurs in two blocks: on torch, keras knows weights by name alone when it clears their gradients.
        """
        layers = keras.layers
        z = keras.Input(shape)
        look = layers.MultiHeadAttention(self.heads, self.width // self.heads, name=f"attention_{k}")
        h = normalised(keras, f"normalisation_{k}_1")(z)
        middle = layers.Add(name=f"looked_{k}")([z, self.left_out(keras, f"dropout_{k}_1")(look(h, h))])
        h = normalised(keras, f"normalisation_{k}_2")(middle)
        for layer in (
            layers.Dense(round(self.ratio * self.width), "gelu", name=f"wide_{k}"),
            self.left_out(keras, f"dropout_{k}_2"),
            layers.Dense(self.width, name=f"narrow_{k}"),
            self.left_out(keras, f"dropout_{k}_3"),
        ):
            h = layer(h)
        return keras.Model(z, layers.Add(name=f"thought_{k}")([middle, h]), name=f"block_{k}")

    def read(self, keras: Any, z: Any) -> Any:
        """(batch, width): the class token, or the mean of all."""
        layers = keras.layers
        if self.end == "mean":
            return layers.GlobalAveragePooling1D(name="mean")(z)
        return layers.Flatten(name="class")(layers.Cropping1D((0, z.shape[1] - 1), name="first")(z))

    def left_out(self, keras: Any, name: str) -> Any:
        return keras.layers.Dropout(self.dropout, name=name)


def normalised(keras: Any, name: str) -> Any:
    return keras.layers.LayerNormalization(epsilon=EPSILON, name=name)


def refuse_uneven(patch: int, height: int, width: int) -> None:
    """Raise BadSetting for pictures that patches do not fill."""
    if height % patch or width % patch:
        raise BadSetting(
            f"patches of {patch} x {patch} do not fill pictures of {height} x {width}. Multiples of {patch} pixels "
            f"were expected. Read them so: vitrail.data(..., size=({-(-height // patch) * patch}, "
            f"{-(-width // patch) * patch})), or take another patch=.",
            setting="patch",
        )
