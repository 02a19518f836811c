"""What m3_retrieval/e04_vector_store says about chromadb, beyond test_chromadb.py, and the cosines that it quotes.

A failure here names a line of that lesson to rewrite.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradus.embeddings import Encoder

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

UP = np.array([[0.0, 1.0]], np.float32)
RIGHT = np.array([[1.0, 0.0]], np.float32)
DIAGONAL = np.array([[2.0, 2.0]], np.float32)


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
    """One page, "old", labelled as a draft, in a collection that measures cosine distance."""
    collection = client.create_collection("pages", configuration={"hnsw": {"space": "cosine"}})
    collection.add(ids=["1"], embeddings=UP, documents=["old"], metadatas=[{"draft": True, "page": 1}])
    return collection


def labels(collection: Collection) -> Mapping[str, Any] | None:
    return (collection.get(ids=["1"])["metadatas"] or [{}])[0]


def test_the_example_of_the_lesson(client: ClientAPI) -> None:
    routes = client.create_collection("routes")
    routes.add(ids=["north"], embeddings=np.array([[0.8, 0.6]], np.float32), documents=["Porto to Braga"])
    (distances,) = routes.query(query_embeddings=RIGHT, n_results=1)["distances"] or []
    assert distances == pytest.approx([0.4])
    again = client.get_or_create_collection("routes", configuration={"hnsw": {"space": "cosine"}})
    assert again.configuration["hnsw"] is not None
    assert again.configuration["hnsw"]["space"] == "l2"


@pytest.mark.parametrize(("space", "distance"), [("l2", 5.0), ("ip", -1.0), ("cosine", 1 - 0.5**0.5)])
def test_what_each_space_measures(client: ClientAPI, space: Any, distance: float) -> None:
    collection = client.create_collection("pages", configuration={"hnsw": {"space": space}})
    collection.add(ids=["1"], embeddings=DIAGONAL, documents=["one"])
    (distances,) = collection.query(query_embeddings=RIGHT, n_results=1)["distances"] or []
    assert distances == pytest.approx([distance], abs=1e-5)


@pytest.mark.parametrize("space", ["l2", "ip", "cosine"])
@pytest.mark.parametrize("spelling", ["metadata", "configuration"])
def test_the_configuration_tells_the_metric_however_it_was_asked_for(
    client: ClientAPI, space: str, spelling: str
) -> None:
    asked: dict[str, Any] = (
        {"metadata": {"hnsw:space": space}} if spelling == "metadata" else {"configuration": {"hnsw": {"space": space}}}
    )
    client.create_collection("pages", **asked)
    for found in (client.get_collection("pages"), client.get_or_create_collection("pages")):
        assert found.configuration["hnsw"] is not None
        assert found.configuration["hnsw"]["space"] == space


def test_a_metric_cannot_be_changed(pages: Collection) -> None:
    with pytest.raises(ValueError, match="Changing the distance function of a collection"):
        pages.modify(metadata={"hnsw:space": "l2"})


def test_hits_come_by_ascending_distance(pages: Collection) -> None:
    pages.add(ids=["2", "3"], embeddings=np.vstack([RIGHT, DIAGONAL]), documents=["two", "three"])
    assert pages.query(query_embeddings=RIGHT, n_results=3)["ids"] == [["2", "3", "1"]]


def test_upsert_with_no_metadata_leaves_the_old(pages: Collection) -> None:
    pages.upsert(ids=["1"], embeddings=UP, documents=["new"], metadatas=[None])  # type: ignore[list-item]
    assert labels(pages) == {"draft": True, "page": 1}


def test_a_key_that_is_none_is_taken_out(pages: Collection) -> None:
    pages.upsert(ids=["1"], embeddings=UP, documents=["new"], metadatas=[{"draft": None, "page": 2}])
    assert labels(pages) == {"page": 2}
    pages.upsert(ids=["1"], embeddings=UP, documents=["new"], metadatas=[{"page": None}])
    assert labels(pages) is None


@pytest.mark.parametrize("metadata", [{}, {"limits": {"low": 2}}])
def test_a_refused_upsert_changes_nothing(pages: Collection, metadata: Any) -> None:
    with pytest.raises(ValueError, match="Expected metadata"):
        pages.upsert(
            ids=["2", "1"], embeddings=np.vstack([UP, UP]), documents=["two", "new"], metadatas=[{"page": 2}, metadata]
        )
    assert pages.get()["documents"] == ["old"]


def test_upsert_refuses_one_id_twice_in_a_call(pages: Collection) -> None:
    from chromadb.errors import DuplicateIDError

    with pytest.raises(DuplicateIDError, match="found duplicates of: 1"):
        pages.upsert(ids=["1", "1"], embeddings=np.vstack([UP, UP]), documents=["new", "newer"])
    assert pages.get()["documents"] == ["old"]


def test_upsert_of_nothing_is_an_error(pages: Collection) -> None:
    with pytest.raises(ValueError, match="non-empty"):
        pages.upsert(ids=[], embeddings=[], documents=[])


def test_without_an_embedding_function_texts_alone_are_refused(client: ClientAPI) -> None:
    for _ in ("created", "opened again"):
        collection = client.get_or_create_collection(
            "pages", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        with pytest.raises(ValueError, match="You must provide an embedding function"):
            collection.upsert(ids=["1"], documents=["old"])


def test_get_leaves_out_unknown_ids(pages: Collection) -> None:
    assert pages.get(ids=["2", "1"])["ids"] == ["1"]


def test_get_answers_in_the_order_of_storage(pages: Collection) -> None:
    pages.add(ids=["3", "2"], embeddings=np.vstack([UP, UP]), documents=["three", "two"])
    pages.upsert(ids=["1"], embeddings=UP, documents=["new"])
    assert pages.get(ids=["2", "3", "1"])["ids"] == ["1", "3", "2"]


def test_delete_of_an_unknown_id_does_nothing_and_counts_it(pages: Collection) -> None:
    assert pages.delete(ids=["never-was"]) == {"deleted": 1}
    assert pages.count() == 1


def test_delete_refuses_one_id_twice_in_a_call(pages: Collection) -> None:
    from chromadb.errors import DuplicateIDError

    with pytest.raises(DuplicateIDError, match="found duplicates of: 1"):
        pages.delete(ids=["1", "1"])
    assert pages.count() == 1


@pytest.mark.parametrize("method", ["get", "delete"])
def test_ids_in_a_tuple_are_refused(pages: Collection, method: str) -> None:
    with pytest.raises(ValueError, match=r"Expected ID to be a str, got \('1',\)"):
        getattr(pages, method)(ids=("1",))
    assert pages.count() == 1


def test_a_stored_vector_keeps_its_length(pages: Collection) -> None:
    pages.upsert(ids=["1"], embeddings=DIAGONAL, documents=["new"])
    assert np.allclose(np.asarray(pages.get(include=["embeddings"])["embeddings"]), DIAGONAL, atol=1e-6)


def test_among_thousands_a_query_misses_some_of_the_best(client: ClientAPI) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    questions = vectors[:50] + 0.1 * random.normal(size=(50, 384)).astype(np.float32)
    collection = client.create_collection("many", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
    collection.add(ids=[str(number) for number in range(2000)], embeddings=vectors)
    best = np.argsort(-(questions @ vectors.T), axis=1)[:, :10].tolist()
    found = collection.query(query_embeddings=questions, n_results=10)["ids"]
    assert sum(len({*map(str, ids)} - {*hits}) for ids, hits in zip(best, found, strict=True)) > 0


def test_a_filter_applies_before_the_number_of_hits(pages: Collection) -> None:
    near = [str(number) for number in range(2, 12)]
    pages.add(ids=near, embeddings=np.repeat(RIGHT, 10, axis=0), documents=near, metadatas=[{"page": 2}] * 10)
    assert pages.query(query_embeddings=RIGHT, n_results=1, where={"page": 1})["ids"] == [["1"]]


def test_clients_of_one_folder_see_the_same_records(pages: Collection, tmp_path: Path) -> None:
    import chromadb

    other = chromadb.PersistentClient(tmp_path).get_collection("pages")
    pages.add(ids=["2"], embeddings=UP, documents=["two"])
    assert other.count() == 2


def test_one_call_takes_5461_records(client: ClientAPI, pages: Collection) -> None:
    assert client.get_max_batch_size() == 5461
    ids = [str(number) for number in range(5462)]
    with pytest.raises(Exception, match="greater than max batch size of 5461"):
        pages.upsert(ids=ids, embeddings=np.zeros((5462, 2), np.float32), documents=ids)
    assert pages.count() == 1


def test_there_is_a_client_for_a_server() -> None:
    import chromadb

    assert callable(chromadb.HttpClient)


def test_the_cosines_that_the_lesson_quotes(tmp_path: Path) -> None:
    encoder = Encoder("onnx", tmp_path)
    page = "The CT-210 measures from -80 to 60 °C and is made for vaccine freezers."
    question, answer = encoder.encode(["How cold can the CT-210 get?", page])
    assert float(question @ answer) == pytest.approx(0.79, abs=0.005)
    assert 1 - float(np.sum((question - answer) ** 2)) == pytest.approx(0.58, abs=0.005)

    chunks = [
        "The courier tracker sends its position every five minutes.",
        "The courier box keeps its cargo between 2 and 8 °C for 36 hours.",
        "Our offices are closed on public holidays.",
    ]
    (question,) = encoder.encode(["Where is my courier?"])
    assert (encoder.encode(chunks) @ question).tolist() == pytest.approx([0.652, 0.518, 0.074], abs=5e-4)
