"""A client that writes bytes to a socket and reads responses from it, so that it can do what no library would."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

from gradus.sim.server import Server

PING = {"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}


@dataclass(frozen=True)
class Received:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The API's error, which must have all its fields."""
        error = self.json["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return error


class Wire:
    """One connection."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> Wire:
        self.socket.sendall(data)
        return self

    def line(self) -> bytes:
        return self._file.readline()

    def read(self, has_body: bool = True) -> Received:
        """The next response; ConnectionError if the connection ends instead."""
        opening = self.line()
        if not opening:
            raise ConnectionError("closed without a response")
        status = int(opening.split()[1])
        headers = http.client.parse_headers(self._file)
        if not has_body:
            return Received(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Received(status, headers, b"".join(self.chunks()))
        length = headers.get("content-length")
        return Received(status, headers, self._file.read(int(length) if length else -1))

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.line(), 16):
            yield self._file.read(size)
            self.line()
        self.line()

    def at_end(self) -> bool:
        """Whether the server closes without another byte."""
        return self._file.read(1) == b""


def get(path: str, **headers: str) -> bytes:
    return _head("GET", path, headers) + b"\r\n"


def post(path: str = "/v1/chat/completions", body: object = PING, **headers: str) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content_type": "application/json", "content_length": str(len(data)), **headers}
    return _head("POST", path, given) + b"\r\n" + data


def streamed() -> bytes:
    return post(body={**PING, "stream": True})


def ask(server: Server, request: bytes) -> Received:
    """One request on a connection of its own."""
    with Wire(server) as wire:
        return wire.send(request).read()


def eventually(condition: Callable[[], object]) -> None:
    """Wait until it is so; the other side of a socket takes its time."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.002)


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in {"host": "localhost", **headers}.items()]
    return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}".encode("latin-1")
