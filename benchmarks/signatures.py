"""Signatures: MNIST through three layers of 512, against CSV text and pandas; k-means; the flow of ten million rows."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import heads
import memory
import numpy as np
import pyarrow.parquet as pq
import text
import torch
from cases import Row
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.datasets import load_digits
from timing import seconds
from torch import Tensor, nn

import vitrail
from vitrail.signatures.clusters import fitted
from vitrail.signatures.table import as_table, counted, links

LAYERS, WIDTH, CLUSTERS = [2, 4, 6], 512, 10
Data = tuple[Tensor, np.ndarray]


def small() -> tuple[Data, Data]:
    """8x8 digits that come with scikit-learn, for the test that this still runs."""
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x / 16, dtype=torch.float32)
    return (x[:600], y[:600]), (x[600:900], y[600:900])


def mnist() -> tuple[Data, Data]:
    """60,000 digits to learn and 10,000 to look at."""
    return heads.digits("train"), heads.digits("t10k")


def trained(data: Data, width: int, epochs: int) -> nn.Sequential:
    """Three dense layers with ReLU, and ten outputs."""
    torch.manual_seed(0)
    x, labels = data[0].flatten(1), torch.tensor(data[1]).long()
    sizes = [x.shape[1], width, width, width]
    hidden = [part for a, b in zip(sizes, sizes[1:], strict=False) for part in (nn.Linear(a, b), nn.ReLU())]
    net = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(width, 10))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), labels[rows]).backward()
            optimizer.step()
    return net.eval()


def whole(net: nn.Module, train: Data, test: Data, **settings: Any) -> None:
    """Capture, clusters, assignment, table and flow; statistics and trust come with them unless settings say no."""
    answer = vitrail.signatures(vitrail.open(net), *train, clusters=CLUSTERS, **settings)
    answer.flow()
    answer.assign(*test).flow()


def on_mnist(quick: bool) -> Iterator[Row]:
    train, test = small() if quick else mnist()
    net = trained(train, 16 if quick else WIDTH, 15)
    count, name = len(train[0]) + len(test[0]), f"{len(train[0]):,} + {len(test[0]):,} digits, three dense layers"
    taken = [seconds(lambda: whole(net, train, test)) for _ in range(1 if quick else 3)]
    spent = f"median of {len(taken)}: {min(taken):.1f} to {max(taken):.1f} s; statistics and trust are made too"
    yield Row(f"{name}: capture + cluster + assign + table + flow, seconds", float(np.median(taken)), 60, spent)
    alone = [seconds(lambda: whole(net, train, test, held_out=0.0, details=False)) for _ in range(1 if quick else 5)]
    with tempfile.TemporaryDirectory() as folder:
        theirs = seconds(lambda: text.signatures(net, LAYERS, *map(flat, (train, test)), Path(folder), CLUSTERS))
    ours = float(np.median(alone))
    detail = f"{count / ours:,.0f} against {count / theirs:,.0f} examples a second; {ours:.2f} against {theirs:.0f} s"
    yield Row(f"{name}: the same alone, wall time / CSV text and pandas", ours / theirs, 1 / 50, detail)
    if not quick:
        yield Row(f"{name}: peak memory above the model and its data, GB", peak() / 1e6, 2, "in a process of its own")


def flat(data: Data) -> Data:
    return data[0].flatten(1), data[1]


def peak() -> float:
    """Kilobytes, in a process of its own."""
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def above() -> int:
    """Kilobytes above what the process holds with the network and the data, once it has answered."""
    train, test = mnist()
    net = trained((train[0][:2000], train[1][:2000]), WIDTH, 5)
    vitrail.open(net)(train[0][:100])
    before = memory.kilobytes("VmRSS")
    memory.RESET.write_text("5")
    whole(net, train, test)
    return memory.kilobytes("VmHWM") - before


def k_means(quick: bool) -> Iterator[Row]:
    """Ours begins on a sample, and goes on on all; scikit-learn's on all; its MiniBatchKMeans."""
    rng = np.random.default_rng(0)
    count, units = (500, 16) if quick else (50_000, 512)
    middle = 0.3 * rng.normal(size=(12, units))
    values = np.maximum(rng.normal(size=(count, units)) + middle[rng.integers(0, 12, count)], 0).astype(np.float32)
    peers = {
        "scikit-learn's KMeans, 4 starts": lambda seed: KMeans(CLUSTERS, n_init=4, random_state=seed).fit(values),
        "scikit-learn's KMeans, 1 start": lambda seed: KMeans(CLUSTERS, n_init=1, random_state=seed).fit(values),
        "its MiniBatchKMeans": lambda seed: MiniBatchKMeans(CLUSTERS, n_init=4, random_state=seed).fit(values),
    }
    for name, peer in peers.items():
        pairs = [(timed(lambda seed: fitted(values, CLUSTERS, seed), seed), timed(peer, seed)) for seed in range(3)]
        (ours, costs), (theirs, others) = (np.median(np.array(side), 0) for side in zip(*pairs, strict=True))
        detail = f"{ours:.2f} against {theirs:.2f} s; within-cluster squares / theirs {costs / others:.4f}"
        yield Row(f"k-means, {count:,} x {units}: wall time / {name}", float(ours / theirs), None, detail)


def timed(fit: Callable[[int], Any], seed: int) -> tuple[float, float]:
    """Seconds, and the squares within the clusters."""
    began = time.perf_counter()
    cost = fit(seed).inertia_
    return time.perf_counter() - began, float(cost)


def flow(quick: bool) -> Iterator[Row]:
    """Ten million made-up paths: most stay with their class, some stray."""
    rng = np.random.default_rng(0)
    count = 10_000 if quick else 10_000_000
    for layers in (3, 5):
        label = rng.integers(0, 10, count)
        walk = [np.where(rng.random(count) < 0.9, label, rng.integers(0, 10, count)) for _ in range(layers + 1)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "signatures.parquet"
            pq.write_table(as_table(label, np.stack(walk[:-1], 1), walk[-1]), path)
            taken, rows = [], np.zeros(0)
            for _ in range(5):
                began = time.perf_counter()
                rows = counted(path, layers)
                between = links(rows)
                taken.append(time.perf_counter() - began)
        detail = f"median of 5; {len(rows):,} different paths, {len(between):,} links; {layers} layers, from Parquet"
        yield Row(f"flow of {count:,} signatures through {layers} layers, seconds", float(np.median(taken)), 1, detail)


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    yield from on_mnist(quick)
    yield from k_means(quick)
    yield from flow(quick)


if __name__ == "__main__":
    print(json.dumps(above()))
