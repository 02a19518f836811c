"""Texts as arguments: a question to search for, a reason, a message, a name, an identifier, an address, a day."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from ..days import ISO_DAY, days
from . import details
from .choice import properties_of
from .details import PHONE, Identifier, identifiers
from .slots import MISSING, Slot, Sources
from .steps import Step
from .vocabulary import SUM, raw_words, stem

_REASONS = tuple(
    re.compile(rf"\b(?:{words})\s+(.+)$", re.IGNORECASE | re.DOTALL)
    for words in (
        "because of|because|due to|reason(?: is| being)?:?|on account of|for the reason that|owing to|to make up for",
        "for|since|as",
    )
)
_NO_REASON = re.compile(
    r"^(?:[A-Z]{1,4}-\d|\d|€|\$|(?:me|us|him|her|them|it|that (?:device|ticket|customer)|(?:the )?customer)\b)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\b(?:subject|title|heading|headline)\b(?: line)?(?: is| of)?:?\s*[\"“'‘]([^\"”’\n]+?)[\"”'’]", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:about|regarding|concerning|on the subject of)\s+(.+)$", re.IGNORECASE | re.DOTALL)
_ABOUT_WHAT_WAS_DONE = re.compile(r"\b(?:done|did|it|result|outcome|that|this|know|informed|posted)\b", re.IGNORECASE)
_ROLES = {
    "query": "query question search text term topic keyword prompt",
    "reason": "reason cause why justification motive",
    "subject": "subject title heading headline",
    "body": "body message content comment note text description summary detail remark reply instruction",
}


def text(slot: Slot, used: list[str]) -> Any:
    """The value of a parameter that takes a text, or MISSING.

    Args:
        slot: the argument.
        used: the identifiers that the call has already; the one that is chosen is added.
    """
    form = str(slot.spec.get("format") or "")
    if slot.pattern is not None:
        return _address(slot, slot.pattern)
    if form.startswith("date") or slot.words[-1:] in (["date"], ["day"], ["on"], ["until"]):
        return _day(slot, form)
    if "idempotency" in slot.words or slot.words[-2:] == ["request", "id"]:
        return _key(slot) if slot.needed else MISSING
    if {"expression", "formula"}.intersection(slot.words):
        return next((match[0].strip() for said in slot.texts if (match := SUM.search(said))), MISSING)
    if "currency" in slot.words:
        return _currency(slot)
    if slot.identifies or isinstance(slot.spec.get("pattern"), str):
        return _identifier(slot, used)
    role = next((role for role, names in _ROLES.items() if not set(names.split()).isdisjoint(slot.words)), "")
    return _free(slot, role) if role else _name(slot)


def named(slot: Slot) -> list[str]:
    """Every identifier in the goal that fits, those of the step first."""
    found = [name.text for said in slot.sources.texts[:2] for name in identifiers(said) if slot.fits(name.text)]
    return list(dict.fromkeys(found))


def _address(slot: Slot, pattern: re.Pattern[str]) -> Any:
    for said in slot.texts:
        if match := pattern.search(_without_names(said) if pattern is PHONE else said):
            return match[0].strip()
    return (
        slot.from_results(lambda value: isinstance(value, str) and bool(pattern.search(value)))
        if slot.needed
        else MISSING
    )


def _without_names(said: str) -> str:
    for name in identifiers(said):
        said = re.sub(re.escape(name.text), " ", said, flags=re.IGNORECASE)
    return ISO_DAY.sub(" ", said)


def _day(slot: Slot, form: str) -> Any:
    for said in slot.texts:
        for day in days(said):
            return f"{day}T00:00:00Z" if form == "date-time" and "T" not in day else day
    return slot.from_results(lambda value: isinstance(value, str)) if slot.needed else MISSING


def _key(slot: Slot) -> str:
    """A key that is the same whenever the same thing is to be done."""
    words = slot.sources.step.words
    names = [name.text for name in identifiers(words)]
    sums = [str(amount.cents) for amount in details.amounts(words)]
    return "-".join([slot.offer.name.replace("_", "-"), *names, *sums]).lower()


def _currency(slot: Slot) -> Any:
    for said in slot.sources.texts:
        if found := next((amount.currency for amount in details.amounts(said) if amount.currency), ""):
            return found
    return slot.from_results(lambda value: isinstance(value, str)) if slot.needed else MISSING


def _identifier(slot: Slot, used: list[str]) -> Any:
    sources = slot.sources
    for said in (sources.step.words, sources.goal):
        if chosen := _chosen(slot, said, used):
            used.append(chosen)
            return chosen
    found = slot.from_results(slot.fits)
    if found is not MISSING:
        only = len({value.value for value in sources.found if slot.fits(value.value)}) == 1
        return found if slot.needed or only else MISSING
    return (
        next((chosen for said in sources.around if (chosen := _chosen(slot, said, used))), MISSING)
        if slot.needed
        else MISSING
    )


def _chosen(slot: Slot, said: str, used: Sequence[str]) -> str:
    """Of several that fit: the one behind "to" for a new owner, behind "from" for an old one, one not used yet."""
    found = [name for name in identifiers(said) if slot.fits(name.text)]
    free = [name for name in found if name.text not in used] or found
    if len(free) < 2:
        return free[0].text if free else ""
    words = set(slot.words)
    preposition = (
        "from" if words & {"from", "old", "source", "current"} else "to" if words & {"to", "new", "target"} else ""
    )
    behind = [name for name in free if preposition and _stands_behind(name, preposition, said)]
    free = list(_by_the_word_before(slot, free, said))
    step = slot.sources.step.words
    at = said.find(step[:40]) if said != step else 0
    before = [name for name in free if name.at <= at]
    return (behind or before[-1:] or free)[0].text


def _by_the_word_before(slot: Slot, names: Sequence[Identifier], said: str) -> Sequence[Identifier]:
    """Those that the text calls by the parameter's name ("gateway SN-10-0005"), or at least by no other parameter's."""
    words = [(re.findall(r"(\w+)\W*$", said[max(0, name.at - 40) : name.at].lower()) or [""])[0] for name in names]
    others = {word for key in properties_of(slot.offer.tool.parameters) for word in key.lower().split("_")} - set(
        slot.words
    )
    own = [name for name, word in zip(names, words, strict=True) if word in slot.words]
    return own or [name for name, word in zip(names, words, strict=True) if word not in others] or names


def _stands_behind(name: Identifier, preposition: str, said: str) -> bool:
    return re.search(rf"\b{preposition}\s+(?:\w+\s+){{0,2}}$", said[max(0, name.at - 40) : name.at]) is not None


def _free(slot: Slot, role: str) -> Any:
    step = slot.sources.step
    if role == "query":
        return _asked(step, slot.sources.around)
    if role == "subject" and (subject := _SUBJECT.search(step.words)):
        return subject[1].strip()
    if step.dictated:
        return step.dictated
    if slot.offer.hands_over:
        return slot.sources.goal.strip() if slot.needed else MISSING
    if role == "reason":
        return _reason(slot)
    if told := _values_asked_for(slot.sources):
        return told
    if not slot.needed:
        return MISSING
    about = _ABOUT.search(step.words)
    if slot.sources.report and not about and _ABOUT_WHAT_WAS_DONE.search(step.words):
        return slot.sources.report
    return (about[1] if about else step.words).strip(" .")


def _asked(step: Step, around: Sequence[str]) -> str:
    """A question that can stand alone: one that only points back takes the earlier one along."""
    command = r"^(?:tell|show|give) (?:me|us) |^(?:look up|search for|find out|search|find) "
    words = re.sub(command, "", step.words, flags=re.IGNORECASE).strip()
    points_back = len(words.split()) < 5 or re.match(r"(?:and|what about|how about)\b", words, re.IGNORECASE)
    return f"{around[0]} {words}".strip() if around and points_back else words


def _reason(slot: Slot) -> Any:
    for said, connective in itertools.product(slot.sources.texts[:2], _REASONS):
        reason = connective.search(said)
        while reason and _NO_REASON.match(reason[1]) and connective is _REASONS[-1]:
            reason = connective.search(said, reason.start(1))
        if reason:
            return re.split(r"[.;](?:\s|$)|, (?:and|then)\b", reason[1])[0].strip(" .,!?\"'")
    return slot.sources.goal.strip() if slot.needed else MISSING


def _values_asked_for(sources: Sources) -> str:
    """What a note is to hold where the step says "the serials": "serial: SN-1, SN-2"."""
    wanted = {stem(word) for word in raw_words(sources.step.words)}
    by_key: dict[str, list[str]] = {}
    for value in sources.found:
        if value.key and wanted.issuperset(stem(word) for word in raw_words(value.key.replace("_", " "))):
            by_key.setdefault(value.key, []).append(str(value.value))
    return "; ".join(f"{key.replace('_', ' ')}: {', '.join(dict.fromkeys(values))}" for key, values in by_key.items())


def _name(slot: Slot) -> Any:
    """A name, place or the like: behind the parameter's own name, in quotation marks, or in capitals."""
    for said in slot.texts:
        if found := _called(slot.words, said):
            return found
        if not slot.needed:
            continue
        own = f"- {said}" if said is slot.sources.step.words else said
        if names := details.quoted(said) or details.proper_names(own):
            return names[0]
    return slot.from_results(lambda value: isinstance(value, str)) if slot.needed else MISSING


def _called(words: Sequence[str], said: str) -> str:
    """What stands behind a parameter's own name, or before it: "plan to Team", "queue: billing", "the Team plan"."""
    own = re.escape(next((word for word in reversed(words) if word not in ("name", "id")), "name"))
    behind = re.search(
        rf"\b{own}s?\b(?:\s+(?:is|to|as|of|=|:|named|called)|:)\s+[\"']?([\w@./+-]+(?:\s[A-Z][\w-]*)*)",
        said,
        re.IGNORECASE,
    )
    articles = ("the", "a", "an", "my", "our", "their", "its", "which", "what")
    if behind and behind[1].lower() not in articles:
        return behind[1].rstrip(".")
    before = re.search(rf"\b([A-Z][\w-]*)\s+{own}\b", said)
    return before[1] if before and before[1].lower() not in articles else ""
