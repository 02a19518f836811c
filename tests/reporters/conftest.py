"""One small curriculum, and what grading it may find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum, Exercise, Module, Task
from gradus.grading.conversation import Call
from gradus.grading.verdicts import ExerciseResult, Report, TestResult, Verdict, exercise_result

ROOT = Path("/home/learner/gradus")
MODULES = {
    "m1_engineering": "Engineering fundamentals",
    "m2_llms": "Building with LLMs",
    "m3_retrieval": "Retrieval and context engineering",
    "m4_agents": "Agents and orchestration",
}
EXERCISES = (
    ("m1_engineering/e00_first_flight", "First flight", 10, "Working with the grader", ["Answer the first call"]),
    (
        "m1_engineering/e06_retry_budget",
        "Retry without making it worse",
        60,
        "Error management, reliability",
        ["Wait as long as the provider asks", "Give up before the deadline", "Leave retrying to one layer"],
    ),
    (
        "m2_llms/e04_structured_extract",
        "Typed or explicitly not",
        60,
        "Structuring outputs",
        ["Return the typed record", "Say why there is none"],
    ),
    (
        "m3_retrieval/e04_vector_store",
        "Idempotent, filtered, rebuildable",
        60,
        "Build an index",
        ["Write each chunk once", "Filter by tenant", "Rebuild without a gap"],
    ),
    (
        "m4_agents/e07_human_approval",
        "A person decides",
        75,
        "Human approval",
        ["Stop before the refund", "Resume after a restart"],
    ),
)

Outcome = Verdict | TestResult | list[TestResult]


def curriculum_of(exercises: Sequence[tuple[str, str, int, str, list[str]]]) -> Curriculum:
    built = [
        Exercise(ROOT, stem, title, minutes, skill, (), (), tuple(Task(n, task, 4) for n, task in enumerate(tasks, 1)))
        for stem, title, minutes, skill, tasks in exercises
    ]
    modules = [Module(name, title, tuple(e for e in built if e.module == name)) for name, title in MODULES.items()]
    return Curriculum(ROOT, tuple(module for module in modules if module.exercises))


def graded(exercise: Exercise, outcomes: Sequence[Outcome]) -> ExerciseResult:
    """Each task gets the tests listed for it, or two passing ones and one with its outcome."""
    tests: list[TestResult] = []
    for task, outcome in zip(exercise.tasks, outcomes, strict=True):
        if isinstance(outcome, Verdict):
            outcome = TestResult("test_holds_at_the_edges", 0, outcome, 0.004, "Edges are where it breaks.")
        if isinstance(outcome, TestResult):
            others = Verdict.TODO if outcome.outcome is Verdict.TODO else Verdict.PASSED
            names = ("test_answers_at_all", "test_answers_again")
            outcome = [*(TestResult(name, 0, others, 0.004) for name in names), outcome]
        tests += [replace(test, task=task.number) for test in outcome]
    return exercise_result(exercise, tests, 0.031)


@pytest.fixture
def curriculum() -> Curriculum:
    return curriculum_of(EXERCISES)


@pytest.fixture
def large_curriculum() -> Curriculum:
    """The small one with 59 exercises more in its second module."""
    more = [(f"m2_llms/e{n:02}_drill", f"Drill number {n}", 30, "Drill", ["One", "Two", "Three"]) for n in range(5, 64)]
    return curriculum_of([*EXERCISES, *more])


@pytest.fixture
def report_of(curriculum: Curriculum) -> Callable[..., Report]:
    """Builds a report from outcomes by exercise ("m1_e06"), one for each task; what is not named is untouched."""
    small = curriculum

    def build(
        target: str = "exercises",
        others: bool = True,
        curriculum: Curriculum = small,
        **outcomes: Sequence[Outcome],
    ) -> Report:
        results = []
        for exercise in curriculum.exercises:
            name = f"{exercise.module.partition('_')[0]}_{exercise.slug.partition('_')[0]}"
            if others or name in outcomes:
                results.append(graded(exercise, outcomes.get(name, [Verdict.TODO] * len(exercise.tasks))))
        assert outcomes.keys() <= {f"{result.stem[:2]}_{result.stem.partition('/')[2][:3]}" for result in results}
        return Report(target, 1.234, tuple(results))

    return build


@pytest.fixture
def calls() -> tuple[Call, ...]:
    """A conversation of three calls, the last of which came after the deadline."""
    what, asked = "POST /v1/chat/completions, sim-small-2026-09", ("system: Answer in one word.", "user: ping")
    limited = ("429 RateLimited: Rate limit reached. Please try again in 1 s.",)
    return (
        Call(1, 0.0, 0.0, what, asked, 0, limited),
        Call(2, 1.0, 1.0, what, (), 0, limited),
        Call(3, 3.0, 2.0, what, (), 0, ("pong", "11 + 1 tokens"), offending=True),
    )


@pytest.fixture
def failure() -> TestResult:
    """A failed check with all that a failure can tell."""
    return TestResult(
        name="test_gives_up_when_the_wait_would_pass_the_deadline",
        task=2,
        outcome=Verdict.FAILED,
        seconds=0.012,
        why="A wait that ends after the deadline keeps the caller hanging for an answer nobody wants any more.",
        called="complete(client, 'ping', deadline=30.0)",
        returned="'pong', 45 seconds later",
        expected="it raises DeadlineExceeded",
        where=f"{ROOT}/exercises/m1_engineering/e06_retry_budget.py:31",
    )
