"""torch.export files (.pt2): read whole, and only when nothing in them could run code.

torch itself unpickles parts of such a file, evaluates the sizes written in it and looks up operations by any name
under `torch`. So all of that is read here first.
"""

import ast
import builtins
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from vitrail.errors import CannotOpen, UnsafeFile
from vitrail.model.torch import TorchNetwork

#: Operations that a graph may call: operators of torch, and arithmetic on sizes.
ALLOWED = re.compile(
    r"torch\.ops\.(?!load_library|import_module)[a-zA-Z]\w*\.\w+(\.\w+)?|torch\._?sym_\w+|math\.\w+|"
    r"_operator\.(add|sub|mul|floordiv|truediv|mod|pow|neg|pos|abs|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
)
SIZES = (ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.keyword, ast.BinOp, ast.operator)
LOGIC = (ast.UnaryOp, ast.unaryop, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.Tuple)
HARMLESS = {"abs", "max", "min", "pow", "round"}


def open_export(path: str) -> TorchNetwork:
    """A program saved by torch.export, its modules put back under their own names."""
    check_that_it_runs_no_code(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about torch's own old formats; the user can do nothing about them
        return of_program(torch.export.load(path), name=Path(path).name)


def of_program(program: torch.export.ExportedProgram, name: str = "") -> TorchNetwork:
    """An exported program; its modules have the names of the original's."""
    inputs = [node.meta["val"] for node in program.graph.nodes if node.name in program.graph_signature.user_inputs]
    batches = [t.shape[0] for t in inputs if isinstance(t, torch.Tensor) and t.ndim]
    if batches and all(isinstance(size, int) for size in batches):
        raise CannotOpen(
            f"the exported program takes batches of exactly {min(batches)}. Any number of examples was expected. "
            "Export it again: torch.export.export(network, (x,), dynamic_shapes=({0: torch.export.Dim('batch')},))."
        )
    return TorchNetwork(torch.export.unflatten(program), name=name or "ExportedProgram")


def check_that_it_runs_no_code(path: str) -> None:
    """Raises UnsafeFile when reading the file with torch could run what is stored in it."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise _unsafe(path, "two entries of one name")
        for name in names:
            found = _danger(name, archive)
            if found:
                raise _unsafe(path, found)


def _danger(name: str, archive: zipfile.ZipFile) -> str | None:
    """What is wrong with one entry of the file."""
    if "aotinductor/" in name or re.search(r"\.(so|dll|dylib|o|cubin)$", name):
        return f"compiled code ({name})"
    if re.search(r"/(opaque|custom)_obj", name):
        return f"a pickled object ({name})"
    if name.endswith(".pt"):
        return None if _only_tensors(archive.read(name)) else f"a pickle with more than tensors in it ({name})"
    if name.endswith(".json"):
        folder = name.rpartition("/")[0]
        return next(
            (found for part in _dicts(json.loads(archive.read(name))) if (found := _part(part, folder, archive))), None
        )
    return None


def _part(part: dict[str, Any], folder: str, archive: zipfile.ZipFile) -> str | None:
    """What is wrong with one object of a JSON entry: an operation, a size, or where a weight is."""
    target, size, place = part.get("target"), part.get("expr_str"), str(part.get("path_name", ""))
    if isinstance(target, str) and not (ALLOWED.fullmatch(target) and "__" not in target):
        return f"the operation {target!r}"
    if isinstance(size, str) and not _is_size(size):
        return f"the size {size!r}"
    if place.startswith(("opaque", "custom")):
        return f"a pickled object ({place})"
    if part.get("use_pickle") and not _only_tensors(archive.read(f"{folder}/{place}")):
        return f"a pickle with more than tensors in it ({place})"
    return None


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside another, itself among them."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _dicts(item)


def _only_tensors(content: bytes) -> bool:
    if not content:
        return True
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception:
        return False
    return True


def _is_size(text: str) -> bool:
    """Whether an expression is arithmetic on named sizes, and calls nothing else."""
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except SyntaxError:
        return False
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    plain = all(isinstance(node, SIZES + LOGIC) for node in nodes) and all(re.fullmatch(r"\w+", t) for t in texts)
    return plain and not any("__" in n for n in (*names, *texts)) and not names & (set(dir(builtins)) - HARMLESS)


def _unsafe(path: str, found: str) -> UnsafeFile:
    return UnsafeFile(
        f"{path!r} holds {found}: opening it could run code that is stored in it. A file as torch.export.save() "
        "writes it for plain tensors was expected. If you trust it, load it yourself and pass the network: "
        "vitrail.open(torch.export.load(path).module()).",
        path=path,
    )
