"""Attention maps: where they are made, and the same attention in small steps where it arrives as one call.

An attention map is a layer like any other, of kind "attention" and shape (batch, head, query, key): it is kept,
edited and differentiated by its name. It is the softmax that is later multiplied with the values; fused calls
(`scaled_dot_product_attention`, `multi_head_attention_forward`) are run in small steps when their map is asked for.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Parameter

from vitrail.model.network import first_tensor
from vitrail.model.ops import CARRYING

if TYPE_CHECKING:
    from vitrail.model.survey import Call

Reach = Callable[[Tensor], Tensor]  #: what the network goes on with, once the map is there
PRODUCTS = ("matmul", "bmm", "einsum", "baddbmm")


def map_shape(call: "Call", later: Sequence["Call"]) -> tuple[int, ...] | None:
    """The shape of the attention map that an operation makes; None where it makes none."""
    name, made = call.site[0], first_tensor(call.result)
    if made is None or not call.inputs:
        return None
    if name == "scaled_dot_product_attention":
        given = _arguments(dot_product, call.args, call.kwargs)
        return (*given["query"].shape[:-1], given["key"].shape[-2])
    if name == "multi_head_attention_forward":
        given = _arguments(F.multi_head_attention_forward, call.args, call.kwargs)
        q, k = given["query"], given["key"]
        batch = q.shape[1] if q.ndim == 3 else 1
        return (batch, given["num_heads"], q.shape[0], k.shape[0] + _added(given))
    if name == "softmax" and made.ndim >= 3 and _along_last(call) and _multiplies(made, later):
        return tuple(made.shape)
    return None


def _along_last(call: "Call") -> bool:
    """Whether a softmax sums to 1 along its last axis, where keys are."""
    named = call.kwargs.get("dim", call.kwargs.get("axis"))
    dim = named if named is not None else call.args[1] if len(call.args) > 1 else -1
    return dim is None or dim % call.inputs[0].ndim == call.inputs[0].ndim - 1


def _multiplies(weights: Tensor, later: Sequence["Call"]) -> bool:
    """Whether a softmax goes, through nothing but casts and reshapes, into a product with another activation."""
    same = {id(weights)}
    for call in later:
        among = [id(t) in same for t in call.inputs]
        if call.site[0] in PRODUCTS and any(among):
            return not all(is_map or isinstance(t, Parameter) for is_map, t in zip(among, call.inputs, strict=True))
        if call.site[0] in CARRYING and call.inputs and id(call.inputs[0]) in same:
            same.add(id(first_tensor(call.result)))
    return False


def in_steps(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], reach: Reach) -> Any:
    """The same operation with its map handed to `reach`: fused calls in small steps, a softmax as it is."""
    name = getattr(func, "__name__", "")
    if name == "scaled_dot_product_attention":
        return dot_product(*args, **{**kwargs, "reach": reach})
    if name == "multi_head_attention_forward":
        return multi_head(*args, **kwargs, reach=reach)
    return reach(func(*args, **kwargs))


def dot_product(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    reach: Reach = lambda weights: weights,
    none_is_zero: bool = True,
) -> Tensor:
    """softmax(q k^T * scale + mask) v, what `scaled_dot_product_attention` computes without dropout.

    none_is_zero  a query that may look at no key has a row of zeros, as there; else NaN, as a plain softmax has it
    """
    if enable_gqa:
        key, value = (t.repeat_interleave(query.shape[-3] // t.shape[-3], -3) for t in (key, value))
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = torch.matmul(query * scale, key.transpose(-2, -1))
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    weights = _softmax(scores) if none_is_zero else torch.softmax(scores, -1)
    return torch.matmul(reach(weights), value)


def _softmax(scores: Tensor) -> Tensor:
    """Rows of zeros where every score is minus infinity; NaN would also spoil every gradient."""
    none = scores.isneginf().all(-1, keepdim=True)
    if not bool(none.any()):
        return torch.softmax(scores, -1)
    return torch.softmax(scores.masked_fill(none, 0), -1).masked_fill(none, 0)


def multi_head(*args: Any, reach: Reach = lambda weights: weights, **kwargs: Any) -> tuple[Tensor, Tensor | None]:
    """What `multi_head_attention_forward` computes without dropout: (output, weights as they were asked for)."""
    given = _arguments(F.multi_head_attention_forward, args, kwargs)
    query, key, value = (t if t.ndim == 3 else t[:, None] for t in (given["query"], given["key"], given["value"]))
    q, k, v = _projected(query, key, value, given)
    mask = _mask(q, k, given)
    if given["add_zero_attn"]:
        k, v = (torch.cat([t, t.new_zeros(*t.shape[:2], 1, t.shape[3])], 2) for t in (k, v))
    seen: list[Tensor] = []

    def keep(weights: Tensor) -> Tensor:
        seen.append(reach(weights))
        return seen[0]

    heads = dot_product(q, k, v, mask, reach=keep, none_is_zero=not given["need_weights"])  # (batch, head, query, size)
    joined = heads.permute(2, 0, 1, 3).flatten(2)
    output = F.linear(joined, given["out_proj_weight"], given["out_proj_bias"])
    weights = seen[0].mean(1) if given["average_attn_weights"] else seen[0]
    if given["query"].ndim == 2:
        output, weights = output[:, 0], weights[0]
    return output, weights if given["need_weights"] else None


def _projected(query: Tensor, key: Tensor, value: Tensor, given: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """(batch, head, position, size) of query, key and value, (position, batch, unit) each."""
    size = query.shape[-1]
    if given["use_separate_proj_weight"]:
        weights = [given["q_proj_weight"], given["k_proj_weight"], given["v_proj_weight"]]
    else:
        weights = list(given["in_proj_weight"].split(size))
    biases = [None] * 3 if given["in_proj_bias"] is None else list(given["in_proj_bias"].split(size))
    q, k, v = (F.linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases, strict=True))
    if given["bias_k"] is not None:
        k, v = (torch.cat([t, given[n].expand(1, t.shape[1], -1)]) for t, n in ((k, "bias_k"), (v, "bias_v")))
    heads = given["num_heads"]
    q, k, v = (t.reshape(*t.shape[:2], heads, size // heads).permute(1, 2, 0, 3) for t in (q, k, v))
    return q, k, v


def _mask(q: Tensor, k: Tensor, given: dict[str, Any]) -> Tensor | None:
    """What is added to the scores: both masks together, their columns for added keys zero."""
    masks = []
    if given["attn_mask"] is not None:
        mask = _as_number(given["attn_mask"], q)
        masks.append(mask if mask.ndim == 2 else mask.reshape(len(q), -1, *mask.shape[1:]))
    if given["key_padding_mask"] is not None:
        mask = _as_number(given["key_padding_mask"], q)
        masks.append(mask.reshape(len(q), 1, 1, -1))
    if not masks:
        return None
    extra = _added(given)
    whole = masks[0] if len(masks) == 1 else masks[0] + masks[1]
    return F.pad(whole, (0, extra)) if extra else whole


def _as_number(mask: Tensor, like: Tensor) -> Tensor:
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -torch.inf) if mask.dtype == torch.bool else mask


def _added(given: dict[str, Any]) -> int:
    """How many keys the module adds of its own."""
    return int(given["bias_k"] is not None) + int(bool(given["add_zero_attn"]))


def _arguments(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    bound = inspect.signature(func).bind(*args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)
