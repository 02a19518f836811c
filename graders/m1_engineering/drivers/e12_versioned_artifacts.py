"""Beside m1_engineering/e12_versioned_artifacts: edits values in place that the submission may still hold."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Migrated:
    """What one call of `migrate` came to.

    Attributes:
        result: what it returned.
        called: the record that it was called with, after the call.
        edited: the same record, after the result was edited all through.
    """

    result: Any
    called: Any
    edited: Any


def migrated(migrate: Callable[[Any], Any], record: Any) -> Migrated:
    """Call `migrate`, then edit what it returned."""
    returned = migrate(record)
    result, called = copy.deepcopy((returned, record))
    edit(returned)
    return Migrated(result, called, record)


def published(publish: Callable[[str, Any], int], name: str, artifact: Any) -> int:
    """Publish an artifact, then edit it."""
    version = publish(name, artifact)
    edit(artifact)
    return version


def read_often(read: Callable[..., Any], args: Sequence[Any]) -> list[Any]:
    """What three reads give, where the caller edits what each gave before making the next."""
    seen = []
    for _ in range(3):
        value = read(*args)
        seen.append(copy.deepcopy(value))
        edit(value)
    return seen


def asked(ask: Callable[..., Any], client: Any, registry: Any, question: str, recipe: Any) -> Any:
    """The record of an answer, after the caller has edited the recipe's params for a next one."""
    record = ask(client, registry, question, recipe)
    edit(recipe.params)
    return record


def edit(value: Any) -> None:
    """Change a value in place, from its innermost dicts and lists to itself."""
    if isinstance(value, dict):
        for item in value.values():
            edit(item)
        value.clear()
        value["edited"] = True
    elif isinstance(value, list):
        for item in value:
            edit(item)
        value[:] = ["edited"]


def hashed_with_half_a_character(content_hash: Callable[[Any], str], where: str) -> str:
    """The hash of content with half of a surrogate pair in it, which does not go over the wire."""
    return content_hash({"a": ["\ud800"]} if where == "value" else {"a": {"\ud800": 1}})
