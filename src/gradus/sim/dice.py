"""Seeded draws: what is left to chance, and yet comes out the same way every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws that depend on a salt and a key, and on nothing else: not on the order in which they are made.

    Args:
        salt: what all draws depend on, such as the model's name and a seed.

    Example:
        >>> Dice("sim-small", 7).draw("G3", "why?") == Dice("sim-small", 7).draw("G3", "why?")
        True
    """

    def __init__(self, *salt: object) -> None:
        self._salt = salt

    def draw(self, *key: object) -> float:
        """A number from [0, 1)."""
        text = "\x1f".join(map(str, (*self._salt, *key)))
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).digest()
        return int.from_bytes(digest, "big") / 2**48

    def choose(self, options: Sequence[T], *key: object) -> T:
        """One of the options, each as likely as the others."""
        return options[int(self.draw(*key) * len(options))]
