"""Record and replay: what was recorded comes back byte for byte, what was not is told with a diff, no key is kept."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BadRequestError, OpenAI

from gradus.sim import (
    CutStream,
    Fault,
    RateLimited,
    Reply,
    Request,
    ResetStream,
    Response,
    Simulator,
    Sleep,
    Step,
    ToolCall,
    VirtualClock,
)
from gradus.sim.cassette import CassetteError, Secrets, read_cassette
from gradus.sim.client import client as client_of
from gradus.sim.messages import Chunk
from gradus.sim.record import Recorder
from gradus.sim.replay import Replay

KEY = "swordfish-0123456789"
NO_HEADERS: dict[str, str] = {}


class Tape:
    """A core that gives each request the next of these responses."""

    def __init__(self, *responses: tuple[int, dict[str, str], Sequence[Chunk]]) -> None:
        self._responses = iter(responses)

    def handle(self, request: Request) -> Response:
        status, headers, chunks = next(self._responses)
        return Response(status, headers, iter(chunks))


def asked(text: str = "ping", **options: Any) -> Request:
    body = {"model": "sim-small", "messages": [{"role": "user", "content": text}], **options}
    return Request("POST", "/v1/chat/completions", {"authorization": f"Bearer {KEY}"}, json.dumps(body).encode())


def all_of(response: Response) -> tuple[int, dict[str, str], list[Chunk]]:
    return response.status, dict(response.headers), list(response.chunks)


def record(path: Path, core: Any, *requests: Request, secrets: Sequence[str] = (KEY,)) -> list[Any]:
    recorder = Recorder(core, path, secrets)
    try:
        return [all_of(recorder.handle(request)) for request in requests]
    finally:
        recorder.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "cassette.jsonl"


# What comes back


chunks = st.one_of(
    st.binary(max_size=30),
    st.text(max_size=10).map(str.encode),
    st.builds(Sleep, st.floats(0, 100)),
    st.sampled_from([Fault("connection_reset"), Fault("no_answer")]),
)
kept = st.dictionaries(
    st.sampled_from(["content-type", "x-request-id", "retry-after", "x-ratelimit-limit-tokens"]),
    st.text(st.characters(codec="latin-1"), max_size=8),
)
queries = st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2)


@given(st.integers(0, 599), kept, st.lists(chunks, max_size=6), st.sampled_from(["GET", "POST"]), st.binary(), queries)
def test_any_exchange_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    status: int,
    headers: dict[str, str],
    said: list[Chunk],
    method: str,
    body: bytes,
    query: dict[str, str],
) -> None:
    path = tmp_path_factory.mktemp("cassettes") / "cassette.jsonl"
    request = Request(method, "/v1/responses/r", {"x": "y"}, body, query)
    [live] = record(path, Tape((status, {**headers, "set-cookie": "a=b"}, said)), request)
    assert live == (status, {**headers, "set-cookie": "a=b"}, said)
    assert all_of(Replay(path).handle(request)) == (status, headers, said)


STEPS: list[Step] = [
    "pong",
    Reply("été 日本 🙂", latency=2.5),
    Reply(tool_calls=[ToolCall("lookup", {"id": 7})]),
    RateLimited(retry_after=2),
    CutStream("a stream that is cut", after=2),
    ResetStream("a stream that breaks", after=1),
]


def test_the_simulator_s_own_responses_come_back(path: Path) -> None:
    sim = Simulator()
    sim.script(*STEPS)
    requests = [asked(f"question {number}", stream=True) for number in range(len(STEPS))]
    live = record(path, sim, *requests)
    replay = Replay(path)
    assert [all_of(replay.handle(request)) for request in requests] == live
    assert live[3][1]["retry-after"] == "2"
    assert live[5][2][-1] == Fault("connection_reset")


def test_a_client_cannot_tell(path: Path) -> None:
    sim = Simulator()
    sim.script("pong", Reply(tool_calls=[ToolCall("lookup", {"id": 7})]))
    recorder = Recorder(sim, path)

    def talk(client: OpenAI) -> list[Any]:
        ping: Any = {"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}
        streamed = list(client.chat.completions.create(stream=True, **ping))
        return [streamed, client.responses.create(model="sim-small", input="look it up")]

    live = talk(client_of(recorder, sim.clock))
    assert talk(client_of(Replay(path), VirtualClock())) == live


def test_the_same_request_plays_its_responses_in_turn_and_then_begins_again(path: Path) -> None:
    sim = Simulator()
    sim.script("one", "two")
    first, second = record(path, sim, asked(), asked())
    replay = Replay(path)
    assert [all_of(replay.handle(asked())) for _ in range(3)] == [first, second, first]


def test_a_later_session_takes_the_place_of_an_earlier_one_where_they_meet(path: Path) -> None:
    sim = Simulator()
    sim.script("old", "old again", "other", "new")
    _, _, other = record(path, sim, asked(), asked(), asked("else"))
    [new] = record(path, sim, asked())
    replay = Replay(path)
    assert [all_of(replay.handle(asked())) for _ in range(2)] == [new, new]
    assert all_of(replay.handle(asked("else"))) == other


@pytest.mark.parametrize(
    "same",
    [
        Request("POST", "/v1/x", {"user-agent": "other"}, b'{"b": [1, 2], "a": "\xc3\xa9"}', {"q": "1"}),
        Request("POST", "/v1/x", {}, b'{ "a": "\\u00e9",\n "b": [1,2] }', {"q": "1"}),
    ],
)
def test_headers_and_the_form_of_json_do_not_matter(path: Path, same: Request) -> None:
    record(path, Tape((200, {}, [b"yes"])), Request("POST", "/v1/x", {}, b'{"a": "\xc3\xa9", "b": [1, 2]}', {"q": "1"}))
    assert all_of(Replay(path).handle(same)) == (200, {}, [b"yes"])


@pytest.mark.parametrize(
    "other",
    [
        Request("PUT", "/v1/x", {}, b'{"a": [1, 2]}', {"q": "1"}),
        Request("POST", "/v1/y", {}, b'{"a": [1, 2]}', {"q": "1"}),
        Request("POST", "/v1/x", {}, b'{"a": [1, 2]}', {"q": "2"}),
        Request("POST", "/v1/x", {}, b'{"a": [2, 1]}', {"q": "1"}),
        Request("POST", "/v1/x", {}, b'{"a": [1, 2]', {"q": "1"}),
        Request("POST", "/v1/x", {}, b"", {"q": "1"}),
    ],
)
def test_all_else_does(path: Path, other: Request) -> None:
    record(path, Tape((200, {}, [b"yes"])), Request("POST", "/v1/x", {}, b'{"a": [1, 2]}', {"q": "1"}))
    assert Replay(path).handle(other).status == 400


# What was not recorded


def test_the_nearest_recorded_request_is_shown_as_a_diff(path: Path) -> None:
    record(
        path,
        Tape(*[(200, NO_HEADERS, [b"{}"])] * 3),
        asked("How warm is the fridge in Lyon?"),
        asked("How cold is the van?", temperature=0),
        Request("GET", "/v1/models"),
    )
    replay = Replay(path)
    assert replay.unmet() == ""
    with pytest.raises(BadRequestError) as caught:
        client_of(replay, VirtualClock()).chat.completions.create(
            model="sim-small", messages=[{"role": "user", "content": "How cold is the vault?"}], temperature=0
        )
    assert caught.value.code == "not_recorded"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert replay.unmet() == (
        f"POST /v1/chat/completions was asked as it is not recorded in {path}. The nearest request that is:\n"
        "--- recorded, line 3\n"
        "+++ asked now\n"
        "@@ -4,3 +4,3 @@\n"
        "    {\n"
        '-    "content": "How cold is the van?",\n'
        '+    "content": "How cold is the vault?",\n'
        '     "role": "user"'
    )
    assert replay.unmet() in caught.value.message
    replay.handle(asked("something else"))
    assert "vault" in replay.unmet()


def test_a_long_request_is_compared_by_its_ends_and_told_in_part(path: Path) -> None:
    page = "".join(f"Line {number} of the handbook.\n" for number in range(3000))
    texts = [f"{page}Summarise it in {language}." for language in ("French", "Spanish", "Basque")]
    record(path, Tape(*[(200, NO_HEADERS, [b"{}"])] * 3), *map(asked, texts))
    replay = Replay(path)
    replay.handle(asked(texts[1].replace("it in", "it briefly in")))
    told = replay.unmet()
    assert "recorded, line 3" in told
    assert "-Summarise it in Spanish." in told
    assert "+Summarise it briefly in Spanish." in told
    assert len(told) < 1000
    replay = Replay(path)
    replay.handle(asked(page.replace("Line", "Row")))
    assert "more lines)" in replay.unmet()
    assert len(replay.unmet()) < 5000


def test_an_empty_cassette_says_so(path: Path) -> None:
    Recorder(Simulator(), path).close()
    replay = Replay(path)
    assert replay.handle(asked()).status == 400
    assert replay.unmet().endswith("Nothing is recorded there.")


# Keys


def test_no_key_reaches_the_disk(path: Path) -> None:
    other = "sk-proj-abcdefghijklmnop"
    bearer = "Bearer eyJhbGciOiJIUzI1NiJ9.e30"
    request = Request(
        "POST",
        f"/v1/{KEY}/x",
        {"authorization": f"Bearer {KEY}", "x-api-key": "in-a-header-only"},
        json.dumps({"text": f"my key is {other}, yours {KEY}", "header": bearer, KEY: 1}).encode(),
        {"key": KEY, other: "1"},
    )
    raw = Request("POST", "/v1/x", {}, b"\xff\xfe\xfd" + KEY.encode())
    said: list[Chunk] = [
        b'{"wrong": "swordfi',
        b"sh-01",
        Sleep(1),
        b'23456789", "other": "sk-proj-abcd',
        b'efghijklmnop"}',
    ]
    headers = {
        "content-type": "application/json",
        "x-request-id": f"req_{KEY}",
        "set-cookie": "session=1",
        "authorization": bearer,
    }
    live, _ = record(path, Tape((200, headers, said), (200, {}, [b"\xff", KEY.encode()])), request, raw)
    assert live == (200, headers, said)
    written = path.read_bytes()
    for secret in (KEY, other, bearer, "in-a-header-only", "session=1", "authorization", "c3dvcmRmaXNo"):
        assert secret.encode() not in written
    status, _, hidden = all_of(Replay(path, [KEY]).handle(request))
    assert status == 200
    assert hidden == [b'{"wrong": "[key]', b"", Sleep(1), b'", "other": "[key]', b'"}']


def test_words_that_only_begin_like_a_key_stay(path: Path) -> None:
    text = "The Bearer of bad news does risk-assessments-of-everything for a desk-job; sk-ip it."
    assert Secrets(["none"]).hidden(text + " none") == text + " none"


def test_a_key_with_quotes_is_found_in_json() -> None:
    key = 'a"quoted\\key'
    assert json.loads(Secrets([key]).hidden(json.dumps({"key": key}))) == {"key": "[key]"}


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    record(path, Tape((200, {}, [b"yes"])), asked())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Hanging up, crashes, files that are none


def test_a_stream_that_was_hung_up_on_breaks_where_it_was_left(path: Path) -> None:
    sim = Simulator()
    sim.script("one two three")
    recorder = Recorder(sim, path)
    response = recorder.handle(asked(stream=True))
    heard = [next(response.chunks), next(response.chunks)]
    response.chunks.close()  # type: ignore[attr-defined]
    assert sim.ledger[0].closed_early
    assert list(Replay(path).handle(asked(stream=True)).chunks) == [*heard, Fault("connection_reset")]


def test_hanging_up_after_the_last_event_is_no_break(path: Path) -> None:
    sim = Simulator()
    sim.script("pong")
    response = Recorder(sim, path).handle(asked(stream=True))
    heard = []
    while b"[DONE]" not in (chunk := next(response.chunks)):  # type: ignore[operator]
        heard.append(chunk)
    response.chunks.close()  # type: ignore[attr-defined]
    assert list(Replay(path).handle(asked(stream=True)).chunks) == [*heard, chunk]


def test_a_crash_costs_the_last_line_and_is_told(path: Path) -> None:
    sim = Simulator()
    sim.script("one", "two", "three")
    first, second = record(path, sim, asked("1"), asked("2"))
    whole = path.read_bytes()
    for cut in range(len(whole) - 1, whole.index(b"\n", 20), -40):
        path.write_bytes(whole[:cut])
        replay = Replay(path)
        assert all_of(replay.handle(asked("1"))) == first
        assert replay.handle(asked("2")).status == 400
        assert replay.damage == f"{path}:3: the last line was not written to its end; it is left out."
    [third] = record(path, sim, asked("3"))
    replay = Replay(path)
    assert replay.damage == ""
    assert [all_of(replay.handle(asked(text))) for text in "13"] == [first, third]
    assert second not in (first, third)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"cassette": 2}\n', ":1: a cassette of version 2; this is for version 1. Record anew."),
        ('{"cassette": 1}\nnonsense\n', ":2: this line is none of a cassette's"),
        ('{"cassette": 1}\n{"request": {}, "response": {}}\n', ":2: this line is none of a cassette's"),
        ('{"cassette": 1}\n[]\n', ":2: this line is none of a cassette's"),
        ("7\n", ":1: this line is none of a cassette's"),
    ],
)
def test_what_is_no_cassette_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "cassette.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CassetteError) as caught:
        Replay(path)
    assert f"{path}{said}" in str(caught.value)


def test_an_exchange_before_the_header_is_no_cassette(path: Path) -> None:
    record(path, Tape((200, {}, [b"yes"])), asked())
    path.write_bytes(path.read_bytes().partition(b"\n")[2])
    with pytest.raises(CassetteError, match=r"begins with"):
        read_cassette(path)


def test_a_cassette_that_is_not_there_or_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match=r"none.jsonl: No such file or directory. Record one first."):
        Replay(tmp_path / "none.jsonl")
    with pytest.raises(CassetteError, match="Cannot write the cassette"):
        Recorder(Simulator(), tmp_path)
