"""The 240 labelled queries: who asks what, which passages answer it, and what a right and a wrong answer say."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store
from gradus.coldtrail.documents import Document
from gradus.coldtrail.facts import Audience
from gradus.coldtrail.splits import Split

Stratum = Literal[
    "paraphrase",
    "identifier",
    "numeric",
    "version",
    "negation",
    "two_document",
    "access_rights",
    "unanswerable",
]

_RANK: dict[Audience, int] = {"public": 0, "customer": 1, "internal": 2}


@dataclass(frozen=True)
class Asker:
    """Who asks: what he or she may read follows from it.

    Attributes:
        audience: "public" for a visitor, "customer" for somebody signed in, "internal" for Coldtrail's staff.
        tenant: the customer's own tenant, such as "aster"; None for visitors and staff.
    """

    audience: Audience
    tenant: str | None = None

    def may_read(self, document: Document) -> bool:
        """Whether a document is for this asker: its audience, and where it has one, its tenant.

        Example:
            >>> Asker("customer", "elm").may_read(doc("runbooks/credits"))
            False
        """
        if self.audience == "internal":
            return True
        allowed = _RANK[document.audience] <= _RANK[self.audience]
        return allowed and document.tenant in (None, self.tenant)


@dataclass(frozen=True)
class Query:
    """One labelled query.

    Attributes:
        id: "Q-001" (dev) or "H-001" (held out).
        text: as it was typed.
        stratum: what makes it hard.
        asker: who asks.
        as_of: the day whose facts answer it: the one on which it is asked or, where its text looks back, the one it
            looks back to.
        firmware: "2" or "3" where the asker's device is known to have that firmware, or None.
        region: "eu" or "us" where the asker is known to be there, or None.
        facts: the ids of the facts that a right answer states; () where the right answer is that one cannot say.
        withheld: the ids of the facts that would answer it, but are not for this asker.
        near_miss: for unanswerable queries, the id of the passage that looks as if it answered; or None.
        relevance: by passage id, 2 (states one of the facts) or 1 (the same thing for another version, time or region,
            or it helps); every other passage has 0. Only passages that the asker may read.
        forbidden: the ids of the passages that state what is withheld.
        distractors: the ids of passages that the asker may read and that have 0: on the same attribute of something
            else, on another attribute of the same thing, or beside a passage that answers or nearly does; at most 10.
        right: for each of the facts, every form in which an answer may state it, normalised and in lower case.
        wrong: the same for its wrong value.
    """

    id: str
    text: str
    stratum: Stratum
    asker: Asker
    as_of: date
    firmware: str | None
    region: str | None
    facts: tuple[str, ...]
    withheld: tuple[str, ...]
    near_miss: str | None
    relevance: dict[str, int]
    forbidden: tuple[str, ...]
    distractors: tuple[str, ...]
    right: tuple[tuple[str, ...], ...]
    wrong: tuple[tuple[str, ...], ...]

    @property
    def answerable(self) -> bool:
        """Whether the corpus answers it, for this asker."""
        return bool(self.facts)


@functools.cache
def queries(split: Split = "dev") -> tuple[Query, ...]:
    """The labelled queries of one half.

    Args:
        split: "dev" to look at and tune on, "held_out" for graders.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> len(queries()), len(queries("held_out"))
        (120, 120)
    """
    folder = "derived" if split == "dev" else "held_out/derived"
    return store.load(f"{folder}/queries.json", TypeAdapter(tuple[Query, ...]))
