"""What the real API turns down is turned down here: with its status, type, code and parameter."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import openai
import pytest
from openai import OpenAI
from openai.types import EmbeddingCreateParams, ModerationCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import InputTokenCountParams
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from gradus.sim import Simulator
from gradus.sim.contract import chat, embeddings, moderations, responses
from gradus.sim.contract.parameters import Parameter
from gradus.sim.contract.schema import strict_flaw

USER = {"role": "user", "content": "ping"}
STRICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "places": {"type": "array", "items": {"$ref": "#/$defs/place"}},
        "owner": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/owner"}]},
        "level": {"enum": ["low", "high"]},
    },
    "required": ["name", "places", "owner", "level"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"hall": {"type": "integer"}},
            "required": ["hall"],
            "additionalProperties": False,
        },
        "owner": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    },
}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "lookup"}}
RESPONSE_TOOL = {"type": "function", "name": "lookup"}
PART = "messages[0].content[0].type"
IMAGE = "messages[0].content[0].image_url"
ITEM_PART = "input[0].content[0].type"


def allowed(name: str, mode: str = "auto") -> dict[str, Any]:
    """A tool choice of chat completions that allows for one function."""
    tools = [{"type": "function", "function": {"name": name}}]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.fixture(autouse=True)
def _one_reply_that_nobody_gets(sim: Simulator) -> Iterator[None]:
    """A refused request uses no step, and the model does nothing."""
    sim.script("pong")
    yield
    assert sim.unmet() == "1 scripted step was never asked for, the first of them 'pong'"
    assert all(not exchange.acted and exchange.cost == 0 for exchange in sim.ledger.exchanges)


def refused(client: OpenAI, path: str, body: dict[str, Any]) -> openai.APIStatusError:
    """The error that the SDK raises for this body."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.post(path, body=body, cast_to=object)
    return caught.value


def chat_error(client: OpenAI, **changes: Any) -> openai.APIStatusError:
    body = {"model": "sim-small", "messages": [USER], **changes}
    return refused(client, "/chat/completions", {key: value for key, value in body.items() if value is not ...})


def response_error(client: OpenAI, **changes: Any) -> openai.APIStatusError:
    body = {"model": "sim-small", "input": "ping", **changes}
    return refused(client, "/responses", {key: value for key, value in body.items() if value is not ...})


def calls(*ids: str) -> dict[str, Any]:
    function = {"name": "lookup", "arguments": "{}"}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": i, "type": "function", "function": function} for i in ids],
    }


def output(call_id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": "done"}


def function_call(call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "lookup", "arguments": "{}"}


def function_output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": "done"}


@pytest.mark.parametrize(
    ("messages", "param", "text"),
    [
        ([USER, output("a")], "messages.[1].role", "must be a response to a preceding message with 'tool_calls'"),
        ([calls("a"), output("a"), USER, output("a")], "messages.[3].role", "must be a response"),
        ([calls("a"), output("b")], "messages.[1].tool_call_id", "'b' not found in 'tool_calls'"),
        ([calls("a"), output("a"), output("a")], "messages.[2].tool_call_id", "in messages[1] and messages[2]"),
        ([calls("a"), {"role": "tool", "content": "x"}], "messages.[1].tool_call_id", "must have a 'tool_call_id'"),
        ([calls("a", "b"), output("a"), USER], "messages.[2].role", "did not have response messages: b"),
        ([USER, calls("a", "b")], "messages.[1].role", "did not have response messages: a, b"),
        ([calls("a"), calls("b"), output("b")], "messages.[1].role", "did not have response messages: a"),
    ],
)
def test_c1_and_c2_in_chat(client: OpenAI, messages: list[dict[str, Any]], param: str, text: str) -> None:
    error = chat_error(client, messages=messages)
    assert isinstance(error, openai.BadRequestError)
    assert (error.type, error.code, error.param) == ("invalid_request_error", None, param)
    assert text in str(error)


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([USER, function_output("a")], "No tool call found for function call output with call_id a."),
        ([function_output("a"), function_call("a")], "No tool call found for function call output with call_id a."),
        ([function_call("a"), function_call("b"), function_output("a")], "No tool output found for function call b."),
        ([function_call("a")], "No tool output found for function call a."),
    ],
)
def test_c1_and_c2_in_responses(client: OpenAI, items: list[dict[str, Any]], text: str) -> None:
    error = response_error(client, input=items)
    assert isinstance(error, openai.BadRequestError)
    assert (error.type, error.code, error.param) == ("invalid_request_error", None, "input")
    assert text in str(error)


def flawed(*path: str, **changes: Any) -> dict[str, Any]:
    """The strict schema with something changed at the end of the path; ... removes a key."""
    schema = copy.deepcopy(STRICT)
    part = schema
    for key in path:
        part = part[key]
    part |= changes
    for key in [key for key, value in part.items() if value is ...]:
        del part[key]
    return schema


FLAWS = [
    (
        flawed(additionalProperties=...),
        "In context=(), 'additionalProperties' is required to be supplied and to be false",
    ),
    (flawed(additionalProperties=True), "'additionalProperties' is required"),
    (flawed(required=["name", "places", "owner"]), "Missing 'level'"),
    (flawed(required=...), "Missing 'name'"),
    (flawed(required=[*STRICT["required"], "ghost"]), "Extra required key 'ghost' supplied"),
    (flawed("$defs", "place", additionalProperties=...), "In context=('$defs', 'place'), 'additionalProperties'"),
    (flawed("$defs", "place", required=[]), "In context=('$defs', 'place'), 'required'"),
    (flawed("properties", "places", items={"type": "object"}), "In context=('properties', 'places', 'items'), 'addi"),
    (flawed("properties", "owner", anyOf=[{"type": "object"}]), "In context=('properties', 'owner', 'anyOf', '0')"),
    (flawed("properties", name={}), "In context=('properties', 'name'), schema must have a 'type' key"),
    (flawed("properties", name={"oneOf": [{"type": "string"}]}), "'oneOf' is not permitted"),
    ({"type": "array", "items": {"type": "string"}}, """'type: "object"', got 'type: "array"'"""),
]


@pytest.mark.parametrize(("schema", "text"), FLAWS)
def test_c3_for_output_formats(client: OpenAI, schema: dict[str, Any], text: str) -> None:
    form = {"name": "part", "schema": schema, "strict": True}
    error = chat_error(client, response_format={"type": "json_schema", "json_schema": form})
    assert (error.status_code, error.code, error.param) == (400, None, "response_format")
    assert "Invalid schema for response_format 'part': " in str(error)
    assert text in error.body["message"]  # type: ignore[index]
    error = response_error(client, text={"format": {"type": "json_schema", **form}})
    assert (error.status_code, error.code, error.param) == (400, "invalid_json_schema", "text.format.schema")
    assert text in error.body["message"]  # type: ignore[index]


@pytest.mark.parametrize(("schema", "text"), FLAWS)
def test_c3_for_tools(client: OpenAI, schema: dict[str, Any], text: str) -> None:
    function = {"name": "lookup", "parameters": schema, "strict": True}
    error = chat_error(client, tools=[{"type": "function", "function": function}])
    assert (error.status_code, error.code) == (400, "invalid_function_parameters")
    assert error.param == "tools[0].function.parameters"
    assert text in error.body["message"]  # type: ignore[index]
    error = response_error(client, tools=[{"type": "function", **function}])
    assert (error.code, error.param) == ("invalid_function_parameters", "tools[0].parameters")


def test_a_strict_schema_has_no_flaw() -> None:
    assert strict_flaw(STRICT) == ""


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"tempreature": 0}, 400, "unknown_parameter", "tempreature"),
        ({"response_format": {"type": "text", "schema": {}}}, 400, "unknown_parameter", "response_format.schema"),
        ({"model": "sim-huge"}, 404, "model_not_found", None),
        ({"model": "sim-embed"}, 404, "model_not_found", None),
        ({"model": ...}, 400, "missing_required_parameter", "model"),
        ({"messages": ...}, 400, "missing_required_parameter", "messages"),
        ({"messages": []}, 400, "empty_array", "messages"),
        ({"messages": "ping"}, 400, "invalid_type", "messages"),
        ({"messages": ["ping"]}, 400, "invalid_type", "messages[0]"),
        ({"messages": [{"content": "ping"}]}, 400, "missing_required_parameter", "messages[0].role"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "invalid_value", "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, 400, None, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{}]}]},
            400,
            "missing_required_parameter",
            "messages[0].content[0].type",
        ),
        ({"messages": [{**calls("a"), "tool_calls": []}]}, 400, "empty_array", "messages[0].tool_calls"),
        ({"temperature": "hot"}, 400, "invalid_type", "temperature"),
        ({"temperature": 2.5}, 400, "decimal_above_max_value", "temperature"),
        ({"max_tokens": 0}, 400, "integer_below_min_value", "max_tokens"),
        ({"n": True}, 400, "invalid_type", "n"),
        ({"metadata": {"ticket": 7}}, 400, "invalid_type", "metadata.ticket"),
        ({"stream_options": {"include_usage": True}}, 400, None, "stream_options"),
        ({"logprobs": True}, 400, "unsupported_parameter", "logprobs"),
        ({"tool_choice": "required"}, 400, None, "tool_choice"),
        (
            {
                "tools": [{"type": "function", "function": {"name": "lookup"}}],
                "tool_choice": {"type": "function", "function": {"name": "reset"}},
            },
            400,
            "invalid_value",
            "tool_choice",
        ),
        ({"tools": [{"type": "web_search"}]}, 400, "invalid_value", "tools[0].type"),
        (
            {"tools": [{"type": "function", "function": {"name": "look up"}}]},
            400,
            "invalid_value",
            "tools[0].function.name",
        ),
        ({"response_format": {"type": "object"}}, 400, "invalid_value", "response_format.type"),
        ({"response_format": {"type": "json_object"}}, 400, None, "messages"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a part", "schema": STRICT}}},
            400,
            "invalid_value",
            "response_format.json_schema.name",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]},
            400,
            "invalid_value",
            PART,
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            400,
            "missing_required_parameter",
            IMAGE,
        ),
        ({"reasoning_effort": "huge"}, 400, "invalid_value", "reasoning_effort"),
        ({"service_tier": "cheap"}, 400, "invalid_value", "service_tier"),
        ({"verbosity": "chatty"}, 400, "invalid_value", "verbosity"),
        ({"prompt_cache_retention": "forever"}, 400, "invalid_value", "prompt_cache_retention"),
        ({"prompt_cache_options": {"ttl": "12h"}}, 400, "invalid_value", "prompt_cache_options.ttl"),
        ({"modalities": ["text", "audio"]}, 400, "invalid_value", "modalities[1]"),
        ({"prediction": {"type": "content"}}, 400, "missing_required_parameter", "prediction.content"),
        ({"logit_bias": {"17": 101}}, 400, "integer_above_max_value", "logit_bias.17"),
        ({"stop": ["a", "b", "c", "d", "e"]}, 400, "array_above_max_length", "stop"),
        ({"stop": [7]}, 400, "invalid_type", "stop[0]"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, 400, "invalid_parameter_combination", "max_tokens"),
        ({"parallel_tool_calls": False}, 400, None, "parallel_tool_calls"),
        ({"function_call": "auto"}, 400, None, "function_call"),
        ({"functions": [{"name": "lookup"}]}, 400, "unsupported_parameter", "functions"),
        ({"web_search_options": {"search_context_size": "low"}}, 400, "unsupported_parameter", "web_search_options"),
        ({"moderation": {"model": "sim-moderation"}}, 400, "unsupported_parameter", "moderation"),
        ({"tools": []}, 400, "empty_array", "tools"),
        ({"tools": [TOOL] * 129}, 400, "array_above_max_length", "tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, 400, "invalid_value", "tool_choice.type"),
        ({"tools": [TOOL], "tool_choice": allowed("reset")}, 400, "invalid_value", "tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": allowed("lookup", mode="always")},
            400,
            "invalid_value",
            "tool_choice.allowed_tools.mode",
        ),
    ],
)
def test_c6_and_malformed_chat_requests(
    client: OpenAI, changes: dict[str, Any], status: int, code: str | None, param: str | None
) -> None:
    error = chat_error(client, **changes)
    assert (error.status_code, error.code, error.param) == (status, code, param)
    assert error.type == "invalid_request_error"
    assert type(error) is {400: openai.BadRequestError, 404: openai.NotFoundError}[status]


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"tempreature": 0}, 400, "unknown_parameter", "tempreature"),
        ({"response_format": {}}, 400, "unsupported_parameter", "response_format"),
        (
            {"input": [{**function_call("a"), "parsed_arguments": {}}]},
            400,
            "unknown_parameter",
            "input[0].parsed_arguments",
        ),
        (
            {"text": {"format": {"type": "text", "json_schema": {}}}},
            400,
            "unknown_parameter",
            "text.format.json_schema",
        ),
        (
            {"text": {"format": {"type": "json_schema", "schema": STRICT}}},
            400,
            "missing_required_parameter",
            "text.format.name",
        ),
        ({"model": "sim-huge"}, 404, "model_not_found", None),
        ({"model": ...}, 400, "missing_required_parameter", "model"),
        ({"input": ...}, 400, "missing_required_parameter", "input"),
        ({"input": []}, 400, "empty_array", "input"),
        ({"input": 7}, 400, "invalid_type", "input"),
        ({"input": [{"type": "telegram"}]}, 400, "invalid_value", "input[0].type"),
        ({"input": [{"role": "tool", "content": "x"}]}, 400, "invalid_value", "input[0].role"),
        ({"previous_response_id": "resp_x"}, 400, "previous_response_not_found", "previous_response_id"),
        ({"reasoning": {"effort": "huge"}}, 400, "invalid_value", "reasoning.effort"),
        ({"background": True}, 400, "unsupported_parameter", "background"),
        ({"reasoning": {"context": "some"}}, 400, "invalid_value", "reasoning.context"),
        ({"reasoning": {"summary": "long"}}, 400, "invalid_value", "reasoning.summary"),
        ({"service_tier": "cheap"}, 400, "invalid_value", "service_tier"),
        ({"prompt_cache_retention": "forever"}, 400, "invalid_value", "prompt_cache_retention"),
        ({"prompt_cache_options": {"mode": "maybe"}}, 400, "invalid_value", "prompt_cache_options.mode"),
        ({"image": {"context_compression": "some"}}, 400, "invalid_value", "image.context_compression"),
        ({"include": ["everything"]}, 400, "invalid_value", "include[0]"),
        ({"include": ["message.output_text.logprobs"]}, 400, "unsupported_parameter", "include"),
        ({"context_management": [{"type": "compaction"}]}, 400, "unsupported_parameter", "context_management"),
        ({"input": [{**USER, "status": "done"}]}, 400, "invalid_value", "input[0].status"),
        ({"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, 400, "invalid_value", ITEM_PART),
        ({"text": {"format": {"type": "json_object"}}}, 400, None, "input"),
        (
            {"tools": [RESPONSE_TOOL], "tool_choice": {"type": "allowed_tools", "mode": "auto"}},
            400,
            "missing_required_parameter",
            "tool_choice.tools",
        ),
        (
            {
                "tools": [RESPONSE_TOOL],
                "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{**RESPONSE_TOOL, "name": "reset"}]},
            },
            400,
            "invalid_value",
            "tool_choice",
        ),
    ],
)
def test_c6_and_malformed_response_requests(
    client: OpenAI, changes: dict[str, Any], status: int, code: str | None, param: str | None
) -> None:
    error = response_error(client, **changes)
    assert (error.status_code, error.code, error.param) == (status, code, param)


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "sim-embed"}, 400, "input"),
        ({"model": "sim-embed", "input": ""}, 400, "input"),
        ({"model": "sim-embed", "input": ["valve", ""]}, 400, "input"),
        ({"model": "sim-embed", "input": [[1, 2]]}, 400, "input[0]"),
        ({"model": "sim-embed", "input": "valve", "dimensions": 385}, 400, "dimensions"),
        ({"model": "sim-embed", "input": ["valve"] * 2049}, 400, "input"),
        ({"model": "sim-small", "input": "valve"}, 404, None),
    ],
)
def test_malformed_embedding_requests(client: OpenAI, body: dict[str, Any], status: int, param: str | None) -> None:
    error = refused(client, "/embeddings", body)
    assert (error.status_code, error.param) == (status, param)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/completion", 404),
        ("GET", "/embeddings", 405),
        ("POST", "/models", 405),
        ("GET", "/models/x", 404),
    ],
)
def test_wrong_paths_and_methods(client: OpenAI, method: str, path: str, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.get(path, cast_to=object) if method == "GET" else client.post(path, body={}, cast_to=object)
    assert caught.value.status_code == status


@pytest.mark.parametrize(
    ("known", "params"),
    [
        (chat.PARAMETERS, CompletionCreateParamsStreaming),
        (responses.PARAMETERS, ResponseCreateParamsStreaming),
        (responses.COUNT, InputTokenCountParams),
        (embeddings.PARAMETERS, EmbeddingCreateParams),
        (moderations.PARAMETERS, ModerationCreateParams),
    ],
)
def test_the_parameters_are_those_of_the_installed_sdk(known: dict[str, Any], params: type) -> None:
    names = {name for base in params.__mro__ for name in getattr(base, "__annotations__", {})}
    assert set(known) == names


def literals(annotation: Any) -> set[str]:
    """The strings that a type of the SDK lists."""
    if get_origin(annotation) is Literal:
        return {value for value in get_args(annotation) if isinstance(value, str)}
    return {value for part in get_args(annotation) for value in literals(part)}


@pytest.mark.parametrize(
    ("known", "params"),
    [(chat.PARAMETERS, CompletionCreateParamsStreaming), (responses.PARAMETERS, ResponseCreateParamsStreaming)],
)
def test_the_choices_are_those_of_the_installed_sdk(known: dict[str, Parameter], params: type) -> None:
    # A model's name is free, tools are chosen by name too, and no model here speaks.
    listed = {name: literals(hint) - {"audio"} for name, hint in get_type_hints(params).items()}
    apart = ("model", "tool_choice", "function_call")
    assert {name: set(known[name].choices) for name in known if name not in apart} == {
        name: choices for name, choices in listed.items() if name not in apart
    }


def test_what_is_legal_is_answered() -> None:
    legal_chat: list[dict[str, Any]] = [
        {"reasoning_effort": "max"},
        {"tools": [TOOL], "tool_choice": allowed("lookup"), "parallel_tool_calls": False},
        {"modalities": ["text"], "prediction": {"type": "content", "content": "pong"}, "stop": ["a"]},
        {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "ping as JSON"}]},
    ]
    tool = {**RESPONSE_TOOL, "async": True, "defer_loading": False, "allowed_callers": ["direct"], "output_schema": {}}
    chosen = {"type": "allowed_tools", "mode": "required", "tools": [RESPONSE_TOOL]}
    breakpoint_part = {"type": "input_text", "text": "ping", "prompt_cache_breakpoint": {"mode": "explicit"}}
    legal_responses: list[dict[str, Any]] = [
        {"reasoning": {"effort": "max", "context": "auto", "mode": "pro"}, "include": ["reasoning.encrypted_content"]},
        {"tools": [tool], "tool_choice": chosen},
        {"tools": []},
        {"input": [{"role": "user", "content": [breakpoint_part]}]},
        {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
    ]
    other = Simulator()
    other.otherwise("pong")
    with other.client() as answered:
        for body in legal_chat:
            answered.post("/chat/completions", body={"model": "sim-small", "messages": [USER], **body}, cast_to=object)
        for body in legal_responses:
            answered.post("/responses", body={"model": "sim-small", "input": "ping", **body}, cast_to=object)
    assert {exchange.status for exchange in other.ledger.exchanges} == {200}
