"""A response on its way: hands out the chunks one by one, and says how far the client read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from .messages import Chunk, Fault, Sleep
from .wire.events import Event

Piece: TypeAlias = Event | Chunk
Ended: TypeAlias = "Callable[[Sequence[Event] | None], None]"


class Delivery(Iterator[Chunk]):
    """The iterator behind `Response.chunks`.

    Args:
        pieces: what to hand out; an Event goes out as its bytes.
        ended: called when the response is over: with None if all was taken, else with the events that were.
    """

    def __init__(self, pieces: Sequence[Piece], ended: Ended) -> None:
        self._pieces = pieces
        self._ended = ended
        self._taken = 0
        self._closed = False

    def __next__(self) -> Chunk:
        if self._closed or self._taken == len(self._pieces):
            raise StopIteration
        piece = self._pieces[self._taken]
        self._taken += 1
        # The last byte is the end of the exchange; a fault takes its time, and ends when the client lets go.
        if self._taken == len(self._pieces) and not isinstance(piece, Fault | Sleep):
            self._ended(None)
        return piece.data if isinstance(piece, Event) else piece

    def close(self) -> None:
        """The client reads no further. May be called twice."""
        if self._closed:
            return
        self._closed = True
        taken, left = self._pieces[: self._taken], self._pieces[self._taken :]
        if not all(map(_is_blank, left)):
            self._ended([piece for piece in taken if isinstance(piece, Event)])
        elif left or not taken or isinstance(taken[-1], Fault | Sleep):
            self._ended(None)


def _is_blank(piece: Piece) -> bool:
    # Whoever reads lines has read the last one before the empty line that ends its event.
    return isinstance(piece, Event) and not piece.data.strip()
