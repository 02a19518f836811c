"""The form that is asked for in words: whether it is to be JSON, and with which keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from gradus.coldtrail.tickets import Intent, Priority

from ..prompt import Prompt, order_sentences
from .fields import name_words
from .material import directions

_OUTPUT = (
    r"(?:re(?:ply|spond|turn)|answer|output|produce|give|write|emit|print|send|generate|provide|format|fill|"
    r"express|encode|put|deliver|create|make|use)"
)
_WANTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:\W*(?:please|always|then|now|only|finally|and|just|also)[,\s]+)*{_OUTPUT}\b.*\bjson\b",
        rf"[,;:]\s*(?:and |then |please )*{_OUTPUT}\b[^,;]*\bjson\b",
        rf"\b(?:and|then|to|please|must|should|shall|will|only|you) (?:always |only |then )?{_OUTPUT}\b[^.]*\bjson\b",
        r"\b(?:your |the )?(?:answer|output|reply|response|result|it|everything you (?:write|say))s? (?:must|should|"
        r"has to|have to|needs? to|is to|will|shall) "
        r"(?:be|consist|contain|parse|come|take)\b[^.]*\bjson\b",
        r"\bjson (?:only|object only|and nothing else|please)\b|\b(?:only|just|nothing but|"
        r"exclusively)\s+(?:\w+\s+){0,3}json\b",
        r"^\W*(?:in|as|with) (?:valid |a |strict |pure |one )*json\b",
        r"^\W*(?:output|response|answer|reply)(?: format)?\s*[:=]\s*(?:valid |a |strict |one )*json\b",
        r"\b(?:in|as) (?:valid |strict |pure |raw |plain )?json\b(?: format| form)?\s*(?:[.!:]|$|with|using|like)",
    )
)
_UNWANTED = re.compile(
    rf"\b(?:never|not|n't|no|without|instead of|rather than|avoid)\b[^,;]{{0,30}}\bjson\b|\b(?:input|data|file|api|"
    rf"webhook|export|customers?|payload|log|they|we|users?|ticket)s?\b"
    rf"[^,;.]{{0,40}}\b(?:is|are|arrives?|comes?|returns?|sends?|sent|say|contains?|uses?|given|stored|want|asks?|"
    rf"ask)\b[^,;.]*\bjson\b(?!.*\b{_OUTPUT}\b)",
    re.IGNORECASE,
)
_ASKS_POLITELY = re.compile(r"^(?:can|could|would|will) you\b", re.IGNORECASE)
_NAME = r"[\"'`“]?(?P<name>[A-Za-z_][\w-]*)[\"'`”]?"
_KEYS = re.compile(
    r"\b(?:keys?|fields?|propert(?:y|ies)|attributes|members|entries)\b(?: (?:are|must be|should be|named|called|"
    r"exactly|only|in this order))*\s*(?:[:=(]|\bof\b)?\s*"
    r"(?P<list>[^.{}]*)",
    re.IGNORECASE,
)
_CONTAINING = re.compile(
    r"\b(?:json|object)\b[^.{}]{0,40}?\b(?:containing|contains?|with|holding|including|made of|of the form|having|"
    r"giving|for)\b(?: (?:the|an?|two|three|its|both))*\s+"
    r"(?P<list>[^.{}]*)",
    re.IGNORECASE,
)
_EXTRACT = re.compile(
    r"\b(?:extract|pull out|pull|read off|find|identify|collect)\b (?P<list>[^.:;\n]*?)"
    r"(?=\s*(?:\bas\b|\bin json\b|\bfrom\b|\binto\b|\band (?:return|reply|answer|give)\b|[.:;\n]|$))",
    re.IGNORECASE,
)
_BULLET = re.compile(rf"^\s*(?:[-*•]|\d+[.)])\s*{_NAME}\s*(?P<rest>(?:\(|:|=|-|–|—).*)$", re.MULTILINE)
_ONE_OF = re.compile(
    r"\b(?:one of|either|any of|allowed values?(?: are)?|possible values?(?: are)?|values?|from|"
    r"among)\b[:\s(\[]*(?P<list>[^.;)\]\n]+)",
    re.I,
)
_MEMBER = re.compile(
    r"\"(?P<name>[\w -]+)\"\s*:\s*(?P<value><[^>\n]*>|\"[^\"\n]*\"(?:\s*\|\s*\"[^\"\n]*\")+|"
    r"\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|\{[^{}]*\}|[^,{}\[\]\n]+)"
)
_NOT_NAMES = frozenset(
    (
        "and", "or", "the", "a", "an", "keys", "fields", "only", "exactly", "nothing", "else", "no", "other", "then",
        "with", "as", "in", "json", "valid", "object", "two", "three", "following", "these",
    )
)  # fmt: skip
_INTENTS: list[str] = list(get_args(Intent))
_PRIORITIES: list[str] = list(get_args(Priority))
_LEVELS = ["low", "medium", "high", "urgent"]


def wants_json(prompt: Prompt) -> bool:
    """Whether the answer has to be JSON, by a parameter or by the instructions.

    Example:
        >>> from .prompt import read_prompt
        >>> wants_json(read_prompt({"messages": [{"role": "user", "content": "Name a town. Reply as JSON only."}]}))
        True
    """
    return prompt.json_mode or any(_asks_for_json(sentence) for sentence in order_sentences(prompt.instructions))


def outlined(prompt: Prompt) -> dict[str, Any]:
    """The schema that the instructions describe: a text under "answer" where they name no keys."""
    said = directions(prompt)
    found = _pasted_schema(said) or _by_example(said) or _listed(said) or _by_turns(prompt)
    found = found or _named_labels(said) or _to_extract(said) or {"answer": {"type": ["string", "null"]}}
    if "type" in found and isinstance(found.get("properties"), dict):
        return found
    return {"type": "object", "properties": found, "required": list(found)}


def values_in(text: str) -> list[str]:
    """The values that a description lists: "one of billing, rma or how_to", "P1|P2|P3".

    Example:
        >>> values_in("(one of: billing, rma or how_to)")
        ['billing', 'rma', 'how_to']
    """
    piped = re.search(r"[\w-]+(?:\s*\|\s*[\w-]+)+", text)
    if piped:
        return [part.strip() for part in piped[0].split("|")]
    listed = _ONE_OF.search(text)
    parts = _parts(listed["list"]) if listed else []
    if not parts and (codes := re.findall(r"\bP[1-4]\b", text)):
        parts = _PRIORITIES if re.search(r"P1\s*(?:-|–|to|through|\.\.)\s*P4", text) else list(dict.fromkeys(codes))
    return parts if len(parts) > 1 else []


def labels_named(words: Sequence[str]) -> dict[str, Any]:
    """The labels that a name of a field means where none are listed, as a schema; or {}.

    Args:
        words: those of the name.
    """
    if {"intent", "category", "queue", "topic"} & set(words):
        return {"enum": _INTENTS}
    if "priority" in words:
        return {"enum": _PRIORITIES}
    return {"enum": _LEVELS} if {"urgency", "severity"} & set(words) else {}


def _asks_for_json(sentence: str) -> bool:
    if not re.search(r"\bjson\b", sentence, re.IGNORECASE) or _UNWANTED.search(sentence):
        return False
    if sentence.endswith("?") and not _ASKS_POLITELY.search(sentence):
        return False
    return bool(_ASKS_POLITELY.search(sentence)) or any(pattern.search(sentence) for pattern in _WANTS)


def _pasted_schema(said: str) -> dict[str, Any]:
    for value in _objects(said):
        if isinstance(value.get("properties"), dict) and value["properties"]:
            return {"type": "object", **value}
    return {}


def _objects(said: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    for match in list(re.finditer(r"\{\s*\"", said))[:50]:
        try:
            value, _ = decoder.raw_decode(said, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _by_example(said: str) -> dict[str, Any]:
    """The keys of an object that shows what is wanted."""
    for match in list(re.finditer(r"\{", said))[:50]:
        before = said[max(0, match.start() - 200) : match.start()]
        if not re.search(
            r"\b(?:json|format|schema|shape|like|form|structure|object|return|reply|respond|output)\b", before, re.I
        ):
            continue
        inside = _balanced(said, match.start())
        members = {member["name"]: _by_value(member["value"].strip()) for member in _MEMBER.finditer(inside)}
        if members:
            return members
    return {}


def _balanced(text: str, start: int) -> str:
    depth = 0
    for at in range(start, min(len(text), start + 5000)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[start + 1 : at]
    return ""


def _by_value(written: str) -> dict[str, Any]:
    text = re.sub(r"\"\s*\|\s*\"", "|", written).strip("\"'<>")
    choices = values_in(text)
    if {"null", "None"} & set(choices) or re.search(r"\bor null\b", text):
        choices = [choice for choice in choices if choice not in ("null", "None")]
        if len(choices) < 2:
            return {"type": ["string", "null"], "description": text}
        return {"enum": [*choices, None]}
    if {"true", "false"} & ({*choices} or {text}):
        return {"type": "boolean"}
    if choices and not {"string", "number", "int"} & set(choices):
        return {"enum": choices}
    if written.startswith("["):
        inner = _MEMBER.finditer(written)
        entries = {member["name"]: _by_value(member["value"].strip()) for member in inner}
        return {
            "type": "array",
            "items": {"type": "object", "properties": entries, "required": list(entries)}
            if entries
            else {"type": "string"},
        }
    if written.startswith("{"):
        entries = {member["name"]: _by_value(member["value"].strip()) for member in _MEMBER.finditer(written)}
        return {"type": "object", "properties": entries, "required": list(entries)}
    if re.fullmatch(r"-?\d+|int(?:eger)?", text) and not written.startswith('"'):
        return {"type": "integer"}
    if re.fullmatch(r"-?\d*\.\d+|number|float", text):
        return {"type": "number"}
    return {"type": "null"} if text == "null" else {"type": "string", "description": text}


def _listed(said: str) -> dict[str, Any]:
    """The keys that a list names, in one sentence or under one another."""
    for pattern in (_KEYS, _CONTAINING):
        for match in pattern.finditer(said):
            names = _names(match["list"])
            bullets = {bullet["name"]: bullet["rest"] for bullet in _BULLET.finditer(said[match.start() :])}
            if bullets and (not names or set(bullets) & set(names)):
                return {name: _by_words(name, rest) for name, rest in bullets.items()}
            if names:
                rest = said[match.start() :]
                return {name: _by_words(name, _said_about(name, rest)) for name in names}
    return {}


def _to_extract(said: str) -> dict[str, Any]:
    """Keys for what is to be extracted, where nobody says what to call it."""
    phrases = _EXTRACT.search(said)
    named = [re.sub(r"\W+", "_", part) for part in _parts(phrases["list"])] if phrases else []
    return {name: _by_words(name, "") for name in named}


def _names(listing: str) -> list[str]:
    """The names that a list consists of; what stands in parentheses is about them, not of them."""
    plain = re.sub(r"\([^)]*\)", "", listing.split("\n\n")[0])
    plain = re.split(r"\b(?:where|which|from|based on|for the|and nothing|and no)\b|[;:]\s", plain)[0]
    parts = [part.strip(" \n\t\"'`“”.:-*") for part in re.split(r",|\n|\band\b|\bor\b|&|/", plain)]
    names = [re.sub(r"^(?:the|an?|its)\s+", "", part).strip("\"'`“”") for part in parts]
    return [name for name in names if re.fullmatch(r"[A-Za-z_][\w-]*", name) and name.lower() not in _NOT_NAMES]


def _said_about(name: str, rest: str) -> str:
    found = re.search(
        rf"(?<!\w){re.escape(name)}[\"'`”]?\s*(?:\((?P<a>[^)]*)\)|[:=]\s*(?P<b>[^\n;]*)|(?P<c>(?:is|must be|should "
        rf"be|being)\b[^\n;.]*))",
        rest,
    )
    return next((part for part in found.groups() if part), "") if found else ""


def _by_words(name: str, about: str) -> dict[str, Any]:
    described = {"description": about} if about else {}
    kinds = name_words(name)
    if values := values_in(about):
        return _by_value("|".join(values))
    if re.search(r"\b(?:boolean|true|false|bool)\b", about, re.I) or kinds[0] in (
        "is",
        "has",
        "need",
        "requires",
        "should",
    ):
        return {"type": "boolean", **described}
    if re.search(r"\b(?:integer|whole number)\b", about, re.I) or {"quantity", "count"} & set(kinds):
        return {"type": "integer", **described}
    if re.search(r"\b(?:number|float|0 to 1|between 0 and 1|0-1)\b", about, re.I) or {
        "confidence",
        "score",
        "probability",
        "total",
        "amount",
    } & set(kinds):
        return {"type": "number", **described}
    if re.search(r"\b(?:list|array)\b", about, re.I) or name in (
        "citations",
        "sources",
        "quotes",
        "passage_ids",
        "ids",
    ):
        return {"type": "array", "items": {"type": "string"}, **described}
    return labels_named(kinds) or {"type": ["string", "null"], **described}


def _named_labels(said: str) -> dict[str, Any]:
    """Keys for labels that the instructions name without saying what to call them."""
    found: dict[str, Any] = {}
    for name, labels in (("intent", _INTENTS), ("priority", _PRIORITIES)):
        named = [label for label in labels if re.search(rf"(?<!\w){label}(?!\w)", said)]
        if len(named) > 2:
            found[name] = {"enum": named}
    return found


def _by_turns(prompt: Prompt) -> dict[str, Any]:
    """The keys of what the model answered before."""
    for turn in reversed(prompt.history):
        if turn.role == "assistant":
            try:
                value = json.loads(turn.text)
            except ValueError:
                continue
            if isinstance(value, dict) and value:
                return {str(name): _by_value(json.dumps(part)) for name, part in value.items()}
    return {}


def _parts(listing: str) -> list[str]:
    parts = (part.strip(" \n\t\"'`“”()[]:") for part in re.split(r",|\||/|\bor\b|\band\b", listing))
    parts = (re.sub(r"^(?:the|an?|its|all|any)\s+", "", part) for part in parts)
    return [part for part in parts if re.fullmatch(r"[\w][\w -]{0,40}", part) and len(part.split()) < 4]
