"""Text from learners, made fit to show."""

from __future__ import annotations

import pytest

from gradus.grading.reporters.text import counted, printable, sentence


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain text, ünïcödé, 漢字, 🙂", "plain text, ünïcödé, 漢字, 🙂"),
        ("two\nlines", "two\nlines"),
        ("a\tb", "a   b"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H\x1b[?25lgone", "gone"),
        ("\x1b]0;title\x07kept", "kept"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1bPsixels\x1b\\kept", "kept"),
        ("\x1bc\x1b(Bkept", "kept"),
        ("\x1b]0;never ended\nkept", "\nkept"),
        ("bell \x07 null \x00 delete \x7f", r"bell \x07 null \x00 delete \x7f"),
        ("at the end \x1b", r"at the end \x1b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("lone \ud800", r"lone \ud800"),
        ("not XML \ufffe\uffff", r"not XML \ufffe\uffff"),
        ("one\u2028two", r"one\u2028two"),
    ],
)
def test_printable(written: str, shown: str) -> None:
    assert printable(written) == shown


def test_printable_in_an_encoding_that_lacks_characters() -> None:
    assert printable("à point… 漢", "latin-1") == r"à point... \u6f22"
    assert printable("à point… 漢", "ascii") == r"\xe0 point... \u6f22"


def test_printable_text_stays_as_it_is() -> None:
    text = "".join(map(chr, range(0x11_0000)))
    once = printable(text)
    assert printable(once) == once


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_waits_its_turn", "waits its turn"),
        ("test_waits[a_b-3]", "waits [a_b-3]"),
        ("waits", "waits"),
    ],
)
def test_sentence(name: str, words: str) -> None:
    assert sentence(name) == words


def test_counted() -> None:
    assert [counted(number, "task") for number in (0, 1, 2)] == ["0 tasks", "1 task", "2 tasks"]
