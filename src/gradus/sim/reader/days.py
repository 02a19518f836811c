"""Days in a text: 2026-10-01, 1 October 2026, October 1st, 2026."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator

_MONTHS = [name.lower() for name in calendar.month_name[1:]]
_MONTH = "|".join(_MONTHS)

ISO_DAY = re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z?)?\b")
SPELT_DAY = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({_MONTH}),? (\d{{4}})\b|"
    rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b",
    re.IGNORECASE,
)


def days(text: str) -> Iterator[str]:
    """The days in a text, as 2026-10-01, with the time behind if it is there; those written so come first.

    Example:
        >>> list(days("due on 2 March 2026, sent 2026-02-28"))
        ['2026-02-28', '2026-03-02']
    """
    for match in ISO_DAY.finditer(text):
        yield match[0]
    for match in SPELT_DAY.finditer(text):
        day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        yield f"{year}-{_MONTHS.index(month.lower()) + 1:02}-{int(day):02}"
