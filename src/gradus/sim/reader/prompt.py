"""What the reader makes of a request before it thinks: which text is data, what is asked, what is wanted."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..turns import Turn, turns_of
from .excerpts import Excerpt, split

DIRECTORS = ("system", "developer")
READ_AT_MOST = 400_000  # characters
LONGEST_ORDER = 400  # characters

_QUESTION_LABEL = re.compile(
    r"^\s*(?:#+\s*)?(?:the\s+)?(?:(?:user|customer)(?:'s)?\s+)?(?:question|query|request)\s*:\s*(.+)",
    re.I | re.S | re.M,
)
_SENTENCE = re.compile(r"[^.?!\n]+(?:[.?!]+(?=\s|$)|\n|$)|[^\n]+?(?:[.?!]+(?=\s)|\n|$)")


@dataclass(frozen=True)
class Tool:
    """A tool that the model may call, its parameters as a JSON schema, which is enforced if it is strict."""

    name: str
    description: str
    parameters: dict[str, Any]
    strict: bool = False


@dataclass(frozen=True)
class ToolResult:
    """What a call gave: the tool's name, the call's arguments as JSON text, and the output."""

    name: str
    arguments: str
    output: str


@dataclass(frozen=True)
class Prompt:
    """A request as the reader understands it.

    Attributes:
        instructions: what the developer says (system and developer turns), and what the last user turn says outside of
            data, each without excerpts.
        question: what is asked: of the last user turn, the part that is no data.
        excerpts: the pieces of data in the prompt, in their order, from all turns but the model's own.
        history: earlier user and assistant turns.
        tools: what may be called; () where tool_choice is "none".
        must_call: "required", or the name of the tool that has to be called, or "".
        parallel: whether several calls at once are allowed.
        results: the results of tool calls since the last user turn.
        schema: the JSON schema of the output, or None.
        strict: whether the schema is enforced.
        json_mode: whether the output has to be JSON of any kind.
        limit: output tokens at most, or None.
        temperature: from 0 to 2.
        seed: what makes sampling repeatable, or None.
        turns: who said what, word for word, marks and data included.
    """

    instructions: str
    question: str
    excerpts: tuple[Excerpt, ...]
    history: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    must_call: str
    parallel: bool
    results: tuple[ToolResult, ...]
    schema: dict[str, Any] | None
    strict: bool
    json_mode: bool
    limit: int | None
    temperature: float
    seed: int | None
    turns: tuple[Turn, ...]

    @functools.cached_property
    def text(self) -> str:
        """Everything that was sent, for what depends on every character of it."""
        return "\n".join(f"{turn.role}: {turn.text}" for turn in self.turns)

    @functools.cached_property
    def told(self) -> str:
        """What the developer said: the system's and the developer's turns."""
        return "\n".join(turn.text for turn in self.turns if turn.role in DIRECTORS)


def read_prompt(body: dict[str, Any]) -> Prompt:
    """The prompt in the body of a chat completions or responses request that the contract has accepted.

    Example:
        >>> read_prompt({"messages": [{"role": "user", "content": "How long does it last?"}]}).question
        'How long does it last?'
    """
    turns = [Turn(turn.role, turn.text[:READ_AT_MOST]) for turn in turns_of(body)]
    last_user = max((place for place, turn in enumerate(turns) if turn.role == "user"), default=-1)
    instructions: list[str] = []
    excerpts: list[Excerpt] = []
    question = ""
    for place, turn in enumerate(turns):
        if turn.role == "assistant":
            continue
        outside, found = split(turn.text, turn.role)
        excerpts += found
        if turn.role in DIRECTORS:
            instructions.append(outside)
        elif place == last_user:
            question, directions = _question_in(outside)
            instructions.append(directions)
    tools, must_call = _tools(body)
    schema, strict, json_mode = _output(body)
    return Prompt(
        instructions="\n".join(part for part in instructions if part.strip()),
        question=question,
        excerpts=tuple(excerpts),
        history=tuple(turn for turn in turns[: max(last_user, 0)] if turn.role in ("user", "assistant")),
        tools=tools,
        must_call=must_call,
        parallel=body.get("parallel_tool_calls") is not False,
        results=tuple(_results(body)),
        schema=schema,
        strict=strict,
        json_mode=json_mode,
        limit=body.get("max_completion_tokens") or body.get("max_tokens") or body.get("max_output_tokens"),
        temperature=1.0 if body.get("temperature") is None else float(body["temperature"]),
        seed=body.get("seed"),
        turns=tuple(turns),
    )


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without the marks of lists.

    Example:
        >>> sentences("Be brief. Never guess.\\n- Cite")
        ['Be brief.', 'Never guess.', 'Cite']
    """
    found = (re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", part).strip() for part in _SENTENCE.findall(text))
    return [part for part in found if part]


def order_sentences(text: str) -> list[str]:
    """The sentences of instructions, no longer than orders are: what goes on for pages tells nobody what to do."""
    return [sentence[:LONGEST_ORDER] for sentence in sentences(text)]


def _question_in(text: str) -> tuple[str, str]:
    """The question in a user's turn, and what else the turn says."""
    labelled = _QUESTION_LABEL.search(text)
    if labelled:
        asked = labelled[1].split("\n\n")[0].strip()
        return asked, text.replace(labelled[0], "", 1) + labelled[1][len(asked) :]
    return text.strip(), text


def _tools(body: dict[str, Any]) -> tuple[tuple[Tool, ...], str]:
    choice = body.get("tool_choice")
    if choice == "none":
        return (), ""
    tools = []
    for entry in body.get("tools") or ():
        function = entry.get("function") or entry
        parameters = function.get("parameters") or {"properties": {}}
        strict = bool(function.get("strict"))
        tools.append(Tool(function["name"], function.get("description") or "", parameters, strict))
    if not isinstance(choice, dict):
        return tuple(tools), "required" if choice == "required" else ""
    if choice.get("type") != "allowed_tools":
        return tuple(tools), (choice.get("function") or choice)["name"]
    allowed = choice.get("allowed_tools") or choice
    names = {(entry.get("function") or entry).get("name") for entry in allowed["tools"]}
    return tuple(tool for tool in tools if tool.name in names), "required" if allowed["mode"] == "required" else ""


def _output(body: dict[str, Any]) -> tuple[dict[str, Any] | None, bool, bool]:
    form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_object":
        return None, False, True
    if form.get("type") != "json_schema":
        return None, False, False
    given = form.get("json_schema") or form
    return given["schema"], bool(given.get("strict")), True


def _results(body: dict[str, Any]) -> Iterator[ToolResult]:
    entries: Iterable[Any] = body.get("messages") or body.get("input") or ()
    calls: dict[str, tuple[str, str]] = {}
    results: list[ToolResult] = []
    for entry in entries if isinstance(entries, list) else ():
        kind = entry.get("type")
        if kind == "function_call":
            calls[entry["call_id"]] = (entry["name"], entry["arguments"])
        for call in entry.get("tool_calls") or ():
            calls[call["id"]] = (call["function"]["name"], call["function"]["arguments"])
        if entry.get("role") == "user":
            results = []
        if kind == "function_call_output" or entry.get("role") == "tool":
            name, arguments = calls.get(entry.get("call_id") or entry.get("tool_call_id") or "", ("", "{}"))
            output = entry.get("output") if kind == "function_call_output" else entry.get("content")
            results.append(ToolResult(name, arguments, output if isinstance(output, str) else json.dumps(output)))
    yield from results
