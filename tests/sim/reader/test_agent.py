"""The reader with tools: whole loops against a small world, and each way in which they go wrong."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai import OpenAI

from gradus.sim import Simulator
from gradus.sim.reader import Reader
from gradus.sim.reader.acting.conditions import holds
from gradus.sim.reader.acting.outcomes import Found
from gradus.sim.reader.acting.steps import steps_of
from gradus.sim.reader.agent import act
from gradus.sim.reader.reading import begin
from gradus.sim.reply import Reply
from tests.sim.reader.asking import FLAWLESS
from tests.sim.reader.desk import CUSTOMER, SERIAL, TICKET, TOOLS, Desk, Run, run, text, tool
from tests.sim.reader.goals import GOALS, WRITING

TIMED_OUT = json.dumps(
    {"error": {"code": "timeout", "message": "No answer within 20 s. It may have been carried out."}}
)
REFUND = "Refund C-127 50 euros for the outage."
LONG = "Look up T-7041, refund its customer 50 euros for the outage, then set the ticket to solved."
CREDIT = ("issue_credit", {"customer_id": "C-127", "amount_cents": 5000, "reason": "the outage"})


def writing(outcome: Run) -> list[tuple[str, Any]]:
    return [(name, arguments) for name, arguments in outcome.desk.calls if name in WRITING]


def failing(name: str, message: str, times: int = 1) -> Desk:
    """A desk where a tool answers so often with this."""
    left = [times]

    def hook(called: str, arguments: dict[str, Any]) -> str | None:
        if called != name or not left[0]:
            return None
        left[0] -= 1
        return message

    return Desk(hook=hook)


def ask(goal: str, tools: list[dict[str, Any]], **more: Any) -> Reply:
    """The first reply to a goal."""
    rates = {**FLAWLESS, **more.pop("rates", {})}
    body = {"model": "sim-large", "messages": [{"role": "user", "content": goal}], "tools": tools, "temperature": 0}
    return Reader(rates=rates)({**body, "seed": 1, **more})


def acted(goal: str, tools: list[dict[str, Any]], **more: Any) -> Reply | None:
    """What the agent alone makes of a goal."""
    body = {"messages": [{"role": "user", "content": goal}], "tools": tools, "temperature": 0, **more}
    return act(begin("sim-large-2026-09", body, FLAWLESS, 1, (1, 0), always_obeys=False))


def filled(goal: str, schema: dict[str, Any], name: str = "file_report", description: str = "Files a report.") -> Any:
    """The arguments that a goal gives for one tool that has to be called, or the text that asks back."""
    offered = {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
    reply = ask(goal, [offered])
    return reply.tool_calls[0].arguments if reply.tool_calls else reply.text


def obj(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required or properties)}


# Whole goals


def reached(tools: list[dict[str, Any]], names: dict[str, str]) -> list[str]:
    """The wordings of all goals that are carried out exactly, with tools that go by other names."""

    class Renamed(Desk):
        def call(self, name: str, arguments: str) -> str:
            return super().call(names.get(name, name), arguments)

    return [words for goal in GOALS for words in goal.wordings if goal.reached(run(words, tools=tools, desk=Renamed()))]


def renamed(described: Callable[[str], str]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    tools = copy.deepcopy(TOOLS)
    names = {}
    for place, entry in enumerate(tools):
        names[f"t{place}"] = entry["function"]["name"]
        entry["function"] |= {"name": f"t{place}", "description": described(entry["function"]["description"])}
        for spec in entry["function"]["parameters"]["properties"].values():
            spec["description"] = described(spec["description"])
    return tools, names


WORDINGS = sum(len(goal.wordings) for goal in GOALS)


def test_goals_are_carried_out_exactly_in_nearly_all_their_wordings() -> None:
    assert len(reached(TOOLS, {})) >= 0.95 * WORDINGS


def test_a_good_description_is_as_good_as_a_name() -> None:
    assert len(reached(*renamed(lambda description: description))) >= 0.95 * WORDINGS


def test_vague_descriptions_get_tools_mixed_up() -> None:
    assert len(reached(*renamed(lambda _: "For the support desk."))) < 0.7 * WORDINGS


@pytest.mark.parametrize(
    "words",
    [
        "I opened a ticket about the RMA of SN-300-0014 yesterday.",
        "The customer C-127 was refunded 50 euros last week and sent us a message.",
        "Do not refund C-127.",
        "Never set T-7041 to solved.",
        "Hello, thanks a lot for the note and the credit.",
        "C-127 asked whether we exchange devices.",
        "Please don't send C-127 any message.",
        "Our replacement policy and our credit policy are on the website.",
    ],
)
def test_what_only_mentions_an_action_changes_nothing(words: str) -> None:
    assert not writing(run(words))


MANY = [
    *TOOLS,
    tool("list_devices", "Lists the devices of a customer.", customer_id=CUSTOMER),
    tool(
        "update_contact",
        "Changes the contact of a customer: name, mail address or phone number.",
        ("customer_id",),
        customer_id=CUSTOMER,
        contact_mail=text(),
        contact_phone=text(),
    ),
    tool("retire_device", "Retires a device: takes it off the customer's list for good.", serial=SERIAL),
    tool(
        "change_plan",
        "Puts a customer on another plan.",
        customer_id=CUSTOMER,
        plan=text(enum=["Starter", "Team", "Fleet"]),
    ),
    tool("void_invoice", "Voids an invoice.", invoice_id=text("The invoice's id")),
    tool("set_priority", "Sets a ticket's priority.", ticket_id=TICKET, priority=text(enum=["P1", "P2", "P3"])),
    tool(
        "move_ticket",
        "Moves a ticket to another queue.",
        ticket_id=TICKET,
        queue=text(enum=["tier_2", "billing", "quality"]),
    ),
    tool("create_ticket", "Opens a new ticket for a customer.", customer_id=CUSTOMER, subject=text(), body=text()),
    tool("approve_rma", "Approves a requested RMA.", rma_id=text("The RMA's id")),
    tool("cancel_rma", "Cancels an RMA.", rma_id=text("The RMA's id")),
    tool(
        "assign_gateway",
        "Makes a logger report through another gateway.",
        serial=SERIAL,
        gateway_serial=text("The gateway"),
    ),
]


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        (
            "C-127 has a new phone, +49 40 5550 0188, please change it.",
            "update_contact",
            {"contact_phone": "+49 40 5550 0188"},
        ),
        ("SN-300-0014 fell into the harbour. Please take it off our list.", "retire_device", {"serial": "SN-300-0014"}),
        ("Put C-128 on Team as of today.", "change_plan", {"plan": "Team"}),
        ("Void INV-20377.", "void_invoice", {"invoice_id": "INV-20377"}),
        ("Make T-7041 a P1.", "set_priority", {"priority": "P1"}),
        ("Move T-7052 to billing, please, it is about an invoice.", "move_ticket", {"queue": "billing"}),
        ("Can you close T-7041?", "set_ticket_status", {"status": "solved"}),
        ("Set RMA-2008 to approved.", "approve_rma", {"rma_id": "RMA-2008"}),
        ("Get rid of RMA-2004.", "cancel_rma", {"rma_id": "RMA-2004"}),
        ("How many devices does C-127 have?", "list_devices", {"customer_id": "C-127"}),
        ("Open a ticket for C-128 about the late alerts.", "create_ticket", {"subject": "the late alerts"}),
        (
            "The logger SN-200-0022 should report through gateway SN-10-0005, please switch it over.",
            "assign_gateway",
            {"serial": "SN-200-0022", "gateway_serial": "SN-10-0005"},
        ),
        ("Change the contact mail of C-128 to kim@example.org.", "update_contact", {"contact_mail": "kim@example.org"}),
    ],
)
def test_the_right_one_of_many_is_chosen(words: str, name: str, arguments: dict[str, Any]) -> None:
    calls = run(words, tools=MANY, desk=Desk(hook=lambda called, given: '{"ok": true}')).desk.calls
    assert [called for called, _ in calls] == [name]
    assert {key: calls[0][1].get(key) for key in arguments} == arguments


@pytest.mark.parametrize(
    "question", ["Is INV-20377 void?", "Has INV-20377 been voided?", "Tell me if INV-20377 is void."]
)
def test_a_question_about_a_change_changes_nothing(question: str) -> None:
    tools = [
        tool("void_invoice", "Voids an invoice.", invoice_id=text()),
        tool("get_invoice", "Shows an invoice: amount, status.", invoice_id=text()),
    ]
    assert [call.name for call in ask(question, tools).tool_calls] == ["get_invoice"]


def test_no_tool_is_better_than_a_wrong_one_that_changes_something() -> None:
    tools = [
        tool("void_invoice", "Voids an invoice.", invoice_id=text()),
        tool("delete_customer", "Deletes a customer.", customer_id=CUSTOMER),
        tool("set_limit", "Sets a limit.", device_id=text()),
        tool("weather", "The weather for a spot."),
    ]
    for words in (
        "Close T-7041.",
        "Tell the customer C-127 that we are late.",
        "Water the plants in this spot, please.",
        "Set the table.",
    ):
        assert not ask(words, tools).tool_calls, words


def test_a_condition_is_looked_up_and_decides() -> None:
    words = "If {} is covered, open an RMA on {}, otherwise tell {} that the warranty is over."
    assert run(words.format("SN-300-0014", "T-7041", "C-127")).names == ["get_device", "open_rma"]
    assert run(words.format("SN-200-0022", "T-7052", "C-128")).names == ["get_device", "send_message"]


def test_what_an_identifier_is_missing_for_waits_for_a_look_up() -> None:
    outcome = run("Exchange the logger of T-7041 and credit the customer 20 euros for the trouble.")
    assert outcome.names == ["get_ticket", "open_rma", "issue_credit"]
    assert outcome.desk.calls[1][1]["serial"] == "SN-300-0014"
    assert outcome.desk.calls[2][1]["customer_id"] == "C-127"


def test_what_nothing_provides_is_asked_for_and_the_answer_completes_the_goal() -> None:
    goal = "Credit C-127 for the outage and add a note to T-7041 saying that we are sorry."
    asked = run(goal)
    assert not asked.names
    assert asked.said.endswith("?")
    assert "amount" in asked.said
    turns = [{"role": "user", "content": goal}, {"role": "assistant", "content": asked.said}]
    outcome = run([*turns, {"role": "user", "content": "50 euros"}])
    assert outcome.desk.calls == [CREDIT, ("add_note", {"ticket_id": "T-7041", "body": "we are sorry"})]


def test_an_earlier_turn_gives_what_the_last_one_points_to() -> None:
    turns = [
        {"role": "user", "content": "What is the status of T-7041?"},
        {"role": "assistant", "content": "It is open."},
        {"role": "user", "content": "Then please set it to solved."},
    ]
    assert run(turns).desk.calls == [("set_ticket_status", {"ticket_id": "T-7041", "status": "solved"})]


def test_the_final_text_has_values_from_the_results() -> None:
    assert run(REFUND).said == "Done: Refund C-127 50 euros for the outage (CR-1901)."
    assert run("Which plan is C-128 on?").said == "C-128: plan Starter."


def test_what_a_message_is_about_can_be_what_was_done() -> None:
    calls = run("Set T-7041 to solved and let C-127 know.").desk.calls
    assert calls[1][0] == "send_message"
    assert "solved" in calls[1][1]["body"]


COVERED, STATUS = [Found("covered", True, 1, "get_device")], [Found("status", "active", 1, "get_device")]
UNTIL, COUNT = [Found("warranty_until", "2026-10-05", 1, "get_device")], [Found("device_count", 4, 1, "get_customer")]


@pytest.mark.parametrize(
    ("condition", "found", "verdict"),
    [
        ("it is covered", COVERED, True),
        ("it is still under warranty", COVERED, True),
        ("it is not covered", COVERED, False),
        ("the warranty does not cover it", COVERED, False),
        ("the status is active", STATUS, True),
        ("it is still active", STATUS, True),
        ("it isn't active any more", STATUS, False),
        ("it is faulty", STATUS, False),
        ("it is under warranty", UNTIL, True),
        ("there are more than 3 devices", COUNT, True),
        ("there are fewer than 3 devices", COUNT, False),
        ("the sun shines", COVERED, None),
        ("it is covered", [], None),
    ],
)
def test_conditions_are_judged_by_values(condition: str, found: list[Found], verdict: bool | None) -> None:
    assert holds(condition, found, "2026-10-01") is verdict


# Arguments


@pytest.mark.parametrize(
    ("goal", "schema", "expected"),
    [
        ("File a report over 50 euros.", obj(amount={"type": "number"}), {"amount": 50}),
        ("File a report over €12.50.", obj(amount={"type": "number"}), {"amount": 12.5}),
        ("File a report over $1,200.50.", obj(amount_cents={"type": "integer"}), {"amount_cents": 120050}),
        (
            "File a report over 7.5 EUR.",
            obj(total={"type": "integer", "description": "The cost in cents"}),
            {"total": 750},
        ),
        (
            "File a report over 50 USD.",
            obj(amount={"type": "number"}, currency=text()),
            {"amount": 50, "currency": "USD"},
        ),
        ("File a report over twenty dollars.", obj(amount={"type": "number"}), {"amount": 20}),
        ("File a report for Kitchen 01, 5 euros.", obj(amount_cents={"type": "integer"}), {"amount_cents": 500}),
        ("File a report in pounds: £3.", obj(currency=text(enum=["EUR", "GBP"])), {"currency": "GBP"}),
        ("File a report about 3 devices.", obj(device_count={"type": "integer"}), {"device_count": 3}),
        ("File a report for two devices.", obj(devices={"type": "integer"}), {"devices": 2}),
        ("File a report for 2026-10-03.", obj(day=text(format="date")), {"day": "2026-10-03"}),
        ("File a report for 3 October 2026.", obj(due_date=text()), {"due_date": "2026-10-03"}),
        ("File a report to kim@example.org.", obj(recipient=text(format="email")), {"recipient": "kim@example.org"}),
        (
            "File a report with phone +49 40 5550 0188.",
            obj(contact_phone=text()),
            {"contact_phone": "+49 40 5550 0188"},
        ),
        ("File a report on E-4012.", obj(error_code=text()), {"error_code": "E-4012"}),
        (
            "File a report on RMA-2004 of C-127.",
            obj(rma_id=text(), customer_id=text()),
            {"rma_id": "RMA-2004", "customer_id": "C-127"},
        ),
        ("File a report on t-7041.", obj(ticket=text()), {"ticket": "T-7041"}),
        ("File a report on ORD-17 and XY-99.", obj(id=text(pattern="^XY-\\d+$")), {"id": "XY-99"}),
        ("File a report, urgent.", obj(priority=text(enum=["low", "urgent"])), {"priority": "urgent"}),
        ("File a report and move it to tier 2.", obj(queue=text(enum=["tier_1", "tier_2"])), {"queue": "tier_2"}),
        ("File an internal report.", obj(internal={"type": "boolean"}), {"internal": True}),
        ("File a report that is not internal.", obj(internal={"type": "boolean"}), {"internal": False}),
        ("File a report on C-127.", obj(urgent={"type": "boolean"}), {"urgent": False}),
        (
            "File a report on C-127 and C-128.",
            obj(customer_ids={"type": "array", "items": text()}),
            {"customer_ids": ["C-127", "C-128"]},
        ),
        (
            "File a report on C-127 over 50 euros.",
            obj(credit=obj(customer_id=text(), amount_cents={"type": "integer"})),
            {"credit": {"customer_id": "C-127", "amount_cents": 5000}},
        ),
        ("File a report because the probe broke.", obj(reason=text()), {"reason": "the probe broke"}),
        ('File a report titled "Late alerts".', obj(title=text()), {"title": "Late alerts"}),
        (
            "File a report on C-127.",
            obj(customer_id=text(), note={"type": ["string", "null"]}),
            {"customer_id": "C-127"},
        ),
        (
            "File a report on C-127.",
            obj(kind={"const": "report"}, customer_id=text()),
            {"kind": "report", "customer_id": "C-127"},
        ),
        ("File a report on C-127.", obj(customer_id={"anyOf": [{"type": "null"}, text()]}), {"customer_id": "C-127"}),
        ("File a report for Berlin.", obj(city=text()), {"city": "Berlin"}),
    ],
)
def test_arguments_come_from_the_words(goal: str, schema: dict[str, Any], expected: dict[str, Any]) -> None:
    made = filled(goal, schema)
    assert {key: made[key] for key in expected} == expected


def test_strict_schemas_get_every_key_and_null_for_what_is_unknown() -> None:
    schema = obj(
        customer_id=text(), amount={"type": ["number", "null"]}, day={"anyOf": [text(format="date"), {"type": "null"}]}
    )
    assert filled("File a report on C-127.", schema) == {"customer_id": "C-127", "amount": None, "day": None}


def test_an_optional_argument_is_left_out_unless_the_step_names_it() -> None:
    schema = obj("customer_id", customer_id=text(), amount={"type": "number"})
    assert filled("File a report on C-127. It cost 5 euros.", schema) == {"customer_id": "C-127"}
    assert filled("File a report on C-127 over 5 euros.", schema) == {"customer_id": "C-127", "amount": 5}


def test_nothing_required_is_invented() -> None:
    for schema in (obj(customer_id=text()), obj(amount={"type": "number"}), obj(status=text(enum=["a1", "b2"]))):
        assert isinstance(filled("File a report.", schema), str)
    assert isinstance(filled("File a report on Kitchen 01 and the last 3 nights.", obj(amount={"type": "number"})), str)


def test_a_key_against_repetition_stays_the_same() -> None:
    schema = obj(customer_id=text(), idempotency_key=text())
    made = [filled(f"File a report on {name}.", schema)["idempotency_key"] for name in ("C-127", "C-127", "C-128")]
    assert made[0] == made[1] != made[2]


def test_of_two_alike_identifiers_each_goes_where_it_belongs() -> None:
    schema = obj(from_customer=text(), to_customer=text())
    made = filled("Move the report from C-127 to C-128.", schema, "move_report", "Moves a report.")
    assert made == {"from_customer": "C-127", "to_customer": "C-128"}
    schema = obj(serial=text(), gateway_serial=text())
    made = filled(
        "Move SN-200-0022 to gateway SN-10-0005.", schema, "move_logger", "Moves a logger to another gateway."
    )
    assert made == {"serial": "SN-200-0022", "gateway_serial": "SN-10-0005"}


# Questions, and tools that find passages


def search_tool(description: str = "Searches the help pages.") -> dict[str, Any]:
    return tool("search_help", description, query=text("What to search for"))


@pytest.mark.parametrize(
    "question",
    [
        "How long does the battery of the CT-200 last?",
        "What does error E-4012 mean?",
        "Can I pair a logger with two gateways?",
        "Tell me how a probe is calibrated.",
        "Why does the tracker lose its GPS fix?",
    ],
)
def test_a_general_question_is_searched_for_in_its_own_words(question: str) -> None:
    reply = ask(question, [*TOOLS, search_tool()])
    assert [call.name for call in reply.tool_calls] == ["search_help"]
    query = reply.tool_calls[0].arguments["query"]  # type: ignore[index]
    assert query.rstrip("?.").lower() in question.lower()
    assert len(query) > 0.6 * len(question)


def test_what_a_search_found_is_answered_from() -> None:
    found = [{"id": "help/battery", "text": "The battery of the CT-200 lasts 24 months."}]
    desk = Desk(hook=lambda called, arguments: json.dumps(found))
    outcome = run("How long does the battery of the CT-200 last?", tools=[search_tool()], desk=desk)
    assert outcome.names == ["search_help"]
    assert "24 months" in outcome.said
    assert "help/battery:" not in outcome.said, "the passage is read, not recited"


def test_what_the_prompt_brings_along_is_not_searched_for() -> None:
    goal = (
        "<passages><passage id='a'>The battery lasts 24 months.</passage></passages>\nHow long does the battery last?"
    )
    assert not ask(goal, [search_tool()]).tool_calls


# Errors and timeouts


def test_an_error_that_says_what_is_wrong_leads_to_one_corrected_attempt() -> None:
    outcome = run("Which firmware runs on SN-300-0041? Or it may be SN-300-0014, the label is dirty.")
    assert [arguments["serial"] for _, arguments in outcome.desk.calls] == ["SN-300-0041", "SN-300-0014"]
    assert "3.1" in outcome.said


@pytest.mark.parametrize(
    ("message", "better"),
    [
        ("customer_id C-127 was merged into C-128: use C-128 instead.", {"customer_id": "C-128"}),
        ("Did you mean C-128?", {"customer_id": "C-128"}),
        ("amount_cents must be a string", {"amount_cents": "5000"}),
    ],
)
def test_what_the_message_names_is_tried(message: str, better: dict[str, Any]) -> None:
    calls = run(REFUND, desk=failing("issue_credit", json.dumps({"error": message}))).desk.calls
    assert calls == [CREDIT, ("issue_credit", {**CREDIT[1], **better})]


@pytest.mark.parametrize(
    "output",
    [
        '{"error": {"code": "above_limit", "message": "Only a team lead may do that."}}',
        '{"ok": false, "message": "Only a team lead may do that."}',
        '{"status": "error", "detail": "Only a team lead may do that."}',
        '{"success": false, "reason": "Only a team lead may do that."}',
        "Error: Only a team lead may do that.",
        "PermissionError: Only a team lead may do that.",
        "Failed. Only a team lead may do that.",
    ],
)
def test_an_error_without_a_remedy_is_reported_honestly(output: str) -> None:
    outcome = run(REFUND, desk=failing("issue_credit", output, times=9))
    assert outcome.names == ["issue_credit"]
    assert "Only a team lead may do that" in outcome.said
    assert "Done" not in outcome.said


def test_an_error_is_corrected_once() -> None:
    desk = Desk(hook=lambda name, given: f'{{"error": "Did you mean C-{int(given["customer_id"][2:]) + 1}?"}}')
    assert [given["customer_id"] for _, given in run(REFUND, desk=desk).desk.calls] == ["C-127", "C-128"]


def test_a_look_up_that_fails_is_named_when_its_value_is_asked_for() -> None:
    outcome = run("Credit the customer of T-9999 5 euros for the delay.")
    assert outcome.names == ["get_ticket"]
    assert "T-9999 was not found" in outcome.said
    assert outcome.said.endswith("?")


def test_after_an_error_later_steps_are_not_taken_and_earlier_ones_are_told() -> None:
    outcome = run(LONG, desk=failing("issue_credit", "Error: no budget is left", times=9))
    assert outcome.names == ["get_ticket", "issue_credit"]
    assert "T-7041" in outcome.said
    assert "no budget is left" in outcome.said


def test_after_a_timeout_nothing_is_repeated_and_the_outcome_is_told_as_unknown() -> None:
    outcome = run(REFUND, desk=failing("issue_credit", TIMED_OUT))
    assert outcome.names == ["issue_credit"]
    assert "do not know" in outcome.said


class Slow(Desk):
    """Credits time out once, and can be listed; `acts` says whether the one that timed out was booked."""

    acts = True
    timed_out = False

    def call(self, name: str, arguments: str) -> str:
        if name == "list_credits":
            self.calls.append((name, json.loads(arguments)))
            return json.dumps(self.world["credits"])
        if name != "issue_credit" or self.timed_out:
            return super().call(name, arguments)
        self.timed_out = True
        if self.acts:
            super().call(name, arguments)
        else:
            self.calls.append((name, json.loads(arguments)))
        return TIMED_OUT


class SlowAndIdle(Slow):
    acts = False


LEDGER = [*TOOLS, tool("list_credits", "Lists the credits of a customer.", customer_id=CUSTOMER)]


def test_after_a_timeout_a_reading_tool_is_asked_whether_it_went_through() -> None:
    outcome = run(REFUND, tools=LEDGER, desk=Slow())
    assert outcome.names == ["issue_credit", "list_credits"]
    assert len(outcome.desk.world["credits"]) == 1
    assert outcome.said.startswith("Done")
    idle = run(REFUND, tools=LEDGER, desk=SlowAndIdle())
    assert idle.names == ["issue_credit", "list_credits", "issue_credit"]
    assert len(idle.desk.world["credits"]) == 1


@pytest.mark.parametrize(("status", "told"), [("in_rma", "Done"), ("active", "I do not know")])
def test_a_status_can_tell_what_became_of_a_call(status: str, told: str) -> None:
    device = {"serial": "SN-300-0014", "status": status}
    desk = Desk(hook=lambda name, given: TIMED_OUT if name == "open_rma" else json.dumps(device))
    outcome = run("Open an RMA for SN-300-0014 on T-7041.", desk=desk)
    assert outcome.names == ["open_rma", "get_device"]
    assert outcome.said.startswith(told)


# Tool choice, hand-offs, parallel calls


def test_required_and_named_tools_are_called() -> None:
    assert ask("Hello", TOOLS, tool_choice="required").tool_calls
    named = {"type": "function", "function": {"name": "issue_credit"}}
    reply = ask("Give C-127 50 euros back.", TOOLS, tool_choice=named)
    assert [call.name for call in reply.tool_calls] == ["issue_credit"]
    hello = ask("Hello", TOOLS, tool_choice=named).tool_calls[0]
    assert isinstance(hello.arguments, dict)
    assert set(hello.arguments) == {"customer_id", "amount_cents", "reason"}
    assert not ask(REFUND, TOOLS, tool_choice="none").tool_calls
    status = {"type": "function", "function": {"name": "set_ticket_status"}}
    assert ask("Hello", TOOLS, tool_choice=status).tool_calls[0].arguments["status"] in ("open", "waiting", "solved")  # type: ignore[index]


HANDOFFS = [
    tool(
        "transfer_to_billing", "Hands the conversation over to billing: invoices, charges, refunds.", reason=text("Why")
    ),
    tool(
        "transfer_to_devices", "Hands over to the device team: broken loggers, connections, errors.", reason=text("Why")
    ),
]


@pytest.mark.parametrize(
    ("goal", "name"),
    [
        ("I was charged twice for September.", "transfer_to_billing"),
        ("There is something wrong with my last invoice.", "transfer_to_billing"),
        ("I'd like to talk to somebody about a refund.", "transfer_to_billing"),
        ("My logger keeps losing its connection.", "transfer_to_devices"),
        ("The gateway shows an error all the time.", "transfer_to_devices"),
    ],
)
def test_a_hand_off_is_chosen_by_its_description_and_made_once(goal: str, name: str) -> None:
    outcome = run(goal, tools=HANDOFFS, desk=Desk(hook=lambda called, arguments: '{"ok": true}'))
    assert outcome.names == [name]
    assert outcome.said


def test_independent_steps_go_together_as_often_as_a4_says() -> None:
    goal = "Check SN-300-0014 and SN-200-0022."
    assert len(run(goal, rates={"A4": 1.0}).replies[0].tool_calls) == 2
    assert len(run(goal).replies[0].tool_calls) == 1
    assert len(run(goal, rates={"A4": 1.0}, parallel_tool_calls=False).replies[0].tool_calls) == 1
    assert run(goal).said == run(goal, rates={"A4": 1.0}).said
    for words, number in {
        "Set T-7041 to waiting and add a note to T-7041 saying hello.": 2,
        "Set T-7041 to waiting, then add a note to T-7041 saying hello.": 1,
        "Look up T-7041 and set T-7041 to waiting.": 1,
    }.items():
        assert len(run(words, rates={"A4": 1.0}).replies[0].tool_calls) == number, words


# Habits


def test_a1_spoils_arguments_in_every_way() -> None:
    ways = set()
    for place in range(80):
        calls = run(f"Refund C-{100 + place} 50 euros for the outage.", rates={"A1": 1.0}, steps=1).desk.calls
        given = calls[0][1]
        if not isinstance(given, dict):
            ways.add("broken")
        elif set(given) != {"customer_id", "amount_cents", "reason"}:
            ways.add("missing")
        else:
            ways.add("type")
            assert not (
                isinstance(given["amount_cents"], int)
                and all(isinstance(given[key], str) for key in ("customer_id", "reason"))
            )
    assert ways == {"broken", "missing", "type"}


def test_whoever_fails_again_and_again_says_so() -> None:
    outcome = run("Look up T-7041.", rates={"A1": 1.0})
    assert len(outcome.names) == 3
    assert outcome.said.startswith("I could not do this")


def test_a1_drifts_off_the_options() -> None:
    sent = [
        run(f"Set T-{place} to waiting.", rates={"A1": 1.0}, steps=1).desk.calls[0][1] for place in range(7000, 7040)
    ]
    statuses = {given.get("status") for given in sent if isinstance(given, dict)}
    assert "Waiting " in statuses


def test_a2_calls_a_tool_that_is_not_there_and_then_the_right_one() -> None:
    bad = run(LONG, rates={"A2": 1.0}).names
    assert bad
    assert not set(bad) & {entry["function"]["name"] for entry in TOOLS}
    recovered = [
        run(f"Refund C-127 {amount} euros for the outage.", rates={"A2": 0.5}, seed=amount) for amount in range(1, 40)
    ]
    mixed = [
        outcome for outcome in recovered if outcome.names[0] != "issue_credit" and outcome.names[-1] == "issue_credit"
    ]
    assert mixed
    assert all(outcome.said.startswith("Done") for outcome in mixed)


def test_a3_repeats_the_call_for_ever_or_until_it_is_drawn_otherwise() -> None:
    assert len(set(map(str, run("Which plan is C-127 on?", rates={"A3": 1.0}, steps=9).desk.calls))) == 1
    assert len(run("Which plan is C-127 on?", rates={"A3": 1.0}, steps=9).names) == 9
    ended = [run("Which plan is C-127 on?", rates={"A3": 0.5}, seed=seed, steps=30) for seed in range(40)]
    assert all(outcome.said for outcome in ended)
    assert max(len(outcome.names) for outcome in ended) > 2


def test_a5_claims_what_was_not_done() -> None:
    outcome = run(LONG, rates={"A5": 1.0})
    assert outcome.names == ["get_ticket"]
    assert "Done: refund" in outcome.said


def test_a6_takes_a_later_step_first() -> None:
    assert run(LONG, rates={"A6": 1.0}).names == ["set_ticket_status", "get_ticket", "issue_credit"]


def test_a7_takes_an_error_for_a_success() -> None:
    outcome = run(LONG, rates={"A7": 1.0}, desk=failing("issue_credit", "Error: no budget is left", times=9))
    assert outcome.names == ["get_ticket", "issue_credit", "set_ticket_status"]
    assert "Done: refund" in outcome.said


def test_a8_repeats_what_may_have_been_done() -> None:
    outcome = run(REFUND, rates={"A8": 1.0}, tools=LEDGER, desk=Slow())
    assert outcome.desk.calls == [CREDIT, CREDIT]
    assert len(outcome.desk.world["credits"]) == 2


def test_a9_names_somebody_else() -> None:
    near = run(REFUND, rates={"A9": 1.0}, steps=1).desk.calls[0][1]
    assert near == {**CREDIT[1], "customer_id": "C-128"}
    goal = "C-131 is fine, but refund C-127 50 euros for the outage."
    assert run(goal, rates={"A9": 1.0}, steps=1).desk.calls[0][1]["customer_id"] == "C-131"


def test_a10_goes_on_handing_over() -> None:
    desk = Desk(hook=lambda called, arguments: '{"ok": true}')
    names = run("I was charged twice for September.", tools=HANDOFFS, rates={"A10": 1.0}, desk=desk, steps=6).names
    assert names == ["transfer_to_billing", "transfer_to_devices"] * 3


OCCASIONS, RATE = 240, 0.3


def occasion(habit: str, number: int) -> Run:
    """One occasion for a habit, unlike all others."""
    look, refund = f"Which plan is C-{number} on?", f"Refund C-127 {number + 1} euros for the outage."
    goal, steps, desk, tools = look, 1, Desk(), TOOLS
    if habit in ("A5", "A7", "A8"):
        goal, steps = refund, 2
        desk = failing("issue_credit", TIMED_OUT if habit == "A8" else "Error: no", times=9 if habit != "A5" else 0)
    elif habit == "A10":
        goal, steps, tools = f"I was charged {number} euros too much on my invoice.", 2, HANDOFFS
        desk = Desk(hook=lambda called, arguments: '{"ok": true}')
    elif habit == "A3":
        steps, desk = 2, Desk(hook=lambda called, arguments: '{"plan": "Team"}')
    elif habit == "A4":
        goal = f"Check C-{number} and C-{number + 1}."
    elif habit == "A6":
        goal = f"Look up C-{number}, then set T-{number} to solved."
    return run(goal, rates={habit: RATE}, tools=tools, desk=desk, steps=steps)


def bad_arguments(shown: Run) -> bool:
    given = shown.desk.calls[0][1]
    return not isinstance(given, dict) or not isinstance(given.get("customer_id"), str)


SHOWS: dict[str, Callable[[Run, int], bool]] = {
    "A1": lambda shown, number: bad_arguments(shown),
    "A2": lambda shown, number: shown.names != ["get_customer"],
    "A3": lambda shown, number: len(shown.names) == 2,
    "A4": lambda shown, number: len(shown.names) == 2,
    "A5": lambda shown, number: not shown.names,
    "A6": lambda shown, number: shown.names == ["set_ticket_status"],
    "A7": lambda shown, number: shown.said.startswith("Done"),
    "A8": lambda shown, number: len(shown.names) == 2,
    "A9": lambda shown, number: shown.desk.calls[0][1]["customer_id"] != f"C-{number}",
    "A10": lambda shown, number: len(shown.names) == 2,
}


@pytest.mark.parametrize("habit", SHOWS)
def test_habits_show_as_often_as_their_rates_say(habit: str) -> None:
    shown = sum(SHOWS[habit](occasion(habit, number), number) for number in range(OCCASIONS))
    assert abs(shown / OCCASIONS - RATE) < 4 * math.sqrt(RATE * (1 - RATE) / OCCASIONS)


def test_the_same_request_errs_the_same_way() -> None:
    def spoken(reply: Reply) -> tuple[str | None, list[tuple[str, str]]]:
        return reply.text, [(call.name, call.arguments_text) for call in reply.tool_calls]

    every = {"model": "sim-small", "rates": {f"A{number}": 0.5 for number in range(1, 11)}}
    assert [spoken(ask(LONG, TOOLS, **copy.deepcopy(every))) for _ in range(3)] == [
        spoken(ask(LONG, TOOLS, **every))
    ] * 3


# Odd requests

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
KEYWORDS = (
    "type",
    "enum",
    "const",
    "anyOf",
    "items",
    "properties",
    "required",
    "$ref",
    "description",
    "pattern",
    "format",
    "default",
)
TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
SCHEMAS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(TYPES)})
    | st.dictionaries(st.sampled_from(KEYWORDS), JSON_VALUES, max_size=4),
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=4)})
        | st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=3)})
    ),
    max_leaves=6,
)
WORDS = st.lists(
    st.sampled_from(
        [
            *REFUND.split(),
            *LONG.split(),
            "if",
            "not",
            "then",
            "?",
            '"',
            "'",
            ":",
            "\n",
            "1.",
            "saying",
            "that",
            "€",
            "",
            "please",
        ]
    ),
    max_size=25,
).map(" ".join)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    goal=WORDS | st.text(max_size=60),
    schemas=st.lists(SCHEMAS, min_size=1, max_size=4),
    output=JSON_VALUES,
    choice=st.sampled_from(["auto", "required"]),
)
def test_nothing_that_can_be_asked_makes_it_raise(
    goal: str, schemas: list[dict[str, Any]], output: Any, choice: str
) -> None:
    names = ("get", "refund", "search", "transfer")
    tools = [tool(f"{name}_it", name, x=schema) for name, schema in zip(names, schemas, strict=False)]
    desk = Desk(hook=lambda name, arguments: json.dumps(output))
    run(goal, tools=tools, desk=desk, steps=3, rates={f"A{number}": 0.3 for number in range(1, 11)}, tool_choice=choice)


def test_a_schema_that_contains_itself_ends() -> None:
    node = {
        "type": "object",
        "properties": {key: {"$ref": "#/$defs/node"} for key in "abcdefghijklmnopqrst"},
        "required": list("abcdefghijklmnopqrst"),
    }
    schema = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}},
        "required": ["root"],
        "$defs": {"node": node},
    }
    offered = {
        "type": "function",
        "function": {"name": "file_report", "description": "Files a report.", "parameters": schema},
    }
    reply = acted("File a report.", [offered], tool_choice="required")
    assert reply is not None
    assert reply.tool_calls


def test_a_hundred_tools_and_a_long_goal() -> None:
    tools = [
        tool(f"{verb}_{thing}", f"{verb} a {thing}", thing_id=text())
        for verb in ("get", "add", "stop", "send")
        for thing in "abcdefghijklmnopqrstuvwxy"
    ]
    assert len(tools) == 100
    reply = acted("a " * 4000 + REFUND, [*tools, *TOOLS])
    assert reply is None or reply.tool_calls or reply.text


# Steps


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("Look up C-127, then refund 5 euros.", ["Look up C-127", "refund 5 euros"]),
        ("1. Look up C-127. 2. Refund 5 euros.", ["Look up C-127", "Refund 5 euros"]),
        ("- Look up C-127\n- Refund 5 euros", ["Look up C-127", "Refund 5 euros"]),
        ("Please look up C-127 and also refund 5 euros.", ["look up C-127", "refund 5 euros"]),
        ("Look up C-127; refund 5 euros, please.", ["Look up C-127", "refund 5 euros"]),
        ("Get the name and address of C-127.", ["Get the name and address of C-127"]),
        (
            "Tell C-127 that we are late, sorry and working on it.",
            ["Tell C-127 that we are late, sorry and working on it"],
        ),
        ("Tell C-127 that we checked it and send a new one.", ["Tell C-127 that we checked it and send a new one"]),
        ('Write "close it and go" into a note.', ['Write "close it and go" into a note']),
    ],
)
def test_goals_are_cut_into_steps(goal: str, words: list[str]) -> None:
    assert [step.words for step in steps_of(goal)] == words


# Over the wire


def test_chat_completions_loop(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(Reader(rates=FLAWLESS))
    desk = Desk()
    tools: Any = TOOLS
    messages: list[Any] = [{"role": "user", "content": LONG}]
    for _ in range(6):
        message = client.chat.completions.create(model="sim-large", messages=messages, tools=tools).choices[0].message
        messages.append(message)
        for call in message.tool_calls or ():
            assert call.type == "function"
            content = desk.call(call.function.name, call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
        if not message.tool_calls:
            break
    assert [name for name, _ in desk.calls] == ["get_ticket", "issue_credit", "set_ticket_status"]
    assert "CR-1901" in messages[-1].content


def test_responses_loop(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(Reader(rates=FLAWLESS))
    desk = Desk()
    tools: Any = [{"type": "function", "strict": False, **entry["function"]} for entry in TOOLS]
    items: Any = [{"role": "user", "content": LONG}]
    previous = None
    for _ in range(6):
        response = client.responses.create(model="sim-large", input=items, tools=tools, previous_response_id=previous)
        previous = response.id
        calls = [item for item in response.output if item.type == "function_call"]
        items = [
            {"type": "function_call_output", "call_id": call.call_id, "output": desk.call(call.name, call.arguments)}
            for call in calls
        ]
        if not calls:
            break
    assert [name for name, _ in desk.calls] == ["get_ticket", "issue_credit", "set_ticket_status"]
    assert "CR-1901" in response.output_text
