"""Whatever stands on the wire, the grader is not to blame for it."""

from __future__ import annotations

from typing import Any

import pytest

from gradus.grading.capabilities import Capabilities, LentSimulator
from gradus.grading.limits import DEFAULT_LIMITS
from gradus.grading.link import Link
from gradus.grading.outcomes import WorkerCrashed
from gradus.grading.peer import Message
from gradus.grading.remote import Submission


class Forger:
    """A worker that loads in good order and then answers every question alike."""

    def __init__(self, answer: Message) -> None:
        self._answer = answer

    @property
    def peer(self) -> Forger:
        return self

    def ask(self, message: Message) -> Message:
        return {"ok": None} if message["op"] == "load" else self._answer

    def printed(self) -> str:
        return ""

    def end(self, gone: bool) -> str:
        return ""


def submission_of(answer: Message) -> tuple[Link, Submission]:
    link = Link(lambda serve: Forger(answer), DEFAULT_LIMITS)
    return link, Submission(link)


def nested(depth: int) -> dict[str, Any]:
    error: dict[str, Any] = {"type": "E"}
    for _ in range(depth):
        error = {"type": "E", "cause": error}
    return error


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "nothing but text"},
        {"error": 7},
        {"error": {}},
        {"error": {"type": "E", "fields": [1]}},
        {"error": {"type": "E", "bases": 7}},
        {"error": {"type": "E", "cause": "who knows"}},
        {"error": {"type": "E", "unimplemented": {"stem": "x"}}},
        {"error": {"type": "E", "unimplemented": {"stem": "x", "task": "one"}}},
        {"error": nested(5000)},
        {"ok": {"t": "record", "r": 1, "f": 7}},
        {"ok": {"t": "handle", "r": "one"}},
        {"ok": {"t": "handle", "r": 0}},
        {"ok": {"t": "client", "r": 1}},
    ],
)
def test_a_malformed_answer_ends_the_worker(answer: Message) -> None:
    link, submission = submission_of(answer)
    with link.test(Capabilities(LentSimulator())), pytest.raises(WorkerCrashed, match="what no stand-in sends"):
        submission.anything(1)


def test_an_iterator_must_be_one() -> None:
    link, submission = submission_of({"ok": 5})
    with link.test(Capabilities(LentSimulator())), pytest.raises(WorkerCrashed, match="no iterator"):
        list(submission.anything)
