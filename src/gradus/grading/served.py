"""A core beyond a wire: one side holds it and asks, the other has it and serves it, a chunk at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradus.grading.peer import Message
from gradus.grading.wire import Codec
from gradus.sim import Fault, Request, Response, Sleep

if TYPE_CHECKING:
    from gradus.sim.transport import Core

Ask = Callable[[Message], Message]


class RemoteCore:
    """The core on the other side, as a transport sees it.

    Args:
        ask: sends a question there and gives the answer.
        ref: which of the cores over there.
    """

    def __init__(self, ask: Ask, ref: int) -> None:
        self._ask = ask
        self._ref = ref
        self._codec = Codec()

    def handle(self, request: Request) -> Response:
        answer = self._ask(
            {
                "op": "http",
                "ref": self._ref,
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "headers": dict(request.headers),
                "body": self._codec.encode(request.body),
            }
        )
        return Response(answer["status"], answer["headers"], self._chunks(answer["stream"]))

    def _chunks(self, stream: int) -> Iterator[bytes | Sleep | Fault]:
        """Fetch one chunk at a time, so that the other side knows how far the answer was read."""
        finished = False
        try:
            while True:
                answer = self._ask({"op": "chunk", "stream": stream})
                if "sleep" in answer:
                    yield Sleep(answer["sleep"])
                elif "fault" in answer:
                    yield Fault(answer["fault"])
                elif answer["bytes"] is None:
                    finished = True
                    return
                else:
                    yield self._codec.decode(answer["bytes"])
        finally:
            if not finished:
                self._ask({"op": "close", "stream": stream})


@dataclass
class CoreServer:
    """Serves the messages of RemoteCore: the responses that are on their way, by number."""

    _streams: dict[int, Iterator[Any]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def http(self, core: Core, message: Message) -> Message:
        request = Request(
            method=str(message["method"]),
            path=str(message["path"]),
            headers={str(name): str(value) for name, value in message["headers"].items()},
            body=Codec().decode(message["body"]),
            query={str(name): str(value) for name, value in message["query"].items()},
        )
        response = core.handle(request)
        stream = next(self._numbers)
        self._streams[stream] = iter(response.chunks)
        return {"status": response.status, "headers": dict(response.headers), "stream": stream}

    def chunk(self, message: Message) -> Message:
        chunk = next(self._streams[message["stream"]], None)
        if isinstance(chunk, Sleep):
            return {"sleep": chunk.seconds}
        if isinstance(chunk, Fault):
            return {"fault": chunk.kind}
        if chunk is None:
            del self._streams[message["stream"]]
        return {"bytes": Codec().encode(chunk)}

    def close(self, message: Message) -> Message:
        stream = self._streams.pop(message["stream"], None)
        if stream is not None and hasattr(stream, "close"):
            stream.close()
        return {}
