import json
import sys

import numpy as np
import pytest

import vitrail
from leaderboards import VERDICTS, leaderboard
from vitrail.cli.compare import facts, lines, parted
from vitrail.errors import BadSetting
from vitrail.metrics.choose import METRICS


@pytest.fixture
def six(tmp_path):
    """A .npy file with six examples."""
    np.save(tmp_path / "six.npy", np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32))
    return tmp_path / "six.npy"


@pytest.fixture
def asked(monkeypatch):
    """A made-up leaderboard in place of a real one; the settings of each call."""
    calls = []

    def stand_in(model, x, methods, metrics, masks, target, **settings):
        calls.append({"x": x, "methods": methods, "metrics": metrics, "masks": masks, "target": target, **settings})
        return leaderboard(missing={(0, 0): 4})

    monkeypatch.setattr(sys.modules["vitrail.cli.compare"], "ask", stand_in)
    return calls


def test_the_answer_is_the_one_of_python(run, network, six, tmp_path):
    flags = ["--method", "gradient,saliency", "--method", "occlusion", "--metric", "deletion", "--metric", "insertion"]
    more = ["--target", 1, "--seed", 3, "--confidence", 0.8, "--baseline", 0.5, "--quiet"]
    told = run("compare", network, six, *flags, *more, "--save", tmp_path / "b", "--json")
    assert told.exit_code == 0, told.output
    answer = vitrail.compare(
        vitrail.open(str(network)), np.load(six), ["gradient", "saliency", "occlusion"], ["deletion", "insertion"],
        target=1, seed=3, confidence=0.8, baseline=0.5,
    )  # fmt: skip
    assert len(np.unique(answer.values)) > 4
    np.testing.assert_array_equal(vitrail.load(tmp_path / "b").values, answer.values)
    told = told.json()
    assert told["written"] == [str(tmp_path / "b")]
    assert told["verdicts"] == answer.labels["verdict"]
    deletion = {row["method"]: row for row in told["metrics"][0]["methods"]}
    for place, name in enumerate(answer.labels["method"]):
        assert deletion[name]["mean"] == pytest.approx(answer.values[place, 0])
        assert deletion[name]["rank"] == answer.arrays["rank"][place, 0]


def test_the_verdicts_and_then_the_table(run, network, six, asked):
    result = run("compare", network, six, "--method", "saliency")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert text.startswith(f"{VERDICTS[0]}\n{VERDICTS[1]}\n")
    assert text.index("interval") > text.index(VERDICTS[1])
    rows = [line.split() for line in text.splitlines()]
    assert ["gain", "1", "even", "2.90", "[2.65,", "3.15]"] in rows
    assert ["–", "good", "–"] in rows
    assert ["good", "0", "0"] in rows
    assert "–: no score" in text
    assert "intervals at 95 %" in text


def test_what_is_asked_when_nothing_is_said(run, network, six, asked):
    assert run("compare", network, six, "--method", "saliency").exit_code == 0
    (call,) = asked
    np.testing.assert_array_equal(call.pop("x"), np.load(six))
    call.pop("progress")
    assert call == {
        "methods": ["saliency"],
        "metrics": ["srg", "faithfulness-correlation"],
        "masks": None,
        "target": "predicted",
        "players": "auto",
        "patch": None,
        "count": 50,
        "fill": "baseline",
        "baseline": 0.0,
        "seed": 0,
        "confidence": 0.95,
    }


def test_every_flag_arrives(run, network, six, asked, tmp_path):
    np.save(tmp_path / "m.npy", np.eye(6, 4) > 0)
    flags = ["--masks", tmp_path / "m.npy", "--target", "0,1,2,0,1,2", "--players", "columns", "--patch", 2]
    flags += ["--count", 7, "--fill", "conditional", "--baseline", six]
    assert run("compare", network, six, "--method", "saliency", *flags).exit_code == 0
    (call,) = asked
    np.testing.assert_array_equal(call["masks"], np.eye(6, 4) > 0)
    np.testing.assert_array_equal(call["baseline"], np.load(six))
    assert call["target"] == [0, 1, 2, 0, 1, 2]
    assert (call["players"], call["patch"], call["count"], call["fill"]) == ("columns", 2, 7, "conditional")


def test_boxes_arrive_as_they_are_written(run, network, six, asked, tmp_path):
    boxes = [[0, 0, 2.5, 2], [[1, 1, 2, 2], [0, 0, 1, 1]], []]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes), encoding="utf-8")
    result = run("compare", network, six, "--method", "saliency", "--masks", tmp_path / "boxes.json")
    assert result.exit_code == 0, result.output
    assert asked[0]["masks"] == boxes


def test_boxes_of_a_table_are_refused(refused, network, six, tmp_path):
    (tmp_path / "boxes.json").write_text(json.dumps([[0, 0, 1, 1]] * 5), encoding="utf-8")
    flags = ["--method", "saliency", "--metric", "pointing-game", "--masks", tmp_path / "boxes.json"]
    assert "masks have shape (5, 4), and x (6, 4)" in refused("bad-input", "compare", network, six, *flags)


def test_the_page_and_the_picture_are_written(run, network, six, asked, tmp_path):
    page, drawn = tmp_path / "b.html", tmp_path / "b.png"
    result = run("compare", network, six, "--method", "saliency", "--report", page, "--plot", drawn)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert 'class="verdicts"' in text
    assert f"Which methods explain {vitrail.open(str(network)).name} best" in text
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_rows_are_sorted_and_named_once():
    rows = lines(leaderboard(), 1)
    assert [row[0] for row in rows] == ["loss", "(lower is better)", "", "", ""]
    assert [row[2] for row in rows] == ["good", "even", "edge", "bad", "random"]
    assert [row[1] for row in rows] == ["1", "2", "3", "4", "4"]


def test_json_tells_ranks_and_costs():
    told = facts(leaderboard(missing={(0, 0): 4}))
    gain, loss = told["metrics"]
    assert (gain["metric"], gain["better"], loss["better"]) == ("gain", "higher", "lower")
    assert gain["methods"][0] == {"method": "even", "mean": 2.9, "low": 2.65, "high": 3.15, "rank": 1, "scored": 4}
    assert (gain["methods"][-1]["method"], gain["methods"][-1]["rank"], gain["methods"][-1]["scored"]) == (
        "good",
        None,
        0,
    )
    assert told["methods"][2] == {"method": "bad", "seconds": 0.5, "evaluations": 2000}


def test_names_stand_once():
    assert parted(["a, b", "c", "a"], "--method") == ["a", "b", "c"]
    with pytest.raises(BadSetting, match="--method names nothing"):
        parted([" ,"], "--method")


@pytest.fixture
def closed(monkeypatch):
    """The network must not be opened."""
    module = sys.modules["vitrail.cli.source"]
    monkeypatch.setattr(module, "open", lambda *_, **__: pytest.fail("the network was opened"))


@pytest.mark.parametrize(
    ("code", "words", "flags"),
    [
        ("no-such-method", "Did you mean 'saliency'", ["--method", "salency"]),
        ("bad-setting", "Did you mean 'deletion'", ["--method", "saliency", "--metric", "deltion"]),
        ("bad-setting", "--metric names nothing", ["--method", "saliency", "--metric", ","]),
        ("bad-setting", "--confidence must be above 0", ["--method", "saliency", "--confidence", 1]),
        ("bad-setting", "--seed must be at least 0", ["--method", "saliency", "--seed", -1]),
        ("bad-setting", "--patch must be at least 1", ["--method", "saliency", "--patch", 0]),
        ("bad-setting", "--count must be at least 1", ["--method", "saliency", "--count", 0]),
        ("bad-setting", "Did you mean 'inpaint'", ["--method", "saliency", "--fill", "inpant"]),
        ("bad-input", "came without --masks", ["--method", "saliency", "--metric", "srg,pointing-game"]),
        ("bad-input", "does not exist", ["--method", "saliency", "--masks", "missing.npy"]),
        ("bad-setting", "of no known kind", ["--method", "saliency", "--plot", "picture.txt"]),
    ],
)
def test_mistakes_are_refused_before_the_network_is_opened(closed, refused, network, six, code, words, flags):
    assert "pointing-game" in METRICS
    assert words in refused(code, "compare", network, six, *flags)


def test_a_file_that_is_there_is_left_alone(closed, refused, network, six, tmp_path):
    (tmp_path / "mine").write_text("mine")
    refused("already-exists", "compare", network, six, "--method", "saliency", "--save", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_one_example_is_refused(refused, network, tmp_path):
    np.save(tmp_path / "one.npy", np.zeros((1, 4), np.float32))
    assert "one example" in refused("bad-input", "compare", network, tmp_path / "one.npy", "--method", "saliency")
