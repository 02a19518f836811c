"""Vector store: an index over Chroma whose scores are cosines and whose writes do what they say.

Lesson: modules/m3_retrieval/e04_vector_store.md
Grade:  make grade EX=m3/e04
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import chromadb
import numpy as np
from chromadb import Where
from chromadb.api import ClientAPI
from numpy.typing import NDArray

COLLECTION = "help"

Metadata = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Chunk:
    """A piece of a document, as it goes into the index.

    Attributes:
        id: what it is known by; not empty.
        text: what is embedded and later shown to the model.
        metadata: what queries may filter by. May be empty.
    """

    id: str
    text: str
    metadata: Metadata


@dataclass(frozen=True)
class Hit:
    """A chunk that a query found.

    Attributes:
        id: the chunk's.
        text: the chunk's.
        score: the cosine of the angle between question and text, from 0 to 1; below 0 counts as 0.
        metadata: the chunk's; {} if it has none.
    """

    id: str
    text: str
    score: float
    metadata: Metadata


class Encoder(Protocol):
    """What turns texts into vectors: a SentenceTransformer, or anything with its `encode`."""

    def encode(self, texts: list[str], /) -> NDArray[np.float32]:
        """One vector for each text: shape (len(texts), dimensions), of any length, not only of length 1."""


class WrongMetricError(Exception):
    """The folder's collection was created with another distance than cosine. `found` names it: "l2" or "ip"."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The collection {COLLECTION!r} measures {found!r} instead of cosine, and a collection's metric is fixed. "
            "Index the chunks again in an empty folder."
        )
        self.found = found


@functools.cache
def open_client(path: Path) -> ClientAPI:
    """The embedded Chroma database in a folder: one client per folder, because opening takes a while.

    Given: use it as it is, also to look at what you have stored.

    Example:
        >>> open_client(Path("index")).get_collection(COLLECTION).count()
        3
    """
    return chromadb.PersistentClient(path)


class Index:
    """A searchable index of chunks in the collection `COLLECTION` of a folder.

    Each chunk is one record of that collection: its id, the vector of its text as the encoder gave it, the text as
    document, and its metadata. Nothing is kept outside the folder, so every Index that is opened on it sees the same
    chunks.

    Example:
        >>> index = Index(Path("index"), encoder)
        >>> index.upsert([Chunk("box", "The courier box keeps its cargo between 2 and 8 °C.", {"plan": "pro"})])
        >>> index.query("How cold is the box?", k=3)
        [Hit(id='box', text='The courier box keeps …', score=0.64, metadata={'plan': 'pro'})]
    """

    def __init__(self, path: Path, encoder: Encoder) -> None:
        """Open the index in a folder: the collection that is there, or a new one that measures cosine distance.

        Args:
            path: the folder; empty, or one that an index was kept in before. Open it with `open_client`.
            encoder: embeds chunks and questions. Opening an index embeds nothing.

        Raises:
            WrongMetricError: the folder's collection measures something else, be it empty or not. The collection is
                left as it is.

        Example:
            >>> Index(Path("index"), encoder).count()
            0
        """
        raise NotImplementedError("Task 1")

    def count(self) -> int:
        """How many chunks the index holds.

        Example:
            >>> index.count()
            3
        """
        raise NotImplementedError("Task 1")

    def upsert(self, chunks: Sequence[Chunk]) -> None:
        """Add chunks; a chunk whose id is known replaces the old one: text, vector and the whole metadata.

        All texts are embedded with one call of `encoder.encode`. Without chunks, nothing is embedded or written.

        Args:
            chunks: what to write, up to a few thousand, in any order.

        Raises:
            chromadb.errors.DuplicateIDError: two of the chunks have the same id.
            ValueError: Chroma does not take a chunk's metadata (a value that is a dict, say).
                After either error, the index is what it was before the call.

        Example:
            >>> index.upsert([Chunk("box", "The box keeps its cargo cold for 36 hours.", {"plan": "pro"})])
            >>> index.upsert([Chunk("box", "The box keeps its cargo cold for 48 hours.", {})])
            >>> index.count()
            1
        """
        raise NotImplementedError("Task 2")

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks.

        Args:
            ids: of the chunks to remove, in a list or a tuple; none occurs twice. Unknown ids are ignored; without ids,
                nothing happens.

        Example:
            >>> index.delete(["box", "never-was"])
        """
        raise NotImplementedError("Task 2")

    def query(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Find the chunks nearest to a question, by cosine similarity.

        The question is all that is embedded, with one call of `encoder.encode`.

        Args:
            text: the question.
            k: how many hits are wanted, at least 1.
            where: a filter on metadata in Chroma's syntax, such as {"plan": "pro"}; None for all chunks.

        Returns:
            The k best hits that Chroma finds among the chunks that meet the filter, best first; fewer if fewer meet it,
            [] if none does.
            Scores are cosines, right to four decimals, clipped to the range from 0 to 1. Equal ones come in any order.

        Example:
            >>> [(hit.id, round(hit.score, 3)) for hit in index.query("Where is my courier?", k=2)]
            [('tracker', 0.652), ('box', 0.518)]
        """
        raise NotImplementedError("Task 3")
