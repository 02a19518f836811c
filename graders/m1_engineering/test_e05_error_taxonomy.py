"""Grader for m1_engineering/e05_error_taxonomy."""

import json
from itertools import product

import pytest

from gradus.grading import fields_of, raises
from gradus.sim import (
    ConnectionReset,
    Garbled,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    ResetStream,
    ServerError,
    StallStream,
    StreamError,
    Unauthorized,
)

PROMPT = "Is 9 °C too warm for insulin?"
OUT_OF_ORDER = "The assistant is out of order. Our engineers have been told."
MESSAGES = {
    "RATE_LIMITED": "Many people are asking just now. Please try again in a minute.",
    "UNAVAILABLE": "The assistant cannot be reached just now. Please try again in a few minutes.",
    "TIMED_OUT": "The answer took too long. Please try again.",
    "GARBLED": "The answer did not arrive in one piece. Please try again.",
    "OUT_OF_CREDIT": OUT_OF_ORDER,
    "ACCESS_DENIED": OUT_OF_ORDER,
    "INVALID_REQUEST": OUT_OF_ORDER,
    "TOO_LONG": "That is too much text for one question. Please shorten it.",
    "TRUNCATED": "The answer became too long. Please ask for a part of it.",
    "DECLINED": "The assistant cannot help with this. Please ask our support team.",
}
TIME_CURES = ("RATE_LIMITED", "UNAVAILABLE", "TIMED_OUT", "GARBLED")


def told(failure):
    """A failure as plain data: (kind, retryable, retry_after), with the kind by its name. None is no failure."""
    return failure and (failure.kind.name, failure.retryable, failure.retry_after)


def expect(failure, kind, retryable, retry_after):
    """The failure is exactly this one."""
    words = f"a Failure with kind={kind}, retryable={retryable}, retry_after={retry_after}"
    assert told(failure) == (kind, retryable, retry_after), words


def error_body(code=None, message="It went wrong."):
    """An error as the API sends it."""
    return json.dumps({"error": {"message": message, "type": "some_error", "param": None, "code": code}})


def answered(submission, driver, status, code=None, message="It went wrong.", **headers):
    """`classify` on what the SDK raises for an answer with this status, error code and headers (written_so)."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    (failure,) = driver.judge_answers(submission.classify, [(status, sent, error_body(code, message))])
    return failure


def failed(submission, driver, sim, step, how="create"):
    """`classify` on what the SDK raises when the provider does this."""
    sim.script(step)
    return driver.judge_call(submission.classify, sim.client(max_retries=0), how)


def completion(**message):
    """The body of a whole answer whose message has these fields."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": None, **message}}
    return json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "sim-small", "choices": [choice]})


EVENT = Garbled(
    f"data: {error_body('insufficient_quota', 'No credit.')}\n\n", content_type="text/event-stream"
)  # a stream that begins with an error


def ask(submission, sim, step):
    """`ask` with a client that would retry by itself, as every client does unless told otherwise."""
    sim.script(step)
    return submission.ask(sim.client(), PROMPT)


def failure_of(submission, kind="RATE_LIMITED", retryable=True, retry_after=None):
    """A failure of the submission's own type, with a message for the user."""
    member = getattr(submission.Kind, kind)
    return submission.Failure(kind=member, retryable=retryable, retry_after=retry_after, user_message=MESSAGES[kind])


def reported(submission, driver, text, secrets=(), **failure):
    """`report` on a CopilotError whose cause is an exception with this text, or None without a cause."""
    parts = submission.report, submission.CopilotError, failure_of(submission, **failure)
    return driver.report_text(*parts, text, "CT-7F3A", tuple(secrets))


def message(submission, driver, text, *secrets):
    """The message that is logged for an exception with this text."""
    return reported(submission, driver, text, secrets).logged.message


# Task 1: what kind of failure it is


@pytest.mark.task(1)
def test_a_rate_limit_passes(submission, driver, sim):
    """You asked more often than you may. The provider says so with a 429, and later there is room again."""
    expect(failed(submission, driver, sim, RateLimited()), "RATE_LIMITED", True, None)
    expect(failed(submission, driver, sim, RateLimited(retry_after=7)), "RATE_LIMITED", True, 7)


@pytest.mark.task(1)
def test_an_account_without_credit_stays_so(submission, driver, sim):
    """This 429 never passes. Whoever takes it for a rate limit tries for ever, and nobody is told to pay the bill."""
    expect(failed(submission, driver, sim, QuotaExhausted()), "OUT_OF_CREDIT", False, None)


@pytest.mark.task(1)
@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 599])
def test_the_provider_s_own_trouble_passes(submission, driver, sim, status):
    """Nothing is wrong with your request: the same one may pass in a minute. That holds for 408 and 409 as well as for
    500 and above, and 408 has no exception class of its own."""
    expect(failed(submission, driver, sim, ServerError(status)), "UNAVAILABLE", True, None)


@pytest.mark.task(1)
@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_for_one_of_us(submission, driver, sim, status):
    """No wait turns a wrong key into a right one. Somebody has to set another, so it has a kind that calls somebody."""
    step = Unauthorized() if status == 401 else ServerError(status)
    expect(failed(submission, driver, sim, step), "ACCESS_DENIED", False, None)


@pytest.mark.task(1)
@pytest.mark.parametrize("status", [400, 404, 405, 413, 418, 422, 428, 451, 499])
def test_a_bad_request_stays_bad(submission, driver, sim, status):
    """The provider turned the request itself down. Sent again it is turned down again: each attempt is load and delay
    for nothing."""
    expect(failed(submission, driver, sim, ServerError(status)), "INVALID_REQUEST", False, None)


@pytest.mark.task(1)
def test_some_bad_requests_are_the_user_s(submission, driver):
    """A question that is too long, and one that a filter in front of the model stops, are 400s like any other. The user
    can ask in another way, if told so; the code tells them apart from requests that are wrong."""
    expect(answered(submission, driver, 400, "context_length_exceeded"), "TOO_LONG", False, None)
    expect(answered(submission, driver, 400, "content_filter"), "DECLINED", False, None)
    expect(answered(submission, driver, 400, "unknown_parameter"), "INVALID_REQUEST", False, None)


@pytest.mark.task(1)
def test_the_code_comes_before_the_status(submission, driver):
    """A gateway may answer with another status than the provider did, and passes the code on. Where the code says
    enough, the status is not asked; any other code says nothing here."""
    kinds = {
        "insufficient_quota": "OUT_OF_CREDIT",
        "context_length_exceeded": "TOO_LONG",
        "content_filter": "DECLINED",
        "rate_limit_exceeded": None,
        "invalid_api_key": None,
        None: None,
    }
    by_status = {
        **dict.fromkeys((400, 402, 404, 422, 428, 430, 499), "INVALID_REQUEST"),
        **dict.fromkeys((401, 403), "ACCESS_DENIED"),
        **dict.fromkeys((408, 409, 500, 529), "UNAVAILABLE"),
        429: "RATE_LIMITED",
    }
    cases = list(product(by_status, kinds))
    bodies = [(status, {}, error_body(code)) for status, code in cases]
    for (status, code), failure in zip(cases, driver.judge_answers(submission.classify, bodies), strict=True):
        kind = kinds[code] or by_status[status]
        assert told(failure) == (kind, kind in TIME_CURES, None), f"status {status} with the code {code!r}"


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("status", "code", "text", "kind"),
    [
        (
            429,
            "rate_limit_exceeded",
            "Rate limit for the quota group eu-2. This is not insufficient_quota.",
            "RATE_LIMITED",
        ),
        (429, "insufficient_quota", "Das Guthaben ist aufgebraucht. Rate limit reached.", "OUT_OF_CREDIT"),
        (400, "context_length_exceeded", "Zu viele Wörter.", "TOO_LONG"),
        (400, None, "The field maximum context length is unknown. context_length_exceeded", "INVALID_REQUEST"),
        (503, None, "Error code: 401 - Incorrect API key provided. Request timed out.", "UNAVAILABLE"),
        (422, None, "Error code: 503 - overloaded, please retry. content_filter", "INVALID_REQUEST"),
    ],
    ids=["quota_group", "german_quota", "german_length", "field_of_that_name", "quotes_401", "quotes_503"],
)
def test_no_text_decides(submission, driver, status, code, text, kind):
    """A provider rewords and translates its messages without notice, and quotes in them what you sent. Status and code
    are what it promises."""
    expect(answered(submission, driver, status, code, text), kind, kind in TIME_CURES, None)


@pytest.mark.task(1)
def test_a_page_of_html_has_a_status_too(submission, driver):
    """A gateway in between answers with a page of its own: no JSON, no code. Its status says enough."""
    page = "<h1>Bad Gateway</h1>"
    answers = [(status, {"content-type": "text/html"}, page) for status in (502, 429, 403, 404)]
    kinds = [failure.kind.name for failure in driver.judge_answers(submission.classify, answers)]
    assert kinds == ["UNAVAILABLE", "RATE_LIMITED", "ACCESS_DENIED", "INVALID_REQUEST"]


@pytest.mark.task(1)
def test_a_lost_connection_is_not_a_timeout(submission, driver, sim):
    """Both pass, but who waited a minute for nothing is told something else. APITimeoutError is an APIConnectionError
    as well: ask for the more special one first."""
    expect(failed(submission, driver, sim, ReadTimeout()), "TIMED_OUT", True, None)
    expect(failed(submission, driver, sim, ConnectionReset()), "UNAVAILABLE", True, None)


@pytest.mark.task(1)
def test_streams_fail_too(submission, driver, sim):
    """The status was 200 and the stream had begun when it failed. What the SDK raises then is the same, or an APIError
    without any status."""
    words = "The valve is shut."
    expect(failed(submission, driver, sim, StallStream(words, after=2), "stream"), "TIMED_OUT", True, None)
    expect(failed(submission, driver, sim, ResetStream(words, after=2), "stream"), "UNAVAILABLE", True, None)
    expect(failed(submission, driver, sim, StreamError(words, after=2), "stream"), "UNAVAILABLE", True, None)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("code", "kind"), [("insufficient_quota", "OUT_OF_CREDIT"), ("content_filter", "DECLINED"), (None, "UNAVAILABLE")]
)
def test_an_error_in_a_stream_has_a_code(submission, driver, sim, code, kind):
    """An error event is an APIError that is no APIStatusError: it has no status, but it may have a code. The code
    decides whatever the type is."""
    event = Garbled(f"data: {error_body(code)}\n\n", content_type="text/event-stream")
    expect(failed(submission, driver, sim, event, "stream"), kind, kind in TIME_CURES, None)


@pytest.mark.task(1)
def test_an_answer_that_nobody_can_read_is_garbled(submission, driver, sim):
    """Broken JSON is no error of the SDK's at all: it raises a bare JSONDecodeError. The next answer may be whole."""
    broken = Garbled('{"id": "chatcmpl-', content_type="application/json")
    expect(failed(submission, driver, sim, broken), "GARBLED", True, None)
    page = (200, {"content-type": "text/html", "retry-after": "9", "x-should-retry": "false"}, "<h1>Log in</h1>")
    assert told(driver.judge_strictly(submission.classify, page)) == ("GARBLED", True, None), (
        "an APIResponseValidationError is an APIError, but no APIStatusError: its headers are not asked"
    )
    unreadable = driver.judge_new(submission.classify, submission.UnreadableAnswerError, "it is a str")
    expect(unreadable, "GARBLED", True, None)


@pytest.mark.task(1)
def test_parse_raises_what_is_no_api_error(submission, driver, sim):
    """Cut by the token limit, or stopped by the filter: the same request ends in the same way. Both exceptions are
    OpenAIErrors, but no APIErrors."""
    cut = Reply('{"name": "val', finish_reason="length")
    expect(failed(submission, driver, sim, cut, "parse"), "TRUNCATED", False, None)
    stopped = Reply('{"name": "val', finish_reason="content_filter")
    expect(failed(submission, driver, sim, stopped, "parse"), "DECLINED", False, None)
    refused = driver.judge_new(submission.classify, submission.RefusedError, "I cannot help with that.")
    expect(refused, "DECLINED", False, None)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("status", "code", "said", "expected"),
    [
        (503, None, "false", ("UNAVAILABLE", False, None)),
        (429, "rate_limit_exceeded", "false", ("RATE_LIMITED", False, None)),
        (400, None, "true", ("INVALID_REQUEST", True, 4)),
        (401, "invalid_api_key", "true", ("ACCESS_DENIED", True, 4)),
        (429, "insufficient_quota", "true", ("OUT_OF_CREDIT", True, 4)),
        (503, None, "maybe", ("UNAVAILABLE", True, 4)),
        (404, None, "maybe", ("INVALID_REQUEST", False, None)),
    ],
)
def test_the_provider_has_the_last_word_on_retrying(submission, driver, status, code, said, expected):
    """`x-should-retry` comes from the one side that knows. It says whether to try again and leaves alone what kind of
    failure it is. A value that is neither true nor false says nothing."""
    expect(answered(submission, driver, status, code, x_should_retry=said, retry_after="4"), *expected)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2"}, 2),
        ({"retry_after": "0.25"}, 0.25),
        ({"retry_after": "3600"}, 3600),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        ({"retry_after_ms": "0", "retry_after": "3"}, 3),
        ({"retry_after_ms": "soon", "retry_after": "3"}, 3),
        ({"retry_after": "0"}, None),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry_after": ""}, None),
    ],
)
def test_passes_on_when_to_come_back(submission, driver, headers, seconds):
    """Whoever tries again needs the provider's word on when. What is no positive number is no word, and not a wait of
    zero."""
    expect(answered(submission, driver, 429, "rate_limit_exceeded", **headers), "RATE_LIMITED", True, seconds)
    expect(answered(submission, driver, 503, **headers), "UNAVAILABLE", True, seconds)


@pytest.mark.task(1)
def test_says_no_time_where_no_attempt_can_pass(submission, driver):
    """A time to come back reads like an invitation. A gateway may send the header with everything; where nobody should
    come back, there is none."""
    for status, code in [(429, "insufficient_quota"), (401, None), (400, None), (400, "context_length_exceeded")]:
        failure = answered(submission, driver, status, code, retry_after="5")
        assert failure.retry_after is None, f"status {status} with the code {code!r} is not retryable"


@pytest.mark.task(1)
def test_the_user_reads_our_words(submission, driver, sim):
    """The provider's words are for you: "check your plan and billing details" lets a pharmacist look for a bill that is
    yours. Each kind has one message of ours, and nothing is added to it."""
    steps = [
        RateLimited(retry_after=7),
        ServerError(503),
        QuotaExhausted(),
        Unauthorized(),
        ServerError(400),
        ReadTimeout(),
        Garbled("{", content_type="application/json"),
    ]
    failures = [failed(submission, driver, sim, step) for step in steps]
    failures.append(answered(submission, driver, 400, "context_length_exceeded"))
    failures += [
        failed(submission, driver, sim, Reply("{", finish_reason=reason), "parse")
        for reason in ("length", "content_filter")
    ]
    for failure in failures:
        assert failure.user_message == MESSAGES[failure.kind.name]
    assert {failure.kind.name for failure in failures} == set(MESSAGES), "each kind came up once"


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "name",
    [
        "KeyError",
        "TypeError",
        "AttributeError",
        "ValueError",
        "UnicodeDecodeError",
        "ValidationError",
        "TimeoutError",
        "ConnectionError",
        "OpenAIError",
        "NamedLikeATimeout",
        "KeyboardInterrupt",
        "CancelledError",
    ],
)
def test_a_bug_is_no_failure_of_the_provider_s(submission, driver, name):
    """A bug that is told as "please try again" is never found, and a cancelled call that is told so is not cancelled.
    What you don't know, you don't classify."""
    assert driver.judge_bug(submission.classify, name) is None, f"None, because {name} is no failure of the provider's"


# Task 2: ask, and tell failures as one type


@pytest.mark.task(2)
@pytest.mark.parametrize("text", ["Yes, above 8 °C.", "  1. Close the lid.\n", "", "Error code: 429"])
def test_returns_what_the_model_said(submission, sim, text):
    """Most calls work: the model is sent the prompt and nothing else, and its answer comes back as it wrote it."""
    assert ask(submission, sim, Reply(text)) == text
    (exchange,) = sim.ledger.exchanges
    assert exchange.request["model"] == "sim-small"
    assert exchange.request["messages"] == [{"role": "user", "content": PROMPT}]


@pytest.mark.task(2)
def test_takes_an_answer_without_a_word_for_an_answer(submission, sim):
    """A message may have no content, as when the model has nothing to say. That is no failure: it is the empty text.
    And an empty refusal is no refusal."""
    assert ask(submission, sim, Garbled(completion(content=None), content_type="application/json")) == ""
    said = completion(content="Yes.", refusal="")
    assert ask(submission, sim, Garbled(said, content_type="application/json")) == "Yes."


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("step", "expected", "cause"),
    [
        (RateLimited(retry_after=7), ("RATE_LIMITED", True, 7), "RateLimitError"),
        (QuotaExhausted(), ("OUT_OF_CREDIT", False, None), "RateLimitError"),
        (ServerError(408), ("UNAVAILABLE", True, None), "APIStatusError"),
        (ServerError(503, retry_after=3), ("UNAVAILABLE", True, 3), "InternalServerError"),
        (Unauthorized(), ("ACCESS_DENIED", False, None), "AuthenticationError"),
        (ServerError(422), ("INVALID_REQUEST", False, None), "UnprocessableEntityError"),
        (ConnectionReset(), ("UNAVAILABLE", True, None), "APIConnectionError"),
        (ReadTimeout(), ("TIMED_OUT", True, None), "APITimeoutError"),
        (Garbled('{"id": "ch', content_type="application/json"), ("GARBLED", True, None), "JSONDecodeError"),
    ],
    ids=["rate", "quota", "408", "503", "key", "422", "reset", "timeout", "json"],
)
def test_tells_every_failure_as_one_type(submission, sim, step, expected, cause):
    """Callers catch one exception and read one field, whatever the SDK raises underneath. And whoever debugs it finds
    that underneath: the cause has the status, the request id and the traceback."""
    with raises("CopilotError") as caught:
        ask(submission, sim, step)
    expect(caught.error.fields["failure"], *expected)
    assert caught.error.message == MESSAGES[expected[0]], "somebody prints it: its text is the message for the user"
    assert caught.error.cause is not None, "the original error is kept: raise CopilotError(...) from error"
    assert caught.error.cause.type == cause


@pytest.mark.task(2)
def test_makes_one_request_a_call(submission, sim, clock):
    """The SDK retries by itself and knows less than `classify`: an empty account costs it three requests. Whoever reads
    the failure decides about another attempt."""
    for step in (QuotaExhausted(), ServerError(503), RateLimited(retry_after=2), ConnectionReset()):
        sim.script(step)
        before = sim.ledger.calls
        with raises("CopilotError"):
            submission.ask(sim.client(), PROMPT)
        assert sim.ledger.calls == before + 1
    assert clock.slept == []


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><h1>Sign in to the guest network</h1></html>", "text/html"),
        ("Bad gateway", "text/plain"),
        ('"Yes."', "application/json"),
        ("null", "application/json"),
        ('["Yes."]', "application/json"),
        ('{"status": "ok"}', "application/json"),
        ('{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}', "application/json"),
        ('{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{}]}', "application/json"),
    ],
    ids=["html", "text", "json_text", "null", "json_array", "another_object", "no_choices", "no_message"],
)
def test_an_answer_that_is_none_is_garbled(submission, sim, body, content_type):
    """A gateway answers 200 with something of its own. The SDK hands it over, and the first attribute you read of it
    fails as if you had a bug."""
    with raises("CopilotError") as caught:
        ask(submission, sim, Garbled(body, content_type=content_type))
    expect(caught.error.fields["failure"], "GARBLED", True, None)
    assert caught.error.cause is not None, "the original error is kept: raise CopilotError(...) from error"
    assert caught.error.cause.type == "UnreadableAnswerError"


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("reply", "kind", "cause"),
    [
        (Reply("Yes, but only if", finish_reason="length"), "TRUNCATED", "LengthFinishReasonError"),
        (Reply("Yes, but", finish_reason="content_filter"), "DECLINED", "ContentFilterFinishReasonError"),
        (Reply(refusal="I cannot help with that."), "DECLINED", "RefusedError"),
        (Reply("Yes.", refusal="I cannot help with that."), "DECLINED", "RefusedError"),
        (Reply(refusal="I cannot", finish_reason="length"), "TRUNCATED", "LengthFinishReasonError"),
    ],
    ids=["cut", "filtered", "refused", "text_beside", "cut_refusal"],
)
def test_half_an_answer_is_none(submission, sim, reply, kind, cause):
    """`create` raises nothing when the answer was cut, filtered or refused. "Yes, but only if" is then shown as if it
    were all there is to say."""
    with raises("CopilotError") as caught:
        ask(submission, sim, reply)
    expect(caught.error.fields["failure"], kind, False, None)
    assert caught.error.cause is not None, "the original error is kept: raise CopilotError(...) from error"
    assert caught.error.cause.type == cause


@pytest.mark.task(2)
@pytest.mark.parametrize("name", ["KeyError", "ValueError", "AttributeError", "KeyboardInterrupt", "CancelledError"])
def test_lets_a_bug_through(submission, driver, sim, name):
    """A bug in the middle of the call is not the provider's, and Ctrl-C is nobody's. Wrapped, they are told to the user
    as "please try again", and the program goes on as if nothing had happened."""
    assert driver.interrupted(submission.ask, name) == name, f"the {name} comes through as it is"
    with raises("CopilotError"):  # as it must be for a failure
        ask(submission, sim, ServerError(500))


# Task 3: what is shown, and what is logged


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("kind", "reference"), [("RATE_LIMITED", "CT-7F3A"), ("OUT_OF_CREDIT", "CT-0001"), ("DECLINED", "2026-03-02/17")]
)
def test_the_user_gets_an_id_to_quote(submission, driver, kind, reference):
    """ "It did not work" cannot be looked up. The id that the user reads is the one in the log."""
    failure = failure_of(submission, kind)
    parts = submission.report, submission.CopilotError, failure
    answer = (503, {"x-request-id": "req_9"}, error_body(message="Organization org-coldtrail is overloaded."))
    told = driver.report_answer(*parts, answer, reference, [])
    assert told.shown == f"{MESSAGES[kind]} Reference: {reference}"
    assert told.logged.reference == reference


@pytest.mark.task(3)
def test_the_log_has_all_that_the_provider_said(submission, driver):
    """Whoever is called needs what the user must not read: the status, the code, the provider's own words, and the id
    by which its support finds the request."""
    failure = failure_of(submission, "RATE_LIMITED", retry_after=2.5)
    answer = (429, {"x-request-id": "req_51"}, error_body("rate_limit_exceeded", "Organization org-ct: 60 of 60 used."))
    parts = submission.report, submission.CopilotError, failure
    assert fields_of(driver.report_answer(*parts, answer, "CT-7F3A", ["sk-1"]).logged) == {
        "level": "warning",
        "reference": "CT-7F3A",
        "kind": "rate_limited",
        "retryable": True,
        "retry_after": 2.5,
        "error": "RateLimitError",
        "status": 429,
        "code": "rate_limit_exceeded",
        "request_id": "req_51",
        "message": "Error code: 429 - Organization org-ct: 60 of 60 used.",
    }


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("step", "how", "error", "code", "text"),
    [
        (ConnectionReset(), "create", "APIConnectionError", None, "Connection error."),
        (Reply("{", finish_reason="content_filter"), "parse", "ContentFilterFinishReasonError", None, None),
        (EVENT, "stream", "APIError", "insufficient_quota", "No credit."),
    ],
    ids=["reset", "filter", "error_event"],
)
def test_not_every_failure_has_a_status(submission, driver, sim, step, how, error, code, text):
    """Where no answer came there is no status and no request id; an error event in a stream has a code all the same. A
    report that stumbles over this hides the failure behind its own."""
    sim.script(step)
    parts = submission.report, submission.CopilotError, failure_of(submission, "GARBLED")
    logged = driver.report_call(*parts, sim.client(max_retries=0), how, "CT-7F3A", []).logged
    assert (logged.error, logged.status, logged.code, logged.request_id) == (error, None, code, None)
    assert text is None or logged.message == text


@pytest.mark.task(3)
def test_reports_what_was_raised_without_a_cause(submission, driver):
    """Code of yours may raise a CopilotError by itself. It is reported like any other, with nothing behind it."""
    logged = fields_of(reported(submission, driver, None, ["sk-1"], kind="TOO_LONG", retryable=False).logged)
    assert logged == {
        "level": "info",
        "reference": "CT-7F3A",
        "kind": "too_long",
        "retryable": False,
        "retry_after": None,
        "error": None,
        "status": None,
        "code": None,
        "request_id": None,
        "message": "",
    }


@pytest.mark.task(3)
@pytest.mark.parametrize("retryable", [True, False])
def test_calls_somebody_only_for_what_somebody_can_mend(submission, driver, retryable):
    """An alert for each rate limit is switched off within a week, and the empty account goes unseen with it. Who can
    act decides about the level, and so the kind does: not whether another attempt may pass."""
    logged = {kind: reported(submission, driver, "", kind=kind, retryable=retryable).logged for kind in MESSAGES}
    assert {kind: entry.level for kind, entry in logged.items()} == {
        **dict.fromkeys(TIME_CURES, "warning"),
        **dict.fromkeys(("OUT_OF_CREDIT", "ACCESS_DENIED", "INVALID_REQUEST"), "error"),
        **dict.fromkeys(("TOO_LONG", "TRUNCATED", "DECLINED"), "info"),
    }
    assert [entry.kind for entry in logged.values()] == [kind.lower() for kind in MESSAGES], "the kind by its value"


@pytest.mark.task(3)
def test_no_secret_reaches_the_log(submission, driver):
    """A gateway quotes the key it did not like. Logs are read by more people than may have the key, and kept for
    longer."""
    answer = (
        401,
        {},
        error_body("invalid_api_key", "Incorrect API key provided: sk-live-5521. Not sk-live-5521 again."),
    )
    parts = submission.report, submission.CopilotError, failure_of(submission, "ACCESS_DENIED", retryable=False)
    told = driver.report_answer(*parts, answer, "CT-7F3A", ["other", "sk-live-5521"])
    assert told.logged.message == ("Error code: 401 - Incorrect API key provided: [redacted]. Not [redacted] again.")


@pytest.mark.task(3)
def test_leaves_all_other_words_alone(submission, driver):
    """A message with too much blacked out helps nobody. What is no secret stays as it is, and so does what only looks
    like one."""
    text = "Use sk-live-… for desk-5521, risk-free.  \n(SK-LIVE-5521) \\1"
    assert message(submission, driver, text, "sk-live-5521") == text
    assert message(submission, driver, text) == text


@pytest.mark.task(3)
def test_a_secret_is_no_pattern(submission, driver):
    """Keys and passwords hold dots, pluses and brackets. They stand for themselves."""
    assert message(submission, driver, "a.b+(c is not axbb(c", "a.b+(c") == "[redacted] is not axbb(c"
    assert message(submission, driver, r"C:\key [x] ^$", r"\key [x] ^$") == "C:[redacted]"


@pytest.mark.task(3)
def test_an_unset_secret_blacks_out_nothing(submission, driver):
    """A key that is not configured is often an empty string. It lies between any two characters of every text."""
    assert message(submission, driver, "key sk-1 is wrong", "", "sk-1") == "key [redacted] is wrong"
    assert message(submission, driver, "no key", "") == "no key"


@pytest.mark.task(3)
@pytest.mark.parametrize("order", [1, -1], ids=["short_first", "long_first"])
def test_a_secret_within_another_leaves_no_ends(submission, driver, order):
    """An account's id is often the beginning of its key. Blacked out first, it leaves the rest of the key to read."""
    pairs = [("sk-live", "sk-live-5521"), ("5521", "sk-live-5521"), ("live", "sk-live-5521"), ("team-9", "ct-team-9-a")]
    for short, long in pairs:
        secrets = [short, long][::order]
        assert message(submission, driver, f"{long} of {short}", *secrets) == "[redacted] of [redacted]"


@pytest.mark.task(3)
def test_reads_no_attribute_of_an_error_that_only_looks_alike(submission, driver):
    """`status_code` of an answer that the SDK could not make sense of is that of a call that went well, and somebody
    else's exception means something of its own by `code`. Ask for the type before you read the field."""
    parts = submission.report, submission.CopilotError, failure_of(submission, kind="GARBLED")
    other = driver.report_bug(*parts, "NamedLikeATimeout", "CT-7F3A", ()).logged
    assert (other.error, other.status, other.code, other.request_id) == ("NamedLikeATimeout", None, None, None)
    strange = driver.report_strictly(*parts, (200, {"x-request-id": "req-1"}, '{"answer": 42}'), "CT-7F3A", ()).logged
    assert strange.error == "APIResponseValidationError"
    assert (strange.status, strange.request_id) == (None, None), "it is an APIError, and no APIStatusError"


@pytest.mark.task(1)
def test_a_type_is_no_code(submission, driver):
    """Providers put a `type` beside the `code`, and the two often read alike. Only the code is promised; where there is
    none, the status decides."""
    error = {"message": "It went wrong.", "type": "insufficient_quota", "param": None, "code": None}
    (failure,) = driver.judge_answers(submission.classify, [(429, {}, json.dumps({"error": error}))])
    expect(failure, "RATE_LIMITED", True, None)


@pytest.mark.task(3)
def test_what_was_handled_meanwhile_is_no_cause(submission, driver):
    """A CopilotError that was raised without `from`, while something else was handled, has a context and no cause. What
    happened before is not what this failure came from, and its text does not belong into this entry."""
    parts = submission.report, submission.CopilotError, failure_of(submission)
    logged = driver.report_while_handling(*parts, "CT-7F3A", ()).logged
    assert (logged.error, logged.status, logged.code, logged.request_id) == (None, None, None, None)
    assert logged.message == ""
