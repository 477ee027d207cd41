import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from blobs import blobs, layered
from vitrail.errors import ChooseOutput, NetworkFailed
from vitrail.inputs.examples import Examples
from vitrail.signatures import read
from vitrail.signatures.read import as_stored, planned


def test_the_plan_knows_units_and_pool(layered_model):
    plan = planned(layered_model, Examples(blobs(5)[0]), "auto", "auto")
    assert plan.names == ["1", "3"]
    assert dict(plan.units) == {"1": 8, "3": 5}
    assert dict(plan.pool) == {"1": "raw", "3": "raw"}
    assert plan.outputs == 3


def test_a_batch_fits_its_bytes(layered_model, monkeypatch):
    monkeypatch.setattr(read, "LARGEST_BATCH", 1000)
    plan = planned(layered_model, Examples(blobs(5)[0]), "auto", "auto")
    assert plan.batch == 1000 // ((6 + 8 + 5) * 8)  # x and what is kept of it, eight bytes each


def test_what_is_read_is_what_the_layers_say(layered_model, monkeypatch):
    x, _ = blobs(30)
    plan = planned(layered_model, Examples(x), "auto", "auto")
    rows = np.array([4, 4, 29, 0])
    part = read.read(layered_model, plan, Examples(x), rows)
    trace = layered_model.trace(x[rows], keep=("1", "3"))
    for name in ("1", "3"):
        np.testing.assert_allclose(part.activations[name], trace.layers[name].numpy(), rtol=1e-6)
    np.testing.assert_allclose(part.logits, trace.logits.numpy(), rtol=1e-6)
    assert part.rows.tolist() == rows.tolist()


def test_logits_are_read_before_the_softmax():
    net = layered()
    x, _ = blobs(10)
    model = vitrail.open(nn.Sequential(*net, nn.Softmax(1)))
    plan = planned(model, Examples(x), "1", "auto")
    part = read.read(model, plan, Examples(x), np.arange(10))
    np.testing.assert_allclose(part.logits, net(torch.tensor(x)).detach().numpy(), rtol=1e-5)


def test_the_threshold_of_a_single_output():
    x = Examples(np.zeros((2, 6)))
    one = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    assert planned(vitrail.open(one), x, "1", "auto").threshold is None
    assert planned(vitrail.open(nn.Sequential(*one, nn.Sigmoid())), x, "1", "auto").threshold == 0.0


@pytest.mark.parametrize("where", ["output", "layer"])
def test_numbers_that_break_name_the_example(where):
    net = layered()
    x, _ = blobs(10)
    x[7] = 1e300
    if where == "output":
        with torch.no_grad():
            net[4].weight.mul_(1e300)
    model = vitrail.open(net)
    plan = planned(model, Examples(x), "auto", "auto")
    with pytest.raises(NetworkFailed, match=r"NaN or infinity at .* the first of them x\["):
        read.read(model, plan, Examples(x), np.arange(10))


def test_a_map_is_refused():
    net = nn.Sequential(nn.Conv1d(1, 2, 1), nn.ReLU(), nn.Conv1d(2, 2, 1))
    with pytest.raises(ChooseOutput, match="One row of classes, or one number"):
        planned(vitrail.open(net), Examples(np.zeros((2, 1, 5), np.float32)), "auto", "auto")


def test_as_a_store_gives_it_back(layered_model):
    x, _ = blobs(30)
    plan = planned(layered_model, Examples(x), "auto", "auto")
    part = read.read(layered_model, plan, Examples(x), np.arange(30))
    half = as_stored(part, "float16").activations["1"]
    np.testing.assert_array_equal(half, part.activations["1"].astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(as_stored(part, "float32").activations["1"], part.activations["1"])
    assert (half != part.activations["1"]).any()
