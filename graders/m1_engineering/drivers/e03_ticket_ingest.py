"""What the grader of e03 does beside the submission: it measures memory, and moves the machine to another zone."""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Measured:
    """The most bytes that were allocated at any one time, and what came of it.

    The bytes are rounded up to a power of two: exactly, they differ from run to run, and then the same failure would
    never look the same.
    """

    peak: int
    result: Any


def peak_of(function: Callable[..., Any], *args: Any) -> Measured:
    """Call a function and watch its memory, with the garbage collector as Python sets it."""
    threshold = gc.get_threshold()
    gc.freeze()  # what was there before is none of this function's, and need not be walked again and again
    gc.set_threshold(700, 10, 10)
    tracemalloc.start()
    try:
        result = function(*args)
        return Measured(1 << (tracemalloc.get_traced_memory()[1] - 1).bit_length(), result)
    finally:
        tracemalloc.stop()
        gc.set_threshold(*threshold)
        gc.unfreeze()


def peak_of_reading(read_rows: Callable[[Path], Iterable[Any]], source: Path) -> Measured:
    """Read a file row by row, keeping of each no more than its line and what was wrong with it."""
    return peak_of(lambda: [(row.line, getattr(row, "reason", None)) for row in read_rows(source)])


def peak_of_swallowing(source: Path) -> int:
    """The control: what it takes to hold a whole file, so that the grader knows that this would be seen."""
    return peak_of(lambda: len(source.read_bytes())).peak


def in_zone(zone: str, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function on a machine whose own clock is set to a zone."""
    before = os.environ.get("TZ")
    try:
        _move_to(zone)
        return function(*args)
    finally:
        _move_to(before)


def with_limit_in_zone(to_utc: Callable[..., Any], text: str, zone: str, limit: str) -> Any:
    """The moment that a text means, if it is not after a limit that is given by the clock of the same zone."""
    return to_utc(text, zone, datetime.fromisoformat(limit).replace(tzinfo=ZoneInfo(zone)))


def _move_to(zone: str | None) -> None:
    if zone is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = zone
    time.tzset()
