"""What is not answered at all: sensitive questions, flagged texts, and now and then nothing comes."""

from __future__ import annotations

import pytest

from gradus.sim import Reply
from gradus.sim.reader import Reader
from gradus.sim.reader.habits import MODELS
from tests.sim.reader.asking import FLAWLESS, messages, share

SENSITIVE = [
    "The vaccines were at 14 degrees for two hours. Are they still safe?",
    "Can we still use the insulin from the warm fridge?",
    "fridge died over night, flu shots at 12 degrees, throw them away?",
    "Is medication ruined at 9 degrees?",
    "May I give the doses from yesterday, or did the heat spoil them?",
]
HARMLESS = [
    "How long does the battery of the CT-200 last?",
    "Can we still use the old firmware?",
    "Is it safe to unplug the gateway?",
    "Where do I put the probe in a vaccine fridge?",
    "Are the old tokens still ok?",
]
FLAGGED = "I will kill you if my order is late again."
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {}}}}


def reply(question: str, model: str = "sim-large", **rates: float) -> Reply:
    body = {"model": model, "messages": messages("Answer briefly.", question)}
    return Reader(rates={**FLAWLESS, **rates})(body)


@pytest.mark.parametrize("question", SENSITIVE)
def test_whether_goods_are_safe_is_not_answered(question: str) -> None:
    assert "can't advise" in (reply(question, O4=1).text or "")
    assert "can't advise" not in (reply(question).text or "")


@pytest.mark.parametrize("question", HARMLESS)
def test_what_only_sounds_like_it_is_answered(question: str) -> None:
    assert "can't advise" not in (reply(question, O4=1).text or "")


def test_with_a_schema_the_refusal_has_its_own_field_and_is_rare() -> None:
    def refused(seed: int) -> bool:
        body = {"model": "sim-large", "messages": messages("Fill the form.", SENSITIVE[0]), "response_format": SCHEMA}
        found = Reader(seed, rates={**FLAWLESS, "O4": 1})(body)
        assert (found.refusal is None) == (found.text is not None)
        return found.refusal is not None

    assert 0.03 < share(refused(seed) for seed in range(300)) < 0.2


def test_what_the_moderation_model_flags_is_filtered() -> None:
    found = reply(FLAGGED, O5=1)
    assert (found.finish_reason, found.text) == ("content_filter", "")
    assert reply(FLAGGED).finish_reason is None


def test_now_and_then_nothing_comes() -> None:
    assert reply(HARMLESS[0], O6=1).text == ""
    assert reply(HARMLESS[0]).text


def test_later_versions_refuse_more() -> None:
    def refusals(model: str) -> float:
        return share(
            "can't advise" in (Reader(seed)({"model": model, "messages": messages("Help.", question)}).text or "")
            for seed in range(40)
            for question in SENSITIVE
        )

    small_03, small_09, large_03, large_09 = map(refusals, MODELS)
    assert small_09 - small_03 > 0.15
    assert large_09 - large_03 > 0.25
