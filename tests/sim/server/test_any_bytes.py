"""Whatever arrives, an answer or a close comes back, and the server lives on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus.sim import Simulator
from gradus.sim.server import Server

from .wire import Wire, ask, get, post, streamed

# A traceback in a thread of the server is a failure of the test that ran meanwhile.
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")

GOOD = [post(), streamed(), get("/"), get("/v1/models"), post("/script", {"steps": ["pong"]})]
TOKENS = [
    b"GET ", b"POST ", b"HEAD ", b"OPTIONS * ", b"CONNECT ", b"/v1/chat/completions", b"/script", b"/ledger.json?open=",
    b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"host: x\r\n", b"content-length: 5\r\n",
    b"transfer-encoding: chunked\r\n", b"expect: 100-continue\r\n", b"upgrade: websocket\r\n", b"connection: close\r\n",
    b"connection: upgrade\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b'{"steps": [', b'{"model": "sim-small"}',
    b"\x00", b"\xff",
]  # fmt: skip


@pytest.fixture(scope="module")
def long_lived() -> Iterator[Server]:
    simulator = Simulator()
    simulator.otherwise("pong")
    with Server(simulator) as server:
        yield server


def anything() -> st.SearchStrategy[bytes]:
    """Noise, requests in shreds, and good requests with a wound."""
    shreds = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=12).map(b"".join)

    def wound(request: bytes, place: int, noise: bytes) -> bytes:
        cut = place % len(request)
        return request[:cut] + noise + request[cut + len(noise) :]

    wounded = st.builds(wound, st.sampled_from(GOOD), st.integers(0, 10_000), st.binary(max_size=4))
    return st.lists(st.binary(max_size=200) | shreds | wounded | st.sampled_from(GOOD), max_size=3).map(b"".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=anything())
def test_any_bytes(long_lived: Server, capfd: pytest.CaptureFixture[str], data: bytes) -> None:
    with Wire(long_lived) as wire:
        # A close that overtakes what is still being written is a close, too.
        with contextlib.suppress(ConnectionError, OSError):
            wire.send(data).socket.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while answer := wire.socket.recv(65_536):
                assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert ask(long_lived, get("/v1/models")).status == 200
    assert capfd.readouterr().err == ""
