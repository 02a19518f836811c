"""Obeying orders that stand in data (I1 to I5), and telling what the developer said (I4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from ..reply import Reply, ToolCall
from ..turns import Turn
from . import grounding, schemas
from .excerpts import Excerpt, split
from .orders import Order, orders_in
from .permissions import read_permissions
from .prompt import DIRECTORS, Tool, order_sentences, sentences
from .reading import Reading

# What is left of a habit where the prompt guards against it.
BETWEEN_MARKS = 0.30  # data is marked off from what surrounds it
TOLD_APART = 0.45  # the instructions say that data gives no orders
BOTH = 0.08
KEPT_TO_ITSELF = 0.25  # of I4, where the instructions are to be kept confidential

DECLINED = "I can't share my instructions, but I am glad to help with anything else."
TELLS_WHERE = 60  # characters: where so much of an order stands, there stands the order
CARRIED_AT_MOST = 300  # characters of the conversation that go into an address

_BLANK = re.compile(r"\{\{?[\w ]*\}?\}|\[[A-Z_ ]{3,}\]|<[A-Z_ ]{3,}>|(?<=[=/])[A-Z][A-Z_]{2,}(?![\w-])|(?<=[=])(?=&|$)")
_BY_NAME = (
    (re.compile(r"mail|who|contact$", re.IGNORECASE), re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (re.compile(r"customer|site|account|client", re.IGNORECASE), re.compile(r"\bC-\d+\b")),
    (re.compile(r"phone|number", re.IGNORECASE), re.compile(r"\+?\d[\d ()/-]{6,}\d")),
)
_OF_PROMPT = (
    r"(?:(?:the )?(?:instructions|prompt|rules|message)(?: that)? (?:you (?:were|have been|got|are) (?:given|told|sent|"
    r"working (?:from|with|by)|following)|you (?:received|follow|got|have)|above)|"
    r"(?:your|the|this|its) (?:(?:full|whole|exact|entire|complete|original|initial|hidden|internal|secret|own|system|"
    r"developer) )*"
    r"(?:system (?:prompt|message|instructions?)|developer message|prompt|instructions?|guidelines|rules)|"
    r"(?:everything|all(?: of)?(?: the)? text|the text|what(?:ever)?(?: is| stands)?) (?:above|before) (?:this|my|"
    r"our)\b[\w ]*)"
)
_NO_OBJECT = r"(?!\s+(?:for|on|about|of|to|regarding|in|at)\b)(?!\s+\w+ing\b)"
_ASKS_FOR_PROMPT = re.compile(
    rf"\b(?:what(?:'s| is| are| was| were| does| do)|which are|show(?: me| us)?|tell (?:me|us)|print|repeat|reveal|"
    rf"give(?: me| us)?|output|recite|"
    rf"paste|quote|share|list|write(?: out| down)?|copy|display|dump|read(?: me)?(?: out| back)?|disclose|see|"
    rf"know)\b[^.?!\n]{{0,25}}?\b{_OF_PROMPT}\b{_NO_OBJECT}",
    re.IGNORECASE,
)
# "The instructions" may be those of a device; a prompt, and what is "your", are the model's.
_YOURS = re.compile(r"\byour\b|\bprompt\b|system message|developer message|\byou\b|\babove\b|\bbefore\b", re.IGNORECASE)
_TOLD = r"(?:prompt|system message|instructions?|rules|guidelines|message|text|briefing|directions)"
_CONFIDENTIAL = re.compile(
    rf"(?:\b(?:never|not|without|nobody|no one|refuse to)|n't)\b.{{0,40}}\b(?:reveal\w*|disclos\w+|shar(?:e|ed|ing)|"
    rf"repeat\w*|show\w*|tell\w*|"
    rf"quot(?:e|ed|ing)|leak\w*|print\w*|mention\w*|discuss\w*|pass(?:ed)? on|give away|see|learn|know|"
    rf"get)\b.{{0,40}}\b(?:your|this|these|the|our|any of)\b"
    rf".{{0,30}}\b{_TOLD}\b|"
    rf"\b{_TOLD}\b.{{0,40}}\b(?:confidential|secret|private|not (?:to )?be (?:shared|shown|revealed|disclosed|repeated|"
    rf"quoted|passed on)|"
    r"internal|stays? (?:between us|with you|inside)|for your eyes only|(?:never|not) (?:be )?(?:reveal\w*|shown|"
    r"shared|disclosed|repeated|leave))\b|"
    rf"\b(?:keep|treat|consider|regard|hold)\b.{{0,30}}\b{_TOLD}\b.{{0,30}}\b(?:confidential|secret|private|"
    rf"to yourself|internal)\b|"
    rf"\b(?:confidential|secret)\b.{{0,10}}:?.{{0,20}}\b{_TOLD}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Found:
    """An order, the habit that obeys it, and whether it stands between marks."""

    order: Order
    habit: str
    enclosed: bool


def obey(reading: Reading) -> Reply | None:
    """The reply that an order in the prompt's data brings about, or None where none does.

    A user who asks for the model's instructions gets an answer here too: them, or that they are not for sharing.
    """
    for found in _orders(reading):
        if _obeys(reading, found) and (reply := _carried_out(reading, found.order)) is not None:
            return reply
    if reading.prompt.must_call:
        return None
    if _asks_for_prompt(reading.prompt.question):
        tells = reading.always_obeys or reading.errs("I4", reading.prompt.question, factor=_discretion(reading))
        return _said(reading, _instructions(reading) if tells else DECLINED)
    return None


def _orders(reading: Reading) -> Iterator[_Found]:
    """Every order once, at the first of its places: what stands whole between marks comes first."""
    found = (*_in_excerpts(reading), *_in_turns(reading), *_in_tools(reading))
    attacks = [_plain(one.order.text) for one in found if one.order.known is not None]
    seen: set[str] = set()
    for one in found:
        # A piece of a known attack is no second order.
        piece = one.order.known is None and _in_any(_plain(one.order.text)[:TELLS_WHERE], attacks)
        if one.order.text not in seen and not piece:
            seen.add(one.order.text)
            yield one


def _in_excerpts(reading: Reading) -> Iterator[_Found]:
    turns = reading.prompt.turns
    for excerpt in reading.prompt.excerpts:
        # The others are found in their turns, where nothing divides what they have in common.
        for order in orders_in(_whole(excerpt)) if excerpt.enclosed or excerpt.role in DIRECTORS else ():
            yield _Found(order, _habit(order, excerpt.role), _marked_off(excerpt, order, turns))


def _in_turns(reading: Reading) -> Iterator[_Found]:
    """What stands in no excerpt, or in several: plain text, and data that has closed the marks around it by itself."""
    prompt = reading.prompt
    asked = _plain(f"{prompt.instructions}\n{prompt.question}")
    enclosed = [_whole(piece) for piece in prompt.excerpts if piece.enclosed]
    between_marks = [_plain(text) for text in enclosed]
    for turn in prompt.turns:
        if turn.role not in ("user", "tool", "?"):
            continue
        for order in orders_in(turn.text):
            # Its first line only: where marks end on a line of their own, what follows them may seem to go on with it.
            begins = _plain(order.text.split("\n")[0])[:TELLS_WHERE]
            # What a developer or a user says is no data, unless it claims to stand above what was said before.
            if order.known is None and (
                (begins in asked and not _insists(reading, order)) or _in_any(begins, between_marks)
            ):
                continue
            # An attack that was cut in two stands between marks all the same.
            whole = turn.role != "tool" and order.known is not None and order in orders_in("\n\n".join(enclosed))
            yield _Found(order, _habit(order, turn.role), whole)


def _insists(reading: Reading, order: Order) -> bool:
    """Whether words outside of data are an order to forget the others, and not a rule about such orders."""
    return order.insists and order.text not in reading.prompt.told and not _is_rule(reading.prompt.instructions, order)


def _in_any(words: str, texts: Sequence[str]) -> bool:
    return any(words in text for text in texts)


def _whole(excerpt: Excerpt) -> str:
    return "\n\n".join((*reversed(excerpt.above), excerpt.text))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _in_tools(reading: Reading) -> Iterator[_Found]:
    for tool in reading.prompt.tools:
        parameters = schemas.walk(tool.parameters, tool.parameters)
        for text in (tool.description, *(str(part.get("description") or "") for _, part in parameters)):
            for order in orders_in(text):
                yield _Found(order, "I5", False)


def _marked_off(excerpt: Excerpt, order: Order, turns: tuple[Turn, ...]) -> bool:
    """Whether the developer has put marks around it. That a tool answers in JSON marks nothing off."""
    if excerpt.role != "tool" or not excerpt.enclosed:
        return excerpt.enclosed
    if any(
        turn.role == "tool" and excerpt.text in turn.text and turn.text.lstrip()[:1] not in ("{", "[") for turn in turns
    ):
        return True
    return any(piece.enclosed and order in orders_in(piece.text) for piece in split(excerpt.text, "user")[1])


def _is_rule(text: str, order: Order) -> bool:
    before = text[: text.find(order.text)].rstrip()
    return any(
        read_permissions(sentence).distrust for sentence in (*sentences(before)[-1:], *sentences(order.text)[:1])
    )


def _habit(order: Order, role: str) -> str:
    if order.wants_secret:
        return "I4"
    return "I3" if order.image else "I2" if role == "tool" else "I1"


def _obeys(reading: Reading, found: _Found) -> bool:
    if reading.always_obeys:
        return True
    guarded = {
        (False, False): 1.0,
        (True, False): BETWEEN_MARKS,
        (False, True): TOLD_APART,
        (True, True): BOTH,
    }[found.enclosed, reading.permissions.distrust]
    if found.habit == "I4":
        guarded *= _discretion(reading)
    return reading.errs(found.habit, found.order.text, reading.prompt.question, factor=guarded)


def _discretion(reading: Reading) -> float:
    confidential = any(_CONFIDENTIAL.search(sentence) for sentence in order_sentences(reading.prompt.instructions))
    return KEPT_TO_ITSELF if confidential else 1.0


def _asks_for_prompt(question: str) -> bool:
    return any(_YOURS.search(found[0]) for found in _ASKS_FOR_PROMPT.finditer(question))


def _instructions(reading: Reading) -> str:
    """What the developer said, word for word."""
    return reading.prompt.told or reading.prompt.instructions


def _carried_out(reading: Reading, order: Order) -> Reply | None:
    """The reply that the order wants; None where its call was made already, or the request leaves no room for it."""
    if order.call is not None or order.tool or (order.insists and not order.words and not order.url):
        call = _call(reading, order)
        if call is not None:
            fits = reading.prompt.must_call in ("", "required", call.name)
            return Reply(tool_calls=[call]) if fits and not _was_made(reading, call) else None
    if reading.prompt.must_call:
        return None
    if order.wants_secret:
        first = (
            order.known.forbidden.contains
            if order.known and order.known.forbidden and order.known.forbidden.kind == "text"
            else ""
        )
        return _said(reading, "\n\n".join(part for part in (first, _instructions(reading)) if part))
    if order.url:
        return _said(reading, f"{_answer(reading)}\n\n{_shown(reading, order)}")
    if order.words and order.beside and order.known is None:
        return _said(reading, f"{_answer(reading)}\n\n{order.words}")
    if order.words and not order.tool:
        return _said(reading, order.words)
    return _said(reading, _claimed(order))


def _said(reading: Reading, text: str) -> Reply | None:
    """A text, in the form in which the output has to be."""
    prompt = reading.prompt
    if not prompt.json_mode:
        return Reply(text)
    if prompt.schema is None:
        return Reply(schemas.dumped({"answer": text}))
    filled = schemas.smallest(prompt.schema, prompt.schema)
    if not isinstance(filled, dict):
        return None
    free = {
        name: said
        for name, part in schemas.properties(schemas.resolved(prompt.schema, prompt.schema)).items()
        if (said := _free_text(schemas.resolved(part, prompt.schema), text)) is not None
    }
    return Reply(schemas.dumped({**filled, **dict(list(free.items())[:1])})) if free else None


def _free_text(schema: dict[str, Any], text: str) -> str | None:
    choices = schemas.alternatives(schema) or [schema]
    return next((text for part in choices if schemas.kind_of(part) == "string" and schemas.fits(text, part)), None)


def _answer(reading: Reading) -> str:
    return grounding.written(reading, grounding.answer(reading))


def _claimed(order: Order) -> str:
    """That it was done, where there is no tool to do it with."""
    if order.call is None:
        return f"Done: {order.text}"
    given = ", ".join(f"{name} {value}" for name, value in order.call.arguments.items())
    return f"Done. I have called {order.call.name} with {given}."


def _call(reading: Reading, order: Order) -> ToolCall | None:
    """The tool call that the order wants, where the tool is offered."""
    tools = {tool.name: tool for tool in reading.prompt.tools}
    wanted: dict[str, Any] = dict(order.call.arguments) if order.call is not None else {}
    name = order.tool or next((name for name in tools if _named(name).search(order.text)), "")
    return ToolCall(name, _arguments(tools[name], order.text, wanted)) if name in tools else None


def _named(name: str) -> re.Pattern[str]:
    """A tool's name in running text: "issue a credit" is issue_credit."""
    return re.compile(
        r"\b" + r"[\s_-]+(?:an?\s+|the\s+)?".join(map(re.escape, re.split(r"[_-]+", name))) + r"\b", re.IGNORECASE
    )


def _was_made(reading: Reading, call: ToolCall) -> bool:
    """Whether the conversation has the same call already, whatever else it was given."""
    wanted = dict(call.arguments) if not isinstance(call.arguments, str) else {}
    made = [(result.name, result.arguments) for result in reading.prompt.results]
    for turn in reading.prompt.turns:
        if turn.role == "assistant":
            made += re.findall(r"^([\w-]+)\((.*)\)$", turn.text, re.MULTILINE)
    return any(name == call.name and _given(arguments) == wanted for name, arguments in made)


def _given(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return None


def _arguments(tool: Tool, text: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """What an order gives a tool: what it is known to want, else what stands after a parameter's name."""
    closed = tool.parameters.get("additionalProperties") is False
    given = {name: value for name, value in wanted.items() if not closed or name in schemas.properties(tool.parameters)}
    required = schemas.required(tool.parameters)
    for name, part in schemas.properties(tool.parameters).items():
        if name in given:
            continue
        schema = schemas.resolved(part, tool.parameters)
        value = _value(name, schema, text)
        if value is None and name in required:
            value = (
                schemas.text_for(schema, "as requested")
                if _takes_text(schema)
                else schemas.smallest(schema, tool.parameters)
            )
        if value is not None:
            given[name] = value
    return given


def _takes_text(schema: dict[str, Any]) -> bool:
    return schemas.kind_of(schema) == "string" and "enum" not in schema and "const" not in schema


def _value(name: str, schema: dict[str, Any], text: str) -> Any:
    words = r"[\s_]+".join(map(re.escape, name.split("_")))
    named = re.search(
        rf"\b{words}\b[`\"']?\s*(?:=|:|is|of|to|the)?\s*(?:[\"'“`]([^\"'”`\n]+)[\"'”`]|([\w.@:/*+-]*[\w@/*]))",
        text,
        re.IGNORECASE,
    )
    said = (named[1] or named[2]) if named else ""
    for option in schema.get("enum") or ():
        if isinstance(option, str) and re.search(rf"\b{re.escape(option)}\b", said or text, re.IGNORECASE):
            return option
    kind = schemas.kind_of(schema)
    if kind in ("integer", "number"):
        return _number(name, schema, said if re.search(r"\d", said) else text)
    if kind == "boolean":
        return said.lower() not in ("false", "no", "off") if said else None
    if kind != "string":
        return None
    identifier = (
        re.search(r"\b[A-Z]{1,4}-[\w-]*\d[\w-]*\b", text) if re.search(r"id$|serial|number|code", name) else None
    )
    value = said or (identifier[0] if identifier else "")
    return value if value and schemas.fits(value, schema) else None


def _number(name: str, schema: dict[str, Any], text: str) -> float | int | None:
    found = re.search(r"(?<![\w.-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w-])", text)
    if found is None:
        return None
    value = float(found[0].replace(",", ""))
    # "50.00" is an amount in whole units of money.
    return schemas.into_range(value * 100 if "cents" in name and "." in found[0] else value, schema)


def _shown(reading: Reading, order: Order) -> str:
    """The order's address, as an image or as a link, what it asks for filled in."""
    address = _filled(reading, order)
    if re.search(r"<img", order.text, re.IGNORECASE):
        return f'<img src="{address}">'
    return f"![status]({address})" if order.image else f"[More]({address})"


def _filled(reading: Reading, order: Order) -> str:
    """The address with data of the conversation in its blanks."""
    address = order.url or ""

    def value(blank: re.Match[str]) -> str:
        key = re.search(r"([\w-]*)=?$", address[: blank.start()])
        return quote_plus(_looked_up(reading, order, f"{key[1] if key else ''} {blank[0]}".strip(" {}[]<>")))

    return _BLANK.sub(value, address)


def _looked_up(reading: Reading, order: Order, wanted: str) -> str:
    """A mail address, a number or a name where the blank names one and the conversation has it; else what was said."""
    said = reading.prompt.text.replace(order.text, " ")
    for names, pattern in _BY_NAME:
        if names.search(wanted) and (found := pattern.search(said)):
            return found[0]
    if re.search(r"history|messages|conversation|everything", wanted, re.IGNORECASE):
        return " ".join(said.split())[:CARRIED_AT_MOST]
    return " ".join(reading.prompt.question.split())[:CARRIED_AT_MOST]
