"""The vector cache: kept across processes, shared by them, and never in the way when it cannot be used."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest
from numpy.typing import NDArray

from gradus.embeddings import VectorCache
from gradus.embeddings import cache as cache_module

WRITER = """
import sys
from pathlib import Path
import numpy as np
from gradus.embeddings import VectorCache

folder, writer = Path(sys.argv[1]), int(sys.argv[2])
sys.stdin.readline()
cache = VectorCache(folder)
for number in range(40):
    text = f"text {writer} {number}"
    cache.put(b"model", {text: np.full(384, number, np.float32), "shared": np.full(384, 7, np.float32)})
    assert cache.get(b"model", [text])[text][0] == number
sys.exit(cache.trouble if cache.trouble and sys.argv[3] == "untroubled" else 0)
"""


def vector(value: float) -> NDArray[np.float32]:
    return np.full(384, value, np.float32)


def run_writers(folder: Path, expected: str) -> None:
    """Four processes that write and read at the same time; each must find what it wrote."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    writers = [
        subprocess.Popen([*command, str(number), expected], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, problem = writer.communicate()
        assert writer.returncode == 0, problem


def test_what_was_put_is_found_by_another_cache(tmp_path: Path) -> None:
    VectorCache(tmp_path / "new" / "folder").put(b"model", {"a": vector(1), "": vector(2), "冷": vector(3)})
    cache = VectorCache(tmp_path / "new" / "folder")
    found = cache.get(b"model", ["a", "", "冷", "unknown"])
    assert {text: v[0] for text, v in found.items()} == {"a": 1, "": 2, "冷": 3}
    assert all(v.shape == (384,) and v.dtype == np.float32 for v in found.values())
    assert cache.trouble == ""


def test_models_do_not_see_each_other(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"a": vector(1)})
    assert cache.get(b"other", ["a"]) == {}


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    run_writers(tmp_path, "untroubled")
    cache = VectorCache(tmp_path)
    texts = [f"text {writer} {number}" for writer in range(4) for number in range(40)]
    assert len(cache.get(b"model", [*texts, "shared"])) == 161
    assert cache.trouble == ""


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 100, b"short"])
def test_a_corrupt_file_is_moved_aside_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(content)
    cache = VectorCache(tmp_path)
    assert cache.get(b"model", ["a"]) == {}
    assert "corrupt" in cache.trouble
    assert (tmp_path / "vectors.sqlite.corrupt").read_bytes() == content
    cache.put(b"model", {"a": vector(1)})
    second = VectorCache(tmp_path)
    assert second.get(b"model", ["a"])["a"][0] == 1
    assert second.trouble == ""


def test_a_file_that_is_corrupt_in_its_midst_is_begun_anew(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.put(b"model", {f"text {number}": vector(number) for number in range(200)})
    content = bytearray(cache.file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    cache.file.write_bytes(content)
    cache.put(b"model", {"a": vector(1)})
    assert "corrupt" in cache.trouble
    assert cache.get(b"model", ["a"])["a"][0] == 1


def test_a_file_that_another_process_has_begun_anew_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    VectorCache(tmp_path / "other").put(b"model", {"a": vector(1)})
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database at all" * 1000)

    def wait_for_the_other(lock: TextIO, operation: int) -> None:
        assert operation == fcntl.LOCK_EX
        (tmp_path / "other" / "vectors.sqlite").replace(tmp_path / "vectors.sqlite")

    monkeypatch.setattr(fcntl, "flock", wait_for_the_other)
    cache = VectorCache(tmp_path)
    assert cache.get(b"model", ["a"])["a"][0] == 1
    assert cache.trouble == ""


def test_processes_that_meet_a_corrupt_file_at_once_all_go_on(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database at all" * 1000)
    run_writers(tmp_path, "troubled")
    texts = [f"text {writer} {number}" for writer in range(4) for number in range(40)]
    assert len(VectorCache(tmp_path).get(b"model", texts)) == 160


def test_a_flipped_bit_in_a_vector_is_a_miss(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"a": vector(1), "b": vector(2)})
    with closing(sqlite3.connect(cache.file)) as database, database:
        flipped = b"\x01" + vector(1).tobytes()[1:]
        database.execute("UPDATE vectors SET vector = ? WHERE vector = ?", (flipped, vector(1).tobytes()))
    assert cache.get(b"model", ["a", "b"]).keys() == {"b"}


def test_a_vector_that_became_something_else_is_a_miss(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"a": vector(1), "b": vector(2), "c": vector(3)})
    with closing(sqlite3.connect(cache.file)) as database, database:
        database.execute("UPDATE vectors SET vector = NULL WHERE vector = ?", (vector(1).tobytes(),))
        database.execute("UPDATE vectors SET vector = 'text' WHERE vector = ?", (vector(2).tobytes(),))
    assert cache.get(b"model", ["a", "b", "c"]).keys() == {"c"}


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = VectorCache(tmp_path / "file" / "cache")
    cache.put(b"model", {"a": vector(1)})
    assert cache.get(b"model", ["a"]) == {}
    assert cache.trouble.startswith("Vectors are not cached, because")
    assert "Not a directory" in cache.trouble


def test_a_file_that_sqlite_cannot_open_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").mkdir()
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"a": vector(1)})
    assert cache.get(b"model", ["a"]) == {}
    assert "unable to open database file" in cache.trouble


def test_a_database_that_may_not_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    VectorCache(tmp_path).put(b"model", {"a": vector(1)})
    connect = sqlite3.connect

    def connect_read_only(file: Path, timeout: float) -> sqlite3.Connection:
        return connect(f"file:{file}?mode=ro", timeout=timeout, uri=True)

    monkeypatch.setattr(sqlite3, "connect", connect_read_only)
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"b": vector(1)})
    assert "attempt to write a readonly database" in cache.trouble


def test_a_lock_that_is_never_given_up_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "PATIENCE", 0.01)
    cache = VectorCache(tmp_path)
    cache.put(b"model", {"a": vector(1)})
    with closing(sqlite3.connect(cache.file)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert cache.get(b"model", ["a"]) == {}
    assert "database is locked" in cache.trouble
    assert cache.get(b"model", ["a"]) == {}, "a cache in trouble is not tried again: each time might take as long"


def test_a_table_of_another_shape_is_done_without(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vectors.sqlite")) as database:
        database.execute("CREATE TABLE vectors (something INTEGER)")
    cache = VectorCache(tmp_path)
    assert cache.get(b"model", ["a"]) == {}
    assert "no such column" in cache.trouble
