"""A million users: hold the service level while the model behind it is down, slow or overrun.

Lesson: modules/m1_engineering/e13_million_users.md
Grade:  make grade EX=e13
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["large", "small"]


@dataclass(frozen=True)
class ModelLimits:
    """How much one model gets at once, and how long one call of it may take.

    Attributes:
        limit: calls that may be in flight.
        per_tenant: of these, the calls of one tenant.
        timeout: seconds after which a call is given up.
    """

    limit: int
    per_tenant: int
    timeout: float


@dataclass(frozen=True)
class Config:
    """What a gateway is built from. `large` and `small` are the two models; the small one is cheap, quick, and plainer.

    Attributes:
        large, small: the limits of each model.
        window, max_failures, cool_down, probes: of the circuit breaker that each model has.
        ttl: seconds for which an answer is kept.
        retry_every, retry_burst: of the retry budget.
    """

    large: ModelLimits = ModelLimits(limit=20, per_tenant=6, timeout=2.0)
    small: ModelLimits = ModelLimits(limit=16, per_tenant=5, timeout=1.0)
    window: int = 20
    max_failures: int = 10
    cool_down: float = 20.0
    probes: int = 2
    ttl: float = 300.0
    retry_every: int = 10
    retry_burst: int = 50


@dataclass(frozen=True)
class Request:
    """A question that came in.

    Attributes:
        id: its own; no two requests share one.
        tenant: the customer that it belongs to.
        prompt_version: of the prompt that it is answered with.
        question: as it was typed.
        deadline: the moment from which on nobody waits for the answer any more. It has come when `now` is at it.
    """

    id: int
    tenant: str
    prompt_version: str
    question: str
    deadline: float


@dataclass(frozen=True)
class Result:
    """How a call ended. `text` is the model's answer, the error's text, or "" after a timeout."""

    outcome: Literal["answer", "error", "timeout"]
    text: str = ""


@dataclass(frozen=True)
class Call:
    """Call this model for the request. It ends within `timeout` seconds, and the gateway is told by `on_result`."""

    model: Model
    timeout: float


@dataclass(frozen=True)
class Answer:
    """Answer the request with this text."""

    text: str


@dataclass(frozen=True)
class Reject:
    """Turn the request away. The reason is for logs: word it as you like."""

    reason: str


Action = Call | Answer | Reject


@dataclass(frozen=True)
class Permit:
    """The right to make one call. `epoch` is for the breaker that gave it: how often it had changed its state."""

    epoch: int


class CircuitBreaker:
    """Keeps calls away from a model that fails, and finds out by a few of them whether it is well again.

    All calls to a model share one breaker. Each needs a permit, and its result is recorded with that permit, once.
        Closed, as it is at first: each call gets a permit. As soon as `max_failures` of the last `window` results are
            failures, the breaker opens. Fewer results than `window` will do.
        Open: no call gets a permit, until `cool_down` seconds after it opened. From then on it is half-open.
        Half-open: `probes` calls get a permit, and no more, whether or not they have ended. When all of them have
            succeeded, the breaker closes, and all results until then are forgotten. When one fails, it opens again,
            for a whole `cool_down` from that moment.
    A result counts only if the breaker has not changed its state since the permit was given. Later ones change nothing.

    `now` is in seconds, and never smaller than in an earlier call.

    Args:
        window: results to look back at; at least 1.
        max_failures: failures among them that open the breaker; from 1 to `window`.
        cool_down: seconds.
        probes: calls that must succeed before it closes; at least 1.

    Example:
        >>> breaker = CircuitBreaker(window=4, max_failures=2, cool_down=10.0, probes=1)
        >>> first, second = breaker.acquire(0.0), breaker.acquire(0.0)
        >>> breaker.record(first, False, 1.0)
        >>> breaker.record(second, False, 2.0)
        >>> breaker.acquire(11.9) is None
        True
        >>> breaker.acquire(12.0) is None
        False
    """

    def __init__(self, *, window: int, max_failures: int, cool_down: float, probes: int) -> None:
        raise NotImplementedError("Task 1")

    def acquire(self, now: float) -> Permit | None:
        """A permit for one call that begins now, or None if there must be none."""
        raise NotImplementedError("Task 1")

    def record(self, permit: Permit, ok: bool, now: float) -> None:
        """The call with this permit has ended now, well or not."""
        raise NotImplementedError("Task 1")


class AnswerCache:
    """Keeps answers, each for whoever asks the same.

    Two requests ask the same if tenant and prompt version are equal, and the questions differ in nothing but letter
    case (`str.casefold`) and white space: none counts at the ends, and any run of it counts as one space. Each model
    has answers of its own.

    Args:
        ttl: seconds. An answer is there while it is younger than that, counted from its latest `put`.

    Example:
        >>> cache = AnswerCache(ttl=60.0)
        >>> cache.put(Request(1, "courier-1", "v7", "Is 9 °C too warm?", 4.0), "large", "Yes.", 0.5)
        >>> cache.get(Request(2, "courier-1", "v7", "  is 9 °C TOO warm?", 64.0), "large", 60.0)
        'Yes.'
        >>> cache.get(Request(3, "courier-1", "v7", "Is 9 °C too warm?", 65.0), "large", 60.5) is None
        True
    """

    def __init__(self, ttl: float) -> None:
        raise NotImplementedError("Task 2")

    def get(self, request: Request, model: Model, now: float) -> str | None:
        """What this model answered to the same, or None if nothing is there."""
        raise NotImplementedError("Task 2")

    def put(self, request: Request, model: Model, text: str, now: float) -> None:
        """Keep what this model answered, in place of what it answered before."""
        raise NotImplementedError("Task 2")


class Bulkhead:
    """Limits the calls in flight, in all and for each tenant, so that none can take the room of the others.

    Args:
        limit: calls that may be inside; at least 1.
        per_tenant: calls of one tenant that may be inside; at least 1.

    Example:
        >>> bulkhead = Bulkhead(limit=3, per_tenant=2)
        >>> [bulkhead.enter("kitchen-1") for _ in range(3)]
        [True, True, False]
        >>> bulkhead.enter("kitchen-2")
        True
    """

    def __init__(self, limit: int, per_tenant: int) -> None:
        raise NotImplementedError("Task 3")

    def enter(self, tenant: str) -> bool:
        """Whether a call of this tenant may begin. If so, it is inside from now on; if not, nothing changes."""
        raise NotImplementedError("Task 3")

    def leave(self, tenant: str) -> None:
        """A call of this tenant has ended. ValueError if none is inside."""
        raise NotImplementedError("Task 3")


class RetryBudget:
    """Allows retries as a share of the requests.

    It holds at most `burst` retries, and is full at first. Each request adds one part in `every` of a retry, unless it
    is full: after `every` requests there is one more, exactly. A retry that it allows takes a whole one.

    Args:
        every: requests that earn one retry; at least 1.
        burst: retries that it holds at most; 0 allows none, ever.

    Example:
        >>> budget = RetryBudget(every=10, burst=1)
        >>> budget.spend(), budget.spend()
        (True, False)
    """

    def __init__(self, *, every: int, burst: int) -> None:
        raise NotImplementedError("Task 3")

    def earn(self) -> None:
        """A request has come in."""
        raise NotImplementedError("Task 3")

    def spend(self) -> bool:
        """Whether a retry may be made. If so, it is taken off the budget; if not, nothing changes."""
        raise NotImplementedError("Task 3")


class Gateway:
    """Decides what becomes of each request. It calls nobody and waits for nobody: it is told what happened, and says
    what to do.

    A request comes in by `on_request`. Where that says Call, the call is made, and `on_result` is told of its end; and
    so on, until one of them says Answer or Reject. So a request has no more than one call in flight.

    The gateway has, for each of the two models, one CircuitBreaker and one Bulkhead that all requests share, and one
    AnswerCache and one RetryBudget for everything, all built from `config`. A call to a model is possible if its
    bulkhead lets the tenant enter and its breaker gives a permit. It stays inside until its result is there. "error"
    and "timeout" are failures. A call's timeout is that of its model, or what is left until the request's deadline if
    that is less.

    `now` is in seconds, and never smaller than in an earlier call.

    The gateway is judged by what it makes of fifteen minutes of traffic, 20 requests a second of 12 tenants, with the
    default `Config`: on a quiet day; while the large model is down for minutes, so that calls fail at once; while it is
    slow for minutes, so that calls time out; while one tenant floods the gateway; in a spike of up to six times the
    traffic; and with all of these in one quarter of an hour. Each time, all of this must hold:
        Success: at least 99.5 % of requests are answered. Those of a tenant that floods do not count while it does.
        Latency: 99 of 100 answers take no more than 2.0 s. The same requests count.
        Cost: no more than 0.73 cents for each answer. A call to the large model costs 1 cent and one to the small
            model 0.1 cents, also when it was given up; a call that fails at once costs nothing.
        Amplification: no more than 1.2 calls for each request that makes any.
        Quality: at least 90 % of requests in normal times get an answer that the large model wrote. Normal is while
            there is no outage, slow-down, flood or spike, nor was one in the last 30 s.
        No answer is another tenant's, another prompt version's, another question's, or older than `ttl`.

    Args:
        config: see Config.

    Example:
        >>> gateway = Gateway(Config())
        >>> request = Request(1, "courier-1", "v7", "Is 9 °C too warm?", deadline=4.0)
        >>> gateway.on_request(request, 0.0)
        Call(model='large', timeout=2.0)
        >>> gateway.on_result(request, Result("error", "503"), 0.5)
        Call(model='small', timeout=1.0)
        >>> gateway.on_result(request, Result("answer", "Yes."), 0.75)
        Answer(text='Yes.')
    """

    def __init__(self, config: Config) -> None:
        raise NotImplementedError("Task 4")

    def on_request(self, request: Request, now: float) -> Action:
        """A request has come in. It earns for the retry budget. Then the first rule that applies decides:

        1. The cache has an answer of the large model: that.
        2. The deadline has come: Reject.
        3. A call to the large model is possible: that.
        4. The cache has an answer of the small model: that.
        5. A call to the small model is possible: that.
        6. Reject.
        """
        raise NotImplementedError("Task 4")

    def on_result(self, request: Request, result: Result, now: float) -> Action:
        """The request's call has ended. Its bulkhead and breaker are told. Then the first rule that applies decides:

        1. It is an answer: keep it in the cache, as its model's, and answer with it.
        2. It was the request's second call, or the deadline has come: Reject.
        3. The cache has an answer of the small model: that.
        4. The retry budget allows no retry: Reject.
        5. A call to the small model is possible: that.
        6. Reject. The retry is spent all the same.
        """
        raise NotImplementedError("Task 4")
