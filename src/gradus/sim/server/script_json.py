"""Script steps as JSON, for callers in other languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import h11
from pydantic import TypeAdapter, ValidationError

from .. import faults
from ..errors import bad_request
from ..messages import Request, Sleep
from ..reply import Reply, ToolCall
from ..script import Step
from ..simulator import Simulator

FAULTS: dict[str, type[Any]] = {
    name: kind
    for name, kind in vars(faults).items()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == faults.__name__ and not name.startswith("_")
}
FORMS = 'a text, {"reply": {"text": ...}} or {"fault": "RateLimited", ...}'
REHEARSAL = {"model": "sim-small", "stream": True, "messages": [{"role": "user", "content": "ping"}]}


def read_steps(body: dict[str, Any]) -> list[Step]:
    """The steps in `{"steps": [...]}`, each of which can be played.

    Raises:
        Rejected: there is something else, and it says where and what is known.

    Example:
        >>> read_steps({"steps": ["pong", {"fault": "RateLimited", "retry_after": 2}]})
        ['pong', RateLimited(retry_after=2, retry_after_ms=None, should_retry=None)]
    """
    given = body.get("steps")
    if not isinstance(given, list) or set(body) != {"steps"}:
        raise bad_request(f'A script is {{"steps": [...]}}, each step {FORMS}.', "steps")
    return [_step(step, f"steps[{place}]") for place, step in enumerate(given)]


def _step(given: Any, path: str) -> Step:
    match given:
        case str():
            step: Step = given
        case {"reply": reply, **rest} if not rest:
            step = _reply(reply, f"{path}.reply")
        case {"fault": name, **rest}:
            step = _fault(name, rest, path)
        case _:
            raise bad_request(f"'{path}' is no step: a step is {FORMS}.", path)
    _rehearse(step, path)
    return step


def _reply(given: Any, path: str) -> Reply:
    if isinstance(given, str):
        return Reply(given)
    reply: Reply = _built(Reply, given, path)
    return reply


def _fault(name: object, given: dict[Any, Any], path: str) -> Step:
    if not isinstance(name, str) or name not in FAULTS:
        raise bad_request(f"There is no fault {name!r}. The faults are {', '.join(sorted(FAULTS))}.", f"{path}.fault")
    if isinstance(given.get("reply"), dict):
        _check_names(Reply, given["reply"], f"{path}.reply")
    fault: Step = _built(FAULTS[name], given, path)
    return fault


def _built(kind: type[Any], given: Any, path: str) -> Any:
    """An instance of the dataclass from its fields in JSON."""
    _check_names(kind, given, path)
    try:
        return TypeAdapter(kind).validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        # Of a field that may be one of several types, the name comes first and then the type that was tried.
        field = str(first["loc"][0]) if first["loc"] else ""
        place = f"{path}.{field}" if field else path
        raise bad_request(f"'{place}' does not fit {_signature(kind)}: {first['msg']}.", place) from None


def _check_names(kind: type[Any], given: Any, path: str) -> None:
    if not isinstance(given, dict):
        raise bad_request(f"'{path}' is not an object with the fields of {_signature(kind)}.", path)
    known = [field.name for field in fields(kind)]
    for name in given:
        if name not in known:
            raise bad_request(f"'{path}.{name}' is unknown. It is {_signature(kind)}.", f"{path}.{name}")
    calls = given.get("tool_calls") if kind is Reply else None
    for place, call in enumerate(calls if isinstance(calls, Sequence) else ()):
        _check_names(ToolCall, call, f"{path}.tool_calls[{place}]")


def _signature(kind: type[Any]) -> str:
    """The dataclass as it is written: "RateLimited(retry_after: float | str | None, ...)"."""
    return f"{kind.__name__}({', '.join(f'{field.name}: {field.type}' for field in fields(kind))})"


def _rehearse(step: Step, path: str) -> None:
    """Play the step to nobody: what cannot be sent is told to whoever wrote it, and not to whoever meets it."""
    stage = Simulator()
    stage.script(step)
    try:
        response = stage.handle(Request("POST", "/v1/chat/completions", body=json.dumps(REHEARSAL).encode()))
        pauses = [chunk.seconds for chunk in response.chunks if isinstance(chunk, Sleep)]
        if response.status:
            h11.Response(status_code=response.status, headers=list(response.headers.items()))
    except Exception as error:
        raise bad_request(f"'{path}' cannot be sent: {error}", path) from error
    if min(pauses, default=0) < 0:
        raise bad_request(f"'{path}' waits for less than no time.", path)
