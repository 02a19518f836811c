"""What a grading run had to embed for the first time is told, since it is what may make one slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import read_curriculum
from gradus.grading.pool import Pool

CURRICULUM = read_curriculum(Path(__file__).resolve().parents[2])


def test_texts_are_told_that_the_cache_did_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADUS_CACHE", str(tmp_path))
    exercise = CURRICULUM.exercise("m3_retrieval/e04_vector_store")
    with Pool([exercise]) as pool:
        first = pool.grade(exercise, CURRICULUM.root / "solutions")
        again = pool.grade(exercise, CURRICULUM.root / "solutions")
    assert first.embedded > 0
    assert again.embedded == 0
    assert first.status == again.status
