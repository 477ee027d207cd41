"""`vitrail tune` from a table to the best network, and how spaces are written."""

import json

import numpy as np
import pandas as pd
import pytest

import vitrail
from vitrail.cli.tune import read_space
from vitrail.errors import BadSetting

QUICK = ("--target", "pet", "--epochs", "2", "--batch", "16", "--quiet")
SPACE = ("--space", '{"rate": [1e-6, 0.03], "hidden": [[4]]}', "--sampler", "grid")


@pytest.fixture
def table(tmp_path):
    """A .csv of two pets that age and weight tell apart."""
    rng = np.random.default_rng(0)
    pet = np.arange(80) % 2
    frame = pd.DataFrame({"age": pet * 5 + rng.normal(size=80), "weight": rng.normal(size=80) * 100})
    frame.assign(pet=np.where(pet, "yak", "ox")).to_csv(tmp_path / "pets.csv", index=False)
    return tmp_path / "pets.csv"


def test_the_best_is_kept_and_told(run, table, tmp_path):
    given = ("tune", "mlp-classifier", table, *QUICK, *SPACE, "--folder", tmp_path / "runs", "--name", "pets")
    result = run(*given, "--report", tmp_path / "page.html", "--save", tmp_path / "a.safetensors")
    assert result.exit_code == 0, result.output
    for words in ("trials 2", "pruned 0", "best validation loss", "0.03", "on the test part", "accuracy", "page.html"):
        assert words in result.stdout
    assert vitrail.open(tmp_path / "runs" / "pets").classes == ("ox", "yak")
    assert "What mattered" in (tmp_path / "page.html").read_text()
    assert vitrail.load(tmp_path / "a.safetensors").checks["best"] == {"rate": 0.03, "hidden": [4]}


def test_as_json_and_with_failures(run, table, tmp_path):
    path = tmp_path / "space.json"
    path.write_text('{"rate": [1e30, 0.03]}')
    given = ("tune", "mlp-classifier", table, *QUICK, "--space", path, "--sampler", "grid", "--folder", tmp_path)
    given += ("--optimizer", "sgd", "--activation", "relu", "--metric", "accuracy", "--pruner", "none")
    told = run(*given, "--json").json()
    assert told["kind"] == "tuning"
    assert told["checks"]["best"] == {"rate": 0.03}
    assert told["checks"]["failed"] == 1
    assert "Warning: trial 0 failed" in run(*given).stdout


def test_mistakes_are_refused(run, refused, table, tmp_path):
    given = ("tune", "mlp-classifier", table, *QUICK, "--folder", tmp_path)
    assert "Did you mean 'rate'" in refused("bad-setting", *given, "--space", '{"rat": [1]}')
    assert "no sampler named 'gird'" in refused("bad-setting", *given, "--sampler", "gird")
    assert "could not be read" in refused("bad-setting", *given, "--space", "{rate}")
    assert "Did you mean 'mlp-classifier'" in refused("bad-setting", "tune", "mlp-clasifier", table)


def test_spaces_are_json_or_a_file_of_it(tmp_path):
    space = {"rate": {"low": 0.1, "high": 1, "log": True}}
    (tmp_path / "space.json").write_text(json.dumps(space))
    assert read_space(json.dumps(space)) == read_space(str(tmp_path / "space.json")) == space
    assert read_space(None) is None
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(BadSetting, match="is no object"):
        read_space(str(tmp_path / "list.json"))
    with pytest.raises(BadSetting, match="could not be read"):
        read_space(str(tmp_path / "nowhere.json"))
