"""Replay: a core that serves what was recorded, byte for byte and without any network."""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from .cassette import Entry, Json, Secrets, canonical, key_of, read_cassette
from .errors import NEVER_RETRY, ApiError
from .messages import Request, Response
from .wire.body import JSON, encode

COLUMNS, DIFF_LINES = 100, 40
COMPARED_WORDS = 1000  # from the beginning, and as many from the end
SHORTLIST = 5


class Replay:
    """A core that answers from a cassette.

    A request is recognised by its method, path, query and JSON body. One that was recorded several times gets its
    responses in that order, and from the first again after the last; if it was recorded in several sessions, the latest
    counts. One that was never recorded is answered with an API error 400, which shows the nearest that was.

    Args:
        path: the cassette.
        secrets: the keys that were given for recording; needed only where requests hold them in their bodies.

    Attributes:
        damage: one sentence on a last line that was not written to its end, or "".

    Raises:
        CassetteError: there is no such file, or it is no cassette.

    Example:
        >>> client(Replay(Path("cassette.jsonl")), VirtualClock())
    """

    def __init__(self, path: Path, secrets: Sequence[str] = ()) -> None:
        self._path = path
        entries, self.damage = read_cassette(path)
        self._recorded: dict[str, list[Entry]] = {}
        for entry in entries:
            same = self._recorded.setdefault(key_of(entry.recording.request), [])
            if same and same[0].session != entry.session:
                same.clear()
            same.append(entry)
        self._played = dict.fromkeys(self._recorded, 0)
        self._secrets = Secrets(secrets)
        self._unmet = ""
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """The recorded response to this request, or the error."""
        asked = canonical(request, self._secrets)
        key = key_of(asked)
        with self._lock:
            same = self._recorded.get(key)
            if same is None:
                return self._not_recorded(asked)
            recording = same[self._played[key] % len(same)].recording
            self._played[key] += 1
        return Response(recording.status, recording.headers, iter(recording.chunks))

    def unmet(self) -> str:
        """What the first request that was not recorded was, beside the nearest that was; "" if there was none."""
        return self._unmet

    def _not_recorded(self, asked: Json) -> Response:
        message = f"{asked['method']} {asked['path']} was asked as it is not recorded in {self._path}. "
        nearest = _nearest(asked, [same[-1] for same in self._recorded.values()])
        if nearest is None:
            message += "Nothing is recorded there."
        else:
            message += f"The nearest request that is:\n{_difference(nearest, asked)}"
        self._unmet = self._unmet or message
        error = ApiError(400, f"Replay: {message}", code="not_recorded", headers=NEVER_RETRY)
        return Response(400, {"content-type": JSON, **error.headers}, iter([encode(error.body())]))


def _nearest(asked: Json, entries: list[Entry]) -> Entry | None:
    """The recorded request that is most like this one; of equals, the first. Those of the same endpoint come first."""
    place = (asked["method"], asked["path"])
    same_place = [entry for entry in entries if _place(entry) == place]
    words = _words(asked)

    # Comparing word by word is dear: only what looks alike at a first glance gets there.
    def at_a_glance(entry: Entry) -> float:
        return difflib.SequenceMatcher(None, words, _words(entry.recording.request)).quick_ratio()

    def in_detail(entry: Entry) -> float:
        return difflib.SequenceMatcher(None, words, _words(entry.recording.request)).ratio()

    alike = sorted(same_place or entries, key=at_a_glance, reverse=True)[:SHORTLIST]
    return max(alike, key=in_detail, default=None)


def _place(entry: Entry) -> tuple[str, str]:
    return entry.recording.request["method"], entry.recording.request["path"]


def _words(request: Json) -> list[str]:
    """A request's words; of a long one, those at both its ends."""
    words = re.findall(r"\w+|[^\w\s]", key_of(request))
    return words if len(words) <= 2 * COMPARED_WORDS else [*words[:COMPARED_WORDS], *words[-COMPARED_WORDS:]]


def _difference(nearest: Entry, asked: Json) -> str:
    """A unified diff from the recorded request to this one, of bounded length."""
    recorded, now = _pretty(nearest.recording.request), _pretty(asked)
    diff = list(difflib.unified_diff(recorded, now, f"recorded, line {nearest.line}", "asked now", n=1, lineterm=""))
    more = [f"({len(diff) - DIFF_LINES} more lines)"] if len(diff) > DIFF_LINES else []
    return "\n".join([*diff[:DIFF_LINES], *more])


def _pretty(request: Json) -> list[str]:
    """A request as indented JSON, its long texts broken where they break themselves, and where they get too wide."""
    text = json.dumps(request, indent=1, ensure_ascii=False, sort_keys=True)
    return [part for line in text.split("\n") for part in _broken(line)]


def _broken(line: str) -> Iterator[str]:
    for part in re.split(r"(?<=\\n)", line):
        yield from (part[start : start + COLUMNS] for start in range(0, len(part), COLUMNS))
