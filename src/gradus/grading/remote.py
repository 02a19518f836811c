"""The learner's objects as the examiner sees them: names looked up when called, records, enum members, handles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from gradus.grading.outcomes import CallError
from gradus.grading.peer import MODULE
from gradus.grading.show import show


class Caller(Protocol):
    """What a remote object needs of the link that it came over."""

    def call(self, ref: int, path: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...

    def fetch(self, ref: int, path: tuple[str, ...]) -> Any: ...

    def iterate(self, ref: int, path: tuple[str, ...]) -> Remote: ...

    def advance(self, iterator: Remote) -> Any: ...

    def length(self, ref: int, path: tuple[str, ...]) -> int: ...


class Remote:
    """Something on the learner's side, by reference and dotted path. Calling it calls it there.

    It is never equal to anything but itself and has no truth value: only data that came back can satisfy a check.
    """

    def __init__(self, link: Caller, ref: int, path: tuple[str, ...] = (), kind: str = "") -> None:
        self._link = link
        self._ref = ref
        self._path = path
        self._kind = kind

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):  # graders do not ask for private names; printers and copiers do
            raise AttributeError(name)
        return Remote(self._link, self._ref, (*self._path, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.call(self._ref, self._path, args, kwargs)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._link.iterate(self._ref, self._path)
        while True:
            try:
                item = self._link.advance(iterator)
            except StopIteration:
                return
            yield item

    def __getitem__(self, key: Any) -> Any:
        return self._link.call(self._ref, (*self._path, "__getitem__"), (key,), {})

    def __len__(self) -> int:
        try:
            return self._link.length(self._ref, self._path)
        except CallError as failure:
            if failure.error.type == "AttributeError":  # list() asks, and takes this for "unknown"
                raise TypeError(f"{self!r} has no length") from failure
            raise

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is an object, not a value that can be judged")

    def __repr__(self) -> str:
        return f"<{self._kind}>" if self._kind else ".".join(self._path) or "<the module>"


class Record(Remote):
    """A dataclass or pydantic instance of the learner's: its type's name and its fields, read-only."""

    def __init__(self, link: Caller, ref: int, kind: str, fields: Mapping[str, Any]) -> None:
        super().__init__(link, ref, (), kind)
        self._fields = dict(fields)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", {})
        return fields[name] if name in fields else super().__getattr__(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (self._kind, self._fields) == (other._kind, other._fields)

    __hash__ = None  # type: ignore[assignment]  # fields may be lists

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"{self._kind}({', '.join(f'{name}={show(value)}' for name, value in self._fields.items())})"


class Member(Remote):
    """A member of an enum of the learner's: `name` and `value`."""

    name: str
    value: Any

    def __init__(self, link: Caller, ref: int, kind: str, name: str, value: Any) -> None:
        super().__init__(link, ref, (), kind)
        self.name = name
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Member) and (self._kind, self.name) == (other._kind, other.name)

    def __hash__(self) -> int:
        return hash((self._kind, self.name))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"{self._kind}.{self.name}"


class Submission:
    """The learner's module, read from afar: `submission.f(1)` looks f up in it and calls it, now.

    A name that is missing fails the task that needs it, never the whole file.
    """

    def __init__(self, link: Caller) -> None:
        self._link = link

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self._link, MODULE, (name,))


def value_of(remote: Remote) -> Any:
    """The value of a constant or attribute on the learner's side.

    Args:
        remote: a dotted name, such as `submission.MAX_ATTEMPTS` or `handle.attribute`.

    Returns:
        Data, a record, a member or a handle, as a call would.

    Raises:
        CallError: looking it up raised.

    Example:
        >>> value_of(submission.MAX_ATTEMPTS)
        5
    """
    return remote._link.fetch(remote._ref, remote._path)


def type_name(value: Any) -> str:
    """The name of a value's type on the learner's side: of a record, member or handle, or of plain data.

    Example:
        >>> type_name(submission.classify(error))
        'Failure'
    """
    return value._kind if isinstance(value, Remote) else type(value).__name__


def fields_of(record: Record) -> dict[str, Any]:
    """A record's fields by name.

    Raises:
        TypeError: what came back is not a dataclass or pydantic instance.

    Example:
        >>> fields_of(submission.classify(error))
        {'kind': 'rate_limited', 'retryable': True}
    """
    if not isinstance(record, Record):
        raise TypeError(f"{show(record)} is not a dataclass or model instance")
    return dict(record._fields)
