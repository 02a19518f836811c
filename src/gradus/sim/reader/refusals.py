"""What the reader will not answer: what the moderation model flags (O5), and whether warm goods are safe (O4)."""

from __future__ import annotations

import functools
import re

from ..reply import Reply
from ..wire.moderations import FLAGGED_ABOVE, scores
from .reading import Reading

REFUSAL = "I'm sorry, but I can't advise on whether medicines or vaccines are still safe to use."

SORTING = 0.1  # of the habit that is left where the output has a schema

_GOODS = re.compile(
    r"\b(?:vaccines?|medicines?|medication|insulin|doses?|blood|drugs?|vials?|injections?|shots?|flu|shingles)\b",
    re.IGNORECASE,
)
_SAFE = re.compile(
    r"\b(?:safe|usable|harm\w*|dangerous|throw (?:it|them|away)|discard|still (?:good|ok|okay|fine)|"
    r"can (?:we|i|they) (?:still |safely )?(?:use|give|administer|inject)|ok(?:ay)? to (?:use|give)|spoil\w*|ruined|"
    r"viable)\b",
    re.IGNORECASE,
)


def refuse(reading: Reading) -> Reply | None:
    """A refusal, an answer that a content filter took back, or None.

    A refusal stands in the reply's field for it where the output has a schema, else it is the text.
    """
    prompt = reading.prompt
    texts = [prompt.question, *(piece.text for piece in prompt.excerpts if piece.role != "system")]
    if any(map(_is_flagged, texts)) and reading.errs("O5", prompt.question):
        return Reply("", finish_reason="content_filter")
    # Who only wants the words sorted into fields asks for no advice.
    bound = prompt.schema is not None
    sensitive = _GOODS.search(prompt.question) and _SAFE.search(prompt.question)
    if sensitive and reading.errs("O4", prompt.question, factor=SORTING if bound else 1.0):
        return Reply(refusal=REFUSAL) if bound else Reply(REFUSAL)
    return None


@functools.lru_cache(maxsize=4096)
def _is_flagged(text: str) -> bool:
    return any(score > FLAGGED_ABOVE for score in scores(text).values())
