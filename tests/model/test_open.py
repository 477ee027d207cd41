import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from torch import nn

import vitrail
from vitrail.errors import CannotOpen, UnsafeFile
from vitrail.model.open import network_of

RAN = []


def run():
    RAN.append(1)


class Code:
    def __reduce__(self):
        return run, ()


def image(path):
    Image.new("RGB", (4, 4)).save(path, "PNG")


WRITERS = {
    "pictures.png": image,
    "pictures.keras": image,
    "words.txt": lambda path: path.write_text("not a network"),
    "words.h5": lambda path: path.write_text("not a network"),
    "empty.pt2": lambda path: path.write_bytes(b""),
    "numbers.npz": lambda path: np.savez(path, a=np.ones(3)),
}
PICKLES = {
    "whole.pt": lambda path: torch.save(nn.Linear(2, 2), path),
    "state.pt": lambda path: torch.save(nn.Linear(2, 2).state_dict(), path),
    "state.pth": lambda path: torch.save({"model": nn.Linear(2, 2).state_dict(), "epoch": 3}, path),
    "old.pt": lambda path: torch.save(nn.Linear(2, 2), path, _use_new_zipfile_serialization=False),
    "old.pth": lambda path: torch.save(nn.Linear(2, 2).state_dict(), path, _use_new_zipfile_serialization=False),
    "model.pkl": lambda path: path.write_bytes(pickle.dumps(Code(), protocol=4)),
    "text.pkl": lambda path: path.write_bytes(pickle.dumps(Code(), protocol=0)),
    "renamed.keras": lambda path: path.write_bytes(pickle.dumps(Code())),
    "model.joblib": lambda path: path.write_bytes(b"x" + pickle.dumps(Code())),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_of_another_kind_is_refused(name, tmp_path):
    WRITERS[name](tmp_path / name)
    with pytest.raises(CannotOpen, match=r"A torch.nn.Module, a Keras model, .* was expected") as told:
        vitrail.open(tmp_path / name)
    assert told.type is CannotOpen
    assert name in str(told.value)


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "a.keras").touch()
    with pytest.raises(CannotOpen, match="it is empty"):
        vitrail.open(tmp_path / "a.keras")


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_is_never_opened(name, tmp_path):
    PICKLES[name](tmp_path / name)
    with pytest.raises(UnsafeFile, match=r"never opened.*weights_only=True") as told:
        vitrail.open(str(tmp_path / name))
    assert RAN == []
    assert told.value.code == "unsafe-file"


def test_bare_weights_have_no_architecture(tmp_path):
    network = nn.Linear(2, 2)
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    for source in (tmp_path / "a.safetensors", network.state_dict(), {"w": torch.ones(2)}):
        with pytest.raises(CannotOpen, match=r"architecture.*load_state_dict"):
            vitrail.open(source)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CannotOpen, match=r"no file .*nothing\.keras") as told:
        vitrail.open(tmp_path / "nothing.keras")
    assert told.value.facts == {"path": str(tmp_path / "nothing.keras")}


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(CannotOpen, match="no config.json"):
        vitrail.open(tmp_path)


@pytest.mark.parametrize("source", [None, 3, [1, 2], np.ones(3), torch.ones(3)])
def test_what_is_no_network_is_refused(source):
    with pytest.raises(CannotOpen, match=rf"a {type(source).__name__} is not a network"):
        vitrail.open(source)


def test_an_estimator_is_refused_with_its_method_named():
    with pytest.raises(CannotOpen, match=r"LogisticRegression is an estimator.*open\(estimator\.predict_proba\)"):
        vitrail.open(LogisticRegression())


def test_a_class_is_refused_until_it_is_an_instance():
    with pytest.raises(CannotOpen, match=r"Linear is a class.*Make one"):
        vitrail.open(nn.Linear)


def test_what_is_in_a_file_counts_not_its_name(tmp_path, picture, pixels, same):
    program = torch.export.export(picture, (pixels,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, tmp_path / "a.pt2")
    (tmp_path / "a.pt2").rename(tmp_path / "a.keras")
    network, tokenizer = network_of(tmp_path / "a.keras")
    assert (network.framework, tokenizer) == ("torch", None)
    with torch.no_grad():
        same(vitrail.open(tmp_path / "a.keras")(pixels), picture(pixels))
