"""What /v1/responses accepts: C1, C2, C3 and C6."""

from __future__ import annotations

from typing import Any

from ..errors import bad_request, invalid_type, invalid_value
from .chat import check_part
from .parameters import (
    ARRAY,
    BOOLEAN,
    NAME_OR_OBJECT,
    OBJECT,
    POSITIVE,
    STRING,
    Parameter,
    check_metadata,
    check_parameters,
    empty_array,
)
from .tools import FORMAT, FUNCTION, check_format, check_function, check_objects, check_tool_choice, check_tool_type

PARAMETERS = {
    "access_programs": OBJECT,
    "background": BOOLEAN,
    "background_options": OBJECT,
    "context_management": ARRAY,
    "conversation": NAME_OR_OBJECT,
    "image": OBJECT,
    "include": ARRAY,
    "input": Parameter("a string or an array"),
    "instructions": STRING,
    "max_output_tokens": POSITIVE,
    "max_tool_calls": POSITIVE,
    "metadata": OBJECT,
    "model": STRING,
    "moderation": OBJECT,
    "parallel_tool_calls": BOOLEAN,
    "previous_response_id": STRING,
    "prompt": OBJECT,
    "prompt_cache_key": STRING,
    "prompt_cache_options": OBJECT,
    "prompt_cache_retention": STRING,
    "reasoning": OBJECT,
    "safety_identifier": STRING,
    "service_tier": STRING,
    "store": BOOLEAN,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "temperature": Parameter("a decimal", 0, 2),
    "text": OBJECT,
    "tool_choice": NAME_OR_OBJECT,
    "tools": ARRAY,
    "top_logprobs": Parameter("an integer", 0, 20),
    "top_p": Parameter("a decimal", 0, 1),
    "truncation": Parameter("a string", choices=("auto", "disabled")),
    "user": STRING,
}
MOVED = {"messages": "input", "response_format": "text.format"}
UNSUPPORTED = ("background", "conversation", "prompt", "top_logprobs")
ROLES = ("assistant", "system", "developer", "user")
ITEMS = {
    "message": {
        "content": Parameter("a string or an array"),
        "id": STRING,
        "phase": STRING,
        "role": Parameter("a string", choices=ROLES),
        "status": STRING,
        "type": STRING,
    },
    "function_call": {
        "arguments": STRING,
        "call_id": STRING,
        "id": STRING,
        "name": STRING,
        "namespace": STRING,
        "status": STRING,
        "type": STRING,
    },
    "function_call_output": {
        "call_id": STRING,
        "id": STRING,
        "output": Parameter("a string or an array"),
        "status": STRING,
        "type": STRING,
    },
}
REQUIRED = {
    "message": ("role", "content"),
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
REASONING = {
    "effort": Parameter("a string", choices=EFFORTS),
    "generate_summary": STRING,
    "summary": STRING,
}
TEXT = {"format": OBJECT, "verbosity": Parameter("a string", choices=("low", "medium", "high"))}
TEXT_FORMAT = {"type": STRING, **FORMAT}
TOOL = {"type": STRING, **FUNCTION}
TOOL_CHOICE = {"type": STRING, "name": STRING}
STREAM_OPTIONS = {"include_obfuscation": BOOLEAN}


def check_responses(body: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Raises Rejected for a body that the API would turn down; the model's name is not looked at.

    Args:
        body: the request.
        earlier: the items of the response that it continues, which may hold calls that it answers.
    """
    for name, place in MOVED.items():
        if name in body:
            hint = f"In the Responses API, this parameter has moved to '{place}'."
            raise bad_request(f"Unsupported parameter: '{name}'. {hint}", name, "unsupported_parameter")
    check_parameters(body, PARAMETERS, required=("model", "input"))
    for name in UNSUPPORTED:
        if body.get(name):
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            raise bad_request(message, name, "unsupported_parameter")
    check_metadata(body.get("metadata"))
    check_parameters(body.get("reasoning") or {}, REASONING, path="reasoning")
    items = body["input"]
    if isinstance(items, list):
        _check_items(items)
    _check_pairing([*earlier, *(items if isinstance(items, list) else [])])
    _check_tools(body)
    _check_output(body)


def _check_items(items: list[Any]) -> None:
    if not items:
        raise empty_array("input")
    for path, item in check_objects(items, "input"):
        kind = item.get("type", "message")
        if not isinstance(kind, str):
            raise invalid_type(f"{path}.type", "a string", kind)
        if kind not in ITEMS:
            raise invalid_value(f"{path}.type", kind, ITEMS)
        check_parameters(item, ITEMS[kind], required=REQUIRED[kind], path=path)
        key = "output" if kind == "function_call_output" else "content"
        parts = item.get(key)
        for place, part in check_objects(parts, f"{path}.{key}") if isinstance(parts, list) else ():
            check_part(part, place)


def _check_pairing(items: list[dict[str, Any]]) -> None:
    """C1 and C2: every output has a call before it, and every call has an output."""
    waiting: dict[str, bool] = {}  # by call id: whether it is answered
    for item in items:
        if item.get("type") == "function_call":
            waiting[item["call_id"]] = False
        if item.get("type") == "function_call_output":
            call_id = item["call_id"]
            if call_id not in waiting:
                raise bad_request(f"No tool call found for function call output with call_id {call_id}.", "input")
            waiting[call_id] = True
    for call_id, answered in waiting.items():
        if not answered:
            raise bad_request(f"No tool output found for function call {call_id}.", "input")


def _check_tools(body: dict[str, Any]) -> None:
    names = []
    for path, tool in check_objects(body.get("tools"), "tools"):
        check_tool_type(tool, path)
        check_parameters(tool, TOOL, required=("name",), path=path)
        check_function(tool, path, f"{path}.parameters")
        names.append(tool["name"])
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        check_parameters(choice, TOOL_CHOICE, path="tool_choice")
    check_tool_choice(choice, choice.get("name") if isinstance(choice, dict) else None, names)


def _check_output(body: dict[str, Any]) -> None:
    text = body.get("text") or {}
    check_parameters(text, TEXT, path="text")
    form = text.get("format")
    if form is not None:
        check_parameters(form, TEXT_FORMAT, path="text.format")
        settings = {name: value for name, value in form.items() if name != "type"}
        check_format(form.get("type"), settings, "text.format", "text.format.schema", "invalid_json_schema")
    options = body.get("stream_options")
    if options is not None:
        if not body.get("stream"):
            raise bad_request(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
            )
        check_parameters(options, STREAM_OPTIONS, path="stream_options")
