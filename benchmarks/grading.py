"""Grading the solutions, cold and warm, against plain pytest on the same grader file."""

from __future__ import annotations

from pathlib import Path

from benchmarks.timing import python, run, seconds
from gradus.curriculum import Exercise, read_curriculum
from gradus.grading.pool import Pool
from gradus.grading.verdicts import Status

ROOT = Path(__file__).resolve().parents[1]
GRADUS = str(ROOT / ".venv" / "bin" / "gradus")
WARM_ROUNDS = 9


def plain_pytest(*graders: Path) -> float:
    """Seconds of `pytest FILE…` over the solutions, in one cold process."""
    return seconds(python("-m", "pytest", "-q", "--target", "solutions", *map(str, graders)))


def cold(*stems: str) -> float:
    """Seconds of `gradus grade` over the solutions: what a learner waits for."""
    return seconds(run([GRADUS, "grade", *stems, "--target", "solutions"]))


def warm(pool: Pool, exercise: Exercise) -> float:
    """Seconds to grade once more, when the fork servers have everything imported."""

    def grade() -> None:
        result = pool.grade(exercise, ROOT / "solutions")
        assert result.status is Status.DONE, f"{exercise.stem} does not pass: its time means nothing"

    grade()
    return seconds(grade, WARM_ROUNDS)


def main() -> None:
    exercises = read_curriculum(ROOT).exercises
    print("Grading the solutions: seconds, and how many times as fast as plain pytest on the same file")
    print(f"{'':34}{'pytest':>8}{'cold':>8}{'':>7}{'warm':>8}{'':>7}")
    with Pool(exercises) as pool:
        for exercise in exercises:
            base = plain_pytest(exercise.grader)
            line(exercise.stem, base, cold(exercise.stem), warm(pool, exercise))
        base = plain_pytest(*(exercise.grader for exercise in exercises))
        line("all of them", base, cold(), sum(warm(pool, exercise) for exercise in exercises))


def line(name: str, base: float, cold_seconds: float, warm_seconds: float) -> None:
    """One row of the table."""
    cold_part = f"{cold_seconds:8.2f}{base / cold_seconds:6.1f}×"
    warm_part = f"{warm_seconds:8.3f}{base / warm_seconds:6.0f}×"
    print(f"{name:34}{base:8.2f}{cold_part}{warm_part}")
