"""What the reader will not answer: what the moderation model flags (O5), and whether warm goods are safe (O4)."""

from __future__ import annotations

import re

from ..reply import Reply
from ..wire.moderations import FLAGGED_ABOVE, scores
from .reading import Reading

REFUSAL = "I'm sorry, but I can't advise on whether medicines or vaccines are still safe to use."

SORTING = 0.1  # of the habit that is left where the output has a schema

_GOODS = r"\b(?:vaccines?|medicines?|medication|insulin|doses?|blood|drugs?|vials?|injections?|shots?|flu|shingles)\b"
_SAFE = (
    r"\b(?:safe|usable|harm\w*|dangerous|throw (?:it|them|away)|discard|still (?:good|ok|okay|fine)|"
    r"can (?:we|i|they) (?:still |safely )?(?:use|give|administer|inject)|ok(?:ay)? to (?:use|give)|spoil\w*|ruined|"
    r"viable)\b"
)
_SENSITIVE = re.compile(rf"(?=.*{_GOODS})(?=.*{_SAFE})", re.IGNORECASE | re.DOTALL)


def refuse(reading: Reading) -> Reply | None:
    """A refusal, an answer that a content filter took back, or None.

    A refusal stands in the reply's field for it where the output has a schema, else it is the text.
    """
    prompt = reading.prompt
    texts = [prompt.question, *(piece.text for piece in prompt.excerpts if piece.role != "system")]
    flagged = any(score > FLAGGED_ABOVE for text in texts for score in scores(text).values())
    if flagged and reading.errs("O5", prompt.question):
        return Reply("", finish_reason="content_filter")
    # Who only wants the words sorted into fields asks for no advice.
    bound = prompt.schema is not None
    if _SENSITIVE.search(prompt.question) and reading.errs("O4", prompt.question, factor=SORTING if bound else 1.0):
        return Reply(refusal=REFUSAL) if bound else Reply(REFUSAL)
    return None
