import numpy as np
import pytest

import vitrail
from blobs import blobs
from vitrail.errors import BadSetting

VIEWS = ["all", "input", "output", "signature"]


@pytest.fixture
def xor_answer(xor_model, corners):
    x, labels = corners
    return vitrail.signatures(xor_model, x, labels, clusters=3, held_out=0.0)


def test_the_flow_of_xor_is_known_by_pencil(xor_answer):
    flow = xor_answer.flow()
    rows = np.column_stack(
        [flow.arrays["input_class"], flow.arrays["signature"], flow.arrays["output_class"], flow.values]
    )
    assert rows.tolist() == [[1, 2, 1, 6], [0, 0, 0, 5], [0, 1, 0, 3]]
    links = np.column_stack([flow.arrays[f"link/{name}"] for name in ("column", "source", "target", "class", "count")])
    assert links.tolist() == [
        [0, 0, 0, 0, 5], [0, 0, 1, 0, 3], [0, 1, 2, 1, 6],
        [1, 0, 0, 0, 5], [1, 1, 0, 0, 3], [1, 2, 1, 1, 6],
    ]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_the_counts_of_every_view_add_up(fitted, view):
    x, labels = blobs(90, seed=2)
    answer = fitted.assign(x, np.where(labels == 0, 1, labels))
    flow = answer.flow(view)
    assert flow.values.sum() == 90
    for column in np.unique(flow.arrays["link/column"]):
        assert flow.arrays["link/count"][flow.arrays["link/column"] == column].sum() == 90
    assert len(
        np.unique(np.column_stack([flow.arrays[n] for n in ("input_class", "signature", "output_class")]), axis=0)
    ) == len(flow)


def test_views_leave_columns_out(fitted):
    columns = {view: set(fitted.flow(view).arrays["link/column"].tolist()) for view in VIEWS}
    assert columns == {"all": {0, 1, 2}, "input": {0, 1}, "output": {1, 2}, "signature": {1}}
    assert set(fitted.flow("output").arrays["input_class"]) == {-1}
    assert set(fitted.flow("input").arrays["output_class"]) == {-1}


@pytest.mark.parametrize("view", VIEWS)
def test_links_keep_their_class_in_every_view(fitted, view):
    whole, flow = fitted.flow(), fitted.flow(view)
    rows, kept = (
        np.column_stack([each.arrays[f"link/{name}"] for name in ("column", "source", "target", "class", "count")])
        for each in (whole, flow)
    )
    np.testing.assert_array_equal(kept, rows[np.isin(rows[:, 0], np.unique(kept[:, 0]))])


def test_a_choice_counts_only_what_it_names(fitted):
    label, predicted, values = (fitted.arrays[name] for name in ("label", "predicted", "values"))
    assert fitted.flow(input_class="bee").values.sum() == (label == 1).sum() > 0
    assert fitted.flow(output_class=2).values.sum() == (predicted == 2).sum() > 0
    path = values[0]
    assert fitted.flow(signature=path).values.sum() == (values == path).all(1).sum() > 0
    both = fitted.flow(input_class=0, signature=path).values.sum()
    assert both == ((values == path).all(1) & (label == 0)).sum()


def test_every_row_is_what_counting_says(fitted):
    flow = fitted.flow("input")
    for count, label, path in zip(flow.values, flow.arrays["input_class"], flow.arrays["signature"], strict=True):
        assert count == ((fitted.arrays["label"] == label) & (fitted.values == path).all(1)).sum()
    assert (np.diff(flow.values) <= 0).all()


def test_a_flow_saves_and_loads(fitted, tmp_path):
    flow = fitted.flow()
    back = vitrail.load(flow.save(tmp_path / "flow"))
    np.testing.assert_array_equal(back.values, flow.values)
    assert back.kind == "flow"


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"view": "sideways"}, "no view named 'sideways'"),
        ({"input_class": "dog"}, "no class 'dog'"),
        ({"output_class": 7}, "no class 7"),
        ({"signature": [1]}, "names 1 clusters"),
    ],
)
def test_what_does_not_exist_is_refused(fitted, choice, words):
    with pytest.raises(BadSetting, match=words):
        fitted.flow(**choice)
