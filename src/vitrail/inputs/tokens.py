"""Token ids at the door: methods see the embedded tokens, and the embedding's own output is replaced by them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput, near
from vitrail.inputs.arguments import accepted
from vitrail.inputs.numbers import check_numbers, tensor_of
from vitrail.inputs.several import check_lengths
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed

AXES = ("batch", "token", "feature")
#: what tokenizers answer, whether a network takes it or not
TOKENIZERS = (
    "input_ids attention_mask token_type_ids special_tokens_mask offset_mapping overflow_to_sample_mapping "
    "num_truncated_tokens length word_ids"
).split()


def pack_encoding(model: Model, encoding: dict[str, Any], tokenizer: Any, strict: bool = False) -> Packed:
    """Encoded texts: x is (batch, token, feature), what the embedding makes of the ids.

    The network itself still gets ids, masks and all else; only its embedding answers with the points of a method.
    Padding never moves: whatever a method does to it, the network sees it as it was. So padding gets nothing, and a
    text gets the same answer alone and beside longer ones. In x it stands as the mean of the text's own tokens.
    Values are summed over the embedding: (batch, token). `strict`: names that nobody knows are refused.
    Held, so that they are no players: padding, and the tokenizer's special tokens but for that of unknown words.
    """
    network = model.network
    parts = _parts(model, encoding, strict)
    place, embedding = _embedding(model)
    ids = parts["input_ids"].long()
    check_ids(ids, embedding)
    with torch.no_grad():
        embedded = embedding(ids).detach()
    real = parts.get("attention_mask", torch.ones_like(ids)).bool()
    x, taken = _filled(embedded, real), _taken(network)
    chosen = {k: v for k, v in parts.items() if taken is None or k in taken}

    def feed(points: Tensor, rows: Tensor) -> Feed:
        still = points if x is embedded else torch.where(real[rows, :, None], points, embedded[rows])
        named = {name: value[rows] for name, value in chosen.items()}
        return Feed(() if "input_ids" in named else (ids[rows],), named, {place: still})

    def unpack(values: np.ndarray[Any, Any], additive: bool) -> dict[str, np.ndarray[Any, Any]]:
        return {"values": values.sum(-1) if additive else values.mean(-1)}

    words = {"token": _words(ids, real, tokenizer)}
    return Packed(x, AXES, feed, unpack, {"values": AXES[:2]}, words, held=~real | _added(ids, tokenizer))


def embedded_ids(model: Model, ids: Any) -> Tensor:
    """(count, token, feature): what the embedding makes of the ids (token,) or (count, token) of a baseline."""
    tensor = tensor_of(check_numbers(ids, "baseline", 1)).long().to(model.network.device)
    tensor = tensor[None] if tensor.ndim == 1 else tensor
    _, embedding = _embedding(model)
    check_ids(tensor, embedding)
    with torch.no_grad():
        return embedding(tensor).detach()  # type: ignore[no-any-return]


def _parts(model: Model, encoding: dict[str, Any], strict: bool) -> dict[str, Tensor]:
    """The encoding as tensors, as far as somebody knows what they are."""
    known = accepted(model.network)
    names = [*(known or encoding), *TOKENIZERS]
    for name in encoding:
        if strict and name not in names:
            raise BadInput(
                f"{model.name} takes no {name!r}. {near(name, names)}Its inputs are: {', '.join(known or ())}. "
                "Rename it, or leave it out.",
                name=name,
            )
    wanted = {k: v for k, v in encoding.items() if known is None or k in (*known, "input_ids", "attention_mask")}
    parts = {k: tensor_of(check_numbers(v, k)).to(model.network.device) for k, v in wanted.items()}
    check_lengths(parts)
    if parts["input_ids"].is_floating_point():
        raise BadInput(
            f"input_ids are of type {parts['input_ids'].dtype}. Whole numbers were expected. Pass what the tokenizer "
            "gave."
        )
    return parts


def _taken(network: Any) -> list[str] | None:
    """The names under which parts go to the network; a Keras model that does not say gets the ids alone."""
    known = accepted(network)
    return [] if known is None and network.framework == "keras" else known


def _filled(embedded: Tensor, real: Tensor) -> Tensor:
    """The padding replaced by the mean of the text's own tokens; the same tensor when there is none."""
    if bool(real.all()):
        return embedded
    own = real[..., None].to(embedded)
    mean = (embedded * own).sum(1, keepdim=True) / own.sum(1, keepdim=True).clamp(min=1)
    return torch.where(real[..., None], embedded, mean)


def _embedding(model: Model) -> tuple[str, Any]:
    embedding = model.network.embedding()
    names = [name for name, part in model.network.parts().items() if part is embedding]
    if embedding is None or not names:
        raise BadInput(
            f"{model.name} was given token ids, and has no embedding that turns them into vectors. "
            "A torch or Keras Embedding layer was expected. Pass the embedded tokens as numbers instead."
        )
    return names[0], embedding


def check_ids(ids: Tensor, embedding: Any) -> None:
    size = getattr(embedding, "num_embeddings", getattr(embedding, "input_dim", None))
    if size is not None and (int(ids.max()) >= size or int(ids.min()) < 0):
        raise BadInput(
            f"x holds the token ids {int(ids.min())} to {int(ids.max())}; the embedding has {size} of them, from 0. "
            "Ids of this network's own tokenizer were expected. Check which tokenizer made them."
        )


def _added(ids: Tensor, tokenizer: Any) -> Tensor:
    """(batch, token) whether a token is one of the tokenizer's own, such as [CLS]; an unknown word is a word."""
    own = set(getattr(tokenizer, "all_special_ids", ())) - {getattr(tokenizer, "unk_token_id", None)}
    return torch.isin(ids, torch.tensor(sorted(own), dtype=torch.long, device=ids.device))


def _words(ids: Tensor, real: Tensor, tokenizer: Any) -> list[list[str]]:
    """The tokens of each example by position, the padding behind the last one left out."""
    to_text = getattr(tokenizer, "convert_ids_to_tokens", lambda some: [str(i) for i in some])
    ends = (real * torch.arange(1, real.shape[1] + 1, device=real.device)).amax(1).tolist()
    return [list(map(str, to_text(row[:end].tolist()))) for row, end in zip(ids.cpu(), ends, strict=True)]
