"""What code under test may not do at home: reach the network, or write outside the folders it was given.

An audit hook (PEP 578) cannot be taken out again by the code it watches. It guards against accidents, not against
somebody who means harm: for that, cohorts put a sandbox round the worker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OFFLINE = "Exercises run offline: the network is out of reach here. Use the client that your function is given."

_NETWORK = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_PATHS_CHANGED = {
    "os.remove": 1,
    "os.rmdir": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.mkdir": 1,
    "shutil.rmtree": 1,
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """Refuses sockets and writes while it is active.

    Args:
        writable: folders below which anything may be written; None to leave writing alone.
        active: whether it refuses from the start, or only within `active()`.

    Example:
        >>> guard = Guard([Path("scratch")])
        >>> guard.watch()            # once in a process
        >>> with guard.active():
        ...     open("elsewhere", "w")
        Traceback (most recent call last):
        PermissionError: ...
    """

    def __init__(self, writable: list[Path] | None, *, active: bool = False) -> None:
        self._writable = (
            None if writable is None else tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in writable)
        )
        self._is_active = active

    def watch(self) -> None:
        """Put the hook in. It stays as long as the process lives."""
        sys.addaudithook(self._hook)

    @contextmanager
    def active(self) -> Iterator[None]:
        before, self._is_active = self._is_active, True
        try:
            yield
        finally:
            self._is_active = before

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While the examiner works in the same process."""
        before, self._is_active = self._is_active, False
        try:
            yield
        finally:
            self._is_active = before

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._is_active:
            return
        if event == "open":
            self._check_open(*args)
        elif event in _PATHS_CHANGED:
            for path in args[: _PATHS_CHANGED[event]]:
                self._check_path(path)
        elif event in _LOOKUPS or (event in _NETWORK and isinstance(args[1], tuple)):
            raise PermissionError(OFFLINE)

    def _check_open(self, path: Any, mode: Any, flags: Any) -> None:
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITING)
        if writes:
            self._check_path(path)

    def _check_path(self, path: Any) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):  # an open file's descriptor
            return
        text = os.fsdecode(path)
        if self._writable is None or text == os.devnull or os.path.realpath(text).startswith(self._writable):
            return
        raise PermissionError(
            f"{text} lies outside the folders that this exercise may write to. "
            "Write below the path that your function is given."
        )
