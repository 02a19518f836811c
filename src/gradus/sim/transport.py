"""The simulated provider under httpx2, and so under the real SDK: transports that never open a socket.

Importing this module imports httpx2.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

import httpx2

from .clock import Waiting
from .messages import Chunk, Fault, Request, Response, Sleep

# A client without a read timeout still loses the connection at last: TCP's keep-alive gives up after two hours.
KEEP_ALIVE = 7200.0


class Core(Protocol):
    """What answers requests: a Simulator, or something that passes them on to one."""

    def handle(self, request: Request) -> Response: ...


class SimTransport(httpx2.BaseTransport):
    """A transport for `httpx2.Client`.

    Args:
        core: what answers.
        clock: where the provider's silence passes.

    Example:
        >>> sim = Simulator()
        >>> client = OpenAI(api_key="any", http_client=httpx2.Client(transport=SimTransport(sim, sim.clock)))
    """

    def __init__(self, core: Core, clock: Waiting) -> None:
        self._core = core
        self._clock = clock

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        response = self._core.handle(_plain(request, body))
        stream = _Stream(response.chunks, request, self._clock)
        stream.read_head()
        return httpx2.Response(response.status, headers=dict(response.headers), stream=stream)


class AsyncSimTransport(httpx2.AsyncBaseTransport):
    """The same for `httpx2.AsyncClient`."""

    def __init__(self, core: Core, clock: Waiting) -> None:
        self._core = core
        self._clock = clock

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        response = self._core.handle(_plain(request, body))
        stream = _AsyncStream(response.chunks, request, self._clock)
        await stream.read_head()
        return httpx2.Response(response.status, headers=dict(response.headers), stream=stream)


def route_everything(core: Core, clock: Waiting) -> Callable[[], None]:
    """Send what any httpx2 client asks for to the core, also that of a bare `OpenAI()`.

    Returns:
        A function that undoes it.
    """
    sync, asynchronous = SimTransport(core, clock), AsyncSimTransport(core, clock)
    real, real_async = httpx2.HTTPTransport.handle_request, httpx2.AsyncHTTPTransport.handle_async_request

    def handle_request(self: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return sync.handle_request(request)

    async def handle_async_request(self: httpx2.AsyncHTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return await asynchronous.handle_async_request(request)

    def undo() -> None:
        httpx2.HTTPTransport.handle_request = real  # type: ignore[method-assign]
        httpx2.AsyncHTTPTransport.handle_async_request = real_async  # type: ignore[method-assign]

    httpx2.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
    httpx2.AsyncHTTPTransport.handle_async_request = handle_async_request  # type: ignore[method-assign]
    return undo


def _plain(request: httpx2.Request, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.url.path, headers, body, dict(request.url.params))


class _Patience:
    """How long this request waits for the next byte, as its read timeout says."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        self._timeout: float | None = request.extensions.get("timeout", {}).get("read")
        self._silence = 0.0

    def spend(self, chunk: Sleep | Fault) -> tuple[float, httpx2.TransportError | None]:
        """The seconds to wait for this silence or fault, and the error that then follows, if any."""
        if isinstance(chunk, Fault) and chunk.kind == "connection_reset":
            return 0.0, httpx2.ReadError("[Errno 104] Connection reset by peer", request=self._request)
        if isinstance(chunk, Fault) and chunk.kind != "no_answer":
            raise ValueError(f"the transport knows no fault {chunk.kind!r}")
        seconds = chunk.seconds if isinstance(chunk, Sleep) else math.inf
        if self._timeout is not None and self._silence + seconds > self._timeout:
            left = self._timeout - self._silence
            return left, httpx2.ReadTimeout("The read operation timed out", request=self._request)
        if isinstance(chunk, Fault):
            return KEEP_ALIVE, httpx2.ReadError("[Errno 110] Connection timed out", request=self._request)
        self._silence += seconds
        return seconds, None

    def renew(self) -> None:
        """A byte came: the timeout starts anew."""
        self._silence = 0.0


class _Body:
    """The part of a response stream that does not wait."""

    def __init__(self, chunks: Iterator[Chunk], request: httpx2.Request, clock: Waiting) -> None:
        self._chunks = chunks
        self._clock = clock
        self._patience = _Patience(request)
        self._first: bytes | None = None

    def _take(self) -> bytes | Sleep | Fault | None:
        chunk = next(self._chunks, None)
        if isinstance(chunk, bytes):
            self._patience.renew()
        return chunk

    def _close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class _Stream(_Body, httpx2.SyncByteStream):
    def read_head(self) -> None:
        """Wait for the first byte: what fails before it fails the request, not the reading of its body."""
        try:
            self._first = self._next()
        except BaseException:
            self._close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        chunk = self._first
        while chunk is not None:
            yield chunk
            chunk = self._next()

    def close(self) -> None:
        self._close()

    def _next(self) -> bytes | None:
        while isinstance(chunk := self._take(), Sleep | Fault):
            seconds, error = self._patience.spend(chunk)
            if seconds:
                self._clock.wait(seconds)
            if error is not None:
                raise error
        return chunk


class _AsyncStream(_Body, httpx2.AsyncByteStream):
    async def read_head(self) -> None:
        """Wait for the first byte: what fails before it fails the request, not the reading of its body."""
        try:
            self._first = await self._next()
        except BaseException:
            self._close()
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunk = self._first
        while chunk is not None:
            yield chunk
            chunk = await self._next()

    async def aclose(self) -> None:
        self._close()

    async def _next(self) -> bytes | None:
        while isinstance(chunk := self._take(), Sleep | Fault):
            seconds, error = self._patience.spend(chunk)
            if seconds:
                await self._clock.wait_async(seconds)
            if error is not None:
                raise error
        return chunk
