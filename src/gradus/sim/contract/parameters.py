"""The checks that every endpoint shares: is the parameter known, of the right type, in range."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Rejected, bad_request, describe, invalid_type, invalid_value, missing_parameter, unknown_parameter

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "a string": (str,),
    "an integer": (int,),
    "a decimal": (int, float),
    "a boolean": (bool,),
    "an array": (list,),
    "an object": (dict,),
    "a string or an array": (str, list),
    "a string or an object": (str, dict),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its JSON type as the API words it, and where it has any, its bounds or its choices.

    The choices of an array are those of its entries.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


STRING = Parameter("a string")
INTEGER = Parameter("an integer")
POSITIVE = Parameter("an integer", low=1)
BOOLEAN = Parameter("a boolean")
ARRAY = Parameter("an array")
OBJECT = Parameter("an object")
NAME_OR_OBJECT = Parameter("a string or an object")
EFFORT = Parameter("a string", choices=("none", "minimal", "low", "medium", "high", "xhigh", "max"))
VERBOSITY = Parameter("a string", choices=("low", "medium", "high"))
CACHE_RETENTION = Parameter("a string", choices=("in_memory", "24h"))
STATUS = Parameter("a string", choices=("in_progress", "completed", "incomplete"))

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAX_METADATA = 16
MAX_METADATA_NAME = 64
MAX_METADATA_VALUE = 512


def check_parameters(
    value: Mapping[str, Any], known: Mapping[str, Parameter], required: Collection[str] = (), path: str = ""
) -> None:
    """Hold an object of the request against its parameters; null counts as not given.

    Args:
        value: the body, or an object in it.
        known: the parameters it may have.
        required: those it must have.
        path: where the object lies in the body ("text.format"), for the error.

    Raises:
        Rejected: with code unknown_parameter, missing_required_parameter, invalid_type, invalid_value, or that of
            a bound (decimal_above_max_value).
    """
    prefix = f"{path}." if path else ""
    for name in value:
        if name not in known:
            raise unknown_parameter(prefix + name)
    for name in required:
        if value.get(name) is None:
            raise missing_parameter(prefix + name)
    for name, given in value.items():
        if given is not None:
            check_value(prefix + name, given, known[name])


def check_value(path: str, value: Any, parameter: Parameter) -> None:
    """Raises Rejected if the value has another type, or lies outside the bounds or choices."""
    if not has_type(value, parameter.kind):
        raise invalid_type(path, parameter.kind, value)
    if parameter.choices:
        _check_choice(path, value, parameter.choices)
    if parameter.low is not None and value < parameter.low:
        raise _out_of_bounds(path, value, "below", ">=", parameter.low)
    if parameter.high is not None and value > parameter.high:
        raise _out_of_bounds(path, value, "above", "<=", parameter.high)


def check_name(path: str, name: str) -> None:
    """Raises Rejected for a name, of a function or a schema, that has other letters than the API allows."""
    if not NAME.fullmatch(name):
        raise bad_request(
            f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]{1,64}$'.",
            path,
            "invalid_value",
        )


def has_type(value: object, kind: str) -> bool:
    # In Python a bool is an int; in JSON it is not.
    return isinstance(value, JSON_TYPES[kind]) and (kind == "a boolean" or not isinstance(value, bool))


def check_metadata(metadata: Mapping[str, Any] | None) -> None:
    """Raises Rejected unless all values are strings, there are at most 16, and none is too long."""
    for name, value in (metadata or {}).items():
        if not isinstance(value, str):
            raise invalid_type(f"metadata.{name}", "a string", value)
        if len(name) > MAX_METADATA_NAME:
            message = f"Invalid 'metadata': property name '{name}' is too long. Expected at most {MAX_METADATA_NAME}"
            raise bad_request(f"{message} characters.", "metadata", "property_name_above_max_length")
        if len(value) > MAX_METADATA_VALUE:
            message = f"Invalid 'metadata.{name}': string too long. Expected a string with maximum length"
            message = f"{message} {MAX_METADATA_VALUE}, but got a string with length {len(value)} instead."
            raise bad_request(message, f"metadata.{name}", "string_above_max_length")
    if metadata and len(metadata) > MAX_METADATA:
        raise bad_request(
            f"Invalid 'metadata': too many properties. Expected at most {MAX_METADATA}, but got {len(metadata)}.",
            "metadata",
            "object_above_max_properties",
        )


def empty_array(path: str) -> Rejected:
    message = f"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return bad_request(message, path, "empty_array")


def long_array(path: str, most: int, length: int) -> Rejected:
    message = f"Invalid '{path}': array too long. Expected an array with maximum length {most}, but got an array"
    return bad_request(f"{message} with length {length} instead.", path, "array_above_max_length")


def unsupported_parameter(name: str) -> Rejected:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return bad_request(message, name, "unsupported_parameter")


def _check_choice(path: str, value: Any, choices: Collection[str]) -> None:
    if isinstance(value, list):
        for place, entry in enumerate(value):
            if not isinstance(entry, str):
                raise invalid_type(f"{path}[{place}]", "a string", entry)
            _check_choice(f"{path}[{place}]", entry, choices)
    elif isinstance(value, str) and value not in choices:
        raise invalid_value(path, value, choices)


def _out_of_bounds(path: str, value: float, side: str, sign: str, bound: float) -> Rejected:
    extreme = "minimum" if side == "below" else "maximum"
    kind = describe(value).split()[-1]
    message = (
        f"Invalid '{path}': {kind} {side} {extreme} value. Expected a value {sign} {bound}, but got {value} instead."
    )
    return bad_request(message, path, f"{kind}_{side}_{extreme[:3]}_value")
