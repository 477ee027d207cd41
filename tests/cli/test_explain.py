import numpy as np
import pytest
from PIL import Image

import vitrail
from vitrail.cli.explain import question


def test_the_answer_is_the_one_of_python(run, network, x):
    told = run(
        "explain", network, x, "--method", "integrated-gradients", "--steps", 7, "--target", 2, "--json", "--values"
    )
    answer = vitrail.explain(vitrail.open(str(network)), np.load(x), "integrated-gradients", target=2, steps=7)
    told = told.json()
    assert told["ok"] is True
    np.testing.assert_allclose(told["arrays"]["values"]["values"], answer.values, rtol=1e-5)
    np.testing.assert_allclose(
        [e["completeness_gap"] for e in told["examples"]], answer.checks["completeness_gap"], atol=1e-6
    )
    assert told["provenance"]["settings"]["steps"] == 7


def test_json_leaves_the_arrays_out_unless_asked(run, network, x):
    told = run("explain", network, x, "--json").json()
    assert told["arrays"]["values"] == {"shape": [2, 4], "axes": ["batch", "feature"]}
    assert len(told["outputs"]) == 2


def test_what_is_not_a_number_is_null(run, network, x):
    told = run("explain", network, x, "--method", "occlusion", "--patch", 2, "--stride", 1, "--json").json()
    assert told["checks"]["completeness_gap"] == [None, None]


def test_the_table(run, network, x):
    result = run("explain", network, x)
    assert result.exit_code == 0
    for words in ("prediction", "completeness gap", "evaluations", "seconds", "%"):
        assert words in result.stdout
    assert "does not promise" in run("explain", network, x, "--method", "saliency").stdout


def test_pictures_come_by_their_paths(run, seer, tmp_path):
    for name, colour in (("red.png", "red"), ("blue.png", "blue")):
        Image.new("RGB", (16, 16), colour).save(tmp_path / name)
    paths = [tmp_path / "red.png", tmp_path / "blue.png"]
    told = run("explain", seer, *paths, "--image-size", "8,8", "--method", "input-x-gradient", "--json").json()
    assert [example["prediction"]["index"] for example in told["examples"]] == [0, 1]
    assert told["labels"]["input"] == list(map(str, paths))


def test_the_answer_and_the_page_are_written(run, network, x, tmp_path):
    save, page = tmp_path / "a.safetensors", tmp_path / "deep/a.html"
    told = run("explain", network, x, "--save", save, "--report", page, "--json").json()
    assert told["written"] == [str(save), str(page)]
    assert vitrail.load(save).values.shape == (2, 4)
    assert page.read_text().startswith("<!doctype html>")
    assert f"written: {page}" in run("explain", network, x, "--report", page, "--overwrite").stdout


@pytest.mark.parametrize("flag", ["--save", "--report"])
def test_a_file_that_is_there_is_left_alone(refused, network, x, tmp_path, flag):
    (tmp_path / "a").write_text("mine")
    refused("already-exists", "explain", network, x, flag, tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


def test_nothing_is_written_when_the_question_is_refused(refused, network, x, tmp_path):
    before = set(tmp_path.iterdir())
    refused("bad-target", "explain", network, x, "--target", 7, "--save", tmp_path / "a", "--report", tmp_path / "b")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("no-such-method", ["--method", "intgrad"]),
        ("bad-setting", ["--steps", "many"]),
        ("bad-setting", ["--steps", "0"]),
        ("bad-setting", ["--speed", "warp"]),
        ("bad-setting", ["--save", "one", "--report", "one"]),
        ("bad-target", ["--target", "cat"]),
        ("bad-target", ["--target", "0,1,2"]),
        ("wrong-layer", ["--method", "grad-cam"]),
        ("bad-input", ["--classes", "missing.txt"]),
    ],
)
def test_what_does_not_fit_is_refused(refused, network, x, code, arguments):
    refused(code, "explain", network, x, *arguments)


def test_questions():
    classes = ["ant", "bee, wild", "3"]
    assert question("predicted", classes) == "predicted"
    assert question("bee, wild", classes) == "bee, wild"
    assert question("3", classes) == "3"
    assert question("-1", classes) == -1
    assert question("0,2", classes) == [0, 2]
    assert question("ant,3", classes) == ["ant", "3"]
    assert question("dog", classes) == "dog"


def test_targets_by_name(run, network, x, tmp_path):
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\n")
    told = run("explain", network, x, "--classes", tmp_path / "names.txt", "--target", "bee,ant", "--json").json()
    assert [example["target"] for example in told["examples"]] == ["bee", "ant"]
