"""File events: what was saved below some folders, told once it has settled, and whether the system tells at all."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from watchfiles import Change, watch

from gradus.loop.progress import FOLDER

SETTLED = 8  # ms without another change: editors write twice, and what comes later is graded again
LONGEST = 500  # ms until changes that do not settle are told all the same
TICK = 1000  # ms after which a look is worth while even if nothing was told
POLL = 200  # ms; of two changes within a second, polling sees only one, so every look is worth while
PROBE = 200  # ms
NOISE = ("~", ".swp", ".swx", ".swo", ".tmp", ".bak", ".pyc", ".pyo", "#", ".orig")
VIM_PROBE = "4913"  # vim tries with a file of this name whether it may write

Paths = frozenset[Path]


class FileEvents:
    """Tells of changes below some folders, from a thread of its own, until it is closed.

    Args:
        folders: what to watch, with everything below; those that are not there are left out.
        tell: called with the files that changed; with none at the start, and where nothing has happened for a while:
            what matters most is then to be looked at, for no system tells of everything.
        polling: look at the files time and again instead of being told by the system.

    Example:
        >>> with FileEvents([root / "exercises"], queue.put, polling=False):
        ...     changed = queue.get()
    """

    def __init__(self, folders: Sequence[Path], tell: Callable[[Paths], None], polling: bool) -> None:
        self._folders = tuple(folder for folder in folders if folder.is_dir())
        self._tell = tell
        self._polling = polling
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file events", daemon=True)

    def __enter__(self) -> FileEvents:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._follow(self._polling)
        except OSError:  # such as more folders than the system is willing to watch
            self._follow(polling=True)

    def _follow(self, polling: bool) -> None:
        self._tell(frozenset())
        for changes in watch(
            *self._folders,
            watch_filter=lambda change, path: self._matters(Path(path)),
            debounce=LONGEST,
            step=SETTLED,
            stop_event=self._stop,
            rust_timeout=POLL if polling else TICK,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=polling,
            poll_delay_ms=POLL,
            ignore_permission_denied=True,
        ):
            self._tell(frozenset(Path(path) for _, path in changes))

    def _matters(self, path: Path) -> bool:
        """Whether it is a file that somebody wrote, and not what editors and Python leave beside it."""
        below = next((path.relative_to(folder) for folder in self._folders if path.is_relative_to(folder)), path)
        hidden = any(part.startswith((".", "#")) or part == "__pycache__" for part in below.parts)
        return not (hidden or path.name.endswith(NOISE) or path.name == VIM_PROBE or path.is_dir())


def polling_needed(root: Path, environment: Mapping[str, str]) -> bool:
    """Whether files have to be looked at, because the system does not tell of saves.

    Args:
        root: the project's root.
        environment: GRADUS_POLL=1 decides.
    """
    if environment.get("GRADUS_POLL", "") not in ("", "0"):
        return True
    if "microsoft" in platform.release().lower() and root.is_relative_to("/mnt"):
        return True  # a drive of Windows: what its editors save is not told
    try:
        (root / FOLDER).mkdir(exist_ok=True)
        return not events_arrive(root / FOLDER)
    except OSError:  # read-only: there is nothing to try it with
        return False


def events_arrive(folder: Path) -> bool:
    """Whether the system tells of a write in this folder.

    Raises:
        OSError: nothing can be written there.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix="probe-") as probe, _writing(probe.fileno()):
        seen: Iterator[set[tuple[Change, str]]] = watch(
            folder,
            watch_filter=None,
            step=5,
            debounce=PROBE,
            rust_timeout=PROBE,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            recursive=False,
        )
        return bool(next(seen, set()))


@contextlib.contextmanager
def _writing(descriptor: int) -> Iterator[None]:
    """Write to a file every few milliseconds: when watching begins is not told."""
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.01):
            os.write(descriptor, b".")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()
