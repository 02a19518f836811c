"""The examiner's end of a worker in another process: a socket for the wire, one for what it prints, and a budget."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from gradus.grading.limits import Limits
from gradus.grading.outcomes import WorkerCrashed, WorkerTimeout
from gradus.grading.peer import Message, Peer
from gradus.grading.wire import WireClosed, frame_length, parse_frame, send_frame


class Budget:
    """The seconds that a call, and all calls of an exercise together, may still take."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._call = limits.call_seconds
        self._exercise = limits.exercise_seconds

    def new_call(self) -> None:
        self._call = self._limits.call_seconds

    def spend(self, seconds: float) -> None:
        self._call -= seconds
        self._exercise -= seconds

    def left(self) -> float:
        return max(0.0, min(self._call, self._exercise))

    def verdict(self) -> str:
        """Which of the two ran out, as a clause."""
        if self._exercise <= 0:
            return f"all calls together took more than {self._limits.exercise_seconds:g} s"
        return f"did not return within {self._limits.call_seconds:g} s"


class WorkerConnection:
    """Carries messages to a worker and back, and collects what it prints, so that it cannot block on a full pipe.

    Every wait has an end: see `Budget`. What the examiner spends on serving the worker is not counted.
    """

    def __init__(self, wire: socket.socket, output: socket.socket, limits: Limits, budget: Budget) -> None:
        self._wire = wire
        self._output = output
        self._limits = limits
        self._budget = budget
        self._text = bytearray()
        self._buffer = bytearray()
        wire.settimeout(limits.call_seconds)
        output.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(wire, selectors.EVENT_READ)
        self._selector.register(output, selectors.EVENT_READ)

    def send(self, message: Message) -> None:
        send_frame(self._wire, message)

    def receive(self) -> Message:
        while (frame := self._next_frame()) is None:
            self._wait()
        return frame

    def printed(self) -> str:
        """What came out since this was last asked, and no more than the limit."""
        while len(self._text) <= self._limits.output_bytes and self._read_output():
            pass
        text = self._text.decode("utf-8", "replace")
        self._text.clear()
        return text

    def close(self) -> None:
        self._selector.close()
        self._wire.close()
        self._output.close()

    def _next_frame(self) -> Message | None:
        if len(self._buffer) < 4:
            return None
        end = 4 + frame_length(bytes(self._buffer[:4]))
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[4:end])
        del self._buffer[:end]
        return parse_frame(frame)

    def _wait(self) -> None:
        began = time.monotonic()
        ready = self._selector.select(self._budget.left())
        self._budget.spend(time.monotonic() - began)
        for key, _ in ready:
            if key.fileobj is self._wire:
                self._read_wire()
            elif not self._read_output():
                with contextlib.suppress(KeyError):
                    self._selector.unregister(self._output)  # closed: there is nothing to wait for any more
        if len(self._text) > self._limits.output_bytes:
            raise WorkerCrashed(f"printed more than {self._limits.output_bytes >> 10:,} kB in one check")
        if not self._budget.left():
            raise WorkerTimeout(self._budget.verdict())

    def _read_wire(self) -> None:
        try:
            part = self._wire.recv(1 << 20)
        except OSError as error:
            raise WireClosed(str(error)) from error
        if not part:
            raise WireClosed("the worker closed the wire")
        self._buffer += part

    def _read_output(self) -> bool:
        """Take what is there; False if there is nothing."""
        try:
            part = self._output.recv(1 << 16)
        except OSError:
            return False
        self._text += part
        return bool(part)


class ProcessPeer:
    """Asks a worker in another process, with a fresh budget for each call."""

    def __init__(self, connection: WorkerConnection, serve: Callable[[Message], Message], budget: Budget) -> None:
        self._peer = Peer(connection, serve)
        self._budget = budget
        self._depth = 0

    def ask(self, message: Message) -> Message:
        if not self._depth:
            self._budget.new_call()
        self._depth += 1
        try:
            return self._peer.ask(message)
        finally:
            self._depth -= 1
