"""data/facts.yaml read into Knowledge: ids taken apart, forms derived, contradictions refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.surface import forms
from gradus.coldtrail.facts import Attribute, Audience, Entity, Fact, Knowledge


@dataclass(frozen=True)
class FactSource:
    """A fact as it is written in facts.yaml; its id says its subject and attribute."""

    id: str
    value: str
    wrong: str
    unit: str = ""
    also: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    firmware: str | None = None
    region: str | None = None
    tenant: str | None = None
    audience: Audience = "public"


@dataclass(frozen=True)
class FactsFile:
    """facts.yaml as it is written."""

    entities: tuple[Entity, ...]
    attributes: tuple[Attribute, ...]
    facts: tuple[FactSource, ...]


def read_facts(source: object) -> Knowledge:
    """Knowledge from the parsed facts.yaml.

    Args:
        source: what the YAML holds.

    Raises:
        SourceError: a fact speaks of an unknown entity or attribute, an id is there twice, or a wrong value is true.

    Example:
        >>> read_facts(yaml.safe_load(text)).facts[0].forms
        ('24 months', '2 years', 'two years', ...)
    """
    try:
        written = TypeAdapter(FactsFile).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"data/facts.yaml: {error}") from error
    kinds = {entity.id: entity.kind for entity in written.entities}
    known = Knowledge(written.entities, written.attributes, tuple(_fact(fact, kinds) for fact in written.facts))
    _check(known)
    return known


def _fact(written: FactSource, kinds: dict[str, str]) -> Fact:
    subject, attribute = (*written.id.split("."), "")[:2]
    if subject not in kinds:
        raise SourceError(f"data/facts.yaml: {written.id}: no entity {subject!r}. Add it to entities.")
    return Fact(
        id=written.id,
        subject=subject,
        attribute=attribute,
        value=written.value,
        unit=written.unit,
        wrong=written.wrong,
        forms=forms(written.value, written.unit, written.also),
        wrong_forms=forms(written.wrong, written.unit),
        valid_from=written.valid_from,
        valid_to=written.valid_to,
        plan=subject if kinds[subject] == "plan" else None,
        firmware=written.firmware,
        region=written.region,
        tenant=written.tenant,
        audience=written.audience,
    )


def _check(known: Knowledge) -> None:
    for what, ids in (
        ("entity", [entity.id for entity in known.entities]),
        ("attribute", [attribute.id for attribute in known.attributes]),
        ("fact", [fact.id for fact in known.facts]),
    ):
        if twice := sorted(name for name in set(ids) if ids.count(name) > 1):
            raise SourceError(f"data/facts.yaml: {what} {', '.join(twice)} is there twice. Remove one.")
    for fact in known.facts:
        if fact.attribute not in known.attribute:
            raise SourceError(f"data/facts.yaml: {fact.id}: no attribute {fact.attribute!r}. Add it to attributes.")
        for other in (fact, *known.siblings(fact)):
            if shared := sorted(set(fact.wrong_forms) & set(other.forms)):
                raise SourceError(f"data/facts.yaml: {fact.id}: its wrong value {shared[0]!r} is true of {other.id}.")
