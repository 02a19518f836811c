"""Grader for m2_llms/e04_structured_extract."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus.grading import raises, type_name
from gradus.sim import RateLimited, ReadTimeout, Reply, ServerError, Unauthorized

EMAIL = """Hello,

we would like to send back 3 of the loggers from order CO-207741, bought on 2 March: the "probe" reads -40 °C all day.
Our carrier's number for them is CO-2077419.

Kind regards, the pharmacy on the canal"""
RECEIVED = date(2026, 3, 20)
FORM = {
    "order_id": "CO-207741",
    "device": "CT-210",
    "quantity": 3,
    "purchased_on": "2026-03-02",
    "reason": "defective",
}
WORDS = st.sampled_from(["CO-1", "CO-11", "CO-1-1", "1-1", "O-1", "1", "CO", "O"])  # many are parts of others
BLANK = {"order_id": None, "device": None, "quantity": None, "purchased_on": None, "reason": "other"}


def reply(**changes):
    """What the model writes: the form, but for these fields, which come first so that a failure shows them."""
    return json.dumps({**changes, **FORM, **changes})


def form(submission, **changes):
    """The learner's own reading of such a reply."""
    return submission.Extraction.model_validate_json(reply(**changes))


def values(extraction):
    """The form's values, enum members as what they stand for."""
    return {
        "order_id": extraction.order_id,
        "device": extraction.device and extraction.device.value,
        "quantity": extraction.quantity,
        "purchased_on": extraction.purchased_on,
        "reason": extraction.reason.value,
    }


def outcome(result):
    """The kind of a failure; the type's name of anything else."""
    return result.kind.value if type_name(result) == "Failure" else type_name(result)


@pytest.mark.task(1)
@pytest.mark.parametrize("quantity", [1, 3, 1200])
def test_reads_a_complete_form(submission, quantity):
    """A typed form holds a number, a date and enum members: whoever uses it never has to parse again."""
    extraction = form(submission, quantity=quantity)
    assert values(extraction) == FORM | {"quantity": quantity, "purchased_on": date(2026, 3, 2)}


@pytest.mark.task(1)
def test_null_is_none(submission):
    """A form that cannot be left blank gets filled in by a guess. What the customer did not state must stay None."""
    assert values(form(submission, **BLANK)) == BLANK


@pytest.mark.task(1)
@pytest.mark.parametrize("field", list(FORM))
def test_a_missing_key_is_an_error(submission, field):
    """null says "the e-mail does not state it". A missing key says that the model left a question out, and a default
    for the field makes the two look the same."""
    assert form(submission)
    incomplete = json.dumps({name: value for name, value in FORM.items() if name != field})
    with raises("ValidationError"):
        submission.Extraction.model_validate_json(incomplete)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("field", "value"), [("device", "CT-999"), ("device", "unknown"), ("reason", "regret"), ("reason", None)]
)
def test_an_unknown_value_is_an_error(submission, field, value):
    """Code behind the form branches on these values. One that nobody has heard of must stop here, and not three
    systems further on."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, **{field: value})


@pytest.mark.task(1)
@pytest.mark.parametrize(("field", "value"), [("device", "CT-210 "), ("device", "ct-210"), ("reason", "Defective")])
def test_a_drifted_value_is_an_error(submission, field, value):
    """A provider that holds the model to the schema cannot send this. If it arrives, nothing enforces the schema any
    more, and tidying it up hides that."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, **{field: value})


@pytest.mark.task(1)
@pytest.mark.parametrize("quantity", ["1,200", "12,000", "1.200"])
def test_a_number_with_separators_is_an_error(submission, quantity):
    """The reply "1,200" is text. Code that takes the digits it understands makes 1 of it, and nothing downstream can
    tell."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, quantity=quantity)


@pytest.mark.task(1)
@pytest.mark.parametrize("quantity", ["3", True])
def test_nothing_is_converted(submission, quantity):
    """pydantic converts by default: the text "3" becomes 3, and true becomes 1. A reply that breaks the schema is to be
    stopped, not made to fit."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, quantity=quantity)


@pytest.mark.task(1)
@pytest.mark.parametrize("purchased_on", [0, 1772150400, "2026-03-02T00:00:00"])
def test_only_a_date_is_a_date(submission, purchased_on):
    """By default pydantic takes numbers for seconds since 1970 and cuts a midnight off: 0 becomes 1970-01-01. Dates
    need the strict mode as much as the quantity does."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, purchased_on=purchased_on)


@pytest.mark.task(1)
@pytest.mark.parametrize("quantity", [0, -3])
def test_a_quantity_is_at_least_one(submission, quantity):
    """Nobody returns nothing. What a type can rule out, no later check has to remember."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, quantity=quantity)


@pytest.mark.task(1)
def test_an_extra_key_is_an_error(submission):
    """The schema that you send forbids other keys, but the reply is only held to that if your class forbids them too:
    pydantic drops them silently by default."""
    assert form(submission)
    with raises("ValidationError"):
        form(submission, refund="approved")


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "email",
    [
        EMAIL,
        "CO-207741",
        "Order (CO-207741), please.",
        "Re: CO-207741.",
        "It was\nCO-207741\n",
        "CO-1, CO-207741/CT-210",
    ],
)
def test_accepts_an_id_that_the_email_names(submission, email):
    """A check that doubts good forms sends every e-mail to a person. Punctuation and line breaks around an id are
    normal."""
    assert submission.implausible_fields(form(submission), email, RECEIVED) == []


@pytest.mark.task(2)
def test_does_not_doubt_what_is_not_claimed(submission):
    """None claims nothing, so it cannot be wrong: asking the customer for it is the next step, not a failure."""
    assert submission.implausible_fields(form(submission, **BLANK), EMAIL, RECEIVED) == []


@pytest.mark.task(2)
@pytest.mark.parametrize("order_id", ["CO-104823", "CO-207714", "unknown"])
def test_doubts_an_invented_id(submission, order_id):
    """A model that finds no id, or misreads it, still writes one that looks right. Only the e-mail can tell."""
    assert submission.implausible_fields(form(submission, order_id=order_id), EMAIL, RECEIVED) == ["order_id"]


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("order_id", "email"),
    [
        ("CO-207741", "The parcel CO-2077419 never came."),
        ("CO-207741", "We return the second half of CO-207741-2."),
        ("207741", "We return order CO-207741."),
        ("", "We return order CO-207741."),
    ],
)
def test_doubts_a_part_of_another_id(submission, order_id, email):
    """One id can be the beginning of another, and the empty text is part of every e-mail: compare whole words."""
    assert submission.implausible_fields(form(submission, order_id=order_id), email, RECEIVED) == ["order_id"]


@pytest.mark.task(2)
@pytest.mark.parametrize("order_id", ["order CO-207741", "CO-207741,"])
def test_doubts_more_than_the_id(submission, order_id):
    """The form goes to code that looks the order up, and no order has this id. That the text occurs in the e-mail is
    not enough: it has to be one of its words, and a blank or a comma is no part of a word."""
    assert submission.implausible_fields(form(submission), EMAIL, RECEIVED) == []
    assert submission.implausible_fields(form(submission, order_id=order_id), EMAIL, RECEIVED) == ["order_id"]


@pytest.mark.task(2)
@settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.lists(WORDS, max_size=4), order_id=WORDS, between=st.sampled_from([" ", "\n", ", ", ". ", "/", '" ("']))
def test_an_id_is_a_whole_word_of_any_email(submission, words, order_id, between):
    """Whatever surrounds an id, it is in the e-mail if it is one of its words, and not if it is only a part of one."""
    extraction = form(submission, order_id=order_id)
    expected = [] if order_id in words else ["order_id"]
    assert submission.implausible_fields(extraction, between.join(words), RECEIVED) == expected


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (date(2025, 12, 31), ["purchased_on"]),
        (date(2026, 3, 1), ["purchased_on"]),
        (date(2026, 3, 2), []),
        (date(2026, 4, 1), []),
    ],
)
def test_doubts_a_purchase_after_the_email(submission, received, expected):
    """Nobody returns what they have not bought yet. The same day is possible; and what counts is the day on which the
    e-mail arrived, not the day on which it is read."""
    assert submission.implausible_fields(form(submission), EMAIL, received) == expected


@pytest.mark.task(2)
def test_names_every_doubtful_field(submission):
    """Whoever looks into it wants all that is wrong at once, in the order of the form."""
    extraction = form(submission, order_id="CO-104823", purchased_on="2026-03-21")
    assert submission.implausible_fields(extraction, EMAIL, RECEIVED) == ["order_id", "purchased_on"]


def extract(submission, sim, step):
    """What extract_rma makes of one scripted answer to EMAIL; that it asks once is the script's to say."""
    sim.script(step)
    return submission.extract_rma(sim.client(max_retries=0), EMAIL, RECEIVED)


def request_of(sim):
    (exchange,) = sim.ledger.exchanges
    return exchange.request


def format_of(request):
    """The output format as both endpoints know it: name, strict, schema."""
    return (request.get("response_format") or {}).get("json_schema") or (request.get("text") or {}).get("format") or {}


def texts_of(request, role):
    """All texts that a request sends in this role, whichever endpoint it is for."""
    said = request.get("messages", request.get("input"))
    if isinstance(said, str):
        return [said]
    contents = [message["content"] for message in said if message.get("role") == role]
    return [
        part["text"] for content in contents for part in (content if isinstance(content, list) else [{"text": content}])
    ]


def admits(schema, part, value):
    """Whether a part of a JSON schema admits a value, as far as its types, enums and choices go."""
    if "$ref" in part:
        return admits(schema, schema["$defs"][part["$ref"].rpartition("/")[2]], value)
    if "anyOf" in part:
        return any(admits(schema, choice, value) for choice in part["anyOf"])
    if "enum" in part or "const" in part:
        return value in part.get("enum", [part.get("const")])
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return {str: "string", int: "integer", type(None): "null"}[type(value)] in types


@pytest.mark.task(3)
@pytest.mark.parametrize("device", ["CT-200", "CT-300"])
def test_returns_the_form(submission, sim, device):
    """When the reply is in order, the caller gets the typed form, with nothing added and nothing changed."""
    extraction = extract(submission, sim, reply(device=device))
    assert outcome(extraction) == "Extraction", "the form"
    assert values(extraction) == FORM | {"device": device, "purchased_on": date(2026, 3, 2)}


@pytest.mark.task(3)
def test_leaves_blank_what_is_blank(submission, sim):
    """A plausible default is an invention that nobody can tell from the customer's own words."""
    extraction = extract(submission, sim, json.dumps(BLANK))
    assert outcome(extraction) == "Extraction", "the form"
    assert values(extraction) == BLANK


@pytest.mark.task(3)
def test_sends_the_email_as_it_is(submission, sim):
    """The model can only copy an id from the text that it was sent: quotes, umlauts and line breaks included."""
    extract(submission, sim, reply())
    assert any(EMAIL in text for text in texts_of(request_of(sim), "user")), "the e-mail is in the user's message"


@pytest.mark.task(3)
def test_asks_for_a_strict_schema(submission, sim):
    """A prompt asks for JSON; a strict schema makes the provider hold the model to it. All else is a second line of
    defence."""
    extract(submission, sim, reply())
    sent = format_of(request_of(sim))
    assert sent.get("strict") is True, "the request carries a JSON schema with strict set to true"


@pytest.mark.task(3)
def test_the_schema_says_what_the_form_allows(submission, sim):
    """The model fills in what the schema offers: the values it may choose from, and null where it may leave a blank."""
    extract(submission, sim, reply())
    schema = format_of(request_of(sim))["schema"]
    for field, admitted, refused in [
        ("order_id", ["CO-207741", None], [3]),
        ("device", ["CT-200", "CT-210", "CT-300", None], ["CT-999", ""]),
        ("quantity", [1200, None], ["1,200"]),
        ("purchased_on", ["2026-03-02", None], [20260302]),
        ("reason", ["defective", "damaged", "wrong_item", "not_needed", "other"], ["regret", None]),
    ]:
        part = schema["properties"][field]
        assert [value for value in admitted if not admits(schema, part, value)] == [], f"{field} admits {admitted}"
        assert [value for value in refused if admits(schema, part, value)] == [], f"{field} does not admit {refused}"


@pytest.mark.task(3)
@pytest.mark.parametrize("text", [reply()[:60], reply()])
def test_a_reply_cut_by_length_is_truncated(submission, sim, text):
    """The provider says whether it cut the reply. The text does not: it can end anywhere, even where it looks whole.
    The remedy differs too: more room, not another prompt."""
    failure = extract(submission, sim, Reply(text, finish_reason="length"))
    assert outcome(failure) == "truncated", f"a TRUNCATED failure, for the length limit cut the reply {text!r}"


@pytest.mark.task(3)
@pytest.mark.parametrize("text", [reply()[:25], reply(), None])
def test_a_reply_cut_by_the_content_filter_is_filtered(submission, sim, text):
    """A filter that strikes is neither the model's mistake nor yours; a person has to look. As with the length limit,
    the provider says so and the text does not, even where it is a whole form."""
    failure = extract(submission, sim, Reply(text, finish_reason="content_filter"))
    assert outcome(failure) == "filtered", f"a FILTERED failure, for the content filter cut the reply {text!r}"


@pytest.mark.task(3)
def test_a_refusal_is_refused(submission, sim):
    """A model that declines sends a refusal in place of the form. There is nothing to parse, and its words say why."""
    failure = extract(submission, sim, Reply(refusal="I can't help with returns of medical devices."))
    assert outcome(failure) == "refused", "a REFUSED failure"
    assert "I can't help with returns of medical devices." in failure.detail, "the detail holds the model's words"


@pytest.mark.task(3)
@pytest.mark.parametrize("text", [reply(), reply()[:60]], ids=["whole form", "part of a form"])
def test_a_refusal_beside_a_form_is_refused(submission, sim, text):
    """A model can begin to fill in the form and decline then. It does not stand by what it wrote, so look for a
    refusal before you read the text."""
    failure = extract(submission, sim, Reply(text, refusal="I can't help with returns of medical devices."))
    assert outcome(failure) == "refused", f"a REFUSED failure, for beside its refusal the model wrote {text!r}"
    assert "I can't help with returns of medical devices." in failure.detail, "the detail holds the model's words"


@pytest.mark.task(3)
@pytest.mark.parametrize("step", [Reply(""), Reply(None)], ids=["empty", "none"])
def test_an_empty_reply_is_invalid(submission, sim, step):
    """No form and no refusal happens too. The SDK then parses nothing and raises nothing."""
    failure = extract(submission, sim, step)
    assert outcome(failure) == "invalid", (
        f"an INVALID failure, for the reply has the content {step.text!r} and no refusal"
    )


@pytest.mark.task(3)
@pytest.mark.parametrize(
    "text",
    [f"```json\n{reply()}\n```", f"Here is the form: {reply()}", f"{reply()}\n\nLet me know if you need more."],
    ids=["fenced", "prose before", "prose after"],
)
def test_a_wrapped_form_is_invalid(submission, sim, text):
    """Fences and prose mean that nobody enforced the schema, so nothing in the form is vouched for. Stripping them
    silences an alarm."""
    assert outcome(extract(submission, sim, text)) == "invalid", f"an INVALID failure, for the reply is {text!r}"


@pytest.mark.task(3)
def test_a_form_that_breaks_the_schema_is_invalid(submission, sim):
    """Typed, or explicitly not: the caller never sees a form that is nearly right. The detail says where to look."""
    failure = extract(submission, sim, reply(quantity="1,200"))
    assert outcome(failure) == "invalid", 'an INVALID failure, for the quantity in the reply is "1,200"'
    assert "quantity" in failure.detail, "the detail names the field quantity"


@pytest.mark.task(3)
def test_an_invalid_form_tells_all_that_is_wrong(submission, sim):
    """Three wrong fields tell of another model or a lost schema, one of a slip. Who reads the log sees the difference
    only if the detail names them all."""
    faulty = {"device": "CT-999", "quantity": "1,200", "purchased_on": "early March"}
    failure = extract(submission, sim, reply(**faulty))
    assert outcome(failure) == "invalid", f"an INVALID failure, for the form says {faulty}"
    missing = [field for field in faulty if field not in failure.detail]
    assert missing == [], f"no faulty field is missing from the detail, which is {failure.detail!r}"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    "doubtful", [{"order_id": "CO-2077"}, {"purchased_on": "2026-03-21"}], ids=["invented id", "future purchase"]
)
def test_a_form_that_cannot_be_right_is_implausible(submission, sim, doubtful):
    """A strict schema vouches for the shape, never for the truth: a valid form can still be made up."""
    failure = extract(submission, sim, reply(**doubtful))
    assert outcome(failure) == "implausible", f"an IMPLAUSIBLE failure, for the form says {doubtful}"
    assert all(field in failure.detail for field in doubtful), "the detail names the fields that cannot be right"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Unauthorized(), "AuthenticationError"),
        (RateLimited(), "RateLimitError"),
        (ServerError(503), "InternalServerError"),
        (ReadTimeout(), "APITimeoutError"),
    ],
    ids=["wrong key", "rate limit", "outage", "time-out"],
)
def test_errors_of_the_call_are_raised(submission, sim, fault, error):
    """A wrong key or an outage says nothing about this e-mail. Reported as its failure, it files a thousand good
    e-mails as unreadable before anybody looks."""
    with raises(error):
        extract(submission, sim, fault)
