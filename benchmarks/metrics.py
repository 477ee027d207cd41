"""Metrics: each beside Quantus's of the same definition and settings, and six methods beside one."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from statistics import mean, median
from typing import Any
from unittest.mock import patch

import numpy as np
import peers
import subjects
import torch
from cases import Row, paired
from timing import in_turn, seconds
from torch import Tensor

import vitrail
from vitrail.explanation import Explanation

RADIUS, PORTION = 0.1, 0.2
SIX = ("saliency", "input-x-gradient", "integrated-gradients", "smoothgrad", "grad-cam", "lrp")


@dataclass(frozen=True, eq=False)
class Scene:
    """What is measured on.

    name     of the network and the examples
    network  in inference mode; its weights ask for no gradients, which is the faster way for both
    x, y     (batch, channels, height, width), and the class that is asked about
    """

    name: str
    network: torch.nn.Module
    x: Tensor
    y: Tensor

    @property
    def players(self) -> np.ndarray:
        """Every number of x by itself, as Quantus takes them."""
        return np.arange(self.x[0].numel()).reshape(self.x.shape[1:])


def scene(name: str, network: torch.nn.Module, x: Tensor) -> Scene:
    network = deepcopy(network).requires_grad_(False)
    return Scene(f"{name}, {len(x)} images", network, x, network(x).argmax(1))


def saliency(model: Any, inputs: Any, targets: Any, **_: Any) -> np.ndarray:
    """The size of the gradient, by one plain pass there and back: what Quantus is told to ask."""
    x = torch.tensor(inputs, dtype=torch.float32, requires_grad=True)
    said = model(x)[torch.arange(len(x)), torch.as_tensor(targets)]
    return torch.autograd.grad(said.sum(), x)[0].abs().numpy()


# -- one metric, ours and theirs -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Both:
    """The same metric of both libraries: what gives the scores (batch,) of ours and of theirs; None without Quantus."""

    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray] | None


def both(scene: Scene, metric: dict[str, Any], peer: str, **settings: Any) -> Both:
    """An explanation is made once, and is the same for both."""
    model = vitrail.open(scene.network)
    answer: Explanation = vitrail.explain(model, scene.x, "saliency", scene.y.tolist())
    arrays = (scene.x.numpy(), scene.y.numpy(), saliency(scene.network, scene.x.numpy(), scene.y.numpy()))
    judge = peers.quantus(peer, scene.network, saliency, **settings)
    return Both(
        lambda: vitrail.measure(model, answer, metric, players=scene.players).values,
        None if judge is None else lambda: np.asarray(judge(*arrays)),
    )


def flipping(scene: Scene, steps: int) -> Both:
    """Their curve begins after the first step; the height before it is put in front, and the mean is taken as ours."""
    some = both(
        scene, {"metric": "deletion", "steps": steps}, "PixelFlipping", features_in_step=scene.x[0].numel() // steps
    )
    if some.theirs is None:
        return some
    whole = scene.network(scene.x)[torch.arange(len(scene.x)), scene.y].numpy()[:, None]

    def area() -> np.ndarray:
        curve = np.concatenate([whole, some.theirs()], 1)
        return (curve[:, 1:] + curve[:, :-1]).mean(1) / 2

    return Both(some.ours, area)


def correlation(scene: Scene, samples: int) -> Both:
    metric = {"metric": "faithfulness-correlation", "samples": samples, "portion": PORTION}
    size = round(PORTION * scene.x[0].numel())
    return both(scene, metric, "FaithfulnessCorrelation", nr_runs=samples, subset_size=size)


def sensitivity(scene: Scene, samples: int) -> Both:
    metric = {"metric": "max-sensitivity", "samples": samples, "radius": RADIUS}
    return both(scene, metric, "MaxSensitivity", nr_samples=samples, lower_bound=RADIUS)


def randomisation(scene: Scene) -> Both:
    return both(scene, {"metric": "parameter-randomisation"}, "MPRT", return_average_correlation=True)


def against(name: str, some: Both, rounds: int, agree: Callable[[np.ndarray, np.ndarray], str]) -> Iterator[Row]:
    """The ratio of times, and in words how far the scores agree."""
    if some.theirs is None:
        yield Row(f"{name}: quantus is not installed; seconds of ours", seconds(some.ours))
        return
    said: dict[str, np.ndarray] = {}
    pair = in_turn(
        lambda: said.update(ours=some.ours()), lambda theirs=some.theirs: said.update(theirs=theirs()), rounds
    )
    yield paired(f"{name}: wall time / Quantus's", 1 / 3, pair, agree(said["ours"], said["theirs"]))


def differ(one: np.ndarray, other: np.ndarray) -> str:
    return f"Scores differ by {np.abs(one - other).max():.1e} at most, of {np.abs(other).mean():.3g} on average"


def forwards(scene: Scene, steps: int) -> Callable[[], object]:
    """As many examples through the network as a curve has points, in batches of all examples."""

    def run() -> object:
        with torch.no_grad():
            return [scene.network(scene.x) for _ in range(steps)]

    return run


# -- the same draws for both ---------------------------------------------------------------------------------


def chance(shape: tuple[int, ...]) -> Tensor:
    """The numbers from 0 to 1 that ours draws from, with its seed."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def on_our_sets(some: Both, scene: Scene, samples: int) -> str:
    """The scores of both, Quantus given the sets that ours draws in place of numpy's."""
    size = round(PORTION * scene.x[0].numel())
    sets = chance((samples, scene.x[0].numel())).argsort(1)[:, :size].numpy()
    following = iter(sets.repeat(len(scene.x), 0))
    with patch("numpy.random.choice", lambda *_, **__: next(following)):
        return f"With the same sets: {differ(some.ours(), some.theirs())}"


def on_our_steps(some: Both, scene: Scene, samples: int) -> str:
    """The scores of both, Quantus given the steps that ours draws in place of numpy's."""
    steps = RADIUS * (2 * chance((samples, scene.x[0].numel())).numpy() - 1)
    following = iter(steps[:, None].repeat(len(scene.x), 1))
    with patch("numpy.random.uniform", lambda **_: next(following)):
        return f"With the same steps: {differ(some.ours(), some.theirs())}"


def by_mean(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Weights are drawn in other ways, so that only the means over the examples can be put side by side."""
    return f"Mean correlation {ours.mean():.3f} against {theirs.mean():.3f}; weights are drawn in other ways"


# -- six methods beside one ----------------------------------------------------------------------------------


def six(scene: Scene, metric: str | dict[str, Any], rounds: int, methods: tuple[str, ...] = SIX) -> Row:
    """The time of one comparison of all, in terms of the mean time of those of each method alone; controls in both."""
    model = vitrail.open(scene.network)

    def ask(*some: str) -> Explanation:
        return vitrail.compare(model, scene.x, some, [metric], target=scene.y.tolist())

    ask(*methods)
    times = [
        (seconds(lambda: ask(*methods)), mean(seconds(lambda m=m: ask(m)) for m in methods)) for _ in range(rounds)
    ]
    together, alone = (median(part) for part in zip(*times, strict=True))
    name = metric if isinstance(metric, str) else metric["metric"]
    words = f"{together:.2f} s against {alone:.2f} s on average"
    return Row(f"{name}, {scene.name}: wall time of {len(methods)} methods / of one", together / alone, 3, words)


def curves(scene: Scene, steps: int, rounds: int) -> Iterator[Row]:
    """Deletion: beside the forwards alone, and beside Quantus."""
    some, name = flipping(scene, steps), f"deletion, {steps} steps, {scene.name}"
    plain = in_turn(some.ours, forwards(scene, steps), rounds)
    yield paired(f"{name}: wall time / that of the forwards alone", None, plain)
    yield from against(name, some, rounds, differ)


def correlations(scene: Scene, samples: int, rounds: int) -> Iterator[Row]:
    some, name = correlation(scene, samples), f"faithfulness-correlation, {samples} sets, {scene.name}"
    yield from against(name, some, rounds, lambda *_: on_our_sets(some, scene, samples))


def sensitivities(scene: Scene, draws: int, rounds: int) -> Iterator[Row]:
    some, name = sensitivity(scene, draws), f"max-sensitivity, {draws} draws, {scene.name}"
    yield from against(name, some, rounds, lambda *_: on_our_steps(some, scene, draws))


def randomisations(scene: Scene, rounds: int) -> Iterator[Row]:
    yield from against(f"parameter-randomisation, {scene.name}", randomisation(scene), rounds, by_mean)


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    images, steps, samples, draws, rounds = (2, 4, 3, 2, 1) if quick else (8, 64, 100, 10, 9)
    small = scene("digits CNN", *subjects.padded_digits(images))
    yield from curves(small, steps, rounds)
    yield from correlations(small, samples, rounds)
    yield from sensitivities(small, draws, rounds)
    yield from randomisations(small, rounds)
    if quick:
        yield six(small, {"metric": "deletion", "steps": 2}, 1, SIX[:2])
        return
    for metric in ("deletion", "faithfulness-correlation", "max-sensitivity", "parameter-randomisation"):
        yield six(small, metric, 3)
    large = scene("EfficientNet-lite0", subjects.efficientnet(), subjects.photographs(8))
    yield from curves(large, steps, 2)
    yield from correlations(large, samples, 1)
    yield from sensitivities(large, draws, 1)
    # its 99 modules are as many explanations
    two = scene("EfficientNet-lite0", subjects.efficientnet(), subjects.photographs(2))
    yield from randomisations(two, 1)
    for metric in ({"metric": "deletion", "steps": 32}, "faithfulness-correlation"):
        yield six(two, metric, 1)
