"""What the fork server does before it forks leaves it fit for forking, and leaves out what costs much and gives nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradus.curriculum import read_curriculum
from gradus.grading.worker import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]


def after_preload(libraries: tuple[str, ...], expression: str) -> str:
    """What an expression gives in a process that has preloaded these libraries."""
    code = f"from gradus.grading.preload import preload; preload({libraries!r}); import os, sys; print({expression})"
    environment = {**os.environ, **ENVIRONMENT}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return run.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
def test_preloading_every_library_of_the_curriculum_starts_no_thread() -> None:
    libraries = {name: None for exercise in read_curriculum(ROOT).exercises for name in exercise.libraries}
    assert after_preload(tuple(libraries), "len(os.listdir('/proc/self/task'))") == "1"


def test_the_grammar_that_only_jupyter_needs_is_kept_out_of_chromadb() -> None:
    assert after_preload(("chromadb",), "sys.modules['rfc3987_syntax'] is None and 'chromadb' in sys.modules") == "True"


def test_a_library_that_is_not_installed_is_left_to_the_exercise_that_imports_it() -> None:
    assert after_preload(("no_such_library", "json"), "'json' in sys.modules") == "True"
