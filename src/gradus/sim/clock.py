"""Virtual time: an hour of backoff passes in a microsecond, and every wait can be asserted on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol

EPOCH = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


class Waiting(Protocol):
    """The part of a clock that a transport needs: how the silence of the provider passes for the client."""

    def wait(self, seconds: float) -> None: ...

    async def wait_async(self, seconds: float) -> None: ...


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
