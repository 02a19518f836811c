"""The traffic of one gateway in virtual time: fifteen minutes of the busiest hour of a million users.

The arithmetic: 1,000,000 users ask 3 questions a day. The busiest hour has 12 % of them: 360,000 in 3,600 s, 100 a
second. Five gateways share them, so that one sees 20 a second: 18,000 requests in the 900 s of a scenario.

`simulate(scenario, gate)` plays a scenario against a gate and returns a `Run`: its moves one by one, its calls, and
by `records()`, `series()`, `phases` and `numbers()` what became of them. A gate is anything with the two methods of
`Gate`; `SubmittedGate` makes one of a `Gateway` as exercise e13 defines it. Nothing here waits or reads a clock, and
a scenario is the same each time: how long a call takes depends on its seed, request and attempt alone.

A model works on as many calls at once as it has slots. Whatever comes beyond that waits in its queue, which has no
end. A call that its caller gave up is still worked on and paid for: the model does not know that nobody waits.
"""

from __future__ import annotations

import gc
import math
import random
from bisect import bisect
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from heapq import heappop, heappush, heapreplace
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Protocol

Move = tuple[str, str, float]  # ("call", model, timeout), ("answer", text, 0.0) or ("reject", reason, 0.0)

DRAWS = 4099  # random numbers of each kind that the calls of a scenario share; a prime, so that strides reach all
SLOW = 2.0  # seconds that 99 of 100 answers may take
PATIENCE = (3.5, 4.0, 6.0)  # seconds until nobody waits for an answer any more
RECOVERY = 30.0  # seconds after a disturbance in which nobody is expected to be back to normal
TENANTS = tuple(f"{kind}-{number}" for number in range(1, 5) for kind in ("pharmacy", "kitchen", "courier"))
HOT_TENANT = TENANTS[4]


@dataclass(frozen=True)
class Model:
    """One of the two models behind the gateway.

    Attributes:
        slots: calls that it works on at once.
        seconds: median of the time that it works on one; the distribution is log-normal.
        spread: sigma of that distribution.
        error_rate: share of calls that fail when nothing is wrong.
        cents: price of a call that was worked on, whether or not somebody still waited for it.
    """

    slots: int
    seconds: float
    spread: float
    error_rate: float
    cents: float


MODELS = {
    "large": Model(slots=20, seconds=0.7, spread=0.3, error_rate=0.01, cents=1.0),
    "small": Model(slots=16, seconds=0.3, spread=0.3, error_rate=0.004, cents=0.1),
}


@dataclass(frozen=True)
class Rules:
    """What a gate must keep to, whatever happens. `simulate` counts the breaches.

    Attributes:
        limits: by model, the calls that may be in flight, and those of one tenant.
        ttl: seconds for which an answer may be served.
        retry_every, retry_burst: further calls that requests may make: `burst`, and one more for `every` requests.
    """

    limits: dict[str, tuple[int, int]] = field(default_factory=lambda: {"large": (20, 6), "small": (16, 5)})
    ttl: float = 300.0
    retry_every: int = 10
    retry_burst: int = 50


@dataclass(frozen=True)
class Window:
    """A time in which something is out of the ordinary.

    Attributes:
        kind: "outage": the large model fails at once. "slow": it takes `amount` times as long. "hot": one tenant sends
            `amount` requests a second more. "spike": everybody sends `amount` times as many.
        start, end: seconds from the start of the scenario.
        amount: see kind.
    """

    kind: Literal["outage", "slow", "hot", "spike"]
    start: float
    end: float
    amount: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """What happens, apart from what the gate does.

    Attributes:
        name: for people.
        windows: what is out of the ordinary.
        seed: of everything that is random.
        seconds: for how long requests come in.
        rate: requests a second when nothing is out of the ordinary.
        deploy: the second from which requests carry a new prompt version.
        questions: how many different ones are asked, some far more often than others.
    """

    name: str
    windows: tuple[Window, ...] = ()
    seed: int = 1
    seconds: float = 900.0
    rate: float = 20.0
    deploy: float = 225.0
    questions: int = 800


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("quiet", seed=11),
        Scenario("outage", (Window("outage", 300, 600),), seed=12),
        Scenario("slow", (Window("slow", 300, 600, 8),), seed=13),
        Scenario("hot", (Window("hot", 400, 480, 110),), seed=14),
        Scenario("spike", (Window("spike", 400, 480, 6),), seed=15),
        Scenario(
            "combined",
            (
                Window("slow", 100, 220, 8),
                Window("outage", 330, 480),
                Window("hot", 430, 480, 110),
                Window("spike", 600, 650, 4.5),
            ),
            seed=16,
        ),
        # Everything within a minute, for whoever wants to see each step.
        Scenario(
            "sample",
            (Window("outage", 8, 22), Window("slow", 38, 52, 8)),
            seed=17,
            seconds=60.0,
            rate=10.0,
            deploy=30.0,
            questions=60,
        ),
    )
}


class Arrival(NamedTuple):
    """A request as it comes in.

    Attributes:
        id: 0, 1, 2, … in the order of arrival.
        at: when.
        tenant, prompt_version, question: what it asks. Letter case and white space of a question vary.
        asks: the number of the question, the same for all its spellings.
        deadline: the moment after which nobody waits for an answer.
        counts: whether the service level speaks of it: not so for a tenant that sends far too much, while it does.
    """

    id: int
    at: float
    tenant: str
    prompt_version: str
    question: str
    asks: int
    deadline: float
    counts: bool


class Gate(Protocol):
    """Decides what becomes of each request. Each method returns the next move of one request."""

    def ask(self, arrival: Arrival, now: float) -> Move:
        """The request has come in."""

    def tell(self, arrival: Arrival, outcome: str, text: str, now: float) -> Move:
        """Its call has ended with the outcome "answer", "error" or "timeout"; the text is the answer or the error's."""


class Call(NamedTuple):
    """A call that a gate made.

    Attributes:
        request: the id of its request.
        model: "large" or "small".
        attempt: 1 for the first call of its request, 2 for the next.
        began: when.
        waited: seconds until the model had a slot for it, whether or not somebody still waited for the answer.
        ended: when its caller knew the outcome.
        outcome: "answer", "error" or "timeout".
        cents: what it cost.
    """

    request: int
    model: str
    attempt: int
    began: float
    waited: float
    ended: float
    outcome: str
    cents: float


class Record(NamedTuple):
    """What became of a request.

    Attributes:
        id, tenant, at: as in its `Arrival`.
        ended: when it was answered or rejected.
        outcome: "large" or "small" for the model that wrote the answer, or "rejected".
        cached: whether the answer came from the cache.
        calls: how many it made.
        reason: why it was rejected, or "".
    """

    id: int
    tenant: str
    at: float
    ended: float
    outcome: str
    cached: bool
    calls: int
    reason: str


class Second(NamedTuple):
    """One second of a run. Requests and calls count when they begin, answers and rejections when they happen.

    Attributes:
        further_calls: calls of either model that were not the first of their request.
        failed_calls: calls of either model that began then and ended in an error or a timeout.
        waiting: the longest that a call which began then had to wait for a slot of the large model.
    """

    second: int
    requests: int
    answered: int
    rejected: int
    calls_large: int
    calls_small: int
    further_calls: int
    failed_calls: int
    waiting: float


@dataclass
class Phase:
    """What happened to the requests and calls that began between two moments.

    Attributes:
        start, end: seconds.
        what: what was out of the ordinary.
        normal: whether nothing was, nor in the `RECOVERY` seconds before.
        requests: those that count. The next four are of them.
        failed: not answered.
        slow: answered after more than `SLOW` seconds.
        answered: with an answer.
        full: with one that the large model wrote.
        reasons: why requests were rejected, and how often; all requests.
        calls, failed_calls: by model.
        further_calls: those that were not the first of their request.
        cents: what the calls cost.
    """

    start: float
    end: float
    what: str
    normal: bool
    requests: int = 0
    failed: int = 0
    slow: int = 0
    answered: int = 0
    full: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=lambda: {"large": 0, "small": 0})
    failed_calls: dict[str, int] = field(default_factory=lambda: {"large": 0, "small": 0})
    further_calls: int = 0
    cents: float = 0.0


@dataclass(frozen=True)
class Numbers:
    """What a run is judged by. All but the last three are about requests that count.

    Attributes:
        success: share that was answered.
        p99: seconds within which 99 of 100 answers came.
        full: share that got an answer of the large model, of those that came in normal times.
        cents: spent for each answer, over all requests.
        amplification: calls for each request that made any.
        events: requests that came in and calls that ended.
    """

    success: float
    p99: float
    full: float
    cents: float
    amplification: float
    events: int


@dataclass
class Run:
    """What happened when a scenario was played against a gate."""

    scenario: Scenario
    arrivals: list[Arrival]
    moves: list[tuple[int, Move]]
    calls: list[Call]
    ended: list[float]
    outcomes: list[str]
    reasons: dict[int, str]
    calls_of: list[int]
    breaches: dict[str, tuple[int, str]]

    def records(self) -> list[Record]:
        """One for each request."""
        return [
            Record(
                arrival.id,
                arrival.tenant,
                arrival.at,
                ended,
                outcome.removeprefix("cached "),
                outcome.startswith("cached"),
                calls,
                self.reasons.get(arrival.id, ""),
            )
            for arrival, ended, outcome, calls in zip(
                self.arrivals, self.ended, self.outcomes, self.calls_of, strict=True
            )
        ]

    def series(self) -> list[Second]:
        """One for each second, to the last in which anything happened."""
        last = int(max([self.scenario.seconds - 1, *self.ended]))
        names = ("requests", "answered", "rejected", "large", "small", "further", "failed")
        count = {name: [0] * (last + 1) for name in names}
        waiting = [0.0] * (last + 1)
        for arrival, ended, outcome in zip(self.arrivals, self.ended, self.outcomes, strict=True):
            count["requests"][int(arrival.at)] += 1
            count["rejected" if outcome == "rejected" else "answered"][int(ended)] += 1
        for call in self.calls:
            second = int(call.began)
            count[call.model][second] += 1
            count["further"][second] += call.attempt > 1
            count["failed"][second] += call.outcome != "answer"
            if call.model == "large":
                waiting[second] = max(waiting[second], call.waited)
        columns = [count[name] for name in names]
        return [
            Second(second, requests, answered, rejected, large, small, further, failed, waiting[second])
            for second, (requests, answered, rejected, large, small, further, failed) in enumerate(
                zip(*columns, strict=True)
            )
        ]

    @cached_property
    def phases(self) -> list[Phase]:
        """The run between one change of the scenario and the next."""
        phases = _empty_phases(self.scenario)
        starts = [phase.start for phase in phases]
        for arrival, ended, outcome in zip(self.arrivals, self.ended, self.outcomes, strict=True):
            phase = phases[bisect(starts, arrival.at) - 1]
            if outcome == "rejected":
                reason = self.reasons[arrival.id]
                phase.reasons[reason] = phase.reasons.get(reason, 0) + 1
            if not arrival.counts:
                continue
            phase.requests += 1
            if outcome == "rejected":
                phase.failed += 1
            else:
                phase.answered += 1
                phase.slow += ended - arrival.at > SLOW
                phase.full += outcome.endswith("large")
        for call in self.calls:
            phase = phases[bisect(starts, call.began) - 1]
            phase.calls[call.model] += 1
            phase.failed_calls[call.model] += call.outcome != "answer"
            phase.further_calls += call.attempt > 1
            phase.cents += call.cents
        return phases

    def numbers(self) -> Numbers:
        """The run in six numbers."""
        took = sorted(
            ended - arrival.at
            for arrival, ended, outcome in zip(self.arrivals, self.ended, self.outcomes, strict=True)
            if arrival.counts and outcome != "rejected"
        )
        answered = len(self.outcomes) - self.outcomes.count("rejected")
        counting = sum(arrival.counts for arrival in self.arrivals)
        calling = sum(calls > 0 for calls in self.calls_of)
        normal = [phase for phase in self.phases if phase.normal]
        return Numbers(
            success=len(took) / counting,
            p99=took[math.ceil(0.99 * len(took)) - 1] if took else math.inf,
            full=sum(phase.full for phase in normal) / max(1, sum(phase.requests for phase in normal)),
            cents=sum(call.cents for call in self.calls) / answered if answered else math.inf,
            amplification=len(self.calls) / calling if calling else 1.0,
            events=len(self.arrivals) + len(self.calls),
        )


def arrivals_of(scenario: Scenario) -> list[Arrival]:
    """The requests of a scenario, in order."""
    draw = random.Random(scenario.seed)
    moments = [(at, False) for at in _moments(draw, scenario.rate, 0.0, scenario.seconds)]
    for window in scenario.windows:
        extra = {"spike": scenario.rate * (window.amount - 1), "hot": window.amount}.get(window.kind, 0.0)
        moments += [(at, window.kind == "hot") for at in _moments(draw, extra, window.start, window.end)]
    moments.sort()
    count = len(moments)
    numbers = range(scenario.questions)
    spellings = [_spellings(number) for number in numbers]
    tenants = draw.choices(TENANTS, [1 / (rank + 3) for rank in range(len(TENANTS))], k=count)
    asked = draw.choices(numbers, [1 / (number + 2) ** 0.6 for number in numbers], k=count)
    floods = [(window.start, window.end) for window in scenario.windows if window.kind == "hot"]
    arrivals = []
    for number, ((at, is_flood), tenant, asks) in enumerate(zip(moments, tenants, asked, strict=True)):
        question = spellings[asks][number % 5]
        if is_flood:
            tenant, asks = HOT_TENANT, scenario.questions + number  # never asked before: no cache helps
            question = f"Describe reading {number} of our export."
        counts = tenant != HOT_TENANT or not any(start <= at < end for start, end in floods)
        version = "answers-7" if at < scenario.deploy else "answers-8"
        deadline = at + PATIENCE[number % 3]
        arrivals.append(Arrival(number, at, tenant, version, question, asks, deadline, counts))
    return arrivals


def _moments(draw: random.Random, rate: float, start: float, end: float) -> list[float]:
    """Moments of a Poisson process."""
    moments: list[float] = []
    if rate <= 0:
        return moments
    at = start + draw.expovariate(rate)
    while at < end:
        moments.append(at)
        at += draw.expovariate(rate)
    return moments


def _spellings(number: int) -> tuple[str, str, str, str, str]:
    """Five times one question, as people type it. Signs and digits are what tells many questions apart."""
    degrees, minutes = number % 40 - 20, 5 * (number // 40 + 1)
    plain = f"Is {degrees} °C for {minutes} minutes too warm for the vaccine?"
    return plain, plain.upper(), f"  {plain}\n", plain.replace(" ", "  "), plain


def _empty_phases(scenario: Scenario) -> list[Phase]:
    edges = {0.0, scenario.seconds}
    for window in scenario.windows:
        edges |= {window.start, window.end, min(window.end + RECOVERY, scenario.seconds)}
    phases = []
    ordered = sorted(edges)
    for start, end in pairwise(ordered):
        now = [window.kind for window in scenario.windows if window.start <= start < window.end]
        just_now = [window.kind for window in scenario.windows if window.end <= start < window.end + RECOVERY]
        names = [_NAMES[kind] for kind in now] or [f"just after {_NAMES[kind]}" for kind in just_now]
        phases.append(Phase(start, end, " and ".join(names) or "normal traffic", not names))
    return phases


_NAMES = {
    "outage": "the outage of the large model",
    "slow": "the slow-down of the large model",
    "hot": "one tenant's flood",
    "spike": "the spike",
}


@lru_cache
def _draws(name: str) -> tuple[list[float], list[float]]:
    """Seconds of work, and numbers between 0 and 1, for the calls to a model."""
    model, draw = MODELS[name], random.Random(name)
    works = [draw.lognormvariate(math.log(model.seconds), model.spread) for _ in range(DRAWS)]
    return works, [draw.random() for _ in range(DRAWS)]


class _Backend:
    """A model at work: its slots, and what the scenario does to it."""

    def __init__(self, name: str, scenario: Scenario) -> None:
        model = MODELS[name]
        self.free = [0.0] * model.slots  # when each slot is free again: a heap
        self.works, self.luck = _draws(name)
        self.seed = scenario.seed * 577
        self.model = model
        self.outages = [w for w in scenario.windows if name == "large" and w.kind == "outage"]
        self.slowness = [w for w in scenario.windows if name == "large" and w.kind == "slow"]

    def call(self, request: int, attempt: int, now: float) -> tuple[float, float, bool, float]:
        """When a call made now ends, how long it waits for a slot, whether it works, and what it costs."""
        draw = (request * 31 + attempt * 1009 + self.seed) % DRAWS
        for window in self.outages:
            if window.start <= now < window.end:
                return now + 0.05 + 0.1 * self.luck[draw], 0.0, False, 0.0
        start = self.free[0]
        if start < now:
            start = now
        takes = self.works[draw]
        for window in self.slowness:
            if window.start <= start < window.end:
                takes *= window.amount
        ends = start + takes
        heapreplace(self.free, ends)
        return ends, start - now, self.luck[draw] >= self.model.error_rate, self.model.cents


def simulate(scenario: Scenario, gate: Gate, rules: Rules | None = None, most_events: int | None = None) -> Run:
    """Play a scenario against a gate.

    Args:
        scenario: one of `SCENARIOS`, or your own.
        gate: decides. It is asked in the order of time, one event after the other.
        rules: what to count breaches of; they change nothing else.
        most_events: stop after so many. The run then tells of moves and calls, and not yet of what became of requests.

    Raises:
        ValueError: the gate's move is none, or a request makes more than 50 calls.
    """
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand small objects, and not one cycle among them
    try:
        return _Play(scenario, gate, rules or Rules()).to_the_end(most_events)
    finally:
        if collecting:
            gc.enable()


class _Play:
    """A run under way: what has happened so far, and the calls whose ends are still to come."""

    def __init__(self, scenario: Scenario, gate: Gate, rules: Rules) -> None:
        self.scenario, self.gate, self.rules = scenario, gate, rules
        self.arrivals = arrivals_of(scenario)
        count = len(self.arrivals)
        self.backends = {name: _Backend(name, scenario) for name in MODELS}
        self.in_flight = dict.fromkeys(MODELS, 0)
        self.of_tenant = dict.fromkeys(((name, tenant) for name in MODELS for tenant in TENANTS), 0)
        self.coming: list[tuple[float, int, int, str, str, str]] = []  # ends, number, request, model, outcome, text
        self.issued: dict[str, tuple[Arrival, str, float]] = {}  # by text: whom it was for, the model, when
        self.moves: list[tuple[int, Move]] = []
        self.calls: list[Call] = []
        self.ended = [0.0] * count
        self.outcomes = [""] * count
        self.reasons: dict[int, str] = {}
        self.calls_of = [0] * count
        self.came = 0
        self.further = 0
        self.breaches: dict[str, tuple[int, str]] = {}

    def to_the_end(self, most_events: int | None) -> Run:
        arrivals, coming, gate = self.arrivals, self.coming, self.gate
        count = len(arrivals)
        act = {"call": self._call, "answer": self._answer, "reject": self._reject}
        while coming or self.came < count:
            if most_events is not None and len(self.moves) >= most_events:
                break
            if coming and (self.came >= count or coming[0][0] <= arrivals[self.came].at):
                now, _, request, model, outcome, text = heappop(coming)
                arrival = arrivals[request]
                self.in_flight[model] -= 1
                self.of_tenant[model, arrival.tenant] -= 1
                if outcome == "answer":
                    self.issued[text] = (arrival, model, now)
                move = gate.tell(arrival, outcome, text, now)
            else:
                arrival = arrivals[self.came]
                now = arrival.at
                self.came += 1
                move = gate.ask(arrival, now)
            self.moves.append((arrival.id, move))
            act[move[0]](arrival, move, now)
        return Run(
            self.scenario,
            arrivals,
            self.moves,
            self.calls,
            self.ended,
            self.outcomes,
            self.reasons,
            self.calls_of,
            self.breaches,
        )

    def _call(self, arrival: Arrival, move: Move, now: float) -> None:
        _, model, timeout = move
        attempt = self.calls_of[arrival.id] = self.calls_of[arrival.id] + 1
        if attempt > 50:
            raise ValueError(f"request {arrival.id} has made 50 calls and makes another")
        ends, waited, works, cents = self.backends[model].call(arrival.id, attempt, now)
        number = len(self.calls)
        if ends - now > timeout:
            ends, outcome, text = now + max(0.0, timeout), "timeout", ""
        elif works:
            outcome, text = "answer", f"Answer {number} of {model}"
        else:
            outcome, text = "error", f"503: error {number} of {model}"
        heappush(self.coming, (ends, number, arrival.id, model, outcome, text))
        self.calls.append(Call(arrival.id, model, attempt, now, waited, ends, outcome, cents))
        self._check_call(arrival, model, attempt, timeout, now)

    def _check_call(self, arrival: Arrival, model: str, attempt: int, timeout: float, now: float) -> None:
        rules = self.rules
        limit, per_tenant = rules.limits[model]
        in_flight = self.in_flight[model] = self.in_flight[model] + 1
        if in_flight > limit:
            self._breach("limit", f"at {now:.2f} s {in_flight} calls to {model} were in flight; {limit} may be")
        tenant = arrival.tenant
        of_tenant = self.of_tenant[model, tenant] = self.of_tenant[model, tenant] + 1
        if of_tenant > per_tenant:
            self._breach(
                "tenant limit",
                f"at {now:.2f} s {of_tenant} calls of {tenant} to {model} were in flight; {per_tenant} may be",
            )
        if not (timeout > 0 and now + timeout <= arrival.deadline + 1e-9):  # so put, NaN is a breach
            self._breach(
                "deadline",
                f"at {now:.2f} s request {arrival.id} made a call with a timeout of {timeout:.2f} s; "
                f"its deadline was {arrival.deadline - now:.2f} s away",
            )
        if attempt > 1:
            self.further += 1
            allowed = rules.retry_burst + self.came / rules.retry_every
            if self.further > allowed:
                self._breach(
                    "budget",
                    f"at {now:.2f} s, after {self.came:,} requests, the {self.further}th further call was made; "
                    f"{int(allowed)} may be",
                )

    def _answer(self, arrival: Arrival, move: Move, now: float) -> None:
        text = move[1]
        known = self.issued.get(text)
        self.ended[arrival.id] = now
        if known is None:
            self._wrong(arrival, "invented", f"{text!r}, which no model ever answered", now)
            return
        asker, model, since = known
        self.outcomes[arrival.id] = model if asker is arrival else f"cached {model}"
        if asker is arrival:
            return
        if asker.tenant != arrival.tenant:
            self._wrong(arrival, "other tenant", f"an answer that was given to {asker.tenant}", now)
        elif asker.prompt_version != arrival.prompt_version:
            told = f"an answer of prompt version {asker.prompt_version} though it asked for {arrival.prompt_version}"
            self._wrong(arrival, "other version", told, now)
        elif asker.asks != arrival.asks:
            self._wrong(arrival, "other question", f"the answer to {asker.question!r}", now)
        elif now - since > self.rules.ttl:
            told = f"an answer that was {now - since:.1f} s old; {self.rules.ttl:g} s are allowed"
            self._wrong(arrival, "stale", told, now)

    def _wrong(self, arrival: Arrival, kind: str, told: str, now: float) -> None:
        self.outcomes[arrival.id] = "rejected"
        self.reasons[arrival.id] = f"a wrong answer ({kind})"
        self._breach(kind, f"at {now:.2f} s request {arrival.id} of {arrival.tenant}, {arrival.question!r}, got {told}")

    def _reject(self, arrival: Arrival, move: Move, now: float) -> None:
        self.ended[arrival.id] = now
        self.outcomes[arrival.id] = "rejected"
        self.reasons[arrival.id] = move[1]

    def _breach(self, kind: str, told: str) -> None:
        times, first = self.breaches.get(kind, (0, told))
        self.breaches[kind] = (times + 1, first)


class SubmittedGate:
    """A `Gateway` of exercise e13 as a `Gate`.

    Args:
        gateway: its `on_request` and `on_result` are called.
        request_type, result_type: the classes of what they are given.
    """

    def __init__(self, gateway: Any, request_type: Any, result_type: Any) -> None:
        self._gateway = gateway
        self._request_type = request_type
        self._result_type = result_type
        self._requests: dict[int, Any] = {}

    def ask(self, arrival: Arrival, now: float) -> Move:
        request = self._requests[arrival.id] = self._request_type(
            arrival.id, arrival.tenant, arrival.prompt_version, arrival.question, arrival.deadline
        )
        action = self._gateway.on_request(request, now)
        return move_of(type(action).__name__, action, "on_request")

    def tell(self, arrival: Arrival, outcome: str, text: str, now: float) -> Move:
        request = self._requests[arrival.id]
        action = self._gateway.on_result(request, self._result_type(outcome, text), now)
        return move_of(type(action).__name__, action, "on_result")


def move_of(kind: str, action: Any, method: str) -> Move:
    """The move that an action of this type means; ValueError if it is none."""
    if kind == "Call":
        if action.model in MODELS and isinstance(action.timeout, (int, float)):
            return "call", action.model, action.timeout
    elif kind == "Answer":
        if isinstance(action.text, str):
            return "answer", action.text, 0.0
    elif kind == "Reject":
        return "reject", str(action.reason), 0.0
    raise ValueError(f"{method} returned {action!r}: it must return a Call, an Answer or a Reject with fields that fit")


@dataclass(frozen=True)
class Report:
    """A run as the grader hears of it."""

    numbers: Numbers
    phases: list[Phase]
    breaches: dict[str, tuple[int, str]]
    moves: list[tuple[int, Move]]


def play(
    gateway: Any,
    request_type: Any,
    result_type: Any,
    scenario: str,
    rules: dict[str, Any] | None = None,
    tell_moves: bool = False,
) -> Report:
    """Play the scenario of this name against a gateway. `rules` are fields of `Rules` that differ from the usual."""
    gate = SubmittedGate(gateway, request_type, result_type)
    run = simulate(SCENARIOS[scenario], gate, Rules(**(rules or {})))
    return Report(run.numbers(), run.phases, run.breaches, run.moves if tell_moves else [])
