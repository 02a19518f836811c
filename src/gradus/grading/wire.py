"""The wire between examiner and worker: length-prefixed JSON frames that can hold data and nothing else.

Values keep their exact builtin type. What is not data crosses as a reference that only its owner can resolve,
through the two hooks of a `Codec`. Decoding never imports, unpickles or calls anything that a frame names.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import socket
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

MAX_FRAME = 16 << 20  # bytes
MAX_DEPTH = 64  # levels of nesting in one value
MAX_DIGITS = 1200  # hexadecimal digits of one integer

Json = Any  # what json.loads gives: the one place where a type says nothing


class WireError(Exception):
    """A frame that is too large, too deep or malformed, or a value that cannot be sent."""


class WireClosed(WireError):
    """The other side is gone."""


def send_frame(sock: socket.socket, message: Json) -> None:
    """Send one JSON message.

    Raises:
        WireError: it is larger than MAX_FRAME.
        WireClosed: nobody is there to read it.
    """
    data = json.dumps(message, separators=(",", ":")).encode()
    if len(data) > MAX_FRAME:
        raise WireError(f"{len(data):,} bytes are more than the {MAX_FRAME:,} that may cross at once")
    try:
        sock.sendall(struct.pack("<I", len(data)) + data)
    except OSError as error:
        raise WireClosed(str(error)) from error


def parse_frame(data: bytes) -> dict[str, Json]:
    """The message in a frame's bytes; WireError unless it is a JSON object within bounds."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError(f"malformed frame: {type(error).__name__}") from error
    if not isinstance(message, dict):
        raise WireError("malformed frame: not an object")
    return message


def frame_length(header: bytes) -> int:
    """The length that a frame's four leading bytes announce; WireError if it is beyond MAX_FRAME."""
    length = int(struct.unpack("<I", header)[0])
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length:,} bytes was announced; {MAX_FRAME:,} are allowed")
    return length


def receive_frame(sock: socket.socket) -> dict[str, Json]:
    """Wait for one message on a blocking socket; WireClosed at its end."""
    return parse_frame(_receive_exactly(sock, frame_length(_receive_exactly(sock, 4))))


def _receive_exactly(sock: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        try:
            part = sock.recv(min(count - len(data), 1 << 20))
        except OSError as error:
            raise WireClosed(str(error)) from error
        if not part:
            raise WireClosed("the other side closed the wire")
        data += part
    return bytes(data)


def _no_reference(value: Any) -> Json:
    raise WireError(f"a {type(value).__name__} is not data")


def _no_resolution(node: dict[str, Json]) -> Any:
    raise WireError(f"unknown tag {node.get('t')!r}")


@dataclass(frozen=True)
class Codec:
    """Turns values into JSON and back.

    Args:
        refer: called with a value that is not plain data; returns a tagged JSON object for it, or raises WireError.
        resolve: called with a tagged JSON object that is not plain data; returns the value, or raises WireError.

    Example:
        >>> codec = Codec()
        >>> codec.decode(codec.encode({"at": (1, 2)}))
        {'at': (1, 2)}
    """

    refer: Callable[[Any], Json] = _no_reference
    resolve: Callable[[dict[str, Json]], Any] = _no_resolution

    def encode(self, value: Any, depth: int = 0) -> Json:
        """JSON for a value; WireError if it is too deep or `refer` refuses it."""
        if depth > MAX_DEPTH:
            raise WireError(f"a value nested more than {MAX_DEPTH} levels deep cannot cross")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is list:
            return [self.encode(item, depth + 1) for item in value]
        encoder = _ENCODERS.get(kind)
        if encoder is not None:
            return encoder(self, value, depth)
        if kind.__module__ == "numpy":
            return self._encode_numpy(value, depth)
        if isinstance(value, Path):
            return {"t": "path", "v": str(value)}
        return self.refer(value)

    def _encode_numpy(self, value: Any, depth: int) -> Json:
        import numpy as np

        if isinstance(value, np.generic):
            return self.encode(value.item(), depth)
        if type(value) is np.ndarray and value.dtype.kind in "biuf":
            data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
            return {"t": "array", "d": value.dtype.str, "s": list(value.shape), "v": data}
        return self.refer(value)

    def decode(self, node: Json, depth: int = 0) -> Any:
        """The value that `encode` was given; WireError if the node is malformed."""
        if depth > MAX_DEPTH:
            raise WireError(f"a value nested more than {MAX_DEPTH} levels deep came in")
        if isinstance(node, list):
            return [self.decode(item, depth + 1) for item in node]
        if not isinstance(node, dict):
            return node
        tag = node.get("t")
        decoder = _DECODERS.get(tag) if isinstance(tag, str) else None
        if decoder is None:
            return self.resolve(node)
        try:
            return decoder(self, node, depth)
        except (TypeError, ValueError, KeyError, OverflowError, InvalidOperation, binascii.Error) as error:
            raise WireError(f"malformed {tag}: {type(error).__name__}") from error


def _encode_int(codec: Codec, value: int, depth: int) -> Json:
    if -(1 << 53) <= value <= 1 << 53:
        return value
    digits = hex(value)
    if len(digits) > MAX_DIGITS:
        raise WireError(f"an integer of {value.bit_length():,} bits cannot cross")
    return {"t": "int", "v": digits}


def _encode_float(codec: Codec, value: float, depth: int) -> Json:
    return value if math.isfinite(value) else {"t": "float", "v": repr(value)}


def _encode_dict(codec: Codec, value: dict[Any, Any], depth: int) -> Json:
    return {"t": "dict", "v": [[codec.encode(k, depth + 1), codec.encode(v, depth + 1)] for k, v in value.items()]}


def _encode_items(tag: str) -> Callable[[Codec, Any, int], Json]:
    return lambda codec, value, depth: {"t": tag, "v": [codec.encode(item, depth + 1) for item in value]}


def _encode_text(tag: str, write: Callable[[Any], str]) -> Callable[[Codec, Any, int], Json]:
    return lambda codec, value, depth: {"t": tag, "v": write(value)}


_ENCODERS: dict[type, Callable[[Codec, Any, int], Json]] = {
    int: _encode_int,
    float: _encode_float,
    dict: _encode_dict,
    tuple: _encode_items("tuple"),
    set: _encode_items("set"),
    frozenset: _encode_items("frozenset"),
    bytes: _encode_text("bytes", lambda v: base64.b64encode(v).decode()),
    bytearray: _encode_text("bytes", lambda v: base64.b64encode(v).decode()),
    complex: _encode_text("complex", repr),
    Decimal: _encode_text("decimal", str),
    uuid.UUID: _encode_text("uuid", str),
    datetime: _encode_text("datetime", datetime.isoformat),
    date: _encode_text("date", date.isoformat),
    time: _encode_text("time", time.isoformat),
    timedelta: lambda codec, value, depth: {"t": "timedelta", "v": [value.days, value.seconds, value.microseconds]},
}


def _decode_dict(codec: Codec, node: dict[str, Json], depth: int) -> dict[Any, Any]:
    return {codec.decode(key, depth + 1): codec.decode(value, depth + 1) for key, value in node["v"]}


def _decode_items(build: Callable[[Any], Any]) -> Callable[[Codec, dict[str, Json], int], Any]:
    return lambda codec, node, depth: build([codec.decode(item, depth + 1) for item in node["v"]])


def _decode_text(read: Callable[[str], Any]) -> Callable[[Codec, dict[str, Json], int], Any]:
    def decode(codec: Codec, node: dict[str, Json], depth: int) -> Any:
        text = node["v"]
        if not isinstance(text, str):
            raise TypeError("not text")
        return read(text)

    return decode


def _decode_array(codec: Codec, node: dict[str, Json], depth: int) -> Any:
    import numpy as np

    dtype = np.dtype(str(node.get("d")))
    if dtype.kind not in "biuf" or dtype.hasobject:
        raise ValueError("dtype")
    shape = node.get("s")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("shape")
    return np.frombuffer(base64.b64decode(node["v"]), dtype=dtype).reshape(shape).copy()


def _int_of(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too long")
    return int(text, 16)


_DECODERS: dict[str, Callable[[Codec, dict[str, Json], int], Any]] = {
    "int": _decode_text(_int_of),
    "float": _decode_text(float),
    "dict": _decode_dict,
    "tuple": _decode_items(tuple),
    "set": _decode_items(set),
    "frozenset": _decode_items(frozenset),
    "bytes": _decode_text(lambda text: base64.b64decode(text, validate=True)),
    "complex": _decode_text(complex),
    "decimal": _decode_text(Decimal),
    "uuid": _decode_text(uuid.UUID),
    "datetime": _decode_text(datetime.fromisoformat),
    "date": _decode_text(date.fromisoformat),
    "time": _decode_text(time.fromisoformat),
    "path": _decode_text(Path),
    "timedelta": lambda codec, node, depth: timedelta(*node["v"]),
    "array": _decode_array,
}


def encode_subclass(codec: Codec, value: Any) -> Json | None:
    """An instance of a builtin's subclass (a defaultdict, a named tuple) as JSON of its base; None if it is none."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return _encode_int(codec, int.__index__(value), 0)
    if isinstance(value, float):
        return _encode_float(codec, float.__float__(value), 0)
    if isinstance(value, list):
        return codec.encode(list(value), 1)
    base = next((kind for kind in _ENCODERS if isinstance(value, kind)), None)
    return _ENCODERS[base](codec, value, 1) if base else None
