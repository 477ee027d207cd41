"""Networks that others have trained on photographs, without their last layers: what keras calls applications."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vitrail.errors import BadSetting, CannotOpen, VitrailError, first, near


class Known(NamedTuple):
    """One of keras.applications.

    maker  the function there
    wants  what it was trained on: "bgr" minus the means of ImageNet, "signs" from -1 to 1, "standard" deviations of
           ImageNet, or "bytes", which it scales itself
    least  pixels of a side that it needs
    """

    maker: str
    wants: str
    least: int = 32


def _family(stem: str, maker: str, kinds: str, wants: str) -> dict[str, Known]:
    return {f"{stem}{kind.lower()}": Known(f"{maker}{kind}", wants) for kind in kinds.split()}


BASES: dict[str, Known] = {
    "vgg16": Known("VGG16", "bgr"),
    "vgg19": Known("VGG19", "bgr"),
    "inception_v3": Known("InceptionV3", "signs", 75),
    "inception_resnet_v2": Known("InceptionResNetV2", "signs", 75),
    "xception": Known("Xception", "signs", 71),
    "resnet50": Known("ResNet50", "bgr"),
    "resnet101": Known("ResNet101", "bgr"),
    "resnet152": Known("ResNet152", "bgr"),
    "resnet50_v2": Known("ResNet50V2", "signs"),
    "resnet101_v2": Known("ResNet101V2", "signs"),
    "resnet152_v2": Known("ResNet152V2", "signs"),
    "mobilenet": Known("MobileNet", "signs"),
    "mobilenet_v2": Known("MobileNetV2", "signs"),
    **_family("mobilenet_v3_", "MobileNetV3", "Small Large", "bytes"),
    **_family("densenet", "DenseNet", "121 169 201", "standard"),
    **_family("nasnet_", "NASNet", "Mobile Large", "signs"),
    **_family("efficientnet_", "EfficientNet", "B0 B1 B2 B3 B4 B5 B6 B7", "bytes"),
    **_family("efficientnet_v2_", "EfficientNetV2", "B0 B1 B2 B3 S M L", "bytes"),
    **_family("convnext_", "ConvNeXt", "Tiny Small Base Large XLarge", "bytes"),
}

#: means and standard deviations of red, green and blue in ImageNet, from 0 to 1; the older bases have means of bytes
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BGR_MEAN = (103.939, 116.779, 123.68)


def prepared(keras: Any, pixels: Any, wants: str) -> Any:
    """What a base reads, from red, green and blue between 0 and 255: its `preprocess_input`, as layers."""
    rescaling = keras.layers.Rescaling
    if wants == "bgr":
        return rescaling(1.0, [-mean for mean in BGR_MEAN], name="preparation")(keras.ops.flip(pixels, -1))
    if wants == "signs":
        return rescaling(1 / 127.5, -1.0, name="preparation")(pixels)
    if wants == "standard":
        scale, shift = [1 / (255 * std) for std in STD], [-mean / std for mean, std in zip(MEAN, STD, strict=True)]
        return rescaling(scale, shift, name="preparation")(pixels)
    return pixels


def base_of(keras: Any, name: str, weights: str | None, sides: Sequence[int], alpha: float | None = None) -> Any:
    """A base for pictures (height, width) of three channels, without its last layers.

    weights  None: drawn at random; "imagenet": fetched by keras, once; a file of weights, or with the whole base
    alpha    for the MobileNets, how wide they are; 1 without it

    Raises BadSetting for a base that does not exist or is not made so, CannotOpen for weights that cannot be had.
    """
    refuse_unknown(name)
    file = None if weights in (None, "imagenet") else Path(str(weights))
    refuse_sides(name, sides)
    if file is not None:
        refuse_file(name, file)
    if file is not None and file.suffix == ".keras":
        return opened(keras, file, sides)
    base = made(keras, name, None if file else weights, sides, alpha)
    if file is not None:
        load(base, name, file)
    return base


def made(keras: Any, name: str, weights: str | None, sides: Sequence[int], alpha: float | None) -> Any:
    """A base as keras makes it, with random weights or those of ImageNet."""
    more = {} if alpha is None else {"alpha": alpha}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on sizes other than the usual ones: every base takes any here
            make = getattr(keras.applications, BASES[name].maker)
            return make(include_top=False, weights=weights, input_shape=(*sides, 3), **more)
    except (ValueError, TypeError) as error:
        raise BadSetting(
            f"keras makes no {name!r} for pictures of {sides[0]} x {sides[1]} with alpha={alpha!r} ({_line(error)}). "
            "A base that it makes here, of a size and a width that it knows, was expected. Take another base=, or "
            "leave out alpha=.",
            setting="base",
        ) from error
    except Exception as error:
        raise CannotOpen(
            f"the weights of {name!r} for ImageNet could not be fetched ({_line(error)}). A network connection, or "
            "weights that keras fetched before, were expected. Give weights= a file, or weights=None to start from "
            "random ones.",
            base=name,
        ) from error


def normalises(layer: Any) -> bool:
    """Whether a layer keeps means and variances of what it has seen."""
    return hasattr(layer, "moving_mean")


def settle(base: Any, x: Any) -> None:
    """Means and variances of x for every batch normalisation of a base with random weights.

    It comes with 0 and 1, which only training would move: kept so, nothing would arrive at its end.
    """
    layers = [layer for layer in base.layers if normalises(layer)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    base(x, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def load(base: Any, name: str, file: Path) -> None:
    """Weights from a file, into all layers of the base."""
    try:
        base.load_weights(str(file))
    except Exception as error:
        raise unfit(file, f"are no weights of {name!r} without its last layers ({_line(error)})") from error


def opened(keras: Any, file: Path, sides: Sequence[int]) -> Any:
    """The base that a .keras file holds, for pictures of this size; code stored in it is never run."""
    try:
        base = keras.saving.load_model(str(file), compile=False, safe_mode=True)
    except Exception as error:
        raise unfit(file, f"could not be read as a Keras file ({_line(error)})") from error
    shape, made = getattr(base, "input_shape", None), getattr(base, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or not isinstance(made, tuple) or len(made) != 4:
        raise unfit(file, f"holds a network from {shape} to {made}, and no base")
    if shape[1:] in ((None, None, 3), (*sides, 3)):
        return base
    fresh = keras.models.clone_model(base, input_tensors=keras.Input((*sides, 3)))
    fresh.set_weights(base.get_weights())
    return fresh


def unfit(file: Path, why: str) -> VitrailError:
    return CannotOpen(
        f"{str(file)!r} {why}. What keras.applications makes with include_top=False was expected: its weights, or the "
        "whole of it in a .keras file. Save it with base.save_weights('base.weights.h5') or base.save('base.keras').",
        path=str(file),
    )


def refuse_unknown(name: str) -> None:
    """Raise BadSetting for a base that does not exist."""
    if name not in BASES:
        raise BadSetting(
            f"no base named {name!r}. {near(name, BASES)}Bases are: {first(list(BASES), len(BASES))}. Choose one.",
            setting="base",
        )


def refuse_sides(name: str, sides: Sequence[int]) -> None:
    """Raise BadSetting for pictures that are too small for a base."""
    least = BASES[name].least
    if min(sides) < least:
        raise BadSetting(
            f"pictures of {sides[0]} x {sides[1]} are too small for {name!r}. At least {least} x {least} pixels were "
            f"expected. Read them larger: vitrail.data(..., size={max(least, 96)}), or take another base=.",
            setting="base",
        )


def refuse_file(name: str, file: Path) -> None:
    """Raise CannotOpen for a file that is not there, BadSetting for weights that this base would read wrongly."""
    if not file.is_file():
        raise CannotOpen(
            f"there is no file {str(file)!r}. None, 'imagenet', or a file with the weights of a base was expected. "
            "Check weights=.",
            path=str(file),
        )
    if name.startswith("efficientnet_b") and file.suffix != ".keras":
        raise BadSetting(
            f"a file of weights alone does not make {name!r} what it was: with the weights of ImageNet, keras builds "
            "one more layer into it. A .keras file with the whole base was expected. Save it with base.save(...).",
            setting="weights",
        )


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
