"""A provider that fails by chance, and one that is down for a while: each a step around another step."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from .clock import Clock
from .dice import Dice
from .faults import (
    ConnectionFault,
    ConnectionReset,
    CutStream,
    HttpFault,
    RateLimited,
    ReadTimeout,
    ServerError,
    StallStream,
    StreamError,
    StreamFault,
)
from .reply import Reply, pieces
from .script import Interference, Outcome, Step, check_step, outcome_of

INDEPENDENT = ("rate_limited", "read_timeout", "reset", "reset_after_acting", "cut", "stall", "stream_error")
RATES = ("server_error", *INDEPENDENT)


@dataclass(eq=False)
class Unreliable(Interference):
    """A step that goes wrong at seeded rates.

    What happens to the n-th call depends on the seed and on n alone, so a fleet of calls meets the same trouble on
    every run; only, a call that does not stream passes where it would have met a fault of streams. Calls for
    embeddings count too, and meet all but the faults of streams and the latency. A fault in `step` stays what it is.
    Each simulator needs its own instance, since that counts the calls.

    The latency of replies follows a Pareto distribution: half of them take longer than `latency`, and
    P(longer than t) = (latency / t) ** tail / 2. With a tail of 2: p50 = latency, p99 = 7.1 * latency, and at least
    0.71 * latency. In general p99 = latency * 50 ** (1 / tail). Faults come at once.

    Args:
        step: what happens to a call that goes well.
        seed: another seed, other draws.
        rate_limited: share of calls that end in 429 with a Retry-After of 1 to 4 seconds.
        server_error: share of calls that end in 500 or 503.
        burst: how many server errors come in a row on average; the length of a row is geometric. 1: they come singly.
        read_timeout: share of calls that are never answered.
        reset: share of calls whose connection breaks before the provider acts.
        reset_after_acting: share of calls whose connection breaks when the provider has acted.
        cut: share of calls whose stream ends too early, anywhere in the reply.
        stall: share of calls whose stream falls silent for ever.
        stream_error: share of calls whose stream ends in an error event.
        latency: median seconds before a reply.
        tail: how fast long waits get rare; the smaller, the heavier the tail.

    Raises:
        ValueError: for rates that are negative or more than 1 together, and for other numbers that make no sense.
        TypeError: for what is no step.

    Example:
        >>> sim = Simulator()
        >>> sim.otherwise(Unreliable("pong", seed=7, rate_limited=0.1, server_error=0.05, burst=3, latency=1.2))
    """

    step: Step
    _: KW_ONLY
    seed: int = 0
    rate_limited: float = 0.0
    server_error: float = 0.0
    burst: float = 1.0
    read_timeout: float = 0.0
    reset: float = 0.0
    reset_after_acting: float = 0.0
    cut: float = 0.0
    stall: float = 0.0
    stream_error: float = 0.0
    latency: float = 0.0
    tail: float = 2.0
    _calls: int = field(default=0, init=False, repr=False)
    _burst_left: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        check_step(self.step)
        rates = {name: getattr(self, name) for name in RATES}
        negative = [name for name, rate in rates.items() if not rate >= 0]
        if negative:
            raise ValueError(f"a rate is at least 0, and {negative[0]} was given as {rates[negative[0]]}")
        if math.fsum(rates.values()) > 1:
            given = " + ".join(f"{name} {rate}" for name, rate in rates.items() if rate)
            raise ValueError(f"rates are shares of all calls, and these are more than 1 together: {given}")
        if not (self.burst >= 1 and self.latency >= 0 and self.tail > 0):
            given = f"burst {self.burst}, latency {self.latency}, tail {self.tail}"
            raise ValueError(f"burst is at least 1, latency at least 0 and tail above 0, and given were {given}")

    def __call__(self, request: dict[str, Any]) -> Step:
        self._calls += 1
        fate = self._fate()
        match fate:
            case "rate_limited":
                return RateLimited(retry_after=1 + int(4 * self._draw("retry after")))
            case "server_error":
                return ServerError(500 if self._draw("status") < 0.5 else 503)
            case "read_timeout":
                return ReadTimeout()
            case "reset" | "reset_after_acting":
                return ConnectionReset(after_acting=fate == "reset_after_acting")
        step = self.step
        while isinstance(step, Interference):
            step = step(request)
        if isinstance(step, HttpFault | ConnectionFault):
            return step
        spoilt = fate if request.get("stream") is True else ""
        seconds, place = self._seconds(), self._draw("place")
        return lambda request: _under_way(outcome_of(step, request), spoilt, place, seconds)

    def _fate(self) -> str:
        """The name of the rate that this call falls under, "" if it goes well."""
        # A burst may follow on another: with this chance of beginning one, server errors are the given share of calls.
        onset = self.server_error / (self.burst * (1 - self.server_error) + self.server_error)
        if not self._burst_left and self._draw("onset") < onset:
            self._burst_left = self._burst_length()
        if self._burst_left:
            self._burst_left -= 1
            return "server_error"
        point = self._draw("fate") * (1 - self.server_error)
        for name in INDEPENDENT:
            point -= getattr(self, name)
            if point < 0:
                return name
        return ""

    def _burst_length(self) -> int:
        if self.burst == 1:
            return 1
        return 1 + int(math.log(1 - self._draw("burst")) / math.log(1 - 1 / self.burst))

    def _seconds(self) -> float:
        return self.latency * math.pow(2 * (1 - self._draw("latency")), -1 / self.tail)

    def _draw(self, what: str) -> float:
        """A number from [0, 1), for this call."""
        return Dice(self.seed).draw(self._calls, what)


@dataclass(frozen=True)
class Outage(Interference):
    """A step that is down for a while: calls that come while start <= clock.now < end meet the fault.

    Args:
        step: what happens to all other calls; an Unreliable, for one.
        clock: the simulator's.
        start: seconds on the clock, from when on.
        end: seconds on the clock, until when.
        fault: what the calls in between meet, by default a 503.

    Raises:
        ValueError: for an outage that ends before it starts.
        TypeError: for what is no step.

    Example:
        >>> sim = Simulator()
        >>> sim.otherwise(Outage("pong", sim.clock, start=60, end=660))
    """

    step: Step
    clock: Clock = field(repr=False)
    start: float
    end: float
    fault: HttpFault | ConnectionFault = field(default_factory=ServerError)

    def __post_init__(self) -> None:
        check_step(self.step)
        check_step(self.fault)
        if not self.start <= self.end:
            raise ValueError(f"an outage ends after it starts, and this one is from {self.start} to {self.end}")

    def __call__(self, request: dict[str, Any]) -> Step:
        return self.fault if self.start <= self.clock.now < self.end else self.step


def _under_way(outcome: Outcome, fate: str, place: float, seconds: float) -> Outcome:
    """The outcome so many seconds later; a reply that falls under the rate of a stream fault meets it at this place."""
    if isinstance(outcome, StreamFault):
        return replace(outcome, reply=_later(outcome.whole, seconds))
    if not isinstance(outcome, Reply):
        return outcome
    reply = _later(outcome, seconds)
    after = int(place * _content_chunks(reply))
    match fate:
        case "cut":
            return CutStream(reply, after)
        case "stall":
            return StallStream(reply, after)
        case "stream_error":
            return StreamError(reply, after)
    return reply


def _later(reply: Reply, seconds: float) -> Reply:
    return replace(reply, latency=reply.latency + seconds)


def _content_chunks(reply: Reply) -> int:
    arguments = [call.arguments_text for call in reply.tool_calls]
    return sum(len(pieces(text)) for text in (reply.text or "", reply.refusal or "", *arguments))
