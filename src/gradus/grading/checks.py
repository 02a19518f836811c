"""What graders say beside plain `assert`: that a call must raise, and what a failed check tells."""

from __future__ import annotations

from types import TracebackType

from gradus.grading.outcomes import CallError, RaisedError


class CheckFailed(AssertionError):
    """A check that failed and knows what it expected, in words."""


class raises:  # noqa: N801  (reads like pytest.raises)
    """Expect the learner's code to raise.

    Args:
        names: type names of which the exception's type, or one of its bases, must be one.

    Attributes:
        error: the exception as data, once it was raised: type, bases, message, fields, where, cause.

    Raises:
        CheckFailed: nothing was raised, or something else.

    Example:
        >>> with raises("DeadlineExceeded", "TimeoutError") as caught:
        ...     submission.complete(client, "ping", deadline=1)
        >>> caught.error.cause.type
        'RateLimitError'
    """

    error: RaisedError

    def __init__(self, *names: str) -> None:
        self._names = names

    def __enter__(self) -> raises:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        wanted = " or ".join(self._names)
        if error is None:
            raise CheckFailed(f"it raises {wanted}")
        if not isinstance(error, CallError):
            return False
        self.error = error.error
        if set(self._names) & {error.error.type, *error.error.bases}:
            return True
        raise CheckFailed(f"it raises {wanted}") from error
