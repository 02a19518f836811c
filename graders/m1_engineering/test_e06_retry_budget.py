"""Grader for m1_engineering/e06_retry_budget."""

from itertools import product

import pytest

from gradus.grading import raises
from gradus.sim import (
    ConnectionReset,
    CutStream,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    ServerError,
    Unauthorized,
)

PROMPT = "Is 9 °C too warm for insulin?"


def half():
    """A jitter in the middle: every backoff takes half of its window."""
    return 0.5


def zero():
    """The least that a jitter may return: no backoff takes any time."""
    return 0.0


def policy_of(submission, **changes):
    """Windows of 1, 2, 4 and 8 seconds, unless changed: with `half`, waits of 0.5, 1, 2 and 4."""
    values = {"max_attempts": 4, "base_delay": 1.0, "max_delay": 8.0, "attempt_timeout": 20.0}
    return submission.RetryPolicy(**{**values, **changes})


def delay(submission, status, attempt=1, code=None, **headers):
    """`retry_delay` for a failure with this status and these headers (written_so)."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    failure = submission.Failure(status=status, code=code, headers=sent)
    return submission.retry_delay(failure, attempt, policy_of(submission), half)


def complete(submission, sim, deadline=30, jitter=half, **changes):
    """`complete` with a client whose own retries are off."""
    policy = policy_of(submission, **changes)
    return submission.complete(sim.client(max_retries=0), PROMPT, deadline=deadline, policy=policy, jitter=jitter)


def stream(submission, sim, deadline=30, max_retries=0, **changes):
    """An iterator over what `stream_text` yields."""
    policy = policy_of(submission, **changes)
    client = sim.client(max_retries=max_retries)
    return iter(submission.stream_text(client, PROMPT, deadline=deadline, policy=policy, jitter=half))


# Task 1: whether, and how long


@pytest.mark.task(1)
@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 599])
def test_tries_again_what_may_pass_later(submission, status):
    """A lost connection, a rate limit or a server that fails says nothing about your request: later it may pass."""
    assert delay(submission, status) is not None


@pytest.mark.task(1)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_leaves_alone_what_cannot_pass(submission, status):
    """A request that is malformed or not allowed stays so: each further attempt is load, cost and delay for nothing."""
    assert delay(submission, status, retry_after="1") is None


@pytest.mark.task(1)
def test_knows_an_empty_account_from_a_rate_limit(submission):
    """Both are 429. A rate limit passes; an account without credit does not. Only the code tells them apart."""
    assert delay(submission, 429, code="insufficient_quota") is None
    assert delay(submission, 429, code="rate_limit_exceeded") is not None


@pytest.mark.task(1)
def test_believes_the_code_whatever_the_status(submission):
    """An account without credit stays so, even where a gateway in between turns the provider's 429 into a 503. The code
    `insufficient_quota` decides by itself; the status is only asked after it."""
    assert delay(submission, 503, code="insufficient_quota") is None
    assert delay(submission, 500, code="insufficient_quota", retry_after="1") is None


@pytest.mark.task(1)
def test_lets_the_provider_overrule_the_status(submission):
    """`x-should-retry` comes from the one side that knows. It wins over what status and code usually mean, both
    ways."""
    assert delay(submission, 503, x_should_retry="false") is None
    assert delay(submission, 429, x_should_retry="false", retry_after="1") is None
    assert delay(submission, 400, x_should_retry="true") is not None
    assert delay(submission, 429, code="insufficient_quota", x_should_retry="true") is not None


@pytest.mark.task(1)
@pytest.mark.parametrize("seconds", [3, 45, 0.25])
def test_takes_retry_after_as_it_is(submission, seconds):
    """The provider said when to come back. Sooner is refused, later wastes the caller's time: no jitter, no cap."""
    assert delay(submission, 429, retry_after=str(seconds)) == seconds
    assert delay(submission, 503, attempt=3, retry_after=str(seconds)) == seconds


@pytest.mark.task(1)
def test_reads_milliseconds_first(submission):
    """`retry-after-ms` is the same promise, finer. Where both are sent, the whole seconds are the rounded one."""
    assert delay(submission, 429, retry_after_ms="1500") == 1.5
    assert delay(submission, 429, retry_after_ms="250", retry_after="1") == 0.25


@pytest.mark.task(1)
@pytest.mark.parametrize("value", ["0", "-3", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_backs_off_where_the_header_says_nothing_usable(submission, value):
    """A header that is no positive number is no promise. Taken at its word it crashes you or sends you back at once."""
    assert delay(submission, 429, retry_after=value) == 0.5
    assert delay(submission, 429, retry_after_ms=value, retry_after="3") == 3


@pytest.mark.task(1)
def test_spreads_the_backoff_over_its_whole_window(submission):
    """Clients that failed together and wait equally long come back together, and fail together. Full jitter parts them:
    anywhere from 0 to a window that doubles with each attempt, up to the cap."""
    failure = submission.Failure(status=503)
    for base_delay, max_delay in [(0.25, 30), (3.0, 60), (10.0, 5)]:
        policy = policy_of(submission, base_delay=base_delay, max_delay=max_delay)
        for attempt, fraction in product([1, 2, 3, 6, 40], [0.125, 0.875]):
            window = min(max_delay, base_delay * 2 ** (attempt - 1))
            waited = submission.retry_delay(failure, attempt, policy, lambda part=fraction: part)
            assert waited == pytest.approx(fraction * window), f"jitter() = {fraction} times a window of {window} s"


@pytest.mark.task(1)
def test_tells_a_wait_of_zero_from_no(submission):
    """`jitter()` may return 0.0. Then the wait is 0.0 seconds: that says "try again at once", and None says "don't"."""
    failure = submission.Failure(status=503)
    assert submission.retry_delay(failure, 1, policy_of(submission), zero) == 0


# Task 2: retry under one deadline


@pytest.mark.task(2)
def test_answers_at_once_when_nothing_fails(submission, sim, clock):
    """Retrying is for failures: a call that works costs one request and no wait."""
    sim.script("Yes, above 8 °C.")
    assert complete(submission, sim) == "Yes, above 8 °C."
    assert clock.slept == []


@pytest.mark.task(2)
@pytest.mark.parametrize("fault", [ServerError(503), RateLimited(), ConnectionReset()], ids=["503", "429", "reset"])
def test_tries_again_after_a_passing_failure(submission, sim, fault):
    """A burst of failures is over in seconds. A caller who gets an error for it has been failed for nothing."""
    sim.script(fault, fault, "Yes.")
    assert complete(submission, sim) == "Yes."


@pytest.mark.task(2)
def test_asks_the_same_each_time(submission, sim):
    """An attempt is the same question again. Whatever differs makes the answer depend on how the network felt."""
    sim.script(ServerError(), "Yes.")
    complete(submission, sim)
    assert [exchange.request["messages"] for exchange in sim.ledger.exchanges] == [
        [{"role": "user", "content": PROMPT}],
        [{"role": "user", "content": PROMPT}],
    ]


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Unauthorized(), "AuthenticationError"),
        (QuotaExhausted(), "RateLimitError"),
        (ServerError(503, should_retry=False), "InternalServerError"),
    ],
    ids=["key", "quota", "told_not_to"],
)
def test_raises_what_no_attempt_can_mend(submission, sim, clock, fault, error):
    """A wrong key or an empty account needs a person, now. Five attempts later is later, and hides what happened."""
    sim.otherwise(fault)
    with raises(error):
        complete(submission, sim)
    assert sim.ledger.calls == 1
    assert clock.slept == []


@pytest.mark.task(2)
def test_waits_as_long_as_the_provider_asks(submission, sim, clock):
    """The provider said when to come back, in seconds or in milliseconds. Sooner is refused again and counts as load;
    later wastes the caller's deadline."""
    sim.script(RateLimited(retry_after=3), RateLimited(retry_after_ms=1250), "Yes.")
    assert complete(submission, sim) == "Yes."
    assert clock.slept == [3, 1.25]


@pytest.mark.task(2)
def test_waits_long_if_there_is_time(submission, sim, clock):
    """How long is too long is for the deadline to say, not for a number in the code: this caller has six minutes."""
    sim.script(RateLimited(retry_after=150), "Yes.")
    assert complete(submission, sim, deadline=360) == "Yes."
    assert clock.slept == [150]


@pytest.mark.task(2)
def test_waits_longer_after_each_failure(submission, sim, clock):
    """Where nobody says how long, each failure is a sign to ask less often: the window doubles, starting at
    `base_delay` after the first attempt."""
    sim.script(ServerError(), ServerError(), ServerError(), "Yes.")
    complete(submission, sim)
    assert clock.slept == [0.5, 1, 2]


@pytest.mark.task(2)
def test_takes_a_wait_of_zero_for_a_wait(submission, sim, clock):
    """`jitter()` may return 0.0, and `retry_delay` then says 0.0 seconds: try again at once. Python takes 0.0 for
    false, but it is no "no". Only None means that there must be no further attempt."""
    sim.script(ServerError(503), "Yes.")
    assert complete(submission, sim, jitter=zero) == "Yes."
    assert clock.now == 0


@pytest.mark.task(2)
def test_gives_up_after_the_last_attempt(submission, sim, clock):
    """Somebody has to stop, say how often it was tried, and keep the reason. And nobody waits for an attempt that will
    not be made."""
    sim.otherwise(ServerError(503))
    with raises("GaveUpError") as caught:
        complete(submission, sim, max_attempts=3)
    assert caught.error.type == "GaveUpError"
    assert caught.error.fields["attempts"] == 3
    assert caught.error.cause is not None, "the last error is kept: raise GaveUpError(...) from error"
    assert caught.error.cause.type == "InternalServerError"
    assert sim.ledger.calls == 3
    assert clock.slept == [0.5, 1]


@pytest.mark.task(2)
def test_looks_at_the_attempts_before_the_deadline(submission, sim):
    """No attempt was left, so more time would not have helped. DeadlineExceededError would tell the caller that it had:
    it is for attempts that are left and come too late."""
    sim.script(ServerError(503), RateLimited(retry_after=60))
    with raises("GaveUpError") as caught:
        complete(submission, sim, deadline=30, max_attempts=2)
    assert caught.error.type == "GaveUpError", (
        "GaveUpError itself, not its subclass: this was the last attempt (rule 2), so nobody asks any more whether the "
        "wait of 60 seconds fits (rule 3)"
    )
    assert caught.error.fields["attempts"] == 2


@pytest.mark.task(2)
def test_makes_no_more_requests_than_attempts(submission, sim):
    """This client retries by itself, as every OpenAI client does unless told otherwise: three requests for each of your
    attempts, at its own pace. In an outage that multiplies the load by three, and your budget knows nothing of it."""
    sim.otherwise(ServerError(503))
    policy = policy_of(submission, max_attempts=5)
    with raises("GaveUpError"):
        submission.complete(sim.client(), PROMPT, deadline=60, policy=policy, jitter=half)
    assert sim.ledger.calls == 5


@pytest.mark.task(2)
@pytest.mark.parametrize("wait", [60, 30], ids=["beyond", "to_the_second"])
def test_fails_now_if_the_wait_cannot_fit(submission, sim, clock, wait):
    """Thirty seconds are left, and the provider says sixty, or thirty: either way no time is left for an attempt.
    Sleeping first brings the same error half a minute later, when the caller can do nothing with it any more."""
    sim.otherwise(RateLimited(retry_after=wait))
    with raises("DeadlineExceededError") as caught:
        complete(submission, sim, deadline=30)
    assert clock.now == 0, "it raises at once, without waiting"
    assert sim.ledger.calls == 1
    assert caught.error.fields["attempts"] == 1
    assert caught.error.cause is not None, "the last error is kept: raise DeadlineExceededError(...) from error"
    assert caught.error.cause.type == "RateLimitError"


@pytest.mark.task(2)
def test_counts_all_waits_against_one_deadline(submission, sim, clock):
    """The caller waits for all of it together. A deadline that starts anew with each attempt is no deadline."""
    sim.otherwise(ServerError(503, retry_after=4))
    with raises("DeadlineExceededError") as caught:
        complete(submission, sim, deadline=10, max_attempts=8)
    assert clock.slept == [4, 4], "attempts at 0, 4 and 8 seconds; the next would be at 12, and the deadline is 10"
    assert caught.error.fields["attempts"] == 3


@pytest.mark.task(2)
def test_gives_up_an_attempt_that_hangs(submission, sim, clock):
    """Left alone, the SDK waits ten minutes for an answer that never comes. An attempt that hangs is a failed one, and
    the next may work: `policy.attempt_timeout` says when to stop hoping."""
    sim.script(ReadTimeout(), "Yes.")
    assert complete(submission, sim, attempt_timeout=6) == "Yes."
    assert clock.now == 6.5, "6 seconds of silence, half a second of backoff"


@pytest.mark.task(2)
def test_lets_the_last_attempt_have_what_is_left(submission, sim, clock):
    """Waiting for the provider is the caller's time too: what an attempt may take shrinks with what is left."""
    sim.otherwise(ReadTimeout())
    with raises("DeadlineExceededError") as caught:
        complete(submission, sim, deadline=10, attempt_timeout=4, max_delay=1, max_attempts=8)
    assert clock.now == 10, "attempts at 0, 4.5 and 9 seconds, the last of them one second long"
    assert caught.error.fields["attempts"] == 3


# Task 3: stream without starting over


@pytest.mark.task(3)
def test_streams_the_whole_answer(submission, sim):
    """The pieces make up the answer as the model wrote it, spaces and all; chunks without text are no pieces."""
    sim.script("Yes. Above 8 °C it spoils.")
    assert list(stream(submission, sim)) == ["Yes.", " Above", " 8", " °C", " it", " spoils."]


@pytest.mark.task(3)
def test_hands_out_each_piece_as_it_comes(submission, sim):
    """The reader watches it being written. Collecting it first would make retries safe, and streaming useless."""
    sim.script("Yes. Above 8 °C it spoils.")
    pieces = stream(submission, sim)
    assert next(pieces) == "Yes."
    assert sim.ledger.exchanges[0].ended is None, "the provider is still writing when the first piece is handed out"
    assert "".join(pieces) == " Above 8 °C it spoils."


@pytest.mark.task(3)
def test_tries_again_before_the_first_piece(submission, sim, clock):
    """As long as nobody has read a word, another attempt does no harm: after a refused request, and after a stream that
    ends before it said anything."""
    sim.script(RateLimited(retry_after=3), CutStream("Yes. Above 8 °C.", after=0), "Yes. Above 8 °C.")
    assert "".join(stream(submission, sim)) == "Yes. Above 8 °C."
    assert clock.slept == [3, 1]


@pytest.mark.task(3)
def test_never_starts_over_after_the_first_piece(submission, sim):
    """The reader already has the beginning. A second attempt appends a second answer to half of the first one."""
    sim.script(CutStream("Yes. Above 8 °C it spoils.", after=2))
    sim.otherwise("No. Below 10 °C it keeps.")
    pieces = []
    with raises("StreamCutError"):
        for piece in stream(submission, sim):
            pieces.append(piece)
            assert sim.ledger.calls == 1, "no second request once a piece was handed out"
    assert pieces == ["Yes.", " Above"]


@pytest.mark.task(3)
def test_takes_an_empty_answer_for_an_answer(submission, sim):
    """The model finished and had nothing to say. That is rare, it is complete, and asking again would cost the same."""
    sim.script(Reply(""))
    assert list(stream(submission, sim)) == []


@pytest.mark.task(3)
def test_takes_any_finish_reason_for_an_end(submission, sim):
    """`finish_reason` says why the model stopped: `stop`, or `length` at its token limit, or `content_filter`. With any
    of them you have all that the provider meant to send. Only a stream that was cut has none."""
    for reason in ("length", "content_filter"):
        sim.script(Reply("Yes. Above 8", finish_reason=reason))
        assert list(stream(submission, sim)) == ["Yes.", " Above", " 8"]


@pytest.mark.task(3)
def test_gives_up_a_stream_that_is_always_cut(submission, sim, clock):
    """A cut before the first piece is a failed attempt like any other, and attempts are counted."""
    sim.otherwise(CutStream("Yes.", after=0))
    with raises("GaveUpError") as caught:
        list(stream(submission, sim, max_attempts=3))
    assert caught.error.fields["attempts"] == 3
    assert caught.error.cause is not None, "the last error is kept: raise GaveUpError(...) from error"
    assert caught.error.cause.type == "StreamCutError"
    assert clock.slept == [0.5, 1]


@pytest.mark.task(3)
def test_keeps_to_the_deadline_until_the_first_piece(submission, sim, clock):
    """Somebody looks at an empty screen until the first word comes. That wait is what the deadline is for."""
    sim.otherwise(ReadTimeout())
    with raises("DeadlineExceededError"):
        list(stream(submission, sim, deadline=10, attempt_timeout=4, max_delay=1, max_attempts=8))
    assert clock.now == 10


@pytest.mark.task(3)
def test_makes_no_more_requests_for_a_stream_than_attempts(submission, sim):
    """The SDK retries the request that opens a stream, too, unless it is told not to."""
    sim.otherwise(ServerError(503))
    with raises("GaveUpError"):
        list(stream(submission, sim, max_retries=2, deadline=60))
    assert sim.ledger.calls == 4
