"""What a grading run found, as plain frozen data, and the rules that sum tests up to tasks, exercises, a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.conversation import Call, whole
from gradus.grading.effort import Effort, lines_of


class Verdict(StrEnum):
    """What became of one test or one task."""

    PASSED = "passed"
    FAILED = "failed"
    TODO = "todo"  # the task's own stub raised NotImplementedError("Task N")
    BLOCKED = "blocked"  # another task's stub, or another exercise's, raised
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the worker ended, or was ended for eating memory or flooding its output
    BROKEN = "broken"  # the grader itself raised: the author's fault, never the learner's


NOT_REACHED = (Verdict.TODO, Verdict.BLOCKED)
NO_FAILURE = (Verdict.PASSED, *NOT_REACHED)


class Status(StrEnum):
    """Where a learner stands with one exercise."""

    DONE = "done"
    IN_PROGRESS = "in progress"
    NOT_STARTED = "not started"


# The first of these that any test of a task came to is the task's verdict.
GRAVITY = (
    Verdict.BROKEN,
    Verdict.CRASHED,
    Verdict.TIMEOUT,
    Verdict.FAILED,
    Verdict.BLOCKED,
    Verdict.TODO,
)


@dataclass(frozen=True)
class TestResult:
    """One test of one task.

    `why` is the test's docstring; `called`, `returned`, `expected` and `where` are filled as far as the failure has
    them. `returned` tells both what came back and what was raised. `where` is "path:line". `printed` is what the
    learner's code wrote to stdout and stderr during this test. A held-out test leaves everything but `why` empty.
    `calls`, `tokens` and `cost` are what the model was asked and charged for; in a live run, what the endpoint was.
    `seconds` is what the clock on the wall says; `cpu` is the processor time of examiner and worker in seconds, which
    a busy machine changes little.
    `embedded` is how many texts the examiner's encoder had never met before, which takes it a while.
    `conversation` is what was said, where the test failed; in a live run, in any case.
    """

    __test__ = False

    name: str
    task: int
    outcome: Verdict
    seconds: float
    why: str = ""
    called: str = ""
    returned: str = ""
    expected: str = ""
    where: str = ""
    printed: str = ""
    blocked_by: str = ""
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    embedded: int = 0
    cpu: float = field(default=0.0, compare=False)
    conversation: tuple[Call, ...] = ()

    @property
    def transcript(self) -> str:
        """The whole conversation as text; empty if there is none."""
        return whole(self.conversation)

    @property
    def message(self) -> str:
        """The failure as one text, for JSON and JUnit; empty when the test passed."""
        if self.outcome is Verdict.PASSED:
            return ""
        parts = (
            ("called", self.called),
            ("returned", self.returned),
            ("expected", self.expected),
            ("why", self.why),
            ("where", self.where),
        )
        return "\n".join(f"{label}: {text}" for label, text in parts if text)


@dataclass(frozen=True)
class TaskResult:
    """One task: its verdict, the points it earned, and its tests."""

    number: int
    title: str
    verdict: Verdict
    points: int
    max_points: int
    tests: tuple[TestResult, ...]
    misconception: str | None = None

    @property
    def first_failure(self) -> TestResult | None:
        """The test that explains the verdict, or None when the task passed."""
        return next(
            (test for test in self.tests if test.outcome is self.verdict and test.outcome is not Verdict.PASSED), None
        )

    @property
    def message(self) -> str:
        return self.first_failure.message if self.first_failure else ""

    @property
    def blocked_by(self) -> str | None:
        return (self.first_failure.blocked_by or None) if self.first_failure else None


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise: its tasks and what they add up to; when it is done, what the answer took, and the reference's."""

    stem: str
    seconds: float
    tasks: tuple[TaskResult, ...]
    effort: Effort | None = None
    par: Effort | None = None

    @property
    def status(self) -> Status:
        verdicts = {task.verdict for task in self.tasks}
        if verdicts == {Verdict.PASSED}:
            return Status.DONE
        if verdicts <= {Verdict.TODO, Verdict.BLOCKED}:
            return Status.NOT_STARTED
        return Status.IN_PROGRESS

    @property
    def points(self) -> int:
        return sum(task.points for task in self.tasks)

    @property
    def max_points(self) -> int:
        return sum(task.max_points for task in self.tasks)

    @property
    def broken(self) -> bool:
        return any(task.verdict is Verdict.BROKEN for task in self.tasks)

    @property
    def embedded(self) -> int:
        """How many texts were met for the first time by the encoder; the next run finds their vectors in the cache."""
        return sum(test.embedded for task in self.tasks for test in task.tests)


@dataclass(frozen=True)
class Report:
    """Everything one `gradus grade` found, in curriculum order."""

    target: str
    seconds: float
    exercises: tuple[ExerciseResult, ...]

    def count(self, status: Status) -> int:
        return sum(exercise.status is status for exercise in self.exercises)

    @property
    def points(self) -> int:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def max_points(self) -> int:
        return sum(exercise.max_points for exercise in self.exercises)

    @property
    def broken(self) -> bool:
        return any(exercise.broken for exercise in self.exercises)

    @property
    def all_done(self) -> bool:
        return self.count(Status.DONE) == len(self.exercises)


def task_verdict(tests: Sequence[TestResult]) -> Verdict:
    """The gravest outcome among a task's tests; a task without tests is broken, for nothing has judged it."""
    outcomes = {test.outcome for test in tests}
    return next((verdict for verdict in GRAVITY if verdict in outcomes), Verdict.PASSED if tests else Verdict.BROKEN)


def exercise_result(exercise: Exercise, tests: Iterable[TestResult], seconds: float) -> ExerciseResult:
    """Sort tests under the exercise's tasks and judge each task."""
    found = tuple(tests)
    tasks = []
    for task in exercise.tasks:
        own = tuple(test for test in found if test.task == task.number)
        verdict = task_verdict(own)
        points = task.points if verdict is Verdict.PASSED else 0
        tasks.append(TaskResult(task.number, task.title, verdict, points, task.points, own))
    return ExerciseResult(exercise.stem, seconds, tuple(tasks))


def effort_of(tests: Iterable[TestResult], source: str) -> Effort:
    """What an answer used in all its tests together, and how long it is."""
    used = list(tests)
    cost = round(sum((test.cost for test in used), 0.0), 6)
    return Effort(sum(test.calls for test in used), sum(test.tokens for test in used), cost, lines_of(source))


def points_by_skill(curriculum: Curriculum, report: Report) -> dict[str, tuple[int, int]]:
    """Points earned and to be earned for each skill, in the order the curriculum names them."""
    skills: dict[str, tuple[int, int]] = {}
    for result in report.exercises:
        skill = curriculum.exercise(result.stem).skill
        earned, most = skills.get(skill, (0, 0))
        skills[skill] = (earned + result.points, most + result.max_points)
    return skills


def points_by_module(report: Report) -> dict[str, tuple[int, int]]:
    """Points earned and to be earned in each module, in curriculum order."""
    modules: dict[str, tuple[int, int]] = {}
    for result in report.exercises:
        module = result.stem.partition("/")[0]
        earned, most = modules.get(module, (0, 0))
        modules[module] = (earned + result.points, most + result.max_points)
    return modules
