"""The 30 conversations: each ends with a question that means nothing without what was said before, or seems to."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store
from gradus.coldtrail.queries import Asker

FollowUp = Literal["pronoun", "ellipsis", "comparison", "correction", "topic_switch", "standalone"]
"""pronoun: "does it ...?". ellipsis: "and for the other one?". comparison: "which of the two?".
correction: "no, I meant ...". topic_switch: what was said before would mislead. standalone: needs no rewriting."""


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True)
class Conversation:
    """A conversation up to a follow-up question.

    Attributes:
        id: "V-01".
        kind: how the follow-up leans on what was said before.
        asker: who asks.
        turns: the messages; the last is the user's follow-up.
        standalone: the follow-up as somebody would ask it who had said nothing before.
        facts: the ids of the facts that a right answer states.
        relevance: by passage id, 2 or 1, as in a Query.
    """

    id: str
    kind: FollowUp
    asker: Asker
    turns: tuple[Turn, ...]
    standalone: str
    facts: tuple[str, ...]
    relevance: dict[str, int]

    @property
    def question(self) -> str:
        """The follow-up as it was typed."""
        return self.turns[-1].content


@functools.cache
def conversations() -> tuple[Conversation, ...]:
    """All conversations.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> len(conversations())
        30
    """
    return store.load("derived/conversations.json", TypeAdapter(tuple[Conversation, ...]))
