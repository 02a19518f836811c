"""Numbers in a pipe, each of which one process alone gets: how examiners share tests without asking anybody.

A read of two bytes from a pipe takes two that stand together, whoever else reads.
"""

from __future__ import annotations

import os
import struct

MOST = 8_000  # tickets: every system has pipes that hold so many without a reader
_NUMBER = struct.Struct("<H")


def issue_tickets() -> int:
    """A descriptor to read the numbers 0, 1, 2, … from, one by one."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(map(_NUMBER.pack, range(MOST))))
    finally:
        os.close(writing)
    return reading


def read_ticket(tickets: int) -> int:
    """The next number that nobody has taken; MOST once there is none.

    Example:
        >>> tickets = issue_tickets()
        >>> read_ticket(tickets), read_ticket(tickets)
        (0, 1)
    """
    data = os.read(tickets, _NUMBER.size)
    return int(_NUMBER.unpack(data)[0]) if data else MOST
