"""The docs are what the code says, and what they show runs."""

import importlib.util
import re
from pathlib import Path

import pytest

import vitrail
from vitrail.cli.frame import ASKED
from vitrail.methods.settings import VOCABULARY

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATED = ("methods.md", "settings.md", "errors.md", "reference.md", "recipes.md")
TOLD = ("mri.md",)  # written by a script that takes minutes; nothing in them runs
WRITTEN = sorted(p.name for p in DOCS.glob("*.md") if p.name not in GENERATED)
MOST_LINES = 10
LARGEST_PICTURE = 300_000


@pytest.fixture(scope="module")
def make():
    """docs/make.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(path):
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run_all(path):
    """Every block of a page, each with the names of those before."""
    names = {"__name__": "docs"}
    for number, code in enumerate(blocks(path), 1):
        exec(compile(code, f"{path.name}, block {number}", "exec"), names)
    return names


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(make, name):
    assert (DOCS / name).read_text(encoding="utf-8") == make.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_says_so_in_its_first_line(name):
    assert "Generated" in (DOCS / name).read_text(encoding="utf-8").splitlines()[0]


def test_every_generated_page_is_tested(make):
    assert set(make.PAGES) == set(GENERATED)


def test_check_names_a_stale_page(make, monkeypatch, capsys):
    assert make.main(["--check"]) == 0
    monkeypatch.setitem(make.PAGES, "methods.md", lambda: "other")
    assert make.main(["--check"]) == 1
    assert "methods.md" in capsys.readouterr().out


def test_every_public_name_is_in_the_reference():
    heads = re.findall(r"^## (\S+)$", (DOCS / "reference.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads == vitrail.__all__


def test_every_method_and_setting_has_its_place():
    heads = re.findall(r"^## (\S+)$", (DOCS / "methods.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads == list(ASKED)
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert [name for name in VOCABULARY if f"| `{name}` |" not in text] == []


def test_every_error_has_its_line():
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    kinds = [k for k in vars(vitrail.errors).values() if isinstance(k, type) and issubclass(k, vitrail.VitrailError)]
    assert len(kinds) > 10
    assert [k for k in kinds if f"| `{k.code}` | `{k.__name__}` |" not in text] == []


def test_the_example_of_the_readme_runs(capsys):
    (code,) = blocks(ROOT / "README.md")
    assert len(code.splitlines()) <= MOST_LINES
    answer = run_all(ROOT / "README.md")["answer"]
    assert "967" in capsys.readouterr().out  # espresso
    assert answer.checks["completeness_gap_relative"][0] <= 0.05


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in TOLD])
def test_a_page_runs(name):
    assert blocks(DOCS / name)
    run_all(DOCS / name)


def test_the_pictures_are_small_and_there():
    paths = re.findall(r"!\[.*?\]\((.*?)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(paths) == 2
    for path in paths:
        assert 10_000 < (ROOT / path).stat().st_size < LARGEST_PICTURE


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}" for name in (*GENERATED, *WRITTEN))])
def test_every_link_leads_somewhere(page):
    path = ROOT / page
    links = re.findall(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)", path.read_text(encoding="utf-8"))
    for target, anchor in links:
        found = path.parent / target
        assert found.exists(), target
        if anchor:
            assert f"## {anchor}\n" in found.read_text(encoding="utf-8"), anchor
