"""What is said about calls: what was done, what was found out, what went wrong, what is still needed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ..prompt import ToolResult
from .outcomes import Found, records_of, values_in
from .task import Attempt, Planned
from .vocabulary import concepts, raw_words

MOST_RECORDS = 8
MOST_PROPERTIES = 6
_SUCCESS = ("ok", "success", "succeeded")
_NAMES = ("id", "serial", "name", "number", "key", "code")


def report(planned: Sequence[Planned], *, claimed: bool = False) -> str:
    """What was done and found out.

    Args:
        planned: the steps.
        claimed: whether steps that nobody has taken are reported as done as well (A5).
    """
    told = [line for one in planned if (line := _line(one, claimed=claimed))]
    return "\n".join(dict.fromkeys(told))


def failure(one: Planned, planned: Sequence[Planned]) -> str:
    """That a step could not be taken, why, and what had been done by then."""
    last = one.attempts[-1]
    before = report([other for other in planned if other is not one])
    if last.outcome.state == "unknown":
        said = (
            f"I do not know whether this went through: {one.step.words}. "
            f"The call timed out ({_plain(last.outcome.message)}), and I have not repeated it."
        )
    else:
        said = f"I could not do this: {one.step.words}. {_plain(last.outcome.message)}."
    return "\n".join(part for part in (before, said) if part)


def passed_on(result: ToolResult) -> str:
    """That somebody else goes on from here."""
    return f"I have passed this on ({_spelt(result.name)}); they have what you wrote, and go on from here."


def question(one: Planned, missing: Sequence[str], planned: Sequence[Planned], problem: str = "") -> str:
    """What has to be known before a step can be taken.

    Args:
        one: the step.
        missing: the paths of the arguments that nothing provides.
        planned: all steps.
        problem: why a look-up did not provide them, or "".
    """
    names = [re.sub(r" (?:in )?cents$", "", _spelt(path.split(".")[-1])) for path in missing]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"
    asked = f"To do this I need to know the {listed}: {one.step.words}. Can you tell me?"
    before = report([other for other in planned if other.done])
    return "\n".join(part for part in (before, f"{_plain(problem)}." if problem else "", asked) if part)


def not_needed(planned: Sequence[Planned]) -> str:
    """That what the goal makes depend on something was not to be done."""
    left = (f"I have not done this, as things are ({one.step.condition}): {one.step.words}." for one in planned)
    return "\n".join(left)


def undecided(one: Planned, planned: Sequence[Planned]) -> str:
    """That nothing tells whether a step's condition holds."""
    before = report([other for other in planned if other.done])
    said = f"I could not find out whether this holds: {one.step.condition}. So I have not done this: {one.step.words}."
    return f"{before}\n{said}" if before else said


def _line(one: Planned, *, claimed: bool) -> str:
    attempt = next((attempt for attempt in reversed(one.attempts) if attempt.outcome.state == "done"), None)
    if attempt is None:
        return f"Done: {one.step.words}." if claimed else ""
    facts = facts_for(one, attempt)
    if one.offer.reads or (one.offer.reads is None and one.step.mood == "ask"):
        return f"{facts}." if facts and not facts.endswith(".") else facts or f"Nothing was found: {one.step.words}."
    return f"Done: {one.step.words}{f' ({facts})' if facts else ''}."


def facts_for(one: Planned, attempt: Attempt) -> str:
    """What of a result answers the step: the properties that it names, or else the first few."""
    output = attempt.result.output
    if not _is_json(output):
        return output.strip()[:300].rstrip(".")
    records = records_of(values_in(output, one.offer.name, 0))
    asked = {*concepts(one.step.order), *(word.lower() for word in raw_words(one.step.order))}
    told = [_record(values, asked) for values in records.values()]
    more = f"; and {len(told) - MOST_RECORDS} more" if len(told) > MOST_RECORDS else ""
    return "; ".join(part for part in told[:MOST_RECORDS] if part) + more


def _record(values: Sequence[Found], asked: set[str]) -> str:
    name = next((value for value in values if value.key in _NAMES or value.key.endswith("_id")), None)
    rest = [value for value in values if value is not name and value.key not in _SUCCESS]
    named = [
        value for value in rest if asked & {*concepts(value.key), *(word.lower() for word in raw_words(value.key))}
    ]
    chosen = ", ".join(f"{_spelt(value.key)} {_shown(value)}".strip() for value in (named or rest)[:MOST_PROPERTIES])
    if name is None:
        return chosen
    return f"{name.value}: {chosen}" if chosen else str(name.value)


def _shown(value: Found) -> str:
    return json.dumps(value.value) if isinstance(value.value, bool) else str(value.value)


def _spelt(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower() if name != name.upper() else name


def _plain(message: str) -> str:
    return message.strip().rstrip(".")[:300]


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
