from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import numpy as np
import pytest
from numpy.typing import NDArray
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, TypeAdapter

from gradus.sim import Simulator


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
    adapter = functools.cache(TypeAdapter)

    def validate(kind: Any, data: Any) -> Any:
        value = adapter(kind).validate_python(data)
        unknown = list(_unknown(value, "$"))
        assert not unknown, f"fields that the SDK does not know: {unknown}"
        return value

    return validate


def _unknown(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from _unknown(entry, f"{path}[{place}]")
