"""Grader for m3_retrieval/e04_vector_store."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from gradus.embeddings import Encoder
from gradus.grading import raises

COLLECTION = "help"
COSINE = {"hnsw": {"space": "cosine"}}

HELP = [
    ("ct200-range", "The CT-200 measures from -30 to 60 °C and logs a reading every ten minutes.", {"model": "CT-200"}),
    ("ct210-range", "The CT-210 measures from -80 to 60 °C and is made for vaccine freezers.", {"model": "CT-210"}),
    ("ct200-battery", "The battery of a CT-200 lasts two years. Replace it with one CR2477 cell.", {"model": "CT-200"}),
    ("ct210-battery", "The CT-210 charges over USB-C. A full charge lasts three months.", {"model": "CT-210"}),
    ("e4012", "E-4012: the probe is disconnected. Push its plug in until it clicks.", {"kind": "error"}),
    ("e4021", "E-4021: the door was open for more than ten minutes. Close it, confirm the alarm.", {"kind": "error"}),
    ("e4100", "E-4100: the gateway has lost its network. Sensors keep 72 hours of readings.", {"kind": "error"}),
    ("starter", "The Starter plan keeps readings for 30 days and allows three sensors.", {"kind": "plan"}),
    ("business", "The Business plan keeps readings for two years and allows a hundred sensors.", {"kind": "plan"}),
    ("invoice", "Invoices are sent by email on the first day of the month.", {"kind": "billing"}),
    ("export", "Download readings as CSV under Reports, Export.", {"kind": "reports"}),
    ("pairing", "To pair a sensor, hold its button for five seconds until the light turns blue.", {"kind": "setup"}),
]
TEXTS = {id_: text for id_, text, _ in HELP}
OLD = "The CT-300 is sold in Europe."
NEW = "To reset a gateway, unplug it for a minute."


class Stretched(Encoder):
    """The same directions, but vectors as long as their text: as from a model that does not normalise."""

    def encode(self, texts):
        return super().encode(texts) * np.array([[len(text)] for text in texts], np.float32)


def cosines(question):
    """The oracle: the cosine of every help text to the question, by id."""
    vectors = Encoder().encode([question, *TEXTS.values()])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return dict(zip(TEXTS, (vectors[1:] @ vectors[0]).tolist(), strict=True))


def best(question, k, among=TEXTS):
    scores = cosines(question)
    return sorted(among, key=lambda id_: -scores[id_])[:k]


def collection_in(submission, path):
    """What lies in the folder, seen with Chroma itself."""
    return submission.open_client(path).get_collection(COLLECTION)


def chunk(submission, id_="a", text=OLD, metadata=None):
    return submission.Chunk(id=id_, text=text, metadata={"kind": "test"} if metadata is None else metadata)


def indexed(submission, path, encoder, rows=HELP):
    index = submission.Index(path, encoder)
    index.upsert([submission.Chunk(id=id_, text=text, metadata=metadata) for id_, text, metadata in rows])
    return index


@pytest.fixture
def index(submission, encoder, tmp_path):
    """An empty index in a folder of its own."""
    return submission.Index(tmp_path, encoder)


_filled: list[Path] = []


@pytest.fixture
def help_index(submission, encoder, tmp_path):
    """An index of the help texts. The tests that use it only read, so they share the folder that the first one filled."""
    if not _filled:
        indexed(submission, tmp_path, Encoder())
        _filled.append(tmp_path)
    return submission.Index(_filled[0], encoder)


@pytest.mark.task(1)
def test_a_new_collection_measures_cosine(submission, encoder, tmp_path):
    """Chroma's default distance is squared L2. Whoever turns that into a score with 1 - distance gets another number."""
    submission.Index(tmp_path, encoder)
    collection = collection_in(submission, tmp_path)
    collection.add(ids=["diagonal"], embeddings=[[2.0, 2.0]], documents=["halfway between the axes"])
    found = collection.query(query_embeddings=[[3.0, 0.0]], n_results=1)
    assert found["distances"][0] == pytest.approx([1 - 0.5**0.5], abs=1e-4)


@pytest.mark.task(1)
def test_opens_what_is_there(submission, encoder, tmp_path):
    """Opening an index must not empty it: the vectors in the folder were paid for."""
    collection = submission.open_client(tmp_path).create_collection(COLLECTION, configuration=COSINE)
    collection.add(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["north", "east"])
    assert submission.Index(tmp_path, encoder).count() == 2


@pytest.mark.task(1)
def test_refuses_a_collection_with_another_metric(submission, encoder, tmp_path):
    """get_or_create_collection gives you the old collection with its old metric and says nothing. Look at what you got."""
    submission.open_client(tmp_path).create_collection(COLLECTION)
    with raises("WrongMetricError") as caught:
        submission.Index(tmp_path, encoder)
    assert caught.error.fields["found"] == "l2"


@pytest.mark.task(1)
def test_a_refused_collection_keeps_its_records(submission, encoder, tmp_path):
    """To delete a collection because its metric is wrong throws somebody's vectors away. Refuse it and leave it alone."""
    collection = submission.open_client(tmp_path).create_collection(COLLECTION)
    collection.add(ids=["a"], embeddings=[[1.0, 0.0]], documents=["north"])
    with suppress(Exception):  # whether it raises is for the test above to judge
        submission.Index(tmp_path, encoder)
    assert collection_in(submission, tmp_path).count() == 1


@pytest.mark.task(2)
def test_stores_each_chunk_as_a_record(submission, index, tmp_path):
    """Other programs read this folder too: a record has the chunk's id, text and metadata, and your encoder's vector."""
    index.upsert([chunk(submission, "a", OLD, {"model": "CT-300", "sold": True})])
    stored = collection_in(submission, tmp_path).get(include=["documents", "metadatas", "embeddings"])
    assert (stored["ids"], stored["documents"]) == (["a"], [OLD])
    assert stored["metadatas"] == [{"model": "CT-300", "sold": True}]
    assert np.allclose(stored["embeddings"], Encoder().encode([OLD]), atol=1e-5)


@pytest.mark.task(2)
def test_replaces_the_text_of_a_known_id(submission, index, tmp_path):
    """add() on an id that is there keeps the old record and raises nothing: the page was corrected, the index never."""
    index.upsert([chunk(submission, "a", OLD)])
    index.upsert([chunk(submission, "a", NEW)])
    stored = collection_in(submission, tmp_path).get(include=["documents", "embeddings"])
    assert stored["documents"] == [NEW]
    assert np.allclose(stored["embeddings"], Encoder().encode([NEW]), atol=1e-5), "the vector of the new text"


@pytest.mark.task(2)
@pytest.mark.parametrize("metadata", [{"kind": "manual"}, {}])
def test_replaces_the_whole_metadata(submission, index, tmp_path, metadata):
    """Chroma's upsert merges metadata: keys that the chunk no longer has live on, and filters go on finding them."""
    index.upsert([chunk(submission, metadata={"kind": "draft", "internal": True})])
    index.upsert([chunk(submission, metadata=metadata)])
    (stored,) = collection_in(submission, tmp_path).get(include=["metadatas"])["metadatas"]
    assert (stored or {}) == metadata


@pytest.mark.task(2)
def test_takes_chunks_without_metadata(submission, index):
    """Chroma refuses {} as metadata and takes None. A page without labels is still a page."""
    index.upsert([chunk(submission, "a", OLD, {}), chunk(submission, "b", NEW, {"kind": "manual"})])
    assert index.count() == 2


@pytest.mark.task(2)
def test_embeds_a_batch_with_one_call(submission, index, encoder):
    """An encoder works on batches: one call for a thousand texts takes seconds, a thousand calls take minutes."""
    index.upsert([chunk(submission, id_, text) for id_, text in TEXTS.items()])
    assert (encoder.calls, encoder.texts) == (1, len(TEXTS))


@pytest.mark.task(2)
def test_refuses_one_id_twice_in_a_batch(submission, index):
    """Two chunks with one id are a fault upstream. If one of them quietly wins, the other's text is never found again."""
    with raises("DuplicateIDError"):
        index.upsert([chunk(submission, "a", OLD), chunk(submission, "b", OLD), chunk(submission, "a", NEW)])
    assert index.count() == 0


@pytest.mark.task(2)
def test_a_refused_batch_changes_nothing(submission, index, tmp_path):
    """If the old record is deleted before the new one is accepted, a refused write loses a page that was fine."""
    index.upsert([chunk(submission, "a", OLD)])
    with raises("ValueError"):
        index.upsert([chunk(submission, "a", NEW, {"limits": {"low": 2, "high": 8}})])
    assert collection_in(submission, tmp_path).get()["documents"] == [OLD]


@pytest.mark.task(2)
def test_nothing_to_do_is_no_error(index):
    """Chroma raises on empty lists. A sync run on a day without changes must not page anybody."""
    index.upsert([])
    index.delete([])
    assert index.count() == 0


@pytest.mark.task(2)
def test_deletes_what_it_has(submission, index, tmp_path):
    """A page that was taken down must not be quoted any more. That it was never indexed is no reason to fail."""
    index.upsert([chunk(submission, id_) for id_ in ("a", "b", "c")])
    index.delete(["c", "never-was", "a"])
    assert collection_in(submission, tmp_path).get()["ids"] == ["b"]


@pytest.mark.task(2)
def test_another_index_on_the_folder_sees_the_chunks(submission, index, encoder, tmp_path):
    """The web server reads what the nightly job writes: nothing may live in one Index object alone."""
    other = submission.Index(tmp_path, encoder)
    index.upsert([chunk(submission, "a"), chunk(submission, "b")])
    other.delete(["a"])
    assert (index.count(), other.count()) == (1, 1)


@pytest.mark.task(3)
@pytest.mark.parametrize("question", ["How long does the battery of my CT-200 last?", "How long are readings kept?"])
def test_scores_are_cosines(help_index, question):
    """The ranking is the same for many wrong formulas. A threshold is not: it needs the cosine itself."""
    scores = {hit.id: hit.score for hit in help_index.query(question, len(HELP))}
    assert scores == pytest.approx({id_: max(0.0, score) for id_, score in cosines(question).items()}, abs=1e-4)


@pytest.mark.task(3)
def test_scores_stay_between_0_and_1(help_index):
    """A cosine can be negative, and rounding can carry it past 1. Callers were promised a score from 0 to 1."""
    question = TEXTS["invoice"]
    scores = {hit.id: hit.score for hit in help_index.query(question, len(HELP))}
    opposed = [id_ for id_, cosine in cosines(question).items() if cosine < 0]
    assert [scores[id_] for id_ in opposed] == [0.0] * len(opposed)
    assert max(scores.values()) <= 1


@pytest.mark.task(3)
@pytest.mark.parametrize("question", ["How cold can the CT-210 get?", "When will I be billed?"])
def test_the_best_hits_come_first(help_index, question):
    """The reader of a truncated list sees its beginning. Distances grow where similarities fall."""
    assert [hit.id for hit in help_index.query(question, 3)] == best(question, 3)


@pytest.mark.task(3)
def test_the_length_of_a_vector_does_not_matter(submission, tmp_path):
    """MiniLM's vectors have length 1, which lets the inner product and the L2 distance pass for a cosine. Others' have not."""
    question = "How long does the battery last?"
    index = indexed(submission, tmp_path, Stretched())
    scores = {hit.id: hit.score for hit in index.query(question, len(HELP))}
    assert scores == pytest.approx({id_: max(0.0, score) for id_, score in cosines(question).items()}, abs=1e-4)


@pytest.mark.task(3)
def test_hits_bring_text_and_metadata(submission, index):
    """What goes into the prompt is the text, what goes into the citation is the metadata. None is not a dict."""
    index.upsert([chunk(submission, "a", OLD, {}), chunk(submission, "b", NEW, {"kind": "manual"})])
    hits = {hit.id: (hit.text, hit.metadata) for hit in index.query("gateway", 2)}
    assert hits == {"a": (OLD, {}), "b": (NEW, {"kind": "manual"})}


@pytest.mark.task(3)
def test_filters_before_it_counts_to_k(help_index):
    """A filter on the finished list returns two hits where five exist, or none. It belongs into the query itself."""
    question = "How long does the battery of my CT-200 last?"
    errors = ["e4012", "e4021", "e4100"]
    assert [hit.id for hit in help_index.query(question, 2, where={"kind": "error"})] == best(question, 2, errors)


@pytest.mark.task(3)
def test_gives_all_there_is_when_asked_for_more(help_index):
    """k is a wish, not a promise. Seven pages and k=20 are seven hits, not an error."""
    assert len(help_index.query("Which plan do I need?", 50)) == len(HELP)


@pytest.mark.task(3)
def test_an_empty_index_has_no_hits(index):
    """The first question may come before the first document. No hits is an answer, an exception is an outage."""
    assert index.query("Is anybody there?", 3) == []


@pytest.mark.task(3)
def test_embeds_the_question_and_nothing_else(help_index, encoder):
    """The vectors of the chunks are in the index: to embed them again for each question is what the index saves you."""
    help_index.query("How do I pair a sensor?", 3)
    assert (encoder.calls, encoder.texts) == (1, 1)
