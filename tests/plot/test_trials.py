"""The page of a tuning."""

from tunings import searched
from vitrail.plot.trials import best_told, described, trials_table


def test_the_page_tells_the_best_and_what_it_did_on_the_test_part():
    page = str(searched().show())
    for words in ("Which settings are the best", "[16, 8]", "test accuracy", "0.75", "too good to be true", "fANOVA"):
        assert words in page
    assert "Trial 3 failed: no number &lt;b&gt;." in page
    assert "test AUC" not in page


def test_settings_are_told_with_four_figures():
    answer = searched(best={"rate": 0.123456, "hidden": [16, 8], "activation": "relu", "epochs": 12})
    assert best_told(answer) == [("rate", "0.1235"), ("hidden", "[16, 8]"), ("activation", "relu"), ("epochs", "12")]


def test_all_trials_the_best_first():
    html = trials_table(searched())
    rows = html.split("<tr>")[1:]
    assert [row.split("<td>")[1].split("</td>")[0] for row in rows[1:]] == [
        "complete", "complete", "complete", "pruned", "failed",
    ]  # fmt: skip
    assert '<td class="number">2</td><td class="number">3</td><td class="number">1</td>' in rows[1]  # trial, epochs
    assert "[16, 8]" in rows[1]
    higher = trials_table(searched(direction="maximize")).split("<tr>")[2]
    assert '<td class="number">0</td>' in higher


def test_the_picture_in_words():
    assert described(searched()) == "5 trials, best validation loss 1; what mattered: hidden 70 %, rate 20 %"


def test_without_a_best_there_is_a_page_too():
    page = str(searched(best=None, value=None, trial=None, test=None, run=None).show())
    assert "The best settings" not in page
