"""Whether a condition in a goal holds, as far as tool results tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .details import numbers
from .outcomes import Found
from .vocabulary import concepts, raw_words, stem

_NOT = re.compile(r"\b(?:not|no|never|neither|without|out of|expired|lapsed)\b|n't\b", re.IGNORECASE)
_TODAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_MORE = re.compile(r"\b(?:more|over|above|at least|exceeds?|higher|greater)\b", re.IGNORECASE)
_LESS = re.compile(r"\b(?:less|under|below|at most|fewer|lower)\b", re.IGNORECASE)


def holds(condition: str, found: Sequence[Found], today: str = "") -> bool | None:
    """Whether a condition holds; None where the values do not say.

    Args:
        condition: "it is still under warranty", "the status is active", "there are more than 3".
        found: the values in results.
        today: the date, as far as somebody named it.

    Example:
        >>> holds("it is covered", [Found("covered", False, 1, "check_warranty")])
        False
    """
    negated = bool(_NOT.search(condition))
    for judge in (_by_truth, _by_number, _by_day, _by_word):
        verdict = judge(condition, found, today)
        if verdict is not None:
            return verdict != negated
    return None


def _about(condition: str, found: Sequence[Found]) -> list[Found]:
    """The values of properties that the condition names, the latest first."""
    said = {*concepts(condition), *(stem(word) for word in raw_words(condition))}
    return [value for value in reversed(found) if said & {*concepts(value.key), *map(stem, raw_words(value.key))}]


def _by_truth(condition: str, found: Sequence[Found], today: str) -> bool | None:
    return next((value.value for value in _about(condition, found) if isinstance(value.value, bool)), None)


def _by_number(condition: str, found: Sequence[Found], today: str) -> bool | None:
    limit = next((number for number, _ in numbers(condition)), None)
    if limit is None or not (_MORE.search(condition) or _LESS.search(condition)):
        return None
    for value in _about(condition, found):
        if _is_number(value.value):
            return bool(value.value > limit) if _MORE.search(condition) else bool(value.value < limit)
    return None


def _by_day(condition: str, found: Sequence[Found], today: str) -> bool | None:
    """A property like warranty_until, against the date of today."""
    for value in _about(condition, found):
        day = _TODAY.match(str(value.value))
        if day and today and re.search(r"until|end|expire|due|valid", value.key):
            return today <= day[0]
    return None


def _by_word(condition: str, found: Sequence[Found], today: str) -> bool | None:
    """A status: that it is what the condition says, or, where the condition speaks of the property, that it is not."""
    said = {stem(word) for word in raw_words(condition)}
    texts = [value for value in reversed(found) if isinstance(value.value, str) and 0 < len(value.value) <= 30]
    states = [value for value in texts if re.search(r"status|state|plan|type|kind|priority|level", value.key)]
    for value in states:
        words = [stem(word) for word in raw_words(value.value.replace("_", " "))]
        if words and said.issuperset(words):
            return True
    return False if states and _named(states[0], condition) else None


def _named(value: Found, condition: str) -> bool:
    usual = {
        "active",
        "open",
        "clos",
        "paid",
        "overdue",
        "faulty",
        "retir",
        "wait",
        "solv",
        "cancel",
        "pend",
        "approv",
        "void",
    }
    return bool({stem(word) for word in raw_words(condition)} & {*usual, *map(stem, raw_words(value.key))})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
