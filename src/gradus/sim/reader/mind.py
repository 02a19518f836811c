"""What the reader does with a request: which of the things it can do it takes to be asked for."""

from __future__ import annotations

from dataclasses import replace

from .. import tokens
from ..reply import Reply
from . import agent, grounding, judge, obedience, refusals, structured
from .reading import Reading


def respond(reading: Reading) -> Reply:
    """The reply to a request."""
    return _within(_reply(reading), reading.prompt.limit)


def _reply(reading: Reading) -> Reply:
    if (obeyed := obedience.obey(reading)) is not None:
        return obeyed
    if (judged := judge.judge(reading)) is not None:
        return judged
    if (refused := refusals.refuse(reading)) is not None:
        return refused
    if (acted := agent.act(reading)) is not None:
        return acted
    if reading.errs("O6", reading.prompt.question):
        return Reply("")
    if structured.wants_json(reading.prompt):
        return structured.fill(reading)
    return Reply(grounding.written(reading, grounding.answer(reading)))


def _within(reply: Reply, limit: int | None) -> Reply:
    """The reply as far as it goes with so many tokens (O1): cut in the middle, whatever it was."""
    if limit is None or reply.text is None or reply.finish_reason is not None or tokens.count([reply.text]) <= limit:
        return reply
    return replace(reply, text=_beginning(reply.text, limit), finish_reason="length")


def _beginning(text: str, limit: int) -> str:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens.count([text[:middle]]) <= limit else (low, middle - 1)
    return text[:low]
