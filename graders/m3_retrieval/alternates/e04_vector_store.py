"""Vector store with an explicit get or create, metadata mended after writing, and scores computed from the vectors."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.errors import DuplicateIDError, NotFoundError

COLLECTION = "help"


@dataclass(frozen=True)
class Chunk:
    id: str
    text: str
    metadata: dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Hit:
    id: str
    text: str
    score: float
    metadata: dict[str, Any]


class WrongMetricError(Exception):
    def __init__(self, found: str) -> None:
        super().__init__(f"{COLLECTION!r} measures {found!r}, not cosine. Index the chunks again in an empty folder.")
        self.found = found


@functools.cache
def open_client(path: Path) -> ClientAPI:
    return chromadb.PersistentClient(path)


class Index:
    def __init__(self, path: Path, encoder: Any) -> None:
        self.encoder = encoder
        client = open_client(path)
        try:
            self.collection = client.get_collection(COLLECTION)
        except NotFoundError:
            self.collection = client.create_collection(COLLECTION, metadata={"hnsw:space": "cosine"})
        space = self.collection.configuration_json["hnsw"]["space"]
        if space != "cosine":
            raise WrongMetricError(space)

    def count(self) -> int:
        return len(self.collection.get(include=[])["ids"])

    def upsert(self, chunks: Iterable[Chunk]) -> None:
        batch = list(chunks)
        twice = [id_ for id_, times in Counter(chunk.id for chunk in batch).items() if times > 1]
        if twice:
            raise DuplicateIDError(f"One batch holds {twice} more than once.")
        if batch:
            self._write(batch, self.encoder.encode([chunk.text for chunk in batch]))

    def _write(self, batch: list[Chunk], vectors: Any) -> None:
        self.collection.upsert(
            ids=[chunk.id for chunk in batch],
            embeddings=vectors.tolist(),
            documents=[chunk.text for chunk in batch],
            metadatas=[chunk.metadata or None for chunk in batch],  # type: ignore[misc]
        )
        for chunk in batch:
            stored: Mapping[str, Any] = (self.collection.get(chunk.id)["metadatas"] or [{}])[0] or {}
            if gone := stored.keys() - chunk.metadata.keys():
                self.collection.update(chunk.id, metadatas=dict.fromkeys(gone))

    def delete(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.collection.delete(ids=[id_])

    def query(self, text: str, k: int, where: Any = None) -> list[Hit]:
        question = self.encoder.encode([text])[0]
        found = self.collection.query(
            query_embeddings=[question], n_results=k, where=where, include=["embeddings", "documents", "metadatas"]
        )
        rows: Iterable[Any] = zip(
            found["ids"][0], found["documents"][0], found["embeddings"][0], found["metadatas"][0], strict=True
        )  # type: ignore[index]
        hits = [Hit(id_, document, cosine(question, vector), dict(data or {})) for id_, document, vector, data in rows]
        return sorted(hits, key=lambda hit: hit.score, reverse=True)


def cosine(one: Any, other: Any) -> float:
    return float(np.clip(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)), 0.0, 1.0))
