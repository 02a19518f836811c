"""The installed model is found, checked once, and mapped as the safetensors library reads it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gradus.embeddings import ModelError, installed_model, weights
from gradus.embeddings.weights import TOKENIZER, WEIGHTS, map_weights, verify


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small files in place of the weights and the tokenizer; their digests are the right ones."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in (WEIGHTS, TOKENIZER):
        (folder / name).write_text(f"the {name}")
        monkeypatch.setitem(weights.DIGESTS, name, hashlib.sha256(f"the {name}".encode()).hexdigest())
    return folder


def replace_keeping_size_and_time(file: Path) -> None:
    status = file.stat()
    file.write_bytes(bytes(status.st_size))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_the_installed_model_has_the_right_digests(tmp_path: Path) -> None:
    verify(installed_model(), tmp_path / "stamp")
    assert str(installed_model()) in (tmp_path / "stamp").read_text()


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_wrong_digest_is_refused(model: Path, tmp_path: Path, name: str) -> None:
    replace_keeping_size_and_time(model / name)
    with pytest.raises(ModelError, match=r"SHA-256 is .* Run `make setup`") as caught:
        verify(model, tmp_path / "stamp")
    assert str(model / name) in str(caught.value)
    assert not (tmp_path / "stamp").exists()


def test_a_missing_file_is_refused(model: Path, tmp_path: Path) -> None:
    (model / TOKENIZER).unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json.*Run `make setup`"):
        verify(model, tmp_path / "stamp")


def test_a_model_is_hashed_once(model: Path, tmp_path: Path) -> None:
    stamp = tmp_path / "missing" / "stamp"
    verify(model, stamp)
    replace_keeping_size_and_time(model / WEIGHTS)
    verify(model, stamp)  # only hashing again could tell
    os.utime(model / WEIGHTS)
    with pytest.raises(ModelError):
        verify(model, stamp)


def test_another_folder_is_hashed_anew(model: Path, tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    verify(model, stamp)
    replace_keeping_size_and_time(model / WEIGHTS)
    with pytest.raises(ModelError):
        verify(model.rename(tmp_path / "elsewhere"), stamp)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"something else"])
def test_a_damaged_stamp_vouches_for_nothing(model: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stamp").write_bytes(content)
    replace_keeping_size_and_time(model / WEIGHTS)
    with pytest.raises(ModelError):
        verify(model, tmp_path / "stamp")


def test_a_stamp_that_cannot_be_written_does_no_harm(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    verify(model, tmp_path / "file" / "stamp")


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match=r"no_such_package.*Run `make setup`"):
        installed_model()


def test_mapping_reads_what_the_safetensors_library_reads() -> None:
    file = installed_model() / WEIGHTS
    expected = {name: tensor for name, tensor in load_file(file).items() if tensor.dtype == np.float32}
    mapped = map_weights(file)
    assert mapped.keys() == expected.keys()
    assert all(np.array_equal(mapped[name], tensor) for name, tensor in expected.items())
