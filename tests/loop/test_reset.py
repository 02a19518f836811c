"""Putting a stub back: what the learner wrote is kept first, whatever else happens."""

from __future__ import annotations

import os
import shlex
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from gradus.grading.verdicts import Status
from gradus.loop.progress import Record
from gradus.loop.reset import Reset, ResetError, put_back
from tests.loop.clone import FIRST, SOLUTION, STUB, Clone, run

NOW = datetime(2026, 3, 4, 5, 6, 7)
MINE = "# mine: ünfinished\n"


@pytest.fixture
def committed(clone: Clone) -> Clone:
    """A clone in which the learner has written something since."""
    clone.commit()
    clone.write(f"exercises/{FIRST}.py", MINE)
    return clone


def backups(clone: Clone) -> list[Path]:
    return sorted((clone.root / ".gradus" / "backups").rglob("*.py"))


def test_the_stub_is_back_and_the_learner_s_file_is_kept(committed: Clone) -> None:
    done = put_back(committed.first, NOW)
    assert committed.first.stub.read_text("utf-8") == STUB
    assert done == Reset(True, committed.root / ".gradus" / "backups" / f"{FIRST}-2026-03-04-050607.py")
    assert done.backup is not None
    assert done.backup.read_text("utf-8") == MINE
    assert [file.name for file in committed.first.stub.parent.iterdir()] == ["e00_first_flight.py"]


def test_the_command_says_where_and_how_to_get_it_back(committed: Clone) -> None:
    result = run("reset", "e00")
    assert (result.exit_code, result.stderr) == (0, "")
    (backup,) = backups(committed)
    assert f"  kept      {backup.relative_to(committed.root)}\n" in result.stdout
    command = next(line for line in result.stdout.splitlines() if " cp " in line).partition("type")[2].strip()
    subprocess.run(shlex.split(command), cwd=committed.root, check=True)
    assert committed.first.stub.read_text("utf-8") == MINE


def test_two_resets_in_a_second_keep_both(committed: Clone) -> None:
    put_back(committed.first, NOW)
    committed.write(f"exercises/{FIRST}.py", "# again\n")
    put_back(committed.first, NOW)
    assert [backup.read_text("utf-8") for backup in backups(committed)] == ["# again\n", MINE]


def test_an_untouched_file_is_left_alone(clone: Clone) -> None:
    clone.commit()
    os.utime(clone.first.stub, (1000, 1000))
    result = run("reset", "e00")
    assert f"exercises/{FIRST}.py is untouched" in " ".join(result.stdout.split())
    assert clone.first.stub.stat().st_mtime == 1000
    assert not (clone.root / ".gradus").exists()


def test_a_file_that_is_gone_comes_back(committed: Clone) -> None:
    committed.first.stub.unlink()
    committed.first.stub.parent.rmdir()
    assert put_back(committed.first, NOW) == Reset(True, None)
    assert committed.first.stub.read_text("utf-8") == STUB


def test_an_answer_that_was_committed_is_no_stub(committed: Clone) -> None:
    committed.commit()
    committed.write(f"exercises/{FIRST}.py", SOLUTION)
    committed.commit()
    done = put_back(committed.first, NOW)
    assert committed.first.stub.read_text("utf-8") == STUB
    assert done.backup is not None
    assert done.backup.read_text("utf-8") == SOLUTION


def test_a_stub_whose_deletion_was_committed(committed: Clone) -> None:
    committed.first.stub.unlink()
    committed.commit()
    assert put_back(committed.first, NOW).changed
    assert committed.first.stub.read_text("utf-8") == STUB


def test_the_newest_stub_is_taken(committed: Clone) -> None:
    newer = STUB.replace("Convert a reading", "Convert one reading")
    committed.write(f"exercises/{FIRST}.py", newer)
    committed.commit()
    committed.write(f"exercises/{FIRST}.py", MINE)
    put_back(committed.first, NOW)
    assert committed.first.stub.read_text("utf-8") == newer


def test_permissions_and_links_stay(committed: Clone) -> None:
    elsewhere = committed.write("elsewhere/file.py", MINE)
    elsewhere.chmod(0o640)
    committed.first.stub.unlink()
    committed.first.stub.symlink_to(elsewhere)
    put_back(committed.first, NOW)
    assert committed.first.stub.is_symlink()
    assert elsewhere.read_text("utf-8") == STUB
    assert elsewhere.stat().st_mode & 0o777 == 0o640


def test_nothing_of_it_is_done_any_more(committed: Clone) -> None:
    committed.remember({FIRST: Record(Status.DONE, 3, {1: 2}, "failure", 2, (1, 2))})
    run("reset", "e00")
    assert committed.remembered() == Record(Status.NOT_STARTED, 0, {1: 2})


def test_without_a_repository_it_says_how_to_get_the_stub(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", MINE)
    result = run("reset", "e00")
    assert result.exit_code == 2
    assert "Nothing was changed. The stub comes from git, and git says: fatal: not a git repository" in result.stderr
    assert f"Clone Gradus once more elsewhere, and copy exercises/{FIRST}.py from there." in result.stderr
    assert clone.first.stub.read_text("utf-8") == MINE


def test_a_repository_that_does_not_have_it(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", MINE)
    clone.commit()
    with pytest.raises(ResetError, match="no commit here has it"):
        put_back(clone.first, NOW)


def test_a_machine_without_git(committed: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ResetError, match="there is no git on this machine"):
        put_back(committed.first, NOW)
    assert committed.first.stub.read_text("utf-8") == MINE


def test_without_a_backup_nothing_is_put_back(committed: Clone) -> None:
    committed.make_read_only()
    result = run("reset", "e00")
    assert result.exit_code == 2
    assert "Nothing was changed: " in result.stderr
    assert "cannot take a backup of your file" in result.stderr
    assert committed.first.stub.read_text("utf-8") == MINE


def test_a_stub_that_cannot_be_written_is_as_it_was(committed: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gradus.loop.reset.os.replace", refuse)
    with pytest.raises(ResetError, match=r"Nothing was changed: .* cannot be written"):
        put_back(committed.first, NOW)
    assert committed.first.stub.read_text("utf-8") == MINE
    assert [file.name for file in committed.first.stub.parent.iterdir()] == ["e00_first_flight.py"]


def test_a_folder_in_the_stub_s_place(committed: Clone) -> None:
    committed.first.stub.unlink()
    committed.first.stub.mkdir()
    with pytest.raises(ResetError, match="cannot be read"):
        put_back(committed.first, NOW)


def test_an_exercise_has_to_be_named(committed: Clone) -> None:
    result = run("reset")
    assert result.exit_code == 2
    assert result.stderr == "gradus: Name an exercise: make reset EX=e00, or gradus reset e00.\n"
    assert committed.first.stub.read_text("utf-8") == MINE
