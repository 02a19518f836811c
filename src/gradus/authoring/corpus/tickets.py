"""data/tickets.yaml and its held-out half read into tickets: marks become spans, repeated lines are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, get_args

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.tickets import Channel, Intent, Oddity, Part, PersonalData, PersonalKind, Priority, Ticket

MARK = re.compile(r"\[\[([a-z]+):(.*?)\]\]")
REPEAT = re.compile(r"^\{\{repeat (\d+): (.*)\}\}$", re.MULTILINE)
# Control characters would make the export's one bad row indistinguishable from a good one.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
KINDS: tuple[PersonalKind, ...] = get_args(PersonalKind)


@dataclass(frozen=True)
class TicketSource:
    """A ticket as it is written; see Ticket for the fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    received_at: AwareDatetime
    channel: Channel
    customer: str | None
    subject: str
    body: str
    intent: Intent | None
    priority: Priority
    language: str
    oddity: Oddity | None = None
    twin: str | None = None
    contrast: str | None = None
    note: str | None = None


def read_tickets(source: object) -> tuple[Ticket, ...]:
    """Tickets from a parsed YAML file.

    Args:
        source: what the YAML holds: a list of tickets.

    Raises:
        SourceError: a ticket is not written as it should be; names it.

    Example:
        >>> read_tickets(yaml.load(text, yaml.CSafeLoader))[0].id
        'T-1001'
    """
    if not isinstance(source, list):
        raise SourceError("tickets.yaml: holds no list. Write one ticket after the other, each beginning with '- id:'.")
    read = tuple(_ticket(position, written) for position, written in enumerate(source, start=1))
    _check_ids(read)
    _check_pairs(read)
    return read


def _ticket(position: int, source: object) -> Ticket:
    where = _where(position, source)
    try:
        written = TypeAdapter(TicketSource).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"{where}: {error}") from error
    subject, in_subject = _unmarked(where, "subject", written.subject)
    # A block scalar ends with a line end that nobody typed.
    body, in_body = _unmarked(where, "body", _repeated(written.body.removesuffix("\n")))
    return Ticket(
        id=written.id,
        received_at=_in_utc(written.received_at),
        channel=written.channel,
        customer=written.customer,
        subject=subject,
        body=body,
        intent=written.intent,
        priority=written.priority,
        language=written.language,
        oddity=written.oddity,
        personal=(*in_subject, *in_body),
        twin=written.twin,
        contrast=written.contrast,
        note=written.note,
    )


def _where(position: int, source: Any) -> str:
    name = source.get("id") if isinstance(source, dict) else None
    return f"tickets.yaml: {name or f'ticket number {position}'}"


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _repeated(text: str) -> str:
    """The text with every {{repeat N: line}} written out, {n} counting from 1."""
    return REPEAT.sub(lambda found: "\n".join(_lines(int(found[1]), found[2])), text)


def _lines(times: int, line: str) -> Iterator[str]:
    for number in range(1, times + 1):
        yield line.replace("{n}", str(number))


def _unmarked(where: str, part: Part, text: str) -> tuple[str, tuple[PersonalData, ...]]:
    """The text without its marks, and what they marked."""
    clean, personal, read = "", [], 0
    for mark in MARK.finditer(text):
        kind = next((kind for kind in KINDS if kind == mark[1]), None)
        if kind is None:
            raise SourceError(f"{where}: {mark[0]}: no such kind. Write one of {', '.join(KINDS)}.")
        if not mark[2] or mark[2] != mark[2].strip():
            raise SourceError(f"{where}: {mark[0]}: write what is marked, without spaces around it.")
        clean += text[read : mark.start()]
        personal.append(PersonalData(kind, part, len(clean), len(clean) + len(mark[2])))
        clean += mark[2]
        read = mark.end()
    clean += text[read:]
    if left := next((sign for sign in ("[[", "]]", "{{repeat") if sign in clean), None):
        raise SourceError(f"{where}: {left} in the {part} begins or ends nothing. Complete the mark, or leave it out.")
    if control := CONTROL.search(clean):
        raise SourceError(f"{where}: {control[0]!r} in the {part}: a control character. Leave it out.")
    return clean, tuple(personal)


def _check_ids(read: Sequence[Ticket]) -> None:
    seen = set()
    for ticket in read:
        if ticket.id in seen:
            raise SourceError(f"tickets.yaml: {ticket.id}: there are two of it. Give one of them another id.")
        seen.add(ticket.id)


def _check_pairs(read: Sequence[Ticket]) -> None:
    """A twin and a contrast point back."""
    by_id = {ticket.id: ticket for ticket in read}
    for ticket in read:
        twin, contrast = by_id.get(ticket.twin or ""), by_id.get(ticket.contrast or "")
        if ticket.twin and (twin is None or twin.twin != ticket.id):
            raise SourceError(f"tickets.yaml: {ticket.id}: its twin {ticket.twin} does not name it as its own.")
        if ticket.contrast and (contrast is None or contrast.contrast != ticket.id):
            raise SourceError(f"tickets.yaml: {ticket.id}: its contrast {ticket.contrast} does not name it as its own.")
