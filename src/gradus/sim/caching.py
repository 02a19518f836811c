"""C5, prompt caching: how much of a prompt the provider has read before."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence

from . import tokens
from .turns import Turn

MIN_TOKENS = 1024
STEP = 128
REMEMBERED = 200


class PromptCache:
    """The last 200 prompts of all models.

    A prompt counts as cached as far as its first bytes are those of an earlier prompt of the same dated model: tools,
    then the output schema, then the messages with their roles, as the model reads them. One byte that differs ends it,
    so that what changes from call to call belongs at the end.

    Example:
        >>> cache = PromptCache()
        >>> manual = Turn("system", "valve " * 1500)
        >>> cache.remember("sim-small-2026-09", [manual])
        >>> cache.cached_tokens("sim-small-2026-09", [manual, Turn("user", "Where is it?")])
        1408
    """

    def __init__(self) -> None:
        self._by_age: deque[str] = deque()
        self._in_order: list[str] = []

    def cached_tokens(self, model: str, prompt: Sequence[Turn]) -> int:
        """Tokens of the prompt's longest known prefix, 0 below 1024, in steps of 128."""
        if not _is_long(prompt):
            return 0
        text = _text(model, prompt)
        # Among sorted texts the one that agrees longest stands next to where the text itself belongs.
        place = bisect_left(self._in_order, text)
        shared = max((_agreeing(text, other) for other in self._in_order[max(place - 1, 0) : place + 1]), default=0)
        known = min(_tokens_within(shared - len(_text(model, ())), prompt), tokens.count(turn.text for turn in prompt))
        return known // STEP * STEP if known >= MIN_TOKENS else 0

    def remember(self, model: str, prompt: Sequence[Turn]) -> None:
        """The model has read this prompt."""
        if not _is_long(prompt):
            return
        text = _text(model, prompt)
        self._by_age.append(text)
        insort(self._in_order, text)
        if len(self._by_age) > REMEMBERED:
            del self._in_order[bisect_left(self._in_order, self._by_age.popleft())]


def _is_long(prompt: Sequence[Turn]) -> bool:
    # A token has at least one character, so a short prompt need not be counted.
    return sum(len(turn.text) for turn in prompt) >= MIN_TOKENS


def _text(model: str, prompt: Sequence[Turn]) -> str:
    return model + "".join(map(_line, prompt))


def _line(turn: Turn) -> str:
    return f"\n{turn.role}: {turn.text}"


def _agreeing(one: str, other: str) -> int:
    """How many characters the two begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _tokens_within(characters: int, prompt: Sequence[Turn]) -> int:
    """The prompt's tokens within so many of its first characters; half a word may count as more than the whole."""
    known = 0
    for turn in prompt:
        line = _line(turn)
        if characters < len(line):
            begun = max(characters - (len(line) - len(turn.text)), 0)
            return known + tokens.count([turn.text[:begun]])
        known += tokens.count([turn.text])
        characters -= len(line)
    return known
