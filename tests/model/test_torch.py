import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.errors import BadInput, BadTarget, CannotOpen
from vitrail.model.torch import TorchNetwork, open_script

OLD = "ignore:.*torch.jit.*deprecated:DeprecationWarning"  # how a test makes its file: torch would have it exported


class Ending(nn.Module):
    """A linear map that ends in `last`."""

    def __init__(self, last):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.last = last

    def forward(self, x):
        return self.last(self.fc(x))


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return {"scores": self.fc(x), "chances": self.fc(x).softmax(1)}


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return F.softmax(self.fc(x), dim=1).view(-1, 4) if x.size(0) > 1 else self.fc(x)


def script(network):
    """torch.jit.script knows builtins by the id of an object, which a list of the network may have by chance."""
    kept = []
    while True:
        try:
            return torch.jit.script(network)
        except RuntimeError as error:
            if "builtin cannot be used as a value" not in str(error) or len(kept) > 5:
                raise
            kept.append(network)
            network = copy.deepcopy(network)


def scripted(network, tmp_path, x=None):
    made = script(network) if x is None else torch.jit.trace(network, x)
    path = str(tmp_path / "network.pt")
    made.save(path)
    return path


@pytest.fixture
def rows():
    return torch.randn(6, 3, dtype=torch.float64)


def test_a_module_gives_its_own_output_to_the_last_bit(picture, pixels, same):
    model = vitrail.open(picture)
    with torch.no_grad():
        same(model(pixels), picture(pixels))
    assert (model.name, model.network.framework, model.network.differentiable) == ("Picture", "torch", True)


@pytest.mark.filterwarnings(OLD)  # torch's own, when it first compiles
def test_the_users_own_module_is_opened_from_inside_its_wrappers(picture, pixels, same):
    for wrapped in (
        torch.compile(picture),
        nn.DataParallel(picture),
        torch.compile(nn.DataParallel(torch.compile(picture))),
    ):
        model = vitrail.open(wrapped)
        assert model.network.module is picture
        with torch.no_grad():
            same(model(pixels), picture(pixels))


def test_a_network_in_training_mode_is_run_in_evaluation(pixels, picture, same):
    with torch.no_grad():
        expected = picture(pixels)
    same(vitrail.open(picture.train())(pixels), expected)


def test_the_networks_type_is_that_of_its_weights(picture, pixels):
    assert vitrail.open(picture).network.dtype == torch.float64
    assert vitrail.open(picture.float())(pixels.numpy()).dtype == torch.float32
    assert vitrail.open(nn.ReLU()).network.dtype is None
    assert vitrail.open(nn.ReLU())(pixels).dtype == torch.float64


def test_lazy_layers_are_refused_until_they_have_run():
    lazy = nn.Sequential(nn.LazyLinear(2))
    with pytest.raises(CannotOpen, match="lazy layers"):
        vitrail.open(lazy)
    lazy(torch.ones(1, 3))
    assert vitrail.open(lazy)(torch.ones(1, 3)).shape == (1, 2)


def test_only_what_is_certain_to_run_first_says_what_is_read():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(12, 2)

        def forward(self, x):
            return self.fc(x.flatten(1))

    assert TorchNetwork(nn.Sequential(nn.Sequential(nn.Linear(3, 2)), nn.Linear(2, 1))).input_shape() == (3,)
    assert TorchNetwork(nn.Sequential(Flat(), nn.ReLU())).input_shape() is None
    assert TorchNetwork(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))).input_shape() is None
    assert [TorchNetwork(nn.Sequential(kind(1, 1, 1))).rank() for kind in (nn.Conv1d, nn.Conv2d, nn.Conv3d)] == [
        3,
        4,
        5,
    ]
    model = vitrail.open(nn.Sequential(Flat(), nn.ReLU()))
    assert model.layers.names == ["0", "0.fc", "1"]  # no run with an invented input
    assert model(torch.ones(1, 3, 4)).shape == (1, 2)


def test_a_missing_batch_axis_is_noticed_where_convolutions_do_not(picture, pixels):
    class Grey(nn.Module):
        """It makes its channel axis itself, so pictures come without one."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 3, 3)

        def forward(self, x):
            return self.conv(x[:, None]).mean((2, 3))

    assert vitrail.open(Grey())(torch.ones(2, 5, 5)).shape == (2, 3)
    with pytest.raises(BadInput, match=r"batch axis"):
        vitrail.open(picture)(pixels[0])
    alone = nn.Sequential(nn.Identity(), nn.Conv2d(1, 2, 3))
    with pytest.raises(BadInput, match=r"\(1, 5, 5\).*batch axis"):
        vitrail.open(alone)(torch.ones(1, 5, 5))


def test_axes_follow_the_kind_of_input():
    assert TorchNetwork(nn.Conv1d(1, 1, 1)).axes((2, 3, 4)) == ("batch", "channel", "step")
    assert TorchNetwork(nn.LSTM(4, 2)).axes((2, 3, 4)) == ("batch", "step", "feature")
    assert TorchNetwork(nn.Conv2d(1, 1, 1)).axes((2, 1, 3, 4)) == ("batch", "channel", "height", "width")
    assert TorchNetwork(nn.Linear(1, 1)).axes((2, 1)) == ("batch", "feature")


# -- TorchScript -------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings(OLD)
@pytest.mark.parametrize("how", ["script", "trace"])
def test_a_torchscript_file_gives_its_own_output_and_gradients(how, picture, pixels, tmp_path, same):
    model = vitrail.open(scripted(picture, tmp_path, pixels if how == "trace" else None))
    x = pixels.clone().requires_grad_()
    expected = picture(x)
    same(model(pixels), expected.detach())
    (gradient,) = torch.autograd.grad(expected[:, 2].sum(), x)
    torch.testing.assert_close(model.gradient(pixels, vitrail.Output(2)), gradient)
    assert model.network.framework == "torchscript"
    assert len(model.layers) == 0


def test_reading_a_torchscript_file_says_nothing_about_its_age(picture, tmp_path):
    with pytest.warns(DeprecationWarning, match="torch.jit.script"):
        path = scripted(picture, tmp_path)
    assert open_script(path).name == "network.pt"  # warnings are errors here


@pytest.mark.filterwarnings(OLD)
def test_a_live_script_is_opened_as_one(picture, pixels, same):
    model = vitrail.open(script(picture))
    with torch.no_grad():
        same(model(pixels), picture(pixels))
    assert (model.name, model.network.watchable) == ("Picture", False)


@pytest.mark.filterwarnings(OLD)
@pytest.mark.parametrize(
    ("last", "name"),
    [
        (nn.Softmax(1), "softmax"),
        (nn.LogSoftmax(1), "log_softmax"),
        (nn.Sigmoid(), "sigmoid"),
        (nn.Sequential(nn.Softmax(1), nn.Flatten()), "softmax"),
    ],
)
@pytest.mark.parametrize("how", ["script", "trace"])
def test_a_hidden_softmax_is_told_and_not_taken_for_logits(last, name, how, rows, tmp_path):
    network = Ending(last).double()
    model = vitrail.open(scripted(network, tmp_path, rows if how == "trace" else None))
    for asked in (vitrail.Output(1), vitrail.Predicted(), vitrail.Output(1) - vitrail.Output(0)):
        with pytest.raises(BadTarget, match=rf"ends in a {name} .*of='probability'"):
            vitrail.explain(model, rows, "gradient", asked)
    chances = network(rows).exp() if name == "log_softmax" else network(rows)
    torch.testing.assert_close(model(rows, vitrail.Output(1, of="probability")), chances[:, 1].detach())
    torch.testing.assert_close(model(rows, vitrail.Output(1, of="output")), network(rows)[:, 1].detach())


@pytest.mark.filterwarnings(OLD)
def test_what_a_compiled_softmax_says_is_its_own_probability(rows, tmp_path):
    network = Ending(nn.Softmax(1)).double()
    model = vitrail.open(scripted(network, tmp_path))
    answer = vitrail.explain(model, rows, "gradient", vitrail.Predicted(of="probability"))
    said = [p["probability"] for p in answer.provenance["prediction"]]
    torch.testing.assert_close(torch.tensor(said, dtype=torch.float64), network(rows).amax(1).detach())
    torch.testing.assert_close(torch.as_tensor(answer.checks["target_value"]), network(rows).amax(1).detach())
    x = rows.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(x).amax(1).sum(), x)
    torch.testing.assert_close(torch.as_tensor(answer.values), gradient)


@pytest.mark.filterwarnings(OLD)
def test_a_hidden_softmax_is_looked_for_in_the_output_that_is_meant(rows, tmp_path):
    path = scripted(Several().double(), tmp_path)
    assert vitrail.open(path, output="scores")(rows, vitrail.Output(0)).shape == (6,)
    with pytest.raises(BadTarget, match="softmax"):
        vitrail.open(path, output="chances")(rows, vitrail.Output(0))


@pytest.mark.filterwarnings(OLD)
def test_a_hidden_softmax_is_found_in_one_branch(rows, tmp_path):
    assert open_script(scripted(Branch().double(), tmp_path)).hidden_head() == "softmax"
    assert open_script(scripted(Ending(nn.Tanh()).double(), tmp_path)).hidden_head() == ""
    inside = nn.Sequential(nn.Softmax(1), nn.Linear(3, 2)).double()
    assert open_script(scripted(inside, tmp_path)).hidden_head() == ""


# -- compiled parts ----------------------------------------------------------------------------------------


def test_compiled_parts_run_as_they_were_written_while_a_question_is_asked():
    """A compiled part is one opaque call; its operations could not be seen, and layers in it not be kept."""
    ran = []

    def backend(graph, inputs):
        ran.append("compiled")
        return graph.forward

    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = network(x)
    network[1] = torch.compile(network[1], backend=backend)
    model = vitrail.open(network)
    torch.testing.assert_close(model(x), expected)
    assert ran == []
    assert "1._orig_mod" in model.layers
    with torch.no_grad():
        network(x)
    assert ran == ["compiled"]  # and afterwards they are compiled again


@pytest.mark.filterwarnings(OLD)
def test_a_scripted_part_takes_no_taps_and_stops_nothing():
    network = nn.Sequential(nn.Linear(3, 4), script(nn.Linear(4, 2)))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    model = vitrail.open(network)
    with torch.no_grad():
        torch.testing.assert_close(model(x), network(x))
    assert model.layers.names == ["0"]
