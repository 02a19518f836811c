"""One side of the conversation between examiner and worker: it asks, and while it waits for the answer it may be asked.

Both sides are the same `Peer`; what differs is how messages travel (a socket, or a function call in loopback mode)
and what each side serves.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Protocol

from gradus.grading.wire import Json, WireClosed, WireError, parse_frame, receive_frame, send_frame

Message = dict[str, Json]
Serve = Callable[[Message], Message]

# The references under which both sides know the learner's module, and the grader's driver beside it.
MODULE = 0
DRIVER = -1


class Connection(Protocol):
    """Carries messages one way and the other."""

    def send(self, message: Message) -> None: ...

    def receive(self) -> Message: ...


class SocketConnection:
    """A blocking socket: the worker's end. It waits as long as it takes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, message: Message) -> None:
        send_frame(self._sock, message)

    def receive(self) -> Message:
        return receive_frame(self._sock)


class Peer:
    """Asks the other side and answers its questions, strictly nested, over a connection."""

    def __init__(self, connection: Connection, serve: Serve) -> None:
        self._connection = connection
        self._serve = serve
        self._asked = 0

    def ask(self, message: Message) -> Message:
        """Send a question and return its answer, answering whatever is asked meanwhile.

        Raises:
            WireError: the other side broke the protocol or is gone.
        """
        self._asked += 1
        number = self._asked
        self._connection.send({"ask": number, **message})
        while True:
            incoming = self._connection.receive()
            if "ask" in incoming:
                self.answer(incoming)
            elif incoming.get("answer") == number:
                return incoming
            else:
                raise WireError("an answer came to a question that nobody asked")

    def answer(self, message: Message) -> None:
        """Serve one incoming question."""
        number = message["ask"]
        answer = self._serve(message)
        try:
            self._connection.send({"answer": number, **answer})
        except WireClosed:
            raise
        except WireError as error:
            self._connection.send({"answer": number, "error": refusal(error)})

    def serve_forever(self) -> None:
        """Answer questions until the wire is closed, which raises WireClosed."""
        while True:
            incoming = self._connection.receive()
            if "ask" not in incoming:
                raise WireError("an answer came to a question that nobody asked")
            self.answer(incoming)


class LoopbackPeer:
    """Two sides in one process: the same encoding as over a socket, without the socket."""

    def __init__(self, serve_other: Serve) -> None:
        self._serve_other = serve_other

    def ask(self, message: Message) -> Message:
        answer = self._serve_other(_there_and_back(message))
        return _there_and_back(answer)


def refusal(error: WireError) -> Message:
    """The description of an exception for an answer that could not be sent."""
    return {"type": "WireError", "bases": ["WireError", "Exception"], "message": str(error)}


def _there_and_back(message: Message) -> Message:
    return parse_frame(json.dumps(message).encode())
