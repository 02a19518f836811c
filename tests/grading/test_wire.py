"""The wire carries data exactly, and nothing else."""

from __future__ import annotations

import json
import math
import socket
import struct
import uuid
from collections import OrderedDict, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading.wire import (
    MAX_FRAME,
    Codec,
    WireClosed,
    WireError,
    encode_subclass,
    parse_frame,
    receive_frame,
    send_frame,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.decimals()
    | st.datetimes(timezones=st.just(UTC) | st.none()).map(lambda moment: moment.replace(fold=0))
    | st.dates()
    | st.times().map(lambda moment: moment.replace(fold=0))
    | st.timedeltas()
    | st.uuids()
    | st.complex_numbers()
)
keys = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=12,
)


def there_and_back(value: Any) -> Any:
    codec = Codec()
    return codec.decode(json.loads(json.dumps(codec.encode(value))))


def same(left: Any, right: Any) -> bool:
    """Equal, of the same type all the way down, and with one nan like another."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return repr(left) == repr(right)


@settings(max_examples=300, deadline=None)
@given(values)
def test_data_crosses_unchanged(value: Any) -> None:
    assert same(there_and_back(value), value)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        frozenset({"a"}),
        Decimal("1.10"),
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
        date(2024, 2, 29),
        time(23, 59),
        timedelta(days=-1, microseconds=5),
        Path("a/b"),
        uuid.UUID(int=7),
        2**4000,
        -math.inf,
        "\ud800",
    ],
    ids=repr,
)
def test_types_are_kept(value: Any) -> None:
    assert same(there_and_back(value), value)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint64", "bool"])
def test_arrays_keep_shape_and_type(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    back = there_and_back(array)
    assert back.dtype == array.dtype
    assert (back == array).all()
    assert back.shape == (2, 3)
    assert there_and_back(np.float32(0.5)) == 0.5


class Point(NamedTuple):
    x: int
    y: int


class Loud(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_subclasses_cross_as_their_base() -> None:
    codec = Codec(refer=lambda value: encode_subclass(codec, value))
    for value, plain in (
        (Point(1, 2), (1, 2)),
        (defaultdict(int, a=1), {"a": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (Loud("quiet"), "quiet"),
    ):
        back = codec.decode(codec.encode(value))
        assert type(back) is type(plain)
        assert plain == back


def test_what_is_not_data_is_refused() -> None:
    for value in (object(), print, Loud, np.array([object()])):
        with pytest.raises(WireError, match="is not data"):
            Codec().encode(value)


def test_depth_is_bounded_both_ways() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(WireError, match="deep"):
        Codec().encode(deep)
    with pytest.raises(WireError, match="deep"):
        Codec().decode(deep)
    with pytest.raises(WireError, match="malformed"):
        parse_frame(b"[" * 100_000)


@pytest.mark.parametrize(
    "node",
    [
        {"t": "nothing"},
        {"t": ["dict"]},
        {},
        {"t": "dict", "v": [1]},
        {"t": "dict", "v": [[[], 1]]},
        {"t": "bytes", "v": "%%"},
        {"t": "bytes", "v": 7},
        {"t": "int", "v": "f" * 5000},
        {"t": "decimal", "v": "one"},
        {"t": "datetime", "v": "yesterday"},
        {"t": "timedelta", "v": [1, 2, 3, 4, 5, 6, 7, 8]},
        {"t": "set", "v": [[1]]},
        {"t": "array", "d": "O", "s": [1], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f4", "s": [1 << 40], "v": ""},
        {"t": "array", "d": "<f4", "s": [-1], "v": ""},
        {"t": "array", "d": "<f4", "s": [1]},
        {"t": "array", "d": "no such type", "s": [1], "v": ""},
    ],
    ids=str,
)
def test_a_malformed_node_is_refused_with_a_wire_error(node: Any) -> None:
    with pytest.raises(WireError):
        Codec().decode(node)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_wire_error(data: bytes) -> None:
    try:
        message = parse_frame(data)
    except WireError:
        return
    assert isinstance(message, dict)


def test_frames_travel_and_end() -> None:
    ours, theirs = socket.socketpair()
    send_frame(ours, {"text": "ä" * 1000})
    assert receive_frame(theirs) == {"text": "ä" * 1000}
    ours.close()
    with pytest.raises(WireClosed):
        receive_frame(theirs)
    theirs.close()


def test_an_oversized_frame_is_refused_at_both_ends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(WireError, match="may cross at once"):
            send_frame(ours, {"text": "x" * MAX_FRAME})
        ours.sendall(struct.pack("<I", MAX_FRAME + 1))
        with pytest.raises(WireError, match="announced"):
            receive_frame(theirs)
