"""Run the benchmarks and print their tables; `--write` puts them into README.md beside this file."""

import argparse
import importlib
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import cases
import peers
import torch

PAGE = Path(__file__).with_name("README.md")
#: a file beside this one -> the heading of its table
SECTIONS = {
    "ways": "Other ways back, and attention",
    "cases": "Gradients",
    "games": "Shapley values",
    "trees": "Tree ensembles",
    "perturbation": "Perturbation",
    "signatures": "Signatures",
    "trust": "Trust",
    "metrics": "Metrics",
    "school": "The school",
}


def place(section: str) -> re.Pattern[str]:
    """Where the table of a section stands on the page."""
    return re.compile(rf"(<!-- measured {section} -->\n).*?(<!-- /measured {section} -->)", re.DOTALL)


def table(rows: list[cases.Row]) -> str:
    """The rows as a markdown table."""
    marks = {True: "yes", False: "**no**", None: ""}
    lines = ["| what | measured | asked, at most | reached | in detail |", "| --- | ---: | ---: | --- | --- |"]
    for row in rows:
        asked = "" if row.asked is None else f"{row.asked:g}"
        lines.append(f"| {row.name} | {row.measured:.3g} | {asked} | {marks[row.reached]} | {row.detail} |")
    return "\n".join(lines)


def machine() -> str:
    """Where and with what it was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    cores = f"{torch.get_num_threads()} threads on {os.cpu_count()} cores"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: Python {platform.python_version()}, {versions}; {cores}."


def measured(section: str, quick: bool) -> str:
    """The rows of a section, printed as they come, as a page."""
    rows = []
    for row in importlib.import_module(section).everything(quick):
        rows.append(row)
        print(f"{row.measured:8.3g}  (asked {row.asked})  {row.name}  [{row.detail}]", flush=True)
    return f"### {SECTIONS[section]}\n\n{machine()}\n\n{table(rows)}\n"


def main() -> None:
    """Measure, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it still run?")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one section; may be said again")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    chosen = parser.parse_args()
    for section in chosen.only or SECTIONS:
        page = measured(section, chosen.quick)
        print("\n" + page)
        if chosen.write:
            PAGE.write_text(place(section).sub(lambda found, page=page: found[1] + page + found[2], PAGE.read_text()))


if __name__ == "__main__":
    main()
