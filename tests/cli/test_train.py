"""`vitrail train` from a table to a folder that opens, and what happens when it is stopped."""

import json

import numpy as np
import pandas as pd
import pytest

import vitrail
from vitrail.cli.train import epoch_told, listening
from vitrail.inputs.runs import RUN
from vitrail.train.run import Run
from vitrail.train.watch import Watch

QUICK = ("--target", "pet", "--hidden", "8,4", "--epochs", "3", "--rate", "0.05", "--batch", "16")


@pytest.fixture
def unreported(monkeypatch):
    """Without the pages, which take longer to draw than such networks to learn."""
    monkeypatch.setattr("vitrail.plot.report_run", lambda run, overwrite: [run.folder])


@pytest.fixture
def table(tmp_path):
    """A .csv of two pets that age and weight tell apart."""
    rng = np.random.default_rng(0)
    pet = np.arange(80) % 2
    frame = pd.DataFrame({"age": pet * 5 + rng.normal(size=80), "weight": rng.normal(size=80) * 100})
    frame.assign(pet=np.where(pet, "yak", "ox")).to_csv(tmp_path / "pets.csv", index=False)
    return tmp_path / "pets.csv"


def test_a_run_is_left_in_its_folder(run, table, tmp_path):
    result = run("train", "mlp-classifier", table, *QUICK, "--folder", tmp_path / "runs", "--name", "pets")
    assert result.exit_code == 0, result.output
    kept = Run(tmp_path / "runs" / "pets")
    assert kept.about["settings"]["hidden"] == [8, 4]
    assert kept.about["data"]["target"] == "pet"
    for name in ("report.html", "curves.png", "model.keras", "history.csv", "evaluation.safetensors"):
        assert (kept.folder / name).stat().st_size > 100
    for words in ("accuracy", "on the test part", "report.html", "epochs: 3"):
        assert words in result.stdout
    assert vitrail.open(kept.folder).classes == ("ox", "yak")
    assert vitrail.open(kept.folder).modality.columns == ["age", "weight"]


def test_json_holds_what_was_measured(run, table, tmp_path, unreported):
    told = run("train", "mlp-classifier", table, *QUICK, "--folder", tmp_path, "--json").json()
    assert told["run"] == str(tmp_path / "mlp-classifier")
    assert 0 <= told["evaluation"]["accuracy"] <= 1
    assert told["settings"]["rate"] == 0.05
    assert told["written"] == [told["run"]]


def test_a_finished_run_is_refused_before_the_data_are_read_and_replaced_when_asked(
    run, refused, table, tmp_path, unreported
):
    given = ("train", "mlp-classifier", table, *QUICK, "--folder", tmp_path)
    assert run(*given).exit_code == 0
    assert "already exists" in refused("already-exists", "train", "mlp-classifier", "nowhere.csv", "--folder", tmp_path)
    assert run(*given, "--overwrite").exit_code == 0


def test_ctrl_c_leaves_a_checkpoint_and_the_same_command_goes_on(run, table, tmp_path, monkeypatch, unreported):
    whole = ("train", "mlp-classifier", table, *QUICK)
    assert run(*whole, "--folder", tmp_path / "whole").exit_code == 0
    heard = Watch.epoch_ended

    def pressed(self, epoch, logs):
        heard(self, epoch, logs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "epoch_ended", pressed)
        result = run(*whole, "--folder", tmp_path / "stopped")
        told = run(*whole, "--folder", tmp_path / "other", "--json")
    assert (result.exit_code, told.exit_code) == (130, 130)
    assert "same command again, without --overwrite" in result.stderr
    assert json.loads(told.stderr)["code"] == "stopped"
    assert not json.loads((tmp_path / "stopped/mlp-classifier" / RUN).read_text())["finished"]
    assert run(*whole, "--folder", tmp_path / "stopped").exit_code == 0
    one, other = (Run(tmp_path / name / "mlp-classifier") for name in ("whole", "stopped"))
    assert one.history == other.history
    assert len(other.history) == 3


def test_the_bar_tells_the_epoch_and_its_losses():
    row = {"phase": "all", "epoch": 3, "rate": 0.1, "loss": 0.41234, "accuracy": 0.9, "val_loss": 0.5}
    assert epoch_told(row) == "epoch 3, loss 0.4123, validation loss 0.5"
    assert epoch_told({"epoch": 1}) == "epoch 1"


def test_a_new_epoch_does_not_move_the_bar():
    drawn = []

    def start(words):
        drawn.append(words)
        return lambda done, total: drawn.append((done, total))

    tell, hear = listening(start)
    tell(5, 20)
    hear({"epoch": 2, "loss": 0.5})
    assert drawn == ["", (5, 20), "epoch 2, loss 0.5", (5, 20)]


def test_mistakes_are_refused(refused, table, tmp_path):
    there = ("--folder", tmp_path)
    assert "Did you mean 'mlp-classifier'" in refused("bad-setting", "train", "mlp-clasifier", table, *there)
    told = refused("bad-setting", "train", "mlp-classifier", table, "--target", "pet", "--epochs", "0", *there)
    assert "epochs=0" in told
    told = refused("bad-setting", "train", "mlp-classifier", table, "--target", "pet", "--kernel", "3", *there)
    assert "no setting 'kernel'" in told
    assert "pett" in refused("bad-input", "train", "mlp-classifier", table, "--target", "pett", *there)
    assert list(tmp_path.iterdir()) == [table]
