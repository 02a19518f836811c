"""What the tests of the reader share: prompts as a co-pilot would build them, and what counts as right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gradus.coldtrail import Query, doc, mentions, normalise, passages
from gradus.sim.reader import Reader
from gradus.sim.reader.habits import RATES

PLAIN = "Answer the question from the passages."
MAY_ABSTAIN = "Answer the question from the passages. If they do not contain the answer, say that you do not know."
FLAWLESS = dict.fromkeys(RATES["sim-large-2026-09"], 0.0)


def messages(system: str, user: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def say(reader: Reader, model: str, system: str, user: str, **options: Any) -> str:
    """What the reader answers, as text."""
    return reader({"model": model, "messages": messages(system, user), **options}).text or ""


def context(names: Iterable[str]) -> str:
    """Passages of the corpus between tags."""
    known = passages()
    blocks = (f'<passage id="{name}">\n{doc(known[name].document).content(known[name])}\n</passage>' for name in names)
    return "\n\n".join(blocks)


def asked(reader: Reader, model: str, query: Query, names: Sequence[str], system: str = PLAIN, **options: Any) -> str:
    """The answer to a labelled query over these passages, who asks and when in the instructions."""
    device = f" The device has firmware {query.firmware}." if query.firmware else ""
    place = f" The customer is in the {query.region.upper()}." if query.region else ""
    instructions = f"{system} Today is {query.as_of}.{device}{place}"
    return say(reader, model, instructions, f"{context(names)}\n\nQuestion: {query.text}", **options)


def relevant(query: Query) -> list[str]:
    """The passages that state what answers it."""
    return [name for name, grade in query.relevance.items() if grade == 2]


def irrelevant(query: Query, number: int, place: int) -> list[str]:
    """Passages that have nothing to do with it: so many, from somewhere in the corpus."""
    known = [name for name in passages() if name not in query.relevance and name not in query.forbidden]
    return [known[(place * 37 + step * 5) % len(known)] for step in range(number)]


def is_right(query: Query, answer: str) -> bool:
    text = normalise(answer)
    return all(mentions(text, forms) for forms in query.right)


def is_wrong_value(query: Query, answer: str) -> bool:
    text = normalise(answer)
    return any(mentions(text, forms) for forms in query.wrong)


def share(outcomes: Iterable[bool]) -> float:
    found = list(outcomes)
    return sum(found) / len(found)


def share_of(check: Callable[[Any], bool], population: Iterable[Any]) -> float:
    return share(check(one) for one in population)
