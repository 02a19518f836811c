"""What the grader of e01_role_compass runs beside the submission: over the wire, nobody sees what became of a list."""

from __future__ import annotations

from collections.abc import Callable


def arguments_after(function: Callable[..., object], *args: object) -> list[object]:
    """Call a function, and return what its arguments look like now."""
    function(*args)
    return list(args)
