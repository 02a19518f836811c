"""How alike true and false sentences look to difflib and to all-MiniLM-L6-v2, as m2_llms/e10_grounded_answer tells it.

A failure here names a lesson to rewrite.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from gradus.embeddings import Encoder

LINE = "Take the sample within 24 hours, and keep it at 4 °C."
TRUE = "Samples have to be drawn in the first 24 hours and stored at 4 °C."
OTHER_NUMBER = "Take the sample within 42 hours, and keep it at 4 °C."
NEGATED = "Do not take the sample within 24 hours, and keep it at 4 °C."


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder("onnx", tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("sentence", "ratio", "cosine"), [(TRUE, 0.55, 0.87), (OTHER_NUMBER, 0.98, 0.98), (NEGATED, 0.92, 0.96)]
)
def test_false_sentences_are_more_alike_than_a_true_one(
    encoder: Encoder, sentence: str, ratio: float, cosine: float
) -> None:
    assert SequenceMatcher(None, LINE, sentence).ratio() == pytest.approx(ratio, abs=0.006)
    first, second = encoder.encode([LINE, sentence])
    assert float(first @ second) == pytest.approx(cosine, abs=0.006)


def test_two_releases_are_one_float() -> None:
    assert float("2.10") == float("2.1")
