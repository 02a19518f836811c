"""What graders get from pytest: their fixtures and markers, and what is kept of a failed comparison.

Where the submission runs is the business of whoever loads this: see `link_for`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from gradus.embeddings import Encoder
from gradus.grading.capabilities import Capabilities, LentSimulator
from gradus.grading.checks import CheckFailed
from gradus.grading.conversation import conversation_of
from gradus.grading.explain import Comparison, case_of, explain
from gradus.grading.link import Link
from gradus.grading.peer import DRIVER
from gradus.grading.remote import Remote, Submission
from gradus.grading.verdicts import NO_FAILURE, TestResult
from gradus.sim import Clock

if TYPE_CHECKING:
    from gradus.sim.transport import Core

LinkFor = Callable[[str], Link]

link_for = pytest.StashKey[LinkFor]()  # how this run reaches a submission; set at configuration
upstream: pytest.StashKey[Core] = pytest.StashKey()  # what answers in place of scripts; set in a live run only
links = pytest.StashKey[dict[str, Link]]()
current_link = pytest.StashKey[Link]()
comparison = pytest.StashKey[Comparison]()
cpu_before = pytest.StashKey[float]()  # what this process had used before a test


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "task(number): the task of the exercise that the test belongs to")
    config.addinivalue_line("markers", "held_out: when it fails, the learner reads the docstring and nothing else")
    config.stash[links] = {}
    # The same examples for everybody, and no search for the part of one that is to blame: it would take seconds.
    settings.register_profile(
        "gradus",
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("gradus")


def pytest_unconfigure(config: pytest.Config) -> None:
    for link in config.stash.get(links, {}).values():
        link.close()


def stem_of(grader: Path) -> str:
    """The exercise that a grader file judges: graders/m1_engineering/test_e06_x.py -> m1_engineering/e06_x."""
    return f"{grader.parent.name}/{grader.stem.removeprefix('test_')}"


def _link(config: pytest.Config, grader: Path) -> Link:
    stem = stem_of(grader)
    known = config.stash[links]
    if stem not in known:
        known[stem] = config.stash[link_for](stem)
    return known[stem]


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> LentSimulator:
    """A fresh simulated provider."""
    return LentSimulator(embed=lambda texts: Encoder().encode(texts), upstream=request.config.stash.get(upstream, None))


@pytest.fixture
def clock(sim: LentSimulator) -> Clock:
    """The simulator's clock, which is also the submission's."""
    return sim.clock


@pytest.fixture
def encoder() -> Encoder:
    """The local encoder, counting from zero."""
    return Encoder()


@pytest.fixture
def submission(request: pytest.FixtureRequest, sim: LentSimulator) -> Iterator[Submission]:
    """The learner's module, behind the wire."""
    link = _link(request.config, request.path)
    request.node.stash[current_link] = link
    with link.test(Capabilities(sim)):
        yield Submission(link)


@pytest.fixture
def driver(request: pytest.FixtureRequest, submission: Submission) -> Remote:
    """The grader's own module on the submission's side: graders/<module>/drivers/<slug>.py."""
    file = request.path.parent / "drivers" / f"{request.path.stem.removeprefix('test_')}.py"
    if not file.is_file():
        raise FileNotFoundError(f"a grader that drives needs {file}")
    return Remote(request.node.stash[current_link], DRIVER)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """A script that ran out, or was not used up, fails its test as an assertion would."""
    result = yield
    simulator = pyfuncitem.funcargs.get("sim")
    if isinstance(simulator, LentSimulator) and (unmet := simulator.unmet()):
        raise CheckFailed(unmet)
    return result


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> None:
    config.stash[comparison] = Comparison(op, left, right)


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[cpu_before] = time.process_time()
    if comparison in item.config.stash:
        del item.config.stash[comparison]


def result_of(item: pytest.Item, call: pytest.CallInfo[None]) -> TestResult:
    """The judged result of a test's call phase, or of a set-up or tear-down that failed."""
    case = case_of(item, stem_of(item.path))
    error = call.excinfo.value if call.excinfo else None
    link = item.stash.get(current_link, None)
    result = explain(case, error, call.duration, link, item.config.stash.get(comparison, None))
    cpu = time.process_time() - item.stash[cpu_before] + (link.cpu if link else 0.0)
    result = replace(result, cpu=cpu)
    lent = getattr(item, "funcargs", {})
    if isinstance(lent.get("encoder"), Encoder):
        result = replace(result, embedded=lent["encoder"].misses)
    simulator = lent.get("sim")
    if not isinstance(simulator, LentSimulator):
        return result
    return with_what_was_said(result, simulator, case.held_out, live=upstream in item.config.stash)


def with_what_was_said(result: TestResult, simulator: LentSimulator, held_out: bool, live: bool) -> TestResult:
    """What the model was asked and charged for; and the conversation, where somebody wants to read it."""
    exchanges = simulator.ledger.exchanges
    asked = [exchanges[index] for index in simulator.passed_on] if live else exchanges
    failed = result.outcome not in NO_FAILURE
    told = asked and not held_out and (live or failed)
    return replace(
        result,
        calls=sum(exchange.is_model_call for exchange in asked),
        tokens=sum(exchange.prompt_tokens + exchange.completion_tokens for exchange in asked),
        cost=sum(exchange.cost for exchange in asked),
        conversation=conversation_of(exchanges, failed) if told else (),
    )
