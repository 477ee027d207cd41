import pytest
import torch

import vitrail
from vitrail.model import Sweep


@pytest.fixture
def model(picture):
    return vitrail.open(picture)


def scaled(pixels, count, weights=None, factor=None):
    steps = torch.arange(1, count + 1, dtype=pixels.dtype)
    return Sweep(len(pixels), count, lambda rows, k: pixels[rows] * steps[k, None, None, None], weights, factor)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("weights", ["mean", "shared", "own"])
def test_a_sweep_is_the_weighted_sum_whatever_the_chunks(size, weights, model, pixels, monkeypatch):
    w = {"mean": None, "shared": torch.rand(4).double(), "own": torch.rand(3, 4).double()}[weights]
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: size)
    each = torch.stack([model.gradient(pixels * k, vitrail.Output(2)) for k in range(1, 5)])
    full = torch.full((3, 4), 0.25).double() if w is None else w.expand(3, 4)
    expected = torch.einsum("nk,kn...->n...", full, each)
    with model.asking(pixels) as bound:
        torch.testing.assert_close(bound.gradient(scaled(pixels, 4, w), vitrail.Output(2)), expected)
        doubled = bound.gradient(scaled(pixels, 4, w, lambda rows, k: pixels[rows]), vitrail.Output(2))
        torch.testing.assert_close(doubled, expected * pixels)
        answers = bound(scaled(pixels, 4), vitrail.Output(2))
    one_by_one = torch.stack([model(pixels * k, vitrail.Output(2)) for k in range(1, 5)], 1)
    torch.testing.assert_close(answers, one_by_one)


@pytest.mark.parametrize("most", [1, 3, 7])
def test_out_of_memory_halves_the_chunk_and_changes_no_answer(most, model, picture, pixels):
    with model.asking(pixels) as bound:
        expected = bound.gradient(scaled(pixels, 8), vitrail.Output(2))
    sizes = []

    def small(_module, arguments):
        sizes.append(len(arguments[0]))
        if len(arguments[0]) > most:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    handle = picture.register_forward_pre_hook(small)
    try:
        with vitrail.open(picture).asking(pixels) as bound:
            torch.testing.assert_close(bound.gradient(scaled(pixels, 8), vitrail.Output(2)), expected)
    finally:
        handle.remove()
    good = [size for size in sizes if size <= most]
    assert sum(good) >= 24
    assert max(good) >= (most + 1) // 2
    assert 24 in sizes


def test_what_does_not_fit_even_alone_is_told(model, picture, pixels):
    model(pixels)

    def never(_module, _arguments):
        raise RuntimeError("can't allocate memory")

    handle = picture.register_forward_pre_hook(never)
    with pytest.raises(vitrail.VitrailError, match="not even one example") as told:
        vitrail.explain(model, pixels, "integrated-gradients", 1)
    handle.remove()
    assert told.value.code == "out-of-memory"


def test_progress_is_told_to_the_end(model, pixels, monkeypatch):
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: 5)
    told = []
    vitrail.explain(
        model, pixels, "integrated-gradients", 1, steps=4, progress=lambda done, all: told.append((done, all))
    )
    assert told[:3] == [(4, 12), (8, 12), (12, 12)]
    assert told[-1][0] == told[-1][1]


def test_nested_sweeps_are_told_as_one(model, pixels):
    told = []
    settings = {"of": {"method": "integrated-gradients", "steps": 3}, "samples": 4}
    vitrail.explain(model, pixels, "smoothgrad", 1, progress=lambda done, all: told.append((done, all)), **settings)
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == totals[-1]
    assert max(totals) <= 15  # 4 samples of 3 examples, and the check of the plain answer
