"""For people who run pytest themselves (a debugger, an IDE): graders over a submission in the same process."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from gradus.curriculum import read_curriculum
from gradus.grading.fixtures import link_for, result_of
from gradus.grading.link import Link
from gradus.grading.loopback import loopback_link
from gradus.grading.outcomes import Unimplemented
from gradus.grading.verdicts import Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target", default="exercises", help="what graders judge: exercises, solutions, or a folder laid out alike"
    )


def pytest_configure(config: pytest.Config) -> None:
    def provide(stem: str) -> Link:
        root = config.rootpath
        target = (root / Path(config.getoption("--target"))).resolve()
        exercise = read_curriculum(root).exercise(stem)
        return loopback_link(stem, target, exercise.driver.resolve(), exercise.libraries)

    config.stash[link_for] = provide


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell a failure in the learner's terms, and a stub as something still to do."""
    report = yield
    if item.get_closest_marker("task") is None or call.excinfo is None:
        return report
    result = result_of(item, call)
    if isinstance(call.excinfo.value, Unimplemented):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.reportinfo()[1] or 0, f"Skipped: {call.excinfo.value}")
    elif result.outcome is not Verdict.BROKEN:
        report.longrepr = result.message
    return report
