"""The SDK's own clients over a transport of ours. Importing this module imports openai and httpx2."""

from __future__ import annotations

from typing import Any

import httpx2
from openai import AsyncOpenAI, OpenAI

from .clock import Waiting
from .transport import AsyncSimTransport, Core, SimTransport

DEFAULTS = {"api_key": "simulated", "base_url": "http://simulator.invalid/v1"}


def client(core: Core, clock: Waiting, **options: Any) -> OpenAI:
    """A client that asks `core` and waits on `clock`. `options` are those of `openai.OpenAI`."""
    http_client = httpx2.Client(transport=SimTransport(core, clock))
    return OpenAI(**{**DEFAULTS, "http_client": http_client, **options})


def async_client(core: Core, clock: Waiting, **options: Any) -> AsyncOpenAI:
    """The same for `openai.AsyncOpenAI`."""
    http_client = httpx2.AsyncClient(transport=AsyncSimTransport(core, clock))
    return AsyncOpenAI(**{**DEFAULTS, "http_client": http_client, **options})
