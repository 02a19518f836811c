"""data/queries.yaml and its held-out half read into labelled queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.labels import Labeller
from gradus.coldtrail.facts import Knowledge
from gradus.coldtrail.queries import Asker, Query, Stratum

TODAY = date(2026, 10, 1)
"""The present day of the corpus."""


@dataclass(frozen=True)
class QuerySource:
    """A query as it is written; see Query for the fields, and `helps`: passages that help without answering."""

    id: str
    stratum: Stratum
    text: str
    asker: Asker
    facts: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    near_miss: str | None = None
    helps: tuple[str, ...] = ()
    as_of: date = TODAY
    firmware: str | None = None
    region: str | None = None


def read_queries(where: str, source: object, knowledge: Knowledge, labeller: Labeller) -> tuple[Query, ...]:
    """Labelled queries from a parsed YAML file.

    Args:
        where: the file's name, for errors.
        source: what the YAML holds.
        knowledge: the facts that queries name.
        labeller: derives the labels.

    Raises:
        SourceError: the file is not written as it should be, or names a fact or passage that does not exist.

    Example:
        >>> read_queries("queries.yaml", yaml.safe_load(text), knowledge, labeller)[0].relevance
        {'errors/e-4012#top': 2}
    """
    try:
        written = TypeAdapter(tuple[QuerySource, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"data/{where}: {error}") from error
    return tuple(_query(where, query, knowledge, labeller) for query in written)


def _query(where: str, written: QuerySource, knowledge: Knowledge, labeller: Labeller) -> Query:
    for name in (*written.facts, *written.withheld):
        if name not in knowledge.fact:
            raise SourceError(f"data/{where}: {written.id}: no fact {name!r} in facts.yaml.")
    check_passages(f"data/{where}: {written.id}", (written.near_miss, *written.helps), labeller)
    labels = labeller.labels(written.facts, written.withheld, written.asker, written.helps, written.near_miss)
    return Query(
        id=written.id,
        text=written.text,
        stratum=written.stratum,
        asker=written.asker,
        as_of=written.as_of,
        firmware=written.firmware,
        region=written.region,
        facts=written.facts,
        withheld=written.withheld,
        near_miss=written.near_miss,
        **asdict(labels),
    )


def check_passages(where: str, ids: Iterable[str | None], labeller: Labeller) -> None:
    """Refuse ids of passages that do not exist.

    Raises:
        SourceError: one of them does not.
    """
    for name in ids:
        if name is not None and not labeller.has_passage(name):
            raise SourceError(f"{where}: no passage {name!r}. Its id is its document's id, #, and its anchor.")
