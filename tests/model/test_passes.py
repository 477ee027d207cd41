from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import ChooseOutput, NetworkFailed
from vitrail.model.ops import plain_name
from vitrail.model.passes import pick

Named = namedtuple("Named", "logits features")


class Returns(nn.Module):
    def __init__(self, form):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.form = form

    def forward(self, x):
        return self.form(self.fc(x))


@pytest.fixture
def rows():
    return torch.randn(4, 3, dtype=torch.float64)


def opened(form, **options):
    return vitrail.open(Returns(form).double(), **options)


def test_a_tuple_has_to_be_chosen_from(rows):
    with pytest.raises(ChooseOutput, match=r"a tuple of 2 outputs.*0 \(1, 2\), 1 \(1, 2\).*output=0\)") as told:
        opened(lambda h: (h, h * 2))(rows)
    assert told.value.facts == {"outputs": [0, 1]}
    model = opened(lambda h: (h, h * 2), output=1)
    torch.testing.assert_close(model(rows), model.network.module.fc(rows).detach() * 2)


def test_a_dict_has_to_be_chosen_from(rows):
    def form(h):
        return {"class": h, "none": None, "box": h[:, None].repeat(1, 3, 1)}

    with pytest.raises(ChooseOutput, match=r"dict of 2 outputs.*'class' \(1, 2\), 'box' \(1, 3, 2\).*output='class'\)"):
        opened(form)(rows)
    assert opened(form, output="box")(rows).shape == (4, 3, 2)


@pytest.mark.parametrize("choice", [2, -1, "class"])
def test_an_output_that_is_none_of_them_is_refused(choice, rows):
    with pytest.raises(ChooseOutput, match=rf"and {choice!r} is none of them\. They are: 0 "):
        opened(lambda h: (h, h), output=choice)(rows)


@pytest.mark.parametrize("choice", [0, "class"])
def test_a_choice_where_there_is_none_is_refused(choice, rows):
    with pytest.raises(ChooseOutput, match=r"returns one Tensor.*Leave output= out"):
        opened(lambda h: h, output=choice)(rows)


def test_one_output_in_a_tuple_needs_no_choice(rows):
    for form in (lambda h: (h,), lambda h: [h, None], lambda h: {"a": h}):
        assert opened(form)(rows).shape == (4, 2)


def test_logits_by_name_are_what_is_meant(rows):
    class Answer(dict):
        logits = property(lambda self: self["logits"])

    for form in (lambda h: Named(h, h * 2), lambda h: Answer(features=h * 2, logits=h)):
        model = opened(form)
        torch.testing.assert_close(model(rows), model.network.module.fc(rows).detach())


@pytest.mark.parametrize(
    ("form", "what"),
    [
        (lambda h: None, "a NoneType"),
        (lambda h: "text", "a str"),
        (lambda h: h.sum(), r"an array of shape \(\)"),
        (lambda h: 3.0, r"an array of shape \(\)"),
        (lambda h: h.flatten(), r"an array of shape \(2,\) for 1 examples"),
        (lambda h: torch.cat([h, h]), r"an array of shape \(2, 2\) for 1 examples"),
        (lambda h: h[:0], r"an array of shape \(0, 2\)"),
    ],
)
def test_what_has_no_row_for_each_example_is_refused(form, what, rows):
    with pytest.raises(ChooseOutput, match=rf"Returns returned {what}.*One row for each example"):
        opened(form)(rows)


def test_rows_that_are_mixed_only_in_larger_batches_are_noticed(rows):
    with pytest.raises(ChooseOutput, match=r"shape \(1, 2\) for 4 examples"):
        opened(lambda h: h.mean(0, keepdim=True))(rows)


def test_one_number_for_each_example_is_one_unit(rows):
    assert opened(lambda h: h[:, 0])(rows).shape == (4, 1)
    assert pick(np.ones(3), None, "f", 3).shape == (3, 1)


# -- networks whose path depends on the input --------------------------------------------------------------


class Moody(nn.Module):
    """Sums below 0 take another path."""

    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        return self.up(x).relu() if x.sum() > 0 else self.down(x).tanh()


@pytest.fixture
def moody():
    return vitrail.open(Moody().double()), torch.ones(1, 3, dtype=torch.float64)


def test_a_layer_that_another_path_leaves_out_is_noticed(moody):
    model, x = moody
    assert model.trace(x, keep=["up"]).layers["up"].shape == (1, 2)
    with pytest.raises(NetworkFailed, match="layer 'up' was not reached in this run"):
        model.trace(-x, keep=["up"])


def test_a_call_site_on_another_path_is_noticed(moody):
    model, x = moody
    model.trace(x, keep=["/relu#1"])
    with pytest.raises(NetworkFailed, match=r"called relu 0 times, and 1 times on the first example"):
        model.trace(-x, keep=["/relu#1"])


def test_a_failing_network_is_named_with_its_cause(rows):
    def form(h):
        if h.shape[0] > 1:
            raise ZeroDivisionError("of no use")
        return h

    with pytest.raises(NetworkFailed, match="Returns raised ZeroDivisionError while it ran: of no use") as told:
        opened(form)(rows)
    assert isinstance(told.value.__cause__, ZeroDivisionError)


# -- a way back of one's own -------------------------------------------------------------------------------


class Counting:
    """A way back that changes nothing and counts what it sees."""

    whole = False

    def __init__(self):
        self.seen, self.surveys = [], []

    def begin(self, survey):
        self.surveys.append(survey)
        return self.answer

    def start(self, value):
        return value

    def answer(self, func, args, kwargs):
        self.seen.append(plain_name(func))
        return func(*args, **kwargs)


def test_every_operation_of_every_pass_goes_the_way_back_also_where_a_layer_is_kept(rows):
    model, way = opened(lambda h: torch.softmax(h.relu() * 2, 1)), Counting()
    with model.asking(rows) as bound:
        x = bound.question.packed.x
        plain = bound.trace(x, keep=["/relu#1"])
        trace = bound.under(way).trace(x, keep=["/relu#1", "fc"])
        assert way.seen == ["linear", "relu", "mul", "softmax"]
        assert len(way.surveys) == 1
        assert way.surveys[0].places["linear", 1] == "fc"
        bound.under(way).trace(x)
        assert len(way.surveys) == 2
    torch.testing.assert_close(trace.layers["/relu#1"], plain.layers["/relu#1"])
    torch.testing.assert_close(trace.logits, plain.logits)
    assert trace.output is not trace.logits


@pytest.mark.parametrize(("whole", "passes"), [(False, 4), (True, 1)])
def test_a_way_may_ask_for_all_rows_together(rows, whole, passes, monkeypatch):
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: 1)
    model, way = opened(lambda h: h.relu()), Counting()
    way.whole = whole
    with model.asking(rows) as bound:
        bound.under(way).trace(bound.question.packed.x)
    assert len(way.surveys) == passes
