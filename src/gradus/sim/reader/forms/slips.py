"""How what was read right comes out wrong: drifted labels, other numbers, invented identifiers, prose around JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ...dice import Dice
from ..reading import Reading

ONLY_JSON = 0.3  # of O2 that is left where the instructions say that nothing else may be written
SEPARATED_FROM = 1000  # smaller numbers have no separators

_ONLY = re.compile(
    r"\b(?:only|just|nothing (?:but|else)|exclusively|solely)\b[^.]*\bjson\b|\bjson\b[^.]*\b(?:only|nothing else|"
    r"alone)\b|"
    r"\b(?:no|without|not|never|n't)\b[^.]*\b(?:prose|fences?|markdown|code blocks?|backticks|commentary|"
    r"explanations?|other text|text around|"
    r"anything else)\b",
    re.IGNORECASE,
)
_EXTRA = (
    ("notes", "Please verify."),
    ("reasoning", "Taken from the text above."),
    ("language", "en"),
    ("source", "user message"),
)
_MEANT = {"p1": "urgent", "p2": "high", "p3": "normal", "p4": "low"}


def wrapped(reading: Reading, text: str, about: str) -> str:
    """The JSON, or the JSON with fences or prose around it (O2)."""
    told = bool(_ONLY.search(reading.prompt.instructions))
    if not reading.errs("O2", about, factor=ONLY_JSON if told else 1.0):
        return text
    forms = (
        f"```json\n{text}\n```",
        f"Here is the JSON you asked for:\n\n```json\n{text}\n```",
        f"Here is the result:\n\n{text}\n\nLet me know if you need anything else.",
        f"```\n{text}\n```",
        f"{text}\n\nI hope that helps.",
    )
    return reading.dice.choose(forms, "wrapping", about)


def drifted(dice: Dice, label: str) -> str:
    """A label as it is not listed (O7): other case, a space, words beside it."""
    spaced = re.sub(r"[_-]+", " ", label)
    forms = [
        f"{label} ",
        spaced.capitalize(),
        label.upper(),
        f"{spaced.title()} ",
        f"{label} - {_MEANT.get(label.lower(), 'see text')}",
    ]
    return dice.choose([form for form in forms if form != label], "drift", label)


def extra(dice: Dice, given: dict[str, Any], about: str) -> dict[str, Any]:
    """The object with a key that nobody asked for (O8)."""
    name, value = dice.choose([pair for pair in _EXTRA if pair[0] not in given] or [("remark", "")], "extra", about)
    return {**given, name: value}


def misscaled(dice: Dice, value: float) -> float | int:
    """A number of another scale (O10): the separator taken for a point, or cents for units."""
    if abs(value) >= SEPARATED_FROM:
        return int(value / 1000) if float(value / 1000).is_integer() else value / 1000
    scaled = value * dice.choose((100, 10), "scale", value)
    return int(scaled) if float(scaled).is_integer() else scaled


def invented_id(dice: Dice, given: str, taken: str) -> str:
    """An identifier of the same make (O9), one that does not stand in the text.

    Args:
        dice: what decides which.
        given: the true one, or one of its kind.
        taken: the text.
    """
    places = [at for at, char in enumerate(given) if char.isdigit()]
    if not places:
        return f"{given}-2"
    made = given
    for attempt in range(20):
        at = dice.choose(places[-4:], "place", given, attempt)
        made = made[:at] + str((int(made[at]) + 1 + attempt % 8) % 10) + made[at + 1 :]
        if made not in taken:
            return made
    return f"{given}-2"


def other_number(dice: Dice, value: float, beside: Sequence[float]) -> float | int:
    """A number that is not the one (O3): another one of the text, or this one with two digits exchanged."""
    others = [number for number in beside if number != value]
    if others and dice.draw("other", value) < 0.6:
        return dice.choose(others, "which", value)
    digits = str(value)
    swaps = [
        digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        for at in range(len(digits) - 1)
        if digits[at : at + 2].isdigit() and digits[at] != digits[at + 1] and not (at == 0 and digits[1] == "0")
    ]
    if not swaps:
        return value + 1
    swapped = dice.choose(swaps, "swap", value)
    return float(swapped) if "." in swapped else int(swapped)


def other_date(dice: Dice, value: str, beside: Sequence[str]) -> str:
    """A date that is not the one (O3): another one of the text, or this one a year or some days off."""
    others = [day for day in beside if day != value[:10]]
    if others and dice.draw("other", value) < 0.6:
        return dice.choose(others, "which", value) + value[10:]
    day = date.fromisoformat(value[:10])
    return (day + timedelta(days=dice.choose((365, 30, -30, 7), "shift", value))).isoformat() + value[10:]
