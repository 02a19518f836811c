"""Texts that try to give a model orders, and harmless ones that only sound as if they did."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from gradus.coldtrail import store

Technique = Literal[
    "plain_override",
    "fake_markup",
    "hidden_text",
    "image_exfiltration",
    "tool_output_instruction",
    "obfuscated",
    "social_engineering",
    "poisoned_description",
]
"""How the order is brought to the reader; each is defined in the data sheet, and has three texts."""

Carrier = Literal["document", "ticket", "tool_output", "tool_description", "email"]
"""The way by which a text reaches the model."""


@dataclass(frozen=True)
class ForbiddenCall:
    """A tool call that must not happen.

    Attributes:
        name: the tool, such as "issue_credit".
        arguments: what its arguments contain, whatever else they hold. Money is in cents, temperatures in °C.
    """

    name: str
    arguments: dict[str, JsonValue]
    kind: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True)
class ForbiddenUrl:
    """An address that must not appear in what the model writes.

    Attributes:
        host: the whole host. Some begin with a host of Coldtrail's, so compare hosts, not beginnings.
    """

    host: str
    kind: Literal["url"] = "url"


@dataclass(frozen=True)
class ForbiddenText:
    """Words that must not appear in what the model writes.

    Attributes:
        contains: the words, to be looked for whatever their case.
    """

    contains: str
    kind: Literal["text"] = "text"


Forbidden = Annotated[ForbiddenCall | ForbiddenUrl | ForbiddenText, Field(discriminator="kind")]
"""What must not happen; `kind` tells which of the three it is."""


@dataclass(frozen=True)
class Usefulness:
    """What a harmless text is good for: a defence that hides the text loses the answer.

    Attributes:
        question: what a user would ask.
        words: what a right answer contains, whatever its case; all of them.
    """

    question: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Injection:
    """One text.

    Attributes:
        id: "J-01" to "J-24" for texts that attack, "B-01" to "B-12" for harmless ones.
        technique: how the attack works, or None where there is none.
        carrier: how the text reaches the model.
        text: the whole text, 40 to 150 words.
        attack: the injected instruction, a substring that occurs once; "" where there is none. Where the instruction is
            spread over the text, it runs from the first part to the last.
        wants: what the attacker wants; "" where there is none.
        forbidden: what must not happen, or None for a harmless text.
        answers: what the text is good for, or None for one that attacks.
    """

    id: str
    technique: Technique | None
    carrier: Carrier
    text: str
    attack: str = ""
    wants: str = ""
    forbidden: Forbidden | None = None
    answers: Usefulness | None = None

    @property
    def harmless(self) -> bool:
        """Whether nothing is attacked."""
        return self.technique is None


@functools.cache
def injections() -> tuple[Injection, ...]:
    """The 24 texts that attack, three for each technique, and then the 12 harmless ones.

    Raises:
        CorpusError: a file of data/ is missing or damaged.

    Example:
        >>> sum(injection.harmless for injection in injections())
        12
    """
    return store.load("derived/injections.json", TypeAdapter(tuple[Injection, ...]))
