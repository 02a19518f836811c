"""A small curriculum to be graded, and one pool for all tests that grade it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum, read_curriculum
from gradus.grading.limits import Limits
from gradus.grading.pool import Pool
from tests.grading.samples import RUN_MARK, WriteSubmission

collect_ignore = ["house"]  # its graders judge submissions, not the project
HOUSE = Path(__file__).parent / "house"
LIMITS = Limits(call_seconds=1.5, exercise_seconds=8.0, memory_bytes=256 << 20, output_bytes=1 << 16)


@pytest.fixture(scope="session")
def house() -> Curriculum:
    return read_curriculum(HOUSE)


@pytest.fixture(scope="session")
def pool(house: Curriculum) -> Iterator[Pool]:
    os.environ[RUN_MARK] = str(os.getpid())
    with Pool(house.exercises, LIMITS) as pool:
        yield pool


@pytest.fixture
def write_submission(tmp_path: Path) -> WriteSubmission:
    """Writes a submission of e01_sample beside a good one of e02_neighbour; gives the folder."""

    def write(source: str) -> Path:
        folder = tmp_path / "submission" / "m1_engineering"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "e01_sample.py").write_text(source, encoding="utf-8")
        (folder / "e02_neighbour.py").write_text("def double(n):\n    return n * 2\n", encoding="utf-8")
        return folder.parent

    return write
