"""Tickets are labelled for what they mean; how well and how steadily depends on the model, as documented."""

from __future__ import annotations

import functools
import json
from typing import Any, get_args

import pytest

from gradus.coldtrail import Ticket, tickets
from gradus.coldtrail.tickets import Intent
from gradus.sim.reader import Reader
from gradus.sim.reader.forms.triage import best, learn, tells
from gradus.sim.reader.habits import MODELS
from tests.sim.reader.asking import FLAWLESS

INTENTS = get_args(Intent)
STEADY = {"O4": 0.0, "O5": 0.0, "O6": 0.0, "I1": 0.0, "I3": 0.0, "I4": 0.0}
SHOWN = (
    ("The bank shows the amount twice.", "billing", "P3"),
    ("Nobody in the office can sign in.", "account_access", "P2"),
    ("Where is the export?", "how_to", "P4"),
)
# Written for this test, in nobody's file.
UNSEEN = (
    ("device_fault", "P3", "The display of my logger went black after it fell off a shelf. It still sends readings."),
    ("device_fault", "P3", "E-1014 on the logger in the cheese counter, I opened and closed the cover, no change."),
    ("device_fault", "P3", "Our tracker hangs at 3 percent and won't charge with any cable"),
    (
        "device_fault",
        "P1",
        "The only sensor in the vaccine fridge shows dashes since this morning, E-4012. Blind here.",
    ),
    ("device_fault", "P3", "Firmware update failed twice on the freezer logger, it keeps restarting."),
    ("connectivity", "P3", "One logger in the cellar has been offline since Tuesday, the others report as usual."),
    ("connectivity", "P2", "None of our loggers report any more, the gateway is red since the router was changed."),
    ("connectivity", "P3", "Our webhook endpoint gets no deliveries since yesterday although it answers with 200."),
    ("connectivity", "P2", "All trackers lost the mobile network when the trucks went into Norway. Is roaming off?"),
    ("connectivity", "P3", "E-2130 appears every afternoon and the readings come an hour late."),
    ("excursion", "P1", "Power cut last night, the fridge with the flu vaccines reached 14 degrees. Still good?"),
    ("excursion", "P2", "The walk-in stood at 11 C for three hours, it's full of chicken. Can I serve it?"),
    ("excursion", "P1", "Insulin froze overnight, the logger says -3. Do we have to destroy it?"),
    ("excursion", "P2", "Load of yoghurt arrived at 13 degrees and the receiver refuses it. I need the record."),
    ("excursion", "P1", "Kühlschrank mit Impfstoff war am Wochenende bei 15 Grad, was sollen wir tun?"),
    ("alert_setup", "P4", "How do I make the alarm wait ten minutes before it texts me? The door is opened a lot."),
    ("alert_setup", "P3", "The alarms go to a colleague who left; please send them to me, it is the beer fridge."),
    ("alert_setup", "P4", "Can quiet hours be different on weekends?"),
    ("alert_setup", "P4", "Please raise the upper limit of the wine cooler's alarm to 14."),
    ("alert_setup", "P3", "I get every alert three times and my deputy gets none."),
    ("billing", "P3", "You billed us for four devices and we have three. Please send back the difference."),
    ("billing", "P4", "Could you send me last year's invoices as PDF for our accountant?"),
    ("billing", "P4", "What does the Plus plan cost per month?"),
    ("billing", "P2", "Your letter says our service gets suspended on Monday for non-payment, but we paid."),
    ("billing", "P3", "I cancelled in May and was charged again in June, please refund."),
    ("rma", "P3", "The tracker is dead and under warranty, please send a replacement and a return label."),
    ("rma", "P3", "I sent the broken logger back two weeks ago, where is my exchange?"),
    ("rma", "P4", "Which box should I use for the return of RMA-1301?"),
    ("rma", "P3", "We would like to return three unopened gateways that we ordered by mistake."),
    ("rma", "P3", "Probe is damaged, can we get a new one under guarantee?"),
    ("account_access", "P3", "I forgot my password and the reset mail does not come."),
    ("account_access", "P4", "Please invite jo@example.org as a viewer."),
    ("account_access", "P2", "A driver we fired still has a login and can see everything, remove him now."),
    ("account_access", "P3", "My authenticator is on a lost phone, I cannot sign in."),
    ("account_access", "P3", "Our API token expired last night, how do I renew it?"),
    ("how_to", "P4", "Where can I export the readings of one month as CSV?"),
    ("how_to", "P4", "Can the app show Fahrenheit instead of Celsius?"),
    ("how_to", "P4", "Just wanted to say thank you, the new report is great."),
    ("how_to", "P4", "Which logger would you recommend for a small freezer?"),
    ("how_to", "P4", "Is there a manual in French?"),
)


def schema(intents: tuple[Any, ...] = INTENTS, **more: Any) -> dict[str, Any]:
    properties = {
        "intent": {"enum": list(intents)},
        "priority": {"type": "string", "enum": ["P1", "P2", "P3", "P4"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        **more,
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def asked(subject: str, text: str, model: str = "sim-large", *, shown: bool = False, **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Triage the support ticket."}]
    for example, intent, priority in SHOWN if shown else ():
        label = {"intent": intent, "priority": priority, "confidence": 0.9}
        messages += [{"role": "user", "content": example}, {"role": "assistant", "content": json.dumps(label)}]
    ticket = f"<ticket><subject>{subject}</subject><body>{text}</body></ticket>"
    messages.append({"role": "user", "content": ticket})
    wanted = {"name": "triage", "strict": True, "schema": more.pop("schema", schema())}
    form = {"type": "json_schema", "json_schema": wanted}
    return {"model": model, "temperature": 0, "messages": messages, "response_format": form, **more}


def labelled(reader: Reader, request: dict[str, Any]) -> dict[str, Any]:
    text = reader(request).text
    assert text is not None
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


def dev(model: str, seed: int = 0, **more: Any) -> dict[str, dict[str, Any]]:
    """What a model says of every dev ticket that can be labelled."""
    reader = Reader(seed, STEADY)
    known = [ticket for ticket in tickets() if ticket.intent is not None]
    return {ticket.id: labelled(reader, asked(ticket.subject, ticket.body, model, **more)) for ticket in known}


@functools.cache
def plain(model: str, seed: int = 0) -> dict[str, dict[str, Any]]:
    return dev(model, seed)


def accuracy(said: dict[str, dict[str, Any]]) -> float:
    right = [ticket for ticket in tickets() if ticket.id in said and said[ticket.id]["intent"] == ticket.intent]
    return len(right) / len(said)


def changed(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> int:
    return sum(one[ticket]["intent"] != other[ticket]["intent"] for ticket in one)


def text_of(ticket: Ticket) -> str:
    return f"{ticket.subject}\n{ticket.body}"


def test_without_slips_every_known_ticket_is_labelled_right() -> None:
    reader = Reader(rates=FLAWLESS)
    for ticket in (*tickets("dev"), *tickets("held_out")):
        if ticket.intent is not None:
            said = labelled(reader, asked(ticket.subject, ticket.body))
            assert (said["intent"], said["priority"]) == (ticket.intent, ticket.priority), ticket.id


def test_tickets_that_nobody_labelled_are_mostly_labelled_right() -> None:
    reader = Reader(rates=FLAWLESS)
    said = [labelled(reader, asked("", text)) for _, _, text in UNSEEN]
    assert sum(one["intent"] == intent for one, (intent, _, _) in zip(said, UNSEEN, strict=True)) >= 36
    assert sum(one["priority"] == priority for one, (_, priority, _) in zip(said, UNSEEN, strict=True)) >= 28
    wrong = [one for one, (intent, _, _) in zip(said, UNSEEN, strict=True) if one["intent"] != intent]
    assert all(one["confidence"] < 0.6 for one in wrong)


def test_what_the_others_teach_is_enough_for_most_tickets() -> None:
    known = (*tickets("dev"), *tickets("held_out"))
    intents = priorities = urgent = 0
    for ticket in known:
        kin = {ticket.id, ticket.twin, ticket.contrast}
        taught = learn([other for other in known if other.id not in kin])
        priority = best(taught.priority(text_of(ticket)))
        intents += ticket.intent == best(taught.intent(text_of(ticket)))
        priorities += ticket.priority == priority
        urgent += ticket.priority == "P1" and priority == "P1"
    assert intents >= 0.85 * sum(ticket.intent is not None for ticket in known)
    assert priorities >= 0.7 * len(known)
    assert urgent >= 0.9 * sum(ticket.priority == "P1" for ticket in known)


def test_a_ticket_that_says_nothing_tells_nothing() -> None:
    for ticket in (*tickets("dev"), *tickets("held_out")):
        assert tells(text_of(ticket)) == (ticket.intent is not None), ticket.id


@pytest.mark.parametrize(
    "text",
    [
        "No rush at all, but the flu fridge was a bit warm on Sunday, 9.5 at most. Thanks",
        "Just a question: insulin stood at 9 degrees for an hour while we cleaned, is that ok?",
        "For the record: the vaccine refrigerator showed 8.6 for ten minutes after the delivery, back to 5 now.",
        "Would like to know whether eye drops at 12 degrees overnight can be kept. Whenever you have time.",
        "the hpv fridge got warm, 10.1, moved everything into the spare one",
        "Pharmacy fridge too cold last night, -2, mostly insulin. No hurry.",
        "Our courier delivered the vaccines at 11 degrees, do we sign?",
        "Impfstoffe waren zwei Stunden bei 10 Grad, keine Eile",
    ],
)
def test_medicine_out_of_its_range_is_urgent_however_calm_it_sounds(text: str) -> None:
    assert labelled(Reader(rates=FLAWLESS), asked("", text))["priority"] == "P1"


@pytest.mark.parametrize("text", ["", "?", "😡", "asdf qwer", "--\nKim Example"])
def test_what_says_nothing_gets_a_label_unless_there_is_a_way_out(text: str) -> None:
    reader = Reader(rates={**FLAWLESS, "N4": 1.0})
    forced = labelled(reader, asked("", text))
    assert forced["intent"] in INTENTS
    assert forced["confidence"] >= 0.9
    for way_out in ("unknown", "other", "abstain", None):
        assert labelled(reader, asked("", text, schema=schema((*INTENTS, way_out))))["intent"] == way_out
    assert labelled(reader, asked("", "We were billed twice.", schema=schema((*INTENTS, None))))["intent"] == "billing"


@pytest.mark.parametrize(
    ("values", "text", "right"),
    [
        (("billing question", "technical problem", "return or exchange"), "We were charged twice.", "billing question"),
        (("Network", "Hardware", "Finance"), "The gateway is offline since the router was changed.", "Network"),
        (("urgent", "normal", "low"), "The vaccine fridge was at 14 degrees all night.", "urgent"),
        (("critical", "high", "medium", "low"), "Where can I export a report?", "low"),
        (("TEMPERATURE_EXCURSION", "LOGIN", "RETURN"), "I forgot my password.", "LOGIN"),
    ],
)
def test_labels_may_be_called_otherwise(values: tuple[str, ...], text: str, right: str) -> None:
    label = {"type": "string", "enum": list(values)}
    wanted = {"type": "object", "properties": {"label": label}, "required": ["label"], "additionalProperties": False}
    assert labelled(Reader(rates=FLAWLESS), asked("", text, schema=wanted)) == {"label": right}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_as_often_right_as_the_card_says(model: str) -> None:
    shares = [accuracy(plain(model, seed)) for seed in range(3)]
    low, high = (0.93, 0.985) if "large" in model else (0.78, 0.88)
    assert low <= sum(shares) / len(shares) <= high


def test_the_small_model_takes_some_safety_tickets_too_lightly() -> None:
    at_stake = [ticket for ticket in tickets() if ticket.intent == "excursion" and ticket.priority == "P1"]
    missed = {
        model: sum(plain(model, seed)[ticket.id]["priority"] != "P1" for seed in range(3) for ticket in at_stake)
        for model in ("sim-small-2026-03", "sim-small-2026-09", "sim-large-2026-09")
    }
    assert 1 <= missed["sim-small-2026-09"] <= 0.25 * 3 * len(at_stake)
    assert missed["sim-small-2026-03"] >= 1
    assert missed["sim-large-2026-09"] <= 1


def test_the_dated_versions_differ() -> None:
    assert changed(plain("sim-small-2026-03"), plain("sim-small-2026-09")) >= 5


def test_labelled_examples_help_the_small_model() -> None:
    gains = [
        accuracy(dev("sim-small", seed, shown=True)) - accuracy(plain("sim-small-2026-09", seed)) for seed in range(3)
    ]
    assert 0.01 <= sum(gains) / len(gains) <= 0.12


def test_the_order_of_the_labels_matters_to_the_small_model() -> None:
    turned = dev("sim-small", schema=schema(INTENTS[::-1]))
    assert 2 <= changed(plain("sim-small-2026-09"), turned) <= 20
    large = dev("sim-large", schema=schema(INTENTS[::-1]))
    assert changed(plain("sim-large-2026-09"), large) <= 4


def test_close_calls_change_between_runs_at_a_temperature_and_not_with_a_seed() -> None:
    reader = Reader(rates={**FLAWLESS})
    unclear = "Alarm texts for the fridge stopped when the gateway went offline, how do I change that?"

    def intents(runs: int, **more: Any) -> set[str]:
        return {labelled(reader, asked("", unclear, **more))["intent"] for _ in range(runs)}

    assert len(intents(40, temperature=1.0)) > 1
    assert len(intents(10, temperature=1.0, seed=3)) == 1
    assert len(intents(10)) == 1


def test_confidence_does_not_tell_right_from_wrong() -> None:
    said = plain("sim-small-2026-09")
    right = {ticket.id: said[ticket.id]["intent"] == ticket.intent for ticket in tickets() if ticket.id in said}

    def mean(wanted: bool) -> float:
        values = [said[ticket]["confidence"] for ticket, is_right in right.items() if is_right == wanted]
        return float(sum(values) / len(values))

    assert mean(True) - mean(False) < 0.12
    assert mean(False) > 0.8
