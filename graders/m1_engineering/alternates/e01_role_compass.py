"""Role compass built differently: a table of rules, fractions for the shares, and a heap under a depth-first search."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from heapq import heapify, heappop, heappush


class Role(StrEnum):
    AI_ENGINEER = "ai_engineer"
    ML_ENGINEER = "ml_engineer"
    ML_RESEARCHER = "ml_researcher"
    SOFTWARE_ENGINEER = "software_engineer"


class Weights(StrEnum):
    NONE = "none"
    USED = "used"
    FINE_TUNED = "fine_tuned"
    FROM_SCRATCH = "from_scratch"


class Artefact(StrEnum):
    PAPER = "paper"
    CHECKPOINT = "checkpoint"
    MODEL_SERVER = "model_server"
    FEATURE = "feature"
    EVALUATION = "evaluation"


class Yardstick(StrEnum):
    STATE_OF_THE_ART = "state_of_the_art"
    MODEL_SCORE = "model_score"
    USER_OUTCOME = "user_outcome"


@dataclass(frozen=True)
class WorkItem:
    title: str
    weights: Weights
    ships: frozenset[Artefact]
    yardstick: Yardstick
    days: int = 1


@dataclass(frozen=True)
class Reading:
    role: Role
    percent: Mapping[Role, int]


class Area(StrEnum):
    ENGINEERING = "engineering"
    LLMS = "llms"
    RETRIEVAL = "retrieval"
    AGENTS = "agents"
    ML_LITERACY = "ml_literacy"
    TRAINING = "training"
    RESEARCH = "research"


@dataclass(frozen=True)
class Skill:
    name: str
    area: Area
    needs: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()


class UnknownSkillError(Exception):
    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"unknown skills: {', '.join(self.names)}")


class SkillCycleError(Exception):
    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"skills that need one another: {', '.join(self.names)}")


_AI = frozenset({Role.AI_ENGINEER})
_ML = frozenset({Role.ML_ENGINEER})
_RESEARCH = frozenset({Role.ML_RESEARCHER})
_SERVICES = frozenset({Role.AI_ENGINEER, Role.SOFTWARE_ENGINEER})

# A small map of the three jobs, to try plan_path on. What stands first is taught first, where there is a choice.
SKILLS = (
    Skill("python", Area.ENGINEERING),
    Skill("data_handling", Area.ENGINEERING, needs=("python",)),
    Skill("api_design", Area.ENGINEERING, needs=("python",)),
    Skill("reliability", Area.ENGINEERING, needs=("api_design",), roles=_SERVICES),
    Skill("structured_outputs", Area.LLMS, needs=("api_design",)),
    Skill(
        "grounded_answers",
        Area.LLMS,
        needs=("structured_outputs", "vector_search", "why_models_make_things_up"),
        roles=_AI,
    ),
    Skill("vector_search", Area.RETRIEVAL, needs=("data_handling", "what_embeddings_see")),
    Skill("context_engineering", Area.RETRIEVAL, needs=("vector_search", "how_evaluation_works"), roles=_AI),
    Skill("tool_calling", Area.AGENTS, needs=("structured_outputs", "reliability")),
    Skill("human_approval", Area.AGENTS, needs=("tool_calling", "where_models_fail"), roles=_AI),
    Skill("what_embeddings_see", Area.ML_LITERACY),
    Skill("why_models_make_things_up", Area.ML_LITERACY),
    Skill("how_evaluation_works", Area.ML_LITERACY, needs=("data_handling",)),
    Skill("where_models_fail", Area.ML_LITERACY, needs=("how_evaluation_works", "why_models_make_things_up")),
    Skill("linear_algebra", Area.TRAINING),
    Skill("calculus", Area.TRAINING),
    Skill("gradient_descent", Area.TRAINING, needs=("linear_algebra", "calculus")),
    Skill("training_loops", Area.TRAINING, needs=("python", "gradient_descent", "how_evaluation_works")),
    Skill("fine_tuning", Area.TRAINING, needs=("training_loops",), roles=_ML),
    Skill("model_serving", Area.TRAINING, needs=("reliability",), roles=_ML),
    Skill("statistics", Area.RESEARCH),
    Skill("design_of_experiments", Area.RESEARCH, needs=("statistics", "how_evaluation_works"), roles=_RESEARCH),
    Skill("learning_theory", Area.RESEARCH, needs=("gradient_descent", "statistics"), roles=_RESEARCH),
)

RULES: Sequence[tuple[Callable[[WorkItem], bool], Role]] = (
    (lambda item: item.yardstick == Yardstick.STATE_OF_THE_ART, Role.ML_RESEARCHER),
    (lambda item: item.weights not in {Weights.NONE, Weights.USED}, Role.ML_ENGINEER),
    (lambda item: not item.ships.isdisjoint({Artefact.MODEL_SERVER}), Role.ML_ENGINEER),
    (lambda item: item.weights != Weights.NONE, Role.AI_ENGINEER),
    (lambda item: True, Role.SOFTWARE_ENGINEER),
)


def classify_work(item: WorkItem) -> Role:
    return next(role for applies, role in RULES if applies(item))


def read_advert(items: Sequence[WorkItem]) -> Reading:
    days: Counter[Role] = Counter()
    for item in items:
        days.update({classify_work(item): item.days})
    total = days.total()
    if total == 0:
        raise ValueError("no work")
    places = {role: place for place, role in enumerate(Role)}
    software = days[Role.SOFTWARE_ENGINEER] == total
    candidates = [Role.SOFTWARE_ENGINEER] if software else list(Role)[:3]
    winner = min(candidates, key=lambda role: (-days[role], places[role]))
    shares = {role: Fraction(100 * days[role], total) for role in Role}
    percent = {role: math.floor(share) for role, share in shares.items()}
    while sum(percent.values()) < 100:
        # Whoever got one has lost less than nothing, and comes last from then on.
        percent[min(Role, key=lambda role: (percent[role] - shares[role], places[role]))] += 1
    return Reading(winner, percent)


def plan_path(role: Role, known: Collection[str], graph: Sequence[Skill]) -> list[str]:
    skills = {skill.name: skill for skill in graph}
    unknown = {name for skill in graph for name in skill.needs if name not in skills}
    unknown.update(name for name in known if name not in skills)
    if unknown:
        raise UnknownSkillError(sorted(unknown))
    for _ in post_order([skill.name for skill in graph], skills, frozenset()):
        pass  # every circle there is
    goals = [skill.name for skill in graph if role in skill.roles]
    wanted = set(post_order(goals, skills, frozenset(known)))
    return first_come(wanted, [skill for skill in graph if skill.name in wanted])


def post_order(starts: Sequence[str], skills: Mapping[str, Skill], known: frozenset[str]) -> Iterator[str]:
    """Depth first, without recursion: each name once, after what it needs; SkillCycleError if that is impossible."""
    done: set[str] = set(known)
    for start in starts:
        trail: dict[str, Iterator[str]] = {} if start in done else {start: iter(skills[start].needs)}
        while trail:
            name = next(reversed(trail))
            need = next((need for need in trail[name] if need not in done), None)
            if need is None:
                del trail[name]
                done.add(name)
                yield name
            elif need in trail:
                names = list(trail)
                raise SkillCycleError(names[names.index(need) :])
            else:
                trail[need] = iter(skills[need].needs)


def first_come(wanted: set[str], skills: Sequence[Skill]) -> list[str]:
    """Kahn's algorithm with a heap of places."""
    waiting = {place: wanted.intersection(skill.needs) for place, skill in enumerate(skills)}
    ready = [place for place, needs in waiting.items() if not needs]
    heapify(ready)
    path = []
    while ready:
        name = skills[heappop(ready)].name
        path.append(name)
        for place, needs in waiting.items():
            if name in needs:
                needs.remove(name)
                if not needs:
                    heappush(ready, place)
    return path
