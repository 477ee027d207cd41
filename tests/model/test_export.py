import contextlib
import io
import json
import zipfile

import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import CannotOpen, UnsafeFile
from vitrail.model.export import _is_size, check_that_it_runs_no_code

RAN = []
LEAVES = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch's own, of its own program


def run():
    RAN.append(1)
    return torch.zeros(1)


class Code:
    def __reduce__(self):
        return run, ()


def code() -> bytes:
    buffer = io.BytesIO()
    torch.save(Code(), buffer)
    return buffer.getvalue()


@pytest.fixture
def program(picture, pixels):
    return torch.export.export(picture, (pixels,), dynamic_shapes=({0: torch.export.Dim("batch")},))


@pytest.fixture
def path(program, tmp_path):
    path = tmp_path / "network.pt2"
    torch.export.save(program, path)
    return path


def rewritten(path, change):
    """The file with `change(name, content) -> content or None` applied to every entry."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, change(name, content))
    return str(path)


def test_an_exported_file_gives_its_own_output_for_any_batch(path, picture, pixels, same):
    model = vitrail.open(path)
    with torch.no_grad():
        same(model(pixels), picture(pixels))
        same(model(pixels[:1]), picture(pixels[:1]))
    assert model.name == "network.pt2"


def test_its_layers_have_the_names_of_the_original(path, picture, pixels, same):
    model, original = vitrail.open(path), vitrail.open(picture)
    model(pixels), original(pixels)
    names = [layer.name for layer in original.layers if layer.module is not None]
    assert [layer.name for layer in model.layers if layer.module is not None] == names
    for name in ("block.0", "act#2"):
        same(model.trace(pixels, keep=[name]).layers[name], original.trace(pixels, keep=[name]).layers[name])


@LEAVES
def test_a_live_program_is_opened_too(program, picture, pixels, same):
    model = vitrail.open(program)
    with torch.no_grad():
        same(model(pixels), picture(pixels))
    assert model.name == "ExportedProgram"
    with torch.no_grad():
        same(vitrail.open(program.module())(pixels), picture(pixels))


@LEAVES
def test_its_softmax_is_stepped_over():
    network = nn.Sequential(nn.Linear(3, 4), nn.Softmax(1)).double()
    x = torch.randn(2, 3, dtype=torch.float64)
    model = vitrail.open(torch.export.export(network, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},)))
    torch.testing.assert_close(model.trace(x).logits, network[0](x).detach())


def test_a_program_for_one_size_of_batch_is_refused_with_the_way_out(picture, pixels):
    with pytest.raises(CannotOpen, match=r"exactly 3\. .*torch.export.Dim"):
        vitrail.open(torch.export.export(picture, (pixels,)))


@pytest.mark.parametrize("lost", [100, 2000, 10000])  # at 2000 a zip inside the zip is still whole
def test_a_truncated_file_is_told(path, lost):
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(CannotOpen, match="cut short"):
        vitrail.open(path)


def test_a_file_with_a_missing_part_is_told(path):
    with zipfile.ZipFile(path) as archive:
        entries = {n: archive.read(n) for n in archive.namelist() if "weight_0" not in n}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(CannotOpen, match="could not be read"):
        vitrail.open(path)


# -- nothing in it may run ---------------------------------------------------------------------------------


def test_a_pickle_inside_is_refused_and_does_not_run(path):
    changed = rewritten(path, lambda name, content: code() if name.endswith("sample_inputs/model.pt") else content)
    with pytest.raises(UnsafeFile, match=r"sample_inputs/model.pt.*If you trust it"):
        vitrail.open(changed)
    assert RAN == []
    with contextlib.suppress(TypeError):  # torch's own warning about it has a mistake
        torch.export.load(changed)  # torch itself runs it: the guard is needed
    assert RAN.pop() == 1


def test_a_pickled_weight_is_refused_and_does_not_run(path):
    def change(name, content):
        if name.endswith("weights/weight_0"):
            return code()
        if name.endswith("model_weights_config.json"):
            config = json.loads(content)
            next(e for e in config["config"].values() if e["path_name"] == "weight_0")["use_pickle"] = True
            return json.dumps(config)
        return content

    with pytest.raises(UnsafeFile, match="weight_0"):
        vitrail.open(rewritten(path, change))
    assert RAN == []


def in_the_graph(change):
    def changed(name, content):
        if not name.endswith("models/model.json"):
            return content
        graph = json.loads(content)
        change(graph["graph_module"]["graph"])
        return json.dumps(graph)

    return changed


@pytest.mark.parametrize(
    "target",
    ["torch.os.system", "torch.ops.load_library", "torch.ops.load_library.x", "_operator.methodcaller", "#a", "print",
     "torch.ops.aten.__class__", "torch.serialization.os.system"],
)  # fmt: skip
def test_an_operation_that_is_none_is_refused(target, path):
    changed = rewritten(path, in_the_graph(lambda graph: graph["nodes"][0].update(target=target)))
    with pytest.raises(UnsafeFile, match="operation"):
        vitrail.open(changed)


def test_a_size_that_calls_something_is_refused(path):
    def change(name, content):
        return content.replace(b"Symbol('", b"print('") if name.endswith("models/model.json") else content

    with pytest.raises(UnsafeFile, match="size"):
        vitrail.open(rewritten(path, change))


@pytest.mark.parametrize(
    "text", ["Symbol('s77', positive=True, integer=True)", "2*s0 + 1", "FloorDiv(s0, 2)", "Max(1, s0) - s1", "-s0", "3"]
)
def test_sizes_pass(text):
    assert _is_size(text)


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('x')", "open('f')", "eval('1')", "s0.x", "[1][0]", "Symbol('a b')", "(lambda: 1)()",
     "1 +", "Symbol('__import__')", "exec", "breakpoint()", "f'{s0}'"],
)  # fmt: skip
def test_other_expressions_do_not(text):
    assert not _is_size(text)


@pytest.mark.parametrize(
    "name",
    ["network/data/aotinductor/model/a.txt", "network/data/x.so", "network/data/constants/opaque_obj_0",
     "network/data/constants/custom_obj_0"],
)  # fmt: skip
def test_compiled_code_and_pickled_objects_are_refused(name, path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(UnsafeFile):
        vitrail.open(path)


def test_an_object_under_another_name_is_refused(path):
    config = json.dumps({"config": {"c": {"path_name": "opaque_obj_x", "use_pickle": True}}})
    changed = rewritten(path, lambda name, content: config if name.endswith("constants_config.json") else content)
    with pytest.raises(UnsafeFile, match="pickled object"):
        vitrail.open(changed)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_entries_of_one_name_are_refused(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("network/archive_format", b"pt2")
    with pytest.raises(UnsafeFile, match="two entries"):
        check_that_it_runs_no_code(str(path))
