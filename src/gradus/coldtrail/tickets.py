"""The 200 support tickets, labelled, and the messy export that the first 120 of them also come in.

What each label means and what breaks a tie, and the rules of the export, stand in data/README.md.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store
from gradus.coldtrail.splits import Split

Intent = Literal[
    "device_fault",
    "connectivity",
    "excursion",
    "alert_setup",
    "billing",
    "rma",
    "account_access",
    "how_to",
]
Priority = Literal["P1", "P2", "P3", "P4"]
Channel = Literal["email", "chat", "form", "phone"]
Oddity = Literal["not_english", "injection", "empty", "huge", "garbled"]
PersonalKind = Literal["email", "name", "phone", "card", "iban", "address"]
Part = Literal["subject", "body"]
RejectReason = Literal[
    "missing_column",
    "extra_column",
    "unknown_priority",
    "bad_date",
    "stray_quote",
    "control_character",
    "not_utf8",
    "empty_line",
    "repeated_header",
]


@dataclass(frozen=True)
class PersonalData:
    """One piece of personal data in a ticket.

    Attributes:
        kind: what it is.
        where: the part of the ticket that it stands in.
        start, end: the characters of that part; `ticket.quote(it)` gives them.
    """

    kind: PersonalKind
    where: Part
    start: int
    end: int


@dataclass(frozen=True)
class Ticket:
    """One support ticket, as it came in, and its labels.

    Attributes:
        id: "T-1001" (dev) or "T-2001" (held out).
        received_at: in UTC.
        channel: how it came. What came by phone was written down by an agent.
        customer: the customer's id, "C-107"; None where the sender is not known.
        subject, body: as they were sent, mistakes and all; either may be empty.
        intent: what is wanted; None where nobody could tell, and abstaining is right.
        priority: how soon somebody has to look.
        language: what the customer wrote in, as ISO 639-1.
        oddity: what sets it apart; None for most.
        personal: every piece of personal data, subject before body, in order.
        twin: the id of a ticket that says the same in other words, and so has the same intent and priority.
        contrast: the id of a ticket that differs in one decisive detail, and so in its intent or priority.
        note: why it is labelled as it is, where a colleague might disagree.
    """

    id: str
    received_at: datetime
    channel: Channel
    customer: str | None
    subject: str
    body: str
    intent: Intent | None
    priority: Priority
    language: str
    oddity: Oddity | None
    personal: tuple[PersonalData, ...]
    twin: str | None
    contrast: str | None
    note: str | None

    def quote(self, personal: PersonalData) -> str:
        """The characters that a piece of personal data consists of.

        Args:
            personal: one of this ticket's.

        Example:
            >>> tickets()[0].quote(tickets()[0].personal[0])
            'Imani Sample'
        """
        part = self.subject if personal.where == "subject" else self.body
        return part[personal.start : personal.end]


@dataclass(frozen=True)
class RejectedRow:
    """A row of the export that is not a ticket.

    Attributes:
        line: the line of the file on which the row begins; the header is line 1.
        reason: the one thing that is wrong with it.
    """

    line: int
    reason: RejectReason


@dataclass(frozen=True)
class LatestVersion:
    """What the export says of one ticket in the end.

    Attributes:
        id: the ticket's.
        version: the highest of its accepted versions.
        received_at: in UTC; the same in every version.
        priority: as that version has it.
    """

    id: str
    version: int
    received_at: datetime
    priority: Priority


@dataclass(frozen=True)
class ExportExpectation:
    """What a careful reader of the export finds.

    Attributes:
        read: how many rows there are after the header: empty lines and repeated headers count, `accepted + rejected`.
        accepted: how many of them are a ticket's version. The same version may come twice, and counts twice here.
        rejected: the others, by line.
        tickets: the latest accepted version of every ticket that has one, by id.
    """

    read: int
    accepted: int
    rejected: tuple[RejectedRow, ...]
    tickets: tuple[LatestVersion, ...]


@functools.cache
def tickets(split: Split = "dev") -> tuple[Ticket, ...]:
    """The tickets of one half, as they came in.

    Args:
        split: "dev" to look at and tune on, "held_out" for graders.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> len(tickets()), len(tickets("held_out"))
        (120, 80)
    """
    folder = "derived" if split == "dev" else "held_out/derived"
    return store.load(f"{folder}/tickets.json", TypeAdapter(tuple[Ticket, ...]))


def ticket_export() -> Path:
    """The export of the dev tickets: a CSV file that is awkward on purpose.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> ticket_export().read_bytes().startswith(b"\\xef\\xbb\\xbfticket_id,")
        True
    """
    return store.path("exports/tickets.csv")


@functools.cache
def ticket_export_expected() -> ExportExpectation:
    """What is to be found in `ticket_export()`.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> expected = ticket_export_expected()
        >>> expected.accepted + len(expected.rejected) == expected.read
        True
    """
    return store.load("derived/export_expected.json", TypeAdapter(ExportExpectation))
