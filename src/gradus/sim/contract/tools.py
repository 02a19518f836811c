"""Tool definitions, tool choice and output formats, which the two endpoints write a little differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import bad_request, invalid_type, invalid_value, missing_parameter
from .parameters import ARRAY, BOOLEAN, OBJECT, STRING, Parameter, check_name, check_parameters
from .schema import root_flaw, strict_flaw

FUNCTION = {"name": STRING, "description": STRING, "parameters": OBJECT, "strict": BOOLEAN}
FORMAT = {"name": STRING, "description": STRING, "schema": OBJECT, "strict": BOOLEAN}
FORMATS = ("json_object", "json_schema", "text")
MODES = ("none", "auto", "required")
CHOICES = ("function", "allowed_tools")
ALLOWED_TOOLS = {"mode": Parameter("a string", choices=("auto", "required")), "tools": ARRAY}


def check_function(function: dict[str, Any], path: str, parameters_path: str) -> None:
    """One function: a name of the allowed letters, and parameters that are a schema (a strict one if it says so)."""
    name = function["name"]
    check_name(f"{path}.name", name)
    parameters = function.get("parameters")
    flaw = strict_flaw(parameters) if function.get("strict") else root_flaw(parameters) if parameters else ""
    if flaw:
        message = f"Invalid schema for function '{name}': {flaw}"
        raise bad_request(message, parameters_path, "invalid_function_parameters")


def check_objects(value: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """The entries of an array of objects, each with its path ("tools[0]"); Rejected if one is something else."""
    entries = [(f"{path}[{place}]", entry) for place, entry in enumerate(value or [])]
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise invalid_type(place, "an object", entry)
    return entries


def check_tool_type(tool: Mapping[str, Any], path: str) -> None:
    if tool.get("type") is None:
        raise missing_parameter(f"{path}.type")
    if tool["type"] != "function":
        raise invalid_value(f"{path}.type", tool["type"], ["function"])


def check_tool_choice(choice: Any, named: list[Any], names: list[str]) -> None:
    """`choice` as sent, `named` the functions it names if it is an object, and the names of the tools there are."""
    if choice is None:
        return
    if not names and choice not in ("none", "auto"):
        message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        raise bad_request(message, "tool_choice")
    if isinstance(choice, str):
        if choice not in MODES:
            raise invalid_value("tool_choice", choice, MODES)
    elif choice.get("type") not in CHOICES:
        raise invalid_value("tool_choice.type", choice.get("type"), CHOICES)
    for name in named:
        if name not in names:
            raise bad_request(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice", "invalid_value")


def check_allowed_tools(allowed: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """The tools of an "allowed_tools" choice, each with its path; Rejected if its mode or one of their types is wrong.

    Args:
        allowed: the object with `mode` and `tools`.
        path: where it lies in the body.
    """
    if not isinstance(allowed, dict):
        raise missing_parameter(path) if allowed is None else invalid_type(path, "an object", allowed)
    check_parameters(allowed, ALLOWED_TOOLS, required=("mode", "tools"), path=path)
    tools = check_objects(allowed["tools"], f"{path}.tools")
    for place, tool in tools:
        check_tool_type(tool, place)
    return tools


def check_format(kind: Any, form: Mapping[str, Any] | None, path: str, schema_path: str, code: str | None) -> None:
    """An output format.

    Args:
        kind: "text", "json_object" or "json_schema".
        form: where name, schema and strict stand, for "json_schema".
        path: of `form`, for errors.
        schema_path: the parameter that a flaw of the schema is blamed on.
        code: the code of such an error.
    """
    type_path = f"{path.removesuffix('.json_schema')}.type"
    if kind is None:
        raise missing_parameter(type_path)
    if kind not in FORMATS:
        raise invalid_value(type_path, kind, FORMATS)
    if kind != "json_schema":
        return
    if form is None:
        raise missing_parameter(path)
    check_parameters(form, FORMAT, required=("name", "schema"), path=path)
    check_name(f"{path}.name", form["name"])
    flaw = strict_flaw(form["schema"]) if form.get("strict") else ""
    if flaw:
        raise bad_request(f"Invalid schema for response_format '{form['name']}': {flaw}", schema_path, code)
