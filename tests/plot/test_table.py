import numpy as np

from vitrail.plot.table import COLUMNS, facts


def test_an_unknown_kind_is_a_table_of_its_arrays(make):
    answer = make["any"]("never-heard-of", values=np.arange(6.0).reshape(2, 3), axes=("batch", "step"))
    figure = answer.plot(clip=99)
    cells = {place: cell.get_text().get_text() for place, cell in figure.axes[0].tables[0].get_celld().items()}
    assert [cells[0, i] for i in range(len(COLUMNS))] == list(COLUMNS)
    assert [cells[1, i] for i in range(7)] == ["values", "batch, step", "2 × 3", "float64", "0", "2.5", "5"]
    figure.canvas.draw()


def test_only_numbers_are_counted(make):
    values = np.array([[np.nan, 1.0, 3.0], [np.inf, 1.0, 3.0]])
    extra = {"names": np.array(["a", "b"]), "none": np.full(2, np.nan)}
    answer = make["any"](
        "x", values=values, axes=("batch", "step"), arrays=extra, more_axes={"names": ("batch",), "none": ("batch",)}
    )
    assert [row[4:] for row in facts(answer)] == [["1", "2", "3"], ["–"] * 3, ["–"] * 3]
