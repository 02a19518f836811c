"""A support desk: ten tools over a small world of dicts, and the loop that runs a model's calls."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradus.sim.reader import Reader
from gradus.sim.reply import Reply
from tests.sim.reader.asking import FLAWLESS

HARBOUR = {"id": "C-127", "name": "Harbour Pharmacy 03", "phone": "+49 40 5550 0127", "plan": "Team", "currency": "EUR"}
MEADOW = {"id": "C-128", "name": "Meadow Kitchen 01", "phone": "+1 202 555 0128", "plan": "Starter", "currency": "USD"}
TRACKER = {"serial": "SN-300-0014", "customer_id": "C-127", "firmware": "3.1", "status": "active", "covered": True}
LOGGER = {"serial": "SN-200-0022", "customer_id": "C-128", "firmware": "2.9", "status": "faulty", "covered": False}
WORLD: dict[str, Any] = {
    "customers": {"C-127": HARBOUR, "C-128": MEADOW},
    "devices": {"SN-300-0014": TRACKER, "SN-200-0022": LOGGER},
    "tickets": {
        "T-7041": {"id": "T-7041", "customer_id": "C-127", "device_serial": "SN-300-0014", "status": "open"},
        "T-7052": {"id": "T-7052", "customer_id": "C-128", "device_serial": "SN-200-0022", "status": "open"},
    },
    "invoices": [
        {"id": "INV-20311", "customer_id": "C-127", "amount_cents": 23700, "status": "paid"},
        {"id": "INV-20377", "customer_id": "C-127", "amount_cents": 23700, "status": "overdue"},
        {"id": "INV-20380", "customer_id": "C-128", "amount_cents": 5700, "status": "open"},
    ],
    "credits": [],
    "rmas": [],
    "notes": [],
    "messages": [],
}


def tool(name: str, description: str, required: Sequence[str] = (), /, **properties: dict[str, Any]) -> dict[str, Any]:
    """A function tool as chat completions take it; every property is required unless `required` says otherwise."""
    names = list(required) or list(properties)
    parameters = {"type": "object", "properties": properties, "required": names, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def text(description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


CUSTOMER = text("The customer's id, such as C-101")
TICKET = text("The ticket's id, such as T-7001")
SERIAL = text("The device's serial number, such as SN-200-0001")
CENTS = {"type": "integer", "description": "In cents"}
TOOLS = [
    tool("get_customer", "Looks up one customer by id: name, phone number, plan and currency.", customer_id=CUSTOMER),
    tool(
        "find_customer",
        "Finds customers by name and gives their ids.",
        name=text("The customer's name, or a part of it"),
    ),
    tool(
        "get_device",
        "Looks up one device by serial number: owner, firmware, status, and whether the warranty covers it.",
        serial=SERIAL,
    ),
    tool("get_ticket", "Reads one ticket: its customer, its device, its status.", ticket_id=TICKET),
    tool(
        "list_invoices",
        "Lists a customer's invoices with their amounts and whether they are open, paid or overdue.",
        ("customer_id",),
        customer_id=CUSTOMER,
        status=text("Only those", enum=["open", "paid", "overdue"]),
    ),
    tool(
        "issue_credit",
        "Credits (refunds) an amount of money to a customer.",
        customer_id=CUSTOMER,
        amount_cents=CENTS,
        reason=text("Why, in a few words"),
    ),
    tool("open_rma", "Opens an RMA: the return and replacement of a faulty device.", ticket_id=TICKET, serial=SERIAL),
    tool("add_note", "Adds an internal note to a ticket.", ticket_id=TICKET, body=text("The note's text")),
    tool(
        "set_ticket_status",
        "Changes the status of a ticket.",
        ticket_id=TICKET,
        status=text("The new status", enum=["open", "waiting", "solved"]),
    ),
    tool("send_message", "Sends a message to a customer's contact.", customer_id=CUSTOMER, body=text("The message")),
]


@dataclass
class Desk:
    """The world, and what was called in it.

    Attributes:
        world: as it stands.
        calls: (name, arguments) of every call, in order.
        hook: called first with the name and arguments; a text that it returns is the result instead.
    """

    world: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(WORLD))
    calls: list[tuple[str, Any]] = field(default_factory=list)
    hook: Callable[[str, dict[str, Any]], str | None] = lambda name, arguments: None

    def call(self, name: str, arguments: str) -> str:
        try:
            given = json.loads(arguments)
        except ValueError:
            given = arguments
        self.calls.append((name, given))
        if not isinstance(given, dict):
            return json.dumps({"error": "The arguments are not valid JSON."})
        instead = self.hook(name, given)
        if instead is not None:
            return instead
        method = getattr(self, name, None)
        if method is None or not any(entry["function"]["name"] == name for entry in TOOLS):
            return json.dumps({"error": {"code": "unknown_tool", "message": f"There is no tool {name}."}})
        try:
            return json.dumps(method(**given))
        except (KeyError, TypeError) as error:
            return json.dumps({"error": {"code": "bad_arguments", "message": f"{type(error).__name__}: {error}"}})

    def _one(self, kind: str, key: str) -> dict[str, Any]:
        found = self.world[kind].get(key)
        return found or {"error": {"code": "not_found", "message": f"{key} was not found."}}

    def get_customer(self, customer_id: str) -> Any:
        return self._one("customers", customer_id)

    def find_customer(self, name: str) -> Any:
        return [
            {"id": row["id"], "name": row["name"]}
            for row in self.world["customers"].values()
            if name.lower() in row["name"].lower()
        ]

    def get_device(self, serial: str) -> Any:
        return self._one("devices", serial)

    def get_ticket(self, ticket_id: str) -> Any:
        return self._one("tickets", ticket_id)

    def list_invoices(self, customer_id: str, status: str | None = None) -> Any:
        return [
            row
            for row in self.world["invoices"]
            if row["customer_id"] == customer_id and status in (None, row["status"])
        ]

    def issue_credit(self, customer_id: str, amount_cents: int, reason: str) -> Any:
        if "error" in self._one("customers", customer_id):
            return self._one("customers", customer_id)
        return self._added("credits", "CR-19", customer_id=customer_id, amount_cents=amount_cents, reason=reason)

    def open_rma(self, ticket_id: str, serial: str) -> Any:
        return self._added("rmas", "RMA-20", ticket_id=ticket_id, serial=serial)

    def add_note(self, ticket_id: str, body: str) -> Any:
        return self._added("notes", "N-", ticket_id=ticket_id, body=body)

    def set_ticket_status(self, ticket_id: str, status: str) -> Any:
        self.world["tickets"][ticket_id]["status"] = status
        return {"ok": True, "ticket_id": ticket_id, "status": status}

    def send_message(self, customer_id: str, body: str) -> Any:
        return self._added("messages", "M-", customer_id=customer_id, body=body)

    def _added(self, kind: str, prefix: str, **row: Any) -> dict[str, Any]:
        self.world[kind].append(row)
        return {"id": f"{prefix}{len(self.world[kind]):02}", "ok": True}


@dataclass(frozen=True)
class Run:
    """How a loop ended: the text it ended with ("" where it did not), the desk, and the replies."""

    said: str
    desk: Desk
    replies: tuple[Reply, ...]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.desk.calls]


def run(
    goal: str | Sequence[dict[str, Any]],
    *,
    tools: Sequence[dict[str, Any]] = TOOLS,
    rates: Mapping[str, float] = FLAWLESS,
    desk: Desk | None = None,
    seed: int = 1,
    steps: int = 12,
    **more: Any,
) -> Run:
    """Run a model's calls until it says something, or for so many steps.

    Args:
        goal: a user turn, or a whole conversation.
        tools: what is offered.
        rates: as for Reader, all others 0.
        desk: what the calls run against.
        seed: the request's.
        steps: calls of the model at most.
        more: further parameters of the request.
    """
    desk = desk or Desk()
    reader = Reader(rates={**FLAWLESS, **rates})
    messages: list[dict[str, Any]] = [{"role": "user", "content": goal}] if isinstance(goal, str) else list(goal)
    replies: list[Reply] = []
    for _ in range(steps):
        reply = reader(
            {"model": "sim-large", "messages": messages, "tools": list(tools), "seed": seed, "temperature": 0, **more}
        )
        replies.append(reply)
        if not reply.tool_calls:
            return Run(reply.text or "", desk, tuple(replies))
        made = [(f"call_{len(messages)}_{place}", call) for place, call in enumerate(reply.tool_calls)]
        calls = [
            {"id": key, "type": "function", "function": {"name": call.name, "arguments": call.arguments_text}}
            for key, call in made
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [
            {"role": "tool", "tool_call_id": key, "content": desk.call(call.name, call.arguments_text)}
            for key, call in made
        ]
    return Run("", desk, tuple(replies))
