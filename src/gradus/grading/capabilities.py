"""What the examiner lends to the learner's code: a client of its simulator, its encoder, callbacks, its clock.

The learner's side holds stand-ins; every use of one comes here, is carried out and counted here.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradus.embeddings import Encoder
from gradus.grading.peer import Message
from gradus.grading.remote import Remote
from gradus.grading.served import CoreServer
from gradus.grading.wire import Codec, Json, WireError
from gradus.sim import Clock, Simulator


@dataclass(frozen=True)
class Client:
    """An OpenAI client that the learner's side will build over a transport to `simulator`."""

    simulator: Simulator
    is_async: bool
    options: dict[str, Any]

    def __repr__(self) -> str:
        return "async client" if self.is_async else "client"


class LentSimulator(Simulator):
    """A simulator whose clients are built on the learner's side of the wire."""

    def client(self, **options: Any) -> Client:  # type: ignore[override]
        """What becomes a real `openai.OpenAI(**options)` when it is passed to the submission."""
        return Client(self, False, options)

    def async_client(self, **options: Any) -> Client:  # type: ignore[override]
        """What becomes a real `openai.AsyncOpenAI(**options)` when it is passed to the submission."""
        return Client(self, True, options)


@dataclass(frozen=True)
class Later:
    """An answer that takes its time: see `later`."""

    value: Any
    after: float


def later(value: Any, after: float) -> Later:
    """What a callback returns to let the caller wait `after` virtual seconds for `value`.

    Example:
        >>> def slow(item):
        ...     return later(item * 2, after=1.5)
    """
    return Later(value, after)


@dataclass(frozen=True)
class AsyncCallback:
    """A callback that is an `async def` on the learner's side: see `asynchronous`."""

    function: Callable[..., Any]

    def __repr__(self) -> str:
        return str(getattr(self.function, "__name__", "callback"))


def asynchronous(function: Callable[..., Any]) -> AsyncCallback:
    """Pass `function` to the submission as something to be awaited.

    Example:
        >>> submission.bounded_map(asynchronous(slow), [1, 2, 3], limit=2)
    """
    return AsyncCallback(function)


@dataclass
class Capabilities:
    """Everything lent during one test, and who is asked when it is used.

    Args:
        simulator: what a bare `OpenAI()` reaches.
    """

    simulator: Simulator
    failure: AssertionError | None = None  # what a callback's own assertion said, to be raised when the call is over
    _lent: list[Any] = field(default_factory=list)
    _served: CoreServer = field(default_factory=CoreServer)

    def __post_init__(self) -> None:
        self._lent.append(self.simulator)

    @property
    def clock(self) -> Clock:
        return self.simulator.clock

    def refer(self, value: Any) -> Json:
        """The node that stands for an argument that is not plain data.

        Raises:
            WireError: it cannot be lent.
        """
        if isinstance(value, Remote):
            return {"t": "ref", "r": value._ref, "p": list(value._path)}
        if isinstance(value, Client):
            options = Codec().encode(value.options)
            return {"t": "client", "r": self._lend(value.simulator), "a": value.is_async, "o": options}
        if isinstance(value, Encoder):
            return {"t": "encoder", "r": self._lend(value)}
        if isinstance(value, AsyncCallback):
            return {"t": "callback", "r": self._lend(value.function), "a": True}
        if callable(value):
            return {"t": "callback", "r": self._lend(value), "a": False}
        raise WireError(f"a {type(value).__name__} cannot be passed to a submission")

    def _lend(self, value: Any) -> int:
        for ref, lent in enumerate(self._lent):
            if lent is value:
                return ref
        self._lent.append(value)
        return len(self._lent) - 1

    def serve(self, message: Message, codec: Codec) -> Message:
        """Carry out what the learner's side asks of a capability.

        Raises:
            WireError: it asks for something that was never lent, or in a form that no stand-in uses.
        """
        operation = _OPERATIONS.get(str(message.get("op")))
        if operation is None:
            raise WireError(f"unknown request {message.get('op')!r}")
        try:
            return operation(self, message, codec)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise WireError(f"malformed request {message['op']}: {error!r}") from error

    def _lent_as(self, kind: type, ref: Json) -> Any:
        lent = self._lent[ref] if type(ref) is int and 0 <= ref < len(self._lent) else None
        if not isinstance(lent, kind):
            raise WireError(f"reference {ref!r} is no {kind.__name__}")
        return lent

    def _sleep(self, message: Message, codec: Codec) -> Message:
        self.clock.sleep(_seconds(message))
        return {}

    def _wait(self, message: Message, codec: Codec) -> Message:
        self.clock.wait(_seconds(message))
        return {}

    def _slept(self, message: Message, codec: Codec) -> Message:
        self.clock.slept.append(_seconds(message))
        return {}

    def _http(self, message: Message, codec: Codec) -> Message:
        return self._served.http(self._lent_as(Simulator, message["ref"]), message)

    def _chunk(self, message: Message, codec: Codec) -> Message:
        return self._served.chunk(message)

    def _close(self, message: Message, codec: Codec) -> Message:
        return self._served.close(message)

    def _encode(self, message: Message, codec: Codec) -> Message:
        encoder = self._lent_as(Encoder, message["ref"])
        texts, options = codec.decode(message["texts"]), codec.decode(message["options"])
        return self._answer(lambda: encoder.encode(texts, **options), codec)

    def _callback(self, message: Message, codec: Codec) -> Message:
        function = self._lent_as(Callable, message["ref"])  # type: ignore[arg-type]
        args = [codec.decode(node) for node in message["args"]]
        kwargs = {str(name): codec.decode(node) for name, node in message["kwargs"].items()}
        return self._answer(lambda: function(*args, **kwargs), codec)

    def _answer(self, work: Callable[[], Any], codec: Codec) -> Message:
        try:
            value = work()
        except AssertionError as error:
            self.failure = self.failure or error
            return {"raise": "RuntimeError", "message": "the check failed here"}
        except Exception as error:
            return {"raise": _builtin_name(error), "message": str(error)}
        after = value.after if isinstance(value, Later) else 0.0
        plain = value.value if isinstance(value, Later) else value
        return {"ok": codec.encode(plain), "after": after}


_OPERATIONS: dict[str, Callable[[Capabilities, Message, Codec], Message]] = {
    "sleep": Capabilities._sleep,
    "wait": Capabilities._wait,
    "slept": Capabilities._slept,
    "http": Capabilities._http,
    "chunk": Capabilities._chunk,
    "close": Capabilities._close,
    "encode": Capabilities._encode,
    "callback": Capabilities._callback,
}


def _seconds(message: Message) -> float:
    seconds = message["seconds"]
    if type(seconds) is not float or not 0 <= seconds < 1e9:
        raise WireError(f"{seconds!r} is no number of seconds")
    return seconds


def _builtin_name(error: Exception) -> str:
    """The name of the nearest builtin exception class: the only kind that the other side will raise."""
    return str(next(kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind))
