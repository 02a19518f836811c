"""What is stored can be fetched, listed, changed, cancelled and deleted, as the SDK's own methods ask for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionDeleted, ChatCompletionStoreMessage
from openai.types.responses import ResponseItem
from openai.types.responses.input_token_count_response import InputTokenCountResponse

from gradus.sim import ConnectionReset, CutStream, Reply, Request, Simulator, ToolCall
from gradus.sim.stored import KEPT, Store, Stored

Validate = Callable[[Any, Any], Any]
SMALL = "sim-small"


def make(client: OpenAI, said: str = "Where is the valve?", **options: Any) -> ChatCompletion:
    messages: Any = [{"role": "user", "content": said}]
    body = {"model": SMALL, "messages": messages, "store": True, **options}
    completion: ChatCompletion = client.chat.completions.create(**body)
    return completion


def get(sim: Simulator, path: str, method: str = "GET", body: Any = None, **query: str) -> Any:
    """The body of an answer, as it went over the wire."""
    raw = b"" if body is None else json.dumps(body).encode()
    response = sim.handle(Request(method, f"/v1/{path}", body=raw, query=query))
    return json.loads(b"".join(chunk for chunk in response.chunks if isinstance(chunk, bytes)))


def test_a_stored_completion_is_fetched_changed_and_deleted(sim: Simulator, client: OpenAI, strictly: Validate) -> None:
    sim.script("In hall 3.")
    made = make(client, metadata={"ticket": "7"})
    kept = client.chat.completions.retrieve(made.id)
    assert kept.choices == made.choices
    assert kept.usage == made.usage
    assert kept.metadata == {"ticket": "7"}
    strictly(ChatCompletion, get(sim, f"chat/completions/{made.id}"))
    changed = client.chat.completions.update(made.id, metadata={"ticket": "8"})
    assert changed.metadata == client.chat.completions.retrieve(made.id).metadata == {"ticket": "8"}
    assert client.chat.completions.update(made.id, metadata=None).metadata == {}
    strictly(ChatCompletion, get(sim, f"chat/completions/{made.id}", "POST", {"metadata": {"a": "b"}}))
    deleted = client.chat.completions.delete(made.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (made.id, True, "chat.completion.deleted")
    strictly(ChatCompletionDeleted, deleted.to_dict())
    for gone in (
        lambda: client.chat.completions.retrieve(made.id),
        lambda: client.chat.completions.update(made.id, metadata={}),
        lambda: client.chat.completions.delete(made.id),
        lambda: client.chat.completions.messages.list(made.id),
    ):
        with pytest.raises(openai.NotFoundError, match=made.id):
            gone()
    assert sim.ledger.calls == 1
    assert sim.unmet() == ""


@pytest.mark.parametrize("store", [{}, {"store": False}, {"store": None}])
def test_completions_are_not_stored_unless_asked(sim: Simulator, client: OpenAI, store: dict[str, Any]) -> None:
    sim.script("pong")
    client.post(
        "/chat/completions",
        body={"model": SMALL, "messages": [{"role": "user", "content": "ping"}], **store},
        cast_to=object,
    )
    assert list(client.chat.completions.list()) == []


def test_a_lost_answer_is_not_stored(sim: Simulator, client: OpenAI) -> None:
    sim.script(ConnectionReset(after_acting=True))
    with pytest.raises(openai.APIConnectionError):
        make(client.with_options(max_retries=0))
    assert list(client.chat.completions.list()) == []


@pytest.mark.parametrize("cut", [False, True])
def test_a_streamed_completion_is_stored_whole_under_the_id_of_its_chunks(
    sim: Simulator, client: OpenAI, cut: bool
) -> None:
    reply = Reply("In hall 3.", tool_calls=[ToolCall("lookup", {"part": "valve"})])
    sim.script(CutStream(reply, after=2) if cut else reply)
    stream = client.chat.completions.create(
        model=SMALL, messages=[{"role": "user", "content": "Where?"}], store=True, stream=True
    )
    ids = {chunk.id for chunk in stream}
    [kept] = client.chat.completions.list()
    assert ids == {kept.id}
    assert kept.object == "chat.completion"
    assert kept.choices[0].message.content == "In hall 3."
    assert [call.type for call in kept.choices[0].message.tool_calls or []] == ["function"]


def test_completions_are_listed_page_by_page(sim: Simulator, client: OpenAI, strictly: Validate) -> None:
    sim.otherwise("pong")
    made = [make(client).id for _ in range(25)]
    first = client.chat.completions.list()
    assert [entry.id for entry in first.data] == made[:20]
    assert first.has_more
    assert [entry.id for entry in client.chat.completions.list()] == made
    assert [entry.id for entry in client.chat.completions.list(limit=7, order="desc")] == made[::-1]
    last = client.chat.completions.list(after=made[22])
    assert ([entry.id for entry in last.data], last.has_more) == (made[23:], False)
    raw = get(sim, "chat/completions", limit="2")
    strictly(list[ChatCompletion], raw["data"])
    assert {key: value for key, value in raw.items() if key != "data"} == {
        "object": "list",
        "first_id": made[0],
        "last_id": made[1],
        "has_more": True,
    }


def test_an_empty_page_has_no_ids(sim: Simulator) -> None:
    nothing: dict[str, Any] = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert get(sim, "chat/completions") == nothing


def test_completions_are_found_by_model_and_metadata(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    small = make(client, metadata={"ticket": "7", "desk": "north"}).id
    large = make(client, model="sim-large", metadata={"ticket": "7"}).id
    old = make(client, model="sim-small-2026-03").id

    def found(**options: Any) -> list[str]:
        return [entry.id for entry in client.chat.completions.list(**options)]

    assert found() == [small, large, old]
    assert found(model="sim-large") == found(model="sim-large-2026-09") == [large]
    assert found(model="sim-small") == [small]
    assert found(model="sim-huge") == []
    assert found(metadata={"ticket": "7"}) == [small, large]
    assert found(metadata={"ticket": "7", "desk": "north"}) == [small]
    assert found(metadata={"ticket": "8"}) == []


def test_messages_of_a_completion(sim: Simulator, client: OpenAI, strictly: Validate) -> None:
    sim.script("Hall 3.")
    call: Any = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Where is the valve?"}]},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "hall 3"},
    ]
    made = client.chat.completions.create(model=SMALL, messages=messages, store=True)
    listed = list(client.chat.completions.messages.list(made.id, limit=3))
    assert [message.role for message in listed] == ["system", "user", "assistant", "tool"]
    assert [message.id for message in listed] == [f"{made.id}-{place}" for place in range(4)]
    assert [message.content for message in listed] == ["Be brief.", None, None, "hall 3"]
    parts = listed[1].content_parts
    assert parts is not None
    assert parts[0].to_dict() == {"type": "text", "text": "Where is the valve?"}
    assert [message.id for message in client.chat.completions.messages.list(made.id, order="desc")] == [
        message.id for message in listed[::-1]
    ]
    # The SDK's type allows for the assistant's messages alone, and the API lists all.
    for message in get(sim, f"chat/completions/{made.id}/messages")["data"][:3]:
        strictly(ChatCompletionStoreMessage, {**message, "role": "assistant"})


def test_input_items_of_a_response(sim: Simulator, client: OpenAI, strictly: Validate) -> None:
    sim.script("Hall 3.", "You are welcome.")
    items: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Where is the valve?"}]},
        {"role": "assistant", "content": "One moment."},
        {"type": "function_call", "call_id": "call_1", "name": "lookup", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "hall 3"},
    ]
    first = client.responses.create(model=SMALL, input=items)
    second = client.responses.create(model=SMALL, input="Thanks.", previous_response_id=first.id)
    listed = list(client.responses.input_items.list(first.id, order="asc", limit=2))
    assert [item.type for item in listed] == ["message"] * 3 + ["function_call", "function_call_output"]
    assert [getattr(item, "role", "") for item in listed] == ["developer", "user", "assistant", "", ""]
    assert [item.id for item in client.responses.input_items.list(first.id)] == [item.id for item in listed[::-1]]
    assert len({item.id for item in listed}) == 5
    raw = get(sim, f"responses/{first.id}/input_items", order="asc")
    strictly(list[ResponseItem], raw["data"])
    assert [item["content"][0]["text"] for item in raw["data"][:3]] == [
        "Be brief.",
        "Where is the valve?",
        "One moment.",
    ]
    # What went before belongs to the input, under the ids that it had.
    later = get(sim, f"responses/{second.id}/input_items", order="asc")["data"]
    strictly(list[ResponseItem], later)
    assert later[:5] == raw["data"]
    assert [item["content"][0]["text"] for item in later[5:]] == ["Hall 3.", "Thanks."]


def test_a_response_cannot_be_cancelled(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    made = client.responses.create(model=SMALL, input="ping")
    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.cancel(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.cancel("resp_x")
    assert client.responses.retrieve(made.id) == made


def test_token_counts_hold_to_the_type_of_the_sdk(sim: Simulator, strictly: Validate) -> None:
    strictly(InputTokenCountResponse, get(sim, "responses/input_tokens", "POST", {"input": "ping"}))


async def _roundtrip(client: AsyncOpenAI) -> list[str]:
    made = await client.chat.completions.create(model=SMALL, messages=[{"role": "user", "content": "?"}], store=True)
    return [made.id, *[entry.id async for entry in client.chat.completions.list()]]


def test_lists_asynchronously(sim: Simulator, async_client: AsyncOpenAI) -> None:
    sim.script("pong")
    made, listed = asyncio.run(_roundtrip(async_client))
    assert made == listed


@pytest.mark.parametrize(
    "path", ["chat/completions", "chat/completions/{chat}/messages", "responses/{resp}/input_items"]
)
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "integer_below_min_value"),
        ({"limit": "101"}, "integer_above_max_value"),
        ({"limit": "many"}, "invalid_type"),
        ({"order": "random"}, "invalid_value"),
        ({"after": "nobody"}, "invalid_value"),
    ],
)
def test_senseless_pages_are_refused(
    sim: Simulator, client: OpenAI, path: str, query: dict[str, str], code: str
) -> None:
    sim.script("pong", "pong")
    path = path.format(chat=make(client).id, resp=client.responses.create(model=SMALL, input="ping").id)
    error = get(sim, path, **query)["error"]
    assert (error["code"], error["param"]) == (code, next(iter(query)))


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "metadata"),
        ({"metadata": {"ticket": 7}}, "invalid_type", "metadata.ticket"),
        ({"metadata": {"ticket": "x" * 513}}, "string_above_max_length", "metadata.ticket"),
        ({"metadata": {"x" * 65: "7"}}, "property_name_above_max_length", "metadata"),
        ({"metadata": {}, "model": SMALL}, "unknown_parameter", "model"),
    ],
)
def test_only_metadata_can_be_changed(
    sim: Simulator, client: OpenAI, body: dict[str, Any], code: str, param: str
) -> None:
    sim.script("pong")
    made = make(client, metadata={"ticket": "7"})
    error = get(sim, f"chat/completions/{made.id}", "POST", body)["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert client.chat.completions.retrieve(made.id).metadata == {"ticket": "7"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "chat/completions", 405),
        ("PUT", "chat/completions/x", 405),
        ("POST", "chat/completions/x/messages", 405),
        ("GET", "chat/completions/x/choices", 404),
        ("GET", "responses", 405),
        ("POST", "responses/x", 405),
        ("GET", "responses/x/cancel", 405),
        ("POST", "responses/x/input_items", 405),
        ("GET", "responses/x/output", 404),
        ("GET", "moderations", 405),
    ],
)
def test_wrong_paths_and_methods(method: str, path: str, status: int) -> None:
    assert Simulator().handle(Request(method, f"/v1/{path}")).status == status


def test_only_the_last_1000_are_kept() -> None:
    store = Store("Response")
    for number in range(KEPT + 1):
        store.put(Stored({"id": str(number)}, []))
    assert len(list(store)) == KEPT
    assert store.get("0") is None
    assert store.find("1").body["id"] == "1"
    store.put(Stored({"id": "1", "metadata": {}}, []))
    assert next(iter(store)).body == {"id": "1", "metadata": {}}
