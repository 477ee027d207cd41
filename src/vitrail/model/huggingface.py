"""Hugging Face transformers: live models and saved folders. The only file that imports transformers."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from torch import nn

from vitrail.errors import CannotOpen, MissingExtra, UnsafeFile
from vitrail.model.network import first_line
from vitrail.model.torch import TorchNetwork


class HuggingFaceNetwork(TorchNetwork):
    """A PreTrainedModel; its logits are the output, where it has a head and no other output is chosen."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, framework="huggingface")
        names = getattr(model.config, "id2label", None) or {}
        self.classes = tuple(str(names[k]) for k in sorted(names))

    def embedding(self) -> nn.Module | None:
        found = self.module.get_input_embeddings()  # type: ignore[operator]
        return found if isinstance(found, nn.Embedding) else None


def is_live(source: object) -> bool:
    """Whether an object is a PreTrainedModel, without importing transformers."""
    transformers = sys.modules.get("transformers")
    return transformers is not None and isinstance(source, transformers.PreTrainedModel)


def open_folder(folder: str) -> tuple[HuggingFaceNetwork, Any]:
    """A folder written by save_pretrained: the network by its own architecture, and its tokenizer if it has one."""
    if importlib.util.find_spec("transformers") is None:
        raise MissingExtra("transformers", "hf", "opening a Hugging Face folder")
    import transformers

    local = Path(folder).is_dir()
    if local and not list(Path(folder).glob("*.safetensors")):
        raise UnsafeFile(
            f"the folder {folder!r} has no .safetensors weights. Pickled weights (.bin) can run code and are not "
            "opened. "
            "Load it yourself if you trust it, save it again with save_pretrained(), and open that folder."
        )
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
        kind = getattr(transformers, (config.architectures or ["AutoModel"])[0])
        model = kind.from_pretrained(folder, use_safetensors=True)
        tokenizer = _tokenizer(transformers, folder)
    except Exception as error:
        raise CannotOpen(
            f"{folder!r} could not be opened by transformers ({first_line(error)}). "
            "A folder written by save_pretrained(), or hf:NAME of a model in the local cache, was expected. "
            "Check the name."
        ) from error
    return HuggingFaceNetwork(model), tokenizer


def _tokenizer(transformers: Any, folder: str) -> Any:
    names = ("tokenizer.json", "tokenizer_config.json", "vocab.txt")
    if Path(folder).is_dir() and not any((Path(folder) / n).exists() for n in names):
        return None
    return transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
