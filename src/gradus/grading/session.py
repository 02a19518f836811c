"""The worker's side of the conversation: imports the learner's module, calls into it, tells what came of it."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import importlib.util
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gradus.grading.peer import DRIVER, MODULE, Message
from gradus.grading.stand_ins import stand_in
from gradus.grading.virtual_time import WorkerClock
from gradus.grading.wire import Codec, Json, WireError, encode_subclass

MAX_TEXT = 2000  # characters of an exception's message

Ask = Callable[[Message], Message]


class Session:
    """Everything one worker holds: the module under test and the objects it has handed out references to.

    Args:
        stem: the exercise, such as "m1_engineering/e06_retry_budget".
        target: the folder that holds <stem>.py.
        driver: the grader's own module on this side; imported when the grader first asks for it.
        ask: sends a question to the examiner and gives its answer.
        clock: the worker's view of the examiner's clock.
    """

    def __init__(self, stem: str, target: Path, driver: Path, ask: Ask, clock: WorkerClock) -> None:
        self._stem = stem
        self._target = target
        self._file = target / f"{stem}.py"
        self._ask = ask
        self._clock = clock
        self._driver_file = driver
        self._module: types.ModuleType | None = None
        self._driver: types.ModuleType | None = None
        self._import_error: BaseException | None = None
        self._objects: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.codec = Codec(self._refer, self._resolve)

    def serve(self, message: Message) -> Message:
        """Do what the examiner asks: {"ok": value, "where": "file:line"} or {"error": {…}}."""
        try:
            value, where = self._perform(message)
            return {"ok": self.codec.encode(value), "where": where}
        except BaseException as error:
            return {"error": self._describe(error)}

    def _perform(self, message: Message) -> tuple[Any, str]:
        if message["op"] == "load":
            self._load()
            return None, ""
        found = self._find(message["ref"], message["path"])
        if message["op"] == "value":
            return found, ""
        if message["op"] == "iterate":
            return self._iterate(found), ""
        args = [self.codec.decode(node) for node in message["args"]]
        kwargs = {name: self.codec.decode(node) for name, node in message["kwargs"].items()}
        return self._finish(found(*args, **kwargs)), self._place_of(found)

    def _load(self) -> types.ModuleType:
        if self._import_error is not None:
            raise self._import_error
        if self._module is None:
            try:
                if not self._file.is_file():
                    shown = f"{self._target.name}/{self._stem}.py"
                    raise MissingFile(
                        f"{shown} is not there. If it was deleted, `git checkout -- {shown}` brings it back."
                    )
                self._module = _import_file(self._stem.replace("/", "."), self._file)
            except BaseException as error:
                self._import_error = error
                raise
        return self._module

    def _find(self, ref: int, path: list[str]) -> Any:
        found = self._root(ref)
        for name in path:
            if found is self._module and not hasattr(found, name):
                raise MissingName(name)
            found = getattr(found, name)
        return found

    def _root(self, ref: int) -> Any:
        if ref == MODULE:
            return self._load()
        if ref == DRIVER:
            if self._driver is None:
                self._driver = _import_file(f"{self._stem.replace('/', '.')}.driver", self._driver_file)
            return self._driver
        return self._objects[ref]

    def _finish(self, value: Any) -> Any:
        """Run a coroutine to its end; anything else is already what it is."""
        if not inspect.iscoroutine(value):
            return value
        return self._event_loop().run_until_complete(value)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        return self._loop

    def _iterate(self, found: Any) -> Iterator[Any]:
        if not hasattr(found, "__aiter__"):
            return iter(found)
        return self._drain(found)

    def _drain(self, source: Any) -> Iterator[Any]:
        iterator = aiter(source)
        while True:
            try:
                yield self._event_loop().run_until_complete(anext(iterator))
            except StopAsyncIteration:
                return

    def _refer(self, value: Any) -> Json:
        """A tagged node for what is not plain data: members and records with their fields, handles for the rest."""
        if isinstance(value, enum.Enum):
            inner = self.codec.encode(value.value)
            return {"t": "member", "c": type(value).__name__, "n": value.name, "v": inner, "r": self._keep(value)}
        fields = _fields_of(value)
        if fields is not None:
            encoded = {name: self.codec.encode(field, 1) for name, field in fields.items()}
            return {"t": "record", "c": type(value).__name__, "f": encoded, "r": self._keep(value)}
        plain = encode_subclass(self.codec, value)
        if plain is not None:
            return plain
        return {"t": "handle", "c": type(value).__name__, "r": self._keep(value)}

    def _keep(self, value: Any) -> int:
        ref = len(self._objects) + 1
        self._objects[ref] = value
        return ref

    def _resolve(self, node: dict[str, Json]) -> Any:
        if node.get("t") == "ref":
            return self._find(node["r"], node["p"])
        return stand_in(node, self._ask, self._clock, self.codec)

    def _describe(self, error: BaseException, depth: int = 0) -> Message:
        """What the examiner may know of an exception: names, message, fields, place and cause."""
        cause = error.__cause__
        return {
            "type": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__[:-1]],
            "message": _text_of(error),
            "fields": self._fields_that_cross(error),
            "where": self._place_of_error(error),
            "cause": self._describe(cause, depth + 1) if cause is not None and depth < 3 else None,
            "unimplemented": self._unimplemented(error),
        }

    def _fields_that_cross(self, error: BaseException) -> dict[str, Json]:
        fields = {}
        for name, value in list(getattr(error, "__dict__", {}).items()):
            try:
                fields[str(name)] = self.codec.encode(value, 1)
            except (WireError, RecursionError):
                continue
        return fields

    def _place_of_error(self, error: BaseException) -> str:
        if isinstance(error, SyntaxError) and error.filename == str(self._file):
            return f"{error.filename}:{error.lineno or 1}"
        place = ""
        traceback = error.__traceback__
        while traceback is not None:
            if Path(traceback.tb_frame.f_code.co_filename).is_relative_to(self._target):
                place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
            traceback = traceback.tb_next
        return place

    def _place_of(self, function: Any) -> str:
        """Where the learner's code defines what was called, if it is the learner's code that does."""
        code = getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None)
        if code is None or not Path(code.co_filename).is_relative_to(self._target):
            return ""
        return f"{code.co_filename}:{code.co_firstlineno}"

    def _unimplemented(self, error: BaseException) -> Message | None:
        """Which stub raised NotImplementedError("Task N"), here or behind another exception."""
        link: BaseException | None = error
        for _ in range(10):
            if link is None:
                return None
            task = re.fullmatch(r"Task (\d+)", _text_of(link)) if isinstance(link, NotImplementedError) else None
            if task:
                file = Path(self._place_of_error(link).rpartition(":")[0] or self._file)
                return {"stem": file.relative_to(self._target).with_suffix("").as_posix(), "task": int(task[1])}
            link = link.__cause__ or link.__context__
        return None


class MissingFile(FileNotFoundError):
    """There is no file to grade."""


class MissingName(AttributeError):
    """The learner's module does not define what the grader calls."""


def _import_file(name: str, file: Path) -> types.ModuleType:
    """Import one file from its source: a stale .pyc of an edit within the same second must not be graded."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # any path that ends in .py has one
    module = importlib.util.module_from_spec(spec)
    source = file.read_bytes()
    sys.modules[name] = module
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of a dataclass or pydantic instance; None for anything else."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return {name: getattr(value, name) for name in kind.model_fields}
    return None


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:MAX_TEXT]
    except Exception as failure:
        return f"(its message cannot be shown: {type(failure).__name__})"
