"""What /v1/responses accepts: C1, C2, C3 and C6."""

from __future__ import annotations

import json
from typing import Any

from ..errors import bad_request, invalid_type, invalid_value
from .chat import check_part
from .parameters import (
    ARRAY,
    BOOLEAN,
    CACHE_RETENTION,
    EFFORT,
    NAME_OR_OBJECT,
    OBJECT,
    POSITIVE,
    STATUS,
    STRING,
    VERBOSITY,
    Parameter,
    check_metadata,
    check_parameters,
    empty_array,
    unsupported_parameter,
)
from .tools import (
    FORMAT,
    FUNCTION,
    check_allowed_tools,
    check_format,
    check_function,
    check_objects,
    check_tool_choice,
    check_tool_type,
)

INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
TRUNCATION = Parameter("a string", choices=("auto", "disabled"))
PARAMETERS = {
    "access_programs": OBJECT,
    "background": BOOLEAN,
    "background_options": OBJECT,
    "context_management": ARRAY,
    "conversation": NAME_OR_OBJECT,
    "image": OBJECT,
    "include": Parameter("an array", choices=INCLUDABLE),
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
    "prompt_cache_retention": CACHE_RETENTION,
    "reasoning": OBJECT,
    "safety_identifier": STRING,
    "service_tier": Parameter("a string", choices=TIERS),
    "store": BOOLEAN,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "temperature": Parameter("a decimal", 0, 2),
    "text": OBJECT,
    "tool_choice": NAME_OR_OBJECT,
    "tools": ARRAY,
    "top_logprobs": Parameter("an integer", 0, 20),
    "top_p": Parameter("a decimal", 0, 1),
    "truncation": TRUNCATION,
    "user": STRING,
}
COUNT = {
    "conversation": NAME_OR_OBJECT,
    "input": Parameter("a string or an array"),
    "instructions": STRING,
    "model": STRING,
    "parallel_tool_calls": BOOLEAN,
    "personality": STRING,
    "previous_response_id": STRING,
    "reasoning": OBJECT,
    "text": OBJECT,
    "tool_choice": NAME_OR_OBJECT,
    "tools": ARRAY,
    "truncation": TRUNCATION,
}
MOVED = {"messages": "input", "response_format": "text.format"}
UNSUPPORTED = (
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "moderation",
    "prompt",
    "top_logprobs",
)
ROLES = ("assistant", "system", "developer", "user")
ITEMS = {
    "message": {
        "content": Parameter("a string or an array"),
        "id": STRING,
        "phase": Parameter("a string", choices=("commentary", "final_answer")),
        "role": Parameter("a string", choices=ROLES),
        "status": STATUS,
        "type": STRING,
    },
    "function_call": {
        "arguments": STRING,
        "async": BOOLEAN,
        "call_id": STRING,
        "caller": OBJECT,
        "id": STRING,
        "name": STRING,
        "namespace": STRING,
        "status": STATUS,
        "type": STRING,
    },
    "function_call_output": {
        "call_id": STRING,
        "caller": OBJECT,
        "id": STRING,
        "name": STRING,
        "namespace": STRING,
        "output": Parameter("a string or an array"),
        "status": STATUS,
        "type": STRING,
    },
}
REQUIRED = {
    "message": ("role", "content"),
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
}
PARTS = {
    "input_text": "text",
    "output_text": "text",
    "refusal": "refusal",
    "input_image": "",
    "input_file": "",
}
SUMMARY = Parameter("a string", choices=("auto", "concise", "detailed"))
REASONING = {
    "context": Parameter("a string", choices=("auto", "current_turn", "all_turns")),
    "effort": EFFORT,
    "generate_summary": SUMMARY,
    "mode": STRING,
    "summary": SUMMARY,
}
CACHE_OPTIONS = {
    "comparison_response_id": STRING,
    "mode": Parameter("a string", choices=("implicit", "explicit")),
    "prewarm": BOOLEAN,
    "ttl": Parameter("a string", choices=("30m", "12h")),
}
IMAGE = {"context_compression": Parameter("a string", choices=("auto", "enabled", "disabled"))}
TEXT = {"format": OBJECT, "verbosity": VERBOSITY}
TEXT_FORMAT = {"type": STRING, **FORMAT}
TOOL = {
    "type": STRING,
    **FUNCTION,
    "allowed_callers": Parameter("an array", choices=("direct", "programmatic")),
    "async": BOOLEAN,
    "defer_loading": BOOLEAN,
    "output_schema": OBJECT,
}
TOOL_CHOICE = {"type": STRING, "name": STRING, "mode": STRING, "tools": ARRAY}
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
    if "message.output_text.logprobs" in (body.get("include") or []):
        raise unsupported_parameter("include")
    check_metadata(body.get("metadata"))
    check_parameters(body.get("image") or {}, IMAGE, path="image")
    check_parameters(body.get("prompt_cache_options") or {}, CACHE_OPTIONS, path="prompt_cache_options")
    _check_prompt(body, earlier)
    _check_output(body)


def check_input_tokens(body: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Raises Rejected for a body whose tokens the API would not count. Arguments: see check_responses."""
    check_parameters(body, COUNT)
    _check_prompt(body, earlier)


def _check_prompt(body: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """What makes up the prompt, and what shapes the answer to it."""
    for name in UNSUPPORTED:
        if body.get(name):
            raise unsupported_parameter(name)
    check_parameters(body.get("reasoning") or {}, REASONING, path="reasoning")
    items = body.get("input")
    if isinstance(items, list):
        _check_items(items)
    _check_pairing([*earlier, *(items if isinstance(items, list) else [])])
    _check_tools(body)
    _check_format(body, earlier)


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
            check_part(part, place, PARTS)


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
    check_tool_choice(body.get("tool_choice"), _named(body.get("tool_choice")), names)


def _named(choice: Any) -> list[Any]:
    """The functions that a tool choice names."""
    if not isinstance(choice, dict):
        return []
    check_parameters(choice, TOOL_CHOICE, path="tool_choice")
    if choice.get("type") != "allowed_tools":
        return [choice.get("name")]
    allowed = {name: value for name, value in choice.items() if name != "type"}
    return [tool.get("name") for _, tool in check_allowed_tools(allowed, "tool_choice")]


def _check_format(body: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    text = body.get("text") or {}
    check_parameters(text, TEXT, path="text")
    form = text.get("format")
    if form is not None:
        check_parameters(form, TEXT_FORMAT, path="text.format")
        settings = {name: value for name, value in form.items() if name != "type"}
        check_format(form.get("type"), settings, "text.format", "text.format.schema", "invalid_json_schema")
        prompt = [body.get("instructions"), earlier, body.get("input")]
        if form["type"] == "json_object" and "json" not in json.dumps(prompt).lower():
            message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type"
            raise bad_request(f"{message} 'json_object'.", "input")


def _check_output(body: dict[str, Any]) -> None:
    options = body.get("stream_options")
    if options is not None:
        if not body.get("stream"):
            raise bad_request(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
            )
        check_parameters(options, STREAM_OPTIONS, path="stream_options")
