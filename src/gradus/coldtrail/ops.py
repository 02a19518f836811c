"""The operations database: customers, devices, subscriptions, invoices, tickets, RMAs and credits, in SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from gradus.coldtrail import store

SCRIPT = "derived/ops.sql"
FILE = "ops.db"


def ops_db(folder: Path) -> Path:
    """Builds a fresh operations database, as it stands on 1 October 2026, 08:00 UTC. It always has the same content.

    SQLite checks foreign keys only where a connection asks for it, so say `PRAGMA foreign_keys = ON` on each that you
    open. `credit_ledger` refuses UPDATE and DELETE; INSERT OR REPLACE would get past that, so do not use it there.

    Args:
        folder: an existing folder, such as pytest's tmp_path.

    Returns:
        The path of the new file, folder/ops.db.

    Raises:
        FileExistsError: there is one already; it is left as it is.
        FileNotFoundError: there is no such folder.
        CorpusError: data/derived/ops.sql is missing or damaged.

    Example:
        >>> sqlite3.connect(ops_db(tmp_path)).execute("SELECT count(*) FROM customers").fetchone()
        (60,)
    """
    script = store.read(SCRIPT).decode()
    path = folder / FILE
    try:
        path.open("xb").close()
    except FileExistsError as error:
        raise FileExistsError(f"{path} exists already. Use it, delete it, or give another folder.") from error
    try:
        with closing(sqlite3.connect(path)) as connection:
            # Nobody reads the file before it is complete, so there is no need to wait for the disk.
            connection.executescript(f"PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; BEGIN;\n{script}\nCOMMIT;")
    except sqlite3.Error:
        path.unlink()
        raise
    return path
