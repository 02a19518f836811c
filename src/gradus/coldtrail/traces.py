"""Recorded runs of a support agent, each labelled with the step at which it first went wrong."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue, TypeAdapter

from gradus.coldtrail import store

TOOLS = (
    "find_customer",
    "get_device",
    "list_tickets",
    "get_ticket",
    "update_ticket",
    "search_help",
    "check_warranty",
    "create_rma",
    "issue_credit",
    "get_invoice",
    "set_alert_rule",
    "deactivate_device",
    "escalate_quality",
    "send_reply",
    "hand_off",
)
"""The tools that the agent has. Some runs call others, which do not exist."""

Actor = Literal["user", "model", "tool"]
Action = Literal["say", "call"]
Role = Literal["customer", "tier_1", "tier_2", "team_lead"]
Mode = Literal["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "G1", "G4", "G7", "I2"]
"""How a run goes wrong; the data sheet defines each."""


@dataclass(frozen=True)
class Requester:
    """The person for whom the agent acts.

    Attributes:
        role: a customer, or the member of Coldtrail's staff who asks.
        name: that person's name.
        tenant: the tenant whose case it is; nothing of another's may be opened.
        customer_id: a customer's own id; None for staff.
    """

    role: Role
    name: str
    tenant: str
    customer_id: str | None = None


@dataclass(frozen=True)
class Step:
    """One step of a run. Calls in a row were sent in one turn; their results follow in the order of the calls.

    Attributes:
        n: 1, 2, 3, … within the run.
        actor: who acts.
        content: what is said; a tool's result as JSON text, with the key "error" where it failed; "" for most calls.
        action: of the model, whether it says something, which ends its turn, or calls a tool; None for others.
        name: the tool that is called or answers; None where something is said.
        arguments: of a call; None for other steps. Money is in cents, temperatures in °C, delays in minutes.
    """

    n: int
    actor: Actor
    content: str = ""
    action: Action | None = None
    name: str | None = None
    arguments: dict[str, JsonValue] | None = None


@dataclass(frozen=True)
class FirstFailure:
    """Where a run went wrong first.

    Attributes:
        step: the `n` of the first step of the model's that was wrong by what stood above it and was not put right.
        mode: what kind of mistake it was.
        why: a sentence for people.
    """

    step: int
    mode: Mode
    why: str


@dataclass(frozen=True)
class Trace:
    """One run.

    Attributes:
        id: "TR-01" to "TR-60".
        goal: what the user wanted.
        principal: the user.
        outcome: whether the user got that, with nothing done that must not be done.
        steps: 4 to 14 steps.
        first_failure: None for a success.
    """

    id: str
    goal: str
    principal: Requester
    outcome: Literal["success", "failure"]
    steps: tuple[Step, ...]
    first_failure: FirstFailure | None = None


@functools.cache
def traces() -> tuple[Trace, ...]:
    """The 60 runs, 48 of which failed.

    Raises:
        CorpusError: a file of data/ is missing or damaged.

    Example:
        >>> traces()[0].first_failure.mode
        'A1'
    """
    return store.load("derived/traces.json", TypeAdapter(tuple[Trace, ...]))
