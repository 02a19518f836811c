"""`gradus corpus`: says what it wrote, or what is wrong and where; nothing is written where something is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gradus import cli
from gradus.authoring.corpus import derive
from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail import data_folder


def run(monkeypatch: pytest.MonkeyPatch, outcome: list[str] | SourceError) -> tuple[int, str]:
    def derive_all(data: Path) -> list[str]:
        assert data == data_folder()
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    monkeypatch.setattr(derive, "derive_all", derive_all)
    result = CliRunner().invoke(cli.app, ["corpus"])
    return result.exit_code, result.output


def test_it_says_what_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, ["derived/queries.json"]) == (0, "wrote data/derived/queries.json\n1 written.\n")
    code, output = run(monkeypatch, [])
    assert (code, output[:20]) == (0, "Nothing has drifted:")


def test_it_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, SourceError("data/queries.yaml: Q-001: no fact 'x'."))
    assert (code, output) == (2, "gradus: data/queries.yaml: Q-001: no fact 'x'.\n")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(data_folder(), tmp_path / "data", ignore=shutil.ignore_patterns("ops.db*"))


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("queries.yaml", "facts: [", "facts: [no.such, ", "no fact 'no.such'"),
        ("docs/errors/e-1014.md", "click", "clack", "declares, but does not state: e-1014.fix"),
        ("catalogue/errors.yaml", "file: errors/", "file: elsewhere/", "not below one of"),
        ("facts.yaml", "entities:", "entities: [", "data/facts.yaml is not YAML"),
        ("tickets.yaml", "priority: P1", "priority: P9", "tickets.yaml: T-1001"),
    ],
)
def test_what_is_wrong_in_a_source_is_named_and_nothing_is_written(
    copy: Path, name: str, old: str, new: str, says: str
) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    with pytest.raises(SourceError, match=says):
        derive.derive_all(copy)
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before
