"""Hierarchies of players: which two groups become one, from single players up to everybody."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.inputs.players import PLACES, Players

KINDS = ("halves", "similar")
FEWEST = 3  #: references from which columns can be said to go together

Array = np.ndarray[Any, Any]


def grown(how: Any, players: Players, x: Tensor, starts: Tensor, axes: tuple[str, ...]) -> list[tuple[Tensor, Tensor]]:
    """Examples with equally many players and the same hierarchy: (their rows, the hierarchy (players - 1, 2) long).

    how      "halves": groups are cut where their players lie farthest apart, in the middle; "similar": neighbours in
             a picture or text that look alike are merged first, columns that go together in the background; or an
             array (players - 1, 2): players are 0, 1, ..., merge k makes the group players + k
    starts   (references, batch, ...) the background

    Raises BadSetting for an unknown name, for an array that is no hierarchy, and for columns without a background.
    """
    if isinstance(how, str) and how not in KINDS:
        raise BadSetting(
            f"no hierarchy named {how!r}. One of {', '.join(KINDS)}, or an array (players - 1, 2) was expected. "
            "Choose one.",
            setting="hierarchy",
            value=how,
        )
    found: list[tuple[Tensor, Tensor]] = []
    for rows in players.alike():
        count = players.counts[int(rows[0])]
        trees = _trees(how, players.labels.expand(x.shape)[rows], count, x[rows], starts[:, rows], axes)
        same: dict[bytes, list[int]] = {}
        for i, tree in enumerate(trees):
            same.setdefault(tree.numpy().tobytes(), []).append(i)
        found += [(rows[which], trees[which[0]]) for which in same.values()]
    return found


def _trees(how: Any, labels: Tensor, count: int, x: Tensor, starts: Tensor, axes: tuple[str, ...]) -> Tensor:
    """(examples, players - 1, 2) of examples with so many players."""
    if not isinstance(how, str):
        return _given(how, count).expand(len(x), -1, -1)
    places = [i - 1 for i, a in enumerate(axes) if a in PLACES]
    owners = labels.cpu().numpy()
    if how == "halves":
        known = {each.tobytes(): each for each in owners}
        cut = {key: halves(centres(each, count, places)) for key, each in known.items()}
        return torch.stack([cut[each.tobytes()] for each in owners])
    if places:
        return torch.stack([alike(one, each, count, places) for one, each in zip(_array(x), owners, strict=True)])
    background = _array(starts)
    return torch.stack([together(background[:, i], each, count) for i, each in enumerate(owners)])


def _array(x: Tensor) -> Array:
    array: Array = x.detach().cpu().double().numpy()
    return array


def _given(how: Any, count: int) -> Tensor:
    """The user's own; the columns that SciPy's linkage adds are left out."""
    array = np.asarray(how.detach().cpu() if isinstance(how, Tensor) else how)
    fits = array.ndim == 2 and len(array) == count - 1 and array.shape[1] >= 2 and array.dtype.kind in "iuf"
    merges = array[:, :2].astype(int) if fits else array
    if not fits or sorted(merges.ravel()) != list(range(2 * count - 2)) or (merges >= _made(count)).any():
        raise BadSetting(
            f"the array of shape {array.shape} is no hierarchy of {count} players. ({count - 1}, 2) numbers were "
            f"expected: merge k makes the group {count} + k out of two earlier ones, and each is used once. Take the "
            "first two columns of scipy.cluster.hierarchy.linkage, or a name.",
            setting="hierarchy",
        )
    return torch.as_tensor(merges)[None]


def _made(count: int) -> Array:
    """(players - 1, 1) how many groups there are before each merge."""
    return count + np.arange(count - 1)[:, None]


def centres(labels: Array, count: int, places: list[int]) -> Array:
    """(players, places) where each player lies: the mean place of its elements; their order where x has no places."""
    at = np.indices(labels.shape).reshape(labels.ndim, -1)
    at = at[places] if places else np.arange(labels.size)[None]
    return means(at.T.astype(float), labels.ravel(), count)


def means(numbers: Array, labels: Array, count: int) -> Array:
    """(players, n) the mean of numbers (elements, n) over the elements of each player."""
    there = labels >= 0
    total = np.zeros((count, numbers.shape[1]))
    np.add.at(total, labels[there], numbers[there])
    mean: Array = total / np.bincount(labels[there], minlength=count)[:, None]
    return mean


def halves(at: Array) -> Tensor:
    """Cut along the widest direction, in the middle, again and again. at: (players, places)."""
    merges: list[tuple[int, int]] = []

    def group(who: Array) -> int:
        if len(who) == 1:
            return int(who[0])
        wide = int(np.ptp(at[who], axis=0).argmax())
        who = who[np.argsort(at[who, wide], kind="stable")]
        merges.append((group(who[: len(who) // 2]), group(who[len(who) // 2 :])))
        return len(at) + len(merges) - 1

    group(np.arange(len(at)))
    return torch.tensor(merges, dtype=torch.long).reshape(-1, 2)


def alike(x: Array, labels: Array, count: int, places: list[int]) -> Tensor:
    """Neighbours whose mean values are alike come together first: Ward, "Hierarchical Grouping ...", 1963."""
    from sklearn.cluster import ward_tree

    if count == 1:
        return torch.zeros(0, 2, dtype=torch.long)
    rest = [i for i in range(x.ndim) if i not in places]
    colours = x.transpose(*places, *rest).reshape(-1, int(np.prod([x.shape[i] for i in rest])))
    first = labels.transpose(*places, *rest).reshape(len(colours), -1)[:, 0]
    beside = _beside(first.reshape([labels.shape[i] for i in places]), count)
    return torch.as_tensor(ward_tree(means(colours, first, count), connectivity=beside)[0].astype(np.int64))


def _beside(labels: Array, count: int) -> Any:
    """(players, players) who touch; islands are tied to the player that comes before them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    near = [(labels.take(range(n - 1), a), labels.take(range(1, n), a)) for a, n in enumerate(labels.shape)]
    one, two = (np.concatenate([pair[side].ravel() for pair in near]) for side in (0, 1))
    both = (one >= 0) & (two >= 0)
    touch = coo_matrix((np.ones(both.sum()), (one[both], two[both])), (count, count))
    island = connected_components(touch, directed=False)[1]
    begins = np.unique(island, return_index=True)[1]
    begins = begins[begins > 0]
    ties = coo_matrix((np.ones(len(begins)), (begins, begins - 1)), (count, count))
    return touch + touch.T + ties + ties.T


def together(background: Array, labels: Array, count: int) -> Tensor:
    """Players whose columns rise and fall together come together first: by mean correlation, whatever its sign."""
    from scipy.cluster.hierarchy import linkage

    if len(background) < FEWEST:
        raise BadSetting(
            f"hierarchy='similar' has {len(background)} references to see which columns go together. At least "
            f"{FEWEST} were expected. Give a background as baseline, or take hierarchy='halves'.",
            setting="hierarchy",
        )
    if count == 1:
        return torch.zeros(0, 2, dtype=torch.long)
    columns = means(background.reshape(len(background), -1).T, labels.ravel(), count)
    columns = columns - columns.mean(1, keepdims=True)
    size = np.linalg.norm(columns, axis=1)
    alike = np.abs(columns @ columns.T) / np.maximum(np.outer(size, size), 1e-300)
    apart = np.clip(1 - alike, 0, None)[np.triu_indices(count, 1)]
    return torch.as_tensor(linkage(apart, "average")[:, :2].astype(np.int64))
