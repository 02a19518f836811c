"""What the learner's code holds in place of the examiner's own things: a client, an encoder, a callback.

Each is a thin shell that asks the examiner, who does the work and keeps the count.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable, Sequence
from typing import Any

from gradus.grading.peer import Message
from gradus.grading.served import Ask, RemoteCore
from gradus.grading.virtual_time import WorkerClock
from gradus.grading.wire import Codec, Json, WireError


def stand_in(node: dict[str, Json], ask: Ask, clock: WorkerClock, codec: Codec) -> Any:
    """The worker's object for a capability that came over the wire.

    Raises:
        WireError: no capability has this tag.
    """
    tag, ref = node.get("t"), int(node.get("r", 0))
    if tag == "client":
        options = codec.decode(node["o"])
        return _client(RemoteCore(ask, ref), clock, node["a"], options)
    if tag == "encoder":
        return RemoteEncoder(ask, ref, codec)
    if tag == "callback":
        return _async_callback(ask, ref, clock, codec) if node["a"] else _callback(ask, ref, clock, codec)
    raise WireError(f"unknown tag {tag!r}")


def _client(core: RemoteCore, clock: WorkerClock, is_async: bool, options: dict[str, Any]) -> Any:
    from gradus.sim.client import async_client, client

    return (async_client if is_async else client)(core, clock, **options)


class RemoteEncoder:
    """The examiner's encoder with the `encode` signature of sentence-transformers."""

    max_seq_length = 256

    def __init__(self, ask: Ask, ref: int, codec: Codec) -> None:
        self._ask = ask
        self._ref = ref
        self._codec = codec

    def encode(self, sentences: str | Sequence[str], **options: Any) -> Any:
        """Vectors of unit length: float32, (384,) for one text and (n, 384) for a list of n."""
        texts = sentences if isinstance(sentences, str) else list(sentences)
        answer = self._ask(
            {
                "op": "encode",
                "ref": self._ref,
                "texts": self._codec.encode(texts),
                "options": self._codec.encode(options),
            }
        )
        return _value_of(answer, self._codec)

    def get_embedding_dimension(self) -> int:
        return 384

    def get_sentence_embedding_dimension(self) -> int:
        return 384


def _callback(ask: Ask, ref: int, clock: WorkerClock, codec: Codec) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        answer = _ask_callback(ask, ref, codec, args, kwargs)
        if answer.get("after"):
            clock.wait(answer["after"])
        return _value_of(answer, codec)

    return call


def _async_callback(ask: Ask, ref: int, clock: WorkerClock, codec: Codec) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        answer = _ask_callback(ask, ref, codec, args, kwargs)
        await (clock.wait_async(answer["after"]) if answer.get("after") else asyncio.sleep(0))
        return _value_of(answer, codec)

    return call


def _ask_callback(ask: Ask, ref: int, codec: Codec, args: Sequence[Any], kwargs: dict[str, Any]) -> Message:
    return ask(
        {
            "op": "callback",
            "ref": ref,
            "args": [codec.encode(arg) for arg in args],
            "kwargs": {name: codec.encode(value) for name, value in kwargs.items()},
        }
    )


def _value_of(answer: Message, codec: Codec) -> Any:
    """What the examiner answered, or the builtin exception it raised."""
    if "raise" in answer:
        kind = getattr(builtins, answer["raise"], None)
        raise (kind if isinstance(kind, type) and issubclass(kind, Exception) else RuntimeError)(answer["message"])
    return codec.decode(answer["ok"])
