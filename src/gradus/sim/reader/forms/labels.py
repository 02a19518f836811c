"""Choosing one of several labels for a text, by what they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...dice import Dice
from ..questions import words
from ..reading import Reading
from .fields import Field, name_words
from .triage import best, note, tells, triage

CLEAR = 3.0  # on the scale of log-probabilities: labels that are nearer to each other are a close call
BLUR = 62.0  # how far what a model believes is off, for each unit of its O3
ON_URGENCY = 0.6  # of the blur: what is at stake is easier to see than what is wanted
FIRST_COME = 40.0  # how much better the first of the labels looks than the last, for each unit of its O3
SHOWN_HOW = 0.6  # of the slips that are left where the prompt shows labelled examples
CLOSE_CALL = 2.0  # how much likelier a slip is there
MENTIONED, MEANT, RELATED = 6.0, 3.0, 1.5

# What the corpus's labels are called elsewhere.
_INTENTS = {
    "device_fault": "device fault hardware defect malfunction broken sensor technical failure",
    "connectivity": "connectivity connection network offline gateway internet outage",
    "excursion": "excursion temperature cold chain spoilage breach product safety",
    "alert_setup": "alert alarm notification rule threshold",
    "billing": "billing invoice payment money refund charge finance",
    "rma": "rma return replacement exchange warranty repair",
    "account_access": "account access login password authentication permission signin user",
    "how_to": "how question usage general inquiry enquiry feature information product advice guidance",
}
_PRIORITIES = {
    "P1": "p1 critical urgent highest emergency sev1 blocker immediate 1",
    "P2": "p2 high major sev2 2",
    "P3": "p3 medium normal moderate sev3 standard 3",
    "P4": "p4 low minor lowest trivial sev4 4",
}
WAYS_OUT = frozenset(
    (
        "unknown", "other", "none", "abstain", "unclear", "unsure", "uncertain", "undetermined", "unspecified", "na",
        "n/a", "not_stated", "not_specified", "not_sure", "cannot_tell", "cannot_determine", "insufficient",
        "ambiguous", "needs_human", "human_review", "no_label", "unclassified", "not_applicable",
    )
)  # fmt: skip
_PRIORITY_NAMES = frozenset(("priority", "urgency", "severity", "level"))
# What people write who mean it.
_CONCEPTS = {
    "defective": "broken stopped faulty dead fails failed defect jumps wrong reads restarts reboots dies stuck",
    "damaged": "dropped cracked smashed bent wet dented crushed fell broken transit chewed snapped",
    "wrong": "instead ordered mistake different wrong",
    "needed": "need longer anymore surplus cancelled cancel closed mind spare many",
    "positive": "thank thanks great love perfect happy saved wonderful excellent beautiful",
    "negative": "angry bad terrible worst unacceptable disappointed furious useless lawyer annoying hate never",
    "angry": "angry unacceptable furious lawyer fourth ridiculous complaint",
    "vaccine": "vaccine vaccines insulin flu mmr hpv medicine pharmacy doses",
    "food": "meat fish salmon dairy cream cheese milk kitchen beer",
    "email": "email mail",
    "refund": "refund money back credit",
    "replacement": "replace replacement exchange swap new",
    "repair": "repair fix mend",
    "delay": "late waiting delayed weeks",
    "yes": "yes agreed confirm correct",
    "no": "no not never",
    "high": "urgent immediately asap critical",
    "low": "whenever rush hurry",
    "english": "the and is",
    "german": "der die das und ist nicht bitte",
    "french": "le la les est nous bonjour merci",
    "spanish": "el los que buenos gracias",
}


@dataclass(frozen=True)
class Choice:
    """A label that was chosen.

    Attributes:
        label: which of the values.
        clear: whether the evidence is for it and no other.
        found: whether the text says anything that speaks for any of them.
    """

    label: Any
    clear: bool
    found: bool


def choose(reading: Reading, field: Field, values: Sequence[Any], text: str) -> Choice:
    """One of the values, for what a text says.

    The habits O3 and N3 and the temperature decide how far the choice is from the best one.

    Args:
        reading: who chooses.
        field: what the label is for.
        values: from which; null and ways out ("unknown") among them are taken where the text says nothing.
        text: what is labelled.
    """
    out = [value for value in values if is_way_out(value)]
    real = [value for value in values if value is not None and value not in out] or list(values)
    scores, found = _scores(field, real, text)
    if not found and len(real) < len(values):
        return Choice(out[0] if out else None, True, False)
    seen = "\x1f".join(sorted(note(text).words)) or text
    close = _margin(scores) < CLEAR
    felt = {
        value: score + _bent(reading, field, value, place, len(real), seen)
        for place, (value, score) in enumerate(scores.items())
    }
    order = sorted(scores, key=lambda value: -round(felt[value], 6))
    factor = (CLOSE_CALL if close else 1.0) * (SHOWN_HOW if shows_examples(reading, values) else 1.0)
    slips = len(order) > 1 and reading.errs("O3", "label", field.name, seen, factor=factor)
    chosen = sorted(scores, key=lambda value: -scores[value])[1] if slips else order[0]
    label = next(value for value in real if str(value) == chosen)
    return Choice(label, found and not slips and _margin(felt) >= CLEAR, found)


def is_way_out(value: Any) -> bool:
    """Whether a label says that there is none."""
    return isinstance(value, str) and re.sub(r"[\s-]+", "_", value.strip().lower()) in WAYS_OUT


def kind_of(field: Field, values: Sequence[Any]) -> str:
    """What the values are: "intent", "priority", or "" for something else."""
    real = [value for value in values if value is not None and not is_way_out(value)]
    for kind, known in (("intent", _INTENTS), ("priority", _PRIORITIES)):
        mapped = [value for value in real if _counterpart(value, known) is not None]
        numbers = all(not re.search(r"[A-Za-z]", str(value)) for value in real)
        if numbers and not _PRIORITY_NAMES & set(field.words):
            continue
        if len(mapped) >= 2 and 2 * len(mapped) >= len(real):
            return kind
    return ""


def shows_examples(reading: Reading, values: Sequence[Any]) -> bool:
    """Whether the prompt shows how labels are given: in earlier turns of the model, or after arrows and heads."""
    names = "|".join(re.escape(str(value)) for value in values if value is not None)
    if not names:
        return False
    shown = [turn.text for turn in reading.prompt.history if turn.role == "assistant"]
    turns = sum(bool(re.search(rf"(?<!\w)(?:{names})(?!\w)", text)) for text in shown)
    arrows = re.findall(
        rf"(?:->|=>|→|⇒|\b(?:intent|label|category|priority|answer|output|class|result|"
        rf"expected)[\"']?\s*[:=])\s*[\"'`*]*(?:{names})(?!\w)",
        reading.prompt.text,
        re.IGNORECASE,
    )
    return turns + len(arrows) >= 2


def _scores(field: Field, values: Sequence[Any], text: str) -> tuple[dict[str, float], bool]:
    kind = kind_of(field, values)
    if kind:
        known, of = (_INTENTS, triage().intent) if kind == "intent" else (_PRIORITIES, triage().priority)
        return _by_counterparts(values, known, of(text)), tells(text)
    scores = {str(value): _by_words(value, field, text) for value in values}
    return scores, any(scores.values())


def _by_counterparts(values: Sequence[Any], known: Mapping[str, str], scores: Mapping[str, float]) -> dict[str, float]:
    """The corpus's scores under the names that the form uses; what the form has no name for goes to the likest."""
    given = {str(value): _counterpart(value, known) for value in values}
    least = min(scores.values()) - CLEAR
    found = {name: scores.get(label or "", least) for name, label in given.items()}
    if known is _PRIORITIES:
        for place, label in enumerate(_PRIORITIES):
            if label not in given.values():
                nearest = min(
                    (name for name, other in given.items() if other is not None),
                    key=lambda name: abs(list(_PRIORITIES).index(given[name] or "P4") - place),
                )
                found[nearest] = max(found[nearest], scores[label])
    return found


def _counterpart(value: Any, known: Mapping[str, str]) -> str | None:
    """The corpus's label that a value stands for, or None."""
    if isinstance(value, bool):
        return None
    if str(value) in known:
        return str(value)
    parts = set(name_words(str(value)))
    shared = {label: len(parts.intersection(words(said))) for label, said in known.items()}
    likest = best(shared)
    return likest if shared[likest] else None


def _by_words(value: Any, field: Field, text: str) -> float:
    name = str(value)
    if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE):
        return MENTIONED
    spelt = re.sub(r"[\W_]+", r"[\\W_]*", name.strip("_- "))
    if spelt and re.search(rf"(?<!\w){spelt}(?!\w)", text, re.IGNORECASE):
        return MENTIONED - 1
    present = set(words(text))
    parts = [word for word in name_words(name) if word not in ("not", "to", "a", "of", "the", "item")]
    digits = re.findall(r"\d{2,}", name)
    if digits and all(re.search(rf"(?<![\w.:+-]){part}(?![\w.:])", text) for part in digits):
        return MEANT
    own = sum(word in present for word in parts)
    meant = sum(bool(present.intersection(words(_CONCEPTS.get(word, "")))) for word in parts)
    said = _said_of(name, field.about)
    related = len(present.intersection(said) - {"the", "and", "not"})
    return MEANT * own / max(1, len(parts)) + MEANT * meant / max(1, len(parts)) + RELATED * min(related, 3)


def _said_of(name: str, about: str) -> set[str]:
    """The words that a description has about one of the values: up to the next of them, or the end of the line."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)[^\w\n]+([^;\n|]+)", about)
    return {word for word in words(found[1]) if len(word) > 3} if found else set()


def _bent(reading: Reading, field: Field, value: str, place: int, number: int, seen: str) -> float:
    """How much better or worse a label looks to this model than it should."""
    rates = reading.rates
    shown = SHOWN_HOW if shows_examples(reading, (value,)) else 1.0
    # What a model believes of a text does not change from call to call: only another model believes otherwise.
    blur = BLUR * (ON_URGENCY if _PRIORITY_NAMES & set(field.words) else 1.0)
    belief = blur * rates["O3"] * shown * _gumbel(Dice(reading.model), "believes", field.words, value, seen)
    early = FIRST_COME * rates["O3"] * (1 - place / max(1, number - 1))
    sampled = reading.prompt.temperature * _gumbel(reading.dice, "sampled", field.name, value, seen)
    return belief + early + sampled


def _gumbel(dice: Dice, *key: object) -> float:
    """Noise with which the highest score is drawn as often as the softmax of the scores says."""
    draw = min(max(dice.draw(*key), 1e-9), 1 - 1e-9)
    return -math.log(-math.log(draw))


def _margin(scores: Mapping[str, float]) -> float:
    ordered = sorted(scores.values(), reverse=True)
    return ordered[0] - ordered[1] if len(ordered) > 1 else CLEAR
