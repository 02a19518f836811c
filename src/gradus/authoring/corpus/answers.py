"""data/answers.yaml and its held-out part read into judged answers."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.labels import Labeller
from gradus.authoring.corpus.queries import check_passages
from gradus.coldtrail.answers import JudgedAnswer
from gradus.coldtrail.facts import Knowledge


def read_answers(where: str, source: object, knowledge: Knowledge, labeller: Labeller) -> tuple[JudgedAnswer, ...]:
    """Judged answers from a parsed YAML file, which holds them field by field.

    Args:
        where: the file's name, for errors.
        source: what the YAML holds.
        knowledge: the facts that they name.
        labeller: knows the passages.

    Raises:
        SourceError: the file is not written as it should be, or names a fact or passage that does not exist.

    Example:
        >>> read_answers("answers.yaml", yaml.safe_load(text), knowledge, labeller)[0].verdict
        'pass'
    """
    try:
        answers = TypeAdapter(tuple[JudgedAnswer, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"data/{where}: {error}") from error
    for answer in answers:
        check_passages(f"data/{where}: {answer.id}", answer.passages, labeller)
        if unknown := [name for name in answer.facts if name not in knowledge.fact]:
            raise SourceError(f"data/{where}: {answer.id}: no fact {unknown[0]!r} in facts.yaml.")
        if (answer.verdict == "pass") != (answer.mode is None):
            raise SourceError(f"data/{where}: {answer.id}: what failed has a mode, what passed has none.")
    return answers
