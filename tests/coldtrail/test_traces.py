"""Agent traces: sizes and spread, labels that no rule of thumb guesses, and records that fit the facts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, get_args

import pytest
import yaml

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.traces import read_traces
from gradus.coldtrail.facts import knowledge
from gradus.coldtrail.store import data_folder
from gradus.coldtrail.traces import TOOLS, FirstFailure, Mode, Step, Trace, traces

EFFECTS = {
    "update_ticket",
    "create_rma",
    "issue_credit",
    "set_alert_rule",
    "deactivate_device",
    "escalate_quality",
    "send_reply",
    "hand_off",
}
LIMIT_CENTS = {"customer": 5_000, "tier_1": 5_000, "tier_2": 5_000, "team_lead": 50_000}
PLANS = ("starter", "team", "fleet", "network")
TENANTS = ("aster", "briar", "cinder", "dune", "elm", "fjord")
NAMES = (
    "Aster Example Pharmacy",
    "Briar Example Kitchen",
    "Cinder Example Courier",
    "Dune Example Clinic",
    "Elm Example Catering",
    "Fjord Example Logistics",
)
ID = re.compile(r"\b(?:SN-\d{2,3}-\d{4}|T-\d{4}|INV-\d{5}|C-\d{3}|CR-\d{4}|RMA-\d{4})\b")
TODAY = date(2026, 10, 1)


def failing() -> list[tuple[Trace, FirstFailure]]:
    return [(trace, trace.first_failure) for trace in traces() if trace.first_failure is not None]


def error_code(step: Step) -> str | None:
    """The code of a failed result; None for every other step."""
    result = json.loads(step.content) if step.actor == "tool" else {}
    return str(result["error"]["code"]) if "error" in result else None


def results(trace: Trace) -> dict[int, Step]:
    """For each call, by its number, the step that answers it."""
    answered, waiting = {}, []
    for step in trace.steps:
        if step.action == "call":
            waiting.append(step.n)
        elif step.actor == "tool":
            answered[waiting.pop(0)] = step
    return answered


def calls(trace: Trace) -> Iterator[tuple[Step, dict[str, Any], Step]]:
    """Each call with its arguments and its result."""
    for number, result in results(trace).items():
        call = trace.steps[number - 1]
        yield call, dict(call.arguments or {}), result


def tenant_of(customer_id: str) -> str:
    return TENANTS[(int(customer_id[2:]) - 101) // 10]


def tenants_in(text: str) -> set[str]:
    return {tenant_of(customer) for customer in re.findall(r"\bC-\d{3}\b", text)}


def test_sixty_runs_of_which_forty_eight_failed() -> None:
    assert [trace.id for trace in traces()] == [f"TR-{number:02}" for number in range(1, 61)]
    assert Counter(trace.outcome for trace in traces()) == {"failure": 48, "success": 12}
    assert all(4 <= len(trace.steps) <= 14 for trace in traces())
    assert len({len(trace.steps) for trace in traces()}) >= 8


def test_every_mode_occurs_and_none_prevails() -> None:
    modes = Counter(label.mode for _, label in failing())
    assert min(modes[mode] for mode in get_args(Mode)) >= 2
    assert max(modes.values()) <= 8


def test_the_first_failure_is_a_step_of_the_model() -> None:
    for trace, label in failing():
        assert trace.steps[label.step - 1].actor == "model", trace.id
        assert label.why.endswith("."), trace.id


def last_step(trace: Trace) -> int:
    return trace.steps[-1].n


def last_model_step(trace: Trace) -> int:
    return [step.n for step in trace.steps if step.actor == "model"][-1]


def first_say(trace: Trace) -> int:
    return next((step.n for step in trace.steps if step.action == "say"), 0)


def first_failed_call(trace: Trace) -> int:
    return next((call.n for call, _, result in calls(trace) if error_code(result)), 0)


def after_the_first_error(trace: Trace) -> int:
    error = next((step.n for step in trace.steps if error_code(step)), len(trace.steps))
    return next((step.n for step in trace.steps if step.actor == "model" and step.n > error), 0)


def first_effect(trace: Trace) -> int:
    return next((call.n for call, _, _ in calls(trace) if call.name in EFFECTS), 0)


def first_error_or_else_last(trace: Trace) -> int:
    return first_failed_call(trace) or last_model_step(trace)


def first_repetition(trace: Trace) -> int:
    seen: list[tuple[str | None, dict[str, Any]]] = []
    for call, arguments, _ in calls(trace):
        if (call.name, arguments) in seen:
            return call.n
        seen.append((call.name, arguments))
    return 0


@pytest.mark.parametrize(
    ("guess", "most"),
    [
        (last_step, 0.25),
        (last_model_step, 0.25),
        (first_failed_call, 0.35),
        (after_the_first_error, 0.35),
        (first_error_or_else_last, 0.35),
        (first_effect, 0.35),
        (first_say, 0.35),
        (first_repetition, 0.35),
        *[(lambda _, place=place: place, 0.35) for place in range(2, 15)],
    ],
)
def test_no_rule_of_thumb_finds_the_first_failure(guess: Callable[[Trace], int], most: float) -> None:
    right = sum(guess(trace) == label.step for trace, label in failing())
    assert right / len(failing()) <= most


def test_mistakes_that_were_put_right_are_not_the_failure() -> None:
    before = [trace.id for trace, label in failing() if any(map(error_code, trace.steps[: label.step - 1]))]
    assert len(before) >= 10, "a failed call before the first failure"
    recovered = [trace.id for trace in traces() if trace.outcome == "success" and any(map(error_code, trace.steps))]
    assert len(recovered) >= 3, "a failed call in a success"
    quiet = [trace.id for trace, _ in failing() if not any(map(error_code, trace.steps))]
    assert len(quiet) >= 15, "a failure without a failed call"


def test_the_failure_often_shows_long_after_it_happened() -> None:
    assert sum(len(trace.steps) - label.step >= 4 for trace, label in failing()) >= 30


def test_tools_are_known_or_refused_as_unknown() -> None:
    for trace in traces():
        for call, _, result in calls(trace):
            assert call.name == result.name, trace.id
            assert (call.name in TOOLS) == (error_code(result) != "unknown_tool"), f"{trace.id}, step {call.n}"
    for trace, label in failing():
        if label.mode == "A2":
            assert trace.steps[label.step - 1].name not in TOOLS, trace.id
    assert {call.name for trace in traces() for call, _, _ in calls(trace)} > set(TOOLS)


def test_ids_come_from_somewhere_or_are_the_mistake() -> None:
    for trace in traces():
        seen = f"{trace.principal}"
        answered = results(trace)
        label = trace.first_failure
        for step in trace.steps:
            invented = [name for name in ID.findall(json.dumps(step.arguments)) if name not in seen]
            if invented:
                is_the_mistake = label is not None and label.step == step.n
                assert is_the_mistake or error_code(answered[step.n]) == "not_found", f"{trace.id}, step {step.n}"
            seen += step.content + json.dumps(step.arguments)


def test_warranties_are_reckoned_by_the_facts() -> None:
    fact = knowledge().fact
    checked = 0
    for trace in traces():
        for call, arguments, result in calls(trace):
            if call.name == "check_warranty":
                found = json.loads(result.content)
                assert found["serial"] == arguments["serial"], trace.id
                assert f"CT-{found['serial'].split('-')[1]}" == found["model"], trace.id
                assert str(found["months"]) == fact[f"{found['model'].lower()}.warranty"].value, trace.id
                begin, end = (date.fromisoformat(found[key]) for key in ("activated_on", "until"))
                months = (end.year - begin.year) * 12 + end.month - begin.month
                assert (months, end.day) == (found["months"], begin.day), trace.id
                assert found["covered"] == (end >= TODAY), trace.id
                checked += 1
    assert checked >= 10


def test_credits_are_booked_within_the_limits() -> None:
    for trace in traces():
        for call, arguments, result in calls(trace):
            if call.name == "issue_credit":
                above = arguments["amount_cents"] > LIMIT_CENTS[trace.principal.role]
                assert above == (error_code(result) == "above_limit"), f"{trace.id}, step {call.n}"


def test_prices_and_device_limits_are_the_facts() -> None:
    said = " ".join(step.content for trace in traces() for step in trace.steps)
    price = {plan: f"{int(knowledge().fact[f'{plan}.price'].value):,}" for plan in PLANS}
    limit = {plan: f"{int(knowledge().fact[f'{plan}.device_limit'].value):,}" for plan in PLANS}
    assert "Starter costs {starter} a month, Team {team}, Fleet {fleet}, Network {network};".format(**price) in said
    assert "Devices: Starter {starter}, Team {team}, Fleet {fleet}, Network {network}.".format(**limit) in said


def test_warm_medicine_goes_to_the_quality_desk_as_p1_where_a_run_succeeds() -> None:
    warm = [trace for trace in traces() if trace.outcome == "success" and "insulin" in trace.goal]
    assert warm
    for trace in warm:
        escalated = [arguments for call, arguments, _ in calls(trace) if call.name == "escalate_quality"]
        assert [arguments["priority"] for arguments in escalated] == ["P1"], trace.id


def test_only_labelled_runs_touch_another_tenant() -> None:
    for trace in traces():
        own = trace.principal.tenant
        touched = [
            call.n
            for call, arguments, result in calls(trace)
            if call.name != "find_customer" and tenants_in(json.dumps(arguments) + result.content) - {own}
        ]
        label = trace.first_failure
        if label is not None and label.mode == "A9":
            assert label.step in touched, trace.id
        else:
            assert touched == [], trace.id


def test_customers_are_called_what_they_are_called() -> None:
    assert all((trace.principal.role == "customer") == bool(trace.principal.customer_id) for trace in traces())
    assert all(trace.principal.tenant in TENANTS for trace in traces())
    for trace in traces():
        if trace.principal.customer_id:
            assert tenant_of(trace.principal.customer_id) == trace.principal.tenant, trace.id
        for _, _, result in calls(trace):
            for match in json.loads(result.content).get("matches", []):
                place, number = divmod(int(match["customer_id"][2:]) - 101, 10)
                assert match["name"] == f"{NAMES[place]} {number + 1:02}", trace.id
                assert match["tenant"] == TENANTS[place], trace.id


def test_nobody_in_them_exists() -> None:
    surnames = ("Example", "Sample", "Placeholder", "Testcase", "Specimen")
    for trace in traces():
        assert trace.principal.name.endswith(surnames), trace.id
        everything = " ".join(step.content + json.dumps(step.arguments) for step in trace.steps)
        for mail in re.findall(r"@([\w.-]+\w)", everything):
            assert mail in ("example.com", "example.org", "example.net"), trace.id
        for host in re.findall(r"https?://([^/\s\"]+)", everything):
            assert host.endswith((".test", ".example")), trace.id


def test_no_text_occurs_twice() -> None:
    """In different runs; within one, a repeated call is often the point."""
    owner: dict[str, str] = {}
    for trace in traces():
        texts = {step.content for step in trace.steps if step.actor != "tool" and step.content}
        texts |= {
            str(arguments[key]) for _, arguments, _ in calls(trace) for key in ("body", "note") if key in arguments
        }
        for text in texts | {trace.goal}:
            assert owner.setdefault(text, trace.id) == trace.id, f"{trace.id}: {text}"


def source() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.load((data_folder() / "traces.yaml").read_bytes(), yaml.CSafeLoader)
    return read


def test_what_is_checked_in_was_derived_from_the_source() -> None:
    assert read_traces(source()) == traces()


SAYS = {"actor": "model", "action": "say", "name": None, "arguments": None, "content": "One moment."}
BROKEN: list[tuple[str, Callable[[list[dict[str, Any]]], object]]] = [
    ("TR-02 is there twice", lambda runs: runs[0].update(id="TR-02")),
    ("TR-01: it has 3 steps", lambda runs: runs[0].update(steps=runs[0]["steps"][:3])),
    ("TR-01: step 2 is numbered 3", lambda runs: runs[0]["steps"][1].update(n=3)),
    ("TR-01: a run begins with the user", lambda runs: runs[0]["steps"][0].update(actor="model", action="say")),
    ("TR-01: step 2 is incomplete", lambda runs: runs[0]["steps"][1].pop("arguments")),
    ("TR-01: step 3 is incomplete", lambda runs: runs[0]["steps"][2].pop("name")),
    ("TR-01: step 8 is incomplete", lambda runs: runs[0]["steps"][7].pop("content")),
    ("TR-01: step 3: the result is no JSON", lambda runs: runs[0]["steps"][2].update(content="not found")),
    ("TR-01: get_device must be answered next", lambda runs: runs[0]["steps"][2].update(name="get_ticket")),
    ("TR-11: check_warranty, create_rma must be", lambda runs: swap(runs[10]["steps"], 3, 4)),
    ("TR-01: get_device answers, and nobody", lambda runs: runs[0]["steps"][1].update(SAYS)),
    ("TR-01: the model goes on", lambda runs: runs[0]["steps"][8].update(SAYS)),
    ("TR-01: a failure has a first_failure", lambda runs: runs[0].update(first_failure=None)),
    ("TR-01: a failure has a first_failure", lambda runs: runs[0].update(outcome="success")),
    ("TR-01: first_failure names step 3", lambda runs: runs[0]["first_failure"].update(step=3)),
    ("TR-01: first_failure names step 30", lambda runs: runs[0]["first_failure"].update(step=30)),
    ("mode", lambda runs: runs[0]["first_failure"].update(mode="A11")),
]


def swap(steps: list[dict[str, Any]], one: int, other: int) -> None:
    steps[one]["n"], steps[other]["n"] = steps[other]["n"], steps[one]["n"]
    steps[one], steps[other] = steps[other], steps[one]


@pytest.mark.parametrize(("complaint", "break_it"), BROKEN, ids=[complaint for complaint, _ in BROKEN])
def test_a_bad_source_is_refused(complaint: str, break_it: Callable[[list[dict[str, Any]]], object]) -> None:
    runs = source()
    break_it(runs)
    with pytest.raises(SourceError) as error:
        read_traces(runs)
    assert complaint in str(error.value)
