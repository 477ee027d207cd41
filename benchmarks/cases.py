"""What is compared. Every case gives rows: what was asked, what was measured."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import peers
import subjects
import torch
from timing import Paired, in_turn, seconds

import vitrail

BLOCK = "_blocks.15"


@dataclass(frozen=True)
class Row:
    """One measured figure. `asked` is the largest that was asked for; None where nothing was."""

    name: str
    measured: float
    asked: float | None = None
    detail: str = ""

    @property
    def reached(self) -> bool | None:
        return None if self.asked is None else self.measured <= self.asked


def paired(name: str, asked: float | None, pair: Paired, detail: str = "") -> Row:
    low, high = pair.spread
    ours, theirs = statistics.median(pair.ours), statistics.median(pair.theirs)
    words = f"{1000 * ours:.0f} ms against {1000 * theirs:.0f} ms; rounds {low:.2f} to {high:.2f}"
    return Row(name, pair.ratio, asked, f"{words}. {detail}".strip())


def integrated_gradients(images: int, steps: int, rounds: int) -> Iterator[Row]:
    """Against Captum at internal_batch_size=8: wall time, and the completeness gap."""
    network, x = subjects.efficientnet(), subjects.photographs(images)
    model = vitrail.open(network)
    target = model(x).argmax(1)
    theirs = peers.captum_integrated_gradients(network)
    settings = {"target": target.tolist(), "steps": steps}
    answer = vitrail.explain(model, x, "integrated-gradients", **settings)
    gap = float(answer.checks["completeness_gap"].mean())
    name = f"integrated-gradients, {steps} steps, {images} image{'s' * (images > 1)}"
    if theirs is None:
        yield Row(f"{name}: captum is not installed", float("nan"))
        return
    peer = {"target": target, "n_steps": steps, "internal_batch_size": 8, "baselines": 0.0}
    _, delta = theirs.attribute(x, return_convergence_delta=True, **peer)
    pair = in_turn(
        lambda: vitrail.explain(model, x, "integrated-gradients", **settings),
        lambda: theirs.attribute(x, **peer),
        rounds,
    )
    yield paired(f"{name}: wall time / Captum's", 0.6, pair, f"plan used: {answer.provenance['speedups'].get('used')}")
    yield Row(
        f"{name}: mean gap / Captum's",
        gap / float(delta.abs().mean()),
        1.01,
        f"{gap:.4f} against {float(delta.abs().mean()):.4f}",
    )
    plain = in_turn(
        lambda: vitrail.explain(model, x, "integrated-gradients", speed="plain", **settings),
        lambda: theirs.attribute(x, **peer),
        max(1, rounds // 2),
    )
    yield Row(f"{name}, speed='plain': wall time / Captum's", plain.ratio, None, "for comparison")


def cold(images: int, steps: int) -> Iterator[Row]:
    """The first question to a model just opened, with the survey and the check of the plan in it."""
    network, x = subjects.efficientnet(), subjects.photographs(images)
    network(x)
    theirs = peers.captum_integrated_gradients(network)
    if theirs is None:
        return
    target = network(x).argmax(1)
    first = seconds(lambda: vitrail.explain(vitrail.open(network), x, "integrated-gradients", steps=steps))
    other = seconds(lambda: theirs.attribute(x, target=target, n_steps=steps, internal_batch_size=8))
    yield Row(
        f"integrated-gradients, first question, {images} image: wall time / Captum's",
        first / other,
        None,
        f"{first:.2f} s",
    )


def grad_cam(images: int, rounds: int) -> Iterator[Row]:
    """On the last block: against one plain forward, and against pytorch-grad-cam."""
    network, x = subjects.efficientnet(), subjects.photographs(images)
    model = vitrail.open(network)
    target = model(x).argmax(1).tolist()

    def ours() -> object:
        return vitrail.explain(model, x, "grad-cam", layer=BLOCK, target=target)

    def forward() -> object:
        with torch.no_grad():
            return network(x)

    name = f"grad-cam on the last block, {images} image{'s' * (images > 1)}"
    yield paired(f"{name}: wall time / one plain forward", 1.2, in_turn(ours, forward, rounds))
    theirs = peers.grad_cam(network, network.get_submodule(BLOCK))
    if theirs is None:
        yield Row(f"{name}: pytorch-grad-cam is not installed", float("nan"))
        return
    classes = [peers.class_target(i) for i in target]
    yield paired(
        f"{name}: wall time / pytorch-grad-cam's", 0.4, in_turn(ours, lambda: theirs(x, targets=classes), rounds)
    )


def memory(low: int, high: int) -> Iterator[Row]:
    """Peak memory above the loaded model, each in a fresh process."""
    peaks = [_peak(low), _peak(high)]
    detail = f"{peaks[0] / 1024:.0f} MiB at {low} steps, {peaks[1] / 1024:.0f} MiB at {high}"
    yield Row(f"integrated-gradients, peak memory at {high} / {low} steps", peaks[1] / peaks[0], 1.1, detail)


def _peak(steps: int) -> int:
    script = str(Path(__file__).with_name("memory.py"))
    done = subprocess.run([sys.executable, script, str(steps)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def adaptive(examples: int) -> Iterator[Row]:
    """Passes that adaptive integrated gradients needs for a gap of 1 %, on the digits CNN."""
    network, x = subjects.digits()
    model, x = vitrail.open(network), x[:examples]
    fixed = vitrail.explain(model, x, "integrated-gradients")
    found = vitrail.explain(model, x, "integrated-gradients", tolerance=0.01)
    passes = [answer.checks["evaluations"] / len(x) for answer in (found, fixed)]
    worst = [float(answer.checks["completeness_gap_relative"].max()) for answer in (found, fixed)]
    detail = (
        f"{passes[0]:.1f} against {passes[1]:.1f} passes a digit; largest gap {worst[0]:.2%} against {worst[1]:.2%}"
    )
    yield Row(
        "adaptive integrated-gradients, digits CNN: passes / those of the default", passes[0] / passes[1], 0.5, detail
    )
    yield Row("adaptive integrated-gradients, digits CNN: largest gap", worst[0], 0.01, f"{len(x)} digits")


def everything(quick: bool = False) -> Iterator[Row]:
    """All cases; `quick` is for the test that they still run."""
    steps, many, rounds = (2, 2, 1) if quick else (50, 8, 5)
    yield from cold(1, steps)
    yield from integrated_gradients(many, steps, rounds)
    yield from integrated_gradients(1, steps, 2 * rounds)
    yield from grad_cam(many, 4 * rounds)
    yield from grad_cam(1, 8 * rounds)
    yield from adaptive(2 if quick else 100)
    if not quick:
        yield from memory(50, 500)
