"""Notebooks are stored without outputs, run from clean to their end, and let the reader predict before they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from gradus.curriculum import read_curriculum

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 60  # for a whole notebook, and so for each of its cells


def read(file: Path) -> Any:
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]


each_notebook = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)


@each_notebook
def test_a_notebook_belongs_to_a_module_and_is_stored_clean(file: Path) -> None:
    assert file.stem in {module.id for module in read_curriculum(ROOT).modules}
    notebook = read(file)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count is not None] == []
    assert "widgets" not in notebook.metadata


@each_notebook
def test_a_notebook_asks_before_it_shows(file: Path) -> None:
    """Every section that draws asks for a prediction first."""
    asked, drawn = False, 0
    for cell in read(file).cells:
        if cell.cell_type == "markdown":
            asked = "**Predict.**" in cell.source or (asked and not cell.source.startswith("## "))
        elif "axes(" in cell.source:
            drawn += 1
            assert asked, f"nothing was asked before this cell draws:\n{cell.source}"
    assert drawn


@each_notebook
def test_a_notebook_runs_from_clean(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "agg")
    resources = {"metadata": {"path": file.parent}}
    NotebookClient(read(file), timeout=SECONDS, kernel_name="python3", resources=resources).execute()
