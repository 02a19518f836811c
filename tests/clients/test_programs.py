"""Libraries that people put before the API work unmodified over HTTP: each in a program of its own, started once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gradus.sim import Simulator
from gradus.sim.server import Server
from tests.clients.conversation import SCENARIOS, lengths
from tests.clients.launch import command, environment, missing, run

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "embeddings": "/v1/embeddings"}
PLAIN = ["plain", "streamed"]
TOOLS = ["tools", "streamed_tools", "structured"]
ERRORS = ["retried", "refused"]
# What each program does with both APIs, in its order, and what it does once.
PROGRAMS = {
    "use_langchain.py": (
        [*PLAIN, "streamed_asynchronously", *TOOLS, "tools_then_structured", *ERRORS],
        ["embeddings"],
    ),
    "use_litellm.py": ([*PLAIN, "streamed_asynchronously", *TOOLS, *ERRORS], ["embeddings"]),
    "use_instructor.py": (
        ["structured", "structured_by_tool", "streamed_structured", "asked_again", "retried_structured", "refused"],
        [],
    ),
    "use_pydantic_ai.py": ([*PLAIN, *TOOLS, "tools_then_structured", *ERRORS], ["embeddings"]),
    "use_node.mjs": ([*PLAIN, *TOOLS, *ERRORS], ["embeddings"]),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_unmodified_clients(program: str, tmp_path: Path) -> None:
    if why := missing(program):
        pytest.skip(why)
    with_both, once = PROGRAMS[program]
    names = [f"{api} {name}" for api in ("chat", "responses") for name in with_both] + once
    scenarios = {name: SCENARIOS[name.split()[-1]] for name in names}
    sim = Simulator(embed=lengths)
    sim.script(*(step for scenario in scenarios.values() for step in scenario.steps))
    with Server(sim) as server:
        results = run(program, server.base_url, tmp_path, sim)
    assert results == {name: scenario.result for name, scenario in scenarios.items()}
    assert sim.unmet() == ""
    requests = [(exchange.path, exchange.status, exchange.streamed) for exchange in sim.ledger.exchanges]
    assert requests == [
        (PATHS[name.split()[0]], status, scenario.streamed)
        for name, scenario in scenarios.items()
        for status in scenario.statuses
    ]


ELSEWHERE = {
    "elsewhere.py": "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=0.01)",
    "resolved.py": "import socket\nsocket.getaddrinfo('example.invalid', 80)",
    "elsewhere.mjs": "await fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(10) });",
    "resolved.mjs": "await fetch('http://example.invalid/', { signal: AbortSignal.timeout(10) });",
}


@pytest.mark.parametrize("program", ELSEWHERE)
def test_programs_can_reach_nothing_but_loopback(program: str, tmp_path: Path) -> None:
    """Only then does a client that passes prove that nothing it does needs a network."""
    if why := missing(program):
        pytest.skip(why)
    path = tmp_path / program
    path.write_text(ELSEWHERE[program])
    done = subprocess.run(command(str(path)), env=environment("", tmp_path), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.partition("reach")[0]) == (97, "offline: tried to ")
