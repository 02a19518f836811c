"""What chromadb does, as lessons tell it. A failure here names a lesson to rewrite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

_rng = np.random.default_rng(0)
VECTORS = _rng.normal(size=(4, 8)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
QUERY = VECTORS[3:]


@pytest.fixture(scope="module", autouse=True)
def _quick_import() -> Iterator[None]:
    """chromadb imports rfc3987_syntax if it is there, which takes two seconds and serves nothing here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANONYMIZED_TELEMETRY", "False")
        patch.setitem(sys.modules, "rfc3987_syntax", None)
        import chromadb  # noqa: F401

        yield


@pytest.fixture
def client(tmp_path: Path) -> ClientAPI:
    import chromadb

    return chromadb.PersistentClient(tmp_path)


@pytest.fixture
def pages(client: ClientAPI) -> Collection:
    """Two pages, "one" and "two", in a collection with the default distance."""
    collection = client.create_collection("pages", embedding_function=None)
    collection.add(
        ids=["1", "2"], embeddings=VECTORS[:2], documents=["one", "two"], metadatas=[{"page": 1}, {"page": 2}]
    )
    return collection


def documents(collection: Collection) -> dict[str, str]:
    found = collection.get()
    return dict(zip(found["ids"], found["documents"] or [], strict=True))


def distances(collection: Collection) -> dict[str, float]:
    found = collection.query(query_embeddings=QUERY, n_results=2)
    return dict(zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True))


def test_the_default_distance_is_squared_l2(pages: Collection) -> None:
    expected = np.sum((VECTORS[:2] - QUERY) ** 2, axis=1)
    assert distances(pages) == pytest.approx({"1": expected[0], "2": expected[1]}, abs=1e-5)


@pytest.mark.parametrize(
    "asked_for", [{"metadata": {"hnsw:space": "cosine"}}, {"configuration": {"hnsw": {"space": "cosine"}}}]
)
def test_cosine_distance_is_one_minus_cosine(client: ClientAPI, asked_for: dict[str, object]) -> None:
    collection = client.create_collection("cosine", embedding_function=None, **asked_for)  # type: ignore[arg-type]
    collection.add(ids=["1", "2"], embeddings=VECTORS[:2] * 3)
    expected = 1 - VECTORS[:2] @ QUERY[0]
    assert distances(collection) == pytest.approx({"1": expected[0], "2": expected[1]}, abs=1e-5)


@pytest.mark.parametrize(
    "asked_for", [{"metadata": {"hnsw:space": "cosine"}}, {"configuration": {"hnsw": {"space": "cosine"}}}]
)
def test_get_or_create_with_another_metric_silently_keeps_the_old_one(
    client: ClientAPI, pages: Collection, asked_for: dict[str, object]
) -> None:
    before = distances(pages)
    again = client.get_or_create_collection("pages", embedding_function=None, **asked_for)  # type: ignore[arg-type]
    assert again.metadata is None
    assert again.configuration["hnsw"]["space"] == "l2"
    assert distances(again) == before


def test_add_on_an_existing_id_silently_keeps_the_old_record(pages: Collection) -> None:
    pages.add(
        ids=["1", "3"], embeddings=VECTORS[1:3], documents=["ONE", "three"], metadatas=[{"page": 10}, {"page": 3}]
    )
    assert documents(pages) == {"1": "one", "2": "two", "3": "three"}
    kept = pages.get(ids=["1"], include=["embeddings", "metadatas"])
    assert np.allclose(np.asarray(kept["embeddings"])[0], VECTORS[0])
    assert kept["metadatas"] == [{"page": 1}]


def test_add_refuses_one_id_twice_in_a_call(pages: Collection) -> None:
    with pytest.raises(Exception, match="found duplicates of: 3") as caught:
        pages.add(ids=["3", "3"], embeddings=VECTORS[:2])
    assert type(caught.value).__name__ == "DuplicateIDError"
    assert pages.count() == 2


def test_upsert_replaces_the_text_and_vector_but_merges_the_metadata(pages: Collection) -> None:
    pages.upsert(
        ids=["1", "3"], embeddings=VECTORS[1:3], documents=["ONE", "three"], metadatas=[{"author": "me"}, {"page": 3}]
    )
    assert documents(pages) == {"1": "ONE", "2": "two", "3": "three"}
    changed = pages.get(ids=["1"], include=["embeddings", "metadatas"])
    assert np.allclose(np.asarray(changed["embeddings"])[0], VECTORS[1])
    assert changed["metadatas"] == [{"page": 1, "author": "me"}]


def test_update_of_an_unknown_id_does_nothing(pages: Collection) -> None:
    pages.update(ids=["3"], embeddings=VECTORS[2:3], documents=["three"])
    assert documents(pages) == {"1": "one", "2": "two"}


def test_delete_of_an_unknown_id_does_nothing_and_counts_it(pages: Collection) -> None:
    assert pages.delete(ids=["2", "3"]) == {"deleted": 2}
    assert documents(pages) == {"1": "one"}


def test_delete_of_nothing_is_an_error(pages: Collection) -> None:
    with pytest.raises(ValueError, match="non-empty list"):
        pages.delete(ids=[])
    with pytest.raises(ValueError, match="At least one of ids, where, or where_document"):
        pages.delete()
    assert pages.count() == 2


def test_more_results_than_rows_gives_all_rows(pages: Collection) -> None:
    assert sorted(pages.query(query_embeddings=QUERY, n_results=50)["ids"][0]) == ["1", "2"]


def test_a_query_that_nothing_meets_gives_an_empty_list(client: ClientAPI, pages: Collection) -> None:
    empty = client.create_collection("empty", embedding_function=None)
    assert empty.query(query_embeddings=QUERY, n_results=3)["ids"] == [[]]
    assert pages.query(query_embeddings=QUERY, n_results=3, where={"page": 77})["ids"] == [[]]


def test_no_results_asked_for_is_an_error(pages: Collection) -> None:
    with pytest.raises(TypeError, match="cannot be negative, or zero"):
        pages.query(query_embeddings=QUERY, n_results=0)


def test_empty_metadata_is_an_error_and_none_is_not(pages: Collection) -> None:
    with pytest.raises(ValueError, match="non-empty dict"):
        pages.add(ids=["3"], embeddings=VECTORS[2:3], metadatas=[{}])
    pages.add(ids=["3"], embeddings=VECTORS[2:3], metadatas=[None])  # type: ignore[list-item]
    assert (pages.get(ids=["3"])["metadatas"] or [{}])[0] is None


def test_adding_nothing_is_an_error(pages: Collection) -> None:
    with pytest.raises(ValueError, match="non-empty"):
        pages.add(ids=[], embeddings=[], documents=[])


def test_vectors_of_another_length_are_refused(pages: Collection) -> None:
    with pytest.raises(Exception, match="expecting embedding with dimension of 8, got 4") as caught:
        pages.add(ids=["3"], embeddings=VECTORS[:1, :4])
    assert type(caught.value).__name__ == "InvalidArgumentError"


def test_the_default_embedding_function_downloads_its_model(client: ClientAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

    def refuse(self: ONNXMiniLM_L6_V2) -> None:
        raise ConnectionError(f"no download of {self.MODEL_DOWNLOAD_URL}")

    monkeypatch.setattr(ONNXMiniLM_L6_V2, "_download_model_if_not_exists", refuse)
    collection = client.create_collection("pages")
    with pytest.raises(ConnectionError, match="no download of https://"):
        collection.add(ids=["1"], documents=["one"])
