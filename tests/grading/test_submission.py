"""What a grader can do with a submission: call it, read what comes back, lend it things, and watch the clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradus.embeddings import Encoder
from gradus.grading import asynchronous, fields_of, later, raises, type_name, value_of
from gradus.grading.capabilities import Capabilities, LentSimulator
from gradus.grading.checks import CheckFailed
from gradus.grading.link import Link
from gradus.grading.loopback import loopback_link
from gradus.grading.outcomes import Unimplemented
from gradus.grading.remote import Submission
from gradus.grading.wire import WireError
from gradus.sim import RateLimited, Reply

SOURCE = """
import asyncio, enum, threading, time
from dataclasses import dataclass

LIMIT = 5


class Kind(enum.StrEnum):
    LATE = "late"
    LOST = "lost"


@dataclass(frozen=True)
class Parcel:
    id: int
    kind: Kind

    def label(self):
        return f"{self.id}:{self.kind}"


class TooLate(TimeoutError):
    def __init__(self, by):
        super().__init__(f"late by {by} s")
        self.by = by
        self.secret = lambda: None


class Counter:
    def __init__(self, start):
        self.value = start

    def add(self, n):
        self.value += n
        return self.value


def parcel(id): return Parcel(id, Kind.LATE)
def label(parcel): return parcel.label()
def kind_is_lost(kind): return kind is Kind.LOST
def echo(*args, **kwargs): return (args, kwargs)
def spool(items):
    from collections import deque
    return deque(items)
def numbers(n): yield from range(n)

async def slow_numbers(n):
    for i in range(n):
        await asyncio.sleep(1)
        yield i

def be_late(by):
    try:
        raise KeyError("parcel")
    except KeyError as error:
        raise TooLate(by) from error

def call(fn, *args): return fn(*args)
async def call_all(fn, items, limit):
    gate = asyncio.Semaphore(limit)
    async def one(item):
        async with gate:
            return await fn(item)
    return await asyncio.gather(*(one(item) for item in items))

async def impatient(fn):
    try:
        return await asyncio.wait_for(fn(1), timeout=3)
    except TimeoutError:
        return "gave up"

def wait_in_every_way():
    began = time.monotonic()
    time.sleep(1)
    threading.Event().wait(2)
    asyncio.run(asyncio.sleep(4))
    return time.monotonic() - began, time.time_ns(), time.perf_counter_ns()

def ask(client, text):
    reply = client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content

async def ask_async(client, text):
    reply = await client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content

def first_words(client, n):
    words = []
    stream = client.chat.completions.create(model="sim-small", stream=True, messages=[{"role": "user", "content": "go"}])
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            words.append(chunk.choices[0].delta.content)
        if len(words) == n:
            break
    stream.close()
    return words

def ask_bare():
    import openai
    return ask(openai.OpenAI(), "anyone?")

def embed(encoder, texts): return encoder.encode(texts, normalize_embeddings=True)
def write(path): path.write_text("done"); return path
def needs_task_two(): raise NotImplementedError("Task 2")
def hides_a_stub():
    try:
        needs_task_two()
    except Exception as error:
        raise ValueError("wrapped") from error
"""


Lend = tuple[Submission, LentSimulator]


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    folder = tmp_path_factory.mktemp("target")
    (folder / "m1_x").mkdir()
    (folder / "m1_x" / "e01_y.py").write_text(SOURCE, encoding="utf-8")
    link = loopback_link("m1_x/e01_y", folder, folder / "no_driver.py", ("openai",))
    yield link
    link.close()


@pytest.fixture
def lent(link: Link) -> Iterator[Lend]:
    sim = LentSimulator(embed=lambda texts: Encoder().encode(texts))
    with link.test(Capabilities(sim)):
        yield Submission(link), sim


def test_arguments_and_results_keep_their_types(lent: Lend) -> None:
    submission, _ = lent
    given: tuple[Any, ...] = (1, 2.5, "x", b"y", None, (1, [2]), {"k": {3}}, Path("p"))
    assert submission.echo(*given, key=1) == (given, {"key": 1})


def test_records_members_and_constants(lent: Lend) -> None:
    submission, _ = lent
    parcel = submission.parcel(7)
    assert (parcel.id, parcel.kind.name, parcel.kind.value) == (7, "LATE", "late")
    assert type_name(parcel) == "Parcel"
    assert fields_of(parcel).keys() == {"id", "kind"}
    assert parcel == submission.parcel(7)
    assert parcel != submission.parcel(8)
    assert submission.label(parcel) == "7:late"
    assert parcel.label() == "7:late"
    assert submission.label(submission.Parcel(9, value_of(submission.Kind.LOST))) == "9:lost"
    assert submission.kind_is_lost(submission.Kind.LOST) is True
    assert value_of(submission.LIMIT) == 5


def test_handles_are_used_where_they_are(lent: Lend) -> None:
    submission, _ = lent
    counter = submission.Counter(3)
    assert type_name(counter) == "Counter"
    assert counter.add(4) == 7
    assert value_of(counter.value) == 7
    assert list(submission.numbers(3)) == [0, 1, 2]
    assert counter != 7
    with pytest.raises(TypeError, match="not a value that can be judged"):
        assert counter


def test_async_iterators_run_in_virtual_time(lent: Lend) -> None:
    submission, sim = lent
    assert list(submission.slow_numbers(3)) == [0, 1, 2]
    assert sim.clock.slept == [1, 1, 1]
    assert sim.clock.now == 3


def test_exceptions_cross_as_data(lent: Lend) -> None:
    submission, _ = lent
    with raises("TimeoutError") as caught:
        submission.be_late(4)
    error = caught.error
    assert (error.type, error.message, error.fields["by"]) == ("TooLate", "late by 4 s", 4)
    assert "OSError" in error.bases
    assert error.cause is not None
    assert error.cause.type == "KeyError"
    assert ":" in error.where


def test_raises_says_what_it_wanted(lent: Lend) -> None:
    submission, _ = lent
    with pytest.raises(CheckFailed, match="it raises TooLate"), raises("TooLate"):
        submission.parcel(1)
    with pytest.raises(CheckFailed, match="it raises ValueError"), raises("ValueError"):
        submission.be_late(1)


def test_a_stub_shows_through_what_wraps_it(lent: Lend) -> None:
    submission, _ = lent
    with pytest.raises(Unimplemented) as todo, raises("ValueError"):
        submission.hides_a_stub()
    assert (todo.value.stem, todo.value.task) == ("m1_x/e01_y", 2)


def test_callbacks_answer_now_or_later(lent: Lend) -> None:
    submission, sim = lent
    seen: list[int] = []

    def double(n: int) -> Any:
        seen.append(n)
        return later(2 * n, after=1.5)

    assert submission.call(double, 4) == 8
    assert (seen, sim.clock.now, sim.clock.slept) == ([4], 1.5, [])


def test_concurrency_is_judged_by_who_was_in_flight_when(lent: Lend) -> None:
    submission, sim = lent
    started: list[float] = []

    def work(n: int) -> Any:
        started.append(sim.clock.now)
        return later(n, after=2.0)

    assert submission.call_all(asynchronous(work), list(range(10)), limit=4) == list(range(10))
    assert started == [0.0] * 4 + [2.0] * 4 + [4.0] * 2
    assert sim.clock.now == 6.0


def test_timeouts_expire_in_virtual_time(lent: Lend) -> None:
    submission, sim = lent
    assert submission.impatient(asynchronous(lambda n: later(n, after=60))) == "gave up"
    assert sim.clock.now == 3.0


def test_a_callback_raises_builtin_exceptions_and_failed_assertions(lent: Lend) -> None:
    submission, _ = lent

    def refuse() -> None:
        raise ConnectionError("gone")

    def check() -> None:
        raise AssertionError("not twice")

    with raises("ConnectionError") as caught:
        submission.call(refuse)
    assert caught.error.message == "gone"
    with pytest.raises(AssertionError, match="not twice"), raises("RuntimeError"):
        submission.call(check)


def test_every_way_of_waiting_moves_the_clock(lent: Lend) -> None:
    submission, sim = lent
    waited, wall, counter = submission.wait_in_every_way()
    assert (waited, sim.clock.slept) == (7.0, [1.0, 2.0, 4.0])
    assert wall == round((sim.clock.epoch.timestamp() + 7) * 1e9)
    assert counter == 7_000_000_000


def test_clients_are_real_and_the_ledger_is_here(lent: Lend) -> None:
    submission, sim = lent
    sim.script(RateLimited(retry_after=3), "pong", "pang", "peng")
    assert submission.ask(sim.client(), "ping") == "pong"
    assert sim.clock.slept == [3]
    assert submission.ask_async(sim.async_client(), "ping") == "pang"
    assert submission.ask_bare() == "peng"
    assert sim.ledger.calls == 4


def test_an_abandoned_stream_is_known_to_be(lent: Lend) -> None:
    submission, sim = lent
    sim.script(Reply("one two three four five six"))
    assert len(submission.first_words(sim.client(), 2)) == 2
    (exchange,) = sim.ledger.exchanges
    assert exchange.closed_early


def test_the_encoder_counts_here(lent: Lend) -> None:
    submission, _ = lent
    encoder = Encoder()
    vectors = submission.embed(encoder, ["cold", "warm"])
    assert np.allclose(vectors, Encoder().encode(["cold", "warm"]))
    assert (encoder.calls, encoder.texts) == (1, 2)
    with raises("TypeError"):
        submission.embed(encoder, [1])


def test_files_are_shared(lent: Lend, tmp_path: Path) -> None:
    submission, _ = lent
    assert submission.write(tmp_path / "note.txt") == tmp_path / "note.txt"
    assert (tmp_path / "note.txt").read_text() == "done"


def test_what_is_told_is_the_last_call_into_the_learners_own_code(lent: Lend, link: Link) -> None:
    submission, _ = lent
    counter = submission.Counter(3)
    assert counter.add(4) == 7
    assert link.last.called == "Counter.add(4)"
    assert submission.spool(["a"]).count("a") == 1
    assert link.last.called == "spool(['a'])"


def test_what_cannot_be_lent_is_refused(lent: Lend) -> None:
    with pytest.raises(WireError, match="cannot be passed"):
        lent[0].call(object())


def test_what_is_told_of_an_iteration_is_the_call_behind_it(lent: Lend, link: Link) -> None:
    submission, _ = lent
    assert list(submission.numbers(2)) == [0, 1]
    assert (link.last.called, link.last.returned) == ("numbers(2)", "<generator>")
    with raises("TypeError"):
        list(submission.numbers("x"))
    assert link.last.called == "numbers('x')"
    assert "while being iterated" in link.last.returned
