"""Vectors on disk, by model and text, in one SQLite file that many processes may use at once."""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS vectors"
    " (model BLOB, text BLOB, vector BLOB, checksum INTEGER, PRIMARY KEY (model, text))"
)
PATIENCE = 10.0  # seconds to wait while another process writes; a write takes milliseconds
CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class VectorCache:
    """Vectors by (model digest, text digest) in a SQLite file.

    Every get and put opens the file anew, which costs a tenth of a millisecond: so nothing is open across a fork and no
    idle process holds anything. Writes do not wait for the disk: a power cut may leave a corrupt file, which is moved
    aside and begun anew. A cache that cannot be used finds nothing and keeps nothing; it never raises.

    Args:
        folder: where the file `vectors.sqlite` lies; made when first used.

    Attributes:
        trouble: one sentence on why the cache is not used or was begun anew; empty as long as all is well.

    Example:
        >>> cache = VectorCache(Path(".cache"))
        >>> cache.put(b"model", {"cold chain": np.ones(384, np.float32)})
        >>> cache.get(b"model", ["cold chain", "never seen"]).keys()
        dict_keys(['cold chain'])
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "vectors.sqlite"
        self.trouble = ""
        self._usable = True

    def get(self, model: bytes, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known, each float32 of shape (dimensions,), by text."""

        def select(database: sqlite3.Connection) -> dict[str, NDArray[np.float32]]:
            query = "SELECT vector, checksum FROM vectors WHERE model = ? AND text = ?"
            found = {}
            for text in texts:
                row = database.execute(query, (model, _digest(text))).fetchone()
                # SQLite itself does not see a flipped bit inside a value.
                if row and isinstance(row[0], bytes) and zlib.crc32(row[0]) == row[1]:
                    found[text] = np.frombuffer(row[0], np.float32)
            return found

        return self._run(select) or {}

    def put(self, model: bytes, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors, by text."""
        values = ((text, np.ascontiguousarray(vector, np.float32).tobytes()) for text, vector in vectors.items())
        rows = [(model, _digest(text), value, zlib.crc32(value)) for text, value in values]

        def insert(database: sqlite3.Connection) -> None:
            with database:
                database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

        self._run(insert)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What work returns, or None when the cache cannot be used."""
        if not self._usable:
            return None
        try:
            try:
                return self._with_database(work)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                self._begin_anew()
                return self._with_database(work)
        except (sqlite3.Error, OSError) as error:
            self._usable = False
            self.trouble = f"Vectors are not cached, because {self.file} cannot be used: {error}."
            return None

    def _with_database(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.file, timeout=PATIENCE)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute(SCHEMA)
            return work(database)

    def _begin_anew(self) -> None:
        """Move a corrupt file aside, unless another process has done so in the meantime."""
        with self.file.with_name("vectors.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_sound(self.file):
                return
            aside = self.file.with_name("vectors.sqlite.corrupt")
            self.file.replace(aside)
            self.trouble = f"The vector cache {self.file} was corrupt; it was moved to {aside.name} and begun anew."


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in CORRUPT


def _is_sound(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file; a missing one is sound."""
    if not file.exists():
        return True
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as database:
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if _is_corrupt(error):
            return False
        raise
