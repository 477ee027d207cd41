"""What is to be warned of in data, each in plain words: what it is, why it matters, what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from vitrail.errors import first
from vitrail.explanation import Array
from vitrail.train.columns import Columns, looks_blank, told_by
from vitrail.train.data import PARTS, Data, Part
from vitrail.train.duplicates import Copies

FEW = 20  #: training examples of a class
UNEVEN = 3.0  #: how many times more examples the largest class may have
TELLS = 0.99  #: from which on a column gives the answer away
TELLS_LOOKS = 0.9  #: the same for brightness and size of pictures and for the length of texts
CAPPED = 0.02  #: share of answers at one end from which on they look cut off


WORD = {"train": "training", "validation": "validation", "test": "test"}


def share(count: int, of: int) -> str:
    """Such as "3 of 60 (5.0 %)"."""
    return f"{count:,} of {of:,} ({100 * count / of:.1f} %)"


def many(count: int, word: str) -> str:
    """Such as "1 picture" and "2 pictures"."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def of_copies(copies: Copies, data: Data) -> Iterator[str]:
    """Duplicates between parts, then those with different answers, then those within a part."""
    for (later, earlier), rows in copies.across.items():
        if len(rows):
            yield (
                f"{share(len(rows), len(data.rows[later]))} {WORD[later]} examples also stand in the {WORD[earlier]} "
                "part. What is measured on them is memory. Remove them from one of the two."
            )
    if len(copies.conflicting):
        yield (
            f"{many(len(copies.conflicting), 'example')} with the content of another but not its answer, such as rows "
            f"{copies.conflicting[0, 0]} and {copies.conflicting[0, 1]}. One of the answers is wrong, or what was read "
            "does not decide. Look at them."
        )
    again = sum(copies.within.values())
    if again:
        yield (
            f"{share(again, len(data))} examples repeat one of the same part. They count several times. Remove the "
            "copies, unless they are meant."
        )


def of_alike(pairs: Array, data: Data) -> Iterator[str]:
    if len(pairs):
        held = len(data.rows["validation"]) + len(data.rows["test"])
        yield (
            f"{share(len(pairs), held)} held-out pictures look almost the same as a training picture. If they show the "
            "same thing twice, such as slices of one scan or frames of one film, keep these in one part."
        )


def of_classes(counts: Mapping[Part, Array], data: Data) -> Iterator[str]:
    """Classes that are rare, uneven, or without examples in a part."""
    train, names = counts["train"], data.classes
    least, most = int(train.argmin()), int(train.argmax())
    if data.task != "multilabel" and train[most] >= UNEVEN * max(train[least], 1):
        yield (
            f"the class {names[most]!r} has {train[most] / max(train[least], 1):.1f} times as many training examples "
            f"as {names[least]!r} ({train[most]:,} and {train[least]:,}). Accuracy alone says little. Balance them "
            "(balance=True), and look at each class."
        )
    for part in PARTS[1:]:
        none = [repr(name) for name, count in zip(names, counts[part], strict=True) if not count]
        if none:
            yield f"the {part} part has no example of {first(none)}. Nothing can be said about that. Add some."
    few = [f"{name!r} ({count})" for name, count in zip(names, train, strict=True) if count < FEW]
    if few:
        yield f"fewer than {FEW} training examples: {first(few)}. Little can be learnt about these. Add some."


def of_quantities(data: Data) -> Iterator[str]:
    """Answers of which many are exactly the largest or the smallest one."""
    y = data.y.reshape(len(data.y), -1)
    for i in range(y.shape[1]):
        column, name = y[:, i], data.classes[i] if len(data.classes) > i else "the answer"
        for word, end in (("largest", column.max()), ("smallest", column.min())):
            count = int((column == end).sum())
            if count >= CAPPED * len(column) and len(np.unique(column)) > 1 / CAPPED:
                yield (
                    f"{share(count, len(column))} values of {name} are exactly {end:g}, the {word} one. They look cut "
                    "off, and what lies beyond cannot be learnt. Leave them out, or keep it in mind."
                )


def of_source(source: Mapping[str, Any], count: int) -> Iterator[str]:
    """What was missing, left out or changed when the data were read."""
    for column, gaps in dict(source.get("missing", {})).items():
        yield (
            f"column {column!r} has {share(gaps, count)} missing values. They were filled with "
            f"{dict(source['filled'])[column]!r}. Ask why they are missing: that may tell the answer."
        )
    for column, values in dict(source.get("unseen", {})).items():
        yield (
            f"column {column!r} has categories that no training row has: {first(list(map(repr, values)))}. The network "
            "cannot know them: it reads them as zeros. Merge them with others."
        )
    if source.get("skipped"):
        names = list(map(repr, source["skipped"]))
        yield f"{many(len(names), 'picture')} could not be read, and left out: {first(names)}. Repair or remove them."
    if source.get("ignored_count"):
        names = list(map(repr, source["ignored"]))
        yield f"{many(source['ignored_count'], 'other file')} not looked at: {first(names)}. Remove or convert them."
    if source.get("cut", 0) > count / 20:
        yield (
            f"{share(source['cut'], count)} texts are longer than the {source['max_length']} tokens that are read. "
            "Their ends are not seen. Raise max_length=."
        )


def of_columns(table: Columns, data: Data) -> Iterator[str]:
    """Leaks first, then columns that say nothing, and categories that look like missing values."""
    outputs = 0 if data.task == "multilabel" else data.y.reshape(len(data.y), -1).shape[1]
    for i, name in enumerate(table.names):
        column = table.values[:, i]
        if column.min() == column.max():
            continue
        told = max((told_by(column, data, output) for output in range(outputs)), default=0.0)
        if told >= TELLS:
            yield (
                f"column {name!r} alone tells the answer ({100 * told:.1f} % on test examples). It may be known only "
                "afterwards, or be made from the answer. Leave it out unless it will be there in use."
            )
    constant = [repr(n) for i, n in enumerate(table.names) if table.values[:, i].min() == table.values[:, i].max()]
    if constant:
        yield f"{many(len(constant), 'column')} with one value only: {first(constant)}. Nothing is to be learnt there."
    for i, (name, known) in enumerate(zip(table.names, table.categories, strict=True)):
        for code, category in enumerate(known):
            count = int((table.values[:, i] == code).sum())
            if looks_blank(category) and name not in dict(data.source.get("missing", {})) and count:
                yield (
                    f"column {name!r} says {category!r} in {share(count, len(data))} rows, which looks like a missing "
                    f"value. Read it as one with blanks=[{category!r}], or keep it as a category."
                )


def of_sizes(sizes: Mapping[str, Mapping[str, int]], resized: int) -> Iterator[str]:
    """Pictures of several sizes, and sizes that tell the class."""
    if resized:
        yield (
            f"{many(resized, 'picture')} of another size, resized; where the shape differs, they are stretched. Say "
            "size= to choose one."
        )
    every = {size for own in sizes.values() for size in own}
    whole = sum(sum(own.values()) for own in sizes.values())
    right = sum(max(own.get(size, 0) for own in sizes.values()) for size in every)
    chance = max((sum(own.values()) for own in sizes.values()), default=0)
    often = sum(sum(own.get(size, 0) for own in sizes.values()) >= FEW for size in every) > 1
    if often and right >= TELLS_LOOKS * whole and whole - right < (whole - chance) / 2:
        yield (
            f"the size of a picture alone tells the class in {share(right, whole)}. A network may learn where pictures "
            "come from instead of what they show. Crop them alike, or collect each class in the same way."
        )


def of_looks(what: str, column: Array, data: Data) -> Iterator[str]:
    """One number of an example, such as its brightness, that tells the class."""
    if data.task not in ("binary", "multiclass"):
        return
    told = told_by(column, data)
    if told >= TELLS_LOOKS:
        yield (
            f"the {what} alone tells the class ({100 * told:.1f} % on test examples). A network may learn that and "
            "nothing else. Check that the classes were collected in the same way."
        )
