"""The plan on disk."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from gradus.curriculum import Curriculum
from gradus.paths import Bank, Plan, find, write_plan
from tests.paths.personas import PERSONAS

NOW = datetime(2026, 3, 2, 9, 5, 7)


def plan_of(bank: Bank, curriculum: Curriculum, persona: int) -> Plan:
    return find(bank, curriculum, PERSONAS[persona].answers)


def test_what_is_written(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    plan = plan_of(bank, curriculum, 1)
    assert write_plan(tmp_path, plan, NOW) == "It is kept in .gradus/path.json, and `make next` follows it."
    assert json.loads((tmp_path / ".gradus" / "path.json").read_text()) == {
        "version": 1,
        "role": "ai_engineer",
        "answers": PERSONAS[1].answers,
        "skipped": [],
        "order": list(plan.order),
    }
    assert len(plan.order) > 3


def test_an_earlier_one_is_kept(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    folder = tmp_path / ".gradus"
    folder.mkdir()
    (folder / "path.json").write_text("the earlier one")
    said = write_plan(tmp_path, plan_of(bank, curriculum, 0), NOW)
    assert said.endswith("The earlier one is now .gradus/path-2026-03-02-090507.json.")
    assert (folder / "path-2026-03-02-090507.json").read_text() == "the earlier one"
    assert json.loads((folder / "path.json").read_text())["answers"] == PERSONAS[0].answers
    assert len(list(folder.iterdir())) == 2


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    (tmp_path / ".gradus").write_text("a file where the folder should be")
    said = write_plan(tmp_path, plan_of(bank, curriculum, 0), NOW)
    assert said.startswith("It could not be kept, so `make next` does not follow it: ")
