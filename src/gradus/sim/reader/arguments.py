"""Filling a tool's arguments from what people said and what other tools gave."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import details
from .details import EMAIL, PHONE, URL, Found, Identifier, identifiers, kind_of
from .steps import Step
from .tool_choice import Offer, properties_of
from .vocabulary import concepts, raw_words, stem

DEEPEST = 6  # of nested objects: a schema may contain itself
MOST_ENTRIES = 20
_REASON = re.compile(
    r"\b(?:because of|because|due to|since|as|reason(?: is| being)?:?|on account of|for the reason that|owing to|to make up for|for)\s+(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_NO_REASON = re.compile(
    r"^(?:[A-Z]{1,4}-\d|\d|€|\$|me\b|us\b|him\b|her\b|them\b|it\b|that (?:device|ticket|customer)\b|(?:the )?customer\b)",
    re.I,
)
_TRUE = re.compile(r"\b(?:yes|true|on)\b", re.IGNORECASE)
_NOT = r"(?:not|no|without|never|don't|isn't|non)\W+(?:\w+\W+){0,2}"
_TEXTS = {
    "query": "query question search text term topic keyword prompt",
    "reason": "reason cause why justification motive",
    "body": "body message content comment note text description summary detail remark reply instruction subject title",
}
_IDENTIFIES = frozenset(
    {"id", "serial", "number", "no", "code", "ref", "reference", "key", "identifier", "sku", "uuid"}
)


class Missing:
    """Stands for a value that nobody gave."""


MISSING = Missing()


@dataclass(frozen=True)
class Sources:
    """Where values may come from, the nearest first.

    Attributes:
        step: what is being done.
        goal: all that the goal says.
        around: what the user pasted in, and earlier user turns, the latest first.
        found: the values in tool results.
        report: what has been done so far, in words, for messages about it.
    """

    step: Step
    goal: str
    around: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    report: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.step.words, self.goal, *self.around)


@dataclass
class Filled:
    """A tool's arguments, and the paths of required ones that nothing provides."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def fill(offer: Offer, sources: Sources) -> Filled:
    """The arguments for a tool.

    Args:
        offer: the tool.
        sources: where values may come from.
    """
    filled = Filled()
    filler = _Filler(offer, sources)
    filled.arguments = filler.object(offer.tool.parameters, "", filled.missing, 0)
    return filled


def alternatives(offer: Offer, sources: Sources, key: str) -> list[str]:
    """Every identifier that the user's words give for a parameter, the likeliest first."""
    spec = properties_of(offer.tool.parameters).get(key)
    filler = _Filler(offer, sources)
    return filler.named(key, spec) if isinstance(spec, dict) else []


def identifying(offer: Offer) -> list[str]:
    """The names of a tool's parameters that take an identifier."""
    return [
        key
        for key, spec in properties_of(offer.tool.parameters).items()
        if isinstance(spec, dict) and _identifies(key, spec)
    ]


def required_value(offer: Offer, sources: Sources, key: str) -> Any:
    """The value of one parameter as if it were required, or None where nothing provides it."""
    value = _Filler(offer, sources).value(key, properties_of(offer.tool.parameters).get(key), "", [], 0, required=True)
    return None if value is MISSING else value


def may_be_looked_up(offer: Offer, key: str) -> bool:
    """Whether a parameter takes what other tools can give: an identifier, an address, a number of some record."""
    spec = properties_of(offer.tool.parameters).get(key)
    if not isinstance(spec, dict):
        return False
    words = [word.lower() for word in raw_words(key.replace("_", " "))]
    return (
        _identifies(key, spec) or _pattern_for(words, str(spec.get("format") or "")) is not None or "currency" in words
    )


class _Filler:
    def __init__(self, offer: Offer, sources: Sources) -> None:
        self._offer = offer
        self._sources = sources
        self._root = offer.tool.parameters
        self._used: list[str] = []

    def object(self, schema: Mapping[str, Any], path: str, missing: list[str], depth: int) -> dict[str, Any]:
        required = schema.get("required")
        required = required if isinstance(required, list) else []
        made: dict[str, Any] = {}
        for key, spec in properties_of(schema).items():
            value = self.value(key, spec, path, missing, depth, required=key in required)
            if value is not MISSING:
                made[key] = value
            elif key in required:
                missing.append(f"{path}{key}")
        return made

    def value(self, key: str, given: Any, path: str, missing: list[str], depth: int, *, required: bool) -> Any:
        spec, nullable = self._plain(given)
        if depth > DEEPEST:
            return None if nullable else MISSING
        needed = required and not nullable
        value = self._of_type(key, spec, path, missing, depth, needed)
        if value is MISSING and required:
            value = spec["default"] if "default" in spec else None if nullable else MISSING
        return value

    def _plain(self, spec: Any) -> tuple[dict[str, Any], bool]:
        """A schema without references and unions, and whether it also allows null."""
        nullable = False
        for _ in range(DEEPEST):
            if not isinstance(spec, dict):
                return {}, nullable
            options = next(
                (spec[name] for name in ("anyOf", "oneOf", "allOf") if isinstance(spec.get(name), list)), None
            )
            if isinstance(spec.get("$ref"), str):
                spec = self._referred(spec["$ref"])
            elif options:
                nullable = nullable or {"type": "null"} in options
                chosen = next((option for option in options if option != {"type": "null"}), {})
                rest = {name: part for name, part in spec.items() if name not in ("anyOf", "oneOf", "allOf")}
                spec = {**rest, **chosen} if isinstance(chosen, dict) else {}
            elif isinstance(spec.get("type"), list):
                nullable = nullable or "null" in spec["type"]
                spec = {**spec, "type": next((kind for kind in spec["type"] if kind != "null"), "null")}
            else:
                break
        return (spec if isinstance(spec, dict) else {}), nullable or spec.get("type") == "null"

    def _referred(self, reference: str) -> Any:
        part: Any = self._root
        for name in reference.removeprefix("#").strip("/").split("/"):
            part = part.get(name, {}) if isinstance(part, dict) and name else part
        return part

    def _of_type(self, key: str, spec: dict[str, Any], path: str, missing: list[str], depth: int, needed: bool) -> Any:
        if "const" in spec:
            return spec["const"]
        if isinstance(spec.get("enum"), list):
            return self._option(key, spec["enum"], needed)
        kind = spec.get("type")
        if kind == "object" or (kind is None and "properties" in spec):
            return self._nested(key, spec, path, missing, depth, needed)
        if kind == "array":
            return self._entries(key, spec, path, missing, depth, needed)
        if kind == "boolean":
            return self._truth(key, spec, needed)
        if kind in ("integer", "number"):
            return self._number(key, spec, needed)
        if kind == "null":
            return None
        return self._text(key, spec, needed)

    def _nested(self, key: str, spec: dict[str, Any], path: str, missing: list[str], depth: int, needed: bool) -> Any:
        lacking: list[str] = []
        made = self.object(spec, f"{path}{key}.", lacking, depth + 1)
        if needed:
            missing += lacking
            return made
        return made if made and not lacking else MISSING

    def _entries(self, key: str, spec: dict[str, Any], path: str, missing: list[str], depth: int, needed: bool) -> Any:
        items, _ = self._plain(spec.get("items"))
        if items.get("type") in (None, "string") and "enum" not in items:
            named = self.named(
                key, {**items, "description": f"{spec.get('description') or ''} {items.get('description') or ''}"}
            )
            texts = named or details.quoted(self._sources.step.words)
            return texts[:MOST_ENTRIES] if texts else [] if needed and spec.get("minItems", 0) == 0 else MISSING
        if isinstance(items.get("enum"), list):
            options_named = [option for option in items["enum"] if _mentioned(str(option), self._sources.step.words)]
            return options_named or ([] if needed and spec.get("minItems", 0) == 0 else MISSING)
        entry = self.value(key, items, path, [], depth + 1, required=True)
        if entry is MISSING or entry == {}:
            return [] if needed and spec.get("minItems", 0) == 0 else MISSING
        return [entry]

    def _option(self, key: str, options: Sequence[Any], needed: bool) -> Any:
        texts = (
            self._sources.texts if needed else (self._sources.step.words, self._sources.goal)[: 1 + (len(options) > 1)]
        )
        for text in texts:
            exact = [option for option in options if isinstance(option, str) and _mentioned(option, text)]
            if exact:
                return _nearest(exact, text, key)
            alike = [(len(set(concepts(str(option))).intersection(concepts(text))), option) for option in options]
            best = max((count for count, _ in alike), default=0)
            likest = [option for count, option in alike if count == best]
            if best and len(likest) == 1:
                return likest[0]
            if not needed:
                break
        given = [value.value for value in self._sources.found if value.key == key and value.value in options]
        if needed and given:
            return given[-1]
        return options[0] if needed and len(options) == 1 else MISSING

    def _truth(self, key: str, spec: dict[str, Any], needed: bool) -> Any:
        wanted = [
            stem(word)
            for word in raw_words(key.replace("_", " "))
            if word.lower() not in ("is", "has", "the", "should", "be", "to", "a")
        ]
        said = [stem(word) for word in raw_words(self._sources.step.order)]
        if wanted and all(word in said for word in wanted):
            first = re.escape(wanted[0])
            return not re.search(rf"\b{_NOT}{first}", self._sources.step.order, re.IGNORECASE)
        if needed:
            return spec["default"] if isinstance(spec.get("default"), bool) else False
        return MISSING

    def _number(self, key: str, spec: dict[str, Any], needed: bool) -> Any:
        about = concepts(f"{key.replace('_', ' ')} {spec.get('description') or ''}")
        whole = spec.get("type") == "integer"
        texts = self._sources.texts if needed else self._sources.texts[:1]
        for text in texts:
            found = (
                list(self._sums(key, spec, text))
                if "money" in about or "credit" in about
                else list(_counted(key, about, text))
            )
            fitting = [number for number in found if _within(number, spec)]
            if fitting:
                return int(fitting[0]) if whole or fitting[0] == int(fitting[0]) else fitting[0]
        if not needed:
            return MISSING
        return self._found(key, spec, lambda value: isinstance(value, int | float) and not isinstance(value, bool))

    def _sums(self, key: str, spec: dict[str, Any], text: str) -> Iterator[float]:
        in_cents = "cent" in f"{key} {spec.get('description') or ''}".lower()
        sums = sorted(details.amounts(text), key=lambda amount: not amount.currency)
        for amount in sums:
            yield amount.cents if in_cents else amount.cents / 100
        if not sums:
            for number, _ in details.numbers(text):
                yield number * 100 if in_cents and number < 1000 else number

    def _text(self, key: str, spec: dict[str, Any], needed: bool) -> Any:
        words = [word.lower() for word in raw_words(key.replace("_", " "))]
        formats = str(spec.get("format") or "")
        pattern = _pattern_for(words, formats)
        if pattern is not None:
            return self._matching(key, spec, pattern, needed)
        if formats.startswith("date") or words[-1:] in (["date"], ["day"], ["on"], ["until"]):
            return self._dated(key, spec, formats, needed)
        if "idempotency" in words or words[-2:] == ["request", "id"]:
            return self._key() if needed else MISSING
        if "currency" in words:
            return self._currency(key, spec, needed)
        if _identifies(key, spec) or isinstance(spec.get("pattern"), str):
            return self._identifier(key, spec, needed)
        role = next((role for role, names in _TEXTS.items() if any(word in names.split() for word in words)), "")
        if role:
            return self._free(role, needed)
        return self._name(key, words, spec, needed)

    def _matching(self, key: str, spec: dict[str, Any], pattern: re.Pattern[str], needed: bool) -> Any:
        for text in self._sources.texts if needed else self._sources.texts[:1]:
            if match := pattern.search(_without_names(text) if pattern is PHONE else text):
                return match[0].strip()
        if not needed:
            return MISSING
        return self._found(key, spec, lambda value: isinstance(value, str) and bool(pattern.search(value)))

    def _dated(self, key: str, spec: dict[str, Any], formats: str, needed: bool) -> Any:
        for text in self._sources.texts if needed else self._sources.texts[:1]:
            for day in details.dates(text):
                return f"{day}T00:00:00Z" if formats == "date-time" and "T" not in day else day
        return self._found(key, spec, lambda value: isinstance(value, str)) if needed else MISSING

    def _key(self) -> str:
        given = [found.text for found in identifiers(self._sources.step.words)]
        sums = [str(amount.cents) for amount in details.amounts(self._sources.step.words)]
        return "-".join([self._offer.name.replace("_", "-"), *given, *sums]).lower()

    def _currency(self, key: str, spec: dict[str, Any], needed: bool) -> Any:
        for text in self._sources.texts:
            if found := next((amount.currency for amount in details.amounts(text) if amount.currency), ""):
                return found
        return self._found(key, spec, lambda value: isinstance(value, str)) if needed else MISSING

    def _identifier(self, key: str, spec: dict[str, Any], needed: bool) -> Any:
        for text in self._sources.step.words, self._sources.goal:
            chosen = self._chosen(key, self._fitting(key, spec, text), text)
            if chosen:
                self._used.append(chosen)
                return chosen
        from_results = self._found(key, spec, lambda value: self._fits(key, spec, value))
        if from_results is not MISSING:
            return from_results if needed or self._found_once(key, spec) else MISSING
        for text in self._sources.around if needed else ():
            if chosen := self._chosen(key, self._fitting(key, spec, text), text):
                return chosen
        return MISSING

    def named(self, key: str, spec: dict[str, Any]) -> list[str]:
        """Every identifier in the goal that fits a parameter, those of the step first."""
        found = [name.text for text in self._sources.texts[:2] for name in self._fitting(key, spec, text)]
        return list(dict.fromkeys(found))

    def _fitting(self, key: str, spec: dict[str, Any], text: str) -> list[Identifier]:
        return [name for name in identifiers(text) if self._fits(key, spec, name.text)]

    def _fits(self, key: str, spec: dict[str, Any], value: Any) -> bool:
        """Whether an identifier is of the make that a parameter takes: by pattern, by example, or by what its letters mean."""
        if not isinstance(value, str) or not value:
            return False
        if isinstance(spec.get("pattern"), str):
            return _matches(spec["pattern"], value)
        prefix = details.prefix_of(value)
        described = str(spec.get("description") or "")
        examples = {details.prefix_of(name.text) for name in identifiers(described)}
        if examples:
            return prefix in examples
        kind = kind_of(prefix)
        about = set(concepts(key.replace("_", " ")))
        kinds = about & details.ALL_KINDS
        kinds = kinds or set(concepts(described)) & details.ALL_KINDS or set(self._offer.does) & details.ALL_KINDS
        if kind:
            return kind in kinds or not kinds
        if kinds and prefix:
            return any(name.startswith(prefix.lower()) for name in raw_words(key))
        return bool(identifiers(value))

    def _chosen(self, key: str, found: Sequence[Identifier], text: str) -> str:
        """Of several that fit: the one behind "to" for a new owner, behind "from" for an old one, one not used yet."""
        free = [name for name in found if name.text not in self._used] or list(found)
        if len(free) < 2:
            return free[0].text if free else ""
        words = set(key.lower().split("_"))
        preposition = (
            "from" if words & {"from", "old", "source", "current"} else "to" if words & {"to", "new", "target"} else ""
        )
        behind = (
            [name for name in free if re.search(rf"\b{preposition}\s+(?:\w+\s+){{0,2}}$", text[: name.at])]
            if preposition
            else []
        )
        at = text.find(self._sources.step.words[:40]) if text != self._sources.step.words else 0
        before = [name for name in free if name.at <= at]
        return (behind or before[-1:] or free)[0].text

    def _found(self, key: str, spec: dict[str, Any], fits: Callable[[Any], bool]) -> Any:
        """A value from results: of the property of the same name, or one that looks like it in the record that is meant."""
        fitting = [value for value in self._sources.found if fits(value.value)]
        same = [value for value in fitting if value.key == key]
        alike = [value for value in fitting if set(concepts(value.key)) & set(concepts(key.replace("_", " ")))]
        own = [value for value in fitting if _is_named(value, key)]
        return self._meant(same or own or alike or (fitting if _identifies(key, spec) and "pattern" in spec else []))

    def _found_once(self, key: str, spec: dict[str, Any]) -> bool:
        return len({value.value for value in self._sources.found if self._fits(key, spec, value.value)}) == 1

    def _meant(self, found: Sequence[Found]) -> Any:
        """Of several values, that of the record which the step describes best; nothing if it describes none of them."""
        if len({repr(value.value) for value in found}) < 2:
            return found[-1].value if found else MISSING
        said = self._sources.step.words.lower()
        records = details.records_of(self._sources.found)
        scores = [
            (
                sum(
                    _mentioned(str(other.value), said)
                    for other in records[value.record]
                    if isinstance(other.value, str)
                ),
                value,
            )
            for value in found
        ]
        best = max(score for score, _ in scores)
        chosen = [value for score, value in scores if score == best]
        if len({repr(value.value) for value in chosen}) == 1:
            return chosen[0].value
        if re.search(r"\b(?:latest|newest|last|most recent|second)\b", said):
            return chosen[-1].value
        if re.search(r"\b(?:first|oldest|earliest)\b", said):
            return chosen[0].value
        return MISSING

    def _free(self, role: str, needed: bool) -> Any:
        step, goal = self._sources.step, self._sources.goal
        if role == "query":
            return _asked(step, self._sources.around)
        if step.dictated:
            return step.dictated
        if role == "reason":
            for text in (step.words, goal):
                reason = _REASON.search(text)
                while reason and _NO_REASON.match(reason[1]):
                    reason = _REASON.search(text, reason.start(1))
                if reason:
                    return re.split(r"[.;](?:\s|$)|, (?:and|then)\b", reason[1])[0].strip(" .,!?\"'")
            return goal.strip() if needed else MISSING
        told = self._values_asked_for()
        if told:
            return told
        if (
            needed
            and self._sources.report
            and re.search(r"\b(?:done|did|it|result|outcome|that|this|about)\b", step.words)
        ):
            return self._sources.report
        return _about(step.words) if needed else MISSING

    def _values_asked_for(self) -> str:
        """ "serials: SN-1, SN-2" where the step says that a note is to hold the serials."""
        wanted = {stem(word) for word in raw_words(self._sources.step.words)}
        by_key: dict[str, list[str]] = {}
        for value in self._sources.found:
            if value.key and all(stem(word) in wanted for word in raw_words(value.key.replace("_", " "))):
                by_key.setdefault(value.key, []).append(str(value.value))
        return "; ".join(
            f"{key.replace('_', ' ')}: {', '.join(dict.fromkeys(values))}" for key, values in by_key.items()
        )

    def _name(self, key: str, words: Sequence[str], spec: dict[str, Any], needed: bool) -> Any:
        """A name, place or the like: in quotation marks, behind the parameter's own name, or in capitals."""
        for text in self._sources.texts if needed else self._sources.texts[:1]:
            if found := _called(words, text):
                return found
            if not needed:
                continue
            names = details.quoted(text) or details.proper_names(
                f"- {text}" if text is self._sources.step.words else text
            )
            if names:
                return names[0]
        if not needed:
            return MISSING
        return self._found(key, spec, lambda value: isinstance(value, str))


def _pattern_for(words: Sequence[str], formats: str) -> re.Pattern[str] | None:
    if formats == "email" or {"email", "mail"}.intersection(words):
        return EMAIL
    if formats in ("uri", "url") or {"url", "uri", "link"}.intersection(words):
        return URL
    return PHONE if {"phone", "telephone"}.intersection(words) else None


def _identifies(key: str, spec: Mapping[str, Any]) -> bool:
    words = [word.lower() for word in raw_words(key.replace("_", " "))]
    if _IDENTIFIES.intersection(words) and "name" not in words:
        return spec.get("type") in (None, "string")
    described = identifiers(str(spec.get("description") or ""))
    return bool(described) or bool(set(concepts(key)) & details.ALL_KINDS and len(words) == 1 and words[0] != "credit")


def _is_named(value: Found, key: str) -> bool:
    """Whether a property "id" of get_customer's result is meant by customer_id."""
    return value.key in _IDENTIFIES and bool(
        set(concepts(value.source.replace("_", " "))) & set(concepts(key.replace("_", " ")))
    )


def _matches(pattern: str, value: str) -> bool:
    try:
        return len(pattern) < 200 and len(value) < 80 and re.search(pattern, value) is not None
    except re.error:
        return True


def _mentioned(option: str, text: str) -> bool:
    plain = re.escape(option.strip().lower()).replace("_", r"[\s_-]").replace(r"\ ", r"[\s_-]")
    return bool(option.strip()) and re.search(rf"(?<!\w){plain}(?!\w)", text.lower()) is not None


def _nearest(options: Sequence[str], text: str, key: str) -> str:
    """Of several options that the text mentions, the one behind "to", or else the last."""
    behind = [
        option
        for option in options
        if re.search(rf"\b(?:to|as|{re.escape(key)})\s+(?:\w+\s+)?\"?{re.escape(option)}\b", text, re.IGNORECASE)
    ]
    return (behind or [max(options, key=lambda option: text.lower().rfind(option.lower()))])[0]


def _within(number: float, spec: Mapping[str, Any]) -> bool:
    low, high = spec.get("minimum"), spec.get("maximum")
    return not (isinstance(low, int | float) and number < low) and not (isinstance(high, int | float) and number > high)


def _counted(key: str, about: Sequence[str], text: str) -> list[float]:
    """The numbers in a text: those beside a word of the parameter, or the only one."""
    found = list(details.numbers(text))
    beside = [number for number, word in found if set(concepts(word)) & set(about)]
    name = re.escape(key.split("_")[0])
    named = re.search(rf"\b{name}\w*\s+(?:(?:to|of|is|at|by|=|:)\s+)*(-?\d+(?:\.\d+)?)(?![\w-])", text, re.IGNORECASE)
    if named:
        return [float(named[1])]
    return beside or [number for number, _ in found] if len(found) < 2 or beside else []


def _without_names(text: str) -> str:
    for name in identifiers(text):
        text = re.sub(re.escape(name.text), " ", text, flags=re.IGNORECASE)
    return details.ISO_DATE.sub(" ", text)


def _asked(step: Step, around: Sequence[str]) -> str:
    """A question in words that can stand alone: one that only points back takes the earlier one along."""
    words = re.sub(
        r"^(?:tell|show|give) (?:me|us) |^(?:look up|search for|find out|search|find) ",
        "",
        step.words,
        flags=re.IGNORECASE,
    ).strip()
    points_back = len(words.split()) < 5 or re.match(r"(?:and|what about|how about)\b", words, re.IGNORECASE)
    return f"{around[0]} {words}".strip() if around and points_back else words


def _about(words: str) -> str:
    """What a message is about, where it is not dictated: the words after "about", or all of them."""
    found = re.search(r"\b(?:about|regarding|concerning|on the subject of)\s+(.+)$", words, re.IGNORECASE | re.DOTALL)
    return (found[1] if found else words).strip(" .")


def _called(words: Sequence[str], text: str) -> str:
    """What stands behind a parameter's own name: "plan to Team", "queue: billing", "the Team plan"."""
    name = re.escape(next((word for word in reversed(words) if word not in ("name", "id")), "name"))
    behind = re.search(
        rf"\b{name}s?\b(?:\s+(?:is|to|as|of|=|:|named|called)|:)\s+[\"']?([\w@./+-]+(?:\s[A-Z][\w-]*)*)",
        text,
        re.IGNORECASE,
    )
    if behind and behind[1].lower() not in ("the", "a", "an", "my", "our", "their", "its"):
        return behind[1].rstrip(".")
    before = re.search(rf"\b([A-Z][\w-]*)\s+{name}\b", text)
    return (
        before[1]
        if before and before[1].lower() not in ("the", "a", "an", "my", "our", "which", "what", "their")
        else ""
    )
