"""What the properties of a form mean that holds an answer: its sentences, their sources, whether there is one."""

from __future__ import annotations

import re
from typing import Any, Literal

from ..schemas import admits_null, kind_of, resolved, walk
from .fields import Field

Role = Literal["answer", "claims", "sources", "quote", "source", "abstains", "answers", "status", "question", "reason"]

_ANSWER = frozenset(["answer", "reply", "response", "result", "conclusion", "draft"])
_CLAIMS = frozenset(["sentence", "claim", "statement", "answer", "segment", "point", "fact", "part", "finding"])
_SOURCES = frozenset(
    (
        "citation", "source", "reference", "evidence", "passage", "document", "doc", "support", "excerpt", "ref",
        "cite", "quote", "id",
    )
)  # fmt: skip
_QUOTE = frozenset(
    ["quote", "quotation", "verbatim", "excerpt", "span", "snippet", "evidence", "supporting", "extract", "words"]
)
_SOURCE = frozenset(
    ["id", "source", "passage", "doc", "document", "citation", "reference", "ref", "chunk", "page", "label"]
)
_SENTENCE = frozenset(["text", "sentence", "claim", "statement", "content", "answer", "point", "body", "fact", "value"])
_REASONS = frozenset(("reason", "reasoning", "rationale", "explanation", "justification", "analysis", "why", "thought"))
_ABSTAINS = re.compile(
    r"abstain|abstention|unanswer|unknown|no_?answer|not_?found|cannot_?answer|cant_?answer|refus|insufficient|"
    r"decline|dont_?know|missing_info"
    r"|not_in_(?:context|passages)|no_?evidence"
)
_ANSWERS = re.compile(
    r"answerable|answered|(?:^|_)found|has_?answer|can_?(?:be_?)?answer|sufficient|supported|grounded|"
    r"in_?(?:the_?)?context|is_?known|has_evidence"
)


def role_of(field: Field, schema: dict[str, Any], scope: str) -> Role | None:
    """What a property means in a form that holds an answer, or None.

    Args:
        field: the property.
        schema: what it allows.
        scope: "claim" or "source" for a property of one entry of such a list, else "".
    """
    kind, names = kind_of(schema), set(field.words)
    if kind == "object":
        return "answer" if names & _ANSWER and not scope else None
    flat = "_".join(field.words)
    if kind == "boolean":
        return "abstains" if _ABSTAINS.search(flat) else "answers" if _ANSWERS.search(flat) else None
    if isinstance(schema.get("enum"), list):
        if scope and _of_entry(names, scope) == "source":
            return "source"
        spoken = " ".join(map(str, schema["enum"])).lower()
        decides = names & {"status", "outcome", "verdict", "kind", "type", "result"}
        return "status" if decides and re.search(r"answer|found|abstain|known", spoken) else None
    if kind == "array":
        entries = resolved(schema.get("items"), {})
        if names & _CLAIMS and scope != "claim" and not names & {"citation", "id", "source"}:
            return "claims"
        return "sources" if names & _SOURCES or (scope == "claim" and entries) else None
    if names & _REASONS and kind == "string":
        return "reason"
    if scope and kind in ("string", "integer"):
        return _of_entry(names, scope)
    if kind == "integer":
        return None
    if kind == "string" and names & _ANSWER:
        return "answer"
    if kind == "string" and names & _SOURCE and names & (_SOURCES - {"id"}):
        return "source"
    if kind == "string" and names & {"quote", "quotation", "verbatim", "evidence"}:
        return "quote"
    return "question" if names & {"question", "query"} else None


def holds_answer(schema: dict[str, Any]) -> bool:
    """Whether the form has a place for an answer, not only for what a message says."""
    roles = {role_of(Field("").inside(name, part), part, "") for name, part in _plain_parts(schema)}
    return bool(roles & {"answer", "claims", "abstains", "answers"}) and bool(roles & {"answer", "claims"})


def has_way_out(schema: dict[str, Any]) -> bool:
    """Whether the form itself lets whoever fills it say that there is no answer."""
    for name, part in walk(schema, schema):
        known = resolved(part, schema)
        field = Field("").inside(name, known)
        if role_of(field, known, "") in ("abstains", "answers", "status"):
            return True
        if set(field.words) & _ANSWER and admits_null(known, schema):
            return True
    return False


def _of_entry(names: set[str], scope: str) -> Role | None:
    if names & _SOURCE and (
        names & {"id", "source", "ref", "reference", "citation", "doc", "document"} or not names & _QUOTE
    ):
        if scope == "claim" and names <= {"source", "text"} and "text" in names:
            return "quote"
        return "source"
    if names & _QUOTE:
        return "quote"
    if not names & _SENTENCE:
        return None
    return "answer" if scope == "claim" else "quote"


def _plain_parts(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    parts = []
    for name, part in walk(schema, schema):
        choices = part.get("anyOf") if isinstance(part.get("anyOf"), list) else None
        real = [resolved(one, schema) for one in choices or () if not admits_null(one, schema)]
        parts.append((name, real[0] if real else part))
    return parts
