import pytest

from vitrail.cli.source import images, opened, tables, tokenizer_in
from vitrail.errors import BadInput, BadSetting, CannotOpen
from vitrail.inputs import Images, Table


def test_images_out_of_flags():
    assert images("8,6", None, None, None, None) == Images((8, 6))
    assert images("8,6", "0.1,0.2,0.3", None, None, None) == Images((8, 6), mean=[0.1, 0.2, 0.3])
    assert images("8,6", None, "2", 255.0, "L") == Images((8, 6), std=2.0, scale=255.0, mode="L")
    assert images(None, None, None, None, None) is None


@pytest.mark.parametrize("size", ["8", "8,6,3", "0,3", "8.5,6", "a,b"])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(BadSetting, match="--image-size"):
        images(size, None, None, None, None)


def test_a_mean_without_a_size_is_refused():
    with pytest.raises(BadSetting, match="without --image-size"):
        images(None, "1", None, None, None)


def test_what_is_said_reaches_the_model(network, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("a\nb\nc\n")
    model = opened(str(network), classes=names, columns="one, two", output="1")
    assert model.classes == ("a", "b", "c")
    assert model.modality == Table(["one", "two"])
    assert model.output == 1
    assert opened(str(network), output="logits").output == "logits"


@pytest.fixture
def training(tmp_path):
    """A table with a column of texts, one of numbers, and the truth."""
    (tmp_path / "t.csv").write_text("age,work,truth\n30,private,0\n40,public,1\n50,private,1\n")
    return tmp_path / "t.csv"


def test_a_training_table_says_how_tables_are_read(network, training):
    spec = opened(str(network), columns="work, age", table=training, standardise=True).modality
    assert (list(spec.columns), spec.categories) == (["work", "age"], {"work": ["private", "public"]})
    assert spec.mean == {"age": 40.0}
    assert spec.std == pytest.approx({"age": (200 / 3) ** 0.5})
    assert tables(None, training, False, "codes").columns == ["age", "work", "truth"]
    assert tables(None, training, False, "codes").encode == "codes"
    assert tables(None, None, False, "one-hot") is None


def test_what_does_not_fit_a_training_table_is_refused(training):
    for given in ((None, None, True, "one-hot"), ("a", None, False, "codes")):
        with pytest.raises(BadSetting, match="came without --table"):
            tables(*given)
    with pytest.raises(BadSetting, match="encode='hot'"):
        tables(None, training, False, "hot")
    with pytest.raises(BadInput, match="does not exist"):
        tables(None, training.with_name("other.csv"), False, "one-hot")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(CannotOpen, match="no folder"):
        tokenizer_in(tmp_path / "missing")
    with pytest.raises(CannotOpen, match="no tokenizer"):
        tokenizer_in(tmp_path)


def test_a_tokenizer_is_opened(tmp_path):
    transformers = pytest.importorskip("transformers")
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]))
    transformers.BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    assert tokenizer_in(tmp_path)("good")["input_ids"] == [2, 5, 3]
