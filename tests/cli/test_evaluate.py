"""`vitrail evaluate` on a run, and on a network from elsewhere."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from vitrail.cli import app
from vitrail.explanation import load
from vitrail.train.run import Run


@pytest.fixture(scope="module")
def pets():
    rng = np.random.default_rng(0)
    pet = np.arange(120) % 2
    frame = pd.DataFrame({"age": pet * 5 + rng.normal(size=120), "weight": rng.normal(size=120) * 100})
    return frame.assign(pet=np.where(pet, "yak", "ox"))


@pytest.fixture(scope="module")
def kept(pets, tmp_path_factory):
    """A run, and the .csv that it has learnt from."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patched:  # the pages are not looked at here
        patched.setattr("vitrail.plot.report_run", lambda run, overwrite: [])
        learn(pets, folder)
    return folder / "mlp-classifier", folder / "pets.csv"


def learn(pets, folder):
    pets.to_csv(folder / "pets.csv", index=False)
    given = ["train", "mlp-classifier", folder / "pets.csv", "--target", "pet", "--hidden", "8", "--epochs", "4"]
    result = CliRunner().invoke(app, list(map(str, [*given, "--rate", "0.05", "--folder", folder])))
    assert result.exit_code == 0, result.output


def test_a_run_on_its_own_data_says_what_training_said(run, kept):
    told = run("evaluate", *kept, "--target", "pet", "--json").json()
    own = Run(kept[0]).evaluation
    assert told["part"] == "test"
    assert told["checks"]["accuracy"] == own.checks["accuracy"]
    assert told["checks"]["log_loss"] == pytest.approx(own.checks["log_loss"], rel=1e-5)
    assert told["confusion"] == own.arrays["confusion"].tolist()
    assert told["labels"]["class"] == ["ox", "yak"]


def test_other_data_are_evaluated_as_a_whole_in_the_columns_and_units_of_the_run(run, kept, pets, tmp_path):
    turned = pets.iloc[:90:-1][["pet", "weight", "age"]]
    turned.to_csv(tmp_path / "new.csv", index=False)
    told = run("evaluate", kept[0], tmp_path / "new.csv", "--target", "pet", "--json").json()
    assert (told["part"], told["checks"]["examples"]) == ("all", 29)
    whole = run("evaluate", *kept, "--target", "pet", "--part", "all", "--save", tmp_path / "e.safetensors")
    assert whole.exit_code == 0
    answer = load(tmp_path / "e.safetensors")
    last = np.isin(answer.arrays["row"], range(91, 120))
    assert told["checks"]["accuracy"] == pytest.approx(answer.values[last].mean())
    assert told["checks"]["accuracy"] > 0.8


def test_a_report_and_a_picture(run, kept, tmp_path):
    page, picture = tmp_path / "e.html", tmp_path / "e.png"
    result = run("evaluate", *kept, "--target", "pet", "--report", page, "--plot", picture)
    assert result.exit_code == 0, result.output
    assert "on the test part of the data" in result.stdout
    assert "Class by class" in page.read_text(encoding="utf-8")
    assert picture.stat().st_size > 5000


def test_a_network_from_elsewhere(run, network, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(60) % 3)
    told = run("evaluate", network, tmp_path / "d.npz", "--part", "all", "--json").json()
    assert told["checks"]["examples"] == 60
    assert sum(map(sum, told["confusion"])) == 60
    assert run("evaluate", network, tmp_path / "d.npz", "--json").json()["part"] == "test"


def test_mistakes_are_refused(refused, kept, tmp_path):
    assert "--part 'tset'" in refused("bad-setting", "evaluate", *kept, "--target", "pet", "--part", "tset")
    frame = pd.read_csv(kept[1])
    frame.loc[:9, "pet"] = "emu"
    frame.to_csv(tmp_path / "emus.csv", index=False)
    assert "emu" in refused("bad-input", "evaluate", kept[0], tmp_path / "emus.csv", "--target", "pet")
