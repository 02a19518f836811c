"""Virtual time on the learner's side: sleeping costs nothing and moves a clock that the examiner owns.

What code under test may use to wait or to tell the time is replaced while it runs: `time`, `threading.Event.wait`,
and the event loops that asyncio makes. An idle event loop moves the clock to its next timer instead of waiting.
"""

from __future__ import annotations

import asyncio
import asyncio.futures
import selectors
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gradus.grading.peer import Message

LONGEST = 1e9  # seconds that one wait may take

_real_wait = threading.Event.wait
_real_policy = asyncio.DefaultEventLoopPolicy


class WorkerClock:
    """The worker's view of the examiner's clock.

    Args:
        ask: sends a question to the examiner.
        epoch: the wall-clock time that virtual second 0 stands for.
    """

    def __init__(self, ask: Callable[[Message], Any], epoch: datetime) -> None:
        self._ask = ask
        self.epoch = epoch
        self.now = 0.0  # seconds; brought up to date by every message of the examiner

    def sleep(self, seconds: float) -> None:
        """What time.sleep does: recorded as a sleep, and the clock moves."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if not seconds < LONGEST:
            raise OverflowError("a sleep of more than thirty years")
        self._ask({"op": "sleep", "seconds": float(seconds)})

    def wait(self, seconds: float) -> None:
        """Let time pass without recording a sleep: latency, or an idle event loop."""
        self._ask({"op": "wait", "seconds": float(seconds)})

    def note_sleep(self, seconds: float) -> None:
        """Record a sleep whose time passes in an event loop."""
        self._ask({"op": "slept", "seconds": float(seconds)})

    async def wait_async(self, seconds: float) -> None:
        """Like `wait`, for a coroutine: others run meanwhile."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.call_later(seconds, _finish, done)
        await done


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _IdleSelector(selectors.DefaultSelector):
    """Where a real selector would wait for a timer, this one moves the clock."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self.loop.busy_threads:
            return super().select(0.01)
        if timeout > 0:
            self.loop.clock.wait(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop on the examiner's clock."""

    def __init__(self, clock: WorkerClock) -> None:
        self.clock = clock
        self.busy_threads = 0
        selector = _IdleSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.clock.now

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        # asyncio.sleep alone passes this callback, also for modules that imported `sleep` by name before all this.
        if callback is getattr(asyncio.futures, "_set_result_unless_cancelled", None):
            self.clock.note_sleep(delay)
        return super().call_later(delay, callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        # A thread works in real time: the clock must not run away while one does.
        self.busy_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: setattr(self, "busy_threads", self.busy_threads - 1))
        return future


class _VirtualPolicy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, clock: WorkerClock) -> None:
        super().__init__()
        self._clock = clock

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop(self._clock)


class VirtualTime:
    """Installs the clock in `time`, `threading` and `asyncio`, and takes it out again."""

    def __init__(self, clock: WorkerClock) -> None:
        start = clock.epoch.timestamp()

        def wait_for(event: threading.Event, timeout: float | None = None) -> bool:
            # Give a thread that is about to set the event a moment of real time before virtual time runs out.
            if timeout is None or event.is_set() or _real_wait(event, min(timeout, 0.005)):
                return _real_wait(event, None if timeout is None else 0)
            clock.sleep(timeout)
            return event.is_set()

        self._replacements: list[tuple[Any, str, Any]] = [
            (time, "sleep", clock.sleep),
            (time, "monotonic", lambda: clock.now),
            (time, "perf_counter", lambda: clock.now),
            (time, "time", lambda: start + clock.now),
            (time, "monotonic_ns", lambda: round(clock.now * 1e9)),
            (time, "perf_counter_ns", lambda: round(clock.now * 1e9)),
            (time, "time_ns", lambda: round((start + clock.now) * 1e9)),
            (threading.Event, "wait", wait_for),
        ]
        self._policy = _VirtualPolicy(clock)
        self._originals: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        self._originals = [(owner, name, getattr(owner, name)) for owner, name, _ in self._replacements]
        for owner, name, replacement in self._replacements:
            setattr(owner, name, replacement)
        asyncio.set_event_loop_policy(self._policy)

    def uninstall(self) -> None:
        for owner, name, original in self._originals:
            setattr(owner, name, original)
        asyncio.set_event_loop_policy(_real_policy())
