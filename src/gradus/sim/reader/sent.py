"""The turns of a prompt as they were sent, word for word."""

from __future__ import annotations

import re

from ..turns import Turn
from .prompt import DIRECTORS, Prompt

_TURN = re.compile(r"^(system|developer|user|assistant|tool|\?): ", re.MULTILINE)


def sent(prompt: Prompt) -> tuple[Turn, ...]:
    """Who said what, marks and data included.

    Example:
        >>> from .prompt import read_prompt
        >>> sent(read_prompt({"messages": [{"role": "user", "content": "ping"}]}))
        (Turn(role='user', text='ping'),)
    """
    parts = _TURN.split(prompt.text)[1:]
    return tuple(Turn(role, text.removesuffix("\n")) for role, text in zip(parts[::2], parts[1::2], strict=True))


def told(prompt: Prompt) -> str:
    """What the developer said: the system's and the developer's turns."""
    return "\n".join(turn.text for turn in sent(prompt) if turn.role in DIRECTORS)
