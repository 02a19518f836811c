from __future__ import annotations

from collections.abc import Iterator

import pytest

from gradus.sim import Simulator
from gradus.sim.server import Server


@pytest.fixture
def sim() -> Simulator:
    """A simulator that says "pong" to everybody."""
    simulator = Simulator()
    simulator.otherwise("pong")
    return simulator


@pytest.fixture
def log() -> list[str]:
    """The lines that the server logs."""
    return []


@pytest.fixture
def server(sim: Simulator, log: list[str], capfd: pytest.CaptureFixture[str]) -> Iterator[Server]:
    """The simulator behind a socket; nothing that is done to it may show on stderr."""
    with Server(sim, log=log.append) as server:
        yield server
    assert capfd.readouterr().err == ""
