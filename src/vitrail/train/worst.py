"""The examples that a network said worst, kept with its evaluation so that they can be looked at."""

from dataclasses import replace
from typing import Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table
from vitrail.train.data import Data

KEPT = 24  #: examples that were said worst, and are kept with the answer
SIDE = 128  #: pixels of a side that a kept picture has at most


def worst(answer: Explanation, most: int = KEPT) -> Array:
    """The examples that were said worst: the surest mistakes first; the largest residuals of numbers."""
    if answer.checks["task"] != "regression":
        wrong = np.flatnonzero(answer.arrays["values"] < 1)
        return np.asarray(wrong[np.argsort(-surely(answer)[wrong], kind="stable")][:most])
    scale = np.std(answer.arrays["truth"], axis=0)
    sizes = (np.abs(answer.arrays["values"]) / np.where(scale > 0, scale, 1.0)).max(1)
    return np.argsort(-sizes, kind="stable")[:most]


def surely(answer: Explanation) -> Array:
    """(n,) the probability of the class that was said; how little the truth of some label was believed."""
    if answer.checks["task"] == "multilabel":
        return np.asarray(1 - answer.arrays["probability"])
    return np.asarray(answer.outputs)[np.arange(len(answer)), answer.arrays["predicted"]]


def with_worst(answer: Explanation, data: Data, rows: Array) -> Explanation:
    """The evaluation of these rows of the data, with their numbers and with the examples that were said worst.

    Arrays "row" (batch,), "worst" (rank,) places among the evaluated, and "worst_picture" (rank, height, width,
    channel) bytes or "worst_value" (rank, feature), the user's own columns; texts are in labels["worst_text"].
    """
    places = worst(answer)
    arrays, axes, labels = dict(answer.arrays), dict(answer.axes), dict(answer.labels)
    arrays |= {"row": np.asarray(rows, np.int64), "worst": places}
    axes |= {"row": ("batch",), "worst": ("rank",)}
    if not len(places):
        return replace(answer, arrays=arrays, axes=axes)
    own = data.x[np.asarray(rows)[places]]
    if isinstance(data.modality, Text):
        labels["worst_text"] = [words(data.modality, each) for each in own]
    elif own.ndim == 4 and own.shape[-1] in (1, 3):
        arrays["worst_picture"] = pictures(own, data.modality)
        axes["worst_picture"] = ("rank", "height", "width", "channel")
    elif isinstance(data.modality, Table):
        arrays["worst_value"], axes["worst_value"] = data.modality.decoded(own), ("rank", "feature")
        labels |= {"column": list(data.modality.columns), "category": data.modality.named}
    elif own.ndim == 2:
        arrays["worst_value"], axes["worst_value"] = np.asarray(own, np.float64), ("rank", "feature")
    return replace(answer, arrays=arrays, axes=axes, labels=labels)


def words(text: Text, ids: Array) -> str:
    """The text behind token ids, as the tokenizer reads it back."""
    kept = [int(i) for i in ids if i]
    return str(text.tokenizer.decode(kept, skip_special_tokens=True)) if hasattr(text.tokenizer, "decode") else ""


def pictures(own: Array, modality: Any) -> Array:
    """(rank, height, width, channel) bytes, no larger than `SIDE`."""
    if own.dtype != np.uint8:
        own = modality.back(own) if isinstance(modality, Images) else stretched(own)
    step = -(-max(own.shape[1:3]) // SIDE)
    return np.ascontiguousarray(own[:, ::step, ::step])


def stretched(own: Array) -> Array:
    """Bytes: from the smallest to the largest value of all of them."""
    low, span = own.min(), np.ptp(own)
    return np.asarray(np.rint(255 * (own - low) / (span or 1)), np.uint8)
