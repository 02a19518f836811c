"""tenacity: its defaults and strategies, as m1_engineering/e06_retry_budget tells them."""

from __future__ import annotations

import random
import time

import pytest
from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry,
    stop_after_attempt,
    stop_after_delay,
    stop_before_delay,
    wait_fixed,
    wait_random_exponential,
)

from gradus.sim import VirtualClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
    virtual = VirtualClock()
    monkeypatch.setattr(time, "sleep", virtual.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: virtual.now)
    return virtual


def fail() -> None:
    raise ConnectionError("down")


def test_a_bare_retry_retries_every_exception_at_once_and_for_ever(clock: VirtualClock) -> None:
    calls = 0

    @retry
    def flaky() -> int:
        nonlocal calls
        calls += 1
        if calls < 1000:
            raise KeyError("a bug of ours") if calls % 2 else ValueError("another")
        return calls

    assert flaky() == 1000
    assert clock.now == 0


def test_giving_up_raises_retry_error_from_the_cause(clock: VirtualClock) -> None:
    with pytest.raises(RetryError) as caught:
        Retrying(stop=stop_after_attempt(2))(fail)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_stop_after_delay_sleeps_past_the_limit(clock: VirtualClock) -> None:
    with pytest.raises(RetryError):
        Retrying(stop=stop_after_delay(10), wait=wait_fixed(4))(fail)
    assert clock.now == 12


def test_stop_before_delay_stops_before_the_sleep_that_would_pass_it(clock: VirtualClock) -> None:
    with pytest.raises(RetryError):
        Retrying(stop=stop_after_attempt(5) | stop_before_delay(10), wait=wait_fixed(4))(fail)
    assert clock.now == 8


def test_wait_random_exponential_is_full_jitter(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    windows: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        windows.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", uniform)
    with pytest.raises(RetryError):
        Retrying(stop=stop_after_attempt(6), wait=wait_random_exponential(multiplier=0.5, max=4))(fail)
    assert windows[:5] == [(0, 0.5), (0, 1), (0, 2), (0, 4), (0, 4)]


def test_a_callable_can_wait_as_the_error_says(clock: VirtualClock) -> None:
    def as_told(state: RetryCallState) -> float:
        assert state.outcome is not None
        assert isinstance(state.outcome.exception(), ConnectionError)
        return 3.0 * state.attempt_number

    with pytest.raises(RetryError):
        Retrying(stop=stop_after_attempt(3), wait=as_told)(fail)
    assert clock.slept == [3, 6]
