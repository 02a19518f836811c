"""data/conversations.yaml read into conversations."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.labels import Labeller
from gradus.coldtrail.conversations import Conversation, FollowUp, Turn
from gradus.coldtrail.facts import Knowledge
from gradus.coldtrail.queries import Asker


@dataclass(frozen=True)
class ConversationSource:
    """A conversation as it is written; its turns alternate, the user's first and last."""

    id: str
    kind: FollowUp
    asker: Asker
    turns: tuple[str, ...]
    standalone: str
    facts: tuple[str, ...]


def read_conversations(source: object, knowledge: Knowledge, labeller: Labeller) -> tuple[Conversation, ...]:
    """Conversations from the parsed YAML file.

    Args:
        source: what the YAML holds.
        knowledge: the facts that they name.
        labeller: derives the relevance of passages.

    Raises:
        SourceError: the file is not written as it should be, or names a fact that does not exist.

    Example:
        >>> read_conversations(yaml.safe_load(text), knowledge, labeller)[0].turns[0].role
        'user'
    """
    try:
        written = TypeAdapter(tuple[ConversationSource, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"data/conversations.yaml: {error}") from error
    return tuple(_conversation(one, knowledge, labeller) for one in written)


def _conversation(written: ConversationSource, knowledge: Knowledge, labeller: Labeller) -> Conversation:
    if len(written.turns) % 2 == 0:
        raise SourceError(f"data/conversations.yaml: {written.id}: turns end with the user's: write an odd number.")
    if unknown := [name for name in written.facts if name not in knowledge.fact]:
        raise SourceError(f"data/conversations.yaml: {written.id}: no fact {unknown[0]!r} in facts.yaml.")
    return Conversation(
        id=written.id,
        kind=written.kind,
        asker=written.asker,
        turns=tuple(Turn("assistant" if index % 2 else "user", text) for index, text in enumerate(written.turns)),
        standalone=written.standalone,
        facts=written.facts,
        relevance=labeller.labels(written.facts, (), written.asker).relevance,
    )
