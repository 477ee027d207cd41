"""A small network in a file, and a way to run commands."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from vitrail.cli import app


class Pictures(nn.Module):
    """Two classes of (3, 8, 8) pictures: the mean of red, and of blue."""

    def forward(self, x):
        return torch.relu(x).mean((2, 3))[:, [0, 2]]


@pytest.fixture
def run():
    """(arguments) -> the result of the command; .json() reads its stdout."""

    def call(*arguments):
        result = CliRunner().invoke(app, list(map(str, arguments)))
        result.json = lambda: json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word))
        return result

    return call


@pytest.fixture
def refused(run):
    """(code, *arguments) -> the message of a refusal, which is the same with and without --json."""

    def call(code, *arguments):
        plain, told = run(*arguments), run(*arguments, "--json")
        assert (plain.exit_code, told.exit_code) == (2, 2), plain.output
        assert plain.stdout == told.stdout == ""
        assert "Traceback" not in plain.stderr
        envelope = json.loads(told.stderr)
        assert envelope == {"ok": False, "error": plain.stderr.removeprefix("Error: ").strip(), "code": code}
        return envelope["error"]

    return call


def exported(module, x, path):
    shape = {0: torch.export.Dim("batch")}
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=(shape,)), path)
    return path


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A .pt2 file: (batch, 4) -> (batch, 3), two layers and a relu."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).eval()
    return exported(module, torch.zeros(2, 4), tmp_path_factory.mktemp("network") / "small.pt2")


@pytest.fixture(scope="session")
def seer(tmp_path_factory):
    """A .pt2 file that reads pictures (batch, 3, 8, 8)."""
    return exported(Pictures().eval(), torch.zeros(2, 3, 8, 8), tmp_path_factory.mktemp("seer") / "seer.pt2")


@pytest.fixture
def x(tmp_path):
    """A .npy file with two examples."""
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32))
    return tmp_path / "x.npy"
