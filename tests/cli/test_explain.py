import numpy as np
import pandas
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


def test_auto_says_what_it_chose_and_why(run, network, x, tmp_path):
    page = tmp_path / "page.html"
    result = run("explain", network, x, "--method", "auto", "--budget", 300, "--examples", 2, "--report", page)
    assert result.exit_code == 0
    assert "chosen: " in result.stdout
    assert "by srg over 2 examples" in result.stdout
    assert "Why this method" in page.read_text()
    refused = run("explain", network, x, "--method", "auto", "--budget", 3)
    assert refused.exit_code == 2
    assert "budget=3 does not last" in refused.stderr


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


# -- tables ------------------------------------------------------------------------------------------------


@pytest.fixture
def people(tmp_path):
    """(the training table with its truth, a table to explain): two columns that the network reads as four."""
    training, asked = tmp_path / "train.csv", tmp_path / "asked.csv"
    ages = np.random.default_rng(0).integers(18, 80, 12)
    work = ["private", "public", "none"] * 4
    training.write_text("age,work,truth\n" + "\n".join(f"{a},{w},1" for a, w in zip(ages, work, strict=True)))
    asked.write_text(
        "id,work,age\n" + "\n".join(f"{i},{w},{a}" for i, (a, w) in enumerate(zip(ages, work, strict=True)))
    )
    return training, asked


def test_a_table_is_explained_column_by_column(run, network, people, tmp_path):
    training, asked = people
    flags = ["--table", training, "--columns", "age,work", "--standardise", "--method", "permutation-shap"]
    told = run("explain", network, asked, *flags, "--baseline", training, "--budget", 16, "--json", "--values")
    assert told.exit_code == 0, told.output
    told = told.json()
    frame = pandas.read_csv(training)
    spec = vitrail.Table.of(frame, columns=["age", "work"], standardise=True)
    model = vitrail.open(str(network), inputs=spec)
    answer = vitrail.explain(model, pandas.read_csv(asked), "permutation-shap", baseline=frame, budget=16)
    np.testing.assert_allclose(told["arrays"]["values"]["values"], answer.values, rtol=1e-4, atol=1e-6)
    assert told["labels"]["player"] == ["age", "work"]
    assert told["labels"]["feature"] == ["age", "work=none", "work=private", "work=public"]


@pytest.mark.parametrize("kind", [".png", ".svg", ".pdf"])
def test_it_is_drawn_in_the_style_that_is_asked_for(run, network, people, tmp_path, kind):
    training, asked = people
    flags = ["--table", training, "--columns", "age,work", "--method", "permutation-shap", "--budget", 8]
    drawn, page = tmp_path / f"a{kind}", tmp_path / "a.html"
    told = run("explain", network, asked, *flags, "--plot", drawn, "--report", page, "--style", "heatmap", "--json")
    assert told.json()["written"] == [str(drawn), str(page)]
    begins = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
    assert drawn.read_bytes().startswith(begins[kind])
    assert 'alt="heatmap of permutation-shap, 12 examples"' in page.read_text()


def test_a_page_of_very_many_rows_says_so(run, network, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((101, 4), np.float32))
    run("explain", network, tmp_path / "x.npy", "--method", "gradient", "--report", tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert "100 of 101 examples are shown." in text
    assert text.count('class="bars"') == 100


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--style", "warp", "--plot", "a.png"], "no style named 'warp'"),
        (["--style", "bar"], "came without --plot and --report"),
        (["--plot", "a.txt"], "'a.txt' is of no known kind"),
        (["--plot", "a.png", "--save", "a.png"], "two of --save, --report and --plot name 'a.png'"),
        (
            ["--method", "gradient", "--style", "waterfall", "--report", "a.html", "--save", "a"],
            "begins at the base value",
        ),
    ],
    ids=str,
)
def test_pictures_that_do_not_fit_are_refused_before_anything_is_written(
    refused, network, x, flags, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    assert words in refused("bad-setting", "explain", network, x, *flags)
    assert set(tmp_path.iterdir()) == before
