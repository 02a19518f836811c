"""The 120 documents and their passages: what Coldtrail has written down, for whom, and when."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store
from gradus.coldtrail.facts import Audience

Kind = Literal["help", "errors", "api", "releases", "policies", "runbooks"]


@dataclass(frozen=True)
class Passage:
    """One section of a document: the unit that labels speak of.

    Attributes:
        id: the document's id and an anchor: "help/pairing#hold-the-button".
        document: the id of its document.
        headings: the headings it stands under, outermost first, without the title; () for what comes before the first.
        text: its readable text without its own heading: Markdown as written, HTML without its tags, tables as rows of
            cells between bars. At most 200 wordpieces of the encoder.
        start, end: the characters of the decoded file that it was read from, its heading included.
        facts: the ids of the facts that it states.
    """

    id: str
    document: str
    headings: tuple[str, ...]
    text: str
    start: int
    end: int
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One file below data/docs/.

    Attributes:
        id: its path below data/docs/ without the ending: "help/pairing".
        file: its path below data/: "docs/help/pairing.md".
        kind: the folder it lies in.
        title: as it stands in the file; of a CSV file, as the catalogue has it.
        encoding: what the bytes really are ("utf-8", "utf-8-sig", "cp1252"), whatever the file says of itself.
        updated: the day it was last changed.
        audience: who may read it.
        tenant: the only tenant whose people may read it, or None. Staff may always.
        region: "eu" or "us" where it holds for customers there only.
        supersedes: the ids of documents whose statements it replaces.
        passages: its sections in order.
    """

    id: str
    file: str
    kind: Kind
    title: str
    encoding: str
    updated: date
    audience: Audience
    tenant: str | None
    region: str | None
    supersedes: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def path(self) -> Path:
        """The file itself, verified.

        Raises:
            CorpusError: it is missing or damaged.
        """
        return store.path(self.file)

    def content(self, passage: Passage) -> str:
        """A passage as one would index it: under its title and headings.

        Example:
            >>> doc("errors/e-4012").content(passages()["errors/e-4012#top"]).splitlines()[0]
            'E-4012'
        """
        return " > ".join((self.title, *passage.headings)) + "\n\n" + passage.text

    def source(self) -> str:
        """The file's text, decoded as what it really is, line ends as they are: what `start` and `end` count in.

        Raises:
            CorpusError: it is missing or damaged.
        """
        return store.read(self.file).decode(self.encoding)


@functools.cache
def docs() -> tuple[Document, ...]:
    """All documents, by kind and id.

    Raises:
        CorpusError: a file is missing or damaged.

    Example:
        >>> len(docs())
        120
    """
    return store.load("derived/documents.json", TypeAdapter(tuple[Document, ...]))


@functools.cache
def passages() -> dict[str, Passage]:
    """All passages by id, in the order of their documents.

    Raises:
        CorpusError: a file is missing or damaged.

    Example:
        >>> passages()["errors/e-4012#top"].document
        'errors/e-4012'
    """
    return {passage.id: passage for document in docs() for passage in document.passages}


@functools.cache
def doc(id: str) -> Document:  # noqa: A002 - it is what the field is called
    """The document with this id.

    Raises:
        KeyError: there is none.
        CorpusError: a file is missing or damaged.

    Example:
        >>> doc("errors/e-4012").kind
        'errors'
    """
    return {document.id: document for document in docs()}[id]
