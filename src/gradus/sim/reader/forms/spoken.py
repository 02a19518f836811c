"""What a form says that holds an answer: its sentences, and for each where it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .. import grounding
from ..grounding import Answer, Claim
from ..reading import Reading
from .roles import Role

_NO = (
    "abstain",
    "unknown",
    "not_found",
    "unanswer",
    "no_answer",
    "not found",
    "insufficient",
    "refus",
    "cannot",
    "false",
    "no",
)


@dataclass(frozen=True)
class Spoken:
    """An answer, ready to be put into a form.

    Attributes:
        reading: whose answer it is.
        answer: its sentences.
    """

    reading: Reading
    answer: Answer

    @property
    def read(self) -> bool:
        """Whether all of it stands in the excerpts."""
        return bool(self.answer.claims) and all(claim.excerpt is not None for claim in self.answer.claims)

    def text(self, claim: Claim | None) -> str | None:
        """The whole answer or one of its sentences; None where it abstains."""
        if claim is not None:
            return claim.text
        return None if self.answer.abstains else " ".join(one.text for one in self.answer.claims)

    def source(self, claim: Claim | None) -> str | None:
        """The id of the passage, or None."""
        claim = claim or next(iter(self.answer.claims), None)
        return (grounding.cited(self.reading, claim)[0] or None) if claim else None

    def quote(self, claim: Claim | None) -> str | None:
        """The words of the passage, or None."""
        claim = claim or next(iter(self.answer.claims), None)
        return (grounding.cited(self.reading, claim)[1] or None) if claim else None

    def reason(self, claim: Claim | None) -> str:
        """Why it says what it says."""
        source, quote = self.source(claim), self.quote(claim)
        if self.answer.abstains or quote is None:
            return "The text that was given does not say."
        return f"{source or 'The text'} says: {quote}"

    def status(self, values: list[Any]) -> Any:
        """Of labels for whether there is an answer, the one that is right."""
        negative = [value for value in values if any(part in str(value).lower() for part in _NO)]
        positive = [value for value in values if value is not None and value not in negative]
        chosen = negative if self.answer.abstains else positive
        return (chosen or values)[0]

    def truth(self, role: Role) -> bool:
        """A flag for whether it abstains, or whether it answers."""
        return self.answer.abstains == (role == "abstains")


def speak(reading: Reading, *, way_out: bool) -> Spoken:
    """Answer the prompt's question for a form.

    Args:
        reading: who answers.
        way_out: whether the form itself lets it abstain.
    """
    if way_out:
        reading = replace(reading, permissions=replace(reading.permissions, abstain=True))
    return Spoken(reading, grounding.answer(reading))
