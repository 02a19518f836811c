"""The examiner's hold on one exercise's worker: starts it, calls into it, ends it, starts a fresh one when it died."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from gradus.grading.capabilities import Capabilities
from gradus.grading.limits import Limits
from gradus.grading.outcomes import CallError, RaisedError, Unimplemented, WorkerCrashed, WorkerTimeout
from gradus.grading.peer import DRIVER, MODULE, Message
from gradus.grading.remote import Member, Record, Remote
from gradus.grading.show import show, show_call
from gradus.grading.wire import Codec, Json, WireClosed, WireError


class Asker(Protocol):
    """Puts a question to the worker."""

    def ask(self, message: Message) -> Message: ...


class Worker(Protocol):
    """A worker that has been started, as the link needs it."""

    @property
    def peer(self) -> Asker:
        """Where to put questions to it."""

    def printed(self) -> str:
        """What it has printed since this was last asked."""

    def end(self, gone: bool) -> str:
        """Make sure that nothing is left of it. If it is `gone` by itself, tells how it ended."""


StartWorker = Callable[[Callable[[Message], Message]], Worker]


@dataclass
class LastCall:
    """The latest call into the submission, as a failure tells it."""

    called: str = ""
    returned: str = ""
    where: str = ""


class Link:
    """Calls into the learner's module, over whatever worker there is at the moment.

    Args:
        start: starts a worker, given what serves its questions.
        limits: see `Limits`.
    """

    def __init__(self, start: StartWorker, limits: Limits) -> None:
        self._start = start
        self._limits = limits
        self._worker: Worker | None = None
        self._loaded = False
        self._hopeless: BaseException | None = None  # it dies while it is imported: every further try would
        self._depth = 0
        self._capabilities: Capabilities | None = None
        self._printed = ""
        # What a call on a reference is called by: the type names of the objects that were given away.
        self._kinds: dict[int, tuple[str, ...]] = {DRIVER: ("driver",)}
        self.last = LastCall()
        self.cpu = 0.0  # seconds of processor time that workers took during the current test
        self._cpu_of_worker = 0.0
        self.codec = Codec(self._refer, self._resolve)

    @contextmanager
    def test(self, capabilities: Capabilities) -> Iterator[None]:
        """For the length of one test, lend these capabilities and record calls afresh."""
        self._capabilities = capabilities
        self.last = LastCall()
        self.cpu = 0.0
        self._printed = ""
        try:
            yield
        finally:
            self._collect_output()

    @property
    def printed(self) -> str:
        """What the learner's code printed during the current test."""
        self._collect_output()
        return self._printed

    def call(self, ref: int, path: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call what `path` leads to from the object `ref`; returns data, a record, a member or a handle.

        Raises:
            CallError: it raised.
            Unimplemented: it is still a stub, or needs one that is.
            WorkerTimeout, WorkerCrashed: it never answered.
        """
        called = show_call(".".join((*self._kinds.get(ref, ()), *path)), args, kwargs)
        request: Message = {
            "op": "call",
            "ref": ref,
            "path": list(path),
            "args": [self.codec.encode(arg) for arg in args],
            "kwargs": {name: self.codec.encode(value) for name, value in kwargs.items()},
        }
        if self._depth:  # a callback that calls back: what is told is the outer call
            return self._ask(request)
        before, self.last = self.last, LastCall(called)
        try:
            value = self._ask(request)
        except CallError as failure:
            self.last = LastCall(called, f"raised {failure.error}", failure.error.where)
            raise
        self.last.returned = show(value)
        if ref not in (MODULE, DRIVER) and not self.last.where:
            self.last = before  # a look at a library's object that the learner's code gave away tells less
        return value

    def fetch(self, ref: int, path: tuple[str, ...]) -> Any:
        """The value of an attribute."""
        return self._ask({"op": "value", "ref": ref, "path": list(path)})

    def iterate(self, ref: int, path: tuple[str, ...]) -> Remote:
        """An iterator over the object, whether it is iterated with `for` or `async for` on its own side."""
        iterator = self._ask({"op": "iterate", "ref": ref, "path": list(path)})
        if not isinstance(iterator, Remote):
            raise self._died(WireError("a malformed answer: no iterator"))
        return iterator

    def advance(self, iterator: Remote) -> Any:
        """The iterator's next item. What is told of a failure is still the call that gave it."""
        try:
            return self._ask({"op": "call", "ref": iterator._ref, "path": ["__next__"], "args": [], "kwargs": {}})
        except CallError as failure:
            if failure.error.type == "StopIteration":
                raise StopIteration from None
            self.last.returned, self.last.where = f"raised {failure.error}, while being iterated", failure.error.where
            raise

    def length(self, ref: int, path: tuple[str, ...]) -> int:
        """What len() gives over there."""
        return int(self._ask({"op": "call", "ref": ref, "path": [*path, "__len__"], "args": [], "kwargs": {}}))

    def start(self) -> None:
        """Start the worker ahead of the first call, so that no test is charged for it."""
        self._running_worker()

    def close(self) -> None:
        """End the worker, if one is running."""
        self._end()

    def _ask(self, request: Message) -> Any:
        if self._hopeless is not None:
            raise self._hopeless
        worker = self._running_worker()
        if not self._loaded and request["op"] != "load":
            self._load()
        self._depth += 1
        try:
            answer = worker.peer.ask({**request, "now": self._now()})
        except WireError as error:
            raise self._died(error) from None
        except BaseException:
            self._end()  # it still waits for an answer that will not come
            raise
        finally:
            self._depth -= 1
            self._raise_failure_in_callback()
        self._note_cpu(answer)
        return self._value(answer)

    def _note_cpu(self, answer: Message) -> None:
        """Where both sides share a process, the answer does not say: the examiner's own clock has counted it."""
        used = answer.get("cpu")
        if type(used) is float:
            self.cpu += max(0.0, used - self._cpu_of_worker)
            self._cpu_of_worker = used

    def _load(self) -> None:
        self._loaded = True
        try:
            self._ask({"op": "load"})
        except (WorkerTimeout, WorkerCrashed) as death:
            self._hopeless = death
            raise

    def _running_worker(self) -> Worker:
        if self._worker is None:
            self._worker = self._start(self._serve)
            self._loaded = False
            self._cpu_of_worker = 0.0
        return self._worker

    def _value(self, answer: Message) -> Any:
        try:
            if "error" in answer:
                raise self._error(answer["error"])
            value = self.codec.decode(answer.get("ok"))
        except (WireError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            # Nothing that this side's own session sends: whoever wrote on the wire is to blame, not the grader.
            raise self._died(WireError(f"a malformed answer: {error}")) from None
        except CallError as failure:
            self._check_memory(failure.error)
            raise
        self.last.where = str(answer.get("where", "")) or self.last.where
        return value

    def _error(self, described: Json) -> BaseException:
        unimplemented = described.get("unimplemented")
        if unimplemented:
            return Unimplemented(str(unimplemented["stem"]), int(unimplemented["task"]))
        return CallError(self._raised(described))

    def _raised(self, described: Json) -> RaisedError:
        if not isinstance(described, dict):
            raise WireError("malformed exception")
        fields = {name: self.codec.decode(node) for name, node in described.get("fields", {}).items()}
        cause = described.get("cause")
        return RaisedError(
            type=str(described["type"])[:200],
            bases=tuple(str(base) for base in described.get("bases", ())),
            message=str(described.get("message", ""))[:2000],
            fields=fields,
            where=str(described.get("where", "")),
            cause=self._raised(cause) if cause else None,
        )

    def _check_memory(self, error: RaisedError) -> None:
        if error.type == "MemoryError":
            self._end()
            raise WorkerCrashed(f"used more than {self._limits.memory_bytes >> 20:,} MB of memory")

    def _died(self, error: WireError) -> BaseException:
        """What to raise for a worker that is gone or has to go."""
        how = self._end(gone=isinstance(error, WireClosed))
        if isinstance(error, WireClosed):
            return WorkerCrashed(how or "closed the wire to the examiner")
        return WorkerCrashed(f"sent what no stand-in sends ({error})")

    def _end(self, gone: bool = False) -> str:
        self._collect_output()
        worker, self._worker, self._loaded = self._worker, None, False
        return worker.end(gone) if worker else ""

    def _collect_output(self) -> None:
        if self._worker is not None:
            self._printed += self._worker.printed()

    def _raise_failure_in_callback(self) -> None:
        capabilities = self._capabilities
        if capabilities is not None and capabilities.failure is not None and not self._depth:
            failure, capabilities.failure = capabilities.failure, None
            raise failure

    def _serve(self, message: Message) -> Message:
        assert self._capabilities is not None  # a worker speaks only while a test runs
        return {**self._capabilities.serve(message, self.codec), "now": self._now()}

    def _now(self) -> float:
        return self._capabilities.clock.now if self._capabilities else 0.0

    def _refer(self, value: Any) -> Json:
        if self._capabilities is None:
            raise WireError("the submission can only be called while a test runs")
        return self._capabilities.refer(value)

    def _resolve(self, node: dict[str, Json]) -> Any:
        tag, ref, kind = node.get("t"), node.get("r"), str(node.get("c"))[:200]
        if type(ref) is not int or ref in (MODULE, DRIVER):
            raise WireError(f"unknown tag {tag!r}")
        self._kinds[ref] = (kind,)
        if tag == "record" and isinstance(node.get("f"), dict):
            return Record(
                self, ref, kind, {str(name): self.codec.decode(field, 1) for name, field in node["f"].items()}
            )
        if tag == "member":
            return Member(self, ref, kind, str(node.get("n")), self.codec.decode(node.get("v"), 1))
        if tag == "handle":
            return Remote(self, ref, (), kind)
        raise WireError(f"unknown tag {tag!r}")
