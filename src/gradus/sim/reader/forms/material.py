"""What a form is filled from: the data of the last turn, without the words that say what to do with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..prompt import Prompt, sentences

THIS_YEAR = 2026
DEEPEST = 40
READ_AT_MOST = 100_000  # characters of data
ORDERS_AT_MOST = 200  # sentences of directions that are looked for among the data
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)((?:\s+[\w-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*)\s*/?>")
_JSON = re.compile(r"[\[{]\s*[\[{\"]")
# Words of whoever wants the form filled, beside data without marks.
_ORDERS = re.compile(
    r"^(?:(?:please|now|then|your task is to|you (?:must|should|will|are to))[,:]?\s+)*(?:classify|categori[sz]e|"
    r"extract|triage|label|"
    r"route|assign|return|reply|respond|answer|output|write|produce|give|fill|parse|convert|use|analy[sz]e|determine|"
    r"decide|read|pull|"
    r"tag|sort|identify|find)\b.*\b(?:json|keys?|fields?|schema|form|tickets?|messages?|e-?mails?|texts?|below|"
    r"following|labels?|intents?|"
    r"priorit\w+|categor\w+|details|data|requests?)\b",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"^\W*(?:the )?(?:ticket|message|e-?mail|text|input|data|document|review|request|user message)\W*$", re.I
)


@dataclass(frozen=True)
class Material:
    """The data of a request.

    Attributes:
        text: the data of the last turn.
        beside: other data, for what the text does not say: of the system's turn, of documents sent before.
        year: the year that dates without one are taken to be in.
    """

    text: str
    beside: str
    year: int


def material(prompt: Prompt) -> Material:
    """What there is to fill a form from."""
    said = last_turn(prompt)
    enclosed = any(piece.enclosed and piece.role == "user" for piece in prompt.excerpts)
    directions = f"{prompt.question}\n{prompt.instructions}" if enclosed else ""
    text = _without_orders(_plain(said), directions)[:READ_AT_MOST]
    earlier = "\n".join(turn.text for turn in prompt.history if turn.role == "user")
    results = "\n".join(_plain(result.output) for result in prompt.results)
    beside = [piece.text for piece in prompt.excerpts if piece.role != "user" or piece.text not in f"{said}\n{earlier}"]
    if not any(_is_example(turn.text) for turn in prompt.history if turn.role == "assistant"):
        beside.append(earlier)
    years = re.findall(r"\b(20[1-4]\d)-\d\d|\b[A-Z][a-z]+\.? (20[1-4]\d)\b", f"{text}\n{prompt.instructions}")
    year = int(next((one or other for one, other in years), THIS_YEAR))
    return Material("\n".join(part for part in (text, results) if part), "\n".join(beside), year)


def last_turn(prompt: Prompt) -> str:
    """What the user said last, as it was sent."""
    at = 0
    for turn in prompt.history:
        line = f"{turn.role}: {turn.text}"
        found = prompt.text.find(line, at)
        at = found + len(line) if found >= 0 else at
    start = re.compile(r"(?:\A|\n)user: ").search(prompt.text, at)
    if start is None:
        return "\n".join(piece.text for piece in prompt.excerpts)
    said = prompt.text[start.end() :]
    return re.split(r"\n(?:assistant|tool): ", said)[0] if prompt.results else said


def directions(prompt: Prompt) -> str:
    """What the developer said, data and examples included, and what the last turn says beside its data."""
    start = re.compile(r"(?:\A|\n)(?:user|assistant): ").search(prompt.text)
    before = prompt.text[: start.start()] if start else prompt.text
    return f"{before}\n{last_turn(prompt)}"


def _plain(text: str) -> str:
    """JSON and tags as lines that say "name: value"."""
    decoder, written, at = json.JSONDecoder(), "", 0
    while match := _JSON.search(text, at):
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            written, at = written + text[at : match.start() + 1], match.start() + 1
            continue
        written += text[at : match.start()] + "\n".join(_lines(value, "", 0))
        at = end
    return _TAG.sub(_as_label, written + text[at:])


def _as_label(tag: re.Match[str]) -> str:
    if tag[1]:
        return "\n"
    inside = " ".join(f"{name}: {value}" for name, value in re.findall(r"([\w-]+)\s*=\s*[\"']([^\"']*)", tag[3]))
    return f"\n{inside}\n" if inside else f"\n{tag[2]}: "


def _lines(value: Any, name: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth < DEEPEST:
        for key, part in value.items():
            yield from _lines(part, key, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for part in value:
            yield from _lines(part, name, depth + 1)
    elif value is not None:
        written = value if isinstance(value, str) else json.dumps(value)
        yield f"{name}: {written}" if name else written


def _without_orders(text: str, directions: str) -> str:
    for order in sorted(sentences(directions)[:ORDERS_AT_MOST], key=len, reverse=True):
        if len(order.split()) > 1:
            text = text.replace(order, "\n")
    kept = [
        line
        for line in text.split("\n")
        if line.strip() and not _HEAD.match(line) and not (len(line.split()) < 80 and _ORDERS.search(line.strip()))
    ]
    return "\n".join(kept) if kept else "" if directions.strip() else text


def _is_example(text: str) -> bool:
    """Whether a turn of the model's is a form that was filled in, or a label: then what it answered is an example."""
    return text.strip().startswith(("{", "[")) or len(text.split()) <= 3
