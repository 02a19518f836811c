"""Files of the corpus: a missing or damaged one is named, with the command that restores it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from gradus.coldtrail import CorpusError, store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small data/ folder with one good file."""
    (tmp_path / "derived").mkdir()
    (tmp_path / "derived/list.json").write_text("[1, 2]")
    (tmp_path / "a file.txt").write_text("text")
    names = ("derived/list.json", "a file.txt")
    digests = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names}
    (tmp_path / store.MANIFEST).write_text(json.dumps(digests))
    monkeypatch.setattr(store, "data_folder", lambda: tmp_path)
    store._digests.cache_clear()
    yield tmp_path
    store._digests.cache_clear()


NUMBERS = TypeAdapter(tuple[int, ...])


def test_a_good_file_is_read(folder: Path) -> None:
    assert store.load("derived/list.json", NUMBERS) == (1, 2)
    assert store.path("a file.txt").read_text() == "text"


def test_a_missing_file_is_named_with_the_command_that_restores_it(folder: Path) -> None:
    (folder / "derived/list.json").unlink()
    with pytest.raises(CorpusError, match="is missing") as caught:
        store.read("derived/list.json")
    assert str(caught.value).startswith("data/derived/list.json is missing")
    assert "git checkout -- data/derived/list.json" in str(caught.value)
    assert "make corpus" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"[1, 3]", b"\xff\xfe\x00"])
def test_a_damaged_file_is_named_even_if_it_can_be_parsed(folder: Path, content: bytes) -> None:
    (folder / "derived/list.json").write_bytes(content)
    with pytest.raises(CorpusError, match="is damaged") as caught:
        store.load("derived/list.json", NUMBERS)
    assert str(caught.value).startswith("data/derived/list.json")


def test_a_file_of_another_version_is_named(folder: Path) -> None:
    with pytest.raises(CorpusError, match="does not fit this version"):
        store.load("derived/list.json", TypeAdapter(tuple[str, ...]))


def test_a_file_that_is_a_folder_is_named(folder: Path) -> None:
    (folder / "a file.txt").unlink()
    (folder / "a file.txt").mkdir()
    with pytest.raises(CorpusError, match=r"cannot be read .*\n?.*git checkout -- \"data/a file.txt\""):
        store.path("a file.txt")


def test_a_name_that_the_corpus_does_not_have_is_refused(folder: Path) -> None:
    with pytest.raises(CorpusError, match=r"does not name it"):
        store.read("../secrets.txt")


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}'])
def test_a_damaged_manifest_is_named(folder: Path, content: str) -> None:
    (folder / store.MANIFEST).write_text(content)
    with pytest.raises(CorpusError, match="cannot be read") as caught:
        store.read("derived/list.json")
    assert str(caught.value).startswith("data/manifest.json")
