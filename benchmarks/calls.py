"""What an in-process call to the simulated provider costs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from gradus.coldtrail import Query, doc, passages, queries
from gradus.sim import Request, Response, Simulator, Step, VirtualClock
from gradus.sim.client import client
from gradus.sim.reader import Reader

BODY = json.dumps({"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}).encode()


def in_process() -> None:
    """What a call through the SDK costs above the SDK's own work, which is the same call with canned bytes below it."""
    canned = _Canned()
    answering: list[tuple[str, Callable[[], Simulator | _Canned]]] = [
        ("canned bytes", lambda: canned),
        ("scripted reply", lambda: _simulator("pong")),
        ("the reader", lambda: _simulator(Reader())),
    ]
    asked = [query for query in queries() if query.answerable]
    for what, prompts in (
        ("a question alone", [query.text for query in asked]),
        ("8 passages", [_prompt(query, place) for place, query in enumerate(asked)]),
    ):
        print(f"\nan in-process call with {what}: {len(prompts)} prompts, each met for the first and the second time")
        base = None
        for name, core in answering:
            first, second = _per_call(core(), prompts), _per_call(core(), prompts)
            base = base or second
            above = (second - base) * 1000
            print(f"{name:>16}  {first * 1000:6.2f} ms  {second * 1000:6.2f} ms  above the canned: {above:5.2f} ms")


class _Canned:
    """A core that answers everything with the same bytes."""

    def __init__(self) -> None:
        simulator = _simulator("pong")
        self._response = simulator.handle(Request("POST", "/v1/chat/completions", body=BODY))
        self._chunks = list(self._response.chunks)

    def handle(self, request: Request) -> Response:
        return Response(200, self._response.headers, iter(self._chunks))


def _simulator(step: Step) -> Simulator:
    simulator = Simulator()
    simulator.otherwise(step)
    return simulator


def _prompt(query: Query, place: int) -> str:
    """A question below 8 passages, of which the first answers it."""
    known = list(passages())
    names = [*list(query.relevance)[:1], *(known[(place * 37 + step * 5) % len(known)] for step in range(7))]
    texts = (
        f'<passage id="{name}">{doc(name.partition("#")[0]).content(passages()[name])}</passage>' for name in names
    )
    return "\n".join([*texts, f"Question: {query.text}"])


def _per_call(core: Simulator | _Canned, prompts: list[str]) -> float:
    """Seconds a call, the median over the prompts."""
    with client(core, VirtualClock()) as sdk:
        times = []
        for prompt in prompts:
            began = time.perf_counter()
            sdk.chat.completions.create(model="sim-large", messages=[{"role": "user", "content": prompt}])
            times.append(time.perf_counter() - began)
    return statistics.median(times)
