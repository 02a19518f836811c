"""All exercises on one page."""

from __future__ import annotations

from rich.cells import cell_len

from gradus.grading.reporters.terminal import Screen
from gradus.grading.verdicts import Status
from gradus.loop.listing import listing
from gradus.loop.progress import Progress, Record
from tests.loop.clone import FIRST, RETRY, STORE, Clone, run

PROGRESS = Progress({FIRST: Record(Status.DONE, 3), RETRY: Record(Status.IN_PROGRESS)})

PAGE = """\
Gradus                                min   points  status       needs

m1 Engineering fundamentals
  ✔ e00 First flight                   10      3/3  done
  ◐ e06 Retry budget                   60      0/3  in progress  e00
m3 Retrieval
  · e06 Vector store                   45      0/9  not started  e00 m1/e06

As each was found in its last run; your files may have changed since.
  type      make grade  to see where you stand now
  type      make next  to open m1/e06
"""


def test_the_page(clone: Clone) -> None:
    assert listing(clone.curriculum, PROGRESS, Screen()) == PAGE


def test_the_command_shows_what_is_remembered(clone: Clone) -> None:
    clone.remember(PROGRESS.records)
    result = run("list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PAGE, "")


def test_nothing_is_remembered_and_nothing_can_be(clone: Clone) -> None:
    clone.make_read_only()
    result = run("list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("not started") == 3


def test_all_are_done(clone: Clone) -> None:
    done = Progress({FIRST: Record(Status.DONE, 3), RETRY: Record(Status.DONE, 3), STORE: Record(Status.DONE, 9)})
    assert "make next" not in listing(clone.curriculum, done, Screen())


def test_many_needs_take_more_lines(clone: Clone) -> None:
    file = clone.root / "modules" / "m3_retrieval" / "module.toml"
    more = 'minutes = 1\nskill = "A"\ntasks = [{ title = "A", points = 1 }]\n'
    needs = ", ".join(f'"m3_retrieval/e{n}_drill"' for n in range(20, 27))
    drills = "".join(f'\n[[exercise]]\nid = "e{n}_drill"\ntitle = "Drill"\n{more}' for n in range(20, 27))
    last = f'\n[[exercise]]\nid = "e30_last"\ntitle = "Last"\nneeds = [{needs}]\n{more}'
    file.write_text(file.read_text("utf-8") + drills + last, encoding="utf-8")
    lines = listing(clone.curriculum, PROGRESS, Screen()).splitlines()
    at = next(index for index, line in enumerate(lines) if "Last" in line)
    assert [line[65:].split() for line in lines[at : at + 3]] == [
        ["e20", "e21", "e22", "e23"],
        ["e24", "e25", "e26"],
        [],
    ]
    narrow = listing(clone.curriculum, PROGRESS, Screen(40)).splitlines()
    at = next(index for index, line in enumerate(narrow) if "Last" in line)
    assert narrow[at + 2].startswith("As each was found")


def test_narrow_ascii_and_wide_screens(clone: Clone) -> None:
    for width in (20, 40, 59, 60, 80, 100):
        rows = listing(clone.curriculum, PROGRESS, Screen(width)).splitlines()
        assert all(cell_len(row) <= max(width, 26) for row in rows if " e0" in row and "type" not in row), width
    narrow = listing(clone.curriculum, PROGRESS, Screen(40, encoding="ascii"))
    assert narrow.isascii()
    assert "  + e00 First flight" in narrow
    assert "in progress" not in narrow


def test_what_comes_next_stands_out_where_there_is_colour(clone: Clone) -> None:
    page = listing(clone.curriculum, PROGRESS, Screen(colour=True))
    assert "\x1b[1mRetry budget" in page
    assert "\x1b[1mVector store" not in page
