import pytest
import torch
from torch import nn

from vitrail.model.fingerprint import Fingerprint, digest
from vitrail.model.torch import TorchNetwork


def weights(**changes):
    return {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(2), **changes}


def test_equal_weights_have_one_hash_in_any_order():
    one = weights()
    assert digest(one) == digest({k: one[k].clone() for k in reversed(one)})
    assert len(digest(one)) == 16
    assert digest({"a": torch.arange(6.0).reshape(3, 2).T.contiguous()}) == digest(
        {"a": torch.arange(6.0).reshape(3, 2).T}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"a": torch.arange(6.0).reshape(3, 2)},
        {"a": torch.arange(6.0).reshape(2, 3).double()},
        {"a": torch.arange(6.0).reshape(2, 3).flip(0)},
        {"a": torch.nextafter(torch.arange(6.0).reshape(2, 3), torch.tensor(9.0))},
        {"b": torch.tensor(3)},
        {"b": torch.tensor(2, dtype=torch.int32)},
        {"c": torch.empty(0)},
    ],
)
def test_any_change_gives_another_hash(change):
    assert digest(weights(**change)) != digest(weights())


def test_types_count_also_where_the_bytes_are_equal():
    assert digest({"a": torch.zeros(2)}) != digest({"a": torch.zeros(2, dtype=torch.int32)})


def test_names_count():
    one = weights()
    assert digest({"aa": one["a"], "b": one["b"]}) != digest(one)
    assert digest({"a": one["b"], "b": one["a"]}) != digest(one)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.bool, torch.uint8, torch.complex64])
def test_every_type_can_be_hashed(kind):
    assert digest({"a": torch.ones(3).to(kind)}) != digest({"a": torch.zeros(3).to(kind)})


def test_the_hash_is_made_again_only_after_a_change(monkeypatch):
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    fingerprint, made = Fingerprint(TorchNetwork(network)), []
    monkeypatch.setattr("vitrail.model.fingerprint.digest", lambda w: made.append(1) or str(len(made)))
    assert [fingerprint.digest(), fingerprint.digest()] == ["1", "1"]
    changes = [
        lambda: network[0].weight.data.add_(1),
        lambda: network[0].weight.data.__setitem__((0, 0), 7),
        lambda: setattr(network[0].weight, "data", torch.zeros(2, 3)),
        lambda: setattr(network[0], "bias", nn.Parameter(torch.ones(2))),
        lambda: network[1].running_var.mul_(2),
        lambda: network[1].num_batches_tracked.add_(1),
        lambda: network.append(nn.Linear(2, 2)),
    ]
    for number, change in enumerate(changes, 2):
        change()
        assert [fingerprint.digest(), fingerprint.digest()] == [str(number)] * 2
