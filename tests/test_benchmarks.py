"""The benchmarks still run, and their arithmetic is right. Their figures are no tests: see benchmarks/README.md."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_every_case_runs_with_tiny_sizes():
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cases = ("integrated-gradients, 2 steps, 1 image", "grad-cam on the last block", "adaptive", "max-sensitivity")
    for case in cases:
        assert case in done.stdout


def test_the_ratio_is_that_of_the_medians(benchmarks):
    from timing import Paired

    pair = Paired(ours=[1.0, 2.0, 30.0], theirs=[4.0, 8.0, 4.0])
    assert pair.ratio == 0.5
    assert pair.spread == (0.25, 7.5)


def test_a_round_calls_both_in_turn(benchmarks):
    from timing import in_turn

    calls = []
    in_turn(lambda: calls.append("a"), lambda: calls.append("b"), 2)
    assert "".join(calls) == "ababab"


def test_a_row_is_reached_only_at_or_below_what_was_asked(benchmarks):
    from cases import Row

    assert Row("x", 0.6, 0.6).reached is True
    assert Row("x", 0.61, 0.6).reached is False
    assert Row("x", float("nan"), 0.6).reached is False
    assert Row("x", 0.5).reached is None


def test_the_table_goes_between_the_marks_and_nowhere_else(benchmarks):
    import run

    page = "before\n<!-- measured ways -->\nold\n<!-- /measured ways -->\n<!-- measured games -->\nold too\n"
    new = run.place("ways").sub(lambda found: found[1] + "new\n" + found[2], page)
    assert new == page.replace("\nold\n", "\nnew\n")


def test_every_section_has_its_file_and_its_place_on_the_page(benchmarks):
    import run

    for section in run.SECTIONS:
        assert (BENCHMARKS / f"{section}.py").is_file()
        assert run.place(section).search(run.PAGE.read_text())
