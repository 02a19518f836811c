"""How much a submission may use before it is ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What one worker, and one exercise, may use.

    Seconds are wall-clock and do not count what the examiner does meanwhile (encoding texts, simulating a model).
    Memory is what the worker may allocate beyond what its libraries already hold.
    """

    call_seconds: float = 5.0
    exercise_seconds: float = 30.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 1 << 20
    file_bytes: int = 256 << 20
    open_files: int = 256

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


DEFAULT_LIMITS = Limits()
