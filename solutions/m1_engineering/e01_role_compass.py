"""Role compass: tell from the work which job it is, and from the job what to learn, in which order.

Lesson: modules/m1_engineering/e01_role_compass.md
Grade:  make grade EX=m1/e01
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter


class Role(StrEnum):
    """Whose work it is. Where a tie has to be decided, the earlier one here comes first."""

    AI_ENGINEER = "ai_engineer"  # builds products on models that others have trained
    ML_ENGINEER = "ml_engineer"  # trains, fine-tunes and serves models
    ML_RESEARCHER = "ml_researcher"  # finds new methods, and shows that they hold
    SOFTWARE_ENGINEER = "software_engineer"  # there is no model in it


class Weights(StrEnum):
    """What the work does to the weights of a model."""

    NONE = "none"  # there is no model in it
    USED = "used"  # run as they are: hosted or downloaded, trained by a vendor or by a colleague
    FINE_TUNED = "fine_tuned"  # trained further: in whole, or in part as with LoRA
    FROM_SCRATCH = "from_scratch"  # trained from nothing


class Artefact(StrEnum):
    """Something that the work leaves behind."""

    PAPER = "paper"  # a written account of a result: an article, a report, a white paper
    CHECKPOINT = "checkpoint"  # weights that others can load
    MODEL_SERVER = "model_server"  # what runs weights for others: accelerators, batching, quantisation
    FEATURE = "feature"  # software that people use
    EVALUATION = "evaluation"  # test cases, scorers, and the numbers that they gave


class Yardstick(StrEnum):
    """What the result has to be good against."""

    STATE_OF_THE_ART = "state_of_the_art"  # what the field has published: nobody had this before
    MODEL_SCORE = "model_score"  # a score of the model itself: its loss, a benchmark, the last model's numbers
    USER_OUTCOME = "user_outcome"  # what those who use it get: right answers, in time, at a price


@dataclass(frozen=True)
class WorkItem:
    """One piece of work, from a backlog or an advert.

    Attributes:
        title: what somebody called it. It is for people, and decides nothing.
        weights: what the work does to a model's weights.
        ships: everything that it leaves behind; may be empty.
        yardstick: what its result is measured against.
        days: how many days of it there are; 0 or more.
    """

    title: str
    weights: Weights
    ships: frozenset[Artefact]
    yardstick: Yardstick
    days: int = 1


@dataclass(frozen=True)
class Reading:
    """What an advert is really about.

    Attributes:
        role: the job that it describes.
        percent: the share of the days for each of the four roles, in whole percent; together 100.
    """

    role: Role
    percent: Mapping[Role, int]


class Area(StrEnum):
    """The shelf that a skill stands on."""

    ENGINEERING = "engineering"
    LLMS = "llms"
    RETRIEVAL = "retrieval"
    AGENTS = "agents"
    ML_LITERACY = "ml_literacy"
    TRAINING = "training"
    RESEARCH = "research"


@dataclass(frozen=True)
class Skill:
    """One thing to be able to do.

    Attributes:
        name: what others refer to it by. No two skills of a graph have the same.
        area: the shelf that it stands on. It is for people, and decides nothing.
        needs: the names of the skills that have to come before it, each once.
        roles: the roles that are hired for this very skill. What it needs is not marked as well.
    """

    name: str
    area: Area
    needs: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()


class UnknownSkillError(Exception):
    """Names that no skill of the graph has: `names`, sorted, each once."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"unknown skills: {', '.join(self.names)}")


class SkillCycleError(Exception):
    """Skills that need one another: in `names`, each needs the one after it, and the last needs the first."""

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


def classify_work(item: WorkItem) -> Role:
    """Say whose work an item is. The first rule that applies decides:

        1. The yardstick is STATE_OF_THE_ART: ML_RESEARCHER.
        2. The weights are FINE_TUNED or FROM_SCRATCH: ML_ENGINEER.
        3. MODEL_SERVER is among what it ships: ML_ENGINEER.
        4. The weights are USED: AI_ENGINEER.
        5. Anything else: SOFTWARE_ENGINEER.

    Nothing but these three fields, as these rules read them, plays a part: no word of the title, no other artefact,
    no other yardstick, no number of days.

    Args:
        item: the work.

    Returns:
        The one role whose work it is.

    Example:
        >>> answers = WorkItem("Answers that cite", Weights.USED, frozenset({Artefact.FEATURE}), Yardstick.USER_OUTCOME)
        >>> classify_work(answers)
        <Role.AI_ENGINEER: 'ai_engineer'>
    """
    if item.yardstick is Yardstick.STATE_OF_THE_ART:
        return Role.ML_RESEARCHER
    if item.weights in (Weights.FINE_TUNED, Weights.FROM_SCRATCH):
        return Role.ML_ENGINEER
    if Artefact.MODEL_SERVER in item.ships:
        return Role.ML_ENGINEER
    if item.weights is Weights.USED:
        return Role.AI_ENGINEER
    return Role.SOFTWARE_ENGINEER


def read_advert(items: Sequence[WorkItem]) -> Reading:
    """Say which job an advert describes, whatever it calls itself, and how its days are shared out.

    The role is the one of AI_ENGINEER, ML_ENGINEER and ML_RESEARCHER that has the most days; where two have equally
    many, the earlier in `Role`. SOFTWARE_ENGINEER is the role only if none of the three has a day: work without a model
    belongs to every one of these jobs and tells them apart in nothing.

    The percentages are whole numbers, one for each of the four roles, that add up to exactly 100. Round every share
    down. Then give one more to the roles that lost most by it, one each, until it is 100; where two lost the same, the
    earlier in `Role` comes first. The days decide the role, not the percentages.

    Args:
        items: the work that the advert lists, in any order. `classify_work` says whose each item is, and its `days` are
            what it counts for.

    Returns:
        The role, and a dict of the percentages with all four roles in it; a role without a day has 0.

    Raises:
        ValueError: there is no day of work in it: no items, or none with any days.

    Example:
        >>> feature = frozenset({Artefact.FEATURE})
        >>> reading = read_advert(
        ...     [
        ...         WorkItem("Migrate the billing tables", Weights.NONE, feature, Yardstick.USER_OUTCOME, days=5),
        ...         WorkItem("Answers that cite", Weights.USED, feature, Yardstick.USER_OUTCOME, days=2),
        ...         WorkItem("Our own tone of voice", Weights.FINE_TUNED, feature, Yardstick.MODEL_SCORE, days=1),
        ...     ]
        ... )
        >>> reading.role
        <Role.AI_ENGINEER: 'ai_engineer'>
        >>> [reading.percent[role] for role in Role]  # of 25, 12.5, 0 and 62.5
        [25, 13, 0, 62]
    """
    days = dict.fromkeys(Role, 0)
    for item in items:
        days[classify_work(item)] += item.days
    if not any(days.values()):
        raise ValueError("there is no day of work in this advert")
    with_a_model = [role for role in Role if role is not Role.SOFTWARE_ENGINEER and days[role]]
    # max takes the first of equals, which is the earlier in Role.
    role = max(with_a_model, key=days.__getitem__, default=Role.SOFTWARE_ENGINEER)
    return Reading(role, _percent(days))


def _percent(days: Mapping[Role, int]) -> dict[Role, int]:
    """Whole percentages that add up to 100: all rounded down, then one more for those that lost most by it."""
    total = sum(days.values())
    # Integers all the way: in floats, 29 of 100 days are 28.999999999999996 %, and that is 28 rounded down.
    percent = {role: 100 * count // total for role, count in days.items()}
    missing = 100 - sum(percent.values())
    most_lost_first = sorted(Role, key=lambda role: 100 * days[role] % total, reverse=True)
    for role in most_lost_first[:missing]:
        percent[role] += 1
    return percent


def plan_path(role: Role, known: Collection[str], graph: Sequence[Skill]) -> list[str]:
    """Say what somebody has to learn for a role, and in which order.

    What. Every skill that has `role` in its `roles`, and everything that a skill on the path needs, however indirectly;
    but nothing that is known. Knowing a skill says nothing about what it needs: that is on the path if something else
    puts it there, and only then. The areas decide nothing.

    In which order. A skill can be learnt when everything that it needs is known or earlier on the path. Next comes
    always the skill that stands first in `graph` of those on the path that can be learnt and are not there yet.

    First of all, the whole graph is checked, whatever the role and whatever is known:
        1. A name in `known`, or in the `needs` of any skill, that no skill has: UnknownSkillError.
        2. Skills anywhere that need one another in a circle, or one that needs itself: SkillCycleError.
    Names are compared as they are, letter by letter. What is passed in stays as it was.

    Args:
        role: the role to learn for.
        known: the names of skills that need not be taught, in any order.
        graph: all skills. Which stands first matters; a skill may stand before what it needs.

    Returns:
        The names, in the order in which to learn them.

    Raises:
        UnknownSkillError: `names` are all names that no skill has, sorted as `sorted` does, each once.
        SkillCycleError: `names` are one circle, in which each skill needs the one after it, and the last needs the
            first, each once. Of several circles any will do, and it may start anywhere.

    Example:
        >>> plan_path(Role.SOFTWARE_ENGINEER, {"python"}, SKILLS)
        ['api_design', 'reliability']
    """
    skills = {skill.name: skill for skill in graph}
    _check_names(known, graph)
    _check_cycles(graph)
    left = _to_learn(role, known, skills)
    path: list[str] = []
    while left:
        # What a skill on the path needs is known, learnt, or left. A scan for each step is quadratic, says what the
        # contract says, and is fast enough for as many skills as anybody learns.
        following = next(skill.name for skill in graph if skill.name in left and left.isdisjoint(skill.needs))
        left.remove(following)
        path.append(following)
    return path


def _to_learn(role: Role, known: Collection[str], skills: Mapping[str, Skill]) -> set[str]:
    """The skills that the role is hired for and all that they need, up to what is known and not beyond it."""
    found = set[str]()
    open_ones = [skill.name for skill in skills.values() if role in skill.roles]
    while open_ones:
        name = open_ones.pop()
        if name not in known and name not in found:
            found.add(name)
            open_ones += skills[name].needs
    return found


def _check_names(known: Collection[str], graph: Sequence[Skill]) -> None:
    """Raise for names that no skill has. A misspelt one would otherwise teach what is known, or leave out a need."""
    mentioned = {*known, *(need for skill in graph for need in skill.needs)}
    if unknown := mentioned - {skill.name for skill in graph}:
        raise UnknownSkillError(sorted(unknown))


def _check_cycles(graph: Sequence[Skill]) -> None:
    try:
        TopologicalSorter({skill.name: skill.needs for skill in graph}).prepare()
    except CycleError as error:
        # graphlib walks from what is needed to what needs it, and says the first name again at the end.
        _, *backwards = error.args[1]
        raise SkillCycleError(reversed(backwards)) from error
