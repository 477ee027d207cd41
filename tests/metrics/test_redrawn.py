import copy

import pytest
import torch
from torch import nn

import vitrail
from judging import linear, noise, points, subject_of
from known import smooth
from vitrail.errors import BadInput, BadSetting
from vitrail.metrics.redrawn import answer_redrawn, parts, redrawn, steps
from vitrail.metrics.subject import Subject

close = torch.testing.assert_close
GRADIENT = vitrail.METHODS["gradient"]()


class Branched(nn.Module):
    """Registered in another order than they run; weights at the root, in a list, and in a part that is never called."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 3)
        self.look = nn.MultiheadAttention(8, 2, batch_first=True)
        self.first = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)), nn.Tanh()])
        self.places = nn.Parameter(torch.full((8,), 0.5))
        self.register_parameter("codes", nn.Parameter(torch.arange(3), requires_grad=False))

    def forward(self, x):
        for part in self.first:
            x = part(x)
        x = (x + self.places)[:, None]
        return self.head(self.look(x, x, x, need_weights=False)[0][:, 0])


def branched():
    return Branched().double().eval()


def test_modules_with_weights_come_from_the_output_down():
    with subject_of(smooth(8), points()) as subject:
        assert parts(subject) == ["2", "0"]
    with subject_of(branched(), points()) as subject:
        found = parts(subject)
    assert found[0] == "head"
    assert set(found[1:3]) == {"look", "look.out_proj"}
    assert found[3:] == ["first.0.1", "first.0.0", ""]


def test_the_order_of_the_steps():
    names = ["c", "b", "a"]
    assert list(steps(names, "cascading")) == [["c"], ["c", "b"], ["c", "b", "a"]]
    assert list(steps(names, "rising")) == [["a"], ["a", "b"], ["a", "b", "c"]]
    assert list(steps(names, "independent")) == [["c"], ["b"], ["a"]]
    with pytest.raises(BadSetting, match="cascading, rising, independent"):
        list(steps(names, "upwards"))


def test_only_the_named_modules_are_drawn_anew_and_yours_never():
    net = branched()
    before = copy.deepcopy(net.state_dict())
    with subject_of(net, points()) as subject:
        made, again, back, other = (
            copy.deepcopy(redrawn(subject, names, seed).network.module.state_dict())
            for names, seed in ((["head", ""], 0), (["head"], 0), ([], 0), (["head"], 1))
        )
    changed = {name for name in before if not torch.equal(made[name], before[name])}
    assert changed == {"head.weight", "head.bias", "places"}
    close(net.state_dict(), before, rtol=0, atol=0)
    close(again["head.weight"], made["head.weight"], rtol=0, atol=0)
    close(again["places"], before["places"], rtol=0, atol=0)
    close(back, before, rtol=0, atol=0)
    assert not torch.equal(other["head.weight"], made["head.weight"])


def test_what_was_drawn_before_does_not_matter():
    net = branched()

    def made(*steps):
        with subject_of(net, points()) as subject:
            return [copy.deepcopy(redrawn(subject, names, 0).network.module.state_dict()) for names in steps][-1]

    there = made(["look", "first.0.0"])
    close(made(["head", "look"], ["", "look"], ["look", "first.0.0"]), there, rtol=0, atol=0)
    assert not torch.equal(there["look.in_proj_weight"], net.state_dict()["look.in_proj_weight"])


def test_a_weight_that_two_modules_share_stays_drawn_anew_while_one_of_them_is():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(8, 8), nn.Linear(8, 8)
            self.two.weight = self.one.weight

        def forward(self, x):
            return self.two(self.one(x).tanh())

    with subject_of(Tied().double(), points()) as subject:
        both, one, two = (
            redrawn(subject, names, 0).network.module.one.weight.clone() for names in (["one", "two"], ["one"], ["two"])
        )
        old = subject.model.network.module.one.weight
    close(both, one, rtol=0, atol=0)
    close(both, two, rtol=0, atol=0)
    assert not torch.equal(both, old)


def test_new_weights_are_normal_and_of_the_old_size():
    net = nn.Linear(100, 100).double()
    with torch.no_grad():
        net.weight.copy_(3 + 4 * noise(net.weight))
        net.bias.zero_()
    with subject_of(net, torch.ones(1, 100)) as subject:
        made = redrawn(subject, [""], 0).network.module
    # mean 0, deviation 5 = sqrt(3^2 + 4^2), kurtosis 3; 10 000 numbers: errors 0.05, 0.035, 0.05
    weight = made.weight / 5
    assert abs(float(weight.mean())) < 0.04
    assert abs(float(weight.std()) - 1) < 0.04
    assert abs(float((weight**4).mean()) - 3) < 0.3
    assert (made.bias == 0).all()
    assert len({float(w) for w in made.weight[0]}) == 100


def test_the_copy_is_asked_about_the_class_of_the_network_itself():
    x = points()
    with subject_of(linear(), x, "predicted") as subject:
        new = redrawn(subject, [""], 3)
        predicted = linear()(x).argmax(1)
        weight = new.network.module.weight
        assert (new(x).argmax(1) != predicted).any()
        close(answer_redrawn(subject, GRADIENT, [""], 3), weight[predicted])


def test_the_answer_to_all_modules_is_kept_and_those_to_steps_are_not():
    asked = []

    def counted(model, x, target):
        asked.append(1)
        return x

    with subject_of(smooth(8), points()) as subject:
        for names in (["2"], ["2", "0"], ["0", "2"], ["2"]):
            answer_redrawn(subject, counted, names, 0)
    assert len(asked) == 3


def test_what_the_model_was_opened_with_goes_along():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(8, 3).double()

        def forward(self, x):
            return {"no": x, "yes": self.dense(x)}

    model = vitrail.open(Twice(), output="yes", classes=["a", "b", "c"])
    with subject_of(model, points()) as subject:
        new = redrawn(subject, ["dense"], 0)
        assert new.classes == ("a", "b", "c")
        assert new(points()).shape == (5, 3)


def refused(net) -> Subject:
    with subject_of(net, points()) as subject:
        parts(subject)
        redrawn(subject, [""], 0)


def test_networks_that_cannot_be_drawn_anew_are_refused():
    with pytest.raises(BadInput, match="'callable'"):
        refused(lambda x: x)
    with pytest.warns(DeprecationWarning, match=r"torch\.jit\.script"):
        scripted = torch.jit.script(linear())
    with pytest.raises(BadInput, match="'torchscript'"):
        refused(scripted)
    with pytest.raises(BadInput, match="has no weights"):
        refused(nn.Identity())


def test_a_network_that_cannot_be_copied_is_refused():
    class Alone(nn.Linear):
        def __deepcopy__(self, memo):
            raise TypeError("there is only one")

    with pytest.raises(BadInput, match="there is only one"):
        refused(Alone(8, 2).double())
