"""Messages between controller, fork servers and examiners: question and answer in turn, small JSON with descriptors.

Only the project's own processes speak here; the learner's code never holds one of these sockets.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

from gradus.grading.wire import WireClosed, WireError, frame_length, parse_frame

Message = dict[str, Any]


def send_message(sock: socket.socket, message: Message, fds: Sequence[int] = ()) -> None:
    """Send a message and the descriptors that go with it; WireClosed if nobody is there."""
    data = json.dumps(message).encode()
    frame = struct.pack("<I", len(data)) + data
    try:
        sent = socket.send_fds(sock, [frame], list(fds))
        if sent < len(frame):  # the other side may have read it all and be gone: an empty send would fail
            sock.sendall(frame[sent:])
    except OSError as error:
        raise WireClosed(str(error)) from error


def receive_message(sock: socket.socket) -> tuple[Message, list[int]]:
    """The next message with its descriptors; WireClosed at the end, TimeoutError if the socket's timeout passes."""
    try:
        data, fds, _, _ = socket.recv_fds(sock, 1 << 16, 4)
        while data and (len(data) < 4 or len(data) < 4 + frame_length(data[:4])):
            part = sock.recv(1 << 20)
            if not part:
                break
            data += part
    except TimeoutError:
        raise
    except OSError as error:
        raise WireClosed(str(error)) from error
    if len(data) < 4:
        raise WireClosed("the other side is gone")
    return parse_frame(data[4:]), list(fds)


def ask(sock: socket.socket, message: Message, fds: Sequence[int] = ()) -> tuple[Message, list[int]]:
    """Send a message and wait for its answer.

    Raises:
        WireError: the other side is gone, or answered that it could not.
    """
    send_message(sock, message, fds)
    answer, received = receive_message(sock)
    if "failed" in answer:
        raise WireError(str(answer["failed"]))
    return answer, received
