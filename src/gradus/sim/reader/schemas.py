"""What a JSON schema allows: references followed, and values that fit or are made to."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from .patterns import example_of

FORMATS = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "date-time": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})",
    "time": r"\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})",
    "duration": r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "ipv4": r"(?:\d{1,3}\.){3}\d{1,3}",
    "uri": r"[a-z][a-z0-9+.-]*:\S+",
    "hostname": r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?",
}
EXAMPLES = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:00:00Z",
    "time": "09:00:00Z",
    "duration": "PT1H",
    "email": "service@example.com",
    "uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "hostname": "example.com",
}
DEEPEST = 5  # levels of a form that are looked through
REFERENCES_FOLLOWED = 20


def resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, references followed and what it combines put together."""
    found = schema if isinstance(schema, dict) else {}
    for _ in range(REFERENCES_FOLLOWED):
        name = found.get("$ref")
        if not isinstance(name, str):
            break
        beside = {key: value for key, value in found.items() if key != "$ref"}
        found = {**_at(name, root), **beside}
    parts = found.get("allOf")
    if isinstance(parts, list) and parts:
        found = _merged(found, [part if isinstance(part, dict) else {} for part in parts], root)
    return found


def alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of which one has to hold, or [] where there is no choice."""
    for keyword in ("anyOf", "oneOf"):
        given = schema.get(keyword)
        if isinstance(given, list) and given:
            rest = {key: value for key, value in schema.items() if key not in (keyword, "default")}
            return [{**rest, **part} for part in given if isinstance(part, dict)]
    kinds = schema.get("type")
    if isinstance(kinds, list) and "enum" not in schema and "const" not in schema:
        return [{**schema, "type": kind} for kind in kinds]
    return []


def admits_null(schema: Any, root: dict[str, Any], depth: int = 0) -> bool:
    """Whether null is a value of it."""
    known = resolved(schema, root)
    if "const" in known:
        return known["const"] is None
    if isinstance(known.get("enum"), list):
        return None in known["enum"]
    if depth > REFERENCES_FOLLOWED:
        return False
    choices = alternatives(known)
    if choices:
        return any(admits_null(choice, root, depth + 1) for choice in choices)
    return known.get("type") == "null"


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of an object's schema."""
    given = schema.get("properties")
    return given if isinstance(given, dict) else {}


def required(schema: dict[str, Any]) -> list[str]:
    """The names of the properties that have to be there."""
    given = schema.get("required")
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def kind_of(schema: dict[str, Any]) -> str:
    """What type of value it describes; "string" where it does not say."""
    given = schema.get("type")
    if isinstance(given, str):
        return given
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def bound(schema: dict[str, Any], keyword: str, otherwise: float) -> float:
    """A number that a schema gives under a keyword."""
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a text, a number or a boolean is a value of a schema that is no choice."""
    if "const" in schema and not same(value, schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(same(value, one) for one in schema["enum"]):
        return False
    kind = schema.get("type")
    if isinstance(value, bool) or value is None:
        return kind in (None, "null" if value is None else "boolean")
    if isinstance(value, str):
        return kind in (None, "string") and _text_fits(value, schema)
    if isinstance(value, int | float):
        whole = float(value).is_integer()
        return (kind in (None, "number") or (kind == "integer" and whole)) and _number_fits(value, schema)
    return False


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def into_range(value: float, schema: dict[str, Any]) -> float | int | None:
    """The nearest number that the schema allows, or None where none is."""
    low, high = _range(schema)
    step = bound(schema, "multipleOf", 1 if schema.get("type") == "integer" else 0)
    near = min(max(value, low), high)
    if step > 0:
        near = round(near / step) * step
        near = near + step if near < low else near - step if near > high else near
    made: float | int = int(near) if float(near).is_integer() and (step == 0 or float(step).is_integer()) else near
    return made if fits(made, schema) else None


def text_for(schema: dict[str, Any], otherwise: str) -> str | None:
    """A text that the schema allows: the one that is given, if it can be made to fit."""
    form = schema.get("format")
    if isinstance(schema.get("pattern"), str):
        candidates = [otherwise, example_of(schema["pattern"])]
    elif isinstance(form, str) and form in EXAMPLES:
        candidates = [otherwise, EXAMPLES[form]]
    else:
        candidates = [_to_length(otherwise, schema)]
    return next((text for text in candidates if text is not None and fits(text, schema)), None)


def smallest(schema: Any, root: dict[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """Some value of the schema, as small as can be found without growing into itself."""
    if len(seen) > REFERENCES_FOLLOWED:
        return None
    given = schema if isinstance(schema, dict) else {}
    if given.get("$ref") in seen:
        return None
    inside = (*seen, str(given.get("$ref", "")))
    known = resolved(given, root)
    if admits_null(known, root):
        return None
    for keyword, value in (("const", [known.get("const")]), ("enum", known.get("enum"))):
        if keyword in known and isinstance(value, list) and value:
            return value[0]
    choices = alternatives(known)
    if choices:
        choice = min(choices, key=lambda part: _size(part, root, inside))
        return smallest(choice, root, inside)
    kind = kind_of(known)
    if kind == "object":
        return {name: smallest(properties(known).get(name), root, inside) for name in required(known)}
    if kind == "array":
        return [smallest(known.get("items"), root, inside) for _ in range(int(min(bound(known, "minItems", 0), 50)))]
    if kind in ("integer", "number"):
        return into_range(0, known) or 0
    return False if kind == "boolean" else text_for(known, "unspecified") or ""


def _size(schema: dict[str, Any], root: dict[str, Any], seen: tuple[str, ...]) -> int:
    known = resolved(schema, root)
    kind = "enum" if "enum" in known or "const" in known else kind_of(known)
    return {"object": 3, "array": 2}.get(kind, 1) + 4 * (schema.get("$ref") in seen)


def _at(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    """What a reference such as "#/$defs/Line" points to."""
    place: Any = root
    for part in reference.lstrip("#").strip("/").split("/") if reference.strip("#/") else ():
        part = part.replace("~1", "/").replace("~0", "~")
        place = place.get(part) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else {}


def _merged(schema: dict[str, Any], parts: list[dict[str, Any]], root: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in (*parts, {key: value for key, value in schema.items() if key != "allOf"}):
        known = {**_at(part["$ref"], root), **part} if isinstance(part.get("$ref"), str) else part
        both = {**properties(merged), **properties(known)}
        needed = list(dict.fromkeys((*required(merged), *required(known))))
        merged = {**merged, **known}
        if both:
            merged |= {"properties": both, "required": needed}
    return {key: value for key, value in merged.items() if key not in ("$ref", "allOf")}


def _text_fits(value: str, schema: dict[str, Any]) -> bool:
    if not bound(schema, "minLength", 0) <= len(value) <= bound(schema, "maxLength", math.inf):
        return False
    form, pattern = schema.get("format"), schema.get("pattern")
    if isinstance(form, str) and form in FORMATS and not re.fullmatch(FORMATS[form], value):
        return False
    if form in ("date", "date-time") and not _is_date(value[:10]):
        return False
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except re.error:
        return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _range(schema: dict[str, Any]) -> tuple[float, float]:
    nudge = 1 if schema.get("type") == "integer" else 0.01
    low = max(bound(schema, "minimum", -math.inf), bound(schema, "exclusiveMinimum", -math.inf) + nudge)
    high = min(bound(schema, "maximum", math.inf), bound(schema, "exclusiveMaximum", math.inf) - nudge)
    return low, max(low, high)


def _number_fits(value: float, schema: dict[str, Any]) -> bool:
    if not bound(schema, "minimum", -math.inf) <= value <= bound(schema, "maximum", math.inf):
        return False
    if not bound(schema, "exclusiveMinimum", -math.inf) < value < bound(schema, "exclusiveMaximum", math.inf):
        return False
    step = bound(schema, "multipleOf", 0)
    return step <= 0 or float(value / step).is_integer()


def _to_length(text: str, schema: dict[str, Any]) -> str:
    low, high = int(min(bound(schema, "minLength", 0), 5000)), bound(schema, "maxLength", math.inf)
    text = text if len(text) <= high else text[: max(0, int(high))]
    return text if len(text) >= low else (text or "-") * (low // max(1, len(text or "-")) + 1)


def walk(
    schema: Any, root: dict[str, Any], depth: int = 0, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property at every level, with its schema; one that stands within itself is not followed."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if depth > DEEPEST or reference in above:
        return
    known = resolved(schema, root)
    above = (*above, reference) if isinstance(reference, str) else above
    for choice in alternatives(known):
        yield from walk(choice, root, depth + 1, above)
    if "items" in known:
        yield from walk(known["items"], root, depth + 1, above)
    for name, part in properties(known).items():
        yield name, resolved(part, root)
        yield from walk(part, root, depth + 1, above)


def dumped(value: Any) -> str:
    """The JSON text of a value."""
    return json.dumps(value, ensure_ascii=False)
