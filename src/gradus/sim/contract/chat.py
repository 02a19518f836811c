"""What /v1/chat/completions accepts: C1, C2, C3 and C6."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import bad_request, invalid_type, invalid_value, missing_parameter
from .parameters import (
    ARRAY,
    BOOLEAN,
    CACHE_RETENTION,
    EFFORT,
    INTEGER,
    NAME_OR_OBJECT,
    OBJECT,
    POSITIVE,
    STRING,
    VERBOSITY,
    Parameter,
    check_metadata,
    check_parameters,
    check_value,
    empty_array,
    long_array,
    unsupported_parameter,
)
from .tools import (
    FUNCTION,
    check_allowed_tools,
    check_format,
    check_function,
    check_objects,
    check_tool_choice,
    check_tool_type,
)

PARAMETERS = {
    "audio": OBJECT,
    "frequency_penalty": Parameter("a decimal", -2, 2),
    "function_call": NAME_OR_OBJECT,
    "functions": ARRAY,
    "logit_bias": OBJECT,
    "logprobs": BOOLEAN,
    "max_completion_tokens": POSITIVE,
    "max_tokens": POSITIVE,
    "messages": ARRAY,
    "metadata": OBJECT,
    "modalities": Parameter("an array", choices=("text",)),
    "model": STRING,
    "moderation": OBJECT,
    "n": Parameter("an integer", 1, 128),
    "parallel_tool_calls": BOOLEAN,
    "prediction": OBJECT,
    "presence_penalty": Parameter("a decimal", -2, 2),
    "prompt_cache_key": STRING,
    "prompt_cache_options": OBJECT,
    "prompt_cache_retention": CACHE_RETENTION,
    "reasoning_effort": EFFORT,
    "response_format": OBJECT,
    "safety_identifier": STRING,
    "seed": INTEGER,
    "service_tier": Parameter("a string", choices=("auto", "default", "flex", "scale", "priority", "fast")),
    "stop": Parameter("a string or an array"),
    "store": BOOLEAN,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "temperature": Parameter("a decimal", 0, 2),
    "tool_choice": NAME_OR_OBJECT,
    "tools": ARRAY,
    "top_logprobs": Parameter("an integer", 0, 20),
    "top_p": Parameter("a decimal", 0, 1),
    "user": STRING,
    "verbosity": VERBOSITY,
    "web_search_options": OBJECT,
}
UNSUPPORTED = ("audio", "functions", "logprobs", "moderation", "top_logprobs", "web_search_options")
MAX_STOPS = 4
MAX_TOOLS = 128
BIAS = Parameter("an integer", -100, 100)
PREDICTION = {"content": Parameter("a string or an array"), "type": Parameter("a string", choices=("content",))}
CACHE_OPTIONS = {
    "mode": Parameter("a string", choices=("implicit", "explicit")),
    "ttl": Parameter("a string", choices=("30m",)),
}
UPDATE = {"metadata": OBJECT}
ROLES = ("system", "assistant", "user", "function", "tool", "developer")
# What an SDK parsed itself it sends back with the message: `parsed`, `parsed_arguments`, and of a stream `index`.
MESSAGE = {
    "annotations": ARRAY,
    "audio": OBJECT,
    "content": Parameter("a string or an array"),
    "function_call": OBJECT,
    "name": STRING,
    "parsed": OBJECT,
    "refusal": STRING,
    "role": Parameter("a string", choices=ROLES),
    "tool_call_id": STRING,
    "tool_calls": ARRAY,
}
# By type of part: what carries its content.
PARTS = {
    "text": "text",
    "refusal": "refusal",
    "image_url": "image_url",
    "input_audio": "input_audio",
    "file": "file",
}
TEXT_PART = {
    "annotations": ARRAY,
    "logprobs": ARRAY,
    "prompt_cache_breakpoint": OBJECT,
    "refusal": STRING,
    "text": STRING,
    "type": STRING,
}
TOOL = {"type": STRING, "function": OBJECT}
TOOL_CALL = {"id": STRING, "type": STRING, "function": OBJECT, "index": INTEGER}
CALLED = {"name": STRING, "arguments": STRING, "parsed_arguments": OBJECT}
TOOL_CHOICE = {"type": STRING, "function": OBJECT, "allowed_tools": OBJECT}
RESPONSE_FORMAT = {"type": STRING, "json_schema": OBJECT}
STREAM_OPTIONS = {"include_usage": BOOLEAN, "include_obfuscation": BOOLEAN}


def check_chat(body: dict[str, Any]) -> None:
    """Raises Rejected for a body that the API would turn down; the model's name is not looked at."""
    check_parameters(body, PARAMETERS, required=("model", "messages"))
    check_metadata(body.get("metadata"))
    _check_messages(body["messages"])
    _check_settings(body)
    _check_tools(body)
    _check_output(body)


def check_chat_update(body: dict[str, Any]) -> None:
    """Raises Rejected unless the body is what may be changed of a stored completion: its metadata."""
    check_parameters(body, UPDATE)
    if "metadata" not in body:
        raise missing_parameter("metadata")
    check_metadata(body["metadata"])


def _check_messages(messages: list[Any]) -> None:
    if not messages:
        raise empty_array("messages")
    for path, message in check_objects(messages, "messages"):
        check_parameters(message, MESSAGE, required=("role",), path=path)
        _check_tool_calls(message, path)
        _check_content(message, path)
    _check_pairing(messages)


def _check_content(message: dict[str, Any], path: str) -> None:
    content = message.get("content")
    if content is None:
        spoke_otherwise = any(message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio"))
        if message["role"] != "assistant" or not spoke_otherwise:
            raise bad_request("Invalid value for 'content': expected a string, got null.", f"{path}.content")
    if isinstance(content, list):
        for place, part in check_objects(content, f"{path}.content"):
            check_part(part, place, PARTS)


def check_part(part: dict[str, Any], path: str, parts: Mapping[str, str]) -> None:
    """One part of a message's content: it has a type and what that needs; a text has nothing but what belongs to it.

    Args:
        part: the part.
        path: where it lies in the body.
        parts: the types that the endpoint knows, each with the parameter that carries its content.
    """
    kind = part.get("type")
    if kind is None:
        raise missing_parameter(f"{path}.type")
    if not isinstance(kind, str):
        raise invalid_type(f"{path}.type", "a string", kind)
    if kind not in parts:
        raise invalid_value(f"{path}.type", kind, parts)
    if parts[kind] in ("text", "refusal"):
        check_parameters(part, TEXT_PART, required=(parts[kind],), path=path)
    elif parts[kind] and part.get(parts[kind]) is None:
        raise missing_parameter(f"{path}.{parts[kind]}")


def _check_tool_calls(message: dict[str, Any], path: str) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not calls:
        raise empty_array(f"{path}.tool_calls")
    for place, call in check_objects(calls, f"{path}.tool_calls"):
        check_parameters(call, TOOL_CALL, required=("id", "type", "function"), path=place)
        check_tool_type(call, place)
        check_parameters(call["function"], CALLED, required=("name", "arguments"), path=f"{place}.function")


def _check_pairing(messages: list[dict[str, Any]]) -> None:
    """C1 and C2: tool messages stand behind the assistant message that made the calls, one for each call."""
    waiting: dict[str, int | None] = {}  # by call id: the place of its answer
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            _answer(waiting, message, place)
            continue
        _check_answered(waiting, place)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        waiting = {call["id"]: None for call in calls or []}
    _check_answered(waiting, len(messages) - 1)


def _answer(waiting: dict[str, int | None], message: dict[str, Any], place: int) -> None:
    path = f"messages.[{place}]"
    if not waiting:
        rule = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        raise bad_request(f"Invalid parameter: {rule}", f"{path}.role")
    call_id = message.get("tool_call_id")
    if call_id is None:
        rule = "messages with role 'tool' must have a 'tool_call_id'."
        raise bad_request(f"Missing parameter 'tool_call_id': {rule}", f"{path}.tool_call_id")
    if call_id not in waiting:
        message_text = (
            f"Invalid parameter: 'tool_call_id' of '{call_id}' not found in 'tool_calls' of previous message."
        )
        raise bad_request(message_text, f"{path}.tool_call_id")
    first = waiting[call_id]
    if first is not None:
        where = f"in messages[{first}] and messages[{place}]"
        message_text = f"Invalid parameter: Duplicate value for 'tool_call_id' of '{call_id}', {where}."
        raise bad_request(message_text, f"{path}.tool_call_id")
    waiting[call_id] = place


def _check_answered(waiting: dict[str, int | None], place: int) -> None:
    open_calls = [call_id for call_id, answer in waiting.items() if answer is None]
    if open_calls:
        message = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}"
        )
        raise bad_request(message, f"messages.[{place}].role")


def _check_settings(body: dict[str, Any]) -> None:
    for name in UNSUPPORTED:
        if body.get(name):
            raise unsupported_parameter(name)
    for owner, owned in (("functions", "function_call"), ("tools", "parallel_tool_calls")):
        if body.get(owned) is not None and not body.get(owner):
            message = f"Invalid value for '{owned}': '{owned}' is only allowed when '{owner}' are specified."
            raise bad_request(message, owned)
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise bad_request(message, "max_tokens", "invalid_parameter_combination")
    for token, bias in (body.get("logit_bias") or {}).items():
        check_value(f"logit_bias.{token}", bias, BIAS)
    _check_stops(body.get("stop"))
    check_parameters(body.get("prompt_cache_options") or {}, CACHE_OPTIONS, path="prompt_cache_options")
    if body.get("prediction") is not None:
        check_parameters(body["prediction"], PREDICTION, required=("type", "content"), path="prediction")


def _check_stops(stops: Any) -> None:
    if not isinstance(stops, list):
        return
    if len(stops) > MAX_STOPS:
        raise long_array("stop", MAX_STOPS, len(stops))
    for place, stop in enumerate(stops):
        check_value(f"stop[{place}]", stop, STRING)


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    if tools == []:
        raise empty_array("tools")
    if tools and len(tools) > MAX_TOOLS:
        raise long_array("tools", MAX_TOOLS, len(tools))
    names = []
    for path, tool in check_objects(tools, "tools"):
        check_tool_type(tool, path)
        check_parameters(tool, TOOL, required=("function",), path=path)
        function = tool["function"]
        check_parameters(function, FUNCTION, required=("name",), path=f"{path}.function")
        check_function(function, f"{path}.function", f"{path}.function.parameters")
        names.append(function["name"])
    check_tool_choice(body.get("tool_choice"), _named(body.get("tool_choice")), names)


def _named(choice: Any) -> list[Any]:
    """The functions that a tool choice names."""
    if not isinstance(choice, dict):
        return []
    check_parameters(choice, TOOL_CHOICE, path="tool_choice")
    if choice.get("type") == "allowed_tools":
        chosen = check_allowed_tools(choice.get("allowed_tools"), "tool_choice.allowed_tools")
    else:
        chosen = [("tool_choice", choice)]
    functions = [tool.get("function") for _, tool in chosen]
    return [function.get("name") if isinstance(function, dict) else None for function in functions]


def _check_output(body: dict[str, Any]) -> None:
    form = body.get("response_format")
    if form is not None:
        check_parameters(form, RESPONSE_FORMAT, path="response_format")
        schema = form.get("json_schema")
        check_format(form.get("type"), schema, "response_format.json_schema", "response_format", None)
        if form["type"] == "json_object" and "json" not in json.dumps(body["messages"]).lower():
            message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type"
            raise bad_request(f"{message} 'json_object'.", "messages")
    options = body.get("stream_options")
    if options is not None:
        if not body.get("stream"):
            raise bad_request(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
            )
        check_parameters(options, STREAM_OPTIONS, path="stream_options")
