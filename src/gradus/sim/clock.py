"""Virtual time, in which an hour passes in a microsecond and every wait can be asserted on; and real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

EPOCH = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


class Waiting(Protocol):
    """The part of a clock that a transport needs: how the silence of the provider passes for the client."""

    def wait(self, seconds: float) -> None: ...

    async def wait_async(self, seconds: float) -> None: ...


class Clock(Waiting, Protocol):
    """A clock that a simulator can go by; what the methods mean, VirtualClock says."""

    epoch: datetime
    slept: list[float]

    @property
    def now(self) -> float: ...

    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def advance(self, seconds: float) -> None: ...


class VirtualClock:
    """A clock that only moves when told to.

    Args:
        epoch: the moment (aware, UTC) at which `now` is 0; it makes `time.time()` and `created` timestamps virtual.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(2)
        >>> clock.wait(0.5)
        >>> clock.now, clock.slept
        (2.5, [2.0])
    """

    def __init__(self, epoch: datetime = EPOCH) -> None:
        self.epoch = epoch
        self.slept: list[float] = []
        self._now = 0.0

    @property
    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def time(self) -> float:
        """Virtual seconds since 1970, as `time.time()` would give them."""
        return self.epoch.timestamp() + self._now

    def sleep(self, seconds: float) -> None:
        """A wait that code asked for, as by `time.sleep`: advances the clock and is kept in `slept`."""
        self.advance(seconds)
        self.slept.append(float(seconds))

    def wait(self, seconds: float) -> None:
        """A wait that nobody asked for, as for a slow reply: advances the clock and is not kept."""
        self.advance(seconds)

    async def wait_async(self, seconds: float) -> None:
        """`wait`, letting other tasks run once."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`. Raises ValueError for a negative number, as `time.sleep` does."""
        if seconds < 0:
            raise ValueError(f"time only moves forward, and was asked to move by {seconds} seconds")
        self._now += seconds


class RealClock:
    """The clock on the wall: time moves by itself, and whoever waits on it waits.

    Example:
        >>> Simulator(clock=RealClock())
    """

    def __init__(self) -> None:
        self.epoch = datetime.now(UTC)
        self.slept: list[float] = []
        self._started = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self._started

    def time(self) -> float:
        """Seconds since 1970; they never go back, whoever sets the machine's clock."""
        return self.epoch.timestamp() + self.now

    def sleep(self, seconds: float) -> None:
        """A wait that code asked for; it is kept in `slept`."""
        self.advance(seconds)
        self.slept.append(float(seconds))

    def wait(self, seconds: float) -> None:
        """A wait that nobody asked for; it is not kept."""
        self.advance(seconds)

    async def wait_async(self, seconds: float) -> None:
        """`wait`, while other tasks run."""
        await asyncio.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Real time cannot be moved, so this waits until it has."""
        time.sleep(seconds)
