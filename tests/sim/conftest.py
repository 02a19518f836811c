from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import numpy as np
import pytest
from numpy.typing import NDArray
from openai import AsyncOpenAI, OpenAI

from gradus.sim import Simulator
from tests.sim import protocol


def letters(texts: list[str]) -> NDArray[np.float32]:
    """A stand-in encoder: unit vectors of shape (n, 384) that depend on the text alone."""
    rows = [np.random.default_rng(sum(map(ord, text))).normal(size=384) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A fresh simulator; the waits of the SDK go to its clock."""
    simulator = Simulator(embed=letters)

    async def sleep(seconds: float) -> None:
        simulator.clock.sleep(seconds)

    monkeypatch.setattr(time, "sleep", simulator.clock.sleep)
    monkeypatch.setattr(anyio, "sleep", sleep)
    return simulator


@pytest.fixture
def client(sim: Simulator) -> Iterator[OpenAI]:
    with sim.client() as client:
        yield client


@pytest.fixture
def async_client(sim: Simulator) -> AsyncOpenAI:
    return sim.async_client()


@pytest.fixture(scope="session")
def strictly() -> Callable[[Any, Any], Any]:
    """Validate data against a type of the SDK: nothing required is missing, nothing is there that it does not know."""
    return protocol.validated
