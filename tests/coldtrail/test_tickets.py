"""The tickets: sizes and shares, marks that give back what they marked, and labels that hold together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any, get_args

import pytest
import yaml

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.tickets import read_tickets
from gradus.coldtrail.splits import Split
from gradus.coldtrail.store import data_folder
from gradus.coldtrail.tickets import Intent, Oddity, PersonalKind, Ticket, tickets

SPLITS: tuple[Split, ...] = get_args(Split)
SIZE: dict[Split, int] = {"dev": 120, "held_out": 80}
SOURCE: dict[Split, str] = {"dev": "tickets.yaml", "held_out": "held_out/tickets.yaml"}
BOTH = (*tickets("dev"), *tickets("held_out"))

TEST_CARDS = {"4111111111111111", "5555555555554444", "4242424242424242", "6011111111111117", "378282246310005"}
TEST_CARDS |= {"4012888888881881"}
SURNAMES = {"Example", "Sample", "Placeholder", "Testcase", "Specimen"}
PHONE = re.compile(r"1?20255501\d\d|44207946\d{4}|4930555001\d\d")
LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def by_id(split: Split) -> dict[str, Ticket]:
    return {ticket.id: ticket for ticket in tickets(split)}


def values(ticket: Ticket, *kinds: PersonalKind) -> list[str]:
    return [ticket.quote(one) for one in ticket.personal if one.kind in kinds]


def without_personal(ticket: Ticket) -> str:
    """What is left of subject and body when every span is cut out."""
    parts = {"subject": ticket.subject, "body": ticket.body}
    for one in reversed(ticket.personal):
        parts[one.where] = f"{parts[one.where][: one.start]}…{parts[one.where][one.end :]}"
    return "\n".join(parts.values())


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def iban_is_valid(iban: str) -> bool:
    plain = iban.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def words(ticket: Ticket) -> set[str]:
    """Its words; of a ticket that has none, the whole of it."""
    text = f"{ticket.subject} {ticket.body}".lower()
    return set(re.findall(r"[^\W\d]\w*", text)) or {text.strip()}


def overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("split", SPLITS)
def test_sizes_and_order(split: Split) -> None:
    half = tickets(split)
    first = 1001 if split == "dev" else 2001
    assert [ticket.id for ticket in half] == [f"T-{first + place}" for place in range(SIZE[split])]
    moments = [ticket.received_at for ticket in half]
    assert moments == sorted(moments)
    assert all(moment.isoformat().startswith("2026-") and moment.utcoffset() is not None for moment in moments)
    assert max(moments).isoformat() < "2026-10-01"
    assert len({moment.month for moment in moments}) == 9


@pytest.mark.parametrize("split", SPLITS)
def test_shares_are_the_same_in_both_halves(split: Split) -> None:
    half, size = tickets(split), SIZE[split]
    odd = Counter(ticket.oddity for ticket in half)
    assert odd["not_english"] == size * 5 // 100
    assert odd["injection"] == size * 10 // 100
    assert odd["empty"] + odd["huge"] + odd["garbled"] == size * 10 // 100
    assert set(odd) - {None} == set(get_args(Oddity))
    assert 0.28 <= sum(bool(ticket.personal) for ticket in half) / size <= 0.4
    assert sum(ticket.intent is None for ticket in half) == size // 20 - (split == "dev")


def test_every_label_is_used_often_enough_to_measure_it() -> None:
    intents = Counter(ticket.intent for ticket in BOTH)
    priorities = Counter(ticket.priority for ticket in BOTH)
    assert set(intents) - {None} == set(get_args(Intent))
    assert min(intents.values()) >= 9
    assert min(count for intent, count in intents.items() if intent) >= 15
    assert priorities["P1"] >= 20
    assert min(priorities.values()) >= 20
    assert {kind for ticket in BOTH for kind in (one.kind for one in ticket.personal)} == set(get_args(PersonalKind))
    assert {one.where for ticket in BOTH for one in ticket.personal} == {"subject", "body"}


@pytest.mark.parametrize("split", SPLITS)
def test_labels_agree_with_each_other(split: Split) -> None:
    for ticket in tickets(split):
        assert (ticket.language != "en") == (ticket.oddity == "not_english"), ticket.id
        assert ticket.intent or ticket.priority == "P3", ticket.id
        assert ticket.intent != "how_to" or ticket.priority == "P4", ticket.id
        assert ticket.customer is None or re.fullmatch(r"C-1[0-6]\d", ticket.customer), ticket.id
        if ticket.oddity == "huge":
            assert len(ticket.body.splitlines()) > 150, ticket.id
        else:
            assert len(ticket.body.split()) <= 260, ticket.id


def test_lengths_differ_widely() -> None:
    lengths = [len(ticket.body.split()) for ticket in BOTH if ticket.oddity != "huge"]
    assert sum(length <= 15 for length in lengths) >= 15
    assert sum(length >= 100 for length in lengths) >= 8


@pytest.mark.parametrize("split", SPLITS)
def test_spans_give_back_exactly_what_was_marked(split: Split) -> None:
    written: list[dict[str, Any]] = yaml.load(
        (data_folder() / SOURCE[split]).read_text(encoding="utf-8"), yaml.CSafeLoader
    )
    for source, ticket in zip(written, tickets(split), strict=True):
        marked = [
            (kind, where, value)
            for where in ("subject", "body")
            for kind, value in re.findall(r"\[\[(\w+):([^\]]*)\]\]", source[where])
        ]
        assert [(one.kind, one.where, ticket.quote(one)) for one in ticket.personal] == marked, ticket.id
        assert not re.search(r"\[\[|\]\]|\{\{repeat", ticket.subject + ticket.body), ticket.id


def test_personal_data_is_synthetic() -> None:
    for ticket in BOTH:
        for mail in values(ticket, "email"):
            assert re.fullmatch(r"[a-z.-]+@example\.(com|org|net)", mail), mail
        for phone in values(ticket, "phone"):
            assert PHONE.fullmatch(digits(phone)), phone
        for card in values(ticket, "card"):
            assert digits(card) in TEST_CARDS
            assert luhn(digits(card))
        for iban in values(ticket, "iban"):
            assert iban_is_valid(iban), iban
            assert iban.replace(" ", "")[4:9] == "00000", iban
        for address in values(ticket, "address"):
            assert "Example Street" in address
        for name in values(ticket, "name"):
            assert len(name.split()) == 1 or name.split()[-1] in SURNAMES, name


def test_personal_data_is_marked_wherever_it_stands() -> None:
    for ticket in BOTH:
        rest = without_personal(ticket)
        assert not re.search(r"[\w.]+@(?!coldtrail\.example)[\w.]+", rest), ticket.id
        assert not re.search(r"\+\d{2}|\b555 ?\d", rest), ticket.id
        assert not re.search(r"Example Street", rest), ticket.id
        assert not re.search(r"\b[A-Z][a-zé]+ (Sample|Placeholder|Testcase|Specimen)\b", rest), ticket.id


def test_numbers_that_look_like_cards_fail_the_checksum() -> None:
    alike = [number for ticket in BOTH for number in LONG_NUMBER.findall(without_personal(ticket))]
    assert len(alike) >= 20
    assert [number for number in alike if luhn(digits(number))] == []


def pairs(split: Split, by: str) -> Iterator[tuple[Ticket, Ticket]]:
    half = by_id(split)
    for ticket in half.values():
        other = getattr(ticket, by)
        if other and ticket.id < other:
            yield ticket, half[other]


@pytest.mark.parametrize(("split", "twins", "contrasts"), [("dev", 7, 5), ("held_out", 5, 3)])
def test_twins_share_their_labels_and_contrasts_do_not(split: Split, twins: int, contrasts: int) -> None:
    alike, differing = list(pairs(split, "twin")), list(pairs(split, "contrast"))
    assert (len(alike), len(differing)) == (twins, contrasts)
    for one, other in alike:
        assert (one.intent, one.priority) == (other.intent, other.priority), one.id
        assert overlap(words(one), words(other)) < 0.3, f"{one.id} and {other.id} use the same words"
    for one, other in differing:
        assert (one.intent, one.priority) != (other.intent, other.priority), one.id
        assert overlap(words(one), words(other)) > 0.25, f"{one.id} and {other.id} differ in more than a detail"


def test_no_ticket_is_in_both_halves() -> None:
    dev, held_out = ([(ticket.id, words(ticket)) for ticket in tickets(split)] for split in SPLITS)
    alike = [(one, other) for (one, left), (other, right) in product(dev, held_out) if overlap(left, right) >= 0.6]
    assert alike == []


@pytest.mark.parametrize("split", SPLITS)
def test_within_a_half_only_contrasts_are_alike(split: Split) -> None:
    for one, other in combinations(tickets(split), 2):
        assert one.contrast == other.id or overlap(words(one), words(other)) < 0.6, (one.id, other.id)


GOOD: dict[str, str | None] = {
    "id": "T-1",
    "received_at": "2026-01-05T09:00:00+01:00",
    "channel": "email",
    "customer": None,
    "subject": "",
    "body": "call [[name:Robin Sample]]\n{{repeat 2: line {n}}}\n",
    "intent": "how_to",
    "priority": "P4",
    "language": "en",
}


def test_a_source_is_read() -> None:
    (ticket,) = read_tickets([GOOD])
    assert ticket.body == "call Robin Sample\nline 1\nline 2"
    assert ticket.received_at.isoformat() == "2026-01-05T08:00:00+00:00"
    assert values(ticket, "name") == ["Robin Sample"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intent": "refund"}, "intent"),
        ({"priority": "P0"}, "priority"),
        ({"oddly": "huge"}, "oddly"),
        ({"received_at": "2026-01-05T09:00:00"}, "received_at"),
        ({"body": "[[nick:Robin]]"}, "no such kind"),
        ({"body": "[[name: Robin]]"}, "without spaces"),
        ({"body": "[[name:Robin]"}, "begins or ends nothing"),
        ({"subject": "a\0b"}, "control character"),
        ({"twin": "T-2"}, "does not name it"),
        ({"contrast": "T-2"}, "does not name it"),
    ],
)
def test_a_bad_source_is_refused_by_name(change: dict[str, str | None], message: str) -> None:
    with pytest.raises(SourceError, match=rf"(?s)T-1\b.*{message}"):
        read_tickets([GOOD | change])


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(SourceError, match="T-1: there are two"):
        read_tickets([GOOD, GOOD])


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(SourceError, match="holds no list"):
        read_tickets(GOOD)
