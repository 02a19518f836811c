"""The retry storm that m1_engineering/e13_million_users begins with, and the promises that its solution keeps, played
again: what the lesson tells in numbers must stay what the simulation does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLEET = 5  # gateways, each with a fifth of the traffic and of the model's slots


def load(name: str, file: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


core = load("e13_driver", "graders/m1_engineering/drivers/e13_million_users.py")
solution = load("e13_solution", "solutions/m1_engineering/e13_million_users.py")


class Stubborn:
    """Calls the large model, up to so many times for each request, and does nothing else."""

    def __init__(self, tries: int) -> None:
        self.left: dict[int, int] = {}
        self.tries = tries

    def ask(self, arrival: core.Arrival, now: float) -> core.Move:  # type: ignore[name-defined]
        self.left[arrival.id] = self.tries - 1
        return "call", "large", 2.0

    def tell(self, arrival: core.Arrival, outcome: str, text: str, now: float) -> core.Move:  # type: ignore[name-defined]
        if outcome == "answer":
            return "answer", text, 0.0
        if not self.left[arrival.id]:
            return "reject", "failed", 0.0
        self.left[arrival.id] -= 1
        return "call", "large", 2.0


def slow_minute(tries: int) -> list[core.Second]:  # type: ignore[name-defined]
    """What the seconds of a quarter of an hour are like with one slow minute, from 180 s to 240 s."""
    scenario = core.Scenario("slow minute", (core.Window("slow", 180, 240, 3),), seed=3)
    return list(core.simulate(scenario, Stubborn(tries)).series())


def test_a_model_does_as_many_calls_as_the_lesson_says() -> None:
    model = core.MODELS["large"]
    mean = model.seconds * 2.718281828 ** (model.spread**2 / 2)
    assert mean == pytest.approx(0.73, abs=0.005)
    assert FLEET * model.slots == 100
    assert FLEET * model.slots / mean == pytest.approx(137, abs=0.5)


def test_with_four_tries_a_slow_minute_never_ends() -> None:
    seconds = slow_minute(tries=4)
    assert sum(second.answered for second in seconds[245:900]) == 0
    called = sum(second.calls_large for second in seconds[300:900]) / 600
    assert FLEET * called == pytest.approx(400, rel=0.05)
    assert seconds[899].waiting > seconds[300].waiting > 60, "the queue only grows"


def test_with_one_try_it_is_over_soon() -> None:
    seconds = slow_minute(tries=1)
    late = seconds[240 + 100 : 900]
    assert sum(second.answered for second in late) > 0.98 * sum(second.requests for second in late)


def test_the_solution_keeps_its_promises_with_room_to_spare() -> None:
    names = [name for name in core.SCENARIOS if name != "sample"]
    assert len(names) == 6
    reports = [
        core.play(solution.Gateway(solution.Config()), solution.Request, solution.Result, name) for name in names
    ]
    runs = [report.numbers for report in reports]
    assert not any(report.breaches for report in reports)
    assert sum(run.events for run in runs) > 200_000
    assert min(run.success for run in runs) == pytest.approx(0.9976, abs=0.00005)
    assert max(run.p99 for run in runs) == pytest.approx(1.30, abs=0.005)
    assert max(run.cents for run in runs) == pytest.approx(0.58, abs=0.005)
    assert max(run.amplification for run in runs) == pytest.approx(1.01, abs=0.005)
    assert min(run.full for run in runs) == pytest.approx(0.986, abs=0.0005)
