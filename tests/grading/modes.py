"""Grading in loopback mode, in another process, so that both modes can be held to the same verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gradus.grading.pool import scratch_place

COLLECT = """
import gc, json, pytest, sys
from gradus.grading.fixtures import result_of

class Collect:
    found = {}
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if call.when == "call":
            self.found[item.name] = result_of(item, call).outcome.value
        return pytest.TestReport(item.nodeid, item.location, {}, "passed", None, call.when)  # no traceback: it is dear

gc.set_threshold(50_000)
root, grader, *targets = sys.argv[1:]
found = []
for target in targets:
    Collect.found = {}
    pytest.main(["-c", "/dev/null", "--rootdir", root, "--disable-plugin-autoload", "-p", "gradus.grading.fixtures",
                 "-p", "gradus.grading.plugin", "-p", "no:cacheprovider",
                 "-p", "no:unraisableexception", "-p", "no:threadexception",  # each run would collect garbage for ever
                 "--import-mode=importlib", "-q", "--tb=no",
                 grader, "--target", target], plugins=[Collect()])
    found.append(Collect.found)
print("\\nFOUND " + json.dumps(found))
"""


def in_loopback(root: Path, grader: Path, targets: Sequence[Path]) -> list[dict[str, str]]:
    """Each test's outcome, by name, for each target, all graded in one other process."""
    with tempfile.TemporaryDirectory(dir=scratch_place()) as folder:
        run = subprocess.run(
            [sys.executable, "-c", COLLECT, str(root), str(grader), *map(str, targets)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TMPDIR": folder},
        )
    line = next((line for line in run.stdout.splitlines() if line.startswith("FOUND ")), None)
    assert line is not None, run.stdout + run.stderr
    found: list[dict[str, str]] = json.loads(line.removeprefix("FOUND "))
    return found
