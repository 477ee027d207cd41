import sys

import numpy as np
import pandas
import pytest

import vitrail
from vitrail.cli.signatures import called, counted, named
from vitrail.errors import BadSetting


@pytest.fixture
def data(tmp_path, network):
    """(x.npy, labels.npy): 90 examples in three groups, and what the network says about them, with some mistakes."""
    random = np.random.default_rng(0)
    middles = random.normal(size=(3, 4)) * 3
    x = (middles[np.arange(90) % 3] + random.normal(size=(90, 4))).astype(np.float32)
    said = vitrail.open(str(network))(x).argmax(1).numpy()
    y = np.where(np.arange(90) % 15 == 0, (said + 1) % 3, said)
    np.save(tmp_path / "data.npy", x)
    np.save(tmp_path / "labels.npy", y)
    return tmp_path / "data.npy", tmp_path / "labels.npy"


QUICK = ["--clusters", 3, "--held-out", 0]


def test_the_answer_is_the_one_of_python(run, network, data, tmp_path):
    x, y = data
    flags = ["--labels", y, "--layers", "0, 1", "--clusters", "3,2", "--bins", "4:quantile"]
    told = run("signatures", network, x, *flags, "--seed", 5, "--fit", "all", "--held-out", 0, "--save", tmp_path / "s",
               "--json")  # fmt: skip
    assert told.exit_code == 0, told.output
    answer = vitrail.signatures(
        vitrail.open(str(network)), np.load(x), np.load(y), ["0", "1"], [3, 2], "4:quantile", seed=5, fit="all",
        held_out=0,
    )  # fmt: skip
    saved, told = vitrail.load(tmp_path / "s"), told.json()
    assert len(np.unique(answer.values)) > 1
    np.testing.assert_array_equal(saved.values, answer.values)
    assert told["written"] == [str(tmp_path / "s")]
    assert [(row["layer"], row["units"], row["clusters"]) for row in told["layers"]] == [("0", 5, 3), ("1", 5, 2)]
    np.testing.assert_allclose([row["purity"] for row in told["layers"]], answer.arrays["statistics/purity"])
    flow = answer.flow()
    assert told["signatures"][0]["count"] == flow.values[0]
    assert told["signatures"][0]["signature"] == flow.arrays["signature"][0].tolist()
    assert told["signatures"][0]["share"] == pytest.approx(flow.values[0] / 90)
    assert sum(row["count"] for row in told["signatures"]) <= told["checks"]["examples"] == 90
    assert told["checks"]["accuracy"] == pytest.approx(84 / 90)


def test_the_tables(run, network, data):
    x, y = data
    result = run("signatures", network, x, "--labels", y, *QUICK)
    assert result.exit_code == 0, result.output
    assert "90 examples, 93.3% of them read rightly; clusters fitted on 84" in result.stdout
    for words in ("purity", "dead", "signature", "output class", "share"):
        assert words in result.stdout
    without = run("signatures", network, x, *QUICK).stdout
    assert "90 examples; clusters fitted on 90" in without
    assert "unknown" in without


def test_the_page_and_the_picture_are_written(run, network, data, tmp_path):
    page, drawn, store = tmp_path / "a.html", tmp_path / "a.svg", tmp_path / "store"
    flags = [*QUICK, "--report", page, "--plot", drawn, "--store", store]
    result = run("signatures", network, data[0], "--labels", data[1], *flags)
    assert result.exit_code == 0, result.output
    assert f"written: {page}" in result.stdout
    assert f"activations: {store}" in result.stdout
    assert (store / "store.json").is_file()
    assert page.read_text().startswith("<!doctype html>")
    assert drawn.read_bytes().startswith(b"<?xml")


def test_labels_out_of_a_column(run, network, data, tmp_path):
    frame = pandas.DataFrame(np.load(data[0]), columns=list("abcd"))
    frame.insert(2, "truth", np.load(data[1]))
    frame.to_csv(tmp_path / "x.csv", index=False)
    by_column = run("signatures", network, tmp_path / "x.csv", "--labels", "truth", *QUICK, "--json").json()
    by_file = run("signatures", network, data[0], "--labels", data[1], *QUICK, "--json").json()
    assert by_column["signatures"] == by_file["signatures"]
    assert by_column["checks"]["accuracy"] == by_file["checks"]["accuracy"] < 1


def test_examples_of_their_own_calibrate_trust(run, network, data, tmp_path):
    np.save(tmp_path / "fresh.npy", np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32))
    told = run("signatures", network, data[0], "--calibration", tmp_path / "fresh.npy", "--clusters", 2, "--json")
    assert told.exit_code == 0, told.output
    told = told.json()
    assert told["checks"]["calibrated_on"] == "given"
    assert told["checks"]["fitted"] == 90


@pytest.fixture
def closed(monkeypatch):
    """The network must not be opened."""
    module = sys.modules["vitrail.cli.source"]
    monkeypatch.setattr(module, "open", lambda *_, **__: pytest.fail("the network was opened"))


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("bad-input", ["--labels", "missing.npy"]),
        ("bad-input", ["--labels", "truth"]),
        ("bad-input", ["--calibration", "missing.npy"]),
        ("bad-setting", ["--clusters", "many"]),
        ("bad-setting", ["--clusters", "0"]),
        ("bad-setting", ["--plot", "a.txt"]),
        ("bad-setting", ["--save", "a.html", "--report", "a.html"]),
        ("already-exists", ["--save", "taken"]),
    ],
    ids=str,
)
def test_what_cannot_go_well_is_refused_before_the_network_is_opened(
    closed, refused, network, data, tmp_path, monkeypatch, code, flags
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("mine")
    before = set(tmp_path.iterdir())
    refused(code, "signatures", network, data[0], *flags)
    assert set(tmp_path.iterdir()) == before
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("no-such-layer", ["--layers", "nine"]),
        ("bad-setting", ["--bins", "many"]),
        ("bad-setting", ["--fit", "some"]),
        ("bad-setting", ["--held-out", "1.5"]),
        ("bad-setting", ["--clusters", "3,3,3,3"]),
        ("bad-input", ["--clusters", "91", "--held-out", "0"]),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_and_nothing_written(refused, network, data, tmp_path, code, flags):
    refused(code, "signatures", network, data[0], *flags, "--save", tmp_path / "s", "--report", tmp_path / "r.html")
    assert not (tmp_path / "s").exists()
    assert not (tmp_path / "r.html").exists()


def test_labels_of_another_length_are_refused(refused, network, data, tmp_path):
    np.save(tmp_path / "short.npy", np.zeros(89, int))
    assert "90" in refused("bad-input", "signatures", network, data[0], "--labels", tmp_path / "short.npy")


def test_flags_as_they_are_said():
    assert (named("auto"), named("a"), named("a.b, /relu#1")) == ("auto", ["a"], ["a.b", "/relu#1"])
    assert (counted("auto"), counted("7"), counted("8, gap,auto")) == ("auto", 7, [8, "gap", "auto"])
    for wrong in ("", "8,", "-3", "1.5", "silhouette"):
        with pytest.raises(BadSetting, match="clusters"):
            counted(wrong)


def test_classes_are_called_by_name():
    assert [called(["ant", "bee"], i) for i in (0, 1, 2, -1)] == ["ant", "bee", "2", "unknown"]
