"""Where the answer of a command about training goes: --save, --report, --plot."""

from pathlib import Path

from vitrail.cli.explain import pixels, refuse_files, refuse_strange
from vitrail.explanation import Explanation, write_whole


def refuse_results(save: Path | None, report: Path | None, picture: Path | None, overwrite: bool) -> None:
    """Before anything is trained: raise for files that cannot be written so."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")


def written_of(
    answer: Explanation, title: str, save: Path | None, report: Path | None, picture: Path | None, overwrite: bool
) -> list[Path]:
    """What was asked for, written; the paths."""
    written = [] if save is None else [answer.save(save, overwrite=overwrite)]
    if picture is not None:
        written.append(write_whole(picture, pixels(answer, picture, "auto"), overwrite=overwrite))
    if report is not None:
        written.append(answer.show(title=title).save(report, overwrite=overwrite))
    return written
