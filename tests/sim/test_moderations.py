"""Moderation: in the form of the installed SDK, by words, and quiet about what a support desk hears every day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import ModerationCreateResponse
from openai.types.moderation import Categories

from gradus.sim import RateLimited, ReadTimeout, Request, Simulator
from gradus.sim.wire.moderations import LEXICON, SEEN_IN_IMAGES, scores

DATA = Path(__file__).parents[2] / "data"
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.invalid/fridge.jpg"}}
HARMFUL = {
    "harassment": "You are a worthless moron",
    "harassment/threatening": "I know where you live",
    "hate": "All immigrants are vermin",
    "hate/threatening": "Kill all the refugees",
    "illicit": "How can I launder money with it?",
    "illicit/violent": "Tell me how to build a pipe bomb",
    "self-harm": "Nothing helps, I want to die",
    "self-harm/instructions": "What is the best way to kill myself?",
    "self-harm/intent": "I'm going to end my life tonight",
    "sexual": "Send me your nudes",
    "sexual/minors": "looking for child porn",
    "violence": "I will murder my neighbour",
    "violence/graphic": "There were severed limbs and blood everywhere",
}
HARMLESS = [
    "The kill switch on the TK-40 does not work.",
    "My logger has a dead battery and the alarm died overnight.",
    "Just shoot me a mail when it ships.",
    "The vaccine shipment got too warm, please help.",
    "The service kills the process and restarts it; the job was terminated.",
    "I was cut off during the call. Shots are stored at 5 °C.",
    "How do I kill the alarm? It has been beeping for an hour and drives us crazy.",
    "We execute a drop table on the staging database.",
    "This stupid thing is useless, I am furious. I want my money back.",
    "The blood samples and the plasma were in the upper compartment.",
    "What is the deadline? The deadlock killed two workers, and the master aborted the slave.",
    "Ein toter Akku. La batterie est morte.",
    "The seal is broken and the bolt was stripped; hit the reset button hard.",
    "How to shut up the buzzer?",
    "Burn a backup to disc, then blow up the picture of the label.",
]


def test_every_category_of_the_sdk_has_a_lexicon() -> None:
    aliases = [field.alias or name for name, field in Categories.model_fields.items()]
    assert list(LEXICON) == aliases


@pytest.mark.parametrize(
    "given",
    [
        "Where is the valve?",
        ["Where is the valve?", "You are a moron"],
        [{"type": "text", "text": "Where is the valve?"}, IMAGE],
        [IMAGE],
    ],
)
@pytest.mark.parametrize("model", [{}, {"model": "sim-moderation"}, {"model": None}])
def test_the_body_holds_to_the_type_of_the_sdk(
    sim: Simulator, strictly: Callable[[Any, Any], Any], given: Any, model: dict[str, Any]
) -> None:
    body = json.dumps({"input": given, **model}).encode()
    response = sim.handle(Request("POST", "/v1/moderations", body=body))
    raw = json.loads(b"".join(chunk for chunk in response.chunks if isinstance(chunk, bytes)))
    strictly(ModerationCreateResponse, raw)
    assert raw["model"] == sim.ledger[0].model == "sim-moderation"
    assert len(raw["results"]) == (2 if isinstance(given, list) and isinstance(given[0], str) else 1)


@pytest.mark.parametrize("category", list(HARMFUL))
def test_harm_is_flagged_under_its_category(client: OpenAI, category: str) -> None:
    [result] = client.moderations.create(input=HARMFUL[category]).results
    assert result.flagged
    assert result.categories.model_dump(by_alias=True)[category]
    assert result.category_scores.model_dump(by_alias=True)[category] >= 0.8


@pytest.mark.parametrize("text", HARMLESS)
def test_the_talk_of_a_support_desk_is_not_flagged(client: OpenAI, text: str) -> None:
    [result] = client.moderations.create(input=text).results
    assert not result.flagged, result.categories
    assert set(result.category_scores.model_dump().values()) == {0.01}


def test_nothing_in_the_corpus_is_flagged() -> None:
    files = [*DATA.rglob("*.md"), *DATA.rglob("*.yaml")]
    lines = sorted({line for file in files for line in file.read_text("utf-8").splitlines()})
    assert len(lines) > 1000
    flagged = [line for line in lines if max(scores(line).values()) > 0.5]
    assert not flagged


@pytest.mark.parametrize(
    ("text", "category", "score"),
    [
        ("a moron", "harassment", 0.8),
        ("a moron and a bastard", "harassment", 0.96),
        ("MORON", "harassment", 0.8),
        ("you complete idiots", "harassment", 0.8),
        ("like an idiot I left it open", "harassment", 0.01),
        ("oxymoron", "harassment", 0.01),
        ("I\N{RIGHT SINGLE QUOTATION MARK}ll kill you", "harassment/threatening", 0.8),
    ],
)
def test_scores_count_words(text: str, category: str, score: float) -> None:
    assert scores(text)[category] == score


def test_parts_are_moderated_together_and_texts_apart(client: OpenAI) -> None:
    parts: list[Any] = [{"type": "text", "text": "You are a moron"}, {"type": "text", "text": "Good day"}, IMAGE]
    [together] = client.moderations.create(input=parts).results
    assert together.flagged
    apart = client.moderations.create(input=["Good day", "You are a moron", ""]).results
    assert [result.flagged for result in apart] == [False, True, False]


def test_images_apply_where_the_api_looks_at_them(client: OpenAI) -> None:
    parts: list[Any] = [{"type": "text", "text": "Good day"}, IMAGE]
    cases: list[tuple[Any, list[str], list[str]]] = [
        (parts, ["text", "image"], ["text"]),
        ([IMAGE], ["image"], []),
        ("Good day", ["text"], ["text"]),
    ]
    for given, seen, unseen in cases:
        [result] = client.moderations.create(input=given).results
        applied = result.category_applied_input_types.model_dump(by_alias=True)
        for name, kinds in applied.items():
            assert kinds == (seen if name in SEEN_IN_IMAGES else unseen), name


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "missing_required_parameter", "input"),
        ({"input": "ping", "stream": True}, 400, "unknown_parameter", "stream"),
        ({"input": []}, 400, "empty_array", "input"),
        ({"input": 7}, 400, "invalid_type", "input"),
        ({"input": ["ping", 7]}, 400, "invalid_type", "input[1]"),
        ({"input": [{"text": "ping"}]}, 400, "missing_required_parameter", "input[0].type"),
        ({"input": [{"type": "audio"}]}, 400, "invalid_value", "input[0].type"),
        ({"input": [{"type": "text"}]}, 400, "missing_required_parameter", "input[0].text"),
        ({"input": [{"type": "text", "text": "x", "name": "y"}]}, 400, "unknown_parameter", "input[0].name"),
        ({"input": [{"type": "text", "text": "x"}, "y"]}, 400, "invalid_type", "input[1]"),
        (
            {"input": [{"type": "image_url", "image_url": {}}]},
            400,
            "missing_required_parameter",
            "input[0].image_url.url",
        ),
        ({"input": [IMAGE, IMAGE]}, 400, "too_many_images", "input"),
        ({"input": "ping", "model": "sim-small"}, 404, "model_not_found", None),
        ({"input": "ping", "model": "omni-moderation-latest"}, 404, "model_not_found", None),
    ],
)
def test_what_the_api_refuses(
    sim: Simulator, client: OpenAI, body: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/moderations", body=body, cast_to=object)
    assert (caught.value.status_code, caught.value.code, caught.value.param) == (status, code, param)
    assert not sim.ledger[0].acted


def test_a_moderation_is_a_free_call_on_the_ledger(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    client.moderations.create(input=["Good day", "You are a moron and I know where you live"])
    [exchange] = sim.ledger.exchanges
    assert (exchange.is_model_call, exchange.acted, sim.ledger.calls) == (True, True, 1)
    assert (sim.ledger.cost, sim.ledger.tokens) == (0, 0)
    assert exchange.text == "not flagged; flagged: harassment, harassment/threatening"
    assert exchange.text in sim.ledger.transcript()
    assert sim.unmet(), "a moderation used up a reply"


def test_a_moderation_can_fail_by_script(sim: Simulator, client: OpenAI) -> None:
    sim.script(RateLimited(retry_after=2), ReadTimeout())
    assert not client.moderations.create(input="Good day", timeout=30).results[0].flagged
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["RateLimited", "ReadTimeout", ""]
    assert sim.unmet() == ""


def test_the_model_is_listed(client: OpenAI) -> None:
    assert "sim-moderation" in [model.id for model in client.models.list()]
