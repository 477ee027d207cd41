import pytest
import torch

from vitrail.errors import OutOfMemory
from vitrail.model import Sweep
from vitrail.model.sweep import CPU_BUDGET, LARGEST_TENSOR, chunk_size, chunks, halved, ran_out

CPU = torch.device("cpu")


def run_with(most, total, size):
    seen = []

    def run(indices):
        if len(indices) > most:
            raise RuntimeError("can't allocate memory")
        seen.append(indices.tolist())

    chunks(total, size, CPU, run)
    return seen


@pytest.mark.parametrize(("total", "size"), [(1, 1), (10, 3), (10, 4), (10, 100), (7, 7), (13, 6)])
def test_every_point_comes_once_and_in_order(total, size):
    seen = run_with(100, total, size)
    assert sum(seen, []) == list(range(total))
    assert max(map(len, seen)) <= size
    assert max(map(len, seen)) - min(map(len, seen)) <= 1


@pytest.mark.parametrize("most", [1, 2, 5])
def test_the_chunk_is_halved_until_it_fits(most):
    seen = run_with(most, 23, 16)
    assert sum(seen, []) == list(range(23))
    assert max(map(len, seen)) <= most


def test_one_that_does_not_fit_is_told():
    with pytest.raises(OutOfMemory, match="not even one example") as told:
        run_with(0, 3, 2)
    assert isinstance(told.value.__cause__, RuntimeError)


def test_other_errors_are_not_swallowed():
    def run(indices):
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        chunks(3, 2, CPU, run)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("shapes differ"), False),
        (ValueError("can I allocate?"), False),
    ],
)
def test_what_running_out_of_memory_looks_like(error, expected):
    assert ran_out(error) is expected


def test_halves():
    assert [halved(n, MemoryError()) for n in (2, 3, 9)] == [1, 1, 4]
    with pytest.raises(OutOfMemory):
        halved(1, MemoryError())


def test_a_chunk_is_planned_from_measured_bytes():
    assert chunk_size(LARGEST_TENSOR // 10, 1, CPU) == 10
    assert chunk_size(1, CPU_BUDGET // 7, CPU) == 7
    assert chunk_size(2**40, None, CPU) == 1
    assert chunk_size(0, None, CPU) > 1000


def test_what_each_answer_counts():
    rows, steps = torch.tensor([0, 1, 1]), torch.tensor([0, 0, 2])
    like = torch.ones(1, dtype=torch.float64)

    def weight(weights):
        return Sweep(2, 3, lambda r, k: r, weights).weight(rows, steps, like).tolist()

    assert weight(None) == [1 / 3] * 3
    assert weight(torch.tensor([1.0, 2, 4])) == [1, 1, 4]
    assert weight(torch.tensor([[1.0, 2, 4], [8, 16, 32]])) == [1, 8, 32]
    assert Sweep(2, 3, lambda r, k: r, torch.ones(3)).weight(rows, steps, like).dtype == torch.float64


def test_a_sweep_that_may_be_stopped_begins_with_few():
    sizes = []
    chunks(1000, 300, CPU, lambda some: sizes.append(len(some)), 64)
    assert sum(sizes) == 1000
    assert sizes[:2] == [63, 118]  # as even as the rest allows, at most 64, 128, 256, 300 ...
    assert max(sizes) <= 300


def test_steps_come_first_or_examples():
    at = torch.arange(6)
    by_step, by_example = Sweep(2, 3, None, prefix=True).pairs(at), Sweep(2, 3, None).pairs(at)
    assert [each.tolist() for each in by_step] == [[0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2]]
    assert [each.tolist() for each in by_example] == [[0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]]
