"""Every number is drawn once, however many processes draw."""

from __future__ import annotations

import os

from gradus.grading.tickets import MOST, issue_tickets, read_ticket


def test_numbers_come_in_order_and_end() -> None:
    tickets = issue_tickets()
    try:
        assert [read_ticket(tickets) for _ in range(MOST)] == list(range(MOST))
        assert read_ticket(tickets) == MOST
        assert read_ticket(tickets) == MOST
    finally:
        os.close(tickets)


def test_two_processes_share_them() -> None:
    tickets = issue_tickets()
    reading, writing = os.pipe()
    if os.fork() == 0:
        drawn = 0
        while (number := read_ticket(tickets)) < MOST:
            drawn += number
        os.write(writing, str(drawn).encode())
        os._exit(0)
    own = 0
    while (number := read_ticket(tickets)) < MOST:
        own += number
    other = int(os.read(reading, 100))
    os.wait()
    for descriptor in (tickets, reading, writing):
        os.close(descriptor)
    assert own + other == sum(range(MOST))
