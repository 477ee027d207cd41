"""Cuts the reference pages from the code: methods.md, settings.md, errors.md, reference.md.

python docs/make.py            writes the pages
python docs/make.py --check    fails when one of them is not what the code says
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import vitrail
from vitrail import errors
from vitrail.cli.frame import ASKED, default_words, frame_of, takers, type_words
from vitrail.cli.recipes import fitting_settings
from vitrail.errors import VitrailError
from vitrail.methods.settings import VOCABULARY, settings_of
from vitrail.metrics.choose import METRICS
from vitrail.train.recipe import Fitting
from vitrail.train.recipes import RECIPES

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Generated from the code by `make docs`. Do not edit: change the docstring, and make it again. -->\n"
NEXT = {
    "cannot-open": "Check the path, save or copy the file again, or open the live object.",
    "unsafe-file": "Load it yourself if you trust it, and open the network that you have then.",
    "missing-extra": "Install the extra that the message names.",
    "bad-input": "Make x what the message asks for: shape, type, finite numbers.",
    "bad-target": "Ask about a class that exists, by number or name; `model.classes` lists the names.",
    "bad-setting": "Leave the setting out, or give a value in its range; `vitrail methods NAME` lists them.",
    "no-such-method": "Take a name out of `vitrail.METHODS`.",
    "no-such-layer": "Take a name out of `model.layers`.",
    "wrong-layer": "Choose a layer of the shape that the message asks for, or leave `layer` at 'auto'.",
    "choose-output": "Open the network with `output=`, the number or the name of the one that is meant.",
    "network-failed": "Read the error beneath it: it is the network's own.",
    "no-gradient": "Use a method that needs no gradient (occlusion, feature-ablation), or mend the network.",
    "no-rule": "Add a rule for the operation to the table, as the message shows, or use another method.",
    "out-of-memory": "Use a smaller input or a larger machine.",
    "already-exists": "Choose another name, or say overwrite=True (--overwrite).",
    "training-failed": "Lower the rate, scale the numbers, look for missing values and labels out of range.",
    "disk-full": "Make room, and start the same training again: it goes on from the last checkpoint.",
    "no-such-key": "List what there is, and take one of those.",
    "store-failed": "Check that the place answers and that you may write there; then do it again.",
    "no-such-job": "List the jobs, and take one of those.",
    "worker-lost": "Look at the input of the shard that the message names, and at memory; then retry the job.",
    "vitrail": "Do what the message says.",
}  #: code -> what to do


def main(arguments: Sequence[str] = ()) -> int:
    """Write the pages, or with --check name those that are out of date."""
    pages = {HERE / name: make() for name, make in PAGES.items()}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        print("\n".join(f"{path.name} is out of date: run `make docs`" for path in stale), end="\n" if stale else "")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


def page(title: str, parts: Iterable[str]) -> str:
    return "\n".join([NOTE, f"# {title}\n", *parts]).rstrip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def block(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```\n"


# -- pages -------------------------------------------------------------------------------------------------


def methods() -> str:
    """One section for each method."""
    names = [f"[{name}](#{name})" for name in ASKED]
    return page("Methods", [", ".join(names) + "\n", *map(method, ASKED.items())])


def method(item: tuple[str, type]) -> str:
    name, cls = item
    frame = frame_of(cls)
    rows = [
        [f"[`{n}`](settings.md)", type_words(s), f"`{default_words(s)}`", frame.settings.get(n, "")]
        for n, s in settings_of(cls).items()
    ]
    facts = [["laws", frame.laws], ["cost", frame.cost], ["beware", frame.beware], ["source", frame.source]]
    parts = [f"## {name}\n", f"`vitrail.{cls.__name__}`: {lowered(frame.summary)}\n", block(frame.formula)]
    parts += [table(["setting", "type", "default", "meaning"], rows)] if rows else ["No settings.\n"]
    return "\n".join([*parts, *(f"- **{head}** {text}" for head, text in facts)]) + "\n"


def lowered(text: str) -> str:
    """The first letter small, unless the word is an abbreviation or a name."""
    return text if text[1:2].isupper() or text[1:2] == "-" else text[:1].lower() + text[1:]


def recipes() -> str:
    """One section for each recipe of a network."""
    text = (
        "Every recipe is one file that reads from top to bottom: what the network is made of, and how it is fitted. "
        "All of them have the settings of a fitting besides their own; `vitrail recipes NAME` shows those of one, and "
        "every default can be overridden, in Python, in JSON and on the command line.\n"
    )
    rows = [[f"`{name}`", meaning] for name, meaning in fitting_settings().items()]
    shared = ["## How a network is fitted\n", table(["setting", "meaning"], rows)]
    return page("Recipes", [text, *shared, *map(recipe, RECIPES.items())])


def recipe(item: tuple[str, type]) -> str:
    name, cls = item
    frame, shared = frame_of(cls), settings_of(Fitting)
    rows = [
        [f"`{n}`", type_words(s), f"`{default_words(s)}`", frame.settings.get(n, "")]
        for n, s in settings_of(cls).items()
        if n not in shared or s.default != shared[n].default
    ]
    facts = [["tasks", ", ".join(cls.tasks)], ["reads", ", ".join(cls.reads)]]
    facts += [["beware", frame.beware], ["source", frame.source]]
    parts = [f"## {name}\n", f"{frame.summary}\n", *([block(frame.formula)] if frame.formula else [])]
    parts += [table(["setting", "type", "default", "meaning"], rows)] if rows else []
    return "\n".join([*parts, *(f"- **{head}** {text}" for head, text in facts if text)]) + "\n"


def settings() -> str:
    """The vocabulary, with the methods and the metrics that take each word."""
    linked = {name: [f"[{m}](methods.md#{m})" for m in methods] for name, methods in takers().items()}
    judging = {name: [m for m, cls in METRICS.items() if name in settings_of(cls)] for name in VOCABULARY}
    names = sorted({*linked, *(name for name, some in judging.items() if some)}, key=list(VOCABULARY).index)
    rows = [
        [f"`{name}`", VOCABULARY.get(name, ""), ", ".join(linked.get(name, [])), ", ".join(judging.get(name, []))]
        for name in names
    ]
    text = "A word means the same in every method and metric, in Python, in JSON and on the command line (`--steps`).\n"
    return page("Settings", [text, table(["setting", "meaning", "methods", "metrics"], rows)])


def mistakes() -> str:
    """Every kind of error: its code, its cause, what to do."""
    kinds = [k for k in vars(errors).values() if inspect.isclass(k) and issubclass(k, VitrailError)]
    rows = [[f"`{k.code}`", f"`{k.__name__}`", " ".join((k.__doc__ or "").split()), NEXT[k.code]] for k in kinds]
    text = (
        "All are `vitrail.VitrailError`, which is a `ValueError`. The message says what is wrong with the value, what "
        "was expected or exists, and what to do next. `code` never changes; a program should look at that. The "
        "command line exits with status 2, and prints the code with `--json`.\n"
    )
    tree = inspect.cleandoc((errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0])
    return page("Errors", [text, block(tree), table(["code", "class", "cause", "what to do"], rows)])


def reference() -> str:
    """Every public name: its signature and its docstring."""
    return page("Reference", [entry(name) for name in vitrail.__all__])


def entry(name: str) -> str:
    thing = getattr(vitrail, name)
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return "\n".join([f"## {name}\n", block(signature(name, thing), "py"), block(doc_of(thing))])
    if inspect.ismodule(thing):
        return "\n".join([f"## {name}\n", block(inspect.getdoc(thing) or "")])
    listed = "\n".join(f"{key!r}: {value.__name__}" for key, value in thing.items())
    return "\n".join(
        [
            f"## {name}\n",
            f"The list of {name.lower()}, name -> class; see [{name.lower()}]({PAGE_OF[name]}).\n",
            block(listed),
        ]
    )


#: list -> the page about its entries
PAGE_OF = {"METHODS": "methods.md", "METRICS": "metrics.md", "RECIPES": "recipes.md"}


def doc_of(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def signature(name: str, thing: object) -> str:
    """As it stands in the source: for a function its own, for a class that of __init__ or of its fields."""
    source = ast.parse(inspect.cleandoc("\n" + inspect.getsource(thing))).body[0]  # type: ignore[arg-type]
    if isinstance(source, ast.FunctionDef):
        returns = f" -> {ast.unparse(source.returns)}" if source.returns else ""
        return f"{name}({ast.unparse(source.args)}){returns}"
    assert isinstance(source, ast.ClassDef)
    own = [n for n in source.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    if own:
        return f"{name}({ast.unparse(own[0].args).removeprefix('self, ')})"
    fields = [n for n in source.body if isinstance(n, ast.AnnAssign) and "ClassVar" not in ast.unparse(n.annotation)]
    return f"{name}({', '.join(map(ast.unparse, fields))})"


PAGES: dict[str, Callable[[], str]] = {
    "methods.md": methods,
    "settings.md": settings,
    "errors.md": mistakes,
    "reference.md": reference,
    "recipes.md": recipes,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
