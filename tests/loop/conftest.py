"""A clone to learn in, which is the current directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loop.clone import Clone


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    folder = tmp_path / "a clone, here's ünder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for variable in ("EDITOR", "VISUAL", "COLUMNS", "GIT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    return Clone(folder)
