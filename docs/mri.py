"""Writes what is measured in docs/mri.md, and its pictures: a tumour in a slice of a head, or none.

python docs/mri.py

A data set with masks out of real scans, a vision transformer and a CNN that learn it, and how well what explains them
points at the tumours.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import tumours
from PIL import Image
from torch import Tensor

import vitrail
from vitrail.explanation import Explanation
from vitrail.metrics.bootstrap import interval
from vitrail.train.data import Data

HERE = Path(__file__).resolve().parent
PAGE = HERE / "mri.md"
FOLDER = HERE.parent / ".data" / "mri"
RUNS = HERE.parent / ".data" / "mri-runs"
#: as networks like their numbers: around 0
INPUTS = vitrail.Images((tumours.SIDE, tumours.SIDE), mean=0.3, std=0.25, mode="L")
VIT = {"recipe": "vit", "patch": 8, "depth": 3, "end": "mean", "dropout": 0.0, "epochs": 12}
CNN = {"recipe": "cnn", "filters": (16, 32, 64), "end": "mean", "normalise": True, "epochs": 4}
BOTH: dict[str, Any] = {"batch": 64, "rate": 1e-3, "flip": "horizontal", "schedule": "cosine", "patience": None}
ON_VIT = ("attention-rollout", "attention-relevance", "gradient", {"method": "integrated-gradients", "steps": 32})
ON_CNN = ("grad-cam", "layer-cam", "gradient", {"method": "integrated-gradients", "steps": 32})
METRICS = ("pointing-game", "mass-accuracy", "rank-accuracy")
CURVES = "![Loss and accuracy of the vision transformer, epoch by epoch](pictures/mri-curves.png)"
MAPS = "![Six slices with a tumour, its outline in red, under the maps of four methods](pictures/mri-maps.png)"
SHOWN = 100  #: tumours of the test part that are explained


@dataclass(frozen=True)
class Centre:
    """A control that has never seen a picture: a hill in the middle, where heads are.

    a = exp( -(u^2 + v^2) / (2 spread^2) ),   u, v from -1 to 1 across the picture
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    spread: float = 0.5

    def __call__(self, model: Any, x: Tensor, target: Any) -> Tensor:
        hill = torch.ones_like(x)
        for axis in ("height", "width"):
            i = model.axes.index(axis)
            along = torch.exp(-(torch.linspace(-1, 1, x.shape[i]).to(x) ** 2) / (2 * self.spread**2))
            hill = hill * along.reshape([-1 if j == i else 1 for j in range(x.ndim)])
        return hill


def lessons() -> Data:
    """The folder, made if it is not there, as data."""
    if not FOLDER.is_dir():
        tumours.write(FOLDER)
    return vitrail.data(FOLDER, inputs=INPUTS)


def tested() -> list[Path]:
    """The files of the test part, in the order of its rows."""
    return [path for name in tumours.CLASSES for path in sorted((FOLDER / "Testing" / name).iterdir())]


def masks_of(paths: list[Path]) -> np.ndarray:
    """(files, 64, 64) bool."""
    return np.stack([np.asarray(Image.open(FOLDER / "masks" / "Testing" / f"{path.stem}.png")) for path in paths])


def learnt(data: Data, settings: Mapping[str, Any]) -> Any:
    return vitrail.train({**settings, **BOTH}, data, folder=RUNS, name=f"mri-{settings['recipe']}", overwrite=True)


def judged(model: Any, data: Data, methods: tuple[Any, ...]) -> Explanation:
    """Methods against the masks, for tumours of the test part that are drawn."""
    chosen = drawn(data)
    paths = [tested()[i] for i in chosen]
    x = data.numbers(data.rows["test"][chosen])
    return vitrail.compare(model, x, [*methods, Centre()], METRICS, masks=masks_of(paths), target="tumour")


def drawn(data: Data) -> np.ndarray:
    ill = np.flatnonzero(data.y[data.rows["test"]] == 1)
    return np.sort(np.random.default_rng(0).choice(ill, min(SHOWN, len(ill)), replace=False))


# -- what is said of it ------------------------------------------------------------------------------------


def accuracy(run: Any) -> str:
    """How well a network does on heads that it has not seen."""
    checks, shares = run.evaluation.checks, by_kind(run)
    low, high = checks["intervals"]["auc"]
    kinds = ", ".join(f"{name} {100 * share:.0f} % of {count}" for name, (share, count) in shares.items())
    return (
        f"`{run.about['recipe']}`: AUC **{checks['auc']:.3f}** ({low:.3f} to {high:.3f}), accuracy "
        f"{100 * checks['accuracy']:.1f} %, {run.about['seconds']:.0f} s. Right: {kinds}."
    )


def by_kind(run: Any) -> dict[str, tuple[float, int]]:
    """Kind of picture, as its file says -> the share that is answered rightly, and how many there are."""
    right, kinds = run.evaluation.values, np.array([path.stem.split("-")[1] for path in tested()])
    return {str(kind): (float(right[kinds == kind].mean()), int((kinds == kind).sum())) for kind in sorted(set(kinds))}


def table(board: Explanation) -> str:
    """Methods by metrics: the mean, and in brackets how much more than the control, with its interval."""
    own, rows = board.labels["method"].index("centre"), []
    for i, name in enumerate(board.labels["method"]):
        parts = [f"{board.values[i, j]:.2f}{ahead(board, i, own, j)}" for j in range(len(METRICS))]
        rows.append(f"| {name} | {' | '.join(parts)} |")
    return "\n".join([f"| method | {' | '.join(METRICS)} |", "| --- |" + " --- |" * len(METRICS), *rows])


def ahead(board: Explanation, method: int, control: int, metric: int) -> str:
    """Such as " (+0.10 to +0.21)": the difference in pairs, tumour by tumour, at 95 %."""
    if method == control:
        return ""
    scores = board.arrays["scores"][..., metric]
    low, high = interval(scores[:, method] - scores[:, control], 0.95, 0)
    return f" ({low:+.2f} to {high:+.2f})"


def heads(model: Any, data: Data) -> str:
    """The share of each head's attention that falls on the tumour, beside the share of the picture that it covers."""
    chosen = drawn(data)
    answer = vitrail.explain(model, data.numbers(data.rows["test"][chosen]), "attention", target="tumour")
    masks = masks_of([tested()[i] for i in chosen])
    side = round(answer.values.shape[-1] ** 0.5)
    size = tumours.SIDE // side
    covered = masks.reshape(len(masks), side, size, side, size).mean((2, 4)).reshape(len(masks), -1)
    received = answer.values.mean(-2)[..., -(side**2) :]  # (batch, layer, head, key)
    shares = np.einsum("blhk,bk->lh", received / received.sum(-1, keepdims=True), covered) / len(masks)
    lines = [
        f"| {i + 1} | " + " | ".join(f"{share / covered.mean():.2f}" for share in row) + " |"
        for i, row in enumerate(shares)
    ]
    head = "| layer | " + " | ".join(f"head {i + 1}" for i in range(shares.shape[1])) + " |"
    return "\n".join([head, "| --- |" + " --- |" * shares.shape[1], *lines])


# -- pictures ----------------------------------------------------------------------------------------------


def samples(data: Data) -> Any:
    """Eight of each kind of picture of the test part, the masks' outlines in red."""
    paths = tested()
    kinds = ["plain", "sham", "transplant", "grown"]
    return grid([(kind, path) for kind in kinds for path in [p for p in paths if p.stem.endswith(kind)][:8]], 8)


def grid(cells: list[tuple[str, Path]], wide: int) -> Any:
    figure, axes = canvas(-(-len(cells) // wide), wide)
    for axis, (title, path) in zip(axes.flat, cells, strict=False):
        outlined(axis, path)
        axis.set_title(title, fontsize=8)
    return figure


def canvas(high: int, wide: int) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.25 * wide, 1.35 * high), layout="constrained")
    axes = figure.subplots(high, wide, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes


def outlined(axis: Any, path: Path) -> None:
    """A slice, and the outline of its tumour, if it has one."""
    axis.imshow(np.asarray(Image.open(path)), cmap="gray")
    beside = FOLDER / "masks" / "Testing" / f"{path.stem}.png"
    if beside.exists():
        axis.contour(np.asarray(Image.open(beside)), [0.5], colors="red", linewidths=0.7)


def maps(shown: list[tuple[str, Any, Any]], data: Data) -> Any:
    """Slices with a tumour, and beside them what each method says of them; shown: (title, model, method)."""
    chosen = drawn(data)[:: SHOWN // 6][:6]
    x = data.numbers(data.rows["test"][chosen])
    figure, axes = canvas(len(chosen), 1 + len(shown))
    for row, i in zip(axes, chosen, strict=True):
        outlined(row[0], tested()[i])
    for column, (title, model, method) in enumerate(shown, 1):
        values = vitrail.explain(model, x, method, target="tumour").values.reshape(len(x), tumours.SIDE, tumours.SIDE)
        axes[0, column].set_title(title, fontsize=8)
        for axis, i, value in zip(axes[:, column], chosen, values, strict=True):
            outlined(axis, tested()[i])
            most = np.percentile(np.abs(value), 99.5)  # a few pixels may hold far more than all others
            axis.imshow(value, cmap="coolwarm", vmin=-most, vmax=most, alpha=0.55)
    return figure


# -- the page ----------------------------------------------------------------------------------------------


def placed(page: str, name: str, text: str) -> str:
    """The page with a text between the marks of that name, and all else as it was."""
    marks = re.compile(rf"(<!-- measured {name} -->\n).*?(<!-- /measured {name} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


def save(figure: Any, name: str) -> None:
    """With few colours, so that it stays small."""
    path = HERE / "pictures" / f"mri-{name}.png"
    figure.savefig(path, dpi=100, facecolor="white")
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


def main() -> None:
    began = time.perf_counter()
    data = lessons()
    vit, cnn = (learnt(data, settings) for settings in (VIT, CNN))
    models = {"vit": vit.model, "cnn": cnn.model}
    page = placed(PAGE.read_text(encoding="utf-8"), "accuracy", "\n\n".join([*map(accuracy, (vit, cnn)), CURVES]))
    page = placed(page, "heads", heads(models["vit"], data))
    for name, methods in (("vit", ON_VIT), ("cnn", ON_CNN)):
        page = placed(page, name, table(judged(models[name], data, methods)))
    save(samples(data), "samples")
    save(vit.curves.plot(), "curves")
    shown = [
        *((name, models["vit"], name) for name in ("attention-rollout", "attention-relevance")),
        ("integrated-gradients", models["vit"], "integrated-gradients"),
        ("grad-cam, CNN", models["cnn"], "grad-cam"),
    ]
    save(maps(shown, data), "maps")
    page = placed(page, "time", f"{MAPS}\n\nAll of it took {(time.perf_counter() - began) / 60:.1f} minutes.")
    PAGE.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
