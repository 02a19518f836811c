"""What is said on one connection: its requests one after the other, and what comes back."""

from __future__ import annotations

import math
import sys
import traceback
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from typing import Protocol
from urllib.parse import parse_qsl, unquote

import h11

from ..errors import ApiError, method_not_allowed
from ..messages import Chunk, Fault, Request, Response, Sleep
from ..wire.body import JSON, encode
from .connection import Connection, Gone, Refused

METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
CRASHED = ApiError(500, "The simulator failed; its standard error says where.", type="server_error")
FRAMING = ("connection", "content-length", "keep-alive", "transfer-encoding")


class Site(Protocol):
    """What answers, and who is told."""

    def handle(self, request: Request) -> Response: ...

    def answered(self, method: str, path: str, response: Response) -> None:
        """A response is over. `path` is as the client wrote it."""


class Conversation:
    """Answers one client until one of the two has enough."""

    def __init__(self, connection: Connection, site: Site) -> None:
        self._connection = connection
        self._site = site

    def run(self) -> None:
        """Never raises: nothing that a client does is worth a traceback."""
        try:
            while self._answer_next():
                pass
            self._connection.hang_up()
        except Gone:
            pass

    def _answer_next(self) -> bool:
        """Answer one request; says whether there was one."""
        try:
            received = self._connection.read()
        except Refused as refused:
            response = _error(refused.error)
            self._send_whole(response, is_head=False)
            self._site.answered("-", "-", response)
            return False
        if received is None:
            return False
        head, body = received
        method, target = head.method.decode(), head.target.decode()
        response = self._response(_request(method, target, head, body))
        try:
            self._deliver(response, is_head=method == "HEAD")
        finally:
            self._site.answered(method, _path(target), response)
        return True

    def _response(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            # No word about other origins: web pages from elsewhere may not ask.
            return Response(200, {"allow": METHODS}, iter([b""]))
        if request.method == "CONNECT":
            return _error(method_not_allowed(request.method, request.path).error)
        try:
            return self._site.handle(request)
        except Exception as error:
            _complain(error)
            return _error(CRASHED)

    def _deliver(self, response: Response, is_head: bool) -> None:
        try:
            if response.headers.get("content-type", "").startswith("text/event-stream") and not is_head:
                self._send_stream(response)
            else:
                self._send_whole(response, is_head)
        except Gone:
            raise
        except Exception as error:
            _complain(error)
            if not self._connection.can_begin:
                raise Gone from error
            self._send_whole(_error(CRASHED), is_head)
        finally:
            close = getattr(response.chunks, "close", None)
            if close is not None:
                close()

    def _send_stream(self, response: Response) -> None:
        opening = [_head(response)]
        for data in self._in_time(response.chunks):
            self._connection.send(*opening, h11.Data(data=data))
            opening = []
        self._connection.send(*opening, h11.EndOfMessage())

    def _send_whole(self, response: Response, is_head: bool) -> None:
        body = b"".join(self._in_time(response.chunks))
        content = [] if is_head else [h11.Data(data=body)]
        self._connection.send(_head(response, ("content-length", str(len(body)))), *content, h11.EndOfMessage())

    def _in_time(self, chunks: Iterable[Chunk]) -> Iterator[bytes]:
        """The bytes, each when its time has come; a fault ends the connection."""
        for chunk in chunks:
            match chunk:
                case bytes():
                    yield chunk
                case Sleep(seconds):
                    self._connection.wait(seconds)
                case Fault("connection_reset"):
                    self._connection.reset()
                case Fault("no_answer"):
                    self._connection.wait(math.inf)
                case Fault(kind):
                    raise ValueError(f"the server knows no fault {kind!r}")


def _request(method: str, target: str, head: h11.Request, body: bytes) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
    return Request("GET" if method == "HEAD" else method, unquote(_path(target)), headers, body, query)


def _path(target: str) -> str:
    """The path in a request's target, which may be a whole URL, without the query."""
    path = target.partition("?")[0]
    if path.startswith("/") or "://" not in path:
        return path
    return "/" + path.partition("://")[2].partition("/")[2]


def _head(response: Response, *framing: tuple[str, str]) -> h11.Response:
    own = [(name, value) for name, value in response.headers.items() if name.lower() not in FRAMING]
    headers = [("date", formatdate(usegmt=True)), *own, *framing]
    return h11.Response(status_code=response.status, headers=headers)


def _error(error: ApiError) -> Response:
    return Response(error.status, {"content-type": JSON, **error.headers}, iter([encode(error.body())]))


def _complain(error: Exception) -> None:
    """One line for whoever runs the server; the exception's own words may hold what a client sent, so they stay out."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    print(f"gradus: the simulator failed: {type(error).__name__} in {last.filename}:{last.lineno}", file=sys.stderr)
