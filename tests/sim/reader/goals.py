"""Ten goals for the support desk, each in several wordings, and what has to have been done in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.sim.reader.desk import Run

WRITING = ("issue_credit", "open_rma", "add_note", "set_ticket_status", "send_message")


@dataclass(frozen=True)
class Goal:
    """What several wordings ask for.

    Attributes:
        wordings: the ways in which it is put.
        done: the calls that change something, in order; a list as an argument names words that its text has to hold.
        told: what the final text has to hold.
    """

    wordings: tuple[str, ...]
    done: tuple[tuple[str, dict[str, Any]], ...] = ()
    told: tuple[str, ...] = field(default=())

    def reached(self, run: Run) -> bool:
        """Whether exactly this was done, and told."""
        made = [(name, arguments) for name, arguments in run.desk.calls if name in WRITING]
        return (
            len(made) == len(self.done)
            and all(
                name == wanted and _fits(given, arguments)
                for (name, given), (wanted, arguments) in zip(made, self.done, strict=True)
            )
            and bool(run.said)
            and all(part in run.said for part in self.told)
        )


def _fits(given: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(
        all(part in str(given.get(key)).lower() for part in value)
        if isinstance(value, list)
        else given.get(key) == value
        for key, value in wanted.items()
    )


GOALS = (
    Goal(
        (
            "Please refund C-127 50 euros for the outage on 14 September.",
            "Credit customer C-127 with 50.00 EUR because of the outage on 14 September.",
            "Could you give C-127 €50 back for the outage on 14 September?",
            "C-127 was hit by the outage on 14 September. Give them 50 euros off, reason: outage on 14 September.",
            "I'd like you to book a credit of 50 euros for C-127, for the outage on 14 September.",
            "Compensate C-127 for the outage on 14 September with 50 euros.",
            "We owe C-127 50 euros for the outage on 14 September, please reimburse them.",
            "We need to pay back 50 euros to C-127, because of the outage on 14 September.",
            "C-127 deserves 50 euros for the outage on 14 September, kindly book that.",
        ),
        (("issue_credit", {"customer_id": "C-127", "amount_cents": 5000, "reason": ["outage"]}),),
    ),
    Goal(
        (
            "Which firmware does SN-300-0014 run?",
            "What's the firmware version on sn-300-0014?",
            "Please check the firmware of logger SN-300-0014.",
            "Look up SN-300-0014 and tell me its firmware.",
            "Can you tell me what firmware SN-300-0014 has?",
            "I need to know the firmware of device SN-300-0014.",
            "The firmware version installed on SN-300-0014, please.",
            "What version does the logger SN-300-0014 have?",
        ),
        told=("3.1",),
    ),
    Goal(
        (
            "Open an RMA for SN-300-0014 on ticket T-7041.",
            "SN-300-0014 is broken, please exchange it. The ticket is T-7041.",
            "Can you start a replacement of SN-300-0014 for T-7041?",
            "T-7041: the logger SN-300-0014 has to be exchanged.",
            "I want a replacement for SN-300-0014, my ticket is T-7041.",
            "RMA for SN-300-0014 on T-7041, please.",
            "Please swap SN-300-0014 for a new one under T-7041.",
            "Arrange an exchange of SN-300-0014; the case is T-7041.",
            "Please file a return for the faulty device SN-300-0014 (T-7041).",
        ),
        (("open_rma", {"ticket_id": "T-7041", "serial": "SN-300-0014"}),),
    ),
    Goal(
        (
            "Add a note to T-7041 saying that the customer rang twice.",
            "Put an internal note on T-7041: the customer rang twice.",
            "Please note on T-7041 that the customer rang twice.",
            'Write "The customer rang twice." into a note on ticket T-7041.',
            "Could you leave a comment on T-7041 that the customer rang twice?",
            "T-7041 needs a note: customer rang twice.",
            "Document on T-7041 that the customer rang twice.",
        ),
        (("add_note", {"ticket_id": "T-7041", "body": ["customer rang twice"]}),),
    ),
    Goal(
        (
            "Set ticket T-7052 to waiting.",
            "Please mark T-7052 as waiting.",
            "Change the status of T-7052 to waiting, please.",
            "Can you put T-7052 on waiting?",
            "T-7052 should be set to waiting.",
            "Switch T-7052 to the status waiting.",
            "Please flip T-7052 over to waiting.",
            "T-7052 is waiting for the customer, update the status please.",
        ),
        (("set_ticket_status", {"ticket_id": "T-7052", "status": "waiting"}),),
    ),
    Goal(
        (
            "Tell C-128 that the parcel is on its way.",
            "Send C-128 a message: the parcel is on its way.",
            "Please let C-128 know that the parcel is on its way.",
            'Write to C-128: "The parcel is on its way."',
            "Could you inform customer C-128 that the parcel is on its way?",
            "Drop C-128 a line saying the parcel is on its way.",
            "C-128 should know that the parcel is on its way.",
            "Message C-128: the parcel is on its way.",
        ),
        (("send_message", {"customer_id": "C-128", "body": ["parcel is on its way"]}),),
    ),
    Goal(
        (
            "Which invoices of C-127 are overdue?",
            "Show me the overdue invoices of C-127.",
            "Does C-127 have any overdue bills?",
            "List C-127's invoices that are overdue.",
            "Are there overdue invoices for customer C-127? Which ones?",
            "Please find the overdue invoice of C-127.",
            "I want to see what C-127 hasn't paid yet, i.e. the overdue invoices.",
        ),
        told=("INV-20377",),
    ),
    Goal(
        (
            "Credit Meadow Kitchen 01 with 20 dollars for the late alerts.",
            "Meadow Kitchen 01 had late alerts. Please refund them $20.",
            "Find Meadow Kitchen 01 and give them 20 dollars back because of the late alerts.",
            "Please book 20 USD for Meadow Kitchen 01, reason late alerts.",
            "Could you reimburse Meadow Kitchen 01 20 dollars? Their alerts were late.",
            "Look up the customer Meadow Kitchen 01, then refund 20 dollars for late alerts.",
            "Meadow Kitchen 01 gets 20 dollars because the alerts were late.",
            "Please process a $20 refund for Meadow Kitchen 01 due to late alerts.",
        ),
        (("issue_credit", {"customer_id": "C-128", "amount_cents": 2000, "reason": ["alerts"]}),),
    ),
    Goal(
        (
            "The logger of T-7041 is dead. Exchange it, then set the ticket to waiting.",
            "Please open an RMA for the device of T-7041 and mark the ticket as waiting.",
            "T-7041: find the device, open an RMA for it, and put the ticket on waiting.",
            "1. Look up T-7041. 2. Open an RMA for its logger. 3. Set the ticket to waiting.",
            "First replace the logger of ticket T-7041, after that change the ticket to waiting.",
            "RMA for the logger of T-7041, and set the ticket to waiting.",
            "Regarding T-7041: initiate the replacement and afterwards set the ticket to waiting.",
            "Find out which device T-7041 is about, start an RMA for it and mark the ticket waiting.",
        ),
        (
            ("open_rma", {"ticket_id": "T-7041", "serial": "SN-300-0014"}),
            ("set_ticket_status", {"ticket_id": "T-7041", "status": "waiting"}),
        ),
    ),
    Goal(
        (
            "Is SN-200-0022 covered by warranty? If not, tell C-128 that the exchange has to be paid for.",
            "Check the warranty of SN-200-0022. If it is covered, open an RMA on T-7052, otherwise tell C-128 that "
            "the exchange has to be paid for.",
            "If SN-200-0022 is still under warranty, exchange it on T-7052; if not, let C-128 know that the exchange "
            "has to be paid for.",
            "Tell C-128 that the exchange has to be paid for if SN-200-0022 is not under warranty.",
            "In case SN-200-0022 is out of warranty, inform C-128 that the exchange has to be paid for.",
            "Look up SN-200-0022. Unless it is under warranty, write C-128 that the exchange has to be paid for.",
        ),
        (("send_message", {"customer_id": "C-128", "body": ["exchange has to be paid for"]}),),
    ),
)
