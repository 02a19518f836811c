"""What parse() of the openai SDK, and pydantic under it, make of replies, as lessons tell it.

A failure here names a lesson to rewrite.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from openai import (
    APIError,
    BadRequestError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OpenAIError,
)
from openai.types.chat import ParsedChatCompletion
from openai.types.responses import ParsedResponse
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from gradus.sim import Reply, Simulator, Step


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Box(BaseModel):
    """A box, as pydantic reads it by default."""

    size: Size | None
    count: int = 1
    label: str | None = None


class Exact(BaseModel):
    """A box that says what it is, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)

    size: Size | None
    count: int | None
    sent_on: date | None


WHOLE = '{"size": "small", "count": 2, "label": null}'
CUT = WHOLE[:20]


def chat(step: Step, form: type[BaseModel] = Box) -> ParsedChatCompletion[Any]:
    sim = Simulator()
    sim.script(step)
    return asked_chat(sim, form)


def asked_chat(sim: Simulator, form: type[BaseModel]) -> ParsedChatCompletion[Any]:
    return sim.client(max_retries=0).chat.completions.parse(
        model="sim-small", messages=[{"role": "user", "content": "Which box?"}], response_format=form
    )


def responses(step: Step, form: type[BaseModel] = Box) -> ParsedResponse[Any]:
    sim = Simulator()
    sim.script(step)
    return sim.client(max_retries=0).responses.parse(model="sim-small", input="Which box?", text_format=form)


def schema_sent(form: type[BaseModel]) -> dict[str, Any]:
    sim = Simulator()
    sim.otherwise("{}")
    with pytest.raises(ValidationError):
        asked_chat(sim, form)
    sent: dict[str, Any] = sim.ledger.exchanges[0].request["response_format"]["json_schema"]
    return sent


@pytest.mark.parametrize("ask", [chat, responses])
def test_a_valid_reply_is_parsed_and_a_default_stands_in_for_a_missing_key(ask: Callable[[Step], Any]) -> None:
    found = ask('{"size": "small"}')
    parsed = found.output_parsed if isinstance(found, ParsedResponse) else found.choices[0].message.parsed
    assert parsed == Box(size=Size.SMALL, count=1, label=None)


@pytest.mark.parametrize("text", [WHOLE, CUT, ""])
def test_chat_raises_when_the_reply_was_cut_by_length(text: str) -> None:
    with pytest.raises(LengthFinishReasonError) as caught:
        chat(Reply(text, finish_reason="length"))
    assert isinstance(caught.value, OpenAIError)
    assert not isinstance(caught.value, APIError)
    assert caught.value.completion.choices[0].message.content == text


@pytest.mark.parametrize("text", [WHOLE, CUT, None])
def test_chat_raises_when_the_content_filter_struck(text: str | None) -> None:
    with pytest.raises(ContentFilterFinishReasonError) as caught:
        chat(Reply(text, finish_reason="content_filter"))
    assert isinstance(caught.value, OpenAIError)
    assert not isinstance(caught.value, APIError)


def test_chat_parses_nothing_of_a_refusal() -> None:
    message = chat(Reply(refusal="No.")).choices[0].message
    assert (message.parsed, message.refusal, message.content) == (None, "No.", None)


@pytest.mark.parametrize("text", ["", None])
def test_chat_parses_nothing_of_an_empty_reply_and_raises_nothing(text: str | None) -> None:
    message = chat(Reply(text)).choices[0].message
    assert (message.parsed, message.refusal) == (None, None)


@pytest.mark.parametrize("ask", [chat, responses])
@pytest.mark.parametrize(
    "text", ["no JSON", f"```json\n{WHOLE}\n```", f"Here: {WHOLE}", f"{WHOLE} Done.", WHOLE.replace("small", "Small ")]
)
def test_a_reply_that_is_not_the_form_raises_what_pydantic_raises(ask: Callable[[Step], Any], text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ask(text)
    assert not isinstance(caught.value, OpenAIError)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_responses_hides_that_the_reply_was_cut_behind_a_validation_error(reason: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        responses(Reply(CUT, finish_reason=reason))
    assert caught.value.errors()[0]["type"] == "json_invalid"


@pytest.mark.parametrize(("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_responses_tells_of_a_cut_in_the_status_alone_when_the_text_is_whole(reason: Any, told: str) -> None:
    response = responses(Reply(WHOLE, finish_reason=reason))
    assert response.output_parsed == Box(size=Size.SMALL, count=2)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == told


def test_responses_with_raw_response_tells_the_status_before_it_parses() -> None:
    sim = Simulator()
    sim.script(Reply(CUT, finish_reason="length"))
    raw = sim.client().responses.with_raw_response.parse(model="sim-small", input="Which box?", text_format=Box)
    body = raw.http_response.json()
    assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    with pytest.raises(ValidationError):
        raw.parse()


def test_responses_parses_nothing_of_a_refusal_which_is_a_part_of_the_message() -> None:
    response = responses(Reply(refusal="No."))
    assert response.output_parsed is None
    assert response.output_text == ""
    (message,) = response.output
    assert [part.type for part in message.content] == ["refusal"]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [WHOLE, CUT])
def test_chat_parses_nothing_of_a_text_beside_a_refusal(text: str) -> None:
    message = chat(Reply(text, refusal="No.")).choices[0].message
    assert (message.parsed, message.refusal, message.content) == (None, "No.", text)


def test_responses_parses_a_text_beside_a_refusal_all_the_same() -> None:
    response = responses(Reply(WHOLE, refusal="No."))
    assert response.output_parsed == Box(size=Size.SMALL, count=2)
    (message,) = response.output
    assert [part.type for part in message.content] == ["output_text", "refusal"]  # type: ignore[union-attr]
    with pytest.raises(ValidationError):
        responses(Reply(CUT, refusal="No."))


def test_responses_raises_for_an_empty_text_and_parses_nothing_where_there_is_none() -> None:
    with pytest.raises(ValidationError):
        responses("")
    assert responses(Reply(None)).output_parsed is None


def test_the_schema_that_is_sent_is_strict_and_requires_every_key() -> None:
    sent = schema_sent(Box)
    assert sent["strict"] is True
    assert sent["schema"]["additionalProperties"] is False
    assert sent["schema"]["required"] == ["size", "count", "label"]
    assert sent["schema"]["properties"]["count"]["default"] == 1
    assert "default" not in sent["schema"]["properties"]["label"]


def test_the_docstring_is_sent_as_the_description() -> None:
    assert schema_sent(Box)["schema"]["description"] == "A box, as pydantic reads it by default."


def test_the_schema_that_is_sent_says_what_may_be_null_and_which_values_there_are() -> None:
    schema = schema_sent(Exact)["schema"]
    assert schema["properties"]["size"] == {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]}
    assert schema["$defs"]["Size"]["enum"] == ["small", "large"]


def test_without_defaults_and_with_other_keys_forbidden_the_plain_schema_is_the_strict_one() -> None:
    assert Exact.model_json_schema() == schema_sent(Exact)["schema"]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    size: Size


class Map(BaseModel):
    counts: dict[str, int]


@pytest.mark.parametrize("form", [Open, Map])
def test_parse_sends_what_cannot_be_strict_all_the_same_and_is_refused(form: type[BaseModel]) -> None:
    with pytest.raises(BadRequestError, match="'additionalProperties' is required to be supplied and to be false"):
        chat(WHOLE, form)


@pytest.mark.parametrize(
    ("written", "read"), [('"12"', 12), ('" 12 "', 12), ('"12.0"', 12), ('"1_200"', 1200), ("true", 1), ("2.0", 2)]
)
def test_pydantic_converts_by_default_and_not_when_strict(written: str, read: int) -> None:
    assert Box.model_validate_json(f'{{"size": null, "count": {written}}}').count == read
    with pytest.raises(ValidationError):
        Exact.model_validate_json(f'{{"size": null, "count": {written}, "sent_on": null}}')


def test_pydantic_makes_no_number_of_a_text_with_commas() -> None:
    with pytest.raises(ValidationError):
        Box.model_validate_json('{"size": null, "count": "1,200"}')


def test_pydantic_drops_other_keys_by_default_and_not_when_forbidden() -> None:
    assert Box.model_validate_json('{"size": null, "colour": "red"}') == Box(size=None)
    with pytest.raises(ValidationError):
        Exact.model_validate_json('{"size": null, "count": 1, "sent_on": null, "colour": "red"}')


def test_strict_pydantic_reads_dates_and_enum_members_from_json_text() -> None:
    form = Exact.model_validate_json('{"size": "large", "count": 1, "sent_on": "2026-03-02"}')
    assert (form.size, form.sent_on) == (Size.LARGE, date(2026, 3, 2))
    with pytest.raises(ValidationError):
        Exact.model_validate({"size": "large", "count": 1, "sent_on": "2026-03-02"})


def test_only_null_is_none_where_there_is_no_default() -> None:
    with pytest.raises(ValidationError):
        Exact.model_validate_json('{"size": null, "count": null}')


def test_a_validation_error_can_be_told_without_the_values() -> None:
    with pytest.raises(ValidationError) as caught:
        Box.model_validate_json('{"size": "secret"}')
    assert "secret" in str(caught.value)
    assert "secret" not in str(caught.value.errors(include_url=False, include_context=False, include_input=False))


class Counted(BaseModel):
    count: PositiveInt


@pytest.mark.parametrize("count", [0, -3])
def test_a_positive_int_is_at_least_one(count: int) -> None:
    assert Counted(count=1).count == 1
    with pytest.raises(ValidationError):
        Counted(count=count)


class Friendly(BaseModel):
    on: date


class Delivery(BaseModel):
    model_config = ConfigDict(strict=True)

    on: date


@pytest.mark.parametrize(
    ("written", "read"),
    [("0", date(1970, 1, 1)), ("1772150400", date(2026, 2, 27)), ('"2026-02-27T00:00:00"', date(2026, 2, 27))],
)
def test_pydantic_makes_dates_of_numbers_and_midnights_by_default_and_not_when_strict(written: str, read: date) -> None:
    assert Friendly.model_validate_json(f'{{"on": {written}}}').on == read
    with pytest.raises(ValidationError):
        Delivery.model_validate_json(f'{{"on": {written}}}')


def test_strict_mode_reads_a_text_of_digits_as_a_date() -> None:
    """m2_llms/e04_structured_extract, out of scope."""
    assert Delivery.model_validate_json('{"on": "86400"}').on == date(1970, 1, 2)
    with pytest.raises(ValidationError):
        Delivery.model_validate_json('{"on": 86400}')
