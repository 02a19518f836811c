"""What all-MiniLM-L6-v2 does to text, as lessons tell it. A failure here names a lesson to rewrite."""

from __future__ import annotations

import numpy as np
import pytest

from gradus.embeddings import Encoder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder("onnx", tmp_path_factory.mktemp("cache"))


def cosine(encoder: Encoder, one: str, other: str) -> float:
    first, second = encoder.encode([one, other])
    return float(first @ second)


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(["", "cold", "cold chain " * 300, "冷たい鎖"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-6)


def test_squared_l2_ranks_like_cosine(encoder: Encoder) -> None:
    query, *passages = encoder.encode(
        ["Where is my parcel?", "Track a shipment", "Set a temperature", "Close the door"]
    )
    for passage in passages:
        assert np.sum((query - passage) ** 2) == pytest.approx(2 - 2 * (query @ passage), abs=1e-6)


def test_text_after_256_wordpieces_changes_nothing(encoder: Encoder) -> None:
    beginning = "the unit keeps its cargo cold and reports " * 65
    accepted, rejected = encoder.encode([beginning + "The cargo was accepted.", beginning + "The cargo was rejected."])
    assert np.array_equal(accepted, rejected)


def test_the_limit_is_254_wordpieces_and_the_two_marks_around_them(encoder: Encoder) -> None:
    last_counts, same = encoder.encode(["cold " * 253 + "warm", "cold " * 254])
    assert not np.array_equal(last_counts, same)
    cut_off, same = encoder.encode(["cold " * 254 + "warm", "cold " * 254])
    assert np.array_equal(cut_off, same)


@pytest.mark.parametrize(
    ("sentence", "similarity"),
    [
        ("{}", 0.74),
        ("Same-day pickup is {} in Lisbon.", 0.92),
        ("Refunds are {} for shipments that have already left the warehouse.", 0.94),
    ],
)
def test_a_negation_hardly_moves_a_sentence(encoder: Encoder, sentence: str, similarity: float) -> None:
    found = cosine(encoder, sentence.format("available"), sentence.format("not available"))
    assert found == pytest.approx(similarity, abs=0.01)


@pytest.mark.parametrize(
    ("sentence", "similarity"),
    [("{} requests", 0.92), ("The limit is {} requests per minute.", 0.96)],
)
def test_ten_times_as_much_hardly_moves_a_sentence(encoder: Encoder, sentence: str, similarity: float) -> None:
    found = cosine(encoder, sentence.format("100"), sentence.format("1000"))
    assert found == pytest.approx(similarity, abs=0.01)


def test_an_error_code_finds_the_page_of_another_code(encoder: Encoder) -> None:
    right = (
        "Error E-4012: the temperature probe is disconnected. Check the cable at the unit's door and restart the unit."
    )
    wrong = "Error E-4021: the door was open for longer than ten minutes. Close it and confirm the alarm."
    assert cosine(encoder, "error E-4012", right) == pytest.approx(0.39, abs=0.01)
    assert cosine(encoder, "error E-4012", wrong) == pytest.approx(0.46, abs=0.01)


def test_a_passage_that_restates_the_question_beats_the_answer(encoder: Encoder) -> None:
    question = "What temperature must vaccines be kept at during transport?"
    restated = "Many customers ask what temperature vaccines must be kept at during transport."
    answer = "Between two and eight degrees Celsius."
    assert cosine(encoder, question, restated) == pytest.approx(0.89, abs=0.01)
    assert cosine(encoder, question, answer) == pytest.approx(0.45, abs=0.01)
