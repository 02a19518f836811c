"""What stands beside the API: the page, the ledger as JSON, and the script. None of it tells or takes too much."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

from gradus.sim import ConnectionReset, Reply, Simulator, ToolCall
from gradus.sim.server import Server

from .wire import Wire, ask, eventually, get, post


def ledger(server: Server, query: str = "") -> Any:
    return ask(server, get(f"/ledger.json{query}")).json


def test_the_ledger_as_json(server: Server, sim: Simulator) -> None:
    sim.script(Reply("pong <b>", tool_calls=[ToolCall("look", {"a": 1})], usage=(3, 4)), ConnectionReset())
    ask(server, post())
    with Wire(server) as wire, pytest.raises(ConnectionResetError):
        wire.send(post()).read()
    view = ledger(server)
    assert (view["requests"], view["calls"], view["tokens"], view["cost"]) == (2, 2, 7, sim.ledger.cost)
    first, second = view["exchanges"]
    assert (first["index"], first["status"], first["model"]) == (0, 200, "sim-small-2026-09")
    assert (first["prompt_tokens"], first["completion_tokens"], first["cached_tokens"]) == (3, 4, 0)
    assert first["at"] == sim.clock.epoch.timestamp()
    assert (second["fault"], second["status"]) == ("ConnectionReset", 0)
    one = ledger(server, "?exchange=0")
    assert one["turns"] == [{"role": "user", "text": "ping"}]
    assert (one["text"], one["tool_calls"]) == ("pong <b>", [{"name": "look", "arguments": '{"a": 1}'}])
    assert one["finish_reason"] == "tool_calls"


def test_only_news_is_asked_for(server: Server, sim: Simulator) -> None:
    for _ in range(4):
        ask(server, post())
    assert [row["index"] for row in ledger(server, "?after=1")["exchanges"]] == [2, 3]
    assert [row["index"] for row in ledger(server, "?after=3&open=0,2,nonsense")["exchanges"]] == [0, 2]
    assert ledger(server, "?after=3&open=" + "9" * 5000)["exchanges"] == []


@pytest.mark.parametrize(
    ("query", "status"), [("?after=x", 400), ("?after=" + "9" * 5000, 400), ("?exchange=", 400), ("?exchange=7", 404)]
)
def test_senseless_questions_about_the_ledger(server: Server, query: str, status: int) -> None:
    reply = ask(server, get(f"/ledger.json{query}"))
    assert reply.status == status
    assert reply.error["message"]


def test_a_running_exchange_has_no_duration_yet(sim: Simulator) -> None:
    sim.script(Reply("late", latency=3600))
    with Server(sim) as server, Wire(server) as wire:
        wire.send(post())
        eventually(lambda: len(sim.ledger) == 1)
        assert ledger(server)["exchanges"][0]["seconds"] is None


def test_what_stands_beside_the_api_is_not_on_the_ledger(server: Server, sim: Simulator, log: list[str]) -> None:
    for path in ("/", "/ledger.json", "/favicon.ico"):
        ask(server, get(path))
    assert len(sim.ledger) == 0
    assert log == []
    assert ask(server, get("/v1")).status == 404
    assert len(sim.ledger) == 1


def test_the_page_runs_nothing_but_its_own_script(server: Server) -> None:
    reply = ask(server, get("/"))
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert re.search(r"script-src 'sha256-[\w+/=]+'; style-src 'sha256-", policy)
    assert "unsafe" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_self_contained_and_shows_everything_as_text() -> None:
    page = files("gradus.sim.server").joinpath("page.html").read_text(encoding="utf-8")
    assert page.count("<script>") == page.count("<style>") == 1
    assert "textContent" in page
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", " style=", " onclick", "src="):
        assert word not in page, word
    assert set(re.findall(r"https?://[^\s'\"]+", page)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8377", "[::1]:8377", "192.168.1.7"])
def test_hosts_that_are_this_machine(server: Server, host: str) -> None:
    assert ask(server, get("/", host=host)).status == 200


@pytest.mark.parametrize("path", ["/", "/ledger.json", "/script"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8377", "127.0.0.1.evil.example", "", "a:b:c"])
def test_a_name_that_was_made_to_point_here_is_turned_away(
    server: Server, sim: Simulator, path: str, host: str
) -> None:
    request = post(path, {"steps": ["owned"]}, host=host) if path == "/script" else get(path, host=host)
    assert ask(server, request).status == 403
    assert "pong" in str(ask(server, post()).json)


def test_the_name_that_it_was_told_to_listen_at_is_its_own(sim: Simulator) -> None:
    with Server(sim, host="localhost") as server:
        assert ask(server, get("/", host=f"localhost:{server.port}")).status == 200


def test_a_script_from_elsewhere(server: Server, sim: Simulator) -> None:
    steps = [
        "first",
        {"fault": "RateLimited", "retry_after": 2},
        {"reply": {"text": "..", "tool_calls": [{"name": "look", "arguments": {"a": 1}}]}},
    ]
    assert ask(server, post("/script", {"steps": steps})).json == {"added": 3}
    assert "first" in str(ask(server, post()).json)
    limited = ask(server, post())
    assert (limited.status, limited.headers["retry-after"]) == (429, "2")
    assert ask(server, post()).json["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "look"
    assert "pong" in str(ask(server, post()).json)
    assert sim.ledger.calls == 4


def test_a_script_in_utf_8_with_a_charset(server: Server) -> None:
    kind = "Application/JSON; charset=utf-8"
    assert ask(server, post("/script", {"steps": ["grün"]}, content_type=kind)).json == {"added": 1}
    assert "grün" in str(ask(server, post()).json)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_web_page_could_send_is_not_taken_for_a_script(server: Server, kind: str) -> None:
    assert ask(server, post("/script", {"steps": ["owned"]}, content_type=kind)).status == 415
    assert "pong" in str(ask(server, post()).json)


def test_a_bad_list_changes_nothing(server: Server) -> None:
    reply = ask(server, post("/script", {"steps": ["owned", {"fault": "Earthquake"}]}))
    assert (reply.status, reply.error["param"]) == (400, "steps[1].fault")
    assert "RateLimited" in reply.error["message"]
    assert ask(server, post("/script", b"{")).status == 400
    assert ask(server, get("/script")).status == 405
    assert "pong" in str(ask(server, post()).json)


def test_keys_show_nowhere(server: Server, log: list[str]) -> None:
    names = ("authorization", "api-key", "x-api-key", "cookie", "proxy-authorization", "openai-organization", "x-own")
    keys = {name: f"Bearer sk-secret-{place}" for place, name in enumerate(names)}
    assert ask(server, post("/v1/chat/completions?key=sk-secret-query", **keys)).status == 200
    assert ask(server, post("http://user:sk-secret@localhost/v1/chat/completions", **keys)).status == 200
    refused = ask(server, get("/v1/models", **keys).replace(b"cookie:", b"cookie"))
    assert refused.status == 400
    eventually(lambda: len(log) == 3)
    everything: list[str] = [
        *map(str, (ledger(server), ledger(server, "?exchange=0"), ledger(server, "?exchange=1"))),
        *log,
    ]
    everything += [ask(server, get("/")).body.decode(), refused.body.decode()]
    assert not [text for text in everything if "secret" in text]
    assert any("sim-small" in text for text in everything)
