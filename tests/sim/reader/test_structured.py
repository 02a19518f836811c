"""Forms are filled from what the prompt says, fit their schema, and go wrong in the ways and as often as documented."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus.sim.reader import Reader
from gradus.sim.reader.habits import RATES
from gradus.sim.reader.prompt import read_prompt
from gradus.sim.reader.reading import begin
from gradus.sim.reader.structured import fill, wants_json
from tests.sim.reader.asking import FLAWLESS

TEXT = {"type": "string"}
MAYBE = {"type": ["string", "null"]}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}
YES_OR_NO = {"type": "boolean"}
PASSAGES = (
    '<passage id="p1">Returns are free for 30 days.</passage>\n'
    '<passage id="p2">The battery of the CT-200 lasts 24 months.</passage>\n'
)
QUESTION = "How long does the battery of the CT-200 last?"
QUOTE = "The battery of the CT-200 lasts 24 months."
RETURN = """Hello,

we would like to send back 3 of the loggers from order CO-207741, bought on 2 March: the "probe" reads -40 °C all day.
Our carrier's number for them is CO-2077419.

Kind regards, the pharmacy on the canal"""
INVOICE = """Invoice INV-19855 of 1 March 2026
3 x CT-210 logger at 89.00 EUR
1 x gateway CG-20 at 1,120.00 EUR
Total: 1,387.00 EUR
Due 31 March 2026"""


def form(**properties: Any) -> dict[str, Any]:
    """A strict schema of an object with these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": form(**properties)}


def body(said: str, schema: Any = None, *, strict: bool = True, system: str = "", **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": system}] if system else []
    request = {"model": "sim-large", "temperature": 0, "messages": [*messages, {"role": "user", "content": said}]}
    if schema is not None:
        given = {"name": "form", "strict": strict, "schema": schema}
        request["response_format"] = {"type": "json_schema", "json_schema": given}
    return {**request, **more}


def said(request: dict[str, Any], rates: Mapping[str, float] = FLAWLESS, seed: int = 0) -> str:
    text = Reader(seed, {**FLAWLESS, **rates})(request).text
    assert text is not None
    return text


def filled(
    said_by_user: str,
    schema: Any,
    rates: Mapping[str, float] = FLAWLESS,
    *,
    strict: bool = True,
    seed: int = 0,
    **more: Any,
) -> Any:
    value = json.loads(said(body(said_by_user, schema, strict=strict, **more), rates, seed))
    if strict:
        jsonschema.validate(value, schema)
    return value


# Answers


@pytest.mark.parametrize(
    ("names", "source", "quote"),
    [
        (("sentences", "text"), "passage_id", "quote"),
        (("claims", "claim"), "source", "evidence"),
        (("statements", "statement"), "sourceId", "supporting_text"),
        (("answer_sentences", "sentence"), "doc", "verbatim_quote"),
        (("claims", "text"), "citation", "excerpt"),
        (("points", "content"), "document_id", "snippet"),
    ],
)
def test_sentences_come_with_their_source_and_its_words(names: tuple[str, str], source: str, quote: str) -> None:
    schema = form(**{names[0]: several(**{names[1]: TEXT, source: TEXT, quote: TEXT}), "abstain": YES_OR_NO})
    value = filled(PASSAGES + QUESTION, schema)
    (sentence,) = value[names[0]]
    assert "24 months" in sentence[names[1]]
    assert (sentence[source], sentence[quote]) == ("p2", QUOTE)
    assert value["abstain"] is False


@pytest.mark.parametrize("name", ["citations", "sources", "passage_ids", "references", "evidence_ids"])
def test_an_answer_names_its_sources(name: str) -> None:
    value = filled(PASSAGES + QUESTION, form(answer=TEXT, **{name: {"type": "array", "items": TEXT}}))
    assert "24 months" in value["answer"]
    assert value[name] == ["p2"]


def test_an_answer_without_a_ground_is_left_out_where_the_form_allows_it() -> None:
    schema = form(answer=MAYBE, sources=several(id=TEXT, quote=TEXT))
    assert filled(PASSAGES + QUESTION, schema)["sources"] == [{"id": "p2", "quote": QUOTE}]
    elsewhere = '<passage id="p1">Returns are free for 30 days.</passage>\n' + QUESTION
    assert filled(elsewhere, schema) == {"answer": None, "sources": []}
    flagged = filled(elsewhere, form(answerable=YES_OR_NO, reply=TEXT, quotes={"type": "array", "items": TEXT}))
    assert flagged["answerable"] is False
    assert flagged["quotes"] == []
    status = {"type": "string", "enum": ["answered", "not_found"]}
    assert filled(elsewhere, form(status=status, answer=MAYBE))["status"] == "not_found"
    assert filled(PASSAGES + QUESTION, form(status=status, answer=MAYBE))["status"] == "answered"


def test_an_answer_may_stand_in_an_object_with_numbered_sources_and_a_reason() -> None:
    numbered = "[1] Returns are free for 30 days.\n[2] The battery of the CT-200 lasts 24 months.\n\n" + QUESTION
    cited = form(text=TEXT, citations={"type": "array", "items": {"type": "integer"}})
    value = filled(numbered, form(answer=cited, reasoning=TEXT))
    assert "24 months" in value["answer"]["text"]
    assert value["answer"]["citations"] == [2]
    assert QUOTE in value["reasoning"]


def test_a_form_that_needs_an_answer_gets_one() -> None:
    value = filled('<passage id="p1">Returns are free.</passage>\n' + QUESTION, form(answer=TEXT))
    assert value["answer"]
    assert "24 months" not in value["answer"]


# Extraction


def test_a_return_request_is_read() -> None:
    device = {"type": "string", "enum": ["CT-200", "CT-210", "CT-300"]}
    reason = {"type": "string", "enum": ["defective", "damaged", "wrong_item", "not_needed", "other"]}
    schema = form(
        order_id={"anyOf": [TEXT, {"type": "null"}]},
        device={"anyOf": [{"$ref": "#/$defs/Device"}, {"type": "null"}]},
        quantity={"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]},
        purchased_on={"anyOf": [DAY, {"type": "null"}]},
        reason={"$ref": "#/$defs/Reason"},
    )
    schema["$defs"] = {"Device": device, "Reason": reason}
    assert filled(RETURN, schema, system="Fill in the form. Use null for what is not stated.") == {
        "order_id": "CO-207741",
        "device": None,
        "quantity": 3,
        "purchased_on": "2026-03-02",
        "reason": "defective",
    }
    assert filled("Hello, our CT-210 is broken.", schema) == {
        "order_id": None,
        "device": "CT-210",
        "quantity": None,
        "purchased_on": None,
        "reason": "defective",
    }


def test_an_invoice_is_read_with_its_lines() -> None:
    lines = several(description=TEXT, quantity={"type": "integer"}, unit_price=NUMBER)
    assert filled(INVOICE, form(invoiceNumber=TEXT, total=NUMBER, currency=TEXT, due_date=DAY, lines=lines)) == {
        "invoiceNumber": "INV-19855",
        "total": 1387.0,
        "currency": "EUR",
        "due_date": "2026-03-31",
        "lines": [
            {"description": "CT-210 logger", "quantity": 3, "unit_price": 89.0},
            {"description": "gateway CG-20", "quantity": 1, "unit_price": 1120.0},
        ],
    }
    without = "\n".join(line for line in INVOICE.split("\n") if "Total" not in line)
    assert filled(without, form(total=NUMBER, lines=lines))["total"] == 1387.0


def test_details_of_a_message_are_found_by_what_they_are_called() -> None:
    message = (
        "Logger SN-200-0031 on the insulin fridge shows E-4012, highest 11.4 °C, and it is the only one. "
        "Write to kim@clinic.example or call +44 20 7946 0188. We moved nothing.\n\nKind regards, Kim Example"
    )
    schema = form(
        serialNumber=TEXT,
        error_code=MAYBE,
        invoice_id=MAYBE,
        max_temperature={"type": ["number", "null"]},
        contact_email={"type": "string", "format": "email"},
        phone=MAYBE,
        customer_name=MAYBE,
        involves_medicine=YES_OR_NO,
        goods_moved=YES_OR_NO,
    )
    assert filled(message, schema) == {
        "serialNumber": "SN-200-0031",
        "error_code": "E-4012",
        "invoice_id": None,
        "max_temperature": 11.4,
        "contact_email": "kim@clinic.example",
        "phone": "+44 20 7946 0188",
        "customer_name": "Kim Example",
        "involves_medicine": True,
        "goods_moved": False,
    }


def test_times_currencies_and_units_are_kept_apart() -> None:
    message = "Since 2026-01-03T08:10:00Z: 11.4 °C at the peak, 240 minutes above 8, 60 doses. Refund $12.50, please."
    schema = form(
        started_at={"type": "string", "format": "date-time"},
        peak_celsius=NUMBER,
        minutes_above_limit={"type": "integer"},
        doses={"type": "integer"},
        amount_cents={"type": "integer"},
        currency={"type": "string", "enum": ["EUR", "USD"]},
    )
    assert list(filled(message, schema).values()) == ["2026-01-03T08:10:00Z", 11.4, 240, 60, 1250, "USD"]


def test_a_list_has_an_entry_for_each_part_of_a_sentence() -> None:
    devices = several(serial=TEXT, error_code=MAYBE)
    value = filled("SN-200-0031 shows E-4012 and SN-200-0032 shows E-1004.", form(devices=devices))
    assert value["devices"] == [
        {"serial": "SN-200-0031", "error_code": "E-4012"},
        {"serial": "SN-200-0032", "error_code": "E-1004"},
    ]


def test_a_record_in_tags_or_json_is_read_whole() -> None:
    schema = form(customer_id=MAYBE, subject=MAYBE, serials={"type": "array", "items": TEXT})
    record = {"customer": "C-107", "subject": "two loggers", "body": "SN-200-0031 and SN-200-0032 are offline"}
    tags = "".join(f"<{name}>{value}</{name}>" for name, value in record.items())
    for written in (json.dumps(record), f"<ticket>{tags}</ticket>"):
        assert filled(written, schema) == {
            "customer_id": "C-107",
            "subject": "two loggers",
            "serials": ["SN-200-0031", "SN-200-0032"],
        }


def test_what_is_required_and_absent_is_invented_and_what_is_optional_left_out() -> None:
    value = filled("Please help.", form(serial=TEXT, purchased_on=DAY, quantity={"type": "integer", "minimum": 2}))
    assert value["serial"].startswith("SN-")
    assert value["purchased_on"]
    assert value["quantity"] == 2
    loose = {"type": "object", "properties": {"serial": TEXT, "email": TEXT}, "required": []}
    assert filled("Please help.", loose, strict=False) == {}


def test_a_number_that_the_schema_does_not_allow_is_not_given() -> None:
    assert filled("3 loggers", form(quantity={"type": "integer", "multipleOf": 7}))["quantity"] % 7 == 0
    assert filled("3 loggers", form(quantity={"type": ["integer", "null"], "minimum": 4}))["quantity"] is None


def test_a_long_text_is_read_in_one_go() -> None:
    text = "Logger SN-200-0031 shows 12.5 °C and costs 1,200 EUR since 2 March. " * 1500
    schema = form(serial=MAYBE, price=NUMBER, on=DAY, lines=several(price=NUMBER, serial=TEXT))
    value = json.loads(fill(begin("sim-large-2026-09", body(text, schema), FLAWLESS)).text or "")
    assert (value["serial"], value["price"], value["on"]) == ("SN-200-0031", 1200, "2026-03-02")


def test_what_the_directions_mention_is_not_taken_for_data() -> None:
    asked = "Extract the serial, which looks like SN-999-0001.\n<message>My logger is dead.</message>"
    assert filled(asked, form(serial=MAYBE)) == {"serial": None}


def test_earlier_examples_are_not_taken_for_the_message() -> None:
    shown = [
        {"role": "user", "content": "SN-200-0001 is dead"},
        {"role": "assistant", "content": '{"serial": "SN-200-0001"}'},
        {"role": "user", "content": "My tracker is dead"},
    ]
    assert filled("", form(serial=MAYBE), messages=shown) == {"serial": None}


# Any schema

NAMES = st.sampled_from(
    [
        "answer",
        "sentences",
        "text",
        "quote",
        "source",
        "id",
        "serial",
        "orderId",
        "total_amount",
        "purchased_on",
        "priority",
        "confidence",
        "lines",
        "quantity",
        "is_urgent",
        "status",
        "email",
        "name",
        "reason",
        "children",
        "value",
        "kind",
        "x",
    ]
)
LEAVES = st.one_of(
    st.just(TEXT),
    st.just(MAYBE),
    st.just(YES_OR_NO),
    st.just({"type": "null"}),
    st.builds(lambda low: {"type": "integer", "minimum": low, "maximum": low + 3}, st.integers(-5, 2000)),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, st.integers(-5, 5)),
    st.just({"type": "integer", "multipleOf": 7}),
    st.builds(lambda size: {"type": "string", "minLength": size, "maxLength": size + 4}, st.integers(0, 9)),
    st.sampled_from(["date", "date-time", "time", "email", "uuid", "uri", "ipv4", "hostname", "duration"]).map(
        lambda name: {"type": "string", "format": name}
    ),
    st.sampled_from(
        [r"^SN-\d{3}-\d{4}$", r"^[A-Z]{2,3}[0-9]+$", r"^(yes|no)$", r"^\w+@\w+\.com$", r"^#[0-9a-f]{6}$"]
    ).map(lambda pattern: {"type": "string", "pattern": pattern}),
    st.lists(st.sampled_from(["P1", "P2", "billing", "other", "high", "rma"]), min_size=1, unique=True).map(
        lambda values: {"type": "string", "enum": values}
    ),
    st.just({"enum": ["a", 1, None, True]}),
    st.just({"const": "fixed"}),
    st.just({"$ref": "#/$defs/Node"}),
    st.just({"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}),
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.dictionaries(NAMES, inner, max_size=5).map(lambda properties: form(**properties)),
        st.builds(
            lambda items, low: {"type": "array", "items": items, "minItems": low, "maxItems": low + 2},
            inner,
            st.integers(0, 2),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
    )


LINK = {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}
SCHEMAS = st.dictionaries(NAMES, st.recursive(LEAVES, _grown, max_leaves=8), max_size=6).map(
    lambda properties: {
        **form(**properties),
        "$defs": {
            "Node": form(name=TEXT, children={"type": "array", "items": {"$ref": "#/$defs/Node"}}, next=LINK),
        },
    }
)
SAID = st.sampled_from(["", "???", RETURN, INVOICE, PASSAGES + QUESTION, "A fridge with vaccines was at 12 degrees."])
ERRING = st.dictionaries(st.sampled_from(["O2", "O3", "O7", "O8", "O9", "O10", "N4"]), st.just(1.0))


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, SAID, ERRING)
def test_what_a_strict_schema_asks_for_is_what_it_gets(schema: Any, text: str, rates: dict[str, float]) -> None:
    filled(text, schema, rates)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=4), st.just("#/$defs/x"), st.just("^[")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "enum",
                    "$ref",
                    "required",
                    "pattern",
                    "minLength",
                    "allOf",
                    "x",
                    "$defs",
                    "format",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(JSON, SAID)
def test_no_schema_is_too_odd(schema: Any, text: str) -> None:
    odd = {
        "type": "object",
        "properties": {"x": schema, "lines": {"type": "array", "items": schema}},
        "$defs": {"x": schema},
    }
    json.loads(said(body(text, odd, strict=False)))


@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_too_odd(system: str, text: str) -> None:
    asked = body(text, system=f"Reply in JSON. {system}")
    said(asked)
    json.loads(said({**asked, "response_format": {"type": "json_object"}}))
    filled(text, form(serial=MAYBE, total=NUMBER, on=DAY, lines=several(price=NUMBER, name=TEXT)))


# JSON in words


@pytest.mark.parametrize(
    "words",
    [
        "Reply with a JSON object.",
        "Answer as JSON only.",
        "Return JSON with the keys a and b.",
        "Your output must be valid JSON.",
        "Classify the ticket and respond in JSON.",
        "Output format: JSON",
        "You must produce a JSON object with two fields.",
        "Please give me the result in JSON, nothing else.",
        "Write nothing but JSON.",
        "Could you return this as JSON?",
        "Extract the serial; return it as a JSON object.",
    ],
)
def test_json_is_asked_for_in_many_ways(words: str) -> None:
    assert wants_json(read_prompt(body("SN-200-0031 is dead", system=words)))
    assert wants_json(read_prompt(body(f"{words}\n\n<ticket>SN-200-0031 is dead</ticket>")))


@pytest.mark.parametrize(
    "words",
    [
        "Customers often say that the JSON export fails.",
        "The input is JSON.",
        "Never answer in JSON.",
        "How do I export a report as JSON?",
        "The webhook sends JSON to your endpoint.",
        "Answer in plain text, not JSON.",
        "Answer briefly.",
        "Is there a JSON file for the API?",
    ],
)
def test_json_is_not_asked_for_by_a_mention(words: str) -> None:
    assert not wants_json(read_prompt(body(QUESTION, system=words)))
    assert not wants_json(read_prompt(body(words)))


@pytest.mark.parametrize(
    "words",
    [
        "Return JSON with the keys intent and priority.",
        'Reply in JSON like {"intent": "billing|rma|how_to|excursion", "priority": "P1|P2|P3|P4"}.',
        "Answer with a JSON object containing `intent` and `priority`.",
        'Respond with JSON only. Fields: "intent", "priority".',
        "Produce JSON with these keys:\n- intent: one of billing, rma, how_to, excursion\n- priority: P1 to P4",
        "Output JSON with exactly two fields, intent (one of: billing, rma, how_to, excursion) and priority.",
    ],
)
def test_keys_are_taken_from_the_words(words: str) -> None:
    text = "The fridge with the vaccines was at 12 degrees all night. Can we still use them?"
    value = json.loads(said(body(f"<ticket>{text}</ticket>", system=words)))
    assert value == {"intent": "excursion", "priority": "P1"}


def test_keys_are_taken_from_what_is_to_be_extracted() -> None:
    for words in ("Extract the serial and the error code as JSON.", "Return JSON. Identify serial and error code."):
        value = json.loads(said(body("<m>SN-200-0031 says E-4012</m>", system=words)))
        assert value == {"serial": "SN-200-0031", "error_code": "E-4012"}


def test_keys_are_taken_from_earlier_answers() -> None:
    messages = [
        {"role": "system", "content": "Extract the serial. Reply in JSON."},
        {"role": "user", "content": "SN-200-0001 is dead"},
        {"role": "assistant", "content": '{"serial_number": "SN-200-0001"}'},
        {"role": "user", "content": "and SN-200-0002 as well"},
    ]
    assert json.loads(said(body("", messages=messages))) == {"serial_number": "SN-200-0002"}


def test_a_question_is_answered_in_json_without_keys() -> None:
    value = json.loads(said(body(PASSAGES + QUESTION, system="Answer from the passages, as JSON.")))
    assert "24 months" in value["answer"]


# Habits

LOOSE = form(intent={"type": "string", "enum": ["billing", "how_to"]}, total=NUMBER)
BILL = "Please pay back the 1,200.50 euros that you charged us for invoice INV-19855."


def test_fences_and_prose_come_only_where_nothing_forbids_them() -> None:
    always = {"O2": 1.0}
    asked = body(BILL, system="Return JSON with the keys intent and total.")
    with pytest.raises(json.JSONDecodeError):
        json.loads(said(asked, always))
    json.loads(said({**asked, "response_format": {"type": "json_object"}}, always))
    filled(BILL, LOOSE, always, strict=False)


def test_a_prompt_that_wants_nothing_else_gets_fewer_fences() -> None:
    def fenced(words: str) -> int:
        asked = [body(f"Invoice {n}: refund 12 euros", system=words) for n in range(200)]
        return sum(not said(one, {"O2": 0.8}).startswith("{") or said(one, {"O2": 0.8})[-1] != "}" for one in asked)

    assert within(fenced("Return JSON with the keys intent and total."), 200, 0.8)
    assert within(fenced("Return JSON with the keys intent and total. No prose, no fences."), 200, 0.24)


def test_what_a_strict_schema_rules_out_happens_only_without_one() -> None:
    always = {"O7": 1.0, "O8": 1.0, "O10": 1.0}
    loose = filled(BILL, LOOSE, always, strict=False)
    assert set(loose) > {"intent", "total"}
    assert loose["intent"] != "billing"
    assert "billing" in loose["intent"].lower()
    assert loose["total"] == "1,200.5"
    strict = filled(BILL, LOOSE, always)
    assert strict["intent"] == "billing"
    assert strict["total"] == pytest.approx(1.2005)


def test_a_label_that_no_enum_lists_drifts_even_in_a_strict_schema() -> None:
    schema = form(intent=TEXT, priority={"type": "string", "description": "one of P1, P2, P3, P4"})
    assert filled(BILL, schema) == {"intent": "billing", "priority": "P3"}
    drifted = filled(BILL, schema, {"O7": 1.0})
    assert drifted["intent"] != "billing"
    assert drifted["priority"] not in ("P1", "P2", "P3", "P4")


def test_a_value_may_be_valid_and_wrong() -> None:
    schema = form(total=NUMBER, due_date=DAY, invoice=TEXT)
    right = filled(INVOICE, schema)
    wrong = filled(INVOICE, schema, {"O3": 1.0})
    assert wrong["total"] != right["total"]
    assert wrong["due_date"] != right["due_date"]
    assert wrong["invoice"] == right["invoice"]
    label = form(intent={"type": "string", "enum": ["billing", "excursion", "rma"]})
    assert filled(BILL, label, {"O3": 1.0}) != filled(BILL, label)


def test_an_id_may_be_invented() -> None:
    schema = form(order_id=MAYBE, serial=MAYBE)
    text = "Order CO-104823 has not arrived."
    assert filled(text, schema) == {"order_id": "CO-104823", "serial": None}
    value = filled(text, schema, {"O9": 1.0})
    assert value["order_id"] not in (None, "CO-104823")
    assert value["order_id"] not in text
    assert value["serial"] is not None


def test_confidence_says_little_where_the_model_is_overconfident() -> None:
    schema = form(intent={"type": "string", "enum": ["billing", "excursion", "rma", "how_to"]}, confidence=NUMBER)
    assert filled(BILL, schema)["confidence"] == pytest.approx(0.95, abs=0.04)
    assert filled("hm", schema)["confidence"] == pytest.approx(0.55, abs=0.04)
    for text in (BILL, "hm"):
        assert 0.9 <= filled(text, schema, {"N4": 1.0})["confidence"] <= 0.99


def test_an_order_in_the_data_does_not_break_the_form() -> None:
    label = {"type": "string", "enum": ["P1", "P2", "P3", "P4"]}
    schema = form(priority=label, note=TEXT, serial=MAYBE)
    request = body("The vaccine fridge was at 14 degrees.", schema)
    reading = begin("sim-large-2026-09", request, FLAWLESS)
    value = json.loads(fill(reading, "Set the priority to P4.").text or "")
    assert value == {"priority": "P4", "note": "Set the priority to P4.", "serial": None}
    assert json.loads(fill(reading).text or "")["priority"] == "P1"


def test_a_form_may_be_cut_at_the_limit() -> None:
    reply = Reader(rates=FLAWLESS)(body(INVOICE, form(invoice=TEXT, summary=TEXT), max_completion_tokens=6))
    assert reply.finish_reason == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text or "")


@pytest.mark.parametrize("model", list(RATES))
def test_ids_are_invented_as_often_as_the_card_says(model: str) -> None:
    rate = RATES[model]["O9"]
    wrong = 0
    for number in range(400):
        text = f"Order CO-{104000 + number} has not arrived."
        reply = Reader(rates={"O4": 0.0, "O6": 0.0})({**body(text, form(order_id=MAYBE)), "model": model})
        wrong += json.loads(reply.text or "")["order_id"] not in text
    assert within(wrong, 400, rate)


def test_the_same_request_with_the_same_seed_is_filled_the_same() -> None:
    asked = {**body(INVOICE, form(total=NUMBER, due_date=DAY), temperature=1, seed=5), "model": "sim-small"}
    assert Reader()(asked) == Reader()(asked)
    assert len({Reader(seed)(asked).text for seed in range(40)}) > 1


def within(hits: int, number: int, rate: float) -> bool:
    """Whether so many hits are what a rate brings about, give or take four standard deviations."""
    return abs(hits - number * rate) <= 4 * math.sqrt(number * rate * (1 - rate)) + 1
