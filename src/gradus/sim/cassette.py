"""A cassette: a file of recorded exchanges, one JSON object a line, that holds no keys.

Its lines are headers (`{"cassette": 1}`, one where each recording session begins) and exchanges:
`{"request": {"method", "path", "query", "body"}, "response": {"status", "headers", "chunks"}}`. A chunk is a text, or
`{"base64": …}` for bytes that are none, `{"sleep": seconds}`, `{"fault": kind}`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from .messages import Chunk, Fault, Request, Sleep

VERSION = 1
KEPT_HEADERS = (
    *("content-type", "x-request-id", "retry-after", "retry-after-ms", "x-should-retry"),
    *("openai-processing-ms", "openai-version"),
)
KEPT_PREFIX = "x-ratelimit-"
# What a local server accepts for a key ("none", "EMPTY", "ollama") is no secret, and may stand in any text.
SHORTEST_SECRET = 8
_LIKE_A_KEY = r"Bearer\s+[A-Za-z0-9._~+/=-]{16,}|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"
_INSTEAD = "[key]"

Json: TypeAlias = Any


class CassetteError(Exception):
    """A cassette that is not there or cannot be read; says where and what to do."""


@dataclass(frozen=True)
class Recording:
    """One exchange as it is kept: the request in its canonical form, and all of the response."""

    request: Json
    status: int
    headers: Mapping[str, str]
    chunks: tuple[Chunk, ...]

    def line(self) -> bytes:
        """The exchange as a line of a cassette."""
        chunks = [_written(chunk) for chunk in self.chunks]
        response = {"status": self.status, "headers": dict(self.headers), "chunks": chunks}
        return _line({"request": self.request, "response": response})


@dataclass(frozen=True)
class Entry:
    """A recording with its place: the line, from 1, and the recording session, from 1."""

    recording: Recording
    line: int
    session: int


class Secrets:
    """Finds what must not reach a disk: the keys it is told, and whatever looks like one.

    A key that a model spells out piece by piece, over several events of a stream, is not found.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        # A key may stand in JSON, with its quotes and backslashes escaped.
        forms = {form for key in keys if len(key) >= SHORTEST_SECRET for form in (key, json.dumps(key)[1:-1])}
        pattern = "|".join(
            [*(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form))), _LIKE_A_KEY]
        )
        self._pattern = re.compile(pattern)
        self._in_bytes = re.compile(pattern.encode())

    def hidden(self, text: str) -> str:
        """The text with "[key]" in the place of each.

        Example:
            >>> Secrets(["swordfish"]).hidden("the key is swordfish")
            'the key is [key]'
        """
        return self._pattern.sub(_INSTEAD, text)

    def hidden_in(self, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """The same for a response, where a key may run over the border between two chunks: it goes from both."""
        data = b"".join(chunk for chunk in chunks if isinstance(chunk, bytes))
        found = [match.span() for match in self._in_bytes.finditer(data)]
        if not found:
            return tuple(chunks)
        hidden: list[Chunk] = []
        place = 0
        for chunk in chunks:
            if isinstance(chunk, bytes):
                hidden.append(_cut_out(data, found, place, place + len(chunk)))
                place += len(chunk)
            else:
                hidden.append(chunk)
        return tuple(hidden)


def _cut_out(data: bytes, found: list[tuple[int, int]], start: int, end: int) -> bytes:
    """data[start:end] without what was found, and with "[key]" where that begins."""
    kept = []
    place = start
    for first, last in found:
        if first >= end or last <= start:
            continue
        kept.append(data[place:first] + _INSTEAD.encode() if first >= start else b"")
        place = min(last, end)
    return b"".join([*kept, data[place:end]])


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a response that a cassette holds; no other is known to be free of secrets."""
    return {name: value for name, value in headers.items() if name in KEPT_HEADERS or name.startswith(KEPT_PREFIX)}


def canonical(request: Request, secrets: Secrets) -> Json:
    """What a request is recognised by: method, path, query and body, without its headers and without keys."""
    try:
        body: Json = json.loads(request.body) if request.body else None
    except (ValueError, RecursionError):
        (raw,) = secrets.hidden_in([request.body])
        body = {"raw": _written(raw)}
    known = {"method": request.method, "path": request.path, "query": dict(request.query), "body": body}
    return json.loads(secrets.hidden(_dumped(known)))


def key_of(request: Json) -> str:
    """A canonical request as one text, the same for the same request."""
    return json.dumps(request, sort_keys=True)


def header() -> bytes:
    """The line by which a recording session begins."""
    return _line({"cassette": VERSION})


def read_cassette(path: Path) -> tuple[list[Entry], str]:
    """The recordings in a file, in their order.

    Returns:
        The recordings, and one sentence on a last line that was not written to its end, or "".

    Raises:
        CassetteError: there is no such file, or a line in it is none of a cassette's.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CassetteError(f"Cannot read the cassette {path}: {error.strerror}. Record one first.") from error
    unfinished = lines.pop()
    damage = f"{path}:{len(lines) + 1}: the last line was not written to its end; it is left out." if unfinished else ""
    entries: list[Entry] = []
    session = 0
    for number, line in enumerate(lines, 1):
        read = _read(line, f"{path}:{number}")
        if isinstance(read, Recording) and session:
            entries.append(Entry(read, number, session))
        elif isinstance(read, Recording):
            raise CassetteError(f'{path}:1: a cassette begins with {{"cassette": {VERSION}}}, and this file does not.')
        else:
            session += 1
    return entries, damage


def _read(line: bytes, place: str) -> Recording | None:
    """The recording in a line, None for a header."""
    try:
        value = json.loads(line.decode("utf-8", "surrogatepass"))
        if "cassette" in value:
            version = value["cassette"]
        else:
            request, response = value["request"], value["response"]
            request["method"], request["path"]
            chunks = tuple(map(_chunk, response["chunks"]))
            return Recording(request, int(response["status"]), dict(response["headers"]), chunks)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CassetteError(
            f"{place}: this line is none of a cassette's ({error!r}). Delete it, or record anew."
        ) from error
    if version != VERSION:
        raise CassetteError(f"{place}: a cassette of version {version!r}; this is for version {VERSION}. Record anew.")
    return None


def _line(value: Json) -> bytes:
    return _dumped(value).encode("utf-8", "surrogatepass") + b"\n"


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _written(chunk: Chunk) -> Json:
    if isinstance(chunk, Sleep):
        return {"sleep": chunk.seconds}
    if isinstance(chunk, Fault):
        return {"fault": chunk.kind}
    try:
        return chunk.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(chunk).decode()}


def _chunk(written: Json) -> Chunk:
    if isinstance(written, str):
        return written.encode()
    if "sleep" in written:
        return Sleep(float(written["sleep"]))
    if "fault" in written:
        return Fault(str(written["fault"]))
    return base64.b64decode(written["base64"], validate=True)
