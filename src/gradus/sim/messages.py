"""What goes in and out of the simulated provider: plain data, so that the two sides may live in different processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are lower case; `path` has no query string ("/v1/responses/resp_1")."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sleep:
    """The provider stays silent for so many (virtual) seconds before it goes on."""

    seconds: float


@dataclass(frozen=True)
class Fault:
    """The connection fails here: "connection_reset", or "no_answer" (nothing comes, however long one waits)."""

    kind: str


Chunk: TypeAlias = bytes | Sleep | Fault


@dataclass(frozen=True)
class Response:
    """One HTTP response.

    `chunks` may have a `close()`: whoever stops reading early calls it, and the ledger knows. `index` is the place of
    the exchange in the ledger, where there is one.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[Chunk]
    index: int | None = None
