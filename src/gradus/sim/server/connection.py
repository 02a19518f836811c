"""HTTP/1.1 over one socket: whole requests in, parts of responses out, and the ways in which a connection ends."""

from __future__ import annotations

import socket
import struct
import time

import h11

from ..errors import ApiError

PATIENCE = 30.0  # seconds without a byte after which a client that has to send or to read something is given up
LINGER = 2.0  # seconds in which a client may finish saying what nobody listens to any more
READ_SIZE = 65_536
MAX_HEAD = 65_536
MAX_BODY = 64 * 1024 * 1024
MAX_AHEAD = 1024 * 1024  # bytes that a client may send before it has its answer


class Gone(Exception):
    """The client is no longer there, or the server stops."""


class Refused(Exception):
    """What came is no request that can be answered; nothing more can be read from this client."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class Connection:
    """A connected socket that speaks HTTP. Every method raises Gone when there is nobody to talk to."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._ahead = 0
        # Each chunk goes out at once, and a client that lost its power is noticed some day.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    @property
    def can_begin(self) -> bool:
        """Whether nothing of a response has gone out yet."""
        return self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE)

    def read(self) -> tuple[h11.Request, bytes] | None:
        """The next request and its body, None if the client has said all it had to say.

        Raises:
            Refused: it is malformed, or larger than 64 MB.
        """
        try:
            self._ahead = 0
            if self._http.our_state is h11.DONE:
                self._http.start_next_cycle()
            if self._http.our_state is not h11.IDLE:
                return None
            head = self._next_event()
            if not isinstance(head, h11.Request):
                return None
            _check_size(int(dict(head.headers).get(b"content-length", b"0")))
            body = bytearray()
            while isinstance(event := self._next_event(), h11.Data):
                body += event.data
                _check_size(len(body))
            return head, bytes(body)
        except h11.RemoteProtocolError as error:
            # What follows the colon quotes the client, maybe a key of it.
            reason = str(error).partition(":")[0]
            raise Refused(ApiError(error.error_status_hint, f"The request is no valid HTTP: {reason}.")) from error

    def send(self, *events: h11.Response | h11.Data | h11.EndOfMessage | h11.InformationalResponse) -> None:
        """Put these on the wire, together and at once."""
        data = b"".join(self._http.send(event) or b"" for event in events)
        try:
            self._client.settimeout(PATIENCE)
            self._client.sendall(data)
        except OSError as error:
            raise Gone from error

    def wait(self, seconds: float) -> None:
        """Stay silent. A client that closes its side meanwhile has gone, even if it would still read."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                data = self._receive(min(left, PATIENCE))
            except TimeoutError:
                continue
            self._ahead += len(data)
            if not data or self._ahead > MAX_AHEAD:
                raise Gone
            self._http.receive_data(data)

    def reset(self) -> None:
        """Break the connection, so that the client sees "connection reset by peer"."""
        # A socket that may not linger is closed by RST instead of FIN.
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._client.close()
        raise Gone

    def hang_up(self) -> None:
        """Say that nothing more comes, and let the client finish.

        A socket closed with bytes unread is reset, and the client could lose the answer.
        """
        try:
            self._client.shutdown(socket.SHUT_WR)
            until = time.monotonic() + LINGER
            while (left := until - time.monotonic()) > 0 and self._receive(left):
                pass
        except (Gone, OSError):
            pass

    def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if not isinstance(event, type) or event is h11.PAUSED:
                return event
            if self._http.they_are_waiting_for_100_continue:
                self.send(h11.InformationalResponse(status_code=100, headers=[]))
            try:
                self._http.receive_data(self._receive(PATIENCE))
            except TimeoutError as error:
                raise Gone from error

    def _receive(self, timeout: float) -> bytes:
        """What comes next, b"" at the end. Raises TimeoutError if nothing comes."""
        self._client.settimeout(timeout)
        try:
            return self._client.recv(READ_SIZE)
        except TimeoutError:
            raise
        except OSError as error:
            raise Gone from error


def _check_size(size: int) -> None:
    if size > MAX_BODY:
        raise Refused(ApiError(413, f"The body of your request is too large: at most {MAX_BODY >> 20} MB are read."))
