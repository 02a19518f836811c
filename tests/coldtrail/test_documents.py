"""Documents and passages: their sizes, every declared fact stated and none wrongly, every awkward thing there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from gradus.authoring.corpus.documents import Entry, complaints, passage_statements, read_document
from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail import Document, Matcher, doc, docs, knowledge, passages
from gradus.sim.tokens import count

MATCHER = Matcher(knowledge())

each_document = pytest.mark.parametrize("document", docs(), ids=lambda document: document.id)


def wordpieces(text: str) -> int:
    return count([text])


def test_sizes() -> None:
    kinds = Counter(document.kind for document in docs())
    assert kinds == {"help": 40, "errors": 30, "api": 15, "releases": 15, "policies": 12, "runbooks": 8}
    assert 380 <= len(passages()) <= 460
    assert sum(bool(document.supersedes) for document in docs() if document.kind == "releases") == 8
    assert Counter(document.region for document in docs() if document.kind == "policies") == {"eu": 6, "us": 6}
    assert {document.audience for document in docs() if document.kind == "runbooks"} == {"internal"}
    assert {document.file.rpartition(".")[2] for document in docs()} == {"md", "html", "txt", "csv"}


@each_document
def test_it_states_what_it_declares_and_nothing_wrong(document: Document) -> None:
    assert list(complaints(document, MATCHER, wordpieces)) == []


@each_document
def test_offsets_point_into_its_source(document: Document) -> None:
    source, last = document.source(), 0
    for passage in document.passages:
        assert last <= passage.start < passage.end <= len(source)
        last = passage.end
        words = re.findall(r"\w{4,}", passage.text)
        assert words
        assert all(word in source for word in words)
        if document.file.endswith(".md") and "<!--" not in source[passage.start : passage.end]:
            assert passage.text in source[passage.start : passage.end]


def test_a_fact_that_is_declared_but_not_stated_is_noticed() -> None:
    entry = Entry("errors/x.md", date(2026, 1, 1), {"top": ("e-4012.meaning",)})
    for text, complaint in (
        ("The probe circuit is open.", []),
        ("The probe is gone.", ["errors/x#top: declares, but does not state: e-4012.meaning"]),
        (
            "The probe needs calibration: the probe circuit is open.",
            ["errors/x#top: states the wrong value of: e-4012.meaning"],
        ),
    ):
        document = read_document("errors", entry, f"# E-4012\n\n{text}\n".encode())
        assert list(complaints(document, MATCHER, wordpieces)) == complaint


def test_a_fact_that_is_stated_but_not_declared_is_noticed() -> None:
    entry = Entry("errors/x.md", date(2026, 1, 1), {"top": ()})
    document = read_document("errors", entry, b"# E-4012\n\nThe probe circuit is open.\n")
    assert list(complaints(document, MATCHER, wordpieces)) == [
        "errors/x#top: states, but does not declare: e-4012.meaning"
    ]
    assert passage_statements(document, document.passages[0])[0].above == ("E-4012",)


def test_a_passage_that_the_encoder_cannot_read_whole_is_noticed() -> None:
    entry = Entry("errors/x.md", date(2026, 1, 1), {"top": ()})
    document = read_document("errors", entry, ("# X\n\n" + "word " * 201).encode())
    assert list(complaints(document, MATCHER, wordpieces)) == [
        "errors/x#top: 201 wordpieces, more than 200: split it with a heading."
    ]


def test_sections_and_declared_anchors_have_to_agree() -> None:
    with pytest.raises(SourceError, match="the catalogue has"):
        read_document("errors", Entry("errors/x.md", date(2026, 1, 1), {}), b"# X\n\ntext\n")
    with pytest.raises(SourceError, match="Correct the encoding"):
        read_document("errors", Entry("errors/x.md", date(2026, 1, 1), {}), b"# X\n\n\x80\n")


def test_awkward_encodings_are_what_the_catalogue_says() -> None:
    encodings = Counter(document.encoding for document in docs())
    assert encodings["cp1252"] == 2
    assert encodings["utf-8-sig"] == 1
    assert encodings["utf-8"] == 117
    for document in docs():
        content = document.path.read_bytes()
        if document.encoding == "cp1252":
            with pytest.raises(UnicodeDecodeError):
                content.decode("utf-8")
        assert content.startswith(b"\xef\xbb\xbf") == (document.encoding == "utf-8-sig")
    liars = [document for document in docs() if document.encoding == "cp1252" and document.file.endswith(".html")]
    assert [b'charset="utf-8"' in document.path.read_bytes() for document in liars] == [True]


def test_boilerplate_is_there_and_in_no_passage() -> None:
    sources = {document.id: document.source() for document in docs()}
    assert sum("<nav" in source for source in sources.values()) >= 8
    assert sum("\n* * *\n" in source for source in sources.values()) >= 40
    assert sum("<!--" in source for source in sources.values()) >= 4
    for passage in passages().values():
        assert not re.search(r"<!--|</?(nav|footer|main|p|table)\b|Page \d+ of \d+|Last reviewed", passage.text), (
            passage.id
        )


def test_documents_do_not_repeat_each_other() -> None:
    """Templates make every passage a near-duplicate of the next and flatten every metric."""
    texts = {passage.id: set(re.findall(r"\w+", passage.text.lower())) for passage in passages().values()}
    alike = [
        (one, other)
        for one, words in texts.items()
        for other, others in texts.items()
        if one < other and len(words) > 25 and len(words & others) / len(words | others) > 0.6
    ]
    assert len(alike) <= 4, alike


def test_what_is_superseded_is_older() -> None:
    for document in docs():
        for older in document.supersedes:
            assert doc(older).updated < document.updated, document.id
