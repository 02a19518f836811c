"""The reader as a judge of answers: what it finds, and what its habits make of that (J1 to J5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..dice import Dice
from ..reply import Reply
from . import schemas
from .forms.outline import outlined, wants_json
from .judging.case import Case, case_of
from .judging.quality import Fault, Finding, examine
from .judging.verdict import Manner, Ruling, filled, hedged, manner_of, reasons_first, written
from .reading import Reading

CLEAR = 0.9  # of J1, where one answer is right and the other is not
MUCH_BETTER = 0.3  # of 1: by so much one answer has to be better for that
LONGER = 1.2  # times as many words: a difference that is seen
AGAINST_THE_BETTER = 0.4  # of J2, where the longer answer is the worse one
SHORT, LONG = 50, 150  # words: from where an answer seems thorough, and where it cannot seem more so
REASON_FIRST = 0.5  # of J3, where the reason has to be given before the verdict
RUBRIC = 0.5  # of J3, where the instructions spell out how an answer fails
NAMED = 0.4  # of J4, where the words of the verdict are given
STRICTLY = 0.1  # of J4, where nothing else may be written
UNSURE = 0.6  # of 1: the confidence of a judge that is wrong and has noticed it

_WRONG: dict[Fault, str] = {
    "invented": "It states something that no passage supports.",
    "wrong_value": "A value in it differs from what the passages say.",
    "wrong_version": "What it says holds for another version, plan, time or region than the one asked about.",
    "bad_citation": "A passage that it cites does not say what it is cited for.",
    "should_abstain": "The passages do not answer the question, and it answers all the same.",
    "incomplete": "It leaves out a part of what was asked.",
}
_FINE = "What it says agrees with the passages and answers the question."


def judge(reading: Reading) -> Reply | None:
    """The verdict that the prompt asks for, or None where it does not ask for a judgement."""
    # A judge that is offered tools, and has to call one, is an agent first.
    case = None if reading.prompt.must_call else case_of(reading.prompt)
    if case is None:
        return None
    manner = manner_of(case)
    ruling = _compared(reading, case, manner) if case.kind == "pair" else _graded(reading, case, manner)
    return Reply(_worded(reading, case, manner, ruling))


def _worded(reading: Reading, case: Case, manner: Manner, ruling: Ruling) -> str:
    if wants_json(reading.prompt):
        return schemas.dumped(filled(_schema(reading), case, manner, ruling))
    factor = STRICTLY if manner.strict and manner.prescribed else NAMED if manner.prescribed else 1.0
    key = _key(case)
    if reading.errs("J4", *key, factor=factor):
        return hedged(case, manner, ruling, lambda ways: reading.dice.choose(ways, "hedge", *key))
    return written(case, manner, ruling)


def _schema(reading: Reading) -> dict[str, Any]:
    return reading.prompt.schema if reading.prompt.schema is not None else outlined(reading.prompt)


def _graded(reading: Reading, case: Case, manner: Manner) -> Ruling:
    """One answer passed, failed or scored."""
    key = _key(case)
    finding = examine(reading, case, case.candidates[0])
    passes = finding.passes or _is_lenient(reading, case, manner, finding) or _is_impressed(reading, case, finding)
    if _is_unsteady(reading, key):
        passes = reading.dice.draw("side", *key) < 0.5
    return _sure(reading, key, _ruling(finding, passes), right=passes == finding.passes)


def _ruling(finding: Finding, passes: bool) -> Ruling:
    if passes:
        return Ruling(worth=1.0 if finding.passes else 0.8, reason=_FINE)
    fault = finding.fault or "incomplete"
    return Ruling(
        False, worth=finding.worth if finding.fault else 0.4, reason=finding.detail or _WRONG[fault], fault=fault
    )


def _is_lenient(reading: Reading, case: Case, manner: Manner, finding: Finding) -> bool:
    """Whether a wrong answer is let pass (J3)."""
    schema_first = wants_json(reading.prompt) and reasons_first(_schema(reading))
    first = schema_first or (manner.reasons and manner.reason_first)
    factor = (REASON_FIRST if first else 1.0) * (RUBRIC if manner.rubric else 1.0)
    return _errs(reading, "J3", (case.question, str(finding.fault)), factor)


def _is_impressed(reading: Reading, case: Case, finding: Finding) -> bool:
    """Whether a wrong answer passes for being thorough: the longer it is, the likelier (J2)."""
    words = len(case.candidates[0].text.split())
    # The occasion is the fault and not the text: more padding never makes the same answer fail again.
    return _errs(reading, "J2", (case.question, str(finding.fault)), min(1.0, max(0, words - SHORT) / (LONG - SHORT)))


def _compared(reading: Reading, case: Case, manner: Manner) -> Ruling:
    """The better of several answers."""
    findings = [examine(reading, case, candidate) for candidate in case.candidates]
    right = _better(reading, case, findings, tie=manner.tie)
    key = _key(case)
    winner = right
    worths = sorted((finding.worth for finding in findings), reverse=True)
    clear = worths[0] - worths[1] >= MUCH_BETTER
    if _longest(case) is not None and _errs(reading, "J2", key, AGAINST_THE_BETTER if clear else 1.0):
        winner = _longest(case)
    if _errs(reading, "J1", key, CLEAR if clear else 1.0):
        winner = 0
    if _is_unsteady(reading, key):
        winner = _by_text(case, reading.dice)
    return _sure(reading, key, _preference(case, findings, winner), right=winner == right)


def _better(reading: Reading, case: Case, findings: Sequence[Finding], *, tie: bool) -> int | None:
    """The place of the best answer; of equally good ones any, but the same whatever their order."""
    best = max(finding.worth for finding in findings)
    places = [place for place, finding in enumerate(findings) if finding.worth == best]
    if len(places) == 1:
        return places[0]
    return None if tie else _by_text(case, reading.standing, places)


def _by_text(case: Case, dice: Dice, places: Sequence[int] | None = None) -> int:
    open_to = range(len(case.candidates)) if places is None else places
    return dice.choose(sorted(open_to, key=lambda place: case.candidates[place].text), "better", *_key(case))


def _longest(case: Case) -> int | None:
    """The place of the answer that is clearly the longest, or None."""
    lengths = [len(candidate.text.split()) for candidate in case.candidates]
    longest, next_to_it = sorted(lengths, reverse=True)[:2]
    return lengths.index(longest) if longest >= LONGER * max(1, next_to_it) else None


def _preference(case: Case, findings: Sequence[Finding], winner: int | None) -> Ruling:
    if winner is None:
        return Ruling(reason="Both answers say the same about what was asked.")
    loser = next(place for place in range(len(findings)) if place != winner)
    name, other = case.candidates[winner].name, case.candidates[loser].name
    fault = findings[loser].fault
    why = (
        f"Of answer {other} this is to be said: {_lowered(findings[loser].detail or _WRONG[fault])}"
        if fault
        else f"Answer {name} is clearer and more to the point than answer {other}."
    )
    return Ruling(winner=winner, reason=why)


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _sure(reading: Reading, key: Sequence[str], ruling: Ruling, *, right: bool) -> Ruling:
    """The ruling with its confidence: as high where it is wrong, most of the time (N4)."""
    return ruling if right or reading.errs("N4", "verdict", *key) else replace(ruling, confidence=UNSURE)


def _is_unsteady(reading: Reading, key: Sequence[str]) -> bool:
    """Whether it could go either way, so that each sample decides anew (J5)."""
    return _errs(reading, "J5", key)


def _errs(reading: Reading, habit: str, key: Sequence[str], factor: float = 1.0) -> bool:
    return reading.standing.draw(habit, *key) < reading.rates[habit] * factor


def _key(case: Case) -> tuple[str, ...]:
    """What the occasion is about: the same in whatever order the answers stand."""
    return case.question, *sorted(candidate.text for candidate in case.candidates)
