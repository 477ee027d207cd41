"""Token ids at the door: methods see the embedded tokens, and the embedding's own output is replaced by them."""

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed

AXES = ("batch", "token", "feature")


def pack_encoding(model: Model, encoding: dict[str, Any], tokenizer: Any) -> Packed:
    """Encoded texts: x is (batch, token, feature), what the embedding makes of the ids.

    The network itself still gets ids, masks and all else; only its embedding answers with the points of a method.
    Values are summed over the embedding: (batch, token).
    """
    network, device = model.network, model.network.device
    parts = {name: torch.as_tensor(np.asarray(value)).to(device) for name, value in encoding.items()}
    place, embedding = _embedding(model)
    ids = parts["input_ids"].long()
    _check_ids(ids, embedding)
    with torch.no_grad():
        x = embedding(ids).detach()
    accepted = _accepted(network)
    named = {k: v for k, v in parts.items() if k in accepted}

    def feed(points: Tensor, rows: Tensor) -> Feed:
        chosen = {name: value[rows] for name, value in named.items()}
        args = () if "input_ids" in named else (ids[rows],)
        return Feed(args, chosen, {place: points})

    def unpack(values: np.ndarray[Any, Any], additive: bool) -> dict[str, np.ndarray[Any, Any]]:
        return {"values": values.sum(-1) if additive else values.mean(-1)}

    return Packed(x, AXES, feed, unpack, {"values": AXES[:2]}, {"token": _words(ids, parts, tokenizer)})


def _embedding(model: Model) -> tuple[str, Any]:
    embedding = model.network.embedding()
    names = [name for name, part in model.network.parts().items() if part is embedding]
    if embedding is None or not names:
        raise BadInput(
            f"{model.name} was given token ids, and has no embedding that turns them into vectors. "
            "A torch or Keras Embedding layer was expected. Pass the embedded tokens as numbers instead."
        )
    return names[0], embedding


def _check_ids(ids: Tensor, embedding: Any) -> None:
    size = getattr(embedding, "num_embeddings", getattr(embedding, "input_dim", None))
    if size is not None and (int(ids.max()) >= size or int(ids.min()) < 0):
        raise BadInput(
            f"x holds the token ids {int(ids.min())} to {int(ids.max())}; the embedding has {size} of them, from 0. "
            "Ids of this network's own tokenizer were expected. Check which tokenizer made them."
        )


def _accepted(network: Any) -> set[str]:
    """The names of arguments that the network's forward takes; none when they cannot be known."""
    if network.framework == "keras":
        return set()
    return set(inspect.signature(network.module.forward).parameters)


def _words(ids: Tensor, parts: dict[str, Tensor], tokenizer: Any) -> list[list[str]]:
    """The tokens of each example, padding left out."""
    mask = parts.get("attention_mask", torch.ones_like(ids)).bool().cpu()
    to_text = getattr(tokenizer, "convert_ids_to_tokens", lambda some: [str(i) for i in some])
    return [list(map(str, to_text(row[keep].tolist()))) for row, keep in zip(ids.cpu(), mask, strict=True)]
