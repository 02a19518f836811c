"""Record: a core around another that keeps what passes on a cassette."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .cassette import CassetteError, Recording, Secrets, canonical, header, kept_headers
from .messages import Chunk, Fault, Request, Response

if TYPE_CHECKING:
    from .transport import Core

# After this event clients ask for nothing more, and some hang up without waiting for the end.
LAST_EVENT = b"data: [DONE]"


class Recorder:
    """A core that lets another one answer, and appends each exchange to a cassette once it is over.

    A response that the client hung up on is kept as far as it was read, and then breaks. Request headers are not kept;
    of the response's, those that are known to be harmless.

    Args:
        core: what answers.
        path: the cassette. It is made if it is not there, readable by its owner alone.
        secrets: keys that must not reach the disk, wherever they stand.

    Raises:
        CassetteError: the file cannot be written.

    Example:
        >>> recorder = Recorder(Upstream(base_url, api_key), Path("cassette.jsonl"), secrets=[api_key])
    """

    def __init__(self, core: Core, path: Path, secrets: Sequence[str] = ()) -> None:
        self._core = core
        self._path = path
        self._secrets = Secrets(secrets)
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            _cut_unfinished_line(self._file)
            os.write(self._file, header())
        except OSError as error:
            raise CassetteError(f"Cannot write the cassette {path}: {error.strerror}. Name another file.") from error

    def handle(self, request: Request) -> Response:
        """Let the core answer; what it says passes through unchanged."""
        response = self._core.handle(request)
        return Response(response.status, response.headers, _Tape(self, request, response), response.index)

    def keep(self, request: Request, response: Response, chunks: Sequence[Chunk]) -> None:
        """Append one exchange whose response had these chunks. Raises CassetteError if the file takes no more."""
        recording = Recording(
            canonical(request, self._secrets),
            response.status,
            {name: self._secrets.hidden(value) for name, value in kept_headers(response.headers).items()},
            self._secrets.hidden_in(chunks),
        )
        line = recording.line()
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._file, line) :]
        except OSError as error:
            raise CassetteError(f"Cannot write the cassette {self._path}: {error.strerror}.") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class _Tape(Iterator[Chunk]):
    """The chunks of a response, kept as they are taken."""

    def __init__(self, recorder: Recorder, request: Request, response: Response) -> None:
        self._recorder = recorder
        self._request = request
        self._response = response
        self._taken: list[Chunk] = []
        self._kept = False

    def __next__(self) -> Chunk:
        try:
            chunk = next(self._response.chunks)
        except StopIteration:
            self._keep(self._taken)
            raise
        self._taken.append(chunk)
        return chunk

    def close(self) -> None:
        """The client reads no further."""
        close = getattr(self._response.chunks, "close", None)
        if close is not None:
            close()
        self._keep(self._taken if self._is_whole() else [*self._taken, Fault("connection_reset")])

    def _is_whole(self) -> bool:
        last = self._taken[-1] if self._taken else b""
        return isinstance(last, Fault) or (isinstance(last, bytes) and last.rstrip().endswith(LAST_EVENT))

    def _keep(self, chunks: Sequence[Chunk]) -> None:
        if not self._kept:
            self._kept = True
            self._recorder.keep(self._request, self._response, chunks)


def _cut_unfinished_line(file: int) -> None:
    """Take off what a crash left behind the last end of a line."""
    size = os.fstat(file).st_size
    data = os.pread(file, size, 0)
    os.ftruncate(file, data.rfind(b"\n") + 1)
