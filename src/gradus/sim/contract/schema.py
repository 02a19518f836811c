"""C3: what a JSON schema must look like under `strict: true`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FORBIDDEN = ("allOf", "dependentRequired", "dependentSchemas", "else", "if", "not", "oneOf", "then")
TYPED_OTHERWISE = ("type", "$ref", "anyOf", "enum", "const")


def strict_flaw(schema: Any) -> str:
    """The first thing that keeps a schema from being strict, worded as the API does, or "".

    Every object, at every level and in every definition, must set `additionalProperties` to false and require all its
    properties.

    Example:
        >>> strict_flaw({"type": "object", "properties": {}})
        "In context=(), 'additionalProperties' is required to be supplied and to be false."
    """
    flaw = root_flaw(schema)
    pending: list[tuple[tuple[str, ...], Any]] = [((), schema)]
    while pending and not flaw:
        path, part = pending.pop()
        flaw = next(_flaws(part, path), "")
        if not flaw:
            pending += reversed([((*path, *name), inner) for name, inner in _parts(part)])
    return flaw


def root_flaw(schema: Any) -> str:
    """What is wrong with a schema even if it is not strict: its root is no object."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "object":
        return ""
    return f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{kind}"'."""


def _flaws(schema: Any, path: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with this schema itself; the schemas inside it are looked at on their own."""
    if not isinstance(schema, dict):
        yield f"In context={path}, a schema must be an object."
        return
    for keyword in FORBIDDEN:
        if keyword in schema:
            yield f"In context={path}, '{keyword}' is not permitted."
    if not any(keyword in schema for keyword in TYPED_OTHERWISE):
        yield f"In context={path}, schema must have a 'type' key."
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema:
        yield from _object_flaws(schema, path)


def _object_flaws(schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    context = f"In context={path}, "
    if schema.get("additionalProperties") is not False:
        yield context + "'additionalProperties' is required to be supplied and to be false."
    properties = schema.get("properties") or {}
    required = schema.get("required", [])
    if not isinstance(properties, dict):
        yield context + "'properties' must be an object."
        return
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield context + "'required' must be an array of strings."
        return
    for name in properties:
        if name not in required:
            rule = "'required' is required to be supplied and to be an array including every key in properties."
            yield f"{context}{rule} Missing '{name}'."
    for name in required:
        if name not in properties:
            rule = "'required' must be an array that includes every key in `properties`."
            yield f"{context}{rule} Extra required key '{name}' supplied."


def _parts(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The schemas inside this one, each with the path to it."""
    for keyword in ("properties", "$defs", "definitions"):
        named = schema.get(keyword)
        for name, part in named.items() if isinstance(named, dict) else ():
            yield (keyword, name), part
    if "items" in schema:
        yield ("items",), schema["items"]
    choices = schema.get("anyOf")
    for place, part in enumerate(choices) if isinstance(choices, list) else ():
        yield ("anyOf", str(place)), part
