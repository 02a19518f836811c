"""What a worker's fork server imports and tries out before it forks, so that no learner waits for it.

A parent that forks may import and compute, but must not start threads: tests/grading/test_preload.py counts them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import sys
from collections.abc import Callable, Sequence

from gradus.sim import Request, Response, VirtualClock

# Parts that a library imports only when they are first used.
LATER_PARTS = {
    "fastapi": ("pydantic.v1", "anyio._backends._asyncio"),
    "chromadb": ("chromadb.api.rust", "chromadb.telemetry.product.posthog"),
    "langgraph": (
        "langgraph.graph",
        "langgraph.types",
        "langgraph.checkpoint.sqlite",
        "langchain_core.tracers.context",
        "langchain_core.tracers.stdout",
    ),
}


def preload(libraries: Sequence[str]) -> None:
    """Import libraries, with the parts that are slow and of no use here kept out (tests/facts pins them).

    The collector is off meanwhile: it would walk a growing heap in vain.
    """
    # Two seconds of chromadb's import is a grammar for URLs that only Jupyter's extras bring along.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    gc.disable()
    for library in libraries:
        # One that does not import is the learner's module's to trip over, with its own message.
        with contextlib.suppress(ImportError):
            _load(library)
    gc.enable()


def _load(library: str) -> None:
    if library in sys.modules:
        return
    for part in (library, *LATER_PARTS.get(library, ())):
        importlib.import_module(part)
    if library in _TRIALS:
        _TRIALS[library]()


def _try_openai() -> None:
    """One call of each kind: the SDK imports and compiles most of itself then."""
    from gradus.sim.client import client

    user = client(_Parrot(), VirtualClock())
    tool = {"type": "function", "function": {"name": "any", "parameters": {"type": "object", "properties": {}}}}
    user.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}], tools=[tool])  # type: ignore[list-item]
    user.chat.completions.parse(model="any", messages=[{"role": "user", "content": "hello"}])


class _Parrot:
    """Answers every request with the same completion."""

    def handle(self, request: Request) -> Response:
        message = {"role": "assistant", "content": "hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "x", "object": "chat.completion", "created": 0, "model": "any", "choices": [choice]}
        return Response(200, {"content-type": "application/json"}, iter([json.dumps(body).encode()]))


_TRIALS: dict[str, Callable[[], None]] = {"openai": _try_openai}
