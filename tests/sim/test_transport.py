"""The transport: silence passes on the clock, faults become httpx2's errors, and hanging up is passed on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, OpenAI

from gradus.sim import Fault, Request, Response, Simulator, Sleep, VirtualClock
from gradus.sim.messages import Chunk
from gradus.sim.transport import AsyncSimTransport, SimTransport, route_everything

Outcome = tuple[list[bytes], type[Exception] | None]


class Tape:
    """A core that plays the same chunks to everybody, and knows how far they listened."""

    def __init__(self, *chunks: Chunk) -> None:
        self.chunks = chunks
        self.played = 0
        self.closed = False
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(200, {"content-type": "text/plain"}, self._play())

    def _play(self) -> Iterator[Chunk]:
        try:
            for chunk in self.chunks:
                self.played += 1
                yield chunk
        finally:
            self.closed = True


def listen(tape: Tape, clock: VirtualClock, timeout: float | None) -> Outcome:
    heard: list[bytes] = []
    client = httpx2.Client(transport=SimTransport(tape, clock), timeout=timeout)
    try:
        with client.stream("GET", "http://any.invalid/") as response:
            heard.extend(response.iter_raw())
    except httpx2.TransportError as error:
        return heard, type(error)
    return heard, None


def listen_asynchronously(tape: Tape, clock: VirtualClock, timeout: float | None) -> Outcome:
    async def work() -> Outcome:
        heard: list[bytes] = []
        client = httpx2.AsyncClient(transport=AsyncSimTransport(tape, clock), timeout=timeout)
        try:
            async with client.stream("GET", "http://any.invalid/") as response:
                async for chunk in response.aiter_raw():
                    heard.append(chunk)
        except httpx2.TransportError as error:
            return heard, type(error)
        return heard, None

    return asyncio.run(work())


RESET, SILENCE = Fault("connection_reset"), Fault("no_answer")


@pytest.mark.parametrize("listener", [listen, listen_asynchronously])
@pytest.mark.parametrize(
    ("chunks", "timeout", "heard", "error", "now"),
    [
        ([b"a", b"b"], 5, [b"a", b"b"], None, 0),
        ([], 5, [], None, 0),
        ([Sleep(3), b"a", Sleep(5), b"b"], 5, [b"a", b"b"], None, 8),
        ([Sleep(6), b"a"], 5, [], httpx2.ReadTimeout, 5),
        ([b"a", Sleep(6), b"b"], 5, [b"a"], httpx2.ReadTimeout, 5),
        ([Sleep(3), Sleep(3), b"a"], 5, [], httpx2.ReadTimeout, 5),
        ([Sleep(9999), b"a"], None, [b"a"], None, 9999),
        ([RESET], 5, [], httpx2.ReadError, 0),
        ([b"a", Sleep(1), RESET], 5, [b"a"], httpx2.ReadError, 1),
        ([SILENCE], 5, [], httpx2.ReadTimeout, 5),
        ([b"a", Sleep(1), SILENCE], 5, [b"a"], httpx2.ReadTimeout, 5),
        ([SILENCE], None, [], httpx2.ReadError, 7200),
    ],
)
def test_silence_and_faults(
    listener: Any,
    chunks: list[Chunk],
    timeout: float | None,
    heard: list[bytes],
    error: type[Exception] | None,
    now: float,
) -> None:
    tape, clock = Tape(*chunks), VirtualClock()
    assert listener(tape, clock, timeout) == (heard, error)
    assert (clock.now, clock.slept) == (now, [])
    assert tape.closed


def test_a_fault_that_nobody_knows_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="knows no fault 'earthquake'"):
        listen(Tape(Fault("earthquake")), VirtualClock(), None)


def test_hanging_up_closes_the_chunks() -> None:
    tape = Tape(b"a", b"b", b"c")
    client = httpx2.Client(transport=SimTransport(tape, VirtualClock()))
    with client.stream("GET", "http://any.invalid/") as response:
        next(response.iter_raw())
    assert tape.closed
    assert tape.played < 3


def test_hanging_up_asynchronously_closes_the_chunks() -> None:
    tape = Tape(b"a", b"b", b"c")

    async def work() -> None:
        client = httpx2.AsyncClient(transport=AsyncSimTransport(tape, VirtualClock()))
        async with client.stream("GET", "http://any.invalid/") as response:
            async for _ in response.aiter_raw():
                break

    asyncio.run(work())
    assert tape.closed
    assert tape.played < 3


def test_a_cancelled_wait_hangs_up() -> None:
    class Forever(VirtualClock):
        async def wait_async(self, seconds: float) -> None:
            await asyncio.Event().wait()

    tape = Tape(Sleep(1), b"a")

    async def work() -> None:
        client = httpx2.AsyncClient(transport=AsyncSimTransport(tape, Forever()))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get("http://any.invalid/"), 0.01)

    asyncio.run(work())
    assert tape.closed


def test_the_request_arrives_as_plain_data() -> None:
    tape = Tape(b"ok")
    client = httpx2.Client(transport=SimTransport(tape, VirtualClock()))
    client.post("http://any.invalid/v1/x%20y?stream=true&a=1", content=b"body", headers={"X-Thing": "Yes"})
    [request] = tape.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/x y", b"body")
    assert request.query == {"stream": "true", "a": "1"}
    assert request.headers["x-thing"] == "Yes"


def test_a_bare_client_reaches_the_simulator_until_it_is_undone(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    real = httpx2.HTTPTransport.handle_request, httpx2.AsyncHTTPTransport.handle_async_request
    sim.script("pong", "pong")
    undo = route_everything(sim, sim.clock)
    try:
        assert OpenAI().responses.create(model="sim-small", input="ping").output_text == "pong"

        async def work() -> str:
            return (await AsyncOpenAI().responses.create(model="sim-small", input="ping")).output_text

        assert asyncio.run(work()) == "pong"
        assert httpx2.get("https://example.invalid/page").status_code == 404
    finally:
        undo()
    assert real == (httpx2.HTTPTransport.handle_request, httpx2.AsyncHTTPTransport.handle_async_request)
    assert sim.ledger.calls == 2
