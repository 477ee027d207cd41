import pytest
import torch

import vitrail
from judging import linear, points, subject_of
from known import smooth
from vitrail.errors import BadInput, WrongLayer
from vitrail.metrics import near as module
from vitrail.metrics.near import Near, largest, length, traced

close = torch.testing.assert_close
NEAR = Near(0.3, 7, 0)
METHOD = vitrail.METHODS["integrated-gradients"](steps=8)


@pytest.fixture
def subject():
    with subject_of(smooth(8), points(), "predicted") as subject:
        yield subject


def test_the_copies_are_within_the_radius_on_all_sides(subject):
    steps = Near(0.3, 500, 0).x(subject) - subject.x
    assert steps.shape == (500, 5, 8)
    assert float(steps.abs().max()) <= 0.3 + 1e-12
    # uniform in -r..r: mean 0, variance r^2 / 3 = 0.03; of 4000 numbers with errors of 0.0027 and 0.0004
    assert abs(float(steps[:, 0].mean())) < 0.012
    assert abs(float(steps[:, 0].var()) - 0.03) < 0.002


def test_the_steps_are_the_same_for_all_examples_and_others_for_every_draw(subject):
    steps = NEAR.x(subject) - subject.x
    close(steps, steps[:, :1].expand_as(steps))
    assert len({round(float(step), 9) for step in steps[:, 0].flatten()}) == 7 * 8


def test_how_far_they_are(subject):
    copies = NEAR.x(subject)
    expected = [[(copies[k, i] - subject.x[i]).square().sum().sqrt() for i in range(5)] for k in range(7)]
    close(NEAR.moved(subject), torch.tensor(expected, dtype=torch.float64))


def test_what_is_said_there_by_loops(subject):
    """Every copy by itself, and the class of its original by number."""
    model, copies = vitrail.open(smooth(8)), NEAR.x(subject)
    found, heard = NEAR.answers(subject, METHOD), NEAR.heard(subject, "1")
    assert found.shape == (7, 5, 8)
    predicted = smooth(8)(subject.x).argmax(1)
    for k in range(7):
        for i in range(5):
            one = copies[k, i][None]
            close(found[k, i], torch.as_tensor(vitrail.explain(model, one, METHOD, int(predicted[i])).values[0]))
            close(heard.logits[k, i], model(one)[0])
            close(heard.layer[k, i], torch.tanh(smooth(8)[0](one))[0].detach())
            assert bool(heard.same[k, i]) == (int(model(one).argmax()) == int(predicted[i]))


def test_copies_that_change_their_class_are_found():
    x = 0.01 * points()
    with subject_of(linear(), x) as subject:
        same = Near(0.3, 20, 0).heard(subject).same
        expected = [
            [int(linear()(y).argmax()) == int(linear()(x[i]).argmax()) for i, y in enumerate(ys)]
            for ys in Near(0.3, 20, 0).x(subject)
        ]
    assert same.tolist() == expected
    assert 0 < same.sum() < same.numel()


def test_parts_that_fit_one_question_give_the_same(subject, monkeypatch):
    whole, heard = NEAR.answers(subject, METHOD), NEAR.heard(subject, "1")
    assert len(NEAR.parts(subject)) == 1
    subject.memory.clear()
    monkeypatch.setattr(module, "TOGETHER", 3 * subject.x.numel())
    assert [len(part) for part in NEAR.parts(subject)] == [15, 15, 5]
    close(NEAR.answers(subject, METHOD), whole)
    close(NEAR.heard(subject, "1").layer, heard.layer)
    close(NEAR.heard(subject, "1").logits, heard.logits)
    monkeypatch.setattr(module, "TOGETHER", 1)
    assert len(NEAR.parts(subject)) == 7


def test_a_layer_is_read_on_request(subject):
    logits, nothing = traced(subject.model, subject.x, None)
    close(logits, smooth(8)(subject.x).detach())
    assert nothing.shape == (5, 0)
    assert NEAR.heard(subject).layer is None


def test_a_layer_without_the_batch_is_refused():
    class Mixed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = torch.nn.Identity()

        def forward(self, x):
            return x + self.seen(x.mean(0))

    with subject_of(Mixed(), points()) as subject, pytest.raises(WrongLayer, match="One row for each example"):
        NEAR.heard(subject, "seen")


def test_the_largest_over_what_counts():
    values = torch.tensor([[1.0, 5.0, 2.0], [3.0, 4.0, 9.0]])
    valid = torch.tensor([[True, False, False], [True, True, False]])
    close(largest(values, valid), torch.tensor([3.0, 4.0, torch.nan]), equal_nan=True)


def test_the_length_of_rows():
    close(length(torch.tensor([[3.0, 4.0], [0.0, 0.0]])), torch.tensor([5.0, 0.0], dtype=torch.float64))


class Two(torch.nn.Module):
    def forward(self, one, two):
        return one @ one.new_ones(3, 2) + two


def test_several_inputs_are_refused():
    with (
        subject_of(Two(), (torch.ones(2, 3), torch.ones(2, 2))) as subject,
        pytest.raises(BadInput, match="plain numb"),
    ):
        NEAR.x(subject)


@pytest.mark.parametrize("kind", ["held", "groups"])
def test_tokens_and_categories_are_refused(subject, kind):
    object.__setattr__(subject.model.question.packed, kind, torch.zeros(5, 8))
    with pytest.raises(BadInput, match="Leave robustness out"):
        NEAR.answers(subject, METHOD)
