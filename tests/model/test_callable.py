import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import vitrail
from vitrail.errors import ChooseOutput, NoGradient
from vitrail.model.callable import CallableNetwork

W = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 0.25]])


def linear(x):
    return x @ W


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(5, 3))


def test_a_function_of_arrays_gives_its_own_answer(rows, same):
    model = vitrail.open(linear)
    same(model(rows), torch.as_tensor(linear(rows)))
    assert (model.name, model.network.framework) == ("linear", "callable")


def test_a_bound_method_is_a_function(rows, same):
    judge = LogisticRegression().fit(rows, [0, 1, 0, 1, 1])
    model = vitrail.open(judge.predict_proba)
    same(model(rows), torch.as_tensor(judge.predict_proba(rows)))
    answer = vitrail.explain(model, rows, "occlusion", vitrail.Output(1, of="probability"))
    torch.testing.assert_close(answer.checks["target_value"], judge.predict_proba(rows)[:, 1])
    said = np.array([p["probability"] for p in answer.provenance["prediction"]])
    torch.testing.assert_close(said, judge.predict_proba(rows).max(1))


def test_a_function_of_tensors_is_given_tensors(rows, same):
    weight = torch.as_tensor(W)

    def scores(x):
        return torch.nn.functional.softplus(x @ weight)

    model = vitrail.open(scores)
    same(model(rows), scores(torch.as_tensor(rows)))
    same(model(rows[:2]), scores(torch.as_tensor(rows[:2])))


def test_what_both_ways_refuse_is_told_as_the_first_said_it(rows):
    def strict(x):
        raise TypeError(f"no {type(x).__name__}")

    with pytest.raises(vitrail.VitrailError, match="no ndarray"):
        vitrail.open(strict)(rows)


@pytest.mark.parametrize("kind", ["tuple", "dict"])
def test_several_inputs_arrive_as_arrays(kind, rows, same):
    def both(a, b):
        assert isinstance(a, np.ndarray)
        assert isinstance(b, np.ndarray)
        return a @ W + b

    given = (rows, np.ones((5, 1))) if kind == "tuple" else {"b": np.ones((5, 1)), "a": rows}
    same(vitrail.open(both)(given), torch.as_tensor(both(rows, np.ones((5, 1)))))


def test_a_function_that_writes_into_its_input_changes_nobody_elses(rows):
    def greedy(x):
        x *= 0
        return x.sum(1, keepdims=True) + 1.0

    before = rows.copy()
    answer = vitrail.explain(greedy_model := vitrail.open(greedy), rows, "occlusion", 0)
    np.testing.assert_array_equal(rows, before)
    np.testing.assert_array_equal(answer.arrays["input"], before)
    assert float(greedy_model(rows)[0, 0]) == 1.0


def test_an_answer_that_shares_memory_with_something_is_copied(rows):
    kept = np.zeros((5, 2))

    def lazy(x):
        kept[: len(x)] = x @ W
        return kept[: len(x)]

    model = vitrail.open(lazy)
    first = model(rows)
    model(-rows)
    torch.testing.assert_close(first, torch.as_tensor(rows @ W))


@pytest.mark.parametrize("form", [lambda y: y.tolist(), lambda y: y.astype("f4"), lambda y: y[:, 0], lambda y: y > 0])
def test_lists_and_other_types_are_numbers_too(form, rows):
    answer = vitrail.open(lambda x: form(linear(x)))(rows)
    wanted = torch.as_tensor(np.array(form(linear(rows)))).reshape(5, -1)
    torch.testing.assert_close(answer, wanted)


def test_several_outputs_are_chosen_among(rows):
    def two(x):
        return {"scores": linear(x), "words": ["a"] * len(x), "sums": x.sum(1).tolist()}

    with pytest.raises(ChooseOutput, match="'scores'.*'sums'"):
        vitrail.open(two)(rows)
    torch.testing.assert_close(vitrail.open(two, output="sums")(rows)[:, 0], torch.as_tensor(rows.sum(1)))


def test_it_gives_no_gradients_and_has_no_layers(rows):
    model = vitrail.open(linear)
    with pytest.raises(NoGradient, match=r"linear \(callable\).*occlusion"):
        vitrail.explain(model, rows, "gradient", 0)
    assert len(model.layers) == 0
    assert model.fingerprint.digest() == vitrail.open(lambda x: x).fingerprint.digest()


def test_the_channels_of_pictures_are_where_there_are_few():
    network = CallableNetwork(linear)
    assert network.axes((2, 8, 9, 3))[3] == "channel"
    assert network.axes((2, 3, 8, 9))[1] == "channel"
    assert network.axes((2, 3, 8, 3))[1] == "channel"
    assert network.axes((2, 8, 4)) == ("batch", "step", "feature")
    with pytest.raises(AssertionError):
        network.tap(None, None, None)
