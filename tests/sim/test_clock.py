from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from gradus.sim import VirtualClock


def test_sleeping_is_kept_and_waiting_is_not() -> None:
    clock = VirtualClock()
    clock.sleep(2)
    clock.wait(0.5)
    clock.advance(1)
    assert clock.now == 3.5
    assert clock.slept == [2.0]


def test_the_epoch_makes_wall_time_virtual() -> None:
    clock = VirtualClock(epoch=datetime(2030, 1, 1, tzinfo=UTC))
    clock.sleep(60)
    assert datetime.fromtimestamp(clock.time(), UTC) == datetime(2030, 1, 1, 0, 1, tzinfo=UTC)


def test_time_does_not_run_backwards() -> None:
    clock = VirtualClock()
    for move in (clock.sleep, clock.wait, clock.advance):
        with pytest.raises(ValueError, match="only moves forward"):
            move(-1)
    assert (clock.now, clock.slept) == (0.0, [])


def test_an_asynchronous_wait_lets_others_run_once() -> None:
    clock = VirtualClock()
    order: list[str] = []

    async def slow() -> None:
        await clock.wait_async(5)
        order.append("slow")

    async def quick() -> None:
        order.append("quick")

    async def both() -> None:
        await asyncio.gather(slow(), quick())

    asyncio.run(both())
    assert order == ["quick", "slow"]
    assert (clock.now, clock.slept) == (5.0, [])
