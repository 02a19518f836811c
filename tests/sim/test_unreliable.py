"""A provider that fails by chance does it at the given rates, and the same way on every run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from gradus.sim import (
    AwkwardStream,
    ConnectionReset,
    CutStream,
    Outage,
    RateLimited,
    ReadTimeout,
    Reply,
    ServerError,
    Simulator,
    Step,
    ToolCall,
    Unreliable,
    VirtualClock,
)
from gradus.sim.faults import StallStream, StreamError, StreamFault
from gradus.sim.reply import pieces
from gradus.sim.script import Outcome, outcome_of

PLAIN: dict[str, Any] = {"model": "sim-small", "input": "ping"}
STREAMED: dict[str, Any] = {**PLAIN, "stream": True}
MIXED: dict[str, Any] = {
    "rate_limited": 0.1,
    "server_error": 0.15,
    "read_timeout": 0.05,
    "reset": 0.04,
    "reset_after_acting": 0.06,
    "cut": 0.1,
    "stall": 0.05,
    "stream_error": 0.05,
}
NAMES = {
    "rate_limited": "RateLimited",
    "server_error": "ServerError",
    "read_timeout": "ReadTimeout",
    "reset": "ConnectionReset",
    "reset_after_acting": "ConnectionReset",
    "cut": "CutStream",
    "stall": "StallStream",
    "stream_error": "StreamError",
}


def outcomes(step: Step, count: int, request: dict[str, Any] = STREAMED) -> list[Outcome]:
    return [outcome_of(step, request) for _ in range(count)]


def names(steps: Sequence[Outcome]) -> list[str]:
    return [type(step).__name__ for step in steps]


def statuses(sim: Simulator, client: OpenAI, count: int) -> list[str]:
    """Fault and status of so many calls, whatever becomes of them."""
    start = len(sim.ledger)
    for _ in range(count):
        try:
            client.responses.create(model="sim-small", input="ping")
        except openai.APIError:
            continue
    return [f"{exchange.fault} {exchange.status}" for exchange in sim.ledger.exchanges[start:]]


def test_faults_come_at_their_rates() -> None:
    count = 20_000
    drawn = outcomes(Unreliable("one two three", **MIXED, burst=3), count)
    counted = Counter(names(drawn))
    acted = sum(isinstance(outcome, ConnectionReset) and outcome.after_acting for outcome in drawn)
    expected = Counter({"Reply": 1 - sum(MIXED.values())})
    for rate, share in MIXED.items():
        expected[NAMES[rate]] += share
    assert counted.keys() == expected.keys()
    for name, share in expected.items():
        assert counted[name] / count == pytest.approx(share, abs=0.012), name
    assert acted / count == pytest.approx(MIXED["reset_after_acting"], abs=0.006)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_of_1_is_every_call(name: str) -> None:
    rate: Any = {name: 1.0}
    assert set(names(outcomes(Unreliable("one two", **rate, burst=3), 50))) == {NAMES[name]}


def test_without_rates_all_goes_well() -> None:
    assert outcomes(Unreliable("pong"), 50) == [Reply("pong")] * 50


@pytest.mark.parametrize(("burst", "share"), [(1, 0.2), (3, 0.05), (8, 0.2)])
def test_server_errors_come_in_bursts(burst: float, share: float) -> None:
    drawn = outcomes(Unreliable("pong", server_error=share, burst=burst), 20_000)
    lengths = [len(list(run)) for name, run in groupby(names(drawn)) if name == "ServerError"]
    # Two bursts in a row look like one: of those that begin right after another, there are as many as by chance.
    onset = share / (burst * (1 - share) + share)
    assert sum(lengths) / len(lengths) == pytest.approx(burst / (1 - onset), rel=0.15)
    assert sum(lengths) / len(drawn) == pytest.approx(share, rel=0.15)
    if burst > 1:
        # Geometric: singles are the most frequent, and each length has the same part of the longer ones.
        going_on = [sum(length > least for length in lengths) / len(lengths) for least in (1, 2)]
        assert going_on[1] == pytest.approx(going_on[0] ** 2, abs=0.06)
    codes = Counter(step.status for step in drawn if isinstance(step, ServerError))
    assert codes.keys() == {500, 503}
    assert min(codes.values()) / sum(lengths) == pytest.approx(0.5, abs=0.05)


def test_the_same_seed_has_the_same_fates_whatever_is_asked() -> None:
    def fates(seed: int, **request: Any) -> list[str]:
        return names(outcomes(Unreliable("one two three", seed=seed, **MIXED), 300, {**STREAMED, **request}))

    assert fates(7) == fates(7, model="sim-large", input="something else")
    assert fates(7) != fates(8)


def test_a_call_that_does_not_stream_passes_where_it_would_have_met_a_fault_of_streams() -> None:
    streamed = names(outcomes(Unreliable("one two three", **MIXED), 300))
    plain = names(outcomes(Unreliable("one two three", **MIXED), 300, PLAIN))
    of_streams = {"CutStream", "StallStream", "StreamError"}
    assert of_streams < set(streamed)
    assert plain == ["Reply" if name in of_streams else name for name in streamed]


def test_retry_after_is_1_to_4_seconds() -> None:
    drawn = outcomes(Unreliable("pong", rate_limited=1), 200)
    waits = Counter(step.retry_after for step in drawn if isinstance(step, RateLimited))
    assert waits.keys() == {1, 2, 3, 4}


def test_streams_break_anywhere_in_the_reply() -> None:
    reply = Reply("one two three", tool_calls=[ToolCall("look", {"part": "valve"})])
    chunks = sum(len(pieces(text)) for text in ("one two three", reply.tool_calls[0].arguments_text))
    drawn = outcomes(Unreliable(reply, cut=0.4, stall=0.3, stream_error=0.3), 300)
    places = Counter(step.after for step in drawn if isinstance(step, CutStream | StallStream | StreamError))
    assert places.keys() == set(range(chunks))
    assert all(step.whole == reply for step in drawn if isinstance(step, StreamFault))


@pytest.mark.parametrize(("tail", "p99"), [(1, 50), (2, 7.07), (3, 3.68)])
def test_latency_has_the_documented_distribution(tail: float, p99: float) -> None:
    drawn = outcomes(Unreliable(Reply("pong", latency=10), latency=1.2, tail=tail), 5_000)
    seconds = sorted(step.latency - 10 for step in drawn if isinstance(step, Reply))
    assert len(seconds) == 5_000
    assert seconds[2_500] == pytest.approx(1.2, rel=0.05)
    assert seconds[4_950] == pytest.approx(1.2 * p99, rel=0.3)
    assert seconds[0] >= 1.2 / 2 ** (1 / tail) - 1e-9
    assert seconds[-1] > seconds[4_950]


def test_streams_are_late_and_faults_are_not(sim: Simulator) -> None:
    step = Unreliable(AwkwardStream("pong", keep_alives=True), latency=2)
    [late] = outcomes(step, 1)
    assert isinstance(late, AwkwardStream)
    assert late.keep_alives
    assert late.whole.latency > 1
    [cut] = outcomes(Unreliable("pong", cut=1, latency=2), 1)
    assert isinstance(cut, CutStream)
    assert cut.whole.latency > 1
    sim.otherwise(Unreliable("pong", server_error=1, latency=2))
    statuses(sim, sim.client(max_retries=0), 3)
    assert sim.clock.now == 0


@pytest.mark.parametrize("fault", [ReadTimeout(), RateLimited(), CutStream(Reply("one"), after=1)])
def test_a_fault_inside_stays_what_it_is(fault: Step) -> None:
    assert outcomes(Unreliable(fault, cut=0.5), 20) == [fault] * 20
    assert outcomes(Unreliable(lambda request: fault, cut=0.5), 20) == [fault] * 20


def test_a_callable_inside_sees_the_request(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(Unreliable(lambda request: request["input"].upper(), latency=1))
    assert client.responses.create(model="sim-small", input="ping").output_text == "PING"
    sim.otherwise(Unreliable(lambda request: 7, latency=1))  # type: ignore[arg-type, return-value]
    with pytest.raises(openai.BadRequestError, match="the script's callable raised TypeError"):
        client.responses.create(model="sim-small", input="ping")


def test_retries_of_the_sdk_get_through(sim: Simulator) -> None:
    sim.otherwise(Unreliable("pong", seed=7, rate_limited=0.2, server_error=0.1, burst=2, reset=0.05))
    client = sim.client(max_retries=20)
    assert all(client.responses.create(model="sim-small", input="ping").output_text == "pong" for _ in range(30))
    faults = Counter(exchange.fault for exchange in sim.ledger.exchanges)
    assert faults[""] == 30
    assert {"RateLimited", "ServerError", "ConnectionReset"} < set(faults)
    assert all((exchange.cost > 0) == (exchange.status == 200) for exchange in sim.ledger.exchanges)
    assert sim.clock.slept
    assert sim.unmet() == ""


def test_a_fleet_meets_the_same_trouble_on_every_run() -> None:
    async def fleet(client: AsyncOpenAI) -> None:
        async def call() -> None:
            try:
                async for _ in await client.responses.create(model="sim-small", input="ping", stream=True):
                    pass
            except openai.APIError:
                return

        await asyncio.gather(*(call() for _ in range(40)))

    def run() -> list[tuple[str, int, str]]:
        sim = Simulator()
        sim.otherwise(Unreliable("one two three", seed=3, **MIXED, burst=2, latency=1))
        asyncio.run(fleet(sim.async_client(max_retries=0, timeout=20)))
        assert all(exchange.ended is not None for exchange in sim.ledger.exchanges)
        return [(exchange.fault, exchange.status, exchange.text) for exchange in sim.ledger.exchanges]

    first = run()
    assert first == run()
    assert len(first) == 40
    assert len({fault for fault, _, _ in first}) > 4


def test_embeddings_meet_its_faults(sim: Simulator, client: OpenAI) -> None:
    once = client.with_options(max_retries=0)

    def embed() -> str:
        try:
            once.embeddings.create(model="sim-embed", input="valve")
        except openai.APIError as error:
            return type(error).__name__
        return ""

    rates = {**MIXED, "rate_limited": 0.3}
    sim.otherwise(Unreliable("one two three", seed=1, **rates, latency=5))
    heard = [embed() for _ in range(60)]
    kinds = {"RateLimitError", "InternalServerError", "APITimeoutError", "APIConnectionError", ""}
    assert set(heard) == kinds
    fates = names(outcomes(Unreliable("one two three", seed=1, **rates), 60, PLAIN))
    assert [exchange.fault or "Reply" for exchange in sim.ledger.exchanges] == fates
    assert sim.clock.now == 600 * heard.count("APITimeoutError")


def test_embeddings_and_replies_share_one_count(sim: Simulator, client: OpenAI) -> None:
    fates = names(outcomes(Unreliable("pong", rate_limited=0.5), 20, PLAIN))
    sim.otherwise(Unreliable("pong", rate_limited=0.5))
    once = client.with_options(max_retries=0)
    for turn in range(20):
        try:
            if turn % 2:
                once.embeddings.create(model="sim-embed", input="valve")
            else:
                once.responses.create(model="sim-small", input="ping")
        except openai.RateLimitError:
            continue
    assert [exchange.fault or "Reply" for exchange in sim.ledger.exchanges] == fates


def test_as_a_scripted_step_it_is_used_by_embeddings_only_if_it_fails(sim: Simulator, client: OpenAI) -> None:
    sim.script(Unreliable("pong"), Unreliable(ServerError(500)), "last")
    client.embeddings.create(model="sim-embed", input="valve")
    assert sim.unmet().startswith("3 scripted steps were never asked for, the first of them Unreliable(step='pong'")
    assert client.responses.create(model="sim-small", input="ping").output_text == "pong"
    client.embeddings.create(model="sim-embed", input="valve")
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["", "", "ServerError", ""]
    assert client.responses.create(model="sim-small", input="ping").output_text == "last"
    assert sim.unmet() == ""


def test_embeddings_do_not_ask_the_callable_inside(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(Unreliable(lambda request: request["messages"], latency=1))
    assert client.embeddings.create(model="sim-embed", input="valve").data


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cut": 0.6, "stall": 0.5}, "more than 1 together: cut 0.6 \\+ stall 0.5"),
        ({"server_error": 1.1}, "more than 1 together: server_error 1.1"),
        ({"reset": -0.1}, "a rate is at least 0, and reset was given as -0.1"),
        ({"reset": float("nan")}, "reset was given as nan"),
        ({"burst": 0.5}, "burst is at least 1"),
        ({"latency": -1}, "latency at least 0"),
        ({"tail": 0}, "tail above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Unreliable("pong", **options)


def test_rates_may_be_1_together() -> None:
    tenths: Any = dict.fromkeys(("rate_limited", "read_timeout", "reset", "cut", "stall", "stream_error"), 0.1)
    Unreliable("pong", **tenths, server_error=0.4)
    Unreliable("pong", rate_limited=0.7, server_error=0.1, cut=0.2)


@pytest.mark.parametrize("step", [7, None, RateLimited])
def test_it_wants_a_step_inside(step: Any) -> None:
    with pytest.raises(TypeError, match="a script step is"):
        Unreliable(step)
    with pytest.raises(TypeError, match="a script step is"):
        Outage(step, VirtualClock(), 0, 1)
    with pytest.raises(TypeError, match="a script step is"):
        Outage("pong", VirtualClock(), 0, 1, fault=step)


def test_an_outage_lasts_from_its_start_until_its_end(sim: Simulator) -> None:
    sim.otherwise(Outage("pong", sim.clock, start=60, end=120))
    client = sim.client(max_retries=0)
    heard = []
    for moment in (0, 59, 60, 119, 120, 500):
        sim.clock.advance(moment - sim.clock.now)
        heard += statuses(sim, client, 1)
    assert heard == [" 200", " 200", "ServerError 503", "ServerError 503", " 200", " 200"]
    assert sim.unmet() == ""


def test_an_outage_may_be_anything_that_goes_wrong(sim: Simulator) -> None:
    sim.otherwise(Outage("pong", sim.clock, start=0, end=100, fault=ReadTimeout()))
    assert sim.client(timeout=60).responses.create(model="sim-small", input="ping").output_text == "pong"
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["ReadTimeout", "ReadTimeout", ""]
    assert sim.clock.now > 120


def test_an_outage_takes_turns_with_chance_and_embeddings_meet_both(sim: Simulator, client: OpenAI) -> None:
    def embed() -> None:
        client.with_options(max_retries=0).embeddings.create(model="sim-embed", input="valve")

    once = sim.client(max_retries=0)
    for step in (
        Outage(Unreliable("pong", rate_limited=1), sim.clock, start=10, end=20),
        Unreliable(Outage(RateLimited(), sim.clock, start=40, end=50), latency=1),
    ):
        sim.otherwise(step)
        assert statuses(sim, once, 1) == ["RateLimited 429"]
        with pytest.raises(openai.RateLimitError):
            embed()
        sim.clock.advance(10)
        assert statuses(sim, once, 1) == ["ServerError 503"]
        with pytest.raises(openai.InternalServerError):
            embed()
        sim.clock.advance(20)


def test_an_outage_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="this one is from 20 to 10"):
        Outage("pong", VirtualClock(), start=20, end=10)
    assert "clock" not in repr(Outage("pong", VirtualClock(), start=10, end=20))
