"""How far a method has come: one count over all its sweeps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int], None]  #: (points done, points in all)


@contextmanager
def reporting(progress: bool | Report, doing: str = "explaining", unit: str = "evaluations") -> Iterator[Report | None]:
    """A function to report progress to: the user's own, a bar on the terminal that says what is done, or none."""
    if not progress:
        yield None
    elif callable(progress):
        with onward(progress) as report:
            yield report
    else:
        from rich.progress import Progress

        with Progress(*Progress.get_default_columns(), "{task.fields[rate]}", transient=True) as bar:
            task = bar.add_task(doing, total=None, rate="")

            def update(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, rate=rate_of(bar.tasks[0].speed, unit))

            with onward(update) as report:
                yield report


def rate_of(speed: float | None, unit: str = "evaluations") -> str:
    """So many a second, as the bar has measured them lately."""
    return "" if speed is None else f"{speed:,.0f} {unit}/s"


@contextmanager
def onward(tell: Report) -> Iterator[Report]:
    """One count over all sweeps of a method: it only grows, and ends at the total, also where there is no sweep."""
    before = done = total = 0

    def report(now: int, whole: int) -> None:
        nonlocal before, done, total
        before = total if done == total or before + now <= done else before  # a new sweep begins
        done, total = before + now, before + whole
        tell(done, total)

    yield report
    if done == 0 or done < total:
        tell(max(total, 1), max(total, 1))
