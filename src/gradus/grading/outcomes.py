"""What can come of a call into the learner's code, other than a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RaisedError:
    """An exception of the learner's code, as data.

    Args:
        type: the exception's type name, such as "DeadlineExceeded".
        bases: the names of its classes, itself first.
        message: its text.
        fields: its attributes, as far as they are data, records or handles.
        where: "path:line" of the last line of the learner's that it passed, or "".
        cause: what it was raised `from`, or None.
    """

    type: str
    bases: tuple[str, ...] = ()
    message: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    cause: RaisedError | None = None

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class CallError(Exception):
    """A call into the learner's code raised. `error` tells what."""

    def __init__(self, error: RaisedError) -> None:
        super().__init__(str(error))
        self.error = error


# The rest ends a test whatever the grader catches, and Hypothesis does not try to shrink it: hence BaseException.


class Unimplemented(BaseException):
    """A stub raised NotImplementedError("Task N")."""

    def __init__(self, stem: str, task: int) -> None:
        super().__init__(f"{stem}, task {task} is still to do")
        self.stem = stem
        self.task = task


class WorkerTimeout(BaseException):
    """The learner's code did not come to an end in time."""


class WorkerCrashed(BaseException):
    """The learner's code ended its process, or was ended for what it used."""
