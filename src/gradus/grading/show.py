"""Values as a person reads them in a failure: short, on one line, without addresses."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 240  # characters of one call or value


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 5
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 8
        self.maxstring = self.maxother = 120

    def repr_instance(self, x: Any, level: int) -> str:
        name = getattr(x, "__name__", None)
        if callable(x) and isinstance(name, str):
            return name
        text = re.sub(r"<(?:\w+\.)*(\w+) object at 0x[0-9a-f]+>", r"<\1>", repr(x))
        return text if len(text) <= self.maxother else text[: self.maxother - 1] + "…"

    def repr_ndarray(self, x: Any, level: int) -> str:
        return f"array of shape {x.shape}, {x.dtype}"

    def repr_PosixPath(self, x: Any, level: int) -> str:  # noqa: N802  (reprlib looks methods up by type name)
        return f"Path({x.name!r})"


_short = _Short()


def show(value: Any) -> str:
    """One value, abridged.

    Example:
        >>> show([1, "two"])
        "[1, 'two']"
    """
    return clip(_short.repr(value))


def show_call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """A call as it would be written: `f(1, b='two')`."""
    parts = [_short.repr(arg) for arg in args] + [f"{key}={_short.repr(value)}" for key, value in kwargs.items()]
    return clip(f"{name}({', '.join(parts)})")


def clip(text: str, longest: int = LONGEST) -> str:
    """The text on one line, cut with an ellipsis where it is too long."""
    text = " ".join(text.split("\n"))
    return text if len(text) <= longest else text[: longest - 1] + "…"
