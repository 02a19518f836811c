"""openai 3.54.0: its own retries and timeouts, as m1_engineering/e06_retry_budget tells them."""

from __future__ import annotations

import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from gradus.sim import ServerError, Simulator
from gradus.sim.transport import SimTransport

USER: Any = [{"role": "user", "content": "Is 9 °C too warm for insulin?"}]


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A provider that is down."""
    simulator = Simulator()
    simulator.otherwise(ServerError(503))
    monkeypatch.setattr(time, "sleep", simulator.clock.sleep)
    return simulator


def ask(client: OpenAI, stream: bool = False) -> None:
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="sim-small", messages=USER, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
def test_five_calls_of_a_default_client_are_fifteen_requests(sim: Simulator, stream: bool) -> None:
    client = sim.client()
    for _ in range(5):
        ask(client, stream)
    assert sim.ledger.calls == 15


def test_with_options_switches_retries_off_for_a_copy(sim: Simulator) -> None:
    client = sim.client()
    ask(client.with_options(max_retries=0))
    assert sim.ledger.calls == 1
    assert sim.clock.slept == []
    assert client.max_retries == 2


def test_a_timeout_limits_each_wait_and_not_their_sum(sim: Simulator) -> None:
    import httpx2

    seen: list[Any] = []

    class Watching(SimTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            seen.append(request.extensions["timeout"])
            return super().handle_request(request)

    client = sim.client(http_client=httpx2.Client(transport=Watching(sim, sim.clock)), max_retries=0)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="sim-small", messages=USER, timeout=7)
    assert seen == [{"connect": 7, "read": 7, "write": 7, "pool": 7}]
