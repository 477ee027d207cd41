import torch
from torch import nn

from vitrail.cli.open import facts, named
from vitrail.inputs import open


def test_what_is_in_a_network(run, network, x):
    told = run("open", network, "--example", x, "--json").json()
    assert (told["ok"], told["framework"], told["run"]) == (True, "torch", True)
    assert told["parameters"] == 4 * 5 + 5 + 5 * 3 + 3
    assert len(told["weights"]) == 16
    assert told["layers"][-1]["shape"] == [1, 3]


def test_the_table(run, network, x):
    text = run("open", network, "--example", x).stdout
    assert "43 parameters" in text
    assert "(1, 3)" in text
    assert "not named" in text


def test_without_an_example_it_says_how_to_get_the_shapes(run, network):
    result = run("open", network)
    assert result.exit_code == 0
    assert "unknown until the network has run once" in result.stdout
    assert "--example" in result.stdout


def test_sites_can_be_left_out():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(2, 2)

        def forward(self, x):
            return self.line(self.line(x).relu())

    model = open(Twice())
    model(torch.zeros(1, 2))
    with_sites, without = facts(model, True), facts(model, False)
    assert [layer["site"] for layer in with_sites["layers"]].count(True) == 1
    assert [layer["name"] for layer in without["layers"]] == ["line#1", "line#2"]
    assert with_sites["parameters"] == without["parameters"] == 6  # the layer that runs twice counts once


def test_classes_out_of_a_file(run, network, tmp_path):
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\n")
    assert "ant, bee, cat" in run("open", network, "--classes", tmp_path / "names.txt").stdout
    assert named([str(i) for i in range(13)]).endswith("11, ... (13 in all)")


def test_a_keras_file_declares_its_shape_and_has_one_hash(run, tmp_path):
    from vitrail.model.keras import on_torch

    keras = on_torch()
    layers = [keras.Input((4,)), keras.layers.Dense(3, name="dense"), keras.layers.Dropout(0.5)]
    keras.Sequential(layers).save(tmp_path / "small.keras")
    first, second = (run("open", tmp_path / "small.keras", "--json").json() for _ in range(2))
    assert first["weights"] == second["weights"]
    assert first["input_shape"] == [4]
    assert first["run"] is True


def test_what_cannot_be_opened_is_refused(refused, tmp_path, network):
    (tmp_path / "x.pkl").write_bytes(b"\x80\x04N.")
    refused("cannot-open", "open", tmp_path / "missing.keras")
    assert "never opened" in refused("unsafe-file", "open", tmp_path / "x.pkl")
    refused("bad-input", "open", network, "--example", tmp_path / "missing.npy")
