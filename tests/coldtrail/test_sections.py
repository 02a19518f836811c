"""Documents cut into sections: offsets that give back their source, boilerplate that is gone."""

from __future__ import annotations

import pytest

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.sections import Section, sections

MARKDOWN = """Help > Pairing

# Pairing

Short. <!-- draft: two hours -->

## Hold it

Ten seconds.

```
# not a heading
```

### Longer

Then wait.

* * *
Last reviewed 2024
"""

HTML = """<html><head><meta charset="utf-8"><link rel="x" href="y"/>
<title>No</title><style>p {}</style></head><body><nav>Home<img src="a"><br></nav>
<main><h1>Returns <em>EU</em></h1><p>Within 30&nbsp;days.</p><aside>See also</aside>
<h2>Costs</h2><p style="display:none">old text<br>older</p><ul><li>no fee</li><li>you pay</li></ul>
<table><tr><th>What</th><th>Who</th></tr><tr><td>Postage</td><td>we</td></tr></table></main>
<footer>Street</footer></body></html>
"""

PLAIN = """Credits
=======
Owner: desk

Limits
------
One.
Internal - Page 1 of 2
Two.
*** old on paper ***
Limits
------
no
"""

CSV = "model;weight\n" + "".join(f"M-{n};{n} g\n" for n in range(1, 9))


def read(name: str, source: str) -> tuple[str, list[Section]]:
    title, found = sections(name, source)
    return title, list(found)


def test_markdown() -> None:
    title, found = read("a.md", MARKDOWN)
    assert title == "Pairing"
    assert [section.headings for section in found] == [(), ("Hold it",), ("Hold it", "Longer")]
    assert [section.anchor for section in found] == ["top", "hold-it", "longer"]
    assert found[0].text == "Short."
    assert "# not a heading" in found[1].text
    assert found[2].text == "Then wait."
    assert MARKDOWN[found[1].start : found[1].end].startswith("## Hold it\n\nTen seconds.")
    assert MARKDOWN[found[2].start : found[2].end].strip() == "### Longer\n\nThen wait."


def test_html() -> None:
    title, found = read("a.html", HTML)
    assert title == "Returns EU"
    assert [section.headings for section in found] == [(), ("Costs",)]
    assert found[0].text == "Within 30\xa0days."
    assert found[1].text.splitlines() == [
        "- no fee", "- you pay", "", "| What | Who |", "| --- | --- |", "| Postage | we |",
    ]  # fmt: skip
    assert HTML[found[1].start : found[1].end].startswith("<h2>Costs</h2>")
    assert HTML[found[1].end :].startswith("</main>")


def test_plain_text() -> None:
    title, found = read("a.txt", PLAIN)
    assert title == "Credits"
    assert [(section.headings, section.text) for section in found] == [
        ((), "Owner: desk"),
        (("Limits",), "One.\n\nTwo."),
    ]
    assert PLAIN[found[1].start : found[1].end].startswith("Limits\n------\nOne.")


def test_plain_text_with_carriage_returns_keeps_its_offsets() -> None:
    source = PLAIN.replace("\n", "\r\n")
    _, found = read("a.txt", source)
    assert [section.text for section in found] == ["Owner: desk", "One.\n\nTwo."]
    assert source[found[1].start : found[1].end].startswith("Limits\r\n------\r\nOne.")


def test_csv_rows_come_six_at_a_time_under_their_head() -> None:
    title, found = read("a.csv", CSV)
    assert title == ""
    assert [section.headings for section in found] == [("rows 1 to 6",), ("rows 7 to 8",)]
    assert found[1].text.splitlines() == ["| model | weight |", "| --- | --- |", "| M-7 | 7 g |", "| M-8 | 8 g |"]
    assert CSV[found[1].start : found[1].end] == "M-7;7 g\nM-8;8 g\n"


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("a.docx", "", "no reader"),
        ("a.md", "text", "no title"),
        ("a.txt", "text", "no title"),
        ("a.html", "<p>", "no title"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, source: str, says: str) -> None:
    with pytest.raises(SourceError, match=f"{name}: {says}"):
        sections(name, source)
