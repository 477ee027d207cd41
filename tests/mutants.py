"""Deliberate mistakes: each must make a test fail.

Every mutant is applied to a copy of src and tests, and the tests named beside it are run there. One that no test
notices is a hole in the tests: the run ends with an error and names it. Every bug that is fixed adds its mutant.

    python tests/mutants.py                   all of them
    python tests/mutants.py --only explan     those whose file, texts or reason contain a word
    python tests/mutants.py --list
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2  # processes; each keeps to one thread
SECONDS = 300  # a mutant that never ends has been noticed


class Mutant(NamedTuple):
    """One deliberate mistake.

    file   relative to src/vitrail
    old    text that occurs there exactly once
    new    what stands there instead
    why    what is wrong with it
    tests  files relative to tests/, of which one must fail
    """

    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]


ERRORS = ("test_errors.py",)
EXPLANATION = ("test_explanation.py",)

MUTANTS = [
    Mutant("errors.py", 'code = "no-such-layer"', 'code = "no-such-method"', "two kinds share a code", ERRORS),
    Mutant("errors.py", "    ├── BadTarget ", "    │   ├── BadTarget ", "the drawing is not the tree", ERRORS),
    Mutant("errors.py", "str(e).casefold(): e", "str(e): e", "a near miss in another case is not suggested", ERRORS),
    Mutant("errors.py", "cutoff=0.6", "cutoff=0.0", "names that have nothing in common are suggested", ERRORS),
    Mutant("errors.py", "len(names) > count", "len(names) >= count", "dots after a list that is whole", ERRORS),
    Mutant("errors.py", "error.facts = facts", "error.facts = {}", "facts are lost between processes", ERRORS),
    Mutant(
        "errors.py",
        "existing = list(existing)\n",
        "existing = sorted(existing)\n",
        "layers are not named in the order of the network",
        ERRORS,
    ),
    Mutant(
        "explanation.py",
        "if unknown or len(axes) != array.ndim:",
        "if unknown:",
        "an array with more axes than names is accepted",
        EXPLANATION,
    ),
    Mutant("explanation.py", "if a not in AXES", 'if a == ""', "an axis of any name is accepted", EXPLANATION),
    Mutant("explanation.py", "all(n.isdigit() for n in parts)", "parts", "named parts lose their names", EXPLANATION),
    Mutant(
        "explanation.py",
        'np.asarray(v, order="C")',
        "np.ascontiguousarray(v)",
        "an array without axes comes back with one",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        '{f"arrays/{k}": v for',
        '{f"arrays/{k}": v.astype("f4") for',
        "half of the digits are lost",
        EXPLANATION,
    ),
    Mutant("explanation.py", "isinstance(value, Mapping)", "False", "a mapping becomes a text", EXPLANATION),
    Mutant(
        "explanation.py",
        'if header.get("format") != FORMAT:',
        'if "format" not in header:',
        "a file of another format is read",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "except (SafetensorError, json.JSONDecodeError)",
        "except SafetensorError",
        "a damaged header is no mistake that a user is told of",
        EXPLANATION,
    ),
    Mutant("explanation.py", "for name in names}", "for name in sorted(names)}", "parts change places", EXPLANATION),
    Mutant("explanation.py", "k: tuple(v) for", "k: v for", "axes come back as lists", EXPLANATION),
    Mutant(
        "explanation.py",
        "        path.hardlink_to(beside)\n",
        "        beside.replace(path)\n        return\n",
        "a file that appears while writing is replaced",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "        if path.exists():\n            raise AlreadyExists(path) from None\n",
        "",
        "without hard links, a file that appears while writing is replaced",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "        beside.replace(path)\n        return\n    beside.unlink()",
        "        raise\n    beside.unlink()",
        "nothing can be saved where there are no hard links",
        EXPLANATION,
    ),
    Mutant("explanation.py", "    if overwrite:\n", "    if False:\n", "overwrite=True does not replace", EXPLANATION),
    Mutant("explanation.py", "    beside.unlink()", "    return", "the temporary name stays", EXPLANATION),
    Mutant(
        "explanation.py",
        "        beside.unlink(missing_ok=True)\n",
        "",
        "a write that fails leaves its temporary file",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "except BaseException:",
        "except Exception:",
        "an interruption leaves its temporary file",
        EXPLANATION,
    ),
    Mutant("explanation.py", "        beside.chmod(0o644)\n", "", "nobody else may read the file", EXPLANATION),
    Mutant("explanation.py", "path.name[:100]", "path.name", "a long name that would fit is refused", EXPLANATION),
]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every mutant was killed."""
    parser = argparse.ArgumentParser(description="Break the code on purpose; every mistake must make a test fail.")
    parser.add_argument("--only", default="", metavar="WORD", help="mutants whose file, texts or reason contain WORD")
    parser.add_argument("--list", action="store_true", help="name the mutants and run none")
    asked = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if asked.only in "\n".join((m.file, m.old, m.new, m.why))]
    if asked.list:
        print("\n".join(map(name, chosen)))
        return 0
    if not chosen:
        print(f"no mutant contains {asked.only!r}. --list names them all.")
        return 2
    return run(chosen)


def run(mutants: Sequence[Mutant]) -> int:
    """First the tests on the code as it is, which must pass; then the mutants, two at a time."""
    misfits = [f"{name(m)}: its text occurs {n} times" for m in mutants if (n := occurrences(m)) != 1]
    unbroken = verdict(None, sorted({test for m in mutants for test in m.tests})) if not misfits else ""
    if misfits or unbroken != "SURVIVED":
        print("\n".join(misfits) or f"without any mutant the tests must pass; they were: {unbroken}")
        return 2
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(told, mutants))
    left = [m for m, said in zip(mutants, verdicts, strict=True) if said != "killed"]
    print(f"{len(mutants) - len(left)} of {len(mutants)} killed" + "".join(f"\n  not killed: {name(m)}" for m in left))
    return 1 if left else 0


def name(mutant: Mutant) -> str:
    return f"{mutant.file}: {mutant.why}"


def occurrences(mutant: Mutant) -> int:
    return (ROOT / "src/vitrail" / mutant.file).read_text(encoding="utf-8").count(mutant.old)


def told(mutant: Mutant) -> str:
    said = verdict(mutant, mutant.tests)
    print(f"{said:9} {name(mutant)}", flush=True)
    return said


def verdict(mutant: Mutant | None, tests: Sequence[str]) -> str:
    """What the tests said of a copy with the mutant in it: killed, SURVIVED, or BROKEN when they could not run."""
    with tempfile.TemporaryDirectory(prefix="vitrail-mutant-") as folder:
        copy = copied(Path(folder))
        if mutant is not None:
            apply(mutant, copy / "src/vitrail" / mutant.file)
        environment = os.environ | {"PYTHONPATH": str(copy / "src"), "OMP_NUM_THREADS": "1"}
        check_that_the_copy_wins(copy, environment)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{t}" for t in tests)]
        try:
            done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "killed"
    if done.returncode not in (0, 1) or (done.returncode and mutant is None):
        print(done.stdout[-3000:], done.stderr[-1000:])
    return {0: "SURVIVED", 1: "killed"}.get(done.returncode, "BROKEN")


def copied(folder: Path) -> Path:
    """The project as far as tests need it, in a folder of its own; fetched data are only linked."""
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, folder)
    if (ROOT / ".data").exists():
        (folder / ".data").symlink_to(ROOT / ".data", target_is_directory=True)
    return folder


def apply(mutant: Mutant, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, mutant
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def check_that_the_copy_wins(copy: Path, environment: dict[str, str]) -> None:
    """The package is also installed, in editable form: what is imported must be the copy."""
    ask = "from importlib.util import find_spec; print(find_spec('vitrail').submodule_search_locations[0])"
    found = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    if Path(found.stdout.strip()) != copy / "src/vitrail":
        raise RuntimeError(f"tests would import {found.stdout.strip()}, not the copy in {copy}")


if __name__ == "__main__":
    sys.exit(main())
