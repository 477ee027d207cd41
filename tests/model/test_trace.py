from dataclasses import FrozenInstanceError

import pytest
import torch

from vitrail.errors import BadTarget
from vitrail.model import Trace


def test_a_trace_is_a_record_that_stays():
    x = torch.ones(2, 3)
    trace = Trace(x, x, x, torch.arange(2))
    assert (dict(trace.layers), dict(trace.channels), trace.predicted, trace.hidden) == ({}, {}, None, "")
    with pytest.raises(FrozenInstanceError):
        trace.output = x
    assert trace != Trace(x, x, x, torch.arange(2))  # tensors are not compared


def test_hidden_logits_are_refused_where_they_are_asked_for():
    x = torch.ones(2, 3)
    assert Trace(x, x, x, torch.arange(2)).visible_logits() is x
    with pytest.raises(BadTarget, match=r"ends in a softmax .*of='probability'"):
        Trace(x, x, x, torch.arange(2), hidden="softmax").visible_logits()


def test_what_a_model_writes_into_it(picture, pixels):
    import vitrail

    trace = vitrail.open(picture).trace(pixels, keep=["act#1", "fc"])
    assert {name: tuple(value.shape) for name, value in trace.layers.items()} == {"act#1": (3, 3, 5, 6), "fc": (3, 5)}
    assert dict(trace.channels) == {"act#1": 1, "fc": 1}
    assert trace.output is trace.logits
    assert trace.predicted().tolist() == trace.output.argmax(1).tolist()
