"""What is true at Coldtrail: entities, attributes and facts. All else in the corpus is written or derived from them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store

Audience = Literal["public", "customer", "internal"]
"""Who may read: anybody, signed-in customers, Coldtrail's own staff. Each may read what those before it may."""


@dataclass(frozen=True)
class Entity:
    """Something that facts speak of.

    Attributes:
        id: "ct-200".
        kind: what sort of thing it is: "model", "plan", "code", "endpoint", "release", "firmware", "region", "tenant"
            or "topic". Of all but topics, a sentence speaks of those that it names, else of those nearest above it.
        names: what it is called in text; the first is the usual one. A name with a capital letter keeps it.
    """

    id: str
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Attribute:
    """A property that subjects have.

    Attributes:
        id: "battery_life".
        ask: a plain question for it, with "{subject}" where its subject's name goes.
        say: a plain sentence that states it, with "{subject}" and "{value}".
        cues: words one of which stands in every sentence that states it, or in the heading above; none where its values
            are phrases that speak for themselves.
    """

    id: str
    ask: str
    say: str
    cues: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """One thing that is true, and what somebody would say who guesses.

    Attributes:
        id: subject, attribute, and what tells it from its siblings: "ct-200.sample_interval.fw3".
        subject: the id of an Entity.
        attribute: the id of an Attribute.
        value: the value as it is usually written, without its unit: "24", "the probe circuit is open".
        unit: "months", "°C", "money" (euros or dollars, by the customer's region), …; "" where value says all.
        wrong: the value that a model without the passage would give, in the same unit. False of every sibling too.
        forms: every way in which the corpus may state the value, in lower case: "24 months", "2 years", "two years".
        wrong_forms: the same for the wrong value.
        valid_from, valid_to: the first and last day on which it is true; None is unbounded.
        plan: the id of the plan that it is about, where its subject is one.
        firmware: "2" or "3" where it is true of devices with firmware 2.x or 3.x only.
        region: "eu" or "us" where it is true of customers there only.
        tenant: the only tenant that it concerns, or None.
        audience: who may know.
    """

    id: str
    subject: str
    attribute: str
    value: str
    unit: str
    wrong: str
    forms: tuple[str, ...]
    wrong_forms: tuple[str, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    plan: str | None = None
    firmware: str | None = None
    region: str | None = None
    tenant: str | None = None
    audience: Audience = "public"

    def holds_on(self, day: date) -> bool:
        """Whether the fact is true on that day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Knowledge:
    """All that is known.

    Attributes:
        entities, attributes, facts: in the order of data/facts.yaml.
    """

    entities: tuple[Entity, ...]
    attributes: tuple[Attribute, ...]
    facts: tuple[Fact, ...]

    @functools.cached_property
    def entity(self) -> dict[str, Entity]:
        """Entities by id."""
        return {entity.id: entity for entity in self.entities}

    @functools.cached_property
    def attribute(self) -> dict[str, Attribute]:
        """Attributes by id."""
        return {attribute.id: attribute for attribute in self.attributes}

    @functools.cached_property
    def fact(self) -> dict[str, Fact]:
        """Facts by id."""
        return {fact.id: fact for fact in self.facts}

    def siblings(self, fact: Fact) -> tuple[Fact, ...]:
        """The facts that give the same attribute of the same subject, for other times, versions or regions."""
        key = (fact.subject, fact.attribute)
        return tuple(other for other in self.facts if (other.subject, other.attribute) == key and other != fact)

    def question(self, fact: Fact) -> str:
        """The plain question that a fact answers: "How long does the battery of the CT-200 last?"."""
        return self.attribute[fact.attribute].ask.format(subject=self.entity[fact.subject].names[0])

    def sentence(self, fact: Fact, *, wrong: bool = False) -> str:
        """The fact in a plain sentence, or what somebody would say who guesses."""
        value = _with_unit(fact.wrong if wrong else fact.value, fact)
        said = self.attribute[fact.attribute].say.format(subject=self.entity[fact.subject].names[0], value=value)
        return said[0].upper() + said[1:]


def _with_unit(value: str, fact: Fact) -> str:
    if fact.unit == "money":
        return f"{value} {'dollars' if fact.region == 'us' else 'euros'}"
    unit = fact.unit.removesuffix("s") if value == "1" else fact.unit
    return f"{value} {unit}".strip()


@functools.cache
def knowledge() -> Knowledge:
    """Entities, attributes and facts of Coldtrail.

    Raises:
        CorpusError: a file is missing or damaged.

    Example:
        >>> knowledge().fact["ct-200.warranty"].value
        '36'
    """
    return store.load("derived/knowledge.json", TypeAdapter(Knowledge))
