"""How things are written: one vocabulary of settings, docstrings in one frame, comparisons that are asserted.

Every rule is a function from text to what is wrong with it. It is run on the project, and on a made-up text that
breaks it.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
METHODS = ROOT / "src/vitrail/methods"
SECTIONS = ("Settings", "Laws", "Cost", "Beware")

#: what other libraries say -> what is said here
SYNONYMS = {
    "steps": "n_steps nb_steps num_steps n_iter num_iter iterations max_iter n_points",
    "samples": "n_samples nb_samples num_samples nsamples nt_samples n_draws repeats",
    "std": "sigma stdev stdevs sigma_noise noise_std noise_level noise_tunnel_std scale",
    "seed": "random_state random_seed rng manual_seed",
    "baseline": "baselines reference references background base_input baseline_value",
    "budget": "n_evaluations max_evals nb_design evaluations n_perturbations",
    "layer": "layers layer_name layers_name target_layer target_layers module conv_layer",
    "of": "method explainer base_method wrapped inner attribution",
    "patch": "patch_size window window_size sliding_window_shapes",
    "stride": "strides patch_stride sliding_window_strides",
    "players": "feature_mask features segments superpixels groups",
}
WORD_FOR = {other: word for word, others in SYNONYMS.items() for other in others.split()}
COMPARISONS = {"allclose", "array_equal", "array_equiv"}  # they answer True or False, and nobody has to look
TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
#: folders of one machine; `opt/ml` is part of a public contract of container hosts
MACHINE = re.compile(r"(?<![\w.*-])/(?:work|root|home/\w+|Users/\w+|opt(?!/ml\b))/")
SKIPPED = {".git", ".venv", ".venv-pins", ".data", "runs", "build", "dist", "node_modules", "__pycache__"}

Files = dict[str, str]  #: path relative to the project, with slashes -> text


def assert_nothing(wrong: list[str]) -> None:
    assert not wrong, "\n" + "\n".join(wrong)


def read(folder: Path, pattern: str) -> Files:
    return {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in sorted(folder.rglob(pattern))}


@pytest.fixture(scope="module")
def methods() -> Files:
    found = read(METHODS, "*.py")
    assert any("@dataclass" in text for text in found.values())
    return found


@pytest.fixture(scope="module")
def texts() -> Files:
    """Every text file of the project that is not made by a tool."""
    found = {p.relative_to(ROOT).as_posix(): content for p in walk(ROOT) if b"\0" not in (content := p.read_bytes())}
    assert "tests/test_style.py" in found
    return {file: content.decode("utf-8", "replace") for file, content in found.items()}


def walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in SKIPPED or path.name.endswith(("_cache", ".egg-info", ".hypothesis")) or path.is_symlink():
            continue
        if path.is_dir():
            yield from walk(path)
        elif path.is_file():
            yield path


# -- settings ----------------------------------------------------------------------------------------------


def classes(files: Files) -> Iterator[tuple[str, ast.ClassDef]]:
    for file, text in files.items():
        found = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef))
        yield from ((f"{file}:{node.lineno} {node.name}", node) for node in found if not node.name.startswith("_"))


def is_method(cls: ast.ClassDef) -> bool:
    """It can be called, and is not the protocol that says so."""
    called = any(isinstance(node, ast.FunctionDef) and node.name == "__call__" for node in cls.body)
    return called and "Protocol" not in map(ast.unparse, cls.bases)


def fields(cls: ast.ClassDef) -> list[str]:
    """The fields of a dataclass, in their order."""
    if not any("dataclass" in ast.unparse(decorator) for decorator in cls.decorator_list):
        return []
    lines = (node for node in cls.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))
    return [line.target.id for line in lines if not ast.unparse(line.annotation).startswith("ClassVar")]


def synonyms(files: Files) -> list[str]:
    """Fields under a name that has another word in this project, or that counts things in the style of n_things."""
    named = [(where, name) for where, cls in classes(files) for name in fields(cls)]
    wrong = [f"{where}: say {WORD_FOR[name]!r}, not {name!r}" for where, name in named if name in WORD_FOR]
    counted = [(where, name) for where, name in named if re.match(r"(n|nb|num)_", name) and name not in WORD_FOR]
    return wrong + [f"{where}: say {name.split('_', 1)[1]!r}, not {name!r}" for where, name in counted]


def without_meaning(files: Files, vocabulary: set[str]) -> list[str]:
    """Settings that the vocabulary does not explain."""
    methods = [(where, cls) for where, cls in classes(files) if is_method(cls)]
    return [f"{where}: {name}" for where, cls in methods for name in fields(cls) if name not in vocabulary]


def vocabulary_of(text: str) -> set[str]:
    """The keys of the table VOCABULARY."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VOCABULARY":
            return set(ast.literal_eval(node.value))
    raise LookupError("no VOCABULARY")


def method(*names: str, doc: str = "") -> str:
    lines = [f"    {name}: int = 0" for name in names]
    head = f'@dataclass(frozen=True)\nclass Mean:\n    """{doc}"""\n    laws: ClassVar[int] = 0\n'
    return "\n".join([head, *lines, "    def __call__(self, model, x, target):\n        return x\n"])


def test_settings_share_one_vocabulary(methods):
    assert_nothing(synonyms(methods))


def test_every_setting_is_in_the_vocabulary(methods):
    vocabulary = vocabulary_of(methods["src/vitrail/methods/settings.py"])
    assert {"steps", "seed", "baseline"} <= vocabulary
    assert_nothing(without_meaning(methods, vocabulary))


@pytest.mark.parametrize("name", ["n_steps", "nb_samples", "num_iter", "sigma_noise", "baselines", "n_clusters"])
def test_a_synonym_is_caught(name):
    assert len(synonyms({"mean.py": method("seed", name)})) == 1


def test_a_setting_without_a_meaning_is_caught():
    vocabulary = vocabulary_of("VOCABULARY = {'seed': 'start'}")
    assert without_meaning({"mean.py": method("seed", "zeal")}, vocabulary) == ["mean.py:2 Mean: zeal"]


def test_good_settings_pass():
    assert synonyms({"mean.py": method("steps", "samples", "std", "seed", "baseline", "layer", "of")}) == []


# -- docstrings of methods ---------------------------------------------------------------------------------


def sections(doc: str) -> dict[str, list[str]]:
    """Name -> the lines of a section, its name replaced by spaces."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in doc.splitlines():
        start = re.match(r"(\w+)  +\S", line)
        if start and start[1] in SECTIONS:
            lines = found.setdefault(start[1], [])
            line = line.replace(start[1], " " * len(start[1]), 1)
        elif not line.startswith("  "):
            lines = []
        lines.append(line)
    return found


def documented(lines: list[str]) -> list[str]:
    """The first words of the rows that start where the first row starts; deeper lines go on with a row."""
    indent = min((len(line) - len(line.lstrip()) for line in lines[:1]), default=0)
    rows = [line[indent:] for line in lines if line[:indent].strip() == "" and line[indent : indent + 1].strip()]
    names = [row.split()[0] for row in rows]
    return [] if names == ["none"] else names


def badly_documented(files: Files) -> list[str]:
    """Classes without a docstring; methods whose docstring is not in the frame, or names other settings."""
    wrong = []
    for where, cls in classes(files):
        doc = ast.get_docstring(cls) or ""
        if not doc:
            wrong.append(f"{where} has no docstring")
        elif is_method(cls):
            found = sections(doc)
            wrong += [f"{where} has no section {name!r}" for name in SECTIONS if name not in found]
            if not re.search(r"^\[1\] \S", doc, re.MULTILINE):
                wrong.append(f"{where} has no source [1]")
            if "Settings" in found and documented(found["Settings"]) != fields(cls):
                wrong.append(f"{where} documents {documented(found['Settings'])} and has {fields(cls)}")
    return wrong


GOOD = """The mean of things   [1].

        a = sum_i x_i / n

    Settings    steps     points on the path,
                          and more about them
                baseline  b, the input
    Laws        dummy
    Cost        one forward
    Beware      it is
                only a mean

    [1] Author, "Title", 2000, eq. 1
    """


def test_methods_are_documented_in_the_frame(methods):
    assert_nothing(badly_documented(methods))


def test_a_good_docstring_passes():
    assert badly_documented({"mean.py": method("steps", "baseline", doc=GOOD)}) == []
    none = re.sub(r"steps .*\n.*\n.*\n", "none\n", GOOD)
    assert "none\n    Laws" in none
    assert badly_documented({"mean.py": method(doc=none)}) == []


@pytest.mark.parametrize("section", [*SECTIONS, "[1]"])
def test_a_missing_section_is_caught(section):
    doc = GOOD.replace(f"    {section} ", "    Other ")
    wrong = badly_documented({"mean.py": method("steps", "baseline", doc=doc)})
    assert len(wrong) == 1
    assert section in wrong[0]


@pytest.mark.parametrize("names", [["steps"], ["baseline", "steps"], ["steps", "baseline", "seed"], []])
def test_settings_other_than_the_documented_are_caught(names):
    assert len(badly_documented({"mean.py": method(*names, doc=GOOD)})) == 1


def test_a_class_without_a_docstring_is_caught():
    assert badly_documented({"mean.py": "class Mean:\n    pass"}) == ["mean.py:1 Mean has no docstring"]
    assert badly_documented({"mean.py": "class _Mean:\n    pass"}) == []


# -- the public face ---------------------------------------------------------------------------------------


def undocumented(names: dict[str, object]) -> list[str]:
    """Functions and classes without a docstring of their own; the signature that dataclasses write is none."""
    docs = {
        name: (thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__) or ""
        for name, thing in names.items()
        if inspect.isclass(thing) or inspect.isroutine(thing)
    }
    return [name for name, doc in docs.items() if not doc or doc.startswith(f"{name}(")]


def test_everything_that_vitrail_exports_has_a_docstring():
    import vitrail

    assert vitrail.__all__
    assert_nothing(undocumented({name: getattr(vitrail, name) for name in vitrail.__all__}))


def test_a_missing_docstring_is_caught():
    class Bare(dict):
        pass

    @dataclass
    class Record:
        x: int

    names = {"Bare": Bare, "Record": Record, "f": lambda: 0, "version": "1", "len": len, "Path": Path}
    assert undocumented(names) == ["Bare", "Record", "f"]


# -- comparisons -------------------------------------------------------------------------------------------


def unasserted(files: Files) -> list[str]:
    """Comparisons whose answer nobody has to look at: outside of any assert."""
    wrong = []
    for file, text in files.items():
        tree = ast.parse(text)
        asserted = {id(deep) for node in ast.walk(tree) if isinstance(node, ast.Assert) for deep in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and id(node) not in asserted:
                name = ast.unparse(node.func).split(".")[-1]
                if name in COMPARISONS:
                    wrong.append(f"{file}:{node.lineno} {name}: use assert_close, or assert it")
    return wrong


def test_comparisons_are_asserted():
    assert_nothing(unasserted(read(ROOT / "tests", "*.py")))


@pytest.mark.parametrize(
    "line", ["np.allclose(a, b)", "torch.allclose(a, b)", "same = allclose(a, b)", "np.array_equal(a, b)"]
)
def test_a_bare_comparison_is_caught(line):
    assert len(unasserted({"test_x.py": line})) == 1


def test_asserted_comparisons_pass():
    text = "assert not np.allclose(a, b)\nnp.testing.assert_allclose(a, b)\ntorch.testing.assert_close(a, b)"
    assert unasserted({"test_x.py": text}) == []


# -- words -------------------------------------------------------------------------------------------------


def lines_with(pattern: re.Pattern[str], files: Files) -> list[str]:
    return [
        f"{file}:{number} {line.strip()[:80]}"
        for file, text in files.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_what_is_to_be_done_has_an_issue(texts):
    rest = {file: text for file, text in texts.items() if file != "tests/test_style.py"}
    assert_nothing(lines_with(TODO, rest))


def test_a_todo_without_an_issue_is_caught():
    lines = {"a.py": "# TODO later\n# FIXME\n# TODO(#12) faster\n# nothing to do"}
    assert lines_with(TODO, lines) == ["a.py:1 # TODO later", "a.py:2 # FIXME"]


def test_no_path_of_one_machine(texts):
    assert_nothing(lines_with(MACHINE, texts))


@pytest.mark.parametrize("folder", ["work", "opt", "root", "home/ada", "Users/ada"])
def test_a_path_of_one_machine_is_caught(folder):
    assert len(lines_with(MACHINE, {"a.md": f"see /{folder}/data for more"})) == 1
    assert len(lines_with(MACHINE, {"a.py": f"open('/{folder}/data')"})) == 1


@pytest.mark.parametrize("text", ["see docs/" + "work/x", "at /opt" + "/ml/model", "a/opt" + "/b", "home/ada/x"])
def test_other_paths_pass(text):
    assert lines_with(MACHINE, {"a.md": text}) == []
