"""Live: an endpoint answers in place of the script, its bytes come through, and the ledger knows what it said."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from openai import APIConnectionError, APITimeoutError, InternalServerError, OpenAI, RateLimitError

from gradus.sim import (
    CutStream,
    Fault,
    RateLimited,
    Reply,
    Request,
    Response,
    Simulator,
    ToolCall,
    Usage,
    live,
    tokens,
)
from gradus.sim.live import Upstream, check_endpoint, public_url
from gradus.sim.messages import Chunk
from gradus.sim.transport import Core
from gradus.sim.wire.heard import StreamListener, heard
from tests.sim.conftest import letters
from tests.sim.endpoint import serving

KEY = "swordfish-0123456789"
PING: Any = {"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}


class Tape:
    """A core that gives every request this response, and remembers what it was asked."""

    def __init__(self, status: int, headers: dict[str, str], *chunks: Chunk) -> None:
        self._response = status, headers, chunks
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        status, headers, chunks = self._response
        return Response(status, headers, iter(chunks))


def asked(**options: Any) -> Request:
    return Request("POST", "/v1/chat/completions", {}, json.dumps({**PING, **options}).encode())


def passing(core: Core) -> Simulator:
    """A simulator that has an endpoint answer every call that its script replies to."""
    sim = Simulator(upstream=core, embed=letters)
    sim.otherwise("scripted")
    return sim


# A simulator in front of an endpoint, which is another simulator


@pytest.fixture
def endpoint() -> Simulator:
    return Simulator(seed=7)


@pytest.mark.parametrize("streamed", [False, True])
def test_the_endpoint_s_bytes_come_through(endpoint: Simulator, streamed: bool) -> None:
    endpoint.script("pong pong", "pong pong")
    sim = passing(endpoint)
    response = sim.handle(asked(stream=streamed))
    twin = Simulator(seed=7)
    twin.script("pong pong")
    expected = twin.handle(asked(stream=streamed))
    assert list(response.chunks) == list(expected.chunks)
    assert response.headers == expected.headers
    assert endpoint.ledger[0].request == {**PING, "stream": streamed}
    assert sim.passed_on == [0]


REPLIES = [
    Reply("pong", usage=(7, 3)),
    Reply(tool_calls=[ToolCall("look", {"id": 7}), ToolCall("tell", {"text": "été"})]),
    Reply("half a wor", finish_reason="length"),
    Reply(refusal="I would rather not."),
    Reply("Let me see.", tool_calls=[ToolCall("look", {})]),
]


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_the_ledger_is_filled_from_the_answer(endpoint: Simulator, reply: Reply, streamed: bool, path: str) -> None:
    endpoint.script(reply)
    sim = passing(endpoint)
    options = {"stream_options": {"include_usage": True}} if streamed and "chat" in path else {}
    prompt = {"messages": PING["messages"]} if "chat" in path else {"input": "ping"}
    body = {"model": "sim-large", **prompt, "stream": streamed, **options}
    list(sim.handle(Request("POST", path, {}, json.dumps(body).encode())).chunks)
    told, found = endpoint.ledger[0], sim.ledger[0]
    assert (found.text, found.finish_reason, found.status) == (told.text, told.finish_reason, 200)
    assert [(call.name, call.arguments_text, call.id) for call in found.tool_calls] == [
        (call.name, call.arguments_text, call.id) for call in told.tool_calls
    ]
    assert (found.prompt_tokens, found.completion_tokens) == (told.prompt_tokens, told.completion_tokens)
    assert found.cost == told.cost
    assert found.acted


def test_tokens_are_counted_where_the_endpoint_does_not_tell(endpoint: Simulator) -> None:
    endpoint.script("pong and more")
    sim = passing(endpoint)
    list(sim.handle(asked(stream=True)).chunks)
    assert sim.ledger[0].prompt_tokens == tokens.count(["ping"])
    assert sim.ledger[0].completion_tokens == tokens.count(["pong and more"])


def test_a_stream_that_the_client_leaves_is_charged_as_far_as_it_was_read(endpoint: Simulator) -> None:
    endpoint.script("one two three four")
    sim = passing(endpoint)
    response = sim.handle(asked(stream=True))
    for _ in range(3):  # the role, and two words
        next(response.chunks)
    response.chunks.close()  # type: ignore[attr-defined]
    assert sim.ledger[0].closed_early
    assert sim.ledger[0].text == "one two"
    assert sim.ledger[0].completion_tokens == tokens.count(["one two"])


def test_scripted_weather_happens_and_asks_the_endpoint_for_nothing(endpoint: Simulator) -> None:
    endpoint.script("live")
    sim = Simulator(upstream=endpoint)
    sim.script(RateLimited(), CutStream("scripted words", after=1), "scripted")
    client = sim.client(max_retries=0)
    with pytest.raises(RateLimitError):
        client.chat.completions.create(**PING)
    assert [chunk.choices[0].delta.content for chunk in client.chat.completions.create(stream=True, **PING)] == [
        "",
        "scripted",
    ]
    assert client.chat.completions.create(**PING).choices[0].message.content == "live"
    assert sim.passed_on == [2]
    assert endpoint.ledger.calls == 1
    assert sim.unmet() == ""


def test_the_contract_comes_first_and_embeddings_stay_at_home(endpoint: Simulator) -> None:
    sim = passing(endpoint)
    refused = sim.handle(asked(tools=[{"type": "function"}]))
    assert refused.status == 400
    assert len(sim.client().embeddings.create(model="sim-embed", input="valve").data[0].embedding) == 384
    assert endpoint.ledger.calls == 0
    assert sim.passed_on == []


@pytest.mark.parametrize("streamed", [False, True])
def test_a_response_can_be_continued(endpoint: Simulator, streamed: bool) -> None:
    endpoint.script(Reply(tool_calls=[ToolCall("look", {}, id="call_1")]), "Seen.")
    sim = passing(endpoint)
    client = sim.client()
    if streamed:
        *_, last = client.responses.create(model="sim-small", input="look", stream=True)
        first = last.response  # type: ignore[union-attr]
    else:
        first = client.responses.create(model="sim-small", input="look")
    output: Any = [{"type": "function_call_output", "call_id": "call_1", "output": "a valve"}]
    second = client.responses.create(model="sim-small", input=output, previous_response_id=first.id)
    assert second.output_text == "Seen."
    assert client.responses.retrieve(first.id).id == first.id


def test_an_error_of_the_endpoint_is_told_as_it_is(endpoint: Simulator) -> None:
    endpoint.script(RateLimited(retry_after=2))
    sim = passing(endpoint)
    with pytest.raises(RateLimitError) as caught:
        sim.client(max_retries=0).chat.completions.create(**PING)
    assert caught.value.response.headers["retry-after"] == "2"
    assert sim.ledger[0].status == 429
    assert sim.ledger[0].error.startswith("Rate limit reached")
    assert not sim.ledger[0].acted
    assert sim.ledger.tokens == 0


@pytest.mark.parametrize(("kind", "fault"), [("connection_reset", "ConnectionReset"), ("no_answer", "ReadTimeout")])
def test_a_connection_that_fails_is_told_as_a_fault(kind: str, fault: str) -> None:
    sim = passing(Tape(0, {}, Fault(kind)))
    raised = APIConnectionError if kind == "connection_reset" else APITimeoutError
    with pytest.raises(raised):
        sim.client(max_retries=0).chat.completions.create(**PING)
    assert (sim.ledger[0].status, sim.ledger[0].fault, sim.ledger[0].acted) == (0, fault, False)


def test_only_harmless_headers_come_through() -> None:
    headers = {
        "content-type": "application/json",
        "set-cookie": "a=b",
        "openai-organization": "acme",
        "x-request-id": "r",
    }
    sim = passing(Tape(200, headers, b"{}"))
    assert sim.handle(asked()).headers == {"content-type": "application/json", "x-request-id": "r"}


STRANGE = [
    b"",
    b"<html>Bad gateway</html>",
    b"[1, 2]",
    b'{"choices": 7}',
    b'{"choices": [{"message": {"content": 7, "tool_calls": [{"function": 3}, 4]}, "finish_reason": 1}], "usage": []}',
    b'{"id": "r", "model": "m", "output": [3, {"type": "function_call"}], "usage": {"input_tokens": "many"}}',
    b'{"error": "no such model"}',
    b'{"detail": "Not Found"}',
]


@pytest.mark.parametrize("status", [200, 404, 502])
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/html"])
@pytest.mark.parametrize("data", [*STRANGE, *(b"data: " + data + b"\n\n" for data in STRANGE)])
def test_nothing_an_endpoint_says_makes_it_stumble(status: int, content_type: str, data: bytes) -> None:
    sim = passing(Tape(status, {"content-type": content_type}, data))
    for path, prompt in (("chat/completions", {"messages": PING["messages"]}), ("responses", {"input": "ping"})):
        body = {"model": "sim-small", "store": True, "stream": content_type == "text/event-stream", **prompt}
        response = sim.handle(Request("POST", f"/v1/{path}", {}, json.dumps(body).encode()))
        assert (response.status, list(response.chunks)) == (status, [data])
        follow_up = {"model": "sim-small", "input": "go on", "previous_response_id": "r"}
        assert sim.handle(Request("POST", "/v1/responses", {}, json.dumps(follow_up).encode())).status in (status, 400)
    assert sim.ledger.transcript()


# Reading answers back


def test_a_stream_reads_the_same_however_it_is_cut(endpoint: Simulator) -> None:
    endpoint.script(Reply("été 🙂 pong", tool_calls=[ToolCall("look", {"id": 7})]))
    data = b"".join(chunk for chunk in endpoint.handle(asked(stream=True)).chunks if isinstance(chunk, bytes))
    for form in (data, data.replace(b"\n", b"\r\n"), b": comment\n\n" + data):
        whole = StreamListener()
        whole.take(form)
        for size in (1, 7, 64):
            listener = StreamListener()
            said = [listener.take(form[start : start + size]) for start in range(0, len(form), size)]
            assert listener.heard() == whole.heard()
            assert "".join(text for text, _ in said) == whole.heard().text == "été 🙂 pong"
            assert "".join(arguments for _, arguments in said) == '{"id": 7}'


def test_an_error_event_is_heard() -> None:
    listener = StreamListener()
    listener.take(b'data: {"error": {"message": "overloaded"}}\n\n')
    assert listener.heard().error == "overloaded"


def test_cached_tokens_are_heard() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    assert heard(json.dumps({"choices": [], "usage": usage}).encode()).usage == Usage(9, 2, 4)


# Over the network


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def client_of(upstream: Upstream, **options: Any) -> Iterator[OpenAI]:
    sim = passing(upstream)
    with closing(upstream), sim.client(max_retries=0, **options) as client:
        yield client


def test_a_client_talks_to_an_endpoint_over_http(endpoint: Simulator) -> None:
    endpoint.script("pong", "streamed pong", Reply(tool_calls=[ToolCall("look", {"id": 7})]))
    with serving(endpoint) as (url, requests), client_of(Upstream(f"{url}/", KEY)) as client:
        assert client.chat.completions.create(**PING).choices[0].message.content == "pong"
        stream = client.chat.completions.create(stream=True, **PING)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "streamed pong"
        assert client.responses.create(model="sim-small", input="look").output[0].type == "function_call"
    assert [path for path, _, _ in requests] == [
        "/api/v1/chat/completions",
        "/api/v1/chat/completions",
        "/api/v1/responses",
    ]


def test_what_goes_out(endpoint: Simulator) -> None:
    endpoint.otherwise("pong")
    sent = {
        "authorization": "Bearer the-simulator-s",
        "cookie": "a=b",
        "host": "simulator.invalid",
        "connection": "close",
        "accept-encoding": "gzip",
        "x-own": "été",
    }
    body = json.dumps({"model": "sim-large", "input": "ping"}).encode()
    with serving(endpoint) as (url, requests), closing(Upstream(url, KEY, "sim-small-2026-03")) as upstream:
        response = upstream.handle(Request("POST", "/v1/responses", sent, body, {"a": "1 2"}))
        assert json.loads(b"".join(response.chunks))["model"] == "sim-small-2026-03"  # type: ignore[arg-type]
        list(upstream.handle(Request("GET", "/v1/models", {})).chunks)
    (path, headers, data), (listing, _, nothing) = requests
    assert path == "/api/v1/responses?a=1+2" or path == "/api/v1/responses?a=1%202"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept-encoding"] == "identity"
    assert headers["host"] == url.removeprefix("http://").removesuffix("/api/v1")
    assert "cookie" not in headers
    assert headers["x-own"].encode("latin-1").decode() == "été"
    assert json.loads(data) == {"model": "sim-small-2026-03", "input": "ping"}
    assert (listing, nothing) == ("/api/v1/models", b"")


@pytest.mark.parametrize("body", [b'{"model": "own-model"}', b'{"model": 7}', b"[]", b"no json"])
def test_other_bodies_go_out_as_they_are(body: bytes) -> None:
    with serving(Tape(200, {}, b"{}")) as (url, requests), closing(Upstream(url, KEY, "other")) as upstream:
        list(upstream.handle(Request("POST", "/v1/responses", {}, body)).chunks)
    assert requests[0][2] == body


def test_headers_of_the_connection_do_not_come_back() -> None:
    headers = {"content-type": "text/plain", "content-length": "2", "x-request-id": "r"}
    with serving(Tape(200, headers, b"{}")) as (url, _), closing(Upstream(url, KEY)) as upstream:
        response = upstream.handle(Request("GET", "/v1/models"))
        assert list(response.chunks) == [b"{}"]
    assert response.headers["x-request-id"] == "r"
    assert "content-length" not in response.headers


def test_a_redirect_is_not_followed(endpoint: Simulator) -> None:
    with serving(Tape(307, {"location": "http://elsewhere.invalid/"})) as (url, _), closing(Upstream(url, KEY)) as up:
        assert up.handle(Request("GET", "/v1/models")).status == 307


@contextmanager
def answering(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does this with its one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                act(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        thread.join(5)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def begin(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n: begun\n\n")


def test_a_reset_before_the_answer_is_a_fault() -> None:
    with answering(reset) as url, closing(Upstream(url, KEY)) as upstream:
        assert list(upstream.handle(asked()).chunks) == [Fault("connection_reset")]


def test_a_break_within_the_answer_is_a_fault() -> None:
    with answering(begin) as url, closing(Upstream(url, KEY)) as upstream:
        assert list(upstream.handle(asked()).chunks) == [b": begun\n\n", Fault("connection_reset")]


@pytest.mark.parametrize(("first", "said"), [(lambda connection: None, []), (begin, [b": begun\n\n"])])
def test_silence_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, first: Callable[[socket.socket], None], said: list[bytes]
) -> None:
    monkeypatch.setattr(live, "SILENCE_SECONDS", 0.02)
    over = threading.Event()

    def act(connection: socket.socket) -> None:
        first(connection)
        over.wait(5)

    with answering(act) as url, closing(Upstream(url, KEY)) as upstream:
        assert list(upstream.handle(asked()).chunks) == [*said, Fault("no_answer")]
        over.set()


def test_an_endpoint_that_is_not_there_is_an_error_502() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sim = passing(Upstream(f"http://user:secret@127.0.0.1:{port}/v1", KEY))
    with pytest.raises(InternalServerError) as caught:
        sim.client(max_retries=0).chat.completions.create(**PING)
    assert caught.value.status_code == 502
    assert caught.value.code == "endpoint_unreachable"
    assert f"The endpoint at http://127.0.0.1:{port}/v1 was not reached: " in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "localhost:8000/v1", "ftp://models.invalid/v1", "http://", "http://h/v1?key=1", "http://h:port/v1"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="the endpoint"):
        check_endpoint(url, KEY)


@pytest.mark.parametrize("key", ["clé", " key", "key\n", "a\x00b"])
def test_a_key_that_no_header_carries(key: str) -> None:
    with pytest.raises(ValueError, match="the API key"):
        check_endpoint("http://localhost/v1", key)


def test_the_address_is_shown_without_its_user() -> None:
    assert public_url("https://me:secret@models.invalid/v1") == "https://models.invalid/v1"
    assert public_url("http://localhost:8000/v1") == "http://localhost:8000/v1"
