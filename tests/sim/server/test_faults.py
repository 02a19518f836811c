"""Connections that break for real, from either side, and what the ledger knows about it."""

from __future__ import annotations

import contextlib
import socket
import struct

import openai
import pytest
from openai import OpenAI

from gradus.sim import (
    ConnectionReset,
    CutStream,
    RateLimited,
    ReadTimeout,
    Reply,
    ResetStream,
    Simulator,
    StallStream,
    Step,
    ToolCall,
)
from gradus.sim.server import Server, connection

from .wire import PING, Wire, ask, eventually, post, streamed

# A traceback in a thread of the server is a failure of the test that ran meanwhile.
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


def test_a_reset_before_the_answer_though_the_provider_acted(server: Server, sim: Simulator) -> None:
    sim.script(ConnectionReset(after_acting=True), ConnectionReset())
    for acted in (True, False):
        with Wire(server) as wire, pytest.raises(ConnectionResetError):
            wire.send(post()).read()
        eventually(lambda: sim.ledger[-1].ended is not None)
        exchange = sim.ledger[-1]
        assert (exchange.acted, exchange.status, exchange.fault) == (acted, 0, "ConnectionReset")
        assert (exchange.cost > 0) is acted


def test_a_retry_of_what_had_been_done_is_a_second_call(server: Server, sim: Simulator) -> None:
    sim.script(ConnectionReset(after_acting=True))
    with OpenAI(api_key="any", base_url=server.base_url, max_retries=1) as client:
        client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": "pay"}])
    assert [exchange.acted for exchange in sim.ledger.exchanges] == [True, True]
    assert [exchange.sdk_retry for exchange in sim.ledger.exchanges] == [0, 1]


def test_a_reset_in_mid_stream(server: Server, sim: Simulator) -> None:
    sim.script(ResetStream("one two three", after=2))
    with Wire(server) as wire:
        wire.send(streamed()).read(has_body=False)
        with pytest.raises(ConnectionResetError):
            list(wire.chunks())
    with OpenAI(api_key="any", base_url=server.base_url) as client:
        sim.script(ResetStream("one two three", after=2))
        stream = client.chat.completions.create(
            model="sim-small", messages=[{"role": "user", "content": "ping"}], stream=True
        )
        said: list[str] = []
        with pytest.raises(openai.APIConnectionError):
            said.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert [exchange.text for exchange in sim.ledger.exchanges] == ["one two"] * 2


def test_a_cut_stream_ends_like_any_other(server: Server, sim: Simulator) -> None:
    sim.script(CutStream("one two three", after=2))
    with Wire(server) as wire:
        cut = wire.send(streamed()).read()
        assert b"two" in cut.body
        assert b"three" not in cut.body
        assert b"[DONE]" not in cut.body
        assert wire.send(post()).read().status == 200


def test_no_answer_lasts_until_the_client_leaves(server: Server, sim: Simulator) -> None:
    sim.script(ReadTimeout())
    with OpenAI(api_key="any", base_url=server.base_url, max_retries=0, timeout=0.03) as client:
        with pytest.raises(openai.APITimeoutError):
            client.responses.create(model="sim-small", input="ping")
        eventually(lambda: sim.ledger[0].ended is not None)
    assert (sim.ledger[0].status, sim.ledger[0].acted) == (0, False)
    eventually(lambda: not server._clients)


def test_error_responses_keep_the_connection(server: Server, sim: Simulator) -> None:
    sim.script(RateLimited(retry_after=2, should_retry=True))
    with Wire(server) as wire:
        limited = wire.send(post()).read()
        assert (limited.status, limited.error["code"]) == (429, "rate_limit_exceeded")
        assert (limited.headers["retry-after"], limited.headers["x-should-retry"]) == ("2", "true")
        assert wire.send(post()).read().status == 200


def test_silence_takes_its_time_and_then_the_reply_comes(server: Server, sim: Simulator) -> None:
    sim.script(Reply("late", latency=0.02), StallStream("one two three", after=1, seconds=0.02))
    assert b"late" in ask(server, post()).body
    assert ask(server, streamed()).body.endswith(b"data: [DONE]\n\n")


def test_requests_that_come_during_a_silence_are_answered_after_it(server: Server, sim: Simulator) -> None:
    sim.script(Reply("late", latency=0.03), "second")
    with Wire(server) as wire:
        wire.send(post())
        eventually(lambda: len(sim.ledger) == 1)
        wire.send(post())
        assert b"late" in wire.read().body
        assert b"second" in wire.read().body


def test_who_floods_a_silence_is_dropped(server: Server, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_AHEAD", 100_000)
    sim.script(Reply("late", latency=3600))
    with Wire(server) as wire:
        wire.send(post())
        with contextlib.suppress(ConnectionError):
            wire.send(b"x" * 1_000_000)
        eventually(lambda: not server._clients)


@pytest.mark.parametrize("by", ["closing", "resetting"])
@pytest.mark.parametrize("step", [StallStream("one two three", after=2), Reply("late", latency=3600)])
def test_a_client_that_vanishes_is_noticed_in_the_silence(
    server: Server, sim: Simulator, log: list[str], step: Step, by: str
) -> None:
    sim.script(step)
    wire = Wire(server).send(streamed())
    eventually(lambda: len(sim.ledger) == 1)
    if isinstance(step, StallStream):
        wire.read(has_body=False)
        wire.line()
    if by == "resetting":
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()
    eventually(lambda: not server._clients)
    assert sim.ledger[0].ended is not None
    assert sim.ledger[0].text == ("one two" if isinstance(step, StallStream) else "")
    assert len(log) == 1


def test_a_client_that_vanishes_in_the_flow_is_on_the_ledger(server: Server, sim: Simulator) -> None:
    sim.script("word " * 40_000)
    with Wire(server) as wire:
        wire.send(streamed()).read(has_body=False)
        wire.line()
    eventually(lambda: not server._clients)
    [exchange] = sim.ledger.exchanges
    assert exchange.closed_early
    assert 0 < exchange.completion_tokens < 40_000
    assert ask(server, post()).status == 200


def test_stopping_ends_every_silence(sim: Simulator) -> None:
    sim.script(Reply("late", latency=3600), ReadTimeout(), StallStream("one two", after=1))
    with Server(sim) as server:
        wires = [Wire(server).send(streamed()) for _ in range(3)]
        eventually(lambda: len(sim.ledger) == 3)
    assert not server._clients
    assert all(exchange.ended is not None for exchange in sim.ledger.exchanges)
    for wire in wires:
        wire.close()


def test_tool_calls_and_the_log(server: Server, sim: Simulator, log: list[str]) -> None:
    sim.script(Reply(tool_calls=[ToolCall("look", {"a": 1})]), ConnectionReset())
    assert ask(server, post()).json["choices"][0]["finish_reason"] == "tool_calls"
    eventually(lambda: log)  # the line is written when the client has its answer already
    with Wire(server) as wire, pytest.raises(ConnectionResetError):
        wire.send(post()).read()
    eventually(lambda: len(log) == 2)
    first, second = (line.split(" ", 1)[1] for line in log)
    exchange = sim.ledger[0]
    assert exchange.request == PING
    assert first == f"POST /v1/chat/completions 200, {exchange.prompt_tokens}+{exchange.completion_tokens} tokens"
    assert second == "POST /v1/chat/completions no answer, ConnectionReset, 0+0 tokens"
