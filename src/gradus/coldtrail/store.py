"""The files of data/, read and verified: whoever reads a damaged one is told which it is and how to get it back."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

MANIFEST = "manifest.json"


class CorpusError(Exception):
    """A file of the corpus is missing or damaged; says which, and the command that restores it."""


@functools.cache
def data_folder() -> Path:
    """The project's data/ folder.

    Raises:
        CorpusError: this package does not lie in a clone of the project, or data/ is gone.

    Example:
        >>> (data_folder() / "facts.yaml").exists()
        True
    """
    for folder in Path(__file__).resolve().parents:
        if (folder / "pyproject.toml").exists():
            if (folder / "data" / MANIFEST).exists():
                return folder / "data"
            raise _damaged(MANIFEST, "is missing")
    raise CorpusError("gradus.coldtrail reads the data/ folder of the project: run it from a clone, not from a copy.")


def read(name: str) -> bytes:
    """The bytes of one file, exactly as they were derived.

    Args:
        name: the path below data/, such as "docs/help/pairing.md".

    Raises:
        CorpusError: the file is missing, or is not the one that data/manifest.json names.

    Example:
        >>> read("docs/help/pairing.md").startswith(b"Help")
        True
    """
    expected = _digests().get(name)
    if expected is None:
        raise CorpusError(f"data/{name} is not part of the corpus: data/{MANIFEST} does not name it.")
    try:
        content = (data_folder() / name).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(name, "is missing") from error
    except OSError as error:
        raise _damaged(name, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise _damaged(name, f"is damaged or was changed: its SHA-256 is not the one in data/{MANIFEST}")
    return content


def path(name: str) -> Path:
    """The path of one file, verified to be as it was derived: for what wants to open it itself.

    Args:
        name: the path below data/.

    Raises:
        CorpusError: the file is missing, or is not the one that data/manifest.json names.

    Example:
        >>> path("telemetry/readings.csv").name
        'readings.csv'
    """
    read(name)
    return data_folder() / name


def load(name: str, kind: TypeAdapter[T]) -> T:
    """One derived JSON file as typed data.

    Args:
        name: the path below data/.
        kind: what the file holds, such as `TypeAdapter(tuple[Ticket, ...])`.

    Raises:
        CorpusError: the file is missing, damaged, or written by another version of this package.

    Example:
        >>> len(load("derived/tickets.json", TypeAdapter(tuple[Ticket, ...])))
        120
    """
    content = read(name)
    try:
        return kind.validate_json(content)
    except ValidationError as error:
        raise _damaged(name, f"does not fit this version of gradus.coldtrail ({error.errors()[0]['msg']})") from error


@functools.cache
def _digests() -> dict[str, str]:
    try:
        return TypeAdapter(dict[str, str]).validate_json((data_folder() / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise _damaged(MANIFEST, "cannot be read") from error


def _damaged(name: str, what: str) -> CorpusError:
    path = f"data/{name}"
    return CorpusError(
        f"{path} {what}. Restore it with:  git checkout -- {json.dumps(path) if ' ' in path else path}\n"
        "Whoever meant to change the corpus derives the rest anew with:  make corpus"
    )
