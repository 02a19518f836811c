"""An endpoint for tests: a core behind a real HTTP server on a loopback port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gradus.sim import Request
from gradus.sim.transport import Core

Sent = tuple[str, dict[str, str], bytes]


class Endpoint(BaseHTTPRequestHandler):
    """An HTTP server in front of a core; it tells what it was asked."""

    core: Core
    requests: list[Sent]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.requests.append((self.path, headers, body))
        path = self.path.partition("?")[0].removeprefix("/api")
        response = self.core.handle(Request(self.command, path, headers, body))
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for chunk in response.chunks:
            if isinstance(chunk, bytes):
                self.wfile.write(chunk)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(core: Core) -> Iterator[tuple[str, list[Sent]]]:
    """The address of an HTTP server in front of this core, and the requests that reached it."""
    requests: list[Sent] = []
    handler = type("Bound", (Endpoint,), {"core": core, "requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1", requests
        finally:
            server.shutdown()
