"""What a judge is asked: the question, the passages and the answers in a prompt, and what kind of verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .. import schemas
from ..excerpts import Excerpt, split
from ..prompt import LONGEST_ORDER, Prompt, order_sentences

Kind = Literal["pair", "verdict", "score"]
Part = Literal["question", "passages", "reference", "answer", "other", "end"]

_WHOSE = (
    r"(?:(?:the|an?|model|assistant|ai|co-?pilot|candidate|student|submitted|given|proposed|generated|bot|agent|system|"
    r"support|draft|"
    r"llm|chatbot|actual|to be judged|following)(?:'s)?[ _-]+)*"
)
_ANSWER = r"(?:answers?|responses?|repl(?:y|ies)|outputs?|completions?|submissions?|drafts?|solutions?)"
_INDEX = r"(?:#|no\.? ?)?(?P<index>[A-Da-d1-4]|one|two|first|second)(?![A-Za-z0-9])"
_NAMES: tuple[tuple[Part, str], ...] = (
    (
        "reference",
        r"(?:the )?(?:reference|gold(?:en|[ _-]standard)?|expected|ideal|correct|true)[ _-](?:answer|response|reply)|"
        r"ground[ _-]truth",
    ),
    (
        "answer",
        rf"(?:the )?(?:assistant|model|candidate|option|system|bot|agent|variant)[ _-]*{_INDEX}(?:'s[ _-]+{_ANSWER})?",
    ),
    ("answer", rf"{_WHOSE}{_ANSWER}(?:[ _-]*{_INDEX})?(?: to (?:judge|grade|evaluate|check|assess))?"),
    ("answer", rf"(?:the )?(?P<index>first|second)[ _-]{_ANSWER}"),
    ("answer", r"candidate"),
    ("question", r"(?:(?:the|user|customer|original)(?:'s)?[ _-]+)*(?:question|query|prompt|request)|q"),
    (
        "passages",
        r"(?:(?:the|retrieved|source|support|reference|relevant|given|context)[ _-]+)*(?:passages?|contexts?|"
        r"documents?|docs|sources?|evidence|"
        r"excerpts?|material|knowledge|articles?|references?|facts)",
    ),
    (
        "other",
        r"(?:(?:your|final|the|output|grading|scoring|evaluation)[ _-]+)*(?:verdict|rubric|criteria|criterion|"
        r"instructions?|format|task|"
        r"judge?ment|label|score|rating|reason(?:ing)?|examples?(?:[ _-]?\d+)?|explanation|decision|winner|"
        r"failure modes?|evaluation|grade|result|scale|rules)",
    ),
)
_PARTS = tuple((part, re.compile(pattern, re.IGNORECASE)) for part, pattern in _NAMES)
_ANY_NAME = "|".join(re.sub(r"\?P<\w+>", "?:", pattern) for _, pattern in _NAMES)
_LABEL = re.compile(
    rf"^(?P<before>[ \t>]*[#*\-=\[({{_\"]*[ \t]*)(?P<of>(?:the\s+)?(?:start|begin(?:ning)?|"
    rf"end)(?:\s+of)?\s+)?(?P<name>{_ANY_NAME})"
    r"(?P<after>[ \t]*[*_\])}\"=\-#]*[ \t]*)(?P<colon>[ \t]*:[*_]*)?[ \t]*(?P<alone>$)?",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(rf"(?<=[.?!\"'] )(?P<name>{_WHOSE}{_ANSWER}(?:[ _-]*[AB12])?)[ \t]*:[ \t]*(?=\S)", re.IGNORECASE)
_LETTER = re.compile(r"^[ \t]*[\[(*]*(?P<name>[AB])[\])*]*[ \t]*[:)][ \t]*(?=\S)", re.MULTILINE)
_TAG = re.compile(r"<(?P<closes>/?)(?P<name>[A-Za-z][\w-]*)(?P<given>[^<>\n]*)>")
_NAMED = {"one": "1", "two": "2", "first": "1", "second": "2"}

_BETTER = re.compile(
    r"\b(?:better|best|prefer\w*|winner|wins?|won|stronger|superior|worse|more (?:helpful|accurate|faithful|correct|"
    r"useful|complete)|compar\w+|pairwise|"
    r"head[- ]to[- ]head|rank(?:ing)?|choose between|(?:which|pick|choose|select)\b[^.?\n]{0,30}\b(?:one|answer|"
    r"response|reply|assistant|candidate))\b",
    re.IGNORECASE,
)
_IT = (
    r"(?<!your )(?<!own )\b(?:answers?|responses?|repl(?:y|ies)|outputs?|completions?|drafts?|statements?|claims?|it|"
    r"candidates?|assistant|co-?pilot|model|what (?:it|the \S+) says)\b"
)
_QUALITY = (
    r"\b(?:correct\w*|incorrect|right\w*|wrong\w*|accura\w+|inaccura\w+|faithful\w*|unfaithful|support\w*|unsupported|"
    r"ground\w*|ungrounded|true|false|acceptable|"
    r"unacceptable|good|bad|pass(?:es|ed)?|fail(?:s|ed)?|hallucinat\w*|consistent\w*|complete\w*|incomplete|errors?|"
    r"mistakes?|backed|borne out|justified|"
    r"quality|helpful\w*|valid\w*|satisf\w+|holds? (?:up|water)|adequate|sound|stands? up|invent\w*|follows? from|"
    r"agrees?|contradict\w*|made up|stick\w* to|"
    r"properly|does its job|shipped|sent to (?:the|a) customer)\b"
)
_ASKING = (
    r"\b(?:judge|grade|rate|score|evaluate|assess|assign|award|mark|review|check|verify|decide|determine|say|tell|"
    r"classify|label|"
    r"rule|examine|inspect|state|find out|"
    r"does|do|is|are|has|was|whether|give|how|can|would|should|verdict|compare)\b"
)
_JUDGING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?=.*{_ASKING})(?=.*{_IT})(?=.*{_QUALITY})",
        rf"\b(?:judge|grade|rate|score|evaluate|assess|mark)\b.*{_IT}",
        r"\b(?:correct|right|faithful|supported|accurate|grounded|acceptable|true)\b\W{1,4}(?:or|vs|"
        r"versus)?\W{0,4}\b(?:incorrect|wrong|unfaithful|"
        r"unsupported|inaccurate|ungrounded|unacceptable|hallucinated|false)\b",
        r"\bpass(?:es|ed)?\b\W{0,6}(?:or|/|\||and|versus|vs)?\W{0,6}\bfail",
        r"\b(?:you (?:are|act as)|act as|as) an? (?:\w+[ ,]+){0,3}(?:judge|grader|evaluator|examiner|reviewer|"
        r"marker)\b",
        rf"(?=.*{_IT})\b(?:.*\b(?:scores?|rating|stars|points|marks)\b)",
        r"\b(?:your|the|a|one|final) (?:\w+ )?verdict\b",
    )
)
SCALE = re.compile(
    r"(?:\bfrom\s+)?\b(?P<low>[01])\s*(?:-|–|—|to|through|\.\.\.?|and|up to)\s*(?P<high>5|10|100|1(?:\.0)?|3|4|"
    r"7)\b(?!\s*(?:hours|days|months|minutes))",
    re.IGNORECASE,
)
_SCORES = re.compile(
    r"\b(?:scor\w+|rat(?:e|ed|ing)|points?|stars?|scale|marks?|grades?|grading|number|how (?:good|well|faithful|"
    r"correct|accurate))\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"^\W*(?:you (?:are|act)\b|(?:now |please |then |first |finally,? |so,? )*(?:which|is|are|does|do|did|was|judge|"
    r"decide|evaluate|grade|rate|score|assess|compare|reply|respond|answer|"
    r"output|return|say|tell|choose|pick|select|give|state|end|finish|think|explain|write|your|the verdict|verdict|"
    r"determine|verify|check|mark|use|has|"
    r"how|would|should|can)\b)",
    re.IGNORECASE,
)
_OF_VERDICTS = re.compile(
    rf"\b(?:better|prefer\w*|winner|verdict|pass|fail|correct|incorrect|json|score|A or B|1 or 2|one word|"
    rf"single word)\b|{_IT}.*{_QUALITY}|{_QUALITY}.*{_IT}",
    re.IGNORECASE,
)
_ONLY_VERDICT = re.compile(
    r"\W*(?:(?:pass|fail|correct|incorrect|yes|no|true|false|or|A|B|[01])\W*){1,4}", re.IGNORECASE
)


@dataclass(frozen=True)
class Candidate:
    """One answer that is judged.

    Attributes:
        name: what tells it from the others: "A", "2"; "" where there is one only.
        text: the answer.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Case:
    """What is put before the judge.

    Attributes:
        kind: whether answers are compared, or one is passed or failed, or scored.
        question: what was asked of whoever answered.
        passages: what the answers should rest on, a reference answer among it.
        candidates: the answers, in the order in which they stand.
        said: what the judge is told to do.
    """

    kind: Kind
    question: str
    passages: tuple[Excerpt, ...]
    candidates: tuple[Candidate, ...]
    said: str


@dataclass(frozen=True)
class _Mark:
    """Where a part of the prompt begins, or ends."""

    part: Part
    name: str
    start: int
    end: int


def case_of(prompt: Prompt) -> Case | None:
    """What the prompt asks to be judged, or None where it asks for something else."""
    system = prompt.told
    user = next((turn.text for turn in reversed(prompt.turns) if turn.role == "user"), "")
    case = _read(prompt, user, system)
    return case or _read(prompt, f"{system}\n\n{user}", "")


def _read(prompt: Prompt, text: str, system: str) -> Case | None:
    marks = _marks(text)
    parts = _json_parts(text) or [(mark.part, mark.name, text[mark.end : end]) for mark, end in _with_ends(marks, text)]
    if not any(part == "answer" for part, _, _ in parts):
        return None
    begin = min((mark.start for mark in marks), default=text.find("{"))
    directions = [system, text[: max(0, begin)]]
    cleaned: list[tuple[Part, str, str]] = []
    for part, name, body in parts:
        kept, orders = _without_orders(body) if part != "other" else ("", body)
        directions.append(orders)
        cleaned.append((part, name, kept.strip(' \n\t"`')))
    directions += [text[mark.end : end] for mark, end in _with_ends(marks, text) if mark.part == "end"]
    said = "\n".join(part.strip() for part in directions if part.strip())
    candidates = _candidates(cleaned)
    kind = _kind(prompt, said, candidates)
    if kind is None:
        return None
    question = next((body for part, _, body in reversed(cleaned) if part == "question" and body), "")
    return Case(
        kind, question, _passages(prompt, cleaned, candidates), candidates if kind == "pair" else candidates[-1:], said
    )


def _kind(prompt: Prompt, said: str, candidates: Sequence[Candidate]) -> Kind | None:
    names = {name.lower() for name, _ in schemas.walk(prompt.schema, prompt.schema)} if prompt.schema else set()
    if len({candidate.name for candidate in candidates}) >= 2:
        return "pair" if _BETTER.search(said) or names & {"winner", "better", "preferred", "preference"} else None
    if not candidates:
        return None
    decides = names & {
        "verdict",
        "pass",
        "passed",
        "is_correct",
        "correct",
        "faithful",
        "is_faithful",
        "label",
        "grounded",
        "supported",
    }
    rates = names & {"score", "rating", "grade"}
    if (
        not decides
        and not rates
        and not any(pattern.search(part) for part in order_sentences(said) for pattern in _JUDGING)
    ):
        return None
    scored = any(SCALE.search(part) for part in order_sentences(said)) and _SCORES.search(said)
    return "score" if not decides and (rates or scored) else "verdict"


def _candidates(parts: Sequence[tuple[Part, str, str]]) -> tuple[Candidate, ...]:
    """The answers: of those with the same name the last, since those before it are examples."""
    last = {name: body for part, name, body in parts if part == "answer" and body and not _ONLY_VERDICT.fullmatch(body)}
    named = [name for name in last if name]
    # One that has no name beside two that have is the judge's own to come.
    return tuple(Candidate(name, last[name]) for name in (named if len(named) >= 2 else list(last)[-1:]))


def _passages(
    prompt: Prompt, parts: Sequence[tuple[Part, str, str]], candidates: Sequence[Candidate]
) -> tuple[Excerpt, ...]:
    texts = [(part, body) for part, _, body in parts if part in ("passages", "reference") and body]
    found: list[Excerpt] = []
    for part, body in texts:
        pieces = split(body, "user")[1] if part == "passages" else ()
        found += pieces or (Excerpt(None, body),)
    if found:
        return tuple(found)
    judged = [" ".join(candidate.text.split()) for candidate in candidates]
    return tuple(
        piece
        for piece in prompt.excerpts
        if not any((text := " ".join(piece.text.split())) in other or other in text for other in judged)
    )


def _marks(text: str) -> list[_Mark]:
    found = [*_tag_marks(text), *_label_marks(text)]
    has_question = any(mark.part == "question" for mark in found)
    if not any(mark.part == "answer" for mark in found):
        letters = list(_LETTER.finditer(text))
        both = {match["name"] for match in letters} == {"A", "B"}
        found += [
            _Mark("answer", match["name"] if both else "", match.start(), match.end())
            for match in letters
            if both or has_question
        ]
    return sorted(found, key=lambda mark: mark.start)


def _tag_marks(text: str) -> Iterator[_Mark]:
    for match in _TAG.finditer(text):
        part, name = _part(match["name"])
        if part is None:
            continue
        given = re.search(r"=\s*[\"']?([A-Da-d1-4])\b", match["given"])
        name = name or (_index(given[1]) if given and part == "answer" else "")
        yield _Mark("end" if match["closes"] else part, name, match.start(), match.end())


def _label_marks(text: str) -> Iterator[_Mark]:
    for match in _LABEL.finditer(text):
        dressed = bool(match["before"].strip(" >\t") or match["after"].strip()) and match["alone"] is not None
        if not match["colon"] and not dressed and not (match["alone"] is not None and match["name"][0].isupper()):
            continue
        part, name = _part(match["name"])
        if part is not None:
            ends = bool(match["of"]) and "end" in match["of"].lower()
            yield _Mark("end" if ends else part, name, match.start(), match.end())
    for match in _INLINE.finditer(text):
        part, name = _part(match["name"])
        if part is not None:
            yield _Mark(part, name, match.start(), match.end())


def _with_ends(marks: Sequence[_Mark], text: str) -> Iterator[tuple[_Mark, int]]:
    for place, mark in enumerate(marks):
        yield mark, marks[place + 1].start if place + 1 < len(marks) else len(text)


def _part(name: str) -> tuple[Part | None, str]:
    """Which part of a prompt goes by that name, and its letter or number."""
    plain = re.sub(r"[_-]+", " ", name).strip()
    for part, pattern in _PARTS:
        if found := pattern.fullmatch(plain):
            index = found.groupdict().get("index")
            return part, _index(index) if index else ""
    return None, ""


def _index(name: str) -> str:
    return _NAMED.get(name.lower(), name.upper())


def _json_parts(text: str) -> list[tuple[Part, str, str]]:
    """The parts of a prompt whose data is a JSON object: by its keys."""
    for match in list(re.finditer(r"\{\s*\"", text))[:20]:
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        found = [entry for key, part in value.items() for entry in _of_key(key, part)]
        if any(part == "answer" and body for part, _, body in found):
            return [*found, ("other", "", text[end:])]
    return []


def _of_key(key: str, value: Any) -> Iterator[tuple[Part, str, str]]:
    part, name = _part(key)
    if part is None:
        return
    if part == "answer" and isinstance(value, list | dict):
        entries = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for place, entry in entries:
            body = (
                entry
                if isinstance(entry, str)
                else str(next(iter([entry.get("text") or entry.get("answer") or ""]), ""))
                if isinstance(entry, dict)
                else ""
            )
            label = str(entry.get("id") or entry.get("name") or place) if isinstance(entry, dict) else str(place)
            yield part, _index(label), body
    else:
        yield part, name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_orders(body: str) -> tuple[str, str]:
    """A part of the prompt without what stands below it and tells the judge what to do, and that."""
    lines = body.rstrip().split("\n")
    keep = len(lines)
    for place in range(len(lines) - 1, 0, -1):
        line = lines[place].strip()
        if (
            line
            and not (_ORDERS.search(line) and _OF_VERDICTS.search(line[:LONGEST_ORDER]))
            and not _follows_order(lines, place)
        ):
            break
        keep = place if line else keep
    return "\n".join(lines[:keep]), "\n".join(lines[keep:])


def _follows_order(lines: Sequence[str], place: int) -> bool:
    """Whether the paragraph that a line stands in begins with an order to the judge."""
    first = place
    while first > 0 and lines[first - 1].strip():
        first -= 1
    return first > 0 and bool(
        _ORDERS.search(lines[first].strip()) and _OF_VERDICTS.search(" ".join(lines[first : place + 1])[:LONGEST_ORDER])
    )
