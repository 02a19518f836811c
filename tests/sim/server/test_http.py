"""HTTP as clients write it: well, in pieces, ahead of time, too large, too slow or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from openai import OpenAI

from gradus.sim import Request, Response, Simulator
from gradus.sim.messages import Chunk
from gradus.sim.server import Server, connection

from .wire import PING, Wire, ask, eventually, get, post, streamed

# A traceback in a thread of the server is a failure of the test that ran meanwhile.
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


def test_a_plain_reply_has_its_length_and_a_stream_is_chunked(server: Server) -> None:
    plain = ask(server, post())
    assert plain.status == 200
    assert plain.json["choices"][0]["message"]["content"] == "pong"
    assert int(plain.headers["content-length"]) == len(plain.body)
    assert plain.headers["date"].endswith("GMT")
    flowing = ask(server, streamed())
    assert flowing.headers["transfer-encoding"] == "chunked"
    assert flowing.headers["content-type"].startswith("text/event-stream")
    assert flowing.body.endswith(b"data: [DONE]\n\n")


def test_every_event_goes_out_by_itself(server: Server, sim: Simulator) -> None:
    sim.script("one two three")
    with Wire(server) as wire:
        wire.send(streamed()).read(has_body=False)
        chunks = list(wire.chunks())
    assert len(chunks) > 3
    assert all(chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") for chunk in chunks)


def test_the_sdk_works_unmodified_and_the_connection_is_kept(server: Server, sim: Simulator) -> None:
    with OpenAI(api_key="any", base_url=server.base_url) as client:
        for _ in range(2):
            assert client.responses.create(model="sim-small", input="ping").output_text == "pong"
        assert len(server._clients) == 1
        stream = client.chat.completions.create(
            model="sim-small", messages=[{"role": "user", "content": "ping"}], stream=True
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "pong"
    assert sim.ledger.calls == 3


def test_many_requests_on_one_connection(server: Server) -> None:
    with Wire(server) as wire:
        for _ in range(5):
            assert wire.send(post()).read().status == 200
            assert wire.send(streamed()).read().status == 200


def test_requests_may_come_ahead_of_the_answers(server: Server, sim: Simulator) -> None:
    sim.script("first", "second", "third")
    with Wire(server) as wire:
        wire.send(post() + post() + streamed())
        first, second, third = wire.read(), wire.read(), wire.read()
    assert b"first" in first.body
    assert b"second" in second.body
    assert b"third" in third.body


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    with Wire(server) as wire:
        for byte in post():
            wire.send(bytes([byte]))
        assert wire.read().status == 200


def test_a_body_may_be_chunked(server: Server, sim: Simulator) -> None:
    body = post().partition(b"\r\n\r\n")[2]
    chunks = b"%x\r\n%s\r\n%x;note=1\r\n%s\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert ask(server, head + chunks).status == 200
    assert sim.ledger[0].request == PING


def test_expect_100_continue(server: Server) -> None:
    head, _, body = post(expect="100-continue").partition(b"\r\n\r\n")
    with Wire(server) as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.line().startswith(b"HTTP/1.1 100 ")
        assert wire.line() == b"\r\n"
        assert wire.send(body).read().status == 200


@pytest.mark.parametrize("request_", [post(), streamed()])
def test_an_old_client_gets_no_chunks_and_a_closed_connection(server: Server, request_: bytes) -> None:
    with Wire(server) as wire:
        reply = wire.send(request_.replace(b"HTTP/1.1", b"HTTP/1.0")).read()
        assert reply.status == 200
        assert "transfer-encoding" not in reply.headers
        assert wire.at_end()


def test_the_connection_is_closed_when_the_client_asks_for_it(server: Server) -> None:
    with Wire(server) as wire:
        assert wire.send(post(connection="close")).read().headers["connection"] == "close"
        assert wire.at_end()


def test_a_client_may_stop_writing_and_still_read(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(streamed()).socket.shutdown(socket.SHUT_WR)
        assert wire.read().body.endswith(b"data: [DONE]\n\n")
        assert wire.at_end()


def test_head_is_get_without_the_body(server: Server) -> None:
    whole = ask(server, get("/v1/models"))
    with Wire(server) as wire:
        head = wire.send(get("/v1/models").replace(b"GET", b"HEAD")).read(has_body=False)
        assert (head.status, head.headers["content-length"]) == (200, whole.headers["content-length"])
        assert wire.send(get("/v1/models")).read().json == whole.json


def test_options_allows_nothing_to_other_origins(server: Server, sim: Simulator) -> None:
    headers = {"origin": "https://evil.example", "access_control_request_method": "POST"}
    reply = ask(server, get("/script", **headers).replace(b"GET", b"OPTIONS"))
    assert (reply.status, reply.body) == (200, b"")
    assert "POST" in reply.headers["allow"]
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert ask(server, get("*").replace(b"GET", b"OPTIONS")).status == 200
    assert len(sim.ledger) == 0


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v1/models/sim%2Dsmall?x=1", "/v1/models/sim-small"),
        ("http://user:secret@somewhere/v1/models?x", "/v1/models"),
        ("/v1/mod%C3%A9ls%zz%", "/v1/modéls%zz%"),
        ("//evil/v1", "//evil/v1"),
        ("http://somewhere", "/"),
    ],
)
def test_targets(target: str, path: str) -> None:
    core = Recorder()
    with Server(core) as server:
        ask(server, get(target))
    assert [request.path for request in core.requests] == [path]


def test_what_the_core_is_told() -> None:
    core = Recorder()
    with Server(core) as server:
        ask(server, post("/a%20b?x=1&y=&x=2", b"body", X_Twice="1").replace(b"\r\n\r\n", b"\r\nx-twice: \xe9\r\n\r\n"))
    [request] = core.requests
    assert (request.method, request.path, request.body) == ("POST", "/a b", b"body")
    assert request.query == {"x": "2", "y": ""}
    assert request.headers["x-twice"] == "1, é"


MALFORMED = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS handshake
    b"hello\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9.9\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",  # without a host
    b"GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nbad name: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\na: \x00\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nshort",
    b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"x" * 100_000,
]


@pytest.mark.parametrize("request_", MALFORMED, ids=lambda request: repr(request[:40]))
def test_what_is_no_request_is_told_so_in_the_api_s_words(
    server: Server, sim: Simulator, log: list[str], request_: bytes
) -> None:
    with Wire(server) as wire:
        wire.send(request_).socket.shutdown(socket.SHUT_WR)
        reply = wire.read()
        assert 400 <= reply.status < 500 or reply.status == 501
        assert reply.error["type"] == "invalid_request_error"
        assert reply.error["message"].startswith("The request is no valid HTTP: ")
        assert wire.at_end()
    eventually(lambda: len(log) == 1)
    assert len(sim.ledger) == 0
    assert ask(server, post()).status == 200


def test_a_malformed_request_after_a_good_one(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(post() + b"nonsense\r\n\r\n")
        assert wire.read().status == 200
        assert wire.read().status == 400
        assert wire.at_end()


def test_connect_is_not_allowed(server: Server) -> None:
    with Wire(server) as wire:
        assert wire.send(get("evil.example:443").replace(b"GET", b"CONNECT")).read().status == 405


def test_ten_megabytes_are_read(server: Server, sim: Simulator) -> None:
    long = {"model": "nobody", "messages": [{"role": "user", "content": "valve " * 1_700_000}]}
    assert ask(server, post(body=long)).status == 404
    assert sim.ledger[0].request == long


def test_a_declared_body_that_is_too_large_is_not_read(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(
            b"POST /v1/responses HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 99999999999\r\n\r\n"
        )
        reply = wire.read()
        assert reply.status == 413
        assert "64 MB" in reply.error["message"]


def test_a_chunked_body_that_grows_too_large_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_BODY", 1000)
    head = b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    with Wire(server) as wire:
        wire.send(head + b"1f4\r\n" + b"x" * 500 + b"\r\n1f4\r\n" + b"x" * 500 + b"\r\n1\r\nx\r\n")
        assert wire.read().status == 413


def test_the_answer_reaches_a_client_that_is_still_writing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_BODY", 1000)
    with Wire(server) as wire:
        wire.send(post(body=b"x" * 5_000_000))
        assert wire.read().status == 413


def test_a_client_that_is_too_slow_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.03)
    with Wire(server) as wire:
        assert wire.send(post()[:-3]).at_end()
    with Wire(server) as idle:
        assert idle.at_end()
    eventually(lambda: not server._clients)


def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.03)
    with Server(Recorder(b"x" * 50_000_000)) as server, Wire(server) as wire:
        wire.send(get("/"))
        eventually(lambda: server._clients)
        eventually(lambda: not server._clients)


def test_two_hundred_streams_at_once(server: Server, sim: Simulator) -> None:
    sim.otherwise("word " * 50)
    wires = [Wire(server).send(streamed()) for _ in range(200)]
    for wire in wires:
        assert wire.read().body.endswith(b"data: [DONE]\n\n")
    assert len(server._clients) == 200
    for wire in wires:
        wire.close()
    assert sim.ledger.calls == 200
    assert len({exchange.index for exchange in sim.ledger.exchanges}) == 200
    assert not any(exchange.closed_early for exchange in sim.ledger.exchanges)


@pytest.mark.parametrize("when", ["at once", "in mid-stream"])
def test_a_core_that_fails_is_named_and_the_server_lives_on(capfd: pytest.CaptureFixture[str], when: str) -> None:
    core = Recorder(b"x") if when == "at once" else Recorder(b"x", kind="text/event-stream")
    core.error = KeyError("sk-secret")
    with Server(core) as server:
        with Wire(server) as wire:
            reply = wire.send(get("/")).read(has_body=when == "at once")
            if when == "at once":
                assert (reply.status, reply.error["type"]) == (500, "server_error")
            else:
                assert (wire.line(), wire.line()) == (b"1\r\n", b"x\r\n")
                assert wire.at_end()  # without the chunk that ends a response
        core.error = None
        assert ask(server, get("/")).body == b"x"
    errors = capfd.readouterr().err
    assert errors.count("\n") == 1
    assert "KeyError in " in errors
    assert "test_http.py:" in errors
    assert "sk-secret" not in errors


@pytest.mark.parametrize(("status", "value"), [(99, "x"), (200, "a\r\nb: c"), (200, "€")])
def test_a_head_that_cannot_be_sent_is_the_core_s_fault(
    capfd: pytest.CaptureFixture[str], status: int, value: str
) -> None:
    core = Recorder(b"x")
    core.status, core.kind = status, value
    with Server(core) as server:
        assert ask(server, get("/")).status == 500
    assert "Error in " in capfd.readouterr().err


def test_stopping_frees_the_port_and_leaves_no_thread(sim: Simulator) -> None:
    before = set(threading.enumerate())
    with Server(sim) as server:
        idle, begun, busy = Wire(server), Wire(server), Wire(server)
        begun.send(post()[:-3])
        assert busy.send(post()).read().status == 200
        eventually(lambda: len(server._clients) == 3)
    assert set(threading.enumerate()) == before
    for wire in (idle, begun, busy):
        assert wire.at_end()
        wire.close()
    with Server(sim, port=server.port) as again:
        assert ask(again, post()).status == 200


def test_ipv6(sim: Simulator) -> None:
    try:
        server = Server(sim, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert server.base_url == f"http://[::1]:{server.port}/v1"
        with OpenAI(api_key="any", base_url=server.base_url) as client:
            assert client.responses.create(model="sim-small", input="ping").output_text == "pong"


class Recorder:
    """A core that gives everybody the same, or fails, before or after it."""

    def __init__(self, body: bytes = b"", kind: str = "text/plain") -> None:
        self.requests: list[Request] = []
        self.status = 200
        self.kind = kind
        self.error: Exception | None = None
        self._body = body

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(self.status, {"content-type": self.kind}, self._chunks())

    def _chunks(self) -> Iterator[Chunk]:
        yield self._body
        if self.error is not None:
            raise self.error
