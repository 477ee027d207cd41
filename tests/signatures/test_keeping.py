import numpy as np
import pyarrow.parquet as pq
import pytest

import vitrail
from blobs import blobs
from vitrail.errors import BadInput
from vitrail.signatures.activations import Activations
from vitrail.signatures.bins import codes
from vitrail.signatures.keeping import folder_of
from vitrail.signatures.table import counted


def test_the_table_lies_beside_the_activations(layered_model, tmp_path):
    x, labels = blobs(60)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, store=tmp_path)
    table = pq.read_table(tmp_path / "signatures.parquet")
    assert table.column_names == ["input", "c0", "c1", "output"]
    np.testing.assert_array_equal(np.stack([table["c0"], table["c1"]], 1), answer.values)
    paths = counted(tmp_path / "signatures.parquet", 2)
    np.testing.assert_array_equal(paths[:, -1], answer.flow().values)


def test_codes_take_the_place_of_numbers(layered_model, tmp_path):
    x, labels = blobs(60)
    plain = vitrail.signatures(layered_model, x, labels, clusters=3, bins=5)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, bins=5, store=tmp_path, keep="code")
    np.testing.assert_array_equal(plain.values, answer.values)
    np.testing.assert_array_equal(answer.assign(x).values, answer.values)
    store = Activations.open(tmp_path)
    assert store.about["keep"] == "code"
    part = next(store.parts())
    assert part.activations["3"].dtype == np.uint8
    values = layered_model.trace(x, keep=("3",)).layers["3"].float().half().float().numpy()
    np.testing.assert_array_equal(part.activations["3"], codes(values, answer.arrays["edges/3"]))
    with pytest.raises(BadInput, match="of other types"):
        vitrail.signatures(layered_model, x, labels, clusters=3, bins=5, store=tmp_path, keep="code")


def test_a_temporary_folder_is_forgotten_also_after_an_error():
    seen = []

    def broken():
        with folder_of(None) as folder:
            seen.append(folder)
            (folder / "file").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert not seen[0].exists()


def test_a_named_folder_stays(tmp_path):
    with folder_of(tmp_path) as folder:
        assert folder == tmp_path
    assert tmp_path.is_dir()
