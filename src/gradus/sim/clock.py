"""Virtual time, in which an hour passes in a microsecond and every wait can be asserted on; and real time."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Protocol

EPOCH = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


class Waiting(Protocol):
    """The part of a clock that a transport needs: how the silence of the provider passes for the client."""

    def wait(self, seconds: float) -> None: ...

    async def wait_async(self, seconds: float) -> None: ...


class Clock(ABC):
    """A clock that a simulator can go by.

    Args:
        epoch: the moment (aware, UTC) at which `now` is 0.

    Attributes:
        slept: the waits that code asked for, in seconds.
    """

    def __init__(self, epoch: datetime) -> None:
        self.epoch = epoch
        self.slept: list[float] = []

    @property
    @abstractmethod
    def now(self) -> float:
        """Seconds since the clock was made."""

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Come back when so much time has passed. Raises ValueError for a negative number, as `time.sleep` does."""

    @abstractmethod
    async def wait_async(self, seconds: float) -> None:
        """`wait`, letting other tasks run."""

    def time(self) -> float:
        """Seconds since 1970, as `time.time()` would give them; they never go back."""
        return self.epoch.timestamp() + self.now

    def sleep(self, seconds: float) -> None:
        """A wait that code asked for, as by `time.sleep`: time passes, and it is kept in `slept`."""
        self.advance(seconds)
        self.slept.append(float(seconds))

    def wait(self, seconds: float) -> None:
        """A wait that nobody asked for, as for a slow reply: time passes, and it is not kept."""
        self.advance(seconds)


class VirtualClock(Clock):
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
        super().__init__(epoch)
        self._now = 0.0

    @property
    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"time only moves forward, and was asked to move by {seconds} seconds")
        self._now += seconds

    async def wait_async(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class RealClock(Clock):
    """The clock on the wall: time moves by itself, whoever sets the machine's clock, and whoever waits on it waits.

    Example:
        >>> Simulator(clock=RealClock())
    """

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._started = time.monotonic()

    @property
    def now(self) -> float:
        return time.monotonic() - self._started

    def advance(self, seconds: float) -> None:
        time.sleep(seconds)

    async def wait_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
