"""What a server needs to run for months: real time, and a ledger that forgets."""

from __future__ import annotations

import asyncio

import pytest

from gradus.sim import Ledger, RealClock, Reply, Request, Simulator

from .wire import post


def ask(sim: Simulator) -> None:
    body = post().partition(b"\r\n\r\n")[2]
    list(sim.handle(Request("POST", "/v1/chat/completions", body=body)).chunks)


def test_the_ledger_forgets_the_oldest_and_goes_on_counting() -> None:
    sim, whole = Simulator(keep=3), Simulator()
    for simulator in (sim, whole):
        simulator.otherwise(Reply("pong", usage=(5, 7)))
        for _ in range(10):
            ask(simulator)
    assert [exchange.index for exchange in sim.ledger.exchanges] == [7, 8, 9]
    assert (len(sim.ledger), sim.ledger.calls, sim.ledger.tokens) == (10, 10, 120)
    assert round(sim.ledger.cost, 12) == round(whole.ledger.cost, 12)
    assert sim.ledger[-1].index == sim.ledger[9].index == 9
    assert len(whole.ledger.exchanges) == 10


def test_what_was_forgotten_cannot_be_had() -> None:
    sim = Simulator(keep=1)
    sim.otherwise("pong")
    ask(sim)
    ask(sim)
    for index in (0, -2, 2):
        with pytest.raises(IndexError, match=f"no exchange {index};"):
            sim.ledger[index]


def test_what_is_on_its_way_is_kept_until_it_has_ended() -> None:
    sim = Simulator(keep=2)
    sim.otherwise("one two three")
    body = b'{"model": "sim-small", "input": "ping", "stream": true}'
    slow = [sim.handle(Request("POST", "/v1/responses", body=body)) for _ in range(3)]
    for _ in range(4):
        ask(sim)
    assert [exchange.index for exchange in sim.ledger.exchanges][:3] == [0, 1, 2]
    for response in slow:
        response.chunks.close()  # type: ignore[attr-defined]
    ask(sim)
    assert [exchange.index for exchange in sim.ledger.exchanges] == [6, 7]
    assert sim.ledger.calls == 8


def test_a_ledger_keeps_everything_unless_told() -> None:
    assert Ledger().exchanges == Ledger(keep=3).exchanges == ()


def test_a_real_clock_moves_by_itself_and_waits() -> None:
    clock = RealClock()
    assert 0 <= clock.now < 60
    began = clock.now
    clock.sleep(0.002)
    clock.wait(0.001)
    asyncio.run(clock.wait_async(0.001))
    assert clock.now >= began + 0.004
    assert clock.slept == [0.002]
    assert abs(clock.time() - clock.epoch.timestamp() - clock.now) < 60


def test_a_simulator_in_real_time() -> None:
    sim = Simulator(clock=RealClock())
    sim.script(Reply("pong", latency=0.002))
    with sim.client() as client:
        assert client.responses.create(model="sim-small", input="ping").output_text == "pong"
    [exchange] = sim.ledger.exchanges
    assert exchange.ended is not None
    assert exchange.ended >= exchange.started + 0.002
