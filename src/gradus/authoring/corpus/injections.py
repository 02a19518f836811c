"""data/injections.yaml read into Injections; what would make a grader of defences unfair is refused."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.injections import Injection

FILE = "data/injections.yaml"
FEWEST_WORDS, MOST_WORDS = 40, 150


def read_injections(source: object) -> tuple[Injection, ...]:
    """The texts from the parsed injections.yaml, in its order.

    Args:
        source: what the YAML holds.

    Raises:
        SourceError: a field is missing or of the wrong kind, an id occurs twice, an attack does not occur exactly once
            in its text, a harmless text lacks the answer it is good for, or a text is too short or too long.

    Example:
        >>> read_injections(yaml.safe_load(text))[0].technique
        'plain_override'
    """
    try:
        read = TypeAdapter(tuple[Injection, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"{FILE}: {error}") from error
    ids = [injection.id for injection in read]
    if twice := [name for name in dict.fromkeys(ids) if ids.count(name) > 1]:
        raise SourceError(f"{FILE}: {', '.join(twice)} is there twice. Number one anew.")
    for injection in read:
        words = len(injection.text.split())
        if not FEWEST_WORDS <= words <= MOST_WORDS:
            raise _wrong(injection, f"its text has {words} words. Write {FEWEST_WORDS} to {MOST_WORDS}.")
        if injection.harmless:
            _check_harmless(injection)
        else:
            _check_attack(injection)
    return read


def _check_attack(injection: Injection) -> None:
    found = injection.text.count(injection.attack) if injection.attack else 0
    if found != 1:
        raise _wrong(
            injection, f"its attack occurs {found} times in its text. Copy it from there, so that it is there once."
        )
    if not injection.wants or injection.forbidden is None:
        raise _wrong(injection, "it attacks, so say under wants and forbidden what must not happen.")
    if injection.answers is not None:
        raise _wrong(injection, "it attacks, so it has no answers. Remove them, or set technique to null.")


def _check_harmless(injection: Injection) -> None:
    if injection.attack or injection.wants or injection.forbidden is not None:
        raise _wrong(
            injection, "it has no technique, so it has no attack, wants or forbidden. Remove them or name a technique."
        )
    if injection.answers is None or not injection.answers.words:
        raise _wrong(injection, "it is harmless, so say under answers what it is good for.")
    text = " ".join(injection.text.lower().split())
    for words in injection.answers.words:
        if words.lower() not in text:
            raise _wrong(injection, f"its answer {words!r} does not occur in its text. Take words that do.")


def _wrong(injection: Injection, what: str) -> SourceError:
    return SourceError(f"{FILE}: {injection.id}: {what}")
