"""Exact replies, in order. A script that runs out, or that is not used up, is an error somebody hears about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from .errors import NEVER_RETRY, ApiError, Rejected
from .faults import ConnectionFault, HttpFault, StreamFault
from .reply import Reply

Outcome: TypeAlias = Reply | HttpFault | ConnectionFault | StreamFault
Step: TypeAlias = "str | Outcome | Callable[[dict[str, Any]], Step]"


class Interference(ABC):
    """A step around another one: for each call it gives a fault, or lets the other happen.

    Other callables are asked for replies only; this one is asked for every call to a model, embeddings too.
    """

    @abstractmethod
    def __call__(self, request: dict[str, Any]) -> Step: ...


class Script:
    """The steps that are left, what follows them, and the first thing that did not go by the script."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._given = 0
        self._otherwise: Step | None = None
        self._complaint = ""

    def extend(self, steps: tuple[Step, ...]) -> None:
        """Add steps. Raises TypeError for what is no step."""
        for step in steps:
            check_step(step)
        self._steps.extend(steps)
        self._given += len(steps)

    def set_otherwise(self, step: Step) -> None:
        """What every call gets once the steps are used up. Raises TypeError for what is no step."""
        check_step(step)
        self._otherwise = step

    def next_outcome(self, request: dict[str, Any], call: int, streamed: bool) -> Outcome:
        """What happens to this call.

        Args:
            request: the parsed body, handed to steps that are callable.
            call: the call's number, from 1, for messages.
            streamed: whether the caller asked for a stream.

        Raises:
            Rejected: the script has nothing for this call, or something that does not fit it.
        """
        step = self._steps.popleft() if self._steps else self._otherwise
        if step is None:
            replies = "1 reply" if self._given == 1 else f"{self._given} replies"
            raise self._complain("script_exhausted", f"call {call} was not expected: the script had {replies}")
        try:
            outcome = outcome_of(step, request)
        except Exception as error:
            text = f"call {call}: the script's callable raised {type(error).__name__}: {error}"
            raise self._complain("script_failed", text) from error
        if isinstance(outcome, StreamFault) and not streamed:
            raise self._complain("script_mismatch", f"call {call} was expected to stream (stream=True), and did not")
        return outcome

    def next_fault(self, request: dict[str, Any]) -> HttpFault | ConnectionFault | None:
        """What goes wrong with this call, if the next step is a fault or gives one; for calls that need no reply."""
        step = self._steps[0] if self._steps else self._otherwise
        while isinstance(step, Interference):
            step = step(request)
        if not isinstance(step, HttpFault | ConnectionFault):
            return None
        if self._steps:
            self._steps.popleft()
        return step

    def unmet(self) -> str:
        """One sentence on what did not go by the script, or ""."""
        if self._complaint or not self._steps:
            return self._complaint
        count = len(self._steps)
        steps = "1 scripted step was" if count == 1 else f"{count} scripted steps were"
        return f"{steps} never asked for, the first of them {_abridged(repr(self._steps[0]))}"

    def _complain(self, code: str, text: str) -> Rejected:
        self._complaint = self._complaint or text
        return Rejected(ApiError(400, f"Simulator: {text}.", code=code, headers=NEVER_RETRY))


def outcome_of(step: Step, request: dict[str, Any]) -> Outcome:
    """What the step comes to for this request. Raises TypeError for a callable that returns no step."""
    if isinstance(step, str):
        return Reply(step)
    if isinstance(step, Outcome):
        return step
    answer = step(request)
    check_step(answer)
    return outcome_of(answer, request)


def check_step(step: object) -> None:
    """Raises TypeError for what is no step."""
    if not isinstance(step, str | Outcome) and not callable(step):
        raise TypeError(f"a script step is a str, a Reply, a fault or a callable that returns one, not {step!r}")
    if isinstance(step, type):
        raise TypeError(f"a script step is an instance: write {step.__name__}(...)")


def _abridged(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
