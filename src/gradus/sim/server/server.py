"""A core behind a listening socket, with a thread for each connection."""

from __future__ import annotations

import ipaddress
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from ..messages import Request, Response
from ..simulator import Simulator
from .connection import Connection
from .console import QUIET_PATHS, Console
from .conversation import Conversation

if TYPE_CHECKING:
    from ..transport import Core

BACKLOG = 512
STOPPING = 5.0  # seconds that connections have to end in


class Server:
    """Serves a core over HTTP, from `with` to its end. A Simulator gets a page at `/` that shows its ledger.

    Silence is real: a `Sleep` takes as long as it says, a reset connection is reset by TCP.

    Args:
        core: what answers; called from many threads.
        host: the address to listen at.
        port: 0 for any that is free.
        log: gets one line for each request, without headers, query or body.

    Raises:
        OSError: nobody can listen there.

    Example:
        >>> with Server(Simulator()) as server:
        ...     client = OpenAI(api_key="any", base_url=server.base_url)
    """

    def __init__(
        self, core: Core, host: str = "127.0.0.1", port: int = 0, log: Callable[[str], None] | None = None
    ) -> None:
        self._core = Console(core, host) if isinstance(core, Simulator) else core
        self._ledger = core.ledger if isinstance(core, Simulator) else None
        self._log = log
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self._listener.setblocking(False)
        self._stop, self._stopped = socket.socketpair()
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, name="gradus-serve", daemon=True)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{_reachable(host)}:{self.port}"
        self.base_url = f"{self.url}/v1"

    def __enter__(self) -> Server:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: the port is free and every connection is closed, whatever was on its way."""
        self._stop.close()
        self._accepting.join()
        self._listener.close()
        with self._lock:
            open_still = list(self._clients.items())
        for client, _ in open_still:
            # Wakes its thread, wherever that waits.
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        until = time.monotonic() + STOPPING
        for _, thread in open_still:
            thread.join(max(until - time.monotonic(), 0))

    def handle(self, request: Request) -> Response:
        """Ask the core."""
        return self._core.handle(request)

    def answered(self, method: str, path: str, response: Response) -> None:
        """Write a line about a response that is over, unless it was only the page asking for news."""
        if self._log is None or path in QUIET_PATHS:
            return
        notes = [str(response.status) if response.status else "no answer"]
        if self._ledger is not None and response.index is not None:
            # It may be gone from the ledger already.
            with suppress(IndexError):
                exchange = self._ledger[response.index]
                notes += [exchange.fault] if exchange.fault else []
                notes += ["closed by the client"] if exchange.closed_early else []
                notes.append(f"{exchange.prompt_tokens}+{exchange.completion_tokens} tokens")
        # Whoever reads the log may have gone, which is no reason to stop serving.
        with suppress(OSError, ValueError):
            self._log(f"{time.strftime('%H:%M:%S')} {method} {path[:100]} {', '.join(notes)}")

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector, self._stopped:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            while all(key.fileobj is not self._stopped for key, _ in selector.select()):
                try:
                    client, _ = self._listener.accept()
                except OSError:
                    # The client has left already, or there are too many open files, which a moment may mend.
                    time.sleep(0.05)
                else:
                    self._start(client)

    def _start(self, client: socket.socket) -> None:
        thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
        with self._lock:
            self._clients[client] = thread
        try:
            thread.start()
        except RuntimeError:
            # The machine gives no more threads: this client is turned away, the others stay.
            self._forget(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            Conversation(Connection(client), self).run()
        except OSError:
            pass  # it broke before a word was said
        finally:
            self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        client.close()
        with self._lock:
            self._clients.pop(client, None)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there.

    Example:
        >>> is_loopback("localhost"), is_loopback("0.0.0.0")
        (True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reachable(host: str) -> str:
    """The host for a URL on this machine: one that listens everywhere is reached as this machine."""
    if host in ("", "0.0.0.0"):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
