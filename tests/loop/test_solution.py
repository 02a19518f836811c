"""The solution beside the learner's file: after passing, or anyway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradus.grading.reporters.terminal import Screen
from gradus.grading.verdicts import Status
from gradus.loop.progress import Record
from gradus.loop.solution import AUTHOR, beside
from tests.loop.clone import FIRST, SOLUTION, STUB, Clone, run

MINE = STUB.replace('raise NotImplementedError("Task 1")', "return round((fahrenheit - 32) / 1.8, 1)")
NARROW, WIDE, COLOUR = Screen(width=80), Screen(width=120), Screen(width=120, colour=True)


def test_not_before_the_exercise_passed(clone: Clone) -> None:
    for status in (Status.NOT_STARTED, Status.IN_PROGRESS):
        clone.remember({FIRST: Record(status, 1)})
        result = run("solution", "e00")
        assert result.exit_code == 0
        assert "e00 has not passed in its last run." in result.stdout
        assert "make solution EX=e00 ANYWAY=1" in result.stdout
        assert "_rounded" not in result.stdout


def test_after_it_passed_and_anyway(clone: Clone) -> None:
    anyway = run("solution", "e00", "--anyway").stdout
    assert "+     return round(number, 1)" in anyway
    clone.passed(FIRST)
    assert run("solution", "e00").stdout == anyway


def test_an_exercise_has_to_be_named(clone: Clone) -> None:
    result = run("solution")
    assert result.exit_code == 2
    assert result.stderr == "gradus: Name an exercise: make solution EX=e00, or gradus solution e00.\n"


def test_one_below_the_other_on_a_narrow_screen(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", MINE)
    lines = beside(clone.curriculum, clone.first, NARROW).splitlines()
    assert lines[:3] == [
        "First flight: your file, and the solution",
        f"  yours     exercises/{FIRST}.py",
        f"  solution  solutions/{FIRST}.py",
    ]
    at = lines.index("-     return round((fahrenheit - 32) / 1.8, 1)")
    assert lines[at + 1 : at + 4] == [
        "+     # The scale is shifted and stretched.",
        "+     return _rounded((fahrenheit - 32) * 5 / 9)",
        "+",
    ]
    assert '      """Convert a reading."""' in lines
    assert max(map(len, lines)) <= 80


def test_side_by_side_on_a_wide_one(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", MINE + "\n\nprint('mine')\n")
    rows = beside(clone.curriculum, clone.first, WIDE).splitlines()[4:-2]
    split = [(row[:58].rstrip(), f"{row[58:61]:3}", row[61:]) for row in rows if "alike" not in row]
    assert ("    return round((fahrenheit - 32) / 1.8, 1)", " | ", "    # The scale is shifted and stretched.") in split
    assert ("", " > ", '    """One decimal is what the sensor has."""') in split
    assert ("print('mine')", " < ", "") in split
    assert ('    """Ask the model."""', "   ", '    """Ask the model."""') in split
    assert {mark for _, mark, _ in split} == {" | ", " > ", " < ", "   "}
    assert max(map(len, rows)) <= 120


def test_what_is_alike_is_folded(clone: Clone) -> None:
    alike = "".join(f"line_{n} = {n}\n" for n in range(20))
    clone.write(f"exercises/{FIRST}.py", f"first = 1\n{alike}last = 1\n")
    clone.write(f"solutions/{FIRST}.py", f"first = 2\n{alike}last = 2\n")
    for screen in (NARROW, WIDE):
        page = beside(clone.curriculum, clone.first, screen)
        assert "\n⋮ 14 lines alike\n" in page
        assert "line_2 = 2" in page
        assert "line_3 = 3" not in page
        assert "line_16 = 16" not in page
        assert "line_17 = 17" in page
    clone.write(f"exercises/{FIRST}.py", f"{alike}mine = 1\n{alike}")
    clone.write(f"solutions/{FIRST}.py", f"{alike}theirs = 1\n{alike}")
    page = beside(clone.curriculum, clone.first, NARROW)
    assert page.count("⋮ 17 lines alike") == 2


def test_a_single_line_is_not_folded(clone: Clone) -> None:
    alike = "".join(f"line_{n} = {n}\n" for n in range(7))
    clone.write(f"exercises/{FIRST}.py", f"first = 1\n{alike}last = 1\n")
    clone.write(f"solutions/{FIRST}.py", f"first = 2\n{alike}last = 2\n")
    page = beside(clone.curriculum, clone.first, NARROW)
    assert "alike" not in page
    assert "line_3 = 3" in page


@pytest.mark.parametrize("screen", [COLOUR, replace(COLOUR, width=80)])
def test_the_author_s_words_are_set_off(clone: Clone, screen: Screen) -> None:
    clone.write(f"exercises/{FIRST}.py", MINE)
    page = beside(clone.curriculum, clone.first, screen)
    assert AUTHOR == "bold yellow"
    for words in ("# The scale is shifted and stretched.", '"""One decimal is what the sensor has."""'):
        assert f"\x1b[1;33m{words}\x1b[0m" in page
    assert "\x1b[1;33m# it is its own answer\x1b[0m" in page
    assert "\x1b[32m    return question  \x1b[0m" in page or "\x1b[32mreturn question  \x1b[0m" in page
    assert "\x1b[31mreturn round((fahrenheit - 32) / 1.8, 1)\x1b[0m" in page


def test_long_lines_go_on_below_their_beginning(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", "if True:\n    x = " + " + ".join(["number"] * 8) + "\n")
    clone.write(f"solutions/{FIRST}.py", "if True:\n    x = 12\n")
    rows = [row for row in beside(clone.curriculum, clone.first, WIDE).splitlines() if "number" in row]
    assert len(rows) == 2
    assert rows[0][58:].rstrip() == " |     x = 12"
    assert rows[1].startswith("    number")


def test_what_could_harm_a_terminal_is_not_shown(clone: Clone) -> None:
    clone.first.stub.write_bytes(STUB.encode() + b"\n# \x1b]0;title\x07 caf\xe9 \x00\n")
    page = beside(clone.curriculum, clone.first, NARROW)
    assert "\x1b" not in page
    assert "\x00" not in page
    assert "caf\ufffd" in page
    assert beside(clone.curriculum, clone.first, Screen(encoding="ascii")).isascii()


def test_a_file_that_does_not_parse_is_shown(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", "def to_celsius(:\n  '''\n")
    clone.write(f"solutions/{FIRST}.py", SOLUTION + "'''\n")
    assert "- def to_celsius(:" in beside(clone.curriculum, clone.first, NARROW)


def test_the_same_line_for_line(clone: Clone) -> None:
    clone.write(f"exercises/{FIRST}.py", SOLUTION)
    assert "Your file is the solution, line for line." in run("solution", "e00", "--anyway").stdout


def test_a_file_that_is_missing_is_one_sentence(clone: Clone) -> None:
    clone.first.stub.unlink()
    result = run("solution", "e00", "--anyway")
    assert result.exit_code == 2
    assert f"{clone.first.stub} cannot be read: No such file or directory." in result.stderr


def test_it_works_where_nothing_can_be_written(clone: Clone) -> None:
    clone.make_read_only()
    result = run("solution", "e00", "--anyway")
    assert (result.exit_code, result.stderr) == (0, "")


def test_as_wide_as_the_terminal_is(clone: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert any(row[68:71] == " | " for row in run("solution", "e00", "--anyway").stdout.splitlines())
    monkeypatch.setenv("COLUMNS", "99")
    assert "+     return round(number, 1)" in run("solution", "e00", "--anyway").stdout
