"""Script steps as JSON: every fault by its name, and an answer to everything else that says what is known."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gradus.sim import (
    AwkwardStream,
    CutStream,
    Garbled,
    QuotaExhausted,
    RateLimited,
    Reply,
    Step,
    ToolCall,
    faults,
)
from gradus.sim.errors import Rejected
from gradus.sim.server.script_json import FAULTS, read_steps


@pytest.mark.parametrize(
    ("given", "step"),
    [
        ("pong", "pong"),
        ({"reply": "pong"}, Reply("pong")),
        ({"reply": {"text": "a", "usage": [1, 2], "latency": 1}}, Reply("a", usage=(1, 2), latency=1.0)),
        (
            {"reply": {"tool_calls": [{"name": "look", "arguments": "{broken"}], "finish_reason": "length"}},
            Reply(tool_calls=[ToolCall("look", "{broken")], finish_reason="length"),
        ),
        ({"fault": "RateLimited", "retry_after": 2}, RateLimited(retry_after=2)),
        ({"fault": "RateLimited", "retry_after": "soon", "should_retry": False}, RateLimited("soon", None, False)),
        ({"fault": "QuotaExhausted"}, QuotaExhausted()),
        ({"fault": "CutStream", "reply": "a b c", "after": 2}, CutStream("a b c", 2)),
        ({"fault": "CutStream", "reply": {"refusal": "no"}, "after": 0}, CutStream(Reply(refusal="no"), 0)),
        ({"fault": "AwkwardStream", "reply": "a", "chunk_bytes": 3}, AwkwardStream("a", chunk_bytes=3)),
        ({"fault": "Garbled", "body": "<html>", "status": 502}, Garbled("<html>", 502)),
    ],
)
def test_steps(given: Any, step: Step) -> None:
    assert read_steps({"steps": ["before", given]}) == ["before", step]


def test_every_fault_is_known_by_its_name() -> None:
    kinds = [kind for kind in vars(faults).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
    assert {kind.__name__ for kind in kinds if not kind.__name__.startswith("_")} - {"ApiError", "Reply"} == set(FAULTS)
    needed: dict[str, Any] = {"reply": "a b", "after": 1, "body": "x"}
    for name, kind in FAULTS.items():
        required = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        [step] = read_steps({"steps": [{"fault": name, **{field: needed[field] for field in required}}]})
        assert type(step) is kind


@pytest.mark.parametrize(
    ("given", "param", "words"),
    [
        (3, "steps[0]", "is no step"),
        (None, "steps[0]", "is no step"),
        ({}, "steps[0]", "is no step"),
        ({"reply": "a", "after": 1}, "steps[0]", "is no step"),
        ({"reply": 3}, "steps[0].reply", "text: str | None"),
        ({"reply": {"txt": "a"}}, "steps[0].reply.txt", "text: str | None"),
        ({"reply": {"text": 3}}, "steps[0].reply.text", "valid string"),
        ({"reply": {"text": "a", "finish_reason": "end"}}, "steps[0].reply.finish_reason", "'stop'"),
        ({"reply": {"tool_calls": [{"nam": "a"}]}}, "steps[0].reply.tool_calls[0].nam", "name: str"),
        ({"reply": {"tool_calls": ["look"]}}, "steps[0].reply.tool_calls[0]", "name: str"),
        ({"reply": {"text": "a", "latency": -1}}, "steps[0]", "less than no time"),
        ({"reply": {"text": "a", "usage": [10**400, 1]}}, "steps[0]", "cannot be sent"),
        ({"fault": 3}, "steps[0].fault", "RateLimited"),
        ({"fault": ["RateLimited"]}, "steps[0].fault", "RateLimited"),
        ({"fault": "Reply", "text": "a"}, "steps[0].fault", "RateLimited"),
        ({"fault": "_Broken", "reply": "a", "after": 1}, "steps[0].fault", "RateLimited"),
        ({"fault": "RateLimited", "after": 2}, "steps[0].after", "retry_after"),
        ({"fault": "RateLimited", "retry_after": [2]}, "steps[0].retry_after", "retry_after: float | str | None"),
        ({"fault": "RateLimited", "retry_after": "1\r\nset-cookie: a"}, "steps[0]", "cannot be sent"),
        ({"fault": "RateLimited", "should_retry": "yes"}, "steps[0].should_retry", "valid boolean"),
        ({"fault": "ServerError", "status": 5}, "steps[0]", "cannot be sent"),
        ({"fault": "ServerError", "status": "503"}, "steps[0].status", "valid integer"),
        ({"fault": "CutStream", "reply": "a"}, "steps[0].after", "required"),
        ({"fault": "CutStream", "reply": {"txt": "a"}, "after": 1}, "steps[0].reply.txt", "text: str | None"),
        ({"fault": "CutStream", "reply": 3, "after": 1}, "steps[0].reply", "reply: Reply | str"),
        ({"fault": "AwkwardStream", "reply": "a", "chunk_bytes": 0}, "steps[0]", "at least 1"),
        ({"fault": "Garbled", "body": "x", "content_type": "ä"}, "steps[0]", "cannot be sent"),
    ],
)
def test_what_is_no_step(given: Any, param: str, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_steps({"steps": [given]})
    error = caught.value.error
    assert (error.status, error.param) == (400, param)
    assert words in error.message


@pytest.mark.parametrize("body", [{}, {"steps": "pong"}, {"steps": None}, {"steps": [], "seed": 1}])
def test_what_is_no_script(body: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match=r'^A script is \{"steps"'):
        read_steps(body)
