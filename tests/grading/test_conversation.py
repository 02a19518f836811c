"""The conversation behind a failure: the telling call, what was new, what came back, and what is left out."""

from __future__ import annotations

import json
from dataclasses import asdict

import openai
import pytest

from gradus.grading.capabilities import LentSimulator
from gradus.grading.conversation import MOST_CALLS, Call, abridged, call_of, conversation_of, whole
from gradus.grading.fixtures import with_what_was_said
from gradus.grading.verdicts import TestResult, Verdict
from gradus.sim import CutStream, RateLimited, ReadTimeout, Reply, Simulator
from gradus.sim.ledger import Exchange


def talk(sim: Simulator, *questions: str, **options: object) -> tuple[Call, ...]:
    """Ask one question after the other within one conversation, and wait a second between them."""
    client, messages = Simulator.client(sim, max_retries=0), []
    for question in questions:
        messages.append({"role": "user", "content": question})
        try:
            reply = client.chat.completions.create(model="sim-small", messages=messages, **options)  # type: ignore[call-overload]
            messages.append({"role": "assistant", "content": reply.choices[0].message.content or ""})
        except openai.APIError:
            messages.pop()
        sim.clock.sleep(1.0)
    return conversation_of(sim.ledger.exchanges)


def lines(calls: tuple[Call, ...], most: int = 8) -> list[str]:
    return [line.lead + line.words for line in abridged(calls, most)]


def test_only_what_is_new_is_told_and_the_last_call_is_marked() -> None:
    sim = Simulator()
    sim.script("pong", "pang")
    calls = talk(sim, "ping", "again")
    assert lines(calls) == [
        "  #1 0.00 s  user: ping",
        "             -> pong",
        "> #2 1.00 s  user: again",
        "             -> pang",
    ]
    text = whole(calls)
    assert text.startswith("  #1 at 0.00 s: POST /v1/chat/completions, sim-small")
    assert "\n> #2 at 1.00 s, after 1.00 s: POST " in text
    assert "    (1 earlier message)\n    assistant: pong\n    user: again\n    -> pang\n" in text


def test_a_request_that_breaks_the_contract_is_the_telling_one() -> None:
    sim = Simulator()
    sim.otherwise("pong")
    client = sim.client(max_retries=0)
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="sim-small", messages=[])
    calls = talk(sim, "ping")
    assert [call.offending for call in calls] == [True, False]
    assert lines(calls)[1].strip().startswith("-> 400: ")


def test_a_call_too_many_is_the_telling_one() -> None:
    sim = Simulator()
    sim.script("pong")
    calls = talk(sim, "ping", "again", "and again")
    assert [call.offending for call in calls] == [False, True, False]
    assert lines(calls)[3].endswith("-> 400: Simulator: call 2 was not expected: the script had 1 reply.")


def test_a_fault_by_the_script_is_not_taken_for_a_refusal() -> None:
    sim = Simulator()
    sim.script(RateLimited(retry_after=2), "pong")
    calls = talk(sim, "ping", "ping")
    assert [call.offending for call in calls] == [False, True]
    assert lines(calls)[1].strip().startswith("-> 429 RateLimited: ")
    assert lines(calls)[2].endswith("the same messages -> pong")


def test_what_went_wrong_with_an_answer_is_told() -> None:
    sim = Simulator()
    sim.script(Reply("half", finish_reason="length"), ReadTimeout())
    calls = talk(sim, "ping", "ping")
    assert calls[0].answered[0] == "half [length]"
    assert calls[1].answered[0] == "no answer: ReadTimeout"
    sim.script(CutStream("Yes. Above that.", after=2))
    messages = [{"role": "user", "content": "ping"}]
    list(sim.client().chat.completions.create(model="sim-small", messages=messages, stream=True))  # type: ignore[arg-type]
    (*_, cut) = conversation_of(sim.ledger.exchanges)
    assert "stream" in cut.what
    assert "cut off: CutStream" in cut.answered


@pytest.mark.parametrize("most", range(1, 9))
def test_however_little_room_there_is_the_telling_call_is_shown(most: int) -> None:
    sim = Simulator()
    sim.otherwise("pong")
    calls = talk(sim, *"abcdefghij")
    shown = lines(calls, most)
    assert len(shown) <= most
    assert sum(line.startswith("> #10 ") for line in shown) == 1
    assert most < 3 or f"  ({9 - sum('#' in line for line in shown[:-2])} calls before)" == shown[0]


def test_a_long_conversation_is_cut_round_the_telling_call() -> None:
    sim = Simulator()
    sim.script(*["pong"] * 120)
    calls = conversation_of(_many(sim, 250))
    assert len(calls) == MOST_CALLS
    assert [call.number for call in calls if call.offending] == [121]
    assert [call.number for call in calls] == sorted({call.number for call in calls})


def _many(sim: Simulator, count: int) -> tuple[Exchange, ...]:
    client = sim.client(max_retries=0)
    for _ in range(count):
        try:
            client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": "x"}])
        except openai.APIError:
            continue
    return sim.ledger.exchanges


def test_it_survives_the_way_between_processes_and_keeps_to_lines() -> None:
    sim = Simulator()
    sim.otherwise("a\nb\u2028c" + "x" * 5000)
    calls = talk(sim, "one\ntwo")
    assert tuple(map(call_of, json.loads(json.dumps([asdict(call) for call in calls])))) == calls
    assert calls[0].asked == ("user: one ⏎ two",)
    assert calls[0].answered[0].startswith("a ⏎ b ⏎ cxx")
    assert len(calls[0].answered[0]) == 1000


def test_nothing_said_is_nothing_told() -> None:
    assert conversation_of(()) == ()
    assert whole(()) == ""


@pytest.mark.parametrize(
    ("outcome", "held_out", "told"),
    [
        (Verdict.FAILED, False, True),
        (Verdict.TIMEOUT, False, True),
        (Verdict.FAILED, True, False),
        (Verdict.PASSED, False, False),
        (Verdict.TODO, False, False),
    ],
)
def test_only_a_failure_tells_what_was_said_and_none_that_is_held_out(
    outcome: Verdict, held_out: bool, told: bool
) -> None:
    sim = LentSimulator()
    sim.script("pong")
    talk(sim, "ping")
    result = with_what_was_said(TestResult("test_x", 1, outcome, 0.1), sim, held_out, live=False)
    assert bool(result.conversation) is told
    assert (result.calls, result.tokens, result.cost) == (1, sim.ledger.tokens, sim.ledger.cost)
