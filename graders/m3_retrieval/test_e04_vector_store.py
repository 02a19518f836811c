"""Grader for m3_retrieval/e04_vector_store.

To make a database takes longer than all else that a test does. So most tests share three folders beside `tmp_path`: on
the desk they write, each under ids of its own; from the shelf they only read; the relic is to be refused.
"""

import functools
from contextlib import suppress

import numpy as np
import pytest

from gradus.embeddings import Encoder
from gradus.grading import raises

COLLECTION = "help"
OLD = "The CT-300 is sold in Europe."
NEW = "To reset a gateway, unplug it for a minute."
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


class Stretched(Encoder):
    """The same directions, but vectors as long as their text: as from a model that does not normalise."""

    def encode(self, texts):
        return super().encode(texts) * np.array([[len(text)] for text in texts], np.float32)


def cosines(question):
    """The oracle: the cosine of every help text to the question, by id."""
    (asked,) = Encoder().encode([question])
    vectors = help_vectors()
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(asked)
    return dict(zip(TEXTS, (vectors @ asked / lengths).tolist(), strict=True))


@functools.cache
def help_vectors():
    return Encoder().encode(list(TEXTS.values()))


def best(question, k, among=TEXTS):
    scores = cosines(question)
    return sorted(among, key=lambda id_: -scores[id_])[:k]


def wrong_scores(hits, question):
    """The help texts whose score is not their cosine to four decimals, by id; the score of a missing hit is None."""
    scores = {hit.id: hit.score for hit in hits}
    return {
        id_: f"{scores.get(id_)} for a cosine of {cosine:.4f}"
        for id_, cosine in cosines(question).items()
        if scores.get(id_) != pytest.approx(cosine, abs=1e-4)
    }


def chunk(submission, id_, text=OLD, metadata=None):
    return submission.Chunk(id=id_, text=text, metadata={"kind": "test"} if metadata is None else metadata)


def desk(submission, path, encoder):
    """The index that tests write to."""
    return submission.Index(path.parent / "desk", encoder)


def on_desk(submission, path, *ids):
    """The records that desk() holds under these ids, as Chroma itself sees them."""
    collection = submission.open_client(path.parent / "desk").get_collection(COLLECTION)
    return collection.get(ids=list(ids), include=["documents", "metadatas", "embeddings"])


def shelf(submission, path, encoder):
    """The index of the help texts that tests read from; another program, this one, has filled its folder."""
    folder = path.parent / "shelf"
    if not folder.exists():
        cosine = {"hnsw": {"space": "cosine"}}
        collection = submission.open_client(folder).create_collection(COLLECTION, configuration=cosine)
        ids, texts, metadatas = (list(column) for column in zip(*HELP, strict=True))
        collection.add(ids=ids, embeddings=help_vectors(), documents=texts, metadatas=metadatas)
    return submission.Index(folder, encoder)


def relic(submission, path):
    """A folder whose collection measures squared L2 and holds one record."""
    folder = path.parent / "relic"
    if not folder.exists():
        collection = submission.open_client(folder).create_collection(COLLECTION)
        collection.add(ids=["a"], embeddings=[[1.0, 0.0]], documents=["north"])
    return folder


@pytest.mark.task(1)
def test_a_new_collection_measures_cosine(submission, encoder, tmp_path):
    """Chroma's default distance is squared L2. Taken from 1, that is another number than the cosine."""
    desk(submission, tmp_path, encoder)
    collection = submission.open_client(tmp_path.parent / "desk").get_collection(COLLECTION)
    north, east = np.eye(2, 384, dtype=np.float32)
    collection.add(ids=["diagonal"], embeddings=[2 * (north + east)], documents=["halfway"])
    found = collection.query(query_embeddings=[3 * north], n_results=1, ids=["diagonal"])
    assert found["distances"][0] == pytest.approx([1 - 0.5**0.5], abs=1e-4), "1 - cos 45° = 0.293 as distance"


@pytest.mark.task(1)
def test_opens_what_is_there(submission, encoder, tmp_path):
    """Opening an index must not empty it: the vectors in the folder were paid for."""
    assert shelf(submission, tmp_path, encoder).count() == len(HELP), f"the {len(HELP)} records that are in the folder"


@pytest.mark.task(1)
def test_refuses_a_collection_with_another_metric(submission, encoder, tmp_path):
    """get_or_create_collection returns an old collection with its old metric and says nothing. Look at what you got."""
    folder = relic(submission, tmp_path)
    with raises("WrongMetricError") as caught:
        submission.Index(folder, encoder)
    assert caught.error.fields["found"] == "l2"


@pytest.mark.task(1)
def test_a_refused_collection_keeps_its_records(submission, encoder, tmp_path):
    """Whoever replaces a collection because its metric is wrong throws vectors away. Refuse it and leave it alone."""
    folder = relic(submission, tmp_path)
    with suppress(Exception):  # whether it raises is for the test above to judge
        submission.Index(folder, encoder)
    collection = submission.open_client(folder).get_collection(COLLECTION)
    assert collection.count() == 1, "the record in the old collection is still there"


@pytest.mark.task(1)
def test_refuses_an_empty_collection_too(submission, encoder, tmp_path):
    """A collection without records is not yours to replace: another program may have it open and be about to write."""
    submission.open_client(tmp_path).create_collection(COLLECTION, configuration={"hnsw": {"space": "ip"}})
    with raises("WrongMetricError") as caught:
        submission.Index(tmp_path, encoder)
    assert caught.error.fields["found"] == "ip"


@pytest.mark.task(2)
def test_stores_each_chunk_as_a_record(submission, encoder, tmp_path):
    """Other programs read this folder: a record holds the chunk's id, text and metadata, and your encoder's vector."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "new", OLD, {"model": "CT-300", "sold": True})])
    stored = on_desk(submission, tmp_path, "new")
    assert stored["documents"] == [OLD], "the chunk's text as document"
    assert stored["metadatas"] == [{"model": "CT-300", "sold": True}], "the chunk's metadata"
    assert np.allclose(stored["embeddings"], Encoder().encode([OLD]), atol=1e-5), "the vector of the text as embedding"


@pytest.mark.task(2)
def test_stores_the_vector_as_the_encoder_gave_it(submission, tmp_path):
    """Cosine distance needs no vectors of length 1. Scaled, they are no longer the model's, and others compare them."""
    index = desk(submission, tmp_path, Stretched())
    index.upsert([chunk(submission, "stretched", NEW)])
    (vector,) = on_desk(submission, tmp_path, "stretched")["embeddings"]
    assert np.allclose(vector, Stretched().encode([NEW]), atol=1e-3), f"the encoder's vector, of length {len(NEW)}"


@pytest.mark.task(2)
def test_replaces_the_text_of_a_known_id(submission, encoder, tmp_path):
    """add() on an id that is there keeps the old record and raises nothing: the page was corrected, the index never."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "text", OLD)])
    index.upsert([chunk(submission, "text", NEW)])
    stored = on_desk(submission, tmp_path, "text")
    assert stored["documents"] == [NEW], "the text of the second upsert"
    assert np.allclose(stored["embeddings"], Encoder().encode([NEW]), atol=1e-5), "the vector of the new text"


@pytest.mark.task(2)
def test_replaces_the_whole_metadata(submission, encoder, tmp_path):
    """Chroma's upsert merges metadata: keys that the chunk no longer has live on, and filters go on finding them."""
    index = desk(submission, tmp_path, encoder)
    old = {"kind": "draft", "internal": True}
    index.upsert([chunk(submission, "relabelled", OLD, old), chunk(submission, "cleared", OLD, old)])
    index.upsert([chunk(submission, "relabelled", OLD, {"kind": "manual"}), chunk(submission, "cleared", OLD, {})])
    stored = on_desk(submission, tmp_path, "relabelled", "cleared")
    metadata = {id_: data or {} for id_, data in zip(stored["ids"], stored["metadatas"], strict=True)}
    expected = {"relabelled": {"kind": "manual"}, "cleared": {}}
    assert metadata == expected, f"the metadata of the second upsert and nothing else: {expected}"


@pytest.mark.task(2)
def test_matches_old_records_by_id(submission, encoder, tmp_path):
    """collection.get(ids=...) answers in the order of storage, not in yours. Whose keys did you take out?"""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "first", OLD, {"draft": True}), chunk(submission, "second", OLD, {"page": 2})])
    index.upsert([chunk(submission, id_, NEW, {"kind": "manual"}) for id_ in ("second", "unseen", "first")])
    stored = on_desk(submission, tmp_path, "first", "second", "unseen")["metadatas"]
    assert stored == [{"kind": "manual"}] * 3, "three records with the metadata {'kind': 'manual'} and nothing else"


@pytest.mark.task(2)
def test_takes_chunks_without_metadata(submission, encoder, tmp_path):
    """Chroma refuses {} as metadata and takes None. A page without labels is still a page."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "bare", OLD, {}), chunk(submission, "labelled", NEW)])
    assert sorted(on_desk(submission, tmp_path, "bare", "labelled")["ids"]) == ["bare", "labelled"], "both are stored"


@pytest.mark.task(2)
def test_embeds_a_batch_with_one_call(submission, encoder, tmp_path):
    """An encoder works on batches: one call for a thousand texts takes seconds, a thousand calls take minutes."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, id_, text) for id_, text in [("one", OLD), ("two", NEW), ("three", OLD + NEW)]])
    assert (encoder.calls, encoder.texts) == (1, 3), "1 call of encode with 3 texts"


@pytest.mark.task(2)
def test_refuses_one_id_twice_in_a_batch(submission, encoder, tmp_path):
    """Two chunks with one id are a fault upstream. If one of them wins quietly, the other's text is never found."""
    index = desk(submission, tmp_path, encoder)
    with raises("DuplicateIDError"):
        index.upsert([chunk(submission, "twin", OLD), chunk(submission, "other"), chunk(submission, "twin", NEW)])
    assert on_desk(submission, tmp_path, "twin", "other")["ids"] == [], "nothing of the batch is stored"


@pytest.mark.task(2)
def test_a_refused_batch_changes_nothing(submission, encoder, tmp_path):
    """If the old record is deleted before the new one is accepted, a refused write loses a page that was fine."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "kept", OLD)])
    with raises("ValueError"):
        index.upsert([chunk(submission, "kept", NEW), chunk(submission, "refused", NEW, {"limits": {"low": 2}})])
    assert on_desk(submission, tmp_path, "kept", "refused")["documents"] == [OLD], "the old text and no other"


@pytest.mark.task(2)
def test_a_refused_batch_leaves_the_old_metadata(submission, encoder, tmp_path):
    """Keys taken out in a call of their own stay out when the write after it is refused: half of the record is new."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "whole", OLD, {"internal": True, "page": 7})])
    with suppress(Exception):  # that it raises is for the test above to judge
        index.upsert(
            [chunk(submission, "no", NEW, {"limits": {"low": 2}}), chunk(submission, "whole", NEW, {"page": 8})]
        )
    stored = on_desk(submission, tmp_path, "whole")["metadatas"]
    assert stored == [{"internal": True, "page": 7}], "the old metadata, every key of it"


@pytest.mark.task(2)
def test_nothing_to_do_is_no_error(submission, encoder, tmp_path):
    """Chroma raises on empty lists. A sync run on a day without changes must not page anybody."""
    index = desk(submission, tmp_path, encoder)
    before = index.count()
    index.upsert([])
    index.delete([])
    assert index.count() == before, f"as many chunks as before: {before}"


@pytest.mark.task(2)
def test_deletes_what_it_has(submission, encoder, tmp_path):
    """A page that was taken down must not be quoted any more. That it was never indexed is no reason to fail."""
    index = desk(submission, tmp_path, encoder)
    ids = ["gone", "stays", "gone-too"]
    index.upsert([chunk(submission, id_) for id_ in ids])
    index.delete(["gone-too", "never-was", "gone"])
    assert on_desk(submission, tmp_path, *ids)["ids"] == ["stays"], "of three chunks the one that was not deleted"


@pytest.mark.task(2)
def test_takes_tuples(submission, encoder, tmp_path):
    """A tuple is a Sequence too. Chroma takes ids in a list only and calls a tuple of them one id that is no str."""
    index = desk(submission, tmp_path, encoder)
    index.upsert((chunk(submission, "listed"), chunk(submission, "unlisted")))
    index.delete(("unlisted", "never-was"))
    assert on_desk(submission, tmp_path, "listed", "unlisted")["ids"] == ["listed"], "the chunk that was not deleted"


@pytest.mark.task(2)
def test_another_index_on_the_folder_sees_the_chunks(submission, encoder, tmp_path):
    """The web server reads what the nightly job writes: nothing may live in one Index object alone."""
    index = desk(submission, tmp_path, encoder)
    other = desk(submission, tmp_path, encoder)
    before = other.count()
    index.upsert([chunk(submission, "shared"), chunk(submission, "shared-too")])
    assert other.count() == before + 2, f"the two chunks that the other Index wrote beside the {before} there were"


@pytest.mark.task(3)
@pytest.mark.parametrize("question", ["How long does the battery of my CT-200 last?", "How long are readings kept?"])
def test_scores_are_cosines(submission, encoder, tmp_path, question):
    """Many wrong formulas rank alike. A threshold is copied as a number, so it needs the cosine itself."""
    index = shelf(submission, tmp_path, encoder)
    assert wrong_scores(index.query(question, len(HELP)), question) == {}, "all scores are cosines"


@pytest.mark.task(3)
def test_scores_stay_between_0_and_1(submission, encoder, tmp_path):
    """A cosine can be negative, and rounding can carry it past 1. Callers were promised a score from 0 to 1."""
    index = shelf(submission, tmp_path, encoder)
    question = TEXTS["invoice"]
    scores = {hit.id: hit.score for hit in index.query(question, len(HELP))}
    opposed = [id_ for id_, cosine in cosines(question).items() if cosine < 0]
    assert {id_: scores[id_] for id_ in opposed} == dict.fromkeys(opposed, 0.0), "0 for each negative cosine"
    assert max(scores.values()) <= 1, "no score above 1"


@pytest.mark.task(3)
@pytest.mark.parametrize("question", ["How cold can the CT-210 get?", "When will I be billed?"])
def test_the_best_hits_come_first(submission, encoder, tmp_path, question):
    """The reader of a list that was cut sees its beginning. Distances grow where similarities fall."""
    index = shelf(submission, tmp_path, encoder)
    expected = best(question, 3)
    assert [hit.id for hit in index.query(question, 3)] == expected, f"the hits {expected} in this order"


@pytest.mark.task(3)
def test_the_length_of_a_vector_does_not_matter(submission, tmp_path):
    """MiniLM's vectors have length 1, so an inner product passes for a cosine. Other models' vectors are longer."""
    index = desk(submission, tmp_path, Stretched())
    index.upsert([chunk(submission, *row) for row in HELP])
    question = "How long does the battery of my CT-200 last?"
    assert wrong_scores(index.query(question, index.count()), question) == {}, "all scores are cosines"


@pytest.mark.task(3)
def test_hits_bring_text_and_metadata(submission, encoder, tmp_path):
    """What goes into the prompt is the text, what goes into the citation is the metadata. None is not a dict."""
    index = desk(submission, tmp_path, encoder)
    index.upsert([chunk(submission, "plain", OLD, {}), chunk(submission, "cited", NEW, {"page": 7})])
    hits = {hit.id: (hit.text, hit.metadata) for hit in index.query("gateway", index.count())}
    assert hits["cited"] == (NEW, {"page": 7})
    assert hits["plain"] == (OLD, {})


@pytest.mark.task(3)
def test_filters_before_it_counts_to_k(submission, encoder, tmp_path):
    """A filter on the finished list returns one hit where three exist, or none. It belongs into the query itself."""
    index = shelf(submission, tmp_path, encoder)
    question = "How long does the battery of my CT-200 last?"
    expected = best(question, 2, among=["e4012", "e4021", "e4100"])
    hits = index.query(question, 2, where={"kind": "error"})
    assert [hit.id for hit in hits] == expected, f"the hits {expected} in this order"


@pytest.mark.task(3)
def test_gives_all_there_is_when_asked_for_more(submission, encoder, tmp_path):
    """k is a wish, not a promise. Twelve pages and k=50 are twelve hits, not an error."""
    index = shelf(submission, tmp_path, encoder)
    assert len(index.query("Which plan do I need?", 50)) == len(HELP), f"all {len(HELP)} chunks"


@pytest.mark.task(3)
def test_an_empty_index_has_no_hits(submission, encoder, tmp_path):
    """The first question may come before the first document. No hits is an answer, an exception is an outage."""
    index = submission.Index(tmp_path, encoder)
    assert index.query("Is anybody there?", 3) == [], "no hits"


@pytest.mark.task(3)
def test_embeds_the_question_and_nothing_else(submission, encoder, tmp_path):
    """The chunks' vectors are in the index. Not to compute them again for each question is what an index is for."""
    index = shelf(submission, tmp_path, encoder)
    calls, texts = encoder.calls, encoder.texts
    index.query("How do I pair a sensor?", 3)
    assert (encoder.calls - calls, encoder.texts - texts) == (1, 1), "1 call of encode with 1 text"
