"""How it is done by hand: activations written as CSV text, read again, and clustered with pandas, layer by layer."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

MOST = 300  #: rounds of k-means, as in scikit-learn
TOLERANCE = 1e-4  #: of the movement of the centroids, as a share of the variance, as in scikit-learn
Data = tuple[Tensor, np.ndarray]
ROWS = 1024  #: examples that run together


def written(net: nn.Sequential, layers: list[int], x: Tensor, folder: Path) -> np.ndarray:
    """One CSV file for each layer; (n,) what the network says."""
    said, paths = [], {layer: folder / f"layer{layer}.csv" for layer in layers}
    for path in paths.values():
        path.unlink(missing_ok=True)
    with torch.no_grad():
        for some in x.split(ROWS):
            for i, part in enumerate(net):
                some = part(some)
                if i in paths:
                    pd.DataFrame(some.numpy()).to_csv(paths[i], mode="a", index=False, header=False)
            said.append(some.argmax(1).numpy())
    return np.concatenate(said)


def k_means(table: pd.DataFrame, clusters: int, seed: int) -> pd.DataFrame:
    """The centroids, from rows drawn at random."""
    means = table.sample(clusters, random_state=seed).reset_index(drop=True)
    least = TOLERANCE * table.var().mean()
    for _ in range(MOST):
        new = table.groupby(nearest(table, means)).mean().reindex(means.index).fillna(means)
        moved = float(((new - means) ** 2).to_numpy().sum())
        means = new
        if moved <= least:
            break
    return means


def nearest(table: pd.DataFrame, means: pd.DataFrame) -> pd.Series:
    """The cluster of each row."""
    return pd.DataFrame({c: ((table - row) ** 2).sum(axis=1) for c, row in means.iterrows()}).idxmin(axis=1)


def signatures(
    net: nn.Sequential, layers: list[int], train: Data, test: Data, folder: Path, clusters: int
) -> list[pd.DataFrame]:
    """The tables of both: input class, cluster at each layer, output class, count. Only `train` is fitted."""
    means: dict[int, pd.DataFrame] = {}
    tables = []
    for x, labels in (train, test):
        said = written(net, layers, x, folder)
        columns = {"input": labels}
        for layer in layers:
            table = pd.read_csv(folder / f"layer{layer}.csv", header=None)
            if layer not in means:
                means[layer] = k_means(table[said == labels], clusters, 0)
            columns[f"layer{layer}"] = nearest(table, means[layer])
        tables.append(pd.DataFrame({**columns, "output": said}).value_counts().reset_index())
    return tables
