"""Open a network, with the door through which x comes in."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from vitrail.errors import BadSetting
from vitrail.inputs.classes import Labels, Pair, names
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.packing import pack
from vitrail.inputs.runs import left_in
from vitrail.inputs.table import Table
from vitrail.model import Model
from vitrail.model.open import network_of


def open(
    source: Any,
    *,
    classes: Sequence[str] | Mapping[int, str] | str | os.PathLike[str] | None = None,
    inputs: Images | Text | Table | None = None,
    tokenizer: Any = None,
    output: str | int | None = None,
) -> Model:
    """A Model from any framework. The network is used as it is and never rewritten.

    source      a torch.nn.Module; a live Keras 3 model (torch backend); a PreTrainedModel; trees of XGBoost, LightGBM
                or scikit-learn; any function from arrays to arrays; a path to a .keras, .h5, .hdf5, .pt2 or TorchScript
                file, to what a booster saved (.json, .ubj, .txt), or to a folder of save_pretrained(); "hf:NAME" for a
                model in the local Hugging Face cache; the folder of a run that training left, or its name in `runs`
    classes     names of the classes, in the order of the outputs; {index: name}; or a text file with one a line
    inputs      how pictures, texts or tables become numbers: vitrail.Images, Text or Table
    tokenizer   for texts; the same as inputs=Text(tokenizer)
    output      which output is meant, when the network returns a tuple (by number) or a dict (by name)

    Raises CannotOpen, UnsafeFile (pickles are never opened), MissingExtra.
    """
    left = left_in(source)
    if left is not None:
        source, classes, inputs = left.network, classes or left.classes, inputs or left.modality
    network, own_tokenizer = network_of(source)
    if left is not None and left.regresses:
        network.regresses = True
    tokenizer = tokenizer or own_tokenizer
    if inputs is None and tokenizer is not None:
        inputs = Text(tokenizer)
    if inputs is not None and not isinstance(inputs, Images | Text | Table):
        raise BadSetting(
            f"inputs={inputs!r} is not known. vitrail.Images(...), Text(...) or Table(...) was expected. Use one "
            "of those."
        )
    known = classes if isinstance(classes, Pair | Labels) else names(classes)
    return Model(network, classes=known, output=output, modality=inputs, pack=pack)
