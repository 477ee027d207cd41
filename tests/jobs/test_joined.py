"""Answers that are put together: the same as the answer about all examples at once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import vitrail
from vitrail.errors import BadInput
from vitrail.explanation import encode
from vitrail.jobs.joined import joined


def network(classes=("a", "b", "c")):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, len(classes))).double()
    return vitrail.open(module, classes=list(classes))


def rows(count=7):
    return torch.randn(count, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


METHODS = ["integrated-gradients", "kernel-shap", "shapley-interactions", "layer-activation", "smoothgrad"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cuts", [[3], [1, 2, 6], []])
def test_joined_parts_are_the_whole(method, cuts):
    model, x = network(), rows()
    parts = [vitrail.explain(model, part, method) for part in x.tensor_split(cuts)]
    answer, whole = joined(parts), vitrail.explain(model, x, method)
    assert list(answer.arrays) == list(whole.arrays)
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(answer.arrays[name], array, atol=1e-12, err_msg=name)
        assert answer.axes[name] == whole.axes[name]
    for name, check in whole.checks.items():
        if name in ("evaluations", "gradients"):  # a long sweep also checks a faster plan
            assert answer.checks[name] == sum(part.checks[name] for part in parts)
        elif isinstance(check, np.ndarray):
            np.testing.assert_allclose(answer.checks[name], check, atol=1e-9, err_msg=name)
        else:
            assert answer.checks[name] == check, name
    np.testing.assert_allclose(answer.outputs, whole.outputs, atol=1e-12)
    assert (answer.target, answer.labels) == (whole.target, whole.labels)
    said = [each["name"] for each in answer.provenance["prediction"]]
    assert said == [each["name"] for each in whole.provenance["prediction"]]
    assert answer.provenance["settings"] == whole.provenance["settings"]


def test_as_many_examples_as_classes_do_not_double_the_classes():
    model, x = network(), rows(6)
    answer = joined([vitrail.explain(model, part, "gradient") for part in x.split(3)])
    assert answer.labels["class"] == ["a", "b", "c"]


def test_the_same_bytes_whenever_it_is_asked():
    model, x = network(), rows()
    one, other = (encode(joined([vitrail.explain(model, part, "gradient") for part in x.split(3)])) for _ in range(2))
    assert one == other


def test_a_class_for_every_example():
    model, x, target = network(), rows(), [0, 1, 2, 0, 1, 2, 0]
    parts = [vitrail.explain(model, x[:3], "gradient", target=target[:3])]
    parts += [vitrail.explain(model, x[3:], "gradient", target=target[3:])]
    assert joined(parts).target == vitrail.explain(model, x, "gradient", target=target).target


def answer(length, count=2, **changes):
    """An answer about texts of so many tokens."""
    values = np.full((count, length), float(length))
    made = vitrail.Explanation(
        "attribution",
        {"values": values, "scale": np.ones(2)},
        {"values": ("batch", "token"), "scale": ("feature",)},
        {"finite": np.ones(count, bool), "evaluations": length, "note": "same"},
        np.zeros((count, 2)),
        {"target": "predicted"},
        {"token": [["x"] * length] * count},
        {"method": "gradient", "input": f"hash-{length}"},
    )
    return replace(made, **changes)


def test_texts_of_different_lengths_are_filled_up():
    whole = joined([answer(2), answer(4, count=1)])
    assert whole.values.tolist() == [[2, 2, 0, 0], [2, 2, 0, 0], [4, 4, 4, 4]]
    assert [len(tokens) for tokens in whole.labels["token"]] == [2, 2, 4]
    assert whole.checks["evaluations"] == 6
    assert whole.checks["note"] == "same"
    assert whole.provenance["input"] == ["hash-2", "hash-4"]


def test_what_differs_and_has_no_batch_is_refused():
    other = answer(2)
    other = replace(other, arrays={**other.arrays, "scale": np.zeros(2)})
    with pytest.raises(BadInput, match="array 'scale' has the axes"):
        joined([answer(2), other])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "map"}, "kind"),
        ({"provenance": {"method": "saliency"}}, "method"),
        ({"provenance": {"method": "gradient", "settings": {"steps": 3}}}, "settings"),
        ({"provenance": {"method": "gradient", "model": {"weights": "other"}}}, "network"),
        ({"checks": {}}, "checks"),
    ],
)
def test_answers_to_other_questions_are_refused(changes, word):
    with pytest.raises(BadInput, match=f"answers differ in their {word}"):
        joined([answer(2), answer(2, **changes)])


def test_nothing_to_join():
    with pytest.raises(BadInput, match="no answers to join"):
        joined([])
