"""Beside m2_llms/e12_eval_harness: systems that crash, studies by the hundred, and global generators."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Row = tuple[str, str, Mapping[str, bool], str | None]  # id, slice, passed, error
MakeOutcome = Callable[..., Any]


class QuotaError(Exception):
    """An exception of somebody's own."""


class SlowError(TimeoutError):
    """One that has a built-in exception for its base."""


CRASHES: dict[str, type[BaseException]] = {
    kind.__name__: kind
    for kind in (QuotaError, SlowError, AssertionError, StopIteration, KeyboardInterrupt, SystemExit)
}


class Id(str):
    """A text whose hash depends on `salt`, as a text's hash depends on the process that it is in."""

    __slots__ = ()
    salt = 0

    def __hash__(self) -> int:
        return hash((Id.salt, str(self)))


def evaluate_crashing(
    evaluate: Callable[..., Any], items: Sequence[Any], scorers: Mapping[str, Any], crash: str
) -> tuple[Any, str | None]:
    """What `evaluate` returns for a system that raises this exception each time, and which exception came through."""

    def system(question: str) -> str:
        raise CRASHES[crash]("no answer")

    try:
        return evaluate(system, items, scorers), None
    except NotImplementedError:
        raise
    except BaseException as error:
        return None, type(error).__name__


def outcomes(make: MakeOutcome, rows: Sequence[Row]) -> list[Any]:
    """A run with these rows."""
    return [make(id_, slice_, None if error else "8 °C", error, passed) for id_, slice_, passed, error in rows]


def each(function: Callable[..., Any], calls: Sequence[Sequence[Any]]) -> list[Any]:
    """What each of these calls gives."""
    return [function(*args) for args in calls]


def each_pair(
    function: Callable[..., Any], make: MakeOutcome, pairs: Sequence[tuple[str, str]], **options: Any
) -> list[Any]:
    """What `compare` or `gate` gives for each of these pairs of runs, written as marks; all items are of one slice."""

    def run(marks: str) -> list[Any]:
        return outcomes(make, [(f"s-{number}", "s", {"exact": mark == "+"}, None) for number, mark in enumerate(marks)])

    return [function(run(old), run(new), "exact", **options) for old, new in pairs]


def leaves_alone(function: Callable[..., Any], old: list[Any], new: list[Any], **options: Any) -> bool:
    """Whether both runs are after the call as they were before."""
    before = copy.copy(old), copy.copy(new)
    function(old, new, "exact", **options)
    return (old, new) == before


def in_other_processes(
    compare: Callable[..., Any], make: MakeOutcome, old: Sequence[Row], new: Sequence[Row], **options: Any
) -> list[Any]:
    """What `compare` gives where texts have other hashes."""
    found = []
    for salt in range(1, 5):
        Id.salt = salt
        runs = ([make(Id(id_), slice_, None, None, passed) for id_, slice_, passed, _ in rows] for rows in (old, new))
        found.append(compare(*runs, "exact", **options))
    return found


def after_global_seeds(compare: Callable[..., Any], *args: Any, **options: Any) -> tuple[list[Any], bool]:
    """What `compare` gives after the global generators were seeded in several ways, and whether it left them alone."""
    found, left_alone = [], True
    for seed in range(4):
        random.seed(seed)
        np.random.seed(seed)
        found.append(compare(*args, **options))
        drawn = random.random(), float(np.random.random())
        random.seed(seed)
        np.random.seed(seed)
        left_alone = left_alone and drawn == (random.random(), float(np.random.random()))
    return found, left_alone
