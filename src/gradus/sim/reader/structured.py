"""Filling a form: JSON by a schema, or by what the instructions say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..reply import Reply
from . import schemas
from .forms.fields import Field, kind_of_value, name_words
from .forms.labels import is_way_out
from .forms.material import material
from .forms.outline import labels_named, outlined, values_in, wants_json
from .forms.roles import Role, has_way_out, holds_answer, role_of
from .forms.slips import drifted, extra, wrapped
from .forms.spoken import Spoken, speak
from .forms.values import CONFIDENCE, Sheet, all_texts, boolean_of, confidence_of, label_of, made_up, number_of, text_of
from .grounding import UNKNOWN, Claim
from .reading import Reading

__all__ = ["fill", "wants_json"]

DEEPEST = 12
PARTS_AT_MOST = 3000
ENTRIES_AT_MOST = 20
LINES_AT_MOST = 100
KNOWN_BY = 10_000  # characters of the data, by which an occasion to err is known

_APART = re.compile(r";\s|,\s(?!\d{3}\b)|\band\b|[.:]\s")
_TOTAL = re.compile(r"\W*(?:(?:sub|grand )?(?:total|sum)|altogether|vat|tax)\b", re.IGNORECASE)


class Absent:
    """Stands for what nothing says."""


ABSENT = Absent()


def fill(reading: Reading, dictated: str = "") -> Reply:
    """The reply that is the form that the request asks for, filled in.

    The habits O3, O9, O10 and N4 show in the values, O7 and O8 where no schema is enforced, O2 where JSON is not.

    Args:
        reading: the request.
        dictated: what an order in the data makes the model say. The form is kept all the same: the words go into its
            texts, and the labels that they name are chosen.
    """
    prompt = reading.prompt
    form = _Form(reading, prompt.schema if prompt.schema is not None else outlined(prompt), dictated)
    filled, about = form.filled(), form.sheet.about
    if not prompt.strict and isinstance(filled, dict) and reading.errs("O8", about):
        filled = extra(reading.dice, filled, about)
    text = schemas.dumped(filled)
    return Reply(text if prompt.json_mode else wrapped(reading, text, about))


@dataclass(frozen=True)
class _Spot:
    """A part of a form that is being filled.

    Attributes:
        at: the field.
        sheet: what it is filled from.
        depth: how many parts it stands in.
        claim: the sentence of an answer that it is about, or None for all of them.
        scope: "claim" or "source" within an entry of such a list, else "".
        may_be_null: whether it may be left empty.
    """

    at: Field
    sheet: Sheet
    depth: int = 0
    claim: Claim | None = None
    scope: str = ""
    may_be_null: bool = False

    def inside(self, name: str, schema: dict[str, Any]) -> _Spot:
        """The spot of a property of the object that stands here."""
        return replace(self, at=self.at.inside(name, schema), depth=self.depth + 1, may_be_null=False)


class _Form:
    """A schema that is being filled from one request."""

    def __init__(self, reading: Reading, schema: dict[str, Any], dictated: str) -> None:
        given = material(reading.prompt)
        self._reading = reading
        self._root = schema
        self._dictated = dictated
        self._beside = given.beside
        self._left = PARTS_AT_MOST
        self._spoken: Spoken | None = None
        about = " ".join(given.text.split())[:KNOWN_BY]
        self.sheet = Sheet(reading, given.text, about, given.year, reading.prompt.strict)
        if holds_answer(schema):
            self._spoken = speak(reading, way_out=has_way_out(schema))
            self.sheet.doubts.append(not self._spoken.read and not self._spoken.answer.abstains)

    def filled(self) -> Any:
        """The whole form."""
        spot = _Spot(Field(""), self.sheet)
        value = self._look(self._root, spot)
        return self._invented(self._root, spot) if isinstance(value, Absent) else value

    def _look(self, schema: Any, spot: _Spot) -> Any:
        """What the data has for a part of the form, or ABSENT."""
        known = self._resolved(schema)
        self._left -= 1
        if spot.depth > DEEPEST or self._left < 0:
            return schemas.smallest(known, self._root)
        if "const" in known:
            return known["const"]
        if isinstance(known.get("enum"), list) and known["enum"]:
            return self._label(known, spot)
        choices = schemas.alternatives(known)
        if choices:
            return self._likeliest(choices, spot)
        kind = schemas.kind_of(known)
        if kind == "object":
            return self._object(known, spot)
        if kind == "array":
            return self._array(known, spot)
        return ABSENT if kind == "null" else self._single(known, kind, spot)

    def _likeliest(self, choices: list[dict[str, Any]], spot: _Spot) -> Any:
        """Of several forms that a part may have, the first that the data has something for; of objects the fullest."""
        null = any(schemas.admits_null(choice, self._root) for choice in choices)
        spot = replace(spot, depth=spot.depth + 1, may_be_null=null)
        real = [choice for choice in choices if self._resolved(choice).get("type") != "null"]
        found = [value for choice in real if not isinstance(value := self._look(choice, spot), Absent)]
        return max(found, key=_fullness) if found else ABSENT

    def _object(self, schema: dict[str, Any], spot: _Spot) -> Any:
        if self._spoken is not None and role_of(spot.at, schema, spot.scope) == "answer":
            spot = replace(spot, scope="claim")
        found = self._parts(schema, spot)
        if spot.at.name and all(isinstance(value, Absent) or value is False for value in found.values()):
            return ABSENT
        return self._completed(schema, found, spot)

    def _parts(self, schema: dict[str, Any], spot: _Spot) -> dict[str, Any]:
        """What the data has for each property."""
        parts = schemas.properties(schema)
        # How sure one is can be said only of what stands there already.
        order = sorted(parts, key=lambda name: bool(CONFIDENCE & set(name_words(name))))
        found = {name: self._look(parts[name], spot.inside(name, self._resolved(parts[name]))) for name in order}
        return found | self._totals(parts, found)

    def _completed(self, schema: dict[str, Any], found: Mapping[str, Any], spot: _Spot) -> dict[str, Any]:
        """The object: what was found, and for what has to be there besides null or an invention."""
        parts, needed = schemas.properties(schema), schemas.required(schema)
        filled: dict[str, Any] = {}
        for name in dict.fromkeys((*parts, *needed)):
            value = found.get(name, ABSENT)
            if not isinstance(value, Absent):
                filled[name] = value
            elif name in needed:
                filled[name] = self._invented(parts.get(name), spot.inside(name, self._resolved(parts.get(name))))
        return filled

    def _totals(self, parts: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, float]:
        """A total that the text does not give is the sum of the lines."""
        lists = (value for value in found.values() if isinstance(value, list))
        total = round(sum(_amount(entry) for entries in lists for entry in entries if isinstance(entry, dict)), 2)
        return {
            name: total
            for name in parts
            if {"total", "sum"} & set(name_words(name))
            and isinstance(found[name], Absent)
            and total
            and schemas.fits(total, self._resolved(parts[name]))
        }

    def _array(self, schema: dict[str, Any], spot: _Spot) -> Any:
        entry = self._resolved(schema.get("items"))
        role = role_of(spot.at, {**schema, "type": "array"}, spot.scope) if self._spoken else None
        entries = self._cited(entry, spot, role) if role in ("claims", "sources") else self._listed(entry, spot)
        if schema.get("uniqueItems") is True:
            entries = [value for place, value in enumerate(entries) if value not in entries[:place]]
        entries = entries[: int(min(max(schemas.bound(schema, "maxItems", ENTRIES_AT_MOST), 0), ENTRIES_AT_MOST))]
        return entries if entries and len(entries) >= schemas.bound(schema, "minItems", 0) else ABSENT

    def _cited(self, entry: dict[str, Any], spot: _Spot, role: Role | None) -> list[Any]:
        """One entry for each sentence of the answer, or for the source of each."""
        assert self._spoken is not None
        claims = [spot.claim] if spot.claim is not None else self._spoken.answer.claims
        scope = "claim" if role == "claims" else "source"
        at = Field("" if role == "claims" else spot.at.name, spot.at.about, spot.at.above)
        looked = [
            self._look(entry, replace(spot, at=at, depth=spot.depth + 1, claim=claim, scope=scope)) for claim in claims
        ]
        return [value for value in looked if not isinstance(value, Absent)]

    def _listed(self, entry: dict[str, Any], spot: _Spot) -> list[Any]:
        if isinstance(entry.get("enum"), list):
            return [value for value in entry["enum"] if isinstance(value, str) and _stands_in(value, spot.sheet.text)]
        kind = schemas.kind_of(entry)
        if kind == "object":
            return list(self._lines(entry, spot))
        return (
            list(all_texts(spot.sheet, spot.at, entry)) if kind == "string" and not schemas.alternatives(entry) else []
        )

    def _lines(self, entry: dict[str, Any], spot: _Spot) -> Iterator[Any]:
        """One entry for every line that has at least two of its values, or for every part of the line that has."""
        at = Field("", spot.at.about, (spot.at.name, *spot.at.above))
        for line in spot.sheet.text.split("\n")[:LINES_AT_MOST]:
            if _TOTAL.match(line):
                continue
            parts = [part for part in _APART.split(line)[:LINES_AT_MOST] if part.strip()]
            entries = [made for part in parts if (made := self._line(entry, part, at, spot)) is not None]
            whole = self._line(entry, line, at, spot) if len(entries) < 2 else None
            yield from entries if whole is None else [whole]

    def _line(self, entry: dict[str, Any], line: str, at: Field, spot: _Spot) -> dict[str, Any] | None:
        """The entry that one line makes, or None where it has not enough of it."""
        narrow = replace(spot, at=at, sheet=spot.sheet.narrowed(line.strip()), depth=spot.depth + 1)
        if not narrow.sheet.found:
            return None
        found = self._parts(entry, narrow)
        told = [value for value in found.values() if isinstance(value, str | int | float) and value is not False]
        kinds = [schemas.kind_of(self._resolved(part)) for part in schemas.properties(entry).values()]
        has_number = any(not isinstance(value, str) for value in told)
        enough = len(told) >= min(2, len(found)) and (has_number or not {"integer", "number"} & set(kinds))
        return self._completed(entry, found, narrow) if enough else None

    def _label(self, schema: dict[str, Any], spot: _Spot, *, enforced: bool = True) -> Any:
        values = [*schema["enum"], *([None] if spot.may_be_null and None not in schema["enum"] else [])]
        named = [value for value in values if isinstance(value, str) and _stands_in(value, self._dictated)]
        if named:
            return named[-1]
        role = role_of(spot.at, schema, spot.scope) if self._spoken is not None else None
        if self._spoken is not None and role == "status":
            return self._spoken.status(values)
        if self._spoken is not None and role == "source" and (source := self._spoken.source(spot.claim)) in values:
            return source
        label = label_of(spot.sheet, spot.at, values)
        if label is None and None not in schema["enum"]:
            return ABSENT
        free = not enforced or not self._reading.prompt.strict
        if isinstance(label, str) and free and self._reading.errs("O7", spot.at.name, label, spot.sheet.about):
            return drifted(self._reading.dice, label)
        return label

    def _single(self, schema: dict[str, Any], kind: str, spot: _Spot) -> Any:
        role = role_of(spot.at, schema, spot.scope) if self._spoken is not None else None
        if kind == "boolean":
            if self._spoken is not None and role in ("abstains", "answers"):
                return self._spoken.truth(role)
            return _or_absent(boolean_of(spot.sheet, spot.at))
        if kind in ("number", "integer"):
            if self._spoken is not None and (role == "source" or spot.scope == "source"):
                return self._place(self._spoken, schema, spot)
            return self._number(schema, spot)
        if self._dictated and role not in ("source", "quote") and kind_of_value(spot.at, schema) is None:
            return _or_absent(schemas.text_for(schema, self._dictated))
        if self._spoken is not None and (role or spot.scope):
            said = self._said(self._spoken, role or ("source" if spot.scope == "source" else "answer"), spot.claim)
            return _or_absent(schemas.text_for(schema, said) if said is not None else None)
        values = values_in(spot.at.about) or labels_named(spot.at.words).get("enum")
        if values:
            label = self._label({"enum": values}, spot, enforced=False)
            return label if isinstance(label, str) and schemas.fits(label, schema) else ABSENT
        return self._text(schema, spot)

    def _text(self, schema: dict[str, Any], spot: _Spot) -> Any:
        found = text_of(spot.sheet, spot.at, schema)
        if found is None and self._beside:
            found = text_of(spot.sheet.narrowed(self._beside), spot.at, schema)
        fitting = schemas.text_for(schema, found) if found is not None else None
        return ABSENT if fitting is None or is_way_out(fitting) else fitting

    def _said(self, spoken: Spoken, role: Role, claim: Claim | None) -> str | None:
        if role == "question":
            return self._reading.prompt.question
        if role == "reason":
            return spoken.reason(claim)
        if role == "source":
            return spoken.source(claim)
        return spoken.quote(claim) if role == "quote" else spoken.text(claim)

    def _place(self, spoken: Spoken, schema: dict[str, Any], spot: _Spot) -> Any:
        """The passage's number: its id, if that is one, or else the how manieth it is."""
        source = spoken.source(spot.claim) or ""
        ids = [piece.id for piece in self._reading.prompt.excerpts]
        place = int(source) if source.isdecimal() else ids.index(source) + 1 if source in ids else len(ids) + 1
        return place if schemas.fits(place, schema) else ABSENT

    def _number(self, schema: dict[str, Any], spot: _Spot) -> Any:
        if CONFIDENCE & set(spot.at.words):
            return _or_absent(schemas.into_range(confidence_of(spot.sheet, spot.at, schema), schema))
        value = number_of(spot.sheet, spot.at, schema)
        if value is None or isinstance(value, str):
            return _or_absent(value)
        return value if schemas.fits(value, schema) else ABSENT

    def _invented(self, schema: Any, spot: _Spot) -> Any:
        """What stands in a part that has to be filled, and for which there is nothing: null where that is allowed."""
        known = self._resolved(schema)
        self._left -= 1
        kind = schemas.kind_of(known)
        least = schemas.smallest(known, self._root)
        if (
            least is None
            or self._left < 0
            or spot.depth > DEEPEST
            or schemas.alternatives(known)
            or "enum" in known
            or "const" in known
        ):
            return least
        if kind == "object":
            return self._completed(known, {}, spot)
        if kind == "string":
            abstains = self._spoken is not None and self._spoken.answer.abstains
            unknown = self._reading.permissions.abstain_with or UNKNOWN
            said = unknown if abstains else made_up(spot.sheet, spot.at, known)
            return schemas.text_for(known, said) or least
        return (schemas.into_range(1, known) or least) if kind in ("number", "integer") else least

    def _resolved(self, schema: Any) -> dict[str, Any]:
        return schemas.resolved(schema, self._root)


def _amount(entry: Mapping[str, Any]) -> float:
    """What one line comes to: its amount, or its price times its quantity."""
    named = {
        word: float(value)
        for name, value in entry.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
        for word in name_words(name)
    }
    if "price" in named:
        return named["price"] * named.get("quantity", named.get("qty", 1.0))
    return next((named[word] for word in ("amount", "total", "cost", "sum") if word in named), 0.0)


def _stands_in(label: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _fullness(value: Any) -> int:
    return sum(part is not None for part in value.values()) if isinstance(value, dict) else 1


def _or_absent(value: Any) -> Any:
    return ABSENT if value is None else value
