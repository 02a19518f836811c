"""Error bodies as the API sends them, and the exception by which the contract turns a request down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NEVER_RETRY = {"x-should-retry": "false"}


@dataclass(frozen=True)
class ApiError:
    """One error response: `{"error": {"message", "type", "param", "code"}}` under an HTTP status."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class Rejected(Exception):
    """The request is turned down with `error`."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Rejected:
    return Rejected(ApiError(400, message, code=code, param=param))


def unknown_parameter(param: str) -> Rejected:
    return bad_request(f"Unknown parameter: '{param}'.", param, "unknown_parameter")


def missing_parameter(param: str) -> Rejected:
    return bad_request(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def invalid_type(param: str, expected: str, value: object) -> Rejected:
    message = f"Invalid type for '{param}': expected {expected}, but got {describe(value)} instead."
    return bad_request(message, param, "invalid_type")


def invalid_value(param: str, value: object, supported: Iterable[str]) -> Rejected:
    choices = ", ".join(f"'{choice}'" for choice in supported)
    return bad_request(f"Invalid value: '{value}'. Supported values are: {choices}.", param, "invalid_value")


def model_not_found(name: str) -> Rejected:
    message = f"The model `{name}` does not exist or you do not have access to it."
    return Rejected(ApiError(404, message, code="model_not_found"))


def invalid_url(method: str, path: str) -> Rejected:
    return Rejected(ApiError(404, f"Invalid URL ({method} {path})"))


def method_not_allowed(method: str, path: str) -> Rejected:
    message = f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)"
    return Rejected(ApiError(405, message, code="method_not_supported"))


def describe(value: object) -> str:
    """A JSON value's type with its article, as error messages name it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "an integer", float: "a decimal", list: "an array", dict: "an object"}
    return names[type(value)]
