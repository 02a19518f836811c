"""A dozen people, written by hand, and the role that each of them means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradus.paths import Role

ROLE = ("ships", "hired", "week", "wrong", "weights", "maths")
PLAN = ("first", "hours", "knows_engineering", "knows_llms", "knows_retrieval", "knows_agents")


@dataclass(frozen=True)
class Persona:
    name: str
    role: Role
    letters: str  # an answer to each question on the role, then to each on the plan

    @property
    def answers(self) -> dict[str, str]:
        return dict(zip((*ROLE, *PLAN), self.letters.replace(" ", ""), strict=False))


PERSONAS = (
    Persona("a backend engineer who has been asked to add a chat", Role.AI_ENGINEER, "abbcac abbaaa"),
    Persona("a web developer who wants to build agents", Role.AI_ENGINEER, "abbcac dabaaa"),
    Persona("a platform engineer who runs gateways in production", Role.AI_ENGINEER, "abbcac abcbaa"),
    Persona("a search engineer who knows vector databases", Role.AI_ENGINEER, "abbcac ccbbcb"),
    Persona("an analyst who does not know yet, and likes systems", Role.AI_ENGINEER, "ddbcac baaaaa"),
    Persona("a data scientist who wants to leave training behind", Role.AI_ENGINEER, "bbbcab bbbbbb"),
    Persona("a data scientist who wants to train larger models", Role.ML_ENGINEER, "bacabb"),
    Persona("a backend engineer who wants to fine-tune for a living", Role.ML_ENGINEER, "aacabc"),
    Persona("somebody who fine-tunes on weekends and is not sure", Role.ML_ENGINEER, "adcabb"),
    Persona("a student of mathematics who wants to publish", Role.ML_RESEARCHER, "ccabca"),
    Persona("a physicist in industry who misses research", Role.ML_RESEARCHER, "dcabca"),
    Persona("an ML engineer who wants to go back to the university", Role.ML_RESEARCHER, "bcabca"),
)


def by_name(persona: Any) -> str:
    return str(persona.name)
