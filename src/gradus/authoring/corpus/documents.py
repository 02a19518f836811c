"""data/catalogue/*.yaml and the files below data/docs/ read into Documents, each passage held against the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.sections import Section, sections
from gradus.coldtrail.documents import Document, Kind, Passage
from gradus.coldtrail.facts import Audience
from gradus.coldtrail.statements import Matcher, Statement, statements

MOST_WORDPIECES = 200
"""Of a passage's text: the encoder reads 256, and title and headings need room too."""


@dataclass(frozen=True)
class Entry:
    """A document as a catalogue lists it.

    Attributes:
        file: its path below data/docs/.
        passages: for every section, by its anchor, the ids of the facts that it states.
        title: for CSV files, which have none of their own.
    """

    file: str
    updated: date
    passages: dict[str, tuple[str, ...]]
    title: str = ""
    encoding: str = "utf-8"
    audience: Audience = "public"
    tenant: str | None = None
    region: str | None = None
    supersedes: tuple[str, ...] = ()


def read_entries(name: str, source: object) -> tuple[Entry, ...]:
    """The entries of one catalogue.

    Raises:
        SourceError: it is not written as a catalogue.

    Example:
        >>> read_entries("help.yaml", [{"file": "help/a.md", "updated": date(2026, 1, 1), "passages": {}}])[0].encoding
        'utf-8'
    """
    try:
        return TypeAdapter(tuple[Entry, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"data/catalogue/{name}: {error}") from error


def read_document(kind: Kind, entry: Entry, content: bytes) -> Document:
    """One document from its entry and its bytes.

    Raises:
        SourceError: the bytes are not in the declared encoding, or sections and declared anchors differ.

    Example:
        >>> read_document("help", entry, b"# Pairing\\n\\nHold the button.\\n").passages[0].id
        'help/pairing#top'
    """
    where = f"data/docs/{entry.file}"
    try:
        source = content.decode(entry.encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"{where}: not {entry.encoding}: {error}. Correct the encoding in the catalogue.") from error
    title, found = sections(entry.file, source)
    anchors = [section.anchor for section in found]
    if anchors != list(entry.passages):
        raise SourceError(f"{where}: its sections are {anchors}, the catalogue has {list(entry.passages)}.")
    if len(set(anchors)) != len(anchors):
        raise SourceError(f"{where}: two sections have the same heading. Rename one.")
    name = entry.file.rpartition(".")[0]
    return Document(
        id=name,
        file=f"docs/{entry.file}",
        kind=kind,
        title=title or entry.title,
        encoding=entry.encoding,
        updated=entry.updated,
        audience=entry.audience,
        tenant=entry.tenant,
        region=entry.region,
        supersedes=entry.supersedes,
        passages=tuple(_passage(name, section, entry.passages[section.anchor]) for section in found),
    )


def _passage(document: str, section: Section, facts: tuple[str, ...]) -> Passage:
    return Passage(
        id=f"{document}#{section.anchor}",
        document=document,
        headings=section.headings,
        text=section.text,
        start=section.start,
        end=section.end,
        facts=facts,
    )


def passage_statements(document: Document, passage: Passage) -> tuple[Statement, ...]:
    """What a passage states, read under its headings and its document's title."""
    return statements(passage.text, (*reversed(passage.headings), document.title))


def complaints(document: Document, matcher: Matcher, wordpieces: Callable[[str], int]) -> Iterator[str]:
    """What is wrong with a document, a line each.

    Args:
        document: as read.
        matcher: over all facts.
        wordpieces: how many a text has.
    """
    for passage in document.passages:
        pieces = passage_statements(document, passage)
        stated, declared = matcher.stated(pieces), set(passage.facts)
        if missing := sorted(declared - stated):
            yield f"{passage.id}: declares, but does not state: {', '.join(missing)}"
        if undeclared := sorted(stated - declared):
            yield f"{passage.id}: states, but does not declare: {', '.join(undeclared)}"
        if wrong := sorted(matcher.misstated(pieces)):
            yield f"{passage.id}: states the wrong value of: {', '.join(wrong)}"
        if (count := wordpieces(passage.text)) > MOST_WORDPIECES:
            yield f"{passage.id}: {count} wordpieces, more than {MOST_WORDPIECES}: split it with a heading."


def unstated(documents: Mapping[str, Document], facts: Iterator[str]) -> list[str]:
    """The facts that no passage states."""
    stated = {fact for document in documents.values() for passage in document.passages for fact in passage.facts}
    return sorted(set(facts) - stated)
