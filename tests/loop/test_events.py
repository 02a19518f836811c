"""What is told of saves, and what is not."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradus.loop import events
from gradus.loop.events import FileEvents, Paths, events_arrive, polling_needed


@pytest.fixture(params=[False, True], ids=["told", "polling"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, queue.SimpleQueue[Paths]]]:
    """A folder with a file in it, and what is told of it."""
    (tmp_path / "m1").mkdir()
    (tmp_path / "m1" / "e01.py").write_text("1")
    os.utime(tmp_path / "m1" / "e01.py", (1e9, 1e9))  # polling tells changes apart by the second
    changes: queue.SimpleQueue[Paths] = queue.SimpleQueue()
    with FileEvents([tmp_path, tmp_path / "none"], changes.put, polling=request.param):
        assert changes.get(timeout=5) == frozenset()  # begun
        assert changes.get(timeout=5) == frozenset()  # nothing has happened for a while: it watches by now
        yield tmp_path, changes


def next_change(changes: queue.SimpleQueue[Paths]) -> Paths:
    told = (changes.get(timeout=10) for _ in range(50))  # ten seconds and more of nothing
    return next((paths for paths in told if paths), frozenset())


def test_a_replaced_file_is_told_alone(told: tuple[Path, queue.SimpleQueue[Paths]]) -> None:
    folder, changes = told
    file = folder / "m1" / "e01.py"
    new = folder / "m1" / ".e01.py.swp"
    new.write_text("2")
    os.utime(new, (1.1e9, 1.1e9))
    os.replace(new, file)
    assert next_change(changes) == {file}
    file.write_text("three")
    assert next_change(changes) == {file}
    file.unlink()
    assert next_change(changes) == {file}


def test_what_editors_and_python_leave_is_not_told(told: tuple[Path, queue.SimpleQueue[Paths]]) -> None:
    folder, changes = told
    (folder / "m1" / "__pycache__").mkdir()
    for noise in (
        "__pycache__/e01.cpython-311.pyc.139872",
        "e02.pyc",
        ".e01.py.swp",
        "e01.py~",
        "4913",
        "#e01.py#",
        ".git",
        "x.tmp",
    ):
        (folder / "m1" / noise).write_text("noise")
    (folder / "m1" / "e02.py").write_text("1")
    assert next_change(changes) == {folder / "m1" / "e02.py"}


def test_whether_events_arrive_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not polling_needed(tmp_path, {})
    assert polling_needed(tmp_path, {"GRADUS_POLL": "1"})
    assert not polling_needed(tmp_path, {"GRADUS_POLL": "0"})
    assert list((tmp_path / ".gradus").iterdir()) == []
    monkeypatch.setattr(events, "watch", lambda *args, **options: iter([set()]))  # a drive that tells nothing
    assert not events_arrive(tmp_path)
    assert polling_needed(tmp_path, {})


def test_windows_drives_are_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "5.15.90.1-microsoft-standard-WSL2")
    assert polling_needed(Path("/mnt/c/gradus"), {})
    assert not polling_needed(tmp_path, {})


def test_a_folder_that_cannot_be_written_to_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / ".gradus").write_text("not a folder")
    assert not polling_needed(tmp_path, {})
