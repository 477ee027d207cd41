"""Run the benchmarks and print the table; `--write` puts it into README.md beside this file."""

import argparse
import os
import platform
import re
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import cases
import peers
import torch
import ways

PAGE = Path(__file__).with_name("README.md")
PLACE = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)


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


def main() -> None:
    """Measure, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it still run?")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    chosen = parser.parse_args()
    rows = []
    for row in chain(ways.everything(chosen.quick), cases.everything(chosen.quick)):
        rows.append(row)
        print(f"{row.measured:8.3g}  (asked {row.asked})  {row.name}  [{row.detail}]", flush=True)
    page = f"{machine()}\n\n{table(rows)}\n"
    print("\n" + page)
    if chosen.write:
        PAGE.write_text(PLACE.sub(lambda found: found[1] + page + found[2], PAGE.read_text()))


if __name__ == "__main__":
    main()
